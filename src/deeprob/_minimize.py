"""One door to all optimizers: minimize(fun, x0, method=...), with SciPy's call and result."""

import difflib
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arguments import FloatArray, Rng, as_callable, as_count, as_floats, as_real, hint
from ._solvers import SOLVERS, Solver
from ._solvers._problem import Options, Outcome, Problem, Status, Stop, Watch, batches_of
from ._solvers._watch import RECORDED, Fields, Iterate, Trajectory, copied
from ._solvers.first_order import solver_of
from .optim import REGISTRY

_COMMON = ["fun", "x0", "args", "method", "jac", "hess", "hessp", "steps", "gtol", "ftol", "xtol", "max_time"]
_COMMON += ["batch_size", "rng", "callback", "record"]
# In float32 rounding alone leaves gradients of such entries.
_GTOL_FLOAT32 = 1e-4


@dataclass(repr=False)
class OptimizeResult(Fields):
    """What `minimize` found; entries are attributes, and ``result["x"]`` works, too.

    Attributes
    ----------
    x : array
        The point, in the shape and dtype of x0.
    fun : float
        The value there; with ``batch_size`` over all examples.
    jac : array
        The gradient there.
    nit : int
        Steps taken.
    nfev, njev, nhev : int
        Evaluations of the function, of its gradient, of its Hessian or Hessian-vector products.
    success : bool
        Whether a tolerance was reached.
    status : int
        0: a tolerance was reached; 1: all steps taken, or the time was over; 2: no lower point could be
        found; 3: NaN or infinity; 4: unbounded; 99: stopped by the callback; 130: interrupted.
    message : str
        Why it ended, in words.
    method : str
        The method's name.
    time : float
        Seconds.
    trajectory : Trajectory or None
        What ``record`` asked for: arrays ``w``, ``fun``, ``jac``, ``grad_norm``, ``step``, ``nfev``,
        ``times`` and the list ``state``.
    state : dict
        The method's own arrays and numbers at the end, such as "velocity" or "hess_inv".
    """

    x: FloatArray
    fun: float
    jac: FloatArray
    nit: int
    nfev: int
    njev: int
    nhev: int
    success: bool
    status: int
    message: str
    method: str
    time: float
    trajectory: Trajectory | None
    state: dict[str, Any]

    def __repr__(self) -> str:
        shown = ["message", "success", "status", "method", "fun", "x", "jac", "nit", "nfev", "njev", "nhev"]
        with np.printoptions(threshold=8, edgeitems=3, precision=6):
            values = {name: repr(self[name]).replace("\n", "\n" + " " * 9) for name in shown}
        return "\n".join(f"{name:>7}: {value}" for name, value in values.items())


def minimize(
    fun: Any,
    x0: npt.ArrayLike | None = None,
    args: Any = (),
    *,
    method: str | Callable[..., Any] = "lbfgs",
    jac: Callable[..., Any] | bool | str | None = None,
    hess: Callable[..., Any] | None = None,
    hessp: Callable[..., Any] | None = None,
    steps: int | None = None,
    gtol: float | None = None,
    ftol: float | None = None,
    xtol: float | None = None,
    max_time: float | None = None,
    batch_size: int | None = None,
    rng: Rng = None,
    callback: Callable[[Iterate], Any] | None = None,
    record: bool | str | tuple[str, ...] | None = None,
    **options: Any,
) -> OptimizeResult:
    r"""Minimize a function of an array, by any method: the lecture's optimizers and second order.

    Parameters
    ----------
    fun : callable, Objective or landscape
        ``fun(x, *args)`` returns the value, or the tuple (value, gradient). An `Objective` and a landscape
        bring their gradient and second derivatives.
    x0 : array of float32 or float64
        Where to start, of any shape, which is the shape that ``fun`` sees; left unchanged. Lists and integers
        are taken as float64. None: the problem's own ``start``; that of an `Objective` is 0.
    args : tuple
        More arguments of ``fun``, ``jac``, ``hess`` and ``hessp``.
    method : str, or a class of deeprob.optim
        One of the Notes, or an optimizer of `deeprob.optim`, whose keywords are options:
        <optimizers>.
        Also such a class, or a function of the parameters that returns such an optimizer.
    jac : callable, True, "2-point", "3-point", optional
        The gradient: a function of x; True: ``fun`` returns (value, gradient); default: what the problem
        brings or ``fun`` returns, or else `numeric_gradient`, which is "3-point". "2-point" takes half the
        evaluations and has half the digits.
    hess, hessp : callable, optional
        ``hess(x)`` returns the Hessian as an (n, n) array; ``hessp(x, p)`` its product with p.
    steps : int, optional
        At most this many; default 1,000 for first-order methods, more for the others.
    gtol : float, optional
        Stop when no entry of the gradient is larger; default 1e-5, in float32 1e-4, 0 with ``batch_size``.
    ftol : float, optional
        Stop when a step changes f by at most ftol max(|f|, 1); default 0, for "lbfgs" 2.22e-9.
    xtol : float, optional
        Stop when a step changes no entry of x by more than xtol max(|x|, 1); default 0. The value 0 switches
        any of the three off.
    max_time : float, optional
        Stop after the first step that ends after this many seconds.
    batch_size : int, optional
        Evaluate an `Objective` on minibatches of so many examples, another one every time; "lbfgs" may hold
        one for a step. ``fun`` of the result is over all examples.
    rng : numpy.random.Generator, RandomState or int, optional
        Draws them; an int n means ``RandomState(n)``.
    callback : callable, optional
        ``callback(state)`` after every step, with ``state.x``, ``.fun``, ``.jac``, ``.grad_norm``, ``.step``,
        ``.nit``, ``.nfev``, ``.time`` and ``.state``; returning True, or raising StopIteration, ends it.
    record : True or tuple of str, optional
        What the trajectory holds: "w", "fun", "jac", "grad_norm", "step", "nfev", "times", "state"; True:
        all but "jac" and "state".
    **options
        The method's own: of an optimizer its keywords, such as ``lr=0.1``; a function t -> number, t = 0, 1,
        2 ..., such as those of `deeprob.schedules`, is asked at every step.

    Returns
    -------
    OptimizeResult
        ``.x``, ``.fun``, ``.jac``, ``.nit``, ``.nfev``, ``.success``, ``.message``, ``.trajectory`` ...
        Ctrl-C ends it and returns what is there, with the message saying so. Where f becomes NaN or
        infinite, the lowest point found is returned.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong kind, shape or range, or a function returns something else than it
        should; the message names it. What ``fun`` raises comes through, but for KeyboardInterrupt.

    Notes
    -----
    The methods beside the optimizers:

    <methods>

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> result = deeprob.minimize(bowl, [1.0, 1.0], method="momentum", lr=0.02, steps=2, record=True)
    >>> result.x
    array([ 0.9424, -0.2   ])
    >>> result.message
    'took all 2 steps'
    >>> result.trajectory.fun.round(3)
    array([13.   ,  3.605,  0.944])
    """
    name, chosen = _solver(method)
    known = [*_COMMON, *chosen.options]
    for given in options:
        if given not in known:
            raise TypeError(_unknown(name, given, known, chosen))
    x = _start(fun, x0)
    batches = batches_of(fun, batch_size, rng)
    common = _options(chosen, x.dtype, steps, gtol, ftol, xtol, max_time, batches is not None)
    args = args if isinstance(args, tuple) else (args,)
    problem = Problem(fun, x.shape, x.dtype, args, jac, hess, hessp, batches)
    if callback is not None:
        as_callable(callback, "callback")
    watch = Watch(common, x.shape, lambda: problem.nfev, callback, _names(record), problem.noisy)
    try:
        outcome = chosen.solve(problem, x.ravel(), common, watch, **options)
    except KeyboardInterrupt:
        stop = Stop(Status.INTERRUPTED, f"interrupted (Ctrl-C) after step {max(watch.nit, 0)}")
        outcome = Outcome(stop)
    return _result(name, problem, watch, outcome, x)


def _result(name: str, problem: Problem, watch: Watch, outcome: Outcome, x: FloatArray) -> OptimizeResult:
    point = outcome.point or (watch.best if outcome.best else None) or watch.last
    stop, message = outcome.stop, outcome.stop.message
    if point is None:  # nothing was evaluated
        at, f, g = x, np.nan, np.full(x.size, np.nan, x.dtype)
    else:
        at, f, g = point.x, point.f, point.g
        if watch.last is not None and point.step < watch.last.step:
            message += f"; this is the lowest point, of step {point.step}"
        if problem.noisy and stop.status is not Status.INTERRUPTED:
            f, g = problem.over_all(at)
    return OptimizeResult(
        x=at.reshape(x.shape).astype(x.dtype),
        fun=f,
        jac=g.reshape(x.shape).astype(x.dtype),
        nit=max(watch.nit, 0),
        nfev=problem.nfev,
        njev=problem.njev,
        nhev=problem.nhev,
        success=stop.status is Status.CONVERGED,
        status=int(stop.status),
        message="; ".join([message, *problem.notes]),
        method=name,
        time=watch.elapsed(),
        trajectory=watch.trajectory(),
        state=copied(watch.state),
    )


def _solver(method: Any) -> tuple[str, Solver]:
    if not isinstance(method, str):
        return getattr(method, "__name__", type(method).__name__), solver_of(method)
    name = method.lower()
    if name not in SOLVERS:
        close = {"l-bfgs-b": "lbfgs", "l-bfgs": "lbfgs"}.get(name) or next(
            iter(difflib.get_close_matches(name, SOLVERS, n=1)), None
        )
        hint = f"; did you mean {close!r}? There are " if close else "; expected "
        raise ValueError(f"method is {method!r}{hint}{', '.join(map(repr, SOLVERS))}")
    return name, SOLVERS[name]


def _unknown(name: str, given: str, known: list[str], chosen: Solver) -> str:
    if given == "options":
        return "minimize() has no argument 'options': the method's own are keywords, as in minimize(..., m=5)"
    text = f"minimize() has no argument {given!r}"
    meant = hint(given, known)
    if "did you mean" in meant:
        return f"{text}; {meant}"
    own = ", ".join(chosen.options) or "none"
    return f"{text}; it takes {', '.join(_COMMON)}, and method {name!r} {own}"


def _start(fun: Any, x0: Any) -> FloatArray:
    """Return a copy of x0, or the problem's own start, as floats."""
    begin = getattr(fun, "start", None) if x0 is None else x0
    if begin is None:
        raise TypeError("x0 is None, and fun has no start of its own; expected an array")
    return as_floats(begin, "x0")


def _options(
    chosen: Solver,
    dtype: np.dtype[Any],
    steps: int | None,
    gtol: float | None,
    ftol: float | None,
    xtol: float | None,
    max_time: float | None,
    noisy: bool,
) -> Options:
    gtol_here = 0.0 if noisy else chosen.gtol if dtype == np.float64 else max(chosen.gtol, _GTOL_FLOAT32)
    return Options(
        chosen.steps if steps is None else as_count(steps, "steps"),
        gtol_here if gtol is None else as_real(gtol, "gtol"),
        (0.0 if noisy else chosen.ftol) if ftol is None else as_real(ftol, "ftol"),
        (0.0 if noisy else chosen.xtol) if xtol is None else as_real(xtol, "xtol"),
        None if max_time is None else as_real(max_time, "max_time"),
    )


def _names(record: Any) -> tuple[str, ...]:
    if record is None or record is False:
        return ()
    if record is True:
        return tuple(name for name in RECORDED if name not in ("jac", "state"))
    names = (record,) if isinstance(record, str) else record
    if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"record is {record!r}; expected True or a tuple of names of {', '.join(RECORDED)}")
    for name in names:
        if name not in RECORDED:
            raise ValueError(f"record has {name!r}; expected names of {', '.join(map(repr, RECORDED))}")
    return tuple(names)


def _methods() -> tuple[str, str]:
    """Return the names of the optimizers, and what there is to say of each of the other methods."""
    names = ", ".join(f'"{name}"' for name in SOLVERS if name in REGISTRY)
    notes = []
    for name, chosen in SOLVERS.items():
        if name in REGISTRY:
            continue
        about = (inspect.getdoc(chosen.solve) or "").replace("\n", "\n    ")
        notes.append(f'"{name}"\n    {about}\n\n    Options: ``{", ".join(chosen.options)}``.')
    indented = textwrap.indent("\n\n".join(notes), "    ").strip()
    return textwrap.fill(names, 98).replace("\n", "\n        "), indented


def _document(function: Callable[..., Any]) -> None:
    optimizers, notes = _methods()
    text = (function.__doc__ or "").replace("<optimizers>", optimizers)
    function.__doc__ = text.replace("<methods>", notes)


_document(minimize)
