"""One optimizer on one problem at one learning rate: what `compare` repeats."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray, as_real
from ..descent import Loop, Sampling, make_loop, minibatches
from ..objective import Objective
from ..optim import Optimizer

Maker = Callable[[FloatArray], Optimizer]
# step -> number, or a schedule that wants to be told the losses: `deeprob.schedules.Plateau`
Schedule = Callable[[int], float]


@dataclass(frozen=True)
class Setting:
    """What all runs of a comparison share."""

    problem: Any
    x0: FloatArray
    recorded: npt.NDArray[np.int64]
    batch_size: int | None
    sampling: Sampling
    seed: int
    noise: int | None
    keep_points: bool
    schedule: Schedule | None


@dataclass
class Trial:
    """One optimizer's run at one learning rate, or several runs with other minibatches.

    Attributes
    ----------
    label : str
        The optimizer, as the comparison calls it.
    lr : float
        Its learning rate; with a schedule, what that is multiplied by. NaN of a method without one.
    steps : (k,) array of int64
        The steps at which the loss was recorded: 0 is the start.
    losses : (k,) array of float64
        The loss of all the data at those steps, the mean of all runs; NaN after a divergence.
    trajectory : (k, ...) array, or None
        The points at those steps, of the first run, if they were asked for or are small; NaN after a
        divergence.
    x : array
        The point that the first run reached; of an averaging optimizer (ASGD, the schedule-free ones) the
        average, whose losses and trajectory the others are, too.
    seconds : float
        The time of the steps of a run alone, gradients and updates, without the losses that were only
        recorded; the mean of all runs.
    diverged : int or None
        The first recorded step at which the loss or the point of a run was no finite number.
    spread : (k,) array of float64, or None
        The standard deviation of the losses over several runs.
    steps_to_tol : int or None
        The first recorded step with a loss at or below the comparison's ``target``; None if there is none.
    evaluations : int or None
        Of a method of `minimize`: evaluations of the gradient, which count as steps; else None.
    note : str
        Of such a method: how it went.
    message : str
        What happened, in words.
    """

    label: str
    lr: float
    steps: npt.NDArray[np.int64] = field(repr=False)
    losses: npt.NDArray[np.float64] = field(repr=False)
    trajectory: FloatArray | None = field(repr=False)
    x: FloatArray = field(repr=False)
    seconds: float
    diverged: int | None = None
    spread: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    steps_to_tol: int | None = None
    evaluations: int | None = None
    note: str = ""

    @property
    def loss(self) -> float:
        """The loss after the last step; infinite if the run diverged."""
        return float("inf") if self.diverged is not None else float(self.losses[-1])

    @property
    def message(self) -> str:
        """What happened, in words."""
        if self.diverged is not None:
            return f"diverged at step {self.diverged}"
        if self.note:
            return self.note
        up = "; ended above where it started" if self.losses[-1] > self.losses[0] else ""
        return f"took all {int(self.steps[-1])} steps{up}"


def own(problem: Any, seed: int | None = None) -> Any:
    """Return a noisy landscape's copy, or one with noise of its own, and anything else as it is."""
    if not hasattr(problem, "noisy"):
        return problem
    if seed is not None and is_noisy(problem):
        return problem.landscape.noisy(problem.scale, seed)
    return copy.deepcopy(problem)


def is_noisy(problem: Any) -> bool:
    """Whether a problem's gradients have noise that can be drawn anew."""
    return hasattr(problem, "noisy") and hasattr(problem, "landscape") and hasattr(problem, "scale")


def value_of(problem: Any) -> Callable[[FloatArray], float]:
    """Return w -> the loss alone, over all the data and without noise."""
    value = getattr(problem, "value", None)
    if callable(value):
        return lambda w: float(value(w))
    return lambda w: float(problem(w)[0])


def averaged(runs: list[Trial]) -> Trial:
    """Return the first of several runs, with the means and the spread of all their losses."""
    first = runs[0]
    if len(runs) == 1:
        return first
    losses = np.array([trial.losses for trial in runs])
    diverged = [trial.diverged for trial in runs if trial.diverged is not None]
    return replace(
        first,
        losses=losses.mean(axis=0),
        spread=losses.std(axis=0, ddof=1),
        seconds=float(np.mean([trial.seconds for trial in runs])),
        diverged=min(diverged, default=None),
    )


def repeated(setting: Setting, repeats: int) -> list[Setting]:
    """Return the setting so many times, each with minibatches and noise of its own."""
    seeds = [(setting.seed + k) % 2**32 for k in range(repeats)]
    return [replace(setting, seed=seed, noise=None if setting.noise is None else seed) for seed in seeds]


def run_trial(setting: Setting, label: str, make: Maker, lr: float | None) -> tuple[Trial, Optimizer]:
    """Run one optimizer; ``lr=None`` is the one it was made with. What overflows has diverged."""
    w = setting.x0.copy()
    opt = _made(label, make, w)
    ahead = opt._point() is not opt.params
    rate = opt.lr if lr is None else lr
    factor = copy.deepcopy(setting.schedule)  # one that remembers losses begins anew
    problem = own(setting.problem, setting.noise)
    where = getattr(opt, "averaged", lambda: w)  # what an averaging optimizer is to be judged by
    free = where() is w and setting.batch_size is None and not ahead
    with np.errstate(all="ignore"):
        loop = _make_loop(setting, problem, opt, _times(rate, factor))
        record = _Record(setting, value_of(problem), where, getattr(factor, "step", None))
        seconds = record.follow(loop, free)
    trial = Trial(
        label=label,
        lr=rate,
        steps=setting.recorded,
        losses=record.losses,
        trajectory=record.points,
        x=where(),
        seconds=seconds,
        diverged=record.diverged,
    )
    return trial, opt


def _made(label: str, make: Maker, w: FloatArray) -> Optimizer:
    try:
        return make(w)
    except (TypeError, ValueError) as error:
        if str(error).startswith("optimizers["):
            raise
        raise type(error)(f"optimizers[{label!r}] cannot step x0: {error}") from error


def _times(rate: float, schedule: Schedule | None) -> Schedule:
    if schedule is None:
        return lambda _t: rate
    return lambda t: rate * as_real(schedule(t), "schedule")


class _Record:
    """The losses, and perhaps the points, of one run at the recorded steps."""

    def __init__(
        self,
        setting: Setting,
        value: Callable[[FloatArray], float],
        where: Callable[[], FloatArray],
        tell: Callable[[float], object] | None,
    ) -> None:
        self.steps, self.value, self.where, self.tell = setting.recorded, value, where, tell
        self.losses = np.full(self.steps.size, np.nan)
        self.points: FloatArray | None = None
        if setting.keep_points:
            self.points = np.full((self.steps.size, *setting.x0.shape), np.nan, setting.x0.dtype)
        self.diverged: int | None = None

    def follow(self, loop: Loop, free: bool) -> float:
        """Take the steps, until there are no more or the loss is no number; return the loop's seconds.

        ``free`` says that the loss to record at step t is the one that the loop's step t starts from.
        """
        total = int(self.steps[-1])
        losses, times = np.full(total, np.nan), np.empty(total)
        seconds = 0.0
        for k, (t, until) in enumerate(zip(self.steps, [*self.steps[1:], total], strict=True)):
            point = self.where().copy() if self.points is not None else None
            loss = self._value(self.where()) if not free or t == total else None
            begin = time.perf_counter()
            went = self._advance(loop, int(t), int(until), losses, times)
            seconds += time.perf_counter() - begin
            loss = float(losses[t]) if loss is None else loss
            if not np.isfinite(loss) or not (point is None or np.isfinite(point).all()):
                self.diverged = int(t)
                break
            self._keep(k, loss, point)
            if not went:
                self.diverged = loop.taken
                break
        return seconds

    def _keep(self, k: int, loss: float, point: FloatArray | None) -> None:
        self.losses[k] = loss
        if self.points is not None:
            self.points[k] = point
        if self.tell is not None:
            self.tell(loss)

    def _value(self, w: FloatArray) -> float:
        try:
            return self.value(w)
        except (OverflowError, FloatingPointError, ZeroDivisionError):
            return float("nan")

    @staticmethod
    def _advance(
        loop: Loop, t: int, until: int, losses: npt.NDArray[np.float64], times: npt.NDArray[np.float64]
    ) -> bool:
        """Take the steps from t on, none from ``until`` on; False if a function of Python's overflowed."""
        begin = time.perf_counter()
        try:
            while t < until:
                t = loop.run(t, until, losses, times, begin)
        except (OverflowError, FloatingPointError, ZeroDivisionError):
            return False
        return True


def _make_loop(setting: Setting, problem: Any, opt: Optimizer, rate: Schedule) -> Loop:
    """Return the steps of ``opt``: those of `gradient_descent`, or a loop that asks where to look."""
    random = np.random.RandomState(setting.seed)
    if opt._point() is opt.params:
        return make_loop(
            problem, opt.params, None, rate, setting.batch_size, setting.sampling, random, lambda _w: opt
        )
    return _Lookahead(_gradient(setting, problem, random), opt, rate)


def _gradient(setting: Setting, problem: Any, random: Any) -> Callable[[FloatArray], FloatArray]:
    """Return point -> gradient, each call on the next step's examples."""
    if setting.batch_size is None or not isinstance(problem, Objective):
        return lambda point: np.asarray(problem(point)[1])
    batches = minibatches(problem.n_examples, setting.batch_size, sampling=setting.sampling, rng=random)
    return lambda point: problem(point, next(batches))[1]


class _Lookahead:
    """One step after the other of an optimizer whose gradient is not taken at its parameters."""

    def __init__(self, gradient: Callable[[FloatArray], FloatArray], opt: Optimizer, rate: Schedule) -> None:
        self.gradient, self.opt, self.rate = gradient, opt, rate
        self.taken = 0

    def run(
        self,
        first: int,
        last: int,
        losses: npt.NDArray[np.float64],  # noqa: ARG002  nobody asks for the loss at w
        times: npt.NDArray[np.float64],
        begin: float,
    ) -> int:
        """Take steps from ``first`` on, none from ``last`` on; return the first that is left to take."""
        dtype = self.opt.params.dtype
        for t in range(first, last):
            self.opt.lr = self.rate(t)
            # a copy: a gradient may be the point itself, as that of w^2 / 2 is
            self.opt.step(lambda point: np.array(self.gradient(point), dtype))
            self.taken = t + 1
            times[t] = time.perf_counter() - begin
        return last
