"""Learning-rate schedules: functions of the step number t = 0, 1, 2, ..., in closed form.

A schedule is called with t and returns a number, so it may be `gradient_descent`'s ``learning_rate``, or be
asked for an optimizer's ``lr`` or `AdamW`'s ``eta`` at any step. Nothing is remembered from call to call: the
same t gives the same number, whatever was asked before. Schedules are composed by `sequence` and
`warm_up`, and multiplied by numbers and by one another. `reduce_on_plateau` alone is none: it is told losses.

Examples
--------
>>> from deeprob import schedules
>>> rate = schedules.warm_up(schedules.half_cosine(0.1, 10), 2)
>>> [round(rate(t), 4) for t in range(4)]
[0.05, 0.1, 0.1, 0.0976]
>>> (2 * schedules.constant(0.5))(7)
1.0
"""

import bisect
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from ._arguments import as_callable, as_count, as_real
from ._plateau import Plateau, reduce_on_plateau

if TYPE_CHECKING:
    from .plots import ScheduleDisplay

__all__ = [
    "Plateau",
    "Schedule",
    "constant",
    "cosine_restarts",
    "exponential",
    "half_cosine",
    "inverse_sqrt",
    "linear_warm_up",
    "multi_step",
    "one_cycle",
    "polynomial",
    "reduce_on_plateau",
    "sequence",
    "step",
    "warm_up",
]


class Schedule:
    """A function of the step number, with a name to be shown by; made by the functions of this module.

    Parameters
    ----------
    function : callable
        t -> number, for t = 0, 1, 2, ...
    text : str
        What ``repr`` shows.
    """

    def __init__(self, function: Callable[[int], float], text: str) -> None:
        as_callable(function, "function")
        self._function, self._text = function, text

    def __call__(self, t: SupportsIndex) -> float:
        """Return the number at step t, counted from 0."""
        return float(self._function(as_count(t, "t")))

    def values(self, num_steps: SupportsIndex) -> npt.NDArray[np.float64]:
        """Return the numbers of the first ``num_steps`` steps."""
        return np.array([self(t) for t in range(as_count(num_steps, "num_steps"))], dtype=np.float64)

    def plot(self, num_steps: SupportsIndex, ax: Any = None) -> "ScheduleDisplay":
        """Draw the numbers of the first ``num_steps`` steps; see `deeprob.plots.ScheduleDisplay`."""
        from .plots import ScheduleDisplay

        return ScheduleDisplay.from_schedules({repr(self): self}, num_steps).plot(ax)

    def __mul__(self, other: "Schedule | float") -> "Schedule":
        """Return the product with a number or another schedule, step by step."""
        if isinstance(other, Schedule):
            return Schedule(lambda t: self(t) * other(t), f"{self!r} * {other!r}")
        if not isinstance(other, int | float):
            return NotImplemented
        return Schedule(lambda t: self(t) * other, f"{other!r} * {self!r}")

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return self._text


def _factor(value: float, name: str) -> float:
    if as_real(value, name) > 1:
        raise ValueError(f"{name} is {value}; expected a number in 0..1")
    return float(value)


def constant(lr: float) -> Schedule:
    """Return lr at every step."""
    rate = as_real(lr, "lr")
    return Schedule(lambda _t: rate, f"constant({lr!r})")


def step(lr: float, step_size: SupportsIndex, gamma: float = 0.1) -> Schedule:
    """Return lr gamma^floor(t / step_size).

    Examples
    --------
    >>> from deeprob import schedules
    >>> schedules.step(1.0, 2, gamma=0.5).values(5)
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """
    rate, size, factor = as_real(lr, "lr"), as_count(step_size, "step_size", 1), _factor(gamma, "gamma")
    return Schedule(lambda t: rate * factor ** (t // size), f"step({lr!r}, {step_size!r}, gamma={gamma!r})")


def multi_step(lr: float, milestones: Sequence[SupportsIndex], gamma: float = 0.1) -> Schedule:
    """Return lr gamma^k after k of the milestones, steps in ascending order."""
    rate, factor = as_real(lr, "lr"), _factor(gamma, "gamma")
    at = [as_count(m, "milestones") for m in milestones]
    if at != sorted(at):
        raise ValueError(f"milestones are {list(milestones)}; expected ascending steps")
    text = f"multi_step({lr!r}, {at}, gamma={gamma!r})"
    return Schedule(lambda t: rate * factor ** bisect.bisect_right(at, t), text)


def exponential(lr: float, gamma: float) -> Schedule:
    """Return lr gamma^t."""
    rate, factor = as_real(lr, "lr"), _factor(gamma, "gamma")
    return Schedule(lambda t: rate * factor**t, f"exponential({lr!r}, {gamma!r})")


def polynomial(lr: float, num_steps: SupportsIndex, power: float = 1.0, end: float = 0.0) -> Schedule:
    """Return (lr - end) (1 - t / num_steps)^power + end, and end from step num_steps on."""
    rate, n, p = as_real(lr, "lr"), as_count(num_steps, "num_steps", 1), as_real(power, "power")
    last = as_real(end, "end")
    text = f"polynomial({lr!r}, {num_steps!r}, power={power!r}, end={end!r})"
    return Schedule(lambda t: (rate - last) * (1 - min(t, n) / n) ** p + last, text)


def half_cosine(lr: float, num_steps: SupportsIndex, end: float = 0.0) -> Schedule:
    """Return end + (lr - end) (1 + cos(pi t / num_steps)) / 2, and end from step num_steps on (L4-47).

    Examples
    --------
    >>> from deeprob import schedules
    >>> rate = schedules.half_cosine(0.1, 10)
    >>> [round(rate(t), 9) for t in (0, 5, 10, 11)]
    [0.1, 0.05, 0.0, 0.0]
    """
    rate, n, last = as_real(lr, "lr"), as_count(num_steps, "num_steps", 1), as_real(end, "end")
    text = f"half_cosine({lr!r}, {num_steps!r}, end={end!r})"
    return Schedule(lambda t: _cosine(rate, last, min(t, n) / n), text)


def _cosine(first: float, last: float, share: float) -> float:
    """From first to last along half a cosine; exact at both ends, and in the middle."""
    if share == 0.5:
        return (first + last) / 2
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


def cosine_restarts(lr: float, T_0: SupportsIndex, T_mult: SupportsIndex = 1, end: float = 0.0) -> Schedule:
    """Return half cosines from lr to end of T_0, T_0 T_mult, T_0 T_mult^2 ... steps (SGDR).

    Every one starts at lr; its last step is the one before it would reach end. I. Loshchilov, F. Hutter,
    "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
    """
    rate, last = as_real(lr, "lr"), as_real(end, "end")
    length, mult = as_count(T_0, "T_0", 1), as_count(T_mult, "T_mult", 1)

    def at(t: int) -> float:
        n = length
        if mult == 1:
            t %= n
        while t >= n:
            t -= n
            n *= mult
        return _cosine(rate, last, t / n)

    return Schedule(at, f"cosine_restarts({lr!r}, {T_0!r}, T_mult={T_mult!r}, end={end!r})")


def one_cycle(
    max_lr: float,
    num_steps: SupportsIndex,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Return half cosines up to max_lr and down again: PyTorch's ``OneCycleLR`` (Smith and Topin 2017).

    From max_lr / div_factor to max_lr in the first ``pct_start`` of the steps, then to
    max_lr / (div_factor final_div_factor) at step num_steps - 1, and that from there on.
    """
    top, n = as_real(max_lr, "max_lr"), as_count(num_steps, "num_steps", 2)
    divide, final = as_real(div_factor, "div_factor"), as_real(final_div_factor, "final_div_factor")
    if divide == 0 or final == 0:
        raise ValueError("div_factor and final_div_factor are divisors; expected numbers above 0")
    peak = _factor(pct_start, "pct_start") * n - 1
    first, last = top / divide, top / divide / final

    def at(t: int) -> float:
        t = min(t, n - 1)
        if t <= peak:
            return _cosine(first, top, t / peak if peak > 0 else 1.0)
        return _cosine(top, last, (t - peak) / (n - 1 - peak))

    return Schedule(at, f"one_cycle({max_lr!r}, {num_steps!r}, pct_start={pct_start!r})")


def inverse_sqrt(lr: float, warm_up_steps: SupportsIndex = 1) -> Schedule:
    """Return lr min((t + 1) / n, sqrt(n / (t + 1))), n = warm_up_steps, which is lr at t = n - 1.

    A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 5.3.
    """
    rate, n = as_real(lr, "lr"), as_count(warm_up_steps, "warm_up_steps", 1)
    text = f"inverse_sqrt({lr!r}, {warm_up_steps!r})"
    return Schedule(lambda t: rate * min((t + 1) / n, math.sqrt(n / (t + 1))), text)


def warm_up(schedule: Callable[[int], float], num_steps: SupportsIndex) -> Schedule:
    """Return a linear warm-up to a schedule's first number, then the schedule from its step 0 on.

    Step t of the warm-up takes (t + 1) / num_steps of it.

    Examples
    --------
    >>> from deeprob import schedules
    >>> schedules.warm_up(schedules.constant(1.0), 4).values(6)
    array([0.25, 0.5 , 0.75, 1.  , 1.  , 1.  ])
    """
    as_callable(schedule, "schedule")
    n = as_count(num_steps, "num_steps", 1)
    text = f"warm_up({schedule!r}, {num_steps!r})"
    return Schedule(lambda t: schedule(0) * (t + 1) / n if t < n else schedule(t - n), text)


def linear_warm_up(lr: float, num_steps: SupportsIndex, start_factor: float = 1 / 3) -> Schedule:
    """Return a line from start_factor lr up to lr at step num_steps, and lr from there on.

    PyTorch's ``LinearLR``. `warm_up` does the same in front of any other schedule, from lr / num_steps.

    Examples
    --------
    >>> from deeprob import schedules
    >>> schedules.linear_warm_up(1.0, 4, start_factor=0.5).values(6)
    array([0.5  , 0.625, 0.75 , 0.875, 1.   , 1.   ])
    """
    rate, n, first = (
        as_real(lr, "lr"),
        as_count(num_steps, "num_steps", 1),
        _factor(start_factor, "start_factor"),
    )
    text = f"linear_warm_up({lr!r}, {num_steps!r}, start_factor={start_factor!r})"
    return Schedule(lambda t: rate * (first + (1 - first) * t / n) if t < n else rate, text)


def sequence(schedules: Sequence[Callable[[int], float]], starts: Sequence[SupportsIndex]) -> Schedule:
    """Return one schedule after the other: the next takes over at each of ``starts``, from its step 0 on.

    Parameters
    ----------
    schedules : sequence of callables
        At least one.
    starts : sequence of int
        The steps where the second and each further one begin, ascending.

    Examples
    --------
    >>> from deeprob import schedules
    >>> schedules.sequence([schedules.constant(1.0), schedules.exponential(0.5, 0.5)], [2]).values(5)
    array([1.   , 1.   , 0.5  , 0.25 , 0.125])
    """
    at = [0, *(as_count(s, "starts", 1) for s in starts)]
    if len(schedules) != len(at):
        raise ValueError(f"schedules has {len(schedules)}; expected {len(at)}, one more than starts")
    if at != sorted(set(at)):
        raise ValueError(f"starts are {list(starts)}; expected ascending steps")
    for each in schedules:
        as_callable(each, "schedules")

    def chosen(t: int) -> float:
        k = bisect.bisect_right(at, t) - 1
        return schedules[k](t - at[k])

    return Schedule(chosen, f"sequence({list(schedules)!r}, {list(starts)!r})")
