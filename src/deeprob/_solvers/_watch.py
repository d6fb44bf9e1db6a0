"""What is common to all methods: when to stop, what to record, whom to call after each step."""

import enum
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray

# The method's own arrays and numbers after a step, by name; called only when somebody wants to see them.
State = Callable[[], Mapping[str, Any]]

RECORDED = ("w", "fun", "jac", "grad_norm", "step", "nfev", "times", "state")


class Status(enum.IntEnum):
    """Why it ended, as a number; 0, 1, 2 and 99 are SciPy's."""

    CONVERGED = 0
    LIMIT = 1  # of steps or time
    NO_PROGRESS = 2  # no lower point could be found
    NOT_FINITE = 3
    UNBOUNDED = 4
    CALLBACK = 99
    INTERRUPTED = 130


@dataclass(frozen=True)
class Stop:
    """Why it ended: a number and words."""

    status: Status
    message: str


@dataclass(frozen=True)
class Options:
    """What all methods take; see `deeprob.minimize`."""

    steps: int
    gtol: float
    ftol: float
    xtol: float
    max_time: float | None


@dataclass
class Point:
    """A point with its value and gradient, and the number of the step that led to it."""

    x: FloatArray
    f: float
    g: FloatArray
    step: int


@dataclass
class Outcome:
    """What a method returns: why it ended, and where, if not at the last point that was watched.

    ``best`` asks for the lowest point that was watched instead.
    """

    stop: Stop
    point: Point | None = None
    best: bool = False


class Fields(Mapping[str, Any]):
    """Dataclasses whose fields can be read as a dict's, too, like those of SciPy's results."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __getitem__(self, name: str) -> Any:
        if name not in self.__dataclass_fields__:
            raise KeyError(f"{name!r}; there are {', '.join(self)}")
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)


@dataclass
class Trajectory(Fields):
    """Every point of a run of k steps, the start first; None is what was not asked for.

    Attributes
    ----------
    w : (k + 1, ...) array
        The points.
    fun, grad_norm : (k + 1,) array of float64
        Values, and Euclidean norms of gradients.
    jac : (k + 1, ...) array
        Gradients.
    step : (k,) array of float64
        Euclidean lengths of the steps.
    nfev : (k + 1,) array of int64
        Evaluations of the function until then.
    times : (k + 1,) array of float64
        Seconds since the start.
    state : list of k + 1 dicts
        The method's own arrays, copied: moments, directions, step lengths ...
    """

    w: FloatArray | None = None
    fun: npt.NDArray[np.float64] | None = None
    jac: FloatArray | None = None
    grad_norm: npt.NDArray[np.float64] | None = None
    step: npt.NDArray[np.float64] | None = None
    nfev: npt.NDArray[np.int64] | None = None
    times: npt.NDArray[np.float64] | None = None
    state: list[dict[str, Any]] | None = None

    def __repr__(self) -> str:
        kept = ((name, self[name]) for name in self.keys() if self[name] is not None)
        return f"Trajectory({', '.join(f'{name}: {_extent(values)}' for name, values in kept)})"


def _extent(values: Any) -> str:
    return f"{len(values)} dicts" if isinstance(values, list) else str(values.shape)


@dataclass
class Iterate(Fields):
    """What the callback is given after every step.

    Attributes
    ----------
    x, jac : array
        The point and its gradient, in the shape of x0; copies, to be kept.
    fun, grad_norm : float
        The value, and the gradient's Euclidean norm.
    step : float
        Euclidean length of the step.
    nit, nfev : int
        Steps and evaluations until now.
    time : float
        Seconds since the start.
    state : dict
        The method's own arrays and numbers, copied.
    """

    x: FloatArray
    fun: float
    jac: FloatArray = field(repr=False)
    grad_norm: float
    step: float
    nit: int
    nfev: int
    time: float
    state: dict[str, Any] = field(repr=False)


def copied(state: State | None) -> dict[str, Any]:
    """Return the state with its arrays copied."""
    if state is None:
        return {}
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in state().items()}


def euclidean(x: FloatArray) -> float:
    """Return the Euclidean norm in float64, also where squares would overflow."""
    top = float(np.max(np.abs(x))) if x.size else 0.0
    if top == 0.0 or not np.isfinite(top):
        return top
    return top * float(np.sqrt(np.sum(np.square(x.astype(np.float64) / top))))


class Watch:
    """Called with every point of a run, the start first: records it and says whether to stop.

    Attributes
    ----------
    nit : int
        Steps taken.
    last, best : Point or None
        Copies of the last point that was shown and of the lowest.
    """

    def __init__(
        self,
        options: Options,
        shape: tuple[int, ...],
        nfev: Callable[[], int],
        callback: Callable[[Iterate], Any] | None = None,
        record: tuple[str, ...] = (),
        noisy: bool = False,
    ) -> None:
        self.options, self.shape, self.nfev = options, shape, nfev
        self.callback, self.noisy = callback, noisy
        self.begin = time.perf_counter()
        self.nit = -1
        self.last: Point | None = None
        self.best: Point | None = None
        self.state: State | None = None
        self.rows: dict[str, list[Any]] = {name: [] for name in record}

    def __call__(self, x: FloatArray, f: float, g: FloatArray, state: State | None = None) -> Stop | None:
        """Take note of a point with its value and gradient, all flat; return why to stop, or None.

        The first call is the start, each later one a step.
        """
        before = self.last
        self.nit += 1
        self.state = state
        self.last = now = Point(x.copy(), float(f), g.copy(), self.nit)
        if math.isfinite(now.f) and (self.best is None or now.f < self.best.f):
            self.best = now
        shown = self.callback is not None or "step" in self.rows
        length = euclidean(now.x - before.x) if shown and before is not None else 0.0
        if self.rows:
            self._record(now, length)
        stop = self._reason(before, now)
        return self._call(now, length) or stop

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self.begin

    def _record(self, now: Point, length: float) -> None:
        for name, rows in self.rows.items():
            if name == "w":
                rows.append(now.x.reshape(self.shape))
            elif name == "jac":
                rows.append(now.g.reshape(self.shape))
            elif name == "fun":
                rows.append(now.f)
            elif name == "grad_norm":
                rows.append(euclidean(now.g))
            elif name == "nfev":
                rows.append(self.nfev())
            elif name == "times":
                rows.append(self.elapsed())
            elif name == "state":
                rows.append(copied(self.state))
            elif now.step:  # "step": the start has none
                rows.append(length)

    def _call(self, now: Point, length: float) -> Stop | None:
        if self.callback is None or now.step == 0:
            return None
        shown = Iterate(
            now.x.reshape(self.shape).copy(),
            now.f,
            now.g.reshape(self.shape).copy(),
            euclidean(now.g),
            length,
            now.step,
            self.nfev(),
            self.elapsed(),
            copied(self.state),
        )
        try:
            wants_to_stop = bool(self.callback(shown))
        except StopIteration:  # SciPy's way
            wants_to_stop = True
        return (
            Stop(Status.CALLBACK, f"stopped by the callback after step {now.step}") if wants_to_stop else None
        )

    def _reason(self, before: Point | None, now: Point) -> Stop | None:
        o = self.options
        if now.f == -np.inf:
            return Stop(Status.UNBOUNDED, f"f is -inf after step {now.step}: there is no minimum")
        top = float(np.abs(now.g).max())  # NaN where there is one
        if not math.isfinite(now.f) or not math.isfinite(top):
            what = f"f is {now.f}" if not math.isfinite(now.f) else "the gradient has NaN or inf"
            return Stop(Status.NOT_FINITE, f"{what} after step {now.step}")
        reached = self._flat(top) or (before and self._small_step(before, now))
        if reached:
            return Stop(Status.CONVERGED, reached)
        if now.step >= o.steps:
            return Stop(Status.LIMIT, f"took all {o.steps} steps")
        if o.max_time is not None and self.elapsed() >= o.max_time:
            return Stop(Status.LIMIT, f"max_time = {o.max_time:g} s was over after step {now.step}")
        return None

    def _flat(self, top: float) -> str | None:
        """Return the words for a gradient within gtol; that of a minibatch may be 0 by chance."""
        gtol = self.options.gtol
        if top > gtol or (self.noisy and gtol == 0):
            return None
        return f"the gradient's largest entry, {top:.3g}, is at most gtol = {gtol:g}"

    def _small_step(self, before: Point, now: Point) -> str | None:
        """Return the words for a step within ftol or xtol."""
        ftol, xtol = self.options.ftol, self.options.xtol
        change = abs(before.f - now.f)
        if ftol > 0 and change <= ftol * max(abs(before.f), abs(now.f), 1.0):
            return f"the last step changed f by {change:.3g}, at most ftol = {ftol:g} times max(|f|, 1)"
        moved = float(np.max(np.abs(now.x - before.x))) if xtol > 0 else np.inf
        if moved <= xtol * max(1.0, float(np.max(np.abs(now.x)))):
            most = f"no entry of x by more than {moved:.3g}"
            return f"the last step changed {most}, at most xtol = {xtol:g} times max(|x|, 1)"
        return None

    def trajectory(self) -> Trajectory | None:
        """Return what was recorded, or None if nothing was to be."""
        if not self.rows:
            return None
        whole: dict[str, Any] = {}
        for name, rows in self.rows.items():
            if name == "state":
                whole[name] = rows
            elif name in ("w", "jac"):
                whole[name] = np.stack(rows) if rows else np.empty((0, *self.shape))
            else:
                whole[name] = np.array(rows, np.int64 if name == "nfev" else np.float64)
        return Trajectory(**whole)
