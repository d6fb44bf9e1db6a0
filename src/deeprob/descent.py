"""Gradient descent in the lecture's vocabulary: vanilla, full batch, stochastic."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from . import _core, optim
from ._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_random, as_real, one_of
from ._proximal import ProximalL1
from .objective import Objective

Sampling = Literal["shuffle", "replacement"]
Record = Literal["loss", "trajectory"]
L1Step = Literal["subgradient", "proximal"]
# A name in deeprob.optim.NAMES, or a function of the parameters, as its classes are.
OptimizerLike = str | Callable[..., optim.Optimizer]
# (step, w, loss) -> True to stop
Callback = Callable[[int, FloatArray, float], "bool | None"]


@dataclass
class GradientDescentResult:
    """What `gradient_descent` did.

    Attributes
    ----------
    w : array
        The point reached; of w0's shape.
    losses : (num_steps,) array of float64
        ``losses[t]`` is the loss that step t started from: at w_t, over the examples of that step.
    times : (num_steps,) array of float64
        Seconds from the start to the end of each step.
    trajectory : (num_steps + 1, ...) array, or None
        Every point, w0 first; with ``record="trajectory"``.
    num_steps : int
        Steps taken.
    message : str
        Why it ended.
    """

    w: FloatArray = field(repr=False)
    losses: npt.NDArray[np.float64] = field(repr=False)
    times: npt.NDArray[np.float64] = field(repr=False)
    trajectory: FloatArray | None = field(repr=False)
    num_steps: int
    message: str

    @property
    def loss(self) -> float:
        """The loss that the last step started from (NaN when no step was taken)."""
        return float(self.losses[-1]) if self.losses.size else float("nan")


@answers_keywords
def gradient_descent(
    loss_fn: Callable[..., Any],
    w0: npt.ArrayLike | None = None,
    data: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    *,
    learning_rate: float | Callable[[int], float],
    num_steps: int,
    batch_size: int | None = None,
    sampling: Sampling = "shuffle",
    rng: Rng = None,
    optimizer: OptimizerLike = "sgd",
    callback: Callback | None = None,
    record: Record = "loss",
    l1_step: L1Step = "subgradient",
) -> GradientDescentResult:
    r"""Gradient descent: ``dw = compute_gradient(...)``, ``w -= learning_rate * dw``, num_steps times.

    Without ``batch_size`` every step uses all the data (batch gradient descent); with it each step uses a
    minibatch, 32, 64 or 128 commonly (stochastic gradient descent).

    Parameters
    ----------
    loss_fn : callable, Objective or landscape
        ``loss_fn(w)``, or ``loss_fn(w, X, y)`` when ``data`` is given, returns ``(loss, dw)``. An
        `Objective` brings its own data, and its minibatches are not copied.
    w0 : array
        Where to start; left unchanged. Integers are taken as float64. Default: the problem's own ``start``;
        that of an `Objective` is 0.
    data : (X, y), optional
        Examples along the first axis of both.
    learning_rate : float or callable
        The step size, or a schedule t -> step size.
    num_steps : int
        How many steps.
    batch_size : int, optional
        Examples per step. Needs ``data`` or an `Objective`.
    sampling : {"shuffle", "replacement"}
        "shuffle": every example once an epoch, in random order; the epoch's last batch may be smaller.
        "replacement": each batch is drawn from all examples with ``rng.choice``, as in the course.
    rng : numpy.random.Generator, RandomState or int, optional
        An int n means ``RandomState(n)``; None draws fresh entropy.
    optimizer : str or callable
        A name in ``deeprob.optim.NAMES`` ("sgd" is the lecture's step, "momentum", "adam"), or a class of
        `deeprob.optim`, or a function that takes the parameters and returns one of its optimizers, such as
        ``functools.partial(deeprob.optim.Momentum, momentum=0.99)``. Its ``lr`` is set to
        ``learning_rate`` at every step.
    callback : callable, optional
        Called as ``callback(t, w, loss)`` after step t, with the loss it started from; True stops.
        ``w`` is the array that the next step changes: copy it to keep it.
    record : {"loss", "trajectory"}
        "trajectory" keeps a copy of every point as well.
    l1_step : {"subgradient", "proximal"}
        How the L1 term of an `Objective` is stepped down: with the rest, along sign(W), which crosses 0 to
        and fro; or by `proximal_l1` after a step along the gradient of the rest, which makes weights exactly
        0 (ISTA; Parikh and Boyd 2014). The latter for plain "sgd" alone, and with a loop in Python.

    Returns
    -------
    GradientDescentResult
        With ``.w``, ``.losses``, ``.times``, ``.trajectory``, ``.message``. Ctrl-C ends the descent and
        returns what there is, with the message saying so.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape or range, or ``loss_fn`` does not return (loss, gradient).

    Notes
    -----
    On an `Objective` the loop itself runs in C, many steps a call: gather by index, loss, gradient, optimizer
    step; Python comes in about every 50 ms, and after each step for a callback or a trajectory. The result
    has the bits of the loop in Python, which runs where W's dtype is not the one that is computed in (float32
    beside a float64 X) and for subclasses. A schedule must depend on the step alone: it and ``rng`` may be
    asked some steps ahead.

    Examples
    --------
    The bowl (x^2 + 25 y^2) / 2 from (1, 1):

    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> result = deeprob.gradient_descent(bowl, [1.0, 1.0], learning_rate=0.079, num_steps=100)
    >>> round(float(abs(result.w[1])), 4)  # just below the limit 2 / 25
    0.0795
    """
    steps = as_count(num_steps, "num_steps")
    one_of(record, "record", ("loss", "trajectory"))
    if callback is not None:
        as_callable(callback, "callback")
    every = 1 if callback is not None or record == "trajectory" else 0
    w = start(getattr(loss_fn, "start", None) if w0 is None else w0)
    trajectory = [w.copy()] if record == "trajectory" else None

    def report(t: int, losses: npt.NDArray[np.float64]) -> bool:
        if trajectory is not None:
            trajectory.append(w.copy())
        return callback is not None and bool(callback(t, w, float(losses[t])))

    loop = make_loop(loss_fn, w, data, learning_rate, batch_size, sampling, rng, optimizer, l1_step)
    result = descend(loop, w, steps, report if every else None, every)
    if trajectory is not None:
        result.trajectory = np.stack(trajectory[: result.num_steps + 1])
    return result


class Loop(Protocol):
    """Steps of gradient descent on w, in place, as many as are wanted or fewer."""

    def run(
        self,
        first: int,
        last: int,
        losses: npt.NDArray[np.float64],
        times: npt.NDArray[np.float64],
        begin: float,
    ) -> int:
        """Take steps from ``first`` on, none from ``last`` on; return the first that is left to take.

        Times are counted from ``begin``. A KeyboardInterrupt comes with ``taken`` saying what would have been
        returned.
        """

    taken: int


def descend(
    loop: Loop,
    w: FloatArray,
    steps: int,
    report: Callable[[int, npt.NDArray[np.float64]], bool] | None = None,
    every: int = 0,
) -> GradientDescentResult:
    """Run a loop; ``report(t, losses)`` after every step t that is a multiple of ``every`` may stop it."""
    losses, times = np.empty(steps), np.empty(steps)
    message = f"took all {steps} steps"
    begin = time.perf_counter()
    t = 0
    try:
        while t < steps:
            last = min(steps, -(-t // every) * every + 1) if every else steps
            t = loop.run(t, last, losses, times, begin)
            if report is not None and (t - 1) % every == 0 and report(t - 1, losses):
                message = f"stopped by the callback after step {t - 1}"
                break
    except KeyboardInterrupt:
        t = max(t, loop.taken)
        message = f"interrupted during step {t}"
    return GradientDescentResult(w, losses[:t], times[:t], None, t, message)


def make_loop(
    loss_fn: Callable[..., Any],
    w: FloatArray,
    data: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    learning_rate: float | Callable[[int], float],
    batch_size: int | None,
    sampling: Sampling,
    rng: Rng,
    optimizer: OptimizerLike,
    l1_step: L1Step = "subgradient",
) -> Loop:
    """Return the loop of `gradient_descent` on w: in C where it can be."""
    schedule = _schedule(learning_rate)
    as_callable(loss_fn, "loss_fn")
    one_of(sampling, "sampling", ("shuffle", "replacement"))
    one_of(l1_step, "l1_step", ("subgradient", "proximal"))
    threads = loss_fn.threads if isinstance(loss_fn, Objective) else None
    opt = _optimizer(optimizer, w, threads)
    if l1_step == "proximal":
        l1 = ProximalL1(loss_fn, w, opt)
        evaluate = l1.whole(_evaluator(l1.smooth, data, batch_size, sampling, rng))
        return _LoopInPython(evaluate, w, opt, schedule, l1.after)
    if isinstance(loss_fn, Objective) and opt is not None and data is None and _runs_in_c(loss_fn, w, opt):
        batches = None
        if batch_size is not None:
            batches = Batches(loss_fn.n_examples, batch_size, sampling=sampling, rng=rng)
        return _LoopInC(loss_fn, w, opt, schedule, batches)
    return _LoopInPython(_evaluator(loss_fn, data, batch_size, sampling, rng), w, opt, schedule)


def _runs_in_c(objective: Objective, w: FloatArray, opt: optim.Optimizer) -> bool:
    """Whether W is what the kernels compute in, and nobody has put something else in their place."""
    if type(objective) is not Objective or not opt._in_c():
        return False
    computed = np.result_type(w, objective.X) if objective.X.dtype != np.uint8 else w.dtype
    return w.ndim == 2 and w.dtype == computed


def _optimizer(
    optimizer: OptimizerLike | optim.Optimizer, w: FloatArray, threads: int | None
) -> optim.Optimizer | None:
    """Return the optimizer of w; None stands for "sgd" on dtypes that have no kernel, such as longdouble."""
    if isinstance(optimizer, str):
        one_of(optimizer, "optimizer", optim.NAMES)
        if w.dtype not in (np.float32, np.float64) and optimizer == "sgd":
            return None
        return optim.REGISTRY[optimizer](w, threads=threads)
    if isinstance(optimizer, optim.Optimizer):
        name = type(optimizer).__name__
        raise TypeError(
            f"optimizer is an instance of {name}, with parameters of its own; expected the class, "
            f"deeprob.optim.{name}, or functools.partial(deeprob.optim.{name}, ...)"
        )
    as_callable(optimizer, "optimizer")
    opt = optimizer(w)
    if not isinstance(opt, optim.Optimizer):
        raise TypeError(f"optimizer returned a {type(opt).__name__}; expected an optimizer of deeprob.optim")
    if isinstance(opt, optim.Nesterov) and opt.formulation == "lookahead":
        raise ValueError(
            "optimizer is Nesterov's lookahead, which wants the gradient at w + rho v, not at w: "
            "expected formulation='rearranged', whose w is that point"
        )
    if opt.params is not w:
        raise ValueError("optimizer returned one of other parameters; expected one of the array it was given")
    return opt


class _LoopInPython:
    """One step after the other of any function."""

    def __init__(
        self,
        evaluate: Callable[[FloatArray], tuple[float, FloatArray]],
        w: FloatArray,
        opt: optim.Optimizer | None,
        schedule: Callable[[int], float],
        after: Callable[[FloatArray, float], None] | None = None,
    ) -> None:
        self.evaluate, self.w, self.opt, self.schedule, self.after = evaluate, w, opt, schedule, after
        self.taken = 0

    def run(
        self,
        first: int,
        last: int,
        losses: npt.NDArray[np.float64],
        times: npt.NDArray[np.float64],
        begin: float,
    ) -> int:
        w = self.w
        for t in range(first, last):
            loss, dw = self.evaluate(w)
            if dw.shape != w.shape:
                raise ValueError(f"loss_fn returned a gradient of shape {dw.shape}; expected {w.shape}")
            rate = self.schedule(t)
            losses[t] = loss
            if self.opt is None:
                w -= (rate * dw).astype(w.dtype, copy=False)
            else:
                self.opt.lr = rate
                # a gradient may be w itself, as that of w^2 / 2 is, which the step would overwrite
                self.opt.step(dw.astype(w.dtype, copy=np.may_share_memory(dw, w)))
            if self.after is not None:
                self.after(w, rate)
            self.taken = t + 1
            times[t] = time.perf_counter() - begin
        return last


class _LoopInC:
    """Many steps a call on an Objective."""

    # Long enough that a call's own cost is nothing, short enough for Ctrl-C and progress to feel immediate.
    SECONDS = 0.05
    # Steps and examples for which batches are drawn ahead at once.
    AHEAD = 256
    EXAMPLES_AHEAD = 1 << 18

    def __init__(
        self,
        objective: Objective,
        w: FloatArray,
        opt: optim.Optimizer,
        schedule: Callable[[int], float],
        batches: "Batches | None",
    ) -> None:
        self.objective, self.w, self.opt, self.schedule, self.batches = objective, w, opt, schedule, batches
        self.states = opt._arrays()[0][1]
        self.taken = 0

    def run(
        self,
        first: int,
        last: int,
        losses: npt.NDArray[np.float64],
        times: npt.NDArray[np.float64],
        begin: float,
    ) -> int:
        ahead = self.EXAMPLES_AHEAD // self.batches.size if self.batches is not None else self.AHEAD
        last = min(last, first + max(1, min(ahead, self.AHEAD)))
        lrs = [self.schedule(t) for t in range(first, last)]
        index, sizes = self.batches.take(last - first) if self.batches is not None else (None, None)
        o, opt, done = self.objective, self.opt, np.zeros(1, np.int64)
        rates = np.array([opt._rate(lr) for lr in lrs])
        t, used = first, 0
        while t < last:
            done[0] = 0
            started = time.perf_counter() - begin
            try:
                _core.descend(
                    o.loss,
                    self.w,
                    o.X,
                    o.y,
                    None if index is None else index[used:],
                    None if sizes is None else sizes[t - first :],
                    o.parameter,
                    o._penalties[0],
                    o._penalties[1],
                    o.example_axis,
                    o.class_axis,
                    o.threads,
                    opt._kernel,
                    opt._all_hypers(),
                    self.states,
                    rates[t - first :],
                    opt.t,
                    self.SECONDS,
                    losses[t:last],
                    times[t:last],
                    done,
                )
            finally:
                n = int(done[0])
                times[t : t + n] += started
                if sizes is not None:
                    used += int(sizes[t - first : t - first + n].sum())
                t += n
                opt.t += n
                if n:
                    opt.lr = lrs[t - first - 1]
                self.taken = t
        return t


def start(w0: npt.ArrayLike | None, name: str = "w0") -> FloatArray:
    """Return a copy of w0, which messages call ``name``, as floats."""
    if w0 is None:
        raise TypeError(f"{name} is None, and the problem has no start of its own; expected an array")
    w = np.array(_core.as_array(w0, name, True))
    if w.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {w.dtype}; expected real numbers")
    return w if w.dtype.kind == "f" else w.astype(np.float64)


def _schedule(learning_rate: float | Callable[[int], float]) -> Callable[[int], float]:
    if callable(learning_rate):
        return lambda t: as_real(learning_rate(t), "learning_rate")
    rate = as_real(learning_rate, "learning_rate")
    return lambda _t: rate


def _evaluator(
    loss_fn: Callable[..., Any],
    data: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    batch_size: int | None,
    sampling: Sampling,
    rng: Rng,
) -> Callable[[FloatArray], tuple[float, FloatArray]]:
    """Return w -> (loss, gradient), each call on the next step's examples."""
    if isinstance(loss_fn, Objective):
        if data is not None:
            raise ValueError("data is given, but the Objective loss_fn has its own")
        if batch_size is None:
            return lambda w: _loss_and_gradient(loss_fn(w))
        batches = minibatches(loss_fn.n_examples, batch_size, sampling=sampling, rng=rng)
        return lambda w: _loss_and_gradient(loss_fn(w, next(batches)))
    if data is None:
        if batch_size is not None:
            raise ValueError("batch_size needs data=(X, y) or an Objective to draw the batches from")
        return lambda w: _loss_and_gradient(loss_fn(w))
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"data is a {type(data).__name__}; expected the tuple (X, y)")
    X, y = (_core.as_array(part, f"data[{k}]", False) for k, part in enumerate(data))
    if X.ndim == 0 or y.ndim == 0 or X.shape[0] != y.shape[0]:
        raise ValueError(f"data has shapes {X.shape} and {y.shape}; expected as many labels as examples")
    if batch_size is None:
        return lambda w: _loss_and_gradient(loss_fn(w, X, y))
    batches = minibatches(X.shape[0], batch_size, sampling=sampling, rng=rng)

    def on_batch(w: FloatArray) -> tuple[float, FloatArray]:
        index = next(batches)
        return _loss_and_gradient(loss_fn(w, X[index], y[index]))

    return on_batch


def _loss_and_gradient(result: Any) -> tuple[float, FloatArray]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"loss_fn returned a {type(result).__name__}; expected the tuple (loss, gradient)")
    try:
        return float(result[0]), np.asarray(result[1])
    except (TypeError, ValueError):
        kind = type(result[0]).__name__
        raise TypeError(f"loss_fn returned a {kind} as the loss; expected a number") from None


class Batches:
    """The positions of minibatch after minibatch, without end; see `gradient_descent`."""

    def __init__(self, N: int, batch_size: int, *, sampling: Sampling = "shuffle", rng: Rng = None) -> None:
        self.N = as_count(N, "N", 1)
        self.size = as_count(batch_size, "batch_size", 1)
        one_of(sampling, "sampling", ("shuffle", "replacement"))
        self.sampling = sampling
        self.random: Any = as_random(rng)
        self.left = np.empty(0, np.int64)  # of the epoch at hand

    def take(self, batches: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the positions of so many batches, one after the other, and the batches' sizes.

        Drawn in one call, positions are those of a call for each batch: the generators' streams do not
        depend on how they are cut.
        """
        if self.sampling == "replacement":
            index = self.random.choice(self.N, (batches, self.size)).ravel()
            return index.astype(np.int64, copy=False), np.full(batches, self.size, np.int64)
        parts: list[npt.NDArray[np.int64]] = []
        while len(parts) < batches:
            if self.left.size == 0:
                self.left = self.random.permutation(self.N).astype(np.int64, copy=False)
            parts.append(self.left[: self.size])
            self.left = self.left[self.size :]
        return np.concatenate(parts), np.array([part.size for part in parts], np.int64)


def minibatches(
    N: int, batch_size: int, *, sampling: Sampling = "shuffle", rng: Rng = None
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the positions of minibatch after minibatch, without end; see `gradient_descent`."""
    batches = Batches(N, batch_size, sampling=sampling, rng=rng)
    return (batches.take(1)[0] for _ in itertools.repeat(None))
