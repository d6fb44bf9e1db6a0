"""The lecture's comparison of optimizers in one call: fair sweeps of the learning rate, losses, time."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, SupportsIndex

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_random, as_real, one_of
from ..descent import Batches, Sampling, start
from ..objective import Objective
from ..optim._named import labelled, maker, name_of
from .judge import yardstick
from .race import Maker, Schedule, Setting, Trial, averaged, is_noisy, own, repeated, run_trial, value_of
from .race_method import METHODS, Method, method_of, run_method
from .result import ComparisonResult

GRID = tuple(float(f"{rate:.3g}") for rate in np.logspace(-4, 1, 11))
"""The learning rates tried where none are given: 1e-4, 3.16e-4 .. 10, two a decade."""

# Parameters up to which every recorded point is kept where nothing is said about it.
_SMALL = 16


@answers_keywords
def compare(
    problem: Any,
    optimizers: Any = None,
    *,
    x0: npt.ArrayLike | None = None,
    steps: SupportsIndex = 100,
    lr: Any = None,
    schedule: Schedule | None = None,
    tol: float = 1e-3,
    target: float | None = None,
    factor: float = 2.0,
    batch_size: int | None = None,
    sampling: Sampling = "shuffle",
    rng: Rng = None,
    repeats: SupportsIndex = 1,
    every: SupportsIndex | None = None,
    record: Literal["loss", "trajectory"] | None = None,
) -> ComparisonResult:
    """Run several optimizers on one problem from one start, each at its best learning rate.

    A comparison at one learning rate says more about that number than about the optimizers (L4-57: momentum
    "can outperform Adam but may require more tuning"). So every optimizer tries the same grid of learning
    rates; its best run stands for it, and how many learning rates were nearly as good is reported beside it.

    Parameters
    ----------
    problem : Objective, landscape, or callable
        A function w -> (loss, gradient), or an object that is one: an `Objective`, a landscape of
        `deeprob.landscapes`. If it has ``value``, losses are recorded with that, without a landscape's
        noise. A noisy landscape gives every run the same noise.
    optimizers : list of str, or dict of label to name, class or function; optional
        Names in ``deeprob.optim.NAMES``, classes, or functions of the parameters, such as
        ``functools.partial(deeprob.optim.Momentum, momentum=0.99)``. Default: the lecture's six. Nesterov's
        lookahead gets its gradients at the point that it looks ahead to; those that average are judged by
        their average. Also methods of `minimize` without a learning rate, such as "lbfgs", or
        ``functools.partial(deeprob.minimize, method="lbfgs", m=5)``: each evaluation of the gradient counts
        as a step there (of a Hessian it does not), and what it has no use for, such as ``schedule``, is
        left out.
    x0 : array, optional
        Where to start. Default: the problem's own ``start``; that of an `Objective` is 0.
    steps : int
        Steps of each run.
    lr : float, array of float, "own", or dict of label to these; optional
        The learning rates to try; one number is no sweep. "own": the one that the optimizer was made with.
        Default: 1e-4 .. 10, two a decade.
    schedule : callable, optional
        t -> what the learning rate is multiplied by at step t, such as
        ``deeprob.schedules.half_cosine(1.0, steps)``. A `deeprob.schedules.reduce_on_plateau` (begun anew for
        every run) is told every recorded loss.
    tol : float
        How near to the minimum is near enough: ``target`` is ``tol`` of the way from the minimum up to the
        loss at the start. Where the problem's ``minimum`` is not known, the lowest loss reached stands in;
        where it is -inf, the target lies as far below 0 as the start above.
    target : float, optional
        That loss itself, instead.
    factor : float
        At least 1: a learning rate is good if its final loss is within this factor of the best one's.
    batch_size : int, optional
        Examples a step, of an `Objective`. All runs draw the same minibatches.
    sampling : {"shuffle", "replacement"}
        How minibatches are drawn, as in `gradient_descent`.
    rng : numpy.random.Generator, RandomState or int, optional
        For the minibatches, or for a landscape's noise in place of its own. An int n means
        ``RandomState(n)`` in every run; from a generator one such n is drawn.
    repeats : int
        With minibatches or noise: so many runs, with the seeds n, n + 1, ...; losses are their means, and
        the best learning rate depends less on luck.
    every : int, optional
        Losses are recorded every so many steps, and at the end. Default 1, with minibatches a 50th of the
        steps: there, each is a pass over all the data, which the clock leaves out.
    record : {"loss", "trajectory"}, optional
        "trajectory" keeps the point wherever the loss is recorded. Default: for problems of up to 16
        parameters.

    Returns
    -------
    ComparisonResult
        A run that overflows or turns NaN is a result too: its loss is infinite and its message says at
        which step it diverged.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape or range; the message names it.

    Notes
    -----
    The best learning rate has the lowest final loss; among runs whose losses differ by rounding (1e-12 of the
    way down) the one that reached the target first, then the smaller. Of a problem without a minimum, such as
    a saddle, it is the one that reaches the target first. A run that does not settle may end low by luck:
    look at its losses, average ``repeats``, or let a ``schedule`` bring it to rest.

    Runs at one learning rate are those of `gradient_descent`, bit for bit. Times are of one run each and
    include Python's share of small problems: compare steps first.

    Examples
    --------
    The bowl (x^2 + 25 y^2) / 2, the lecture's six:

    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> result = deeprob.compare(bowl, x0=[1.0, 1.0], steps=60)
    >>> sgd = result["sgd"].best
    >>> sgd.lr, sgd.steps_to_tol, sgd.message
    (0.0316, 57, 'took all 60 steps')
    >>> result["nesterov"].best.steps_to_tol
    20
    >>> result["sgd"].trials[-1].message  # lr = 10
    'took all 60 steps; ended above where it started'
    """
    made = _entrants(optimizers)
    w0 = _start(problem, x0)
    count = as_count(steps, "steps", 1)
    grids = {label: _grid(label, made, lr) for label in made}
    share, most = as_real(tol, "tol"), as_real(factor, "factor")
    if most < 1:
        raise ValueError(f"factor is {factor}; expected a number of at least 1")
    goal = None if target is None else as_real(target, "target", negative=True)
    if schedule is not None:
        as_callable(schedule, "schedule")
    times = as_count(repeats, "repeats", 1)
    if times > 1 and batch_size is None and not is_noisy(problem):
        raise ValueError(f"repeats is {times}, but without batch_size every run is the same; expected 1")
    seed = _seed(rng)
    setting = Setting(
        problem=problem,
        x0=w0,
        recorded=_recorded(count, every, batch_size),
        batch_size=_batch(problem, batch_size, sampling),
        sampling=sampling,
        seed=seed,
        noise=None if rng is None and times == 1 else seed,
        keep_points=_keeps(record, w0),
        schedule=schedule,
    )
    begin = _first_loss(problem, w0)
    runs = {
        label: [_run(setting, times, label, make, rate) for rate in grids[label]]
        for label, make in made.items()
    }
    trials = [trial for of_one in runs.values() for trial, _ in of_one]
    by = yardstick(problem, begin, trials, goal, share, most)
    by.measure(trials)
    races = {label: by.race(label, each[0][1], [trial for trial, _ in each]) for label, each in runs.items()}
    return ComparisonResult(
        races=races,
        x0=w0,
        start_loss=begin,
        steps=count,
        minimum=by.minimum,
        unbounded=by.unbounded,
        floor=by.floor,
        target=by.target,
        tol=share,
        factor=most,
        batch_size=batch_size,
        repeats=times,
        problem=problem,
    )


def _entrants(optimizers: Any) -> dict[str, Maker | Method]:
    return {
        label: method_of(each) or maker(each, f"optimizers[{label!r}]", METHODS)
        for label, each in labelled(optimizers).items()
    }


def _run(
    setting: Setting, times: int, label: str, make: Maker | Method, lr: float | None
) -> tuple[Trial, str]:
    """Return the mean of an optimizer's or a method's runs, and its name."""
    settings = repeated(setting, times)
    if isinstance(make, Method):
        return averaged([run_method(each, label, make) for each in settings]), make.name
    runs = [run_trial(each, label, make, lr) for each in settings]
    return averaged([trial for trial, _ in runs]), name_of(runs[0][1])


def _start(problem: Any, x0: npt.ArrayLike | None) -> FloatArray:
    if x0 is None:
        x0 = getattr(problem, "start", None)
    if x0 is None and not callable(problem):
        raise TypeError(f"problem is {problem!r}; expected an Objective, a landscape or a function")
    if x0 is None:
        raise ValueError("x0 is not given, and the problem has no start of its own; expected an array")
    return start(x0, "x0")


def _grid(label: str, made: Mapping[str, Maker | Method], lr: Any) -> list[float | None]:
    """Return the learning rates to try, ascending; None is the optimizer's own."""
    if isinstance(lr, Mapping):
        takers = [name for name, make in made.items() if not isinstance(make, Method)]
        if lr.keys() != set(takers):
            raise ValueError(
                f"lr has the labels {sorted(lr)}; expected those of optimizers, {sorted(takers)}"
            )
        lr = lr.get(label)
    if isinstance(made[label], Method):
        return [None]
    if callable(lr):
        raise TypeError(f"lr is {lr!r}; expected learning rates to try; what multiplies them is schedule=")
    if lr is None:
        return list(GRID)
    if isinstance(lr, str):
        one_of(lr, "lr", ("own",))
        return [None]
    if np.ndim(lr) == 0 and not isinstance(lr, Iterable):
        return [as_real(lr, "lr")]
    rates = sorted({float(as_real(rate, "lr")) for rate in lr})
    if not rates:
        raise ValueError("lr is empty; expected at least one learning rate")
    return list(rates)


def _recorded(steps: int, every: SupportsIndex | None, batch_size: int | None) -> npt.NDArray[np.int64]:
    apart = max(1, steps // 50) if batch_size is not None else 1
    if every is not None:
        apart = as_count(every, "every", 1)
    return np.unique([*range(0, steps, apart), steps]).astype(np.int64)


def _batch(problem: Any, batch_size: int | None, sampling: Sampling) -> int | None:
    if batch_size is None:
        one_of(sampling, "sampling", ("shuffle", "replacement"))
        return None
    if not isinstance(problem, Objective):
        raise ValueError(
            f"batch_size is {batch_size}, but problem is a {type(problem).__name__}; expected an Objective"
        )
    return Batches(problem.n_examples, batch_size, sampling=sampling, rng=0).size


def _seed(rng: Rng) -> int:
    if isinstance(rng, SupportsIndex):
        as_random(rng)  # the checks
        return rng.__index__()
    random = as_random(rng)
    if isinstance(random, np.random.RandomState):
        return int(random.randint(2**32, dtype=np.uint32))
    return int(random.integers(2**32))


def _keeps(record: str | None, w0: FloatArray) -> bool:
    if record is None:
        return w0.size <= _SMALL
    return one_of(record, "record", ("loss", "trajectory")) == "trajectory"


def _first_loss(problem: Any, w0: FloatArray) -> float:
    """Return the loss at the start, having seen that the problem is one."""
    as_callable(problem, "problem")
    result = own(problem)(w0.copy())
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"problem returned a {type(result).__name__}; expected the tuple (loss, gradient)")
    if np.shape(result[1]) != w0.shape:
        raise ValueError(f"problem returned a gradient of shape {np.shape(result[1])}; expected {w0.shape}")
    loss = value_of(problem)(w0.copy())
    if not np.isfinite(loss):
        raise ValueError(f"x0 is a point where the loss is {loss}; expected one where it is finite")
    return loss
