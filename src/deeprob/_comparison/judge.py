"""How the runs of a comparison are measured: targets, the best learning rate, how many are nearly as good."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .race import Trial
from .result import Race

# Losses nearer to each other than this share of the way down are equal: what is left there is rounding.
_EQUAL = 1e-12


@dataclass(frozen=True)
class Yardstick:
    """What runs are measured by.

    Attributes
    ----------
    start : float
        The loss at the start.
    minimum : float
        The known minimum, NaN if there is none.
    unbounded : bool
        Whether the problem says that it has no minimum: then what counts is the way to the target.
    floor : float
        What losses are counted from.
    target, tol, factor : float
        As `deeprob.compare` documents them.
    """

    start: float
    minimum: float
    unbounded: bool
    floor: float
    target: float
    tol: float
    factor: float

    def measure(self, trials: Iterable[Trial]) -> None:
        """Find out when each of the runs reached the target."""
        for trial in trials:
            there = np.flatnonzero(trial.losses <= self.target)
            counts = there.size and (trial.diverged is None or self.unbounded)
            trial.steps_to_tol = int(trial.steps[there[0]]) if counts else None

    def race(self, label: str, name: str, trials: list[Trial]) -> Race:
        """Choose the best of an optimizer's runs, and see how many are nearly as good."""
        steps = np.array([np.inf if t.steps_to_tol is None else t.steps_to_tol for t in trials])
        losses = np.array([trial.loss for trial in trials]) - self.floor
        lrs = np.array([trial.lr for trial in trials])
        if self.unbounded:
            excess, order = steps, np.lexsort((lrs, losses, steps))
        else:
            equal = np.maximum(losses, _EQUAL * abs(self.start - self.floor))
            excess, order = losses, np.lexsort((lrs, steps, equal))
        at = int(order[0])
        limit = self.factor * excess[at]
        if not self.unbounded:
            limit = max(limit, self.tol * (self.start - self.floor))
        good = (excess <= limit) & np.isfinite(excess)
        width = float("nan")
        if len(trials) > 1 and np.isfinite(excess[at]):
            width = sum(_reach(lrs, excess, limit, way) for way in (range(at, len(lrs)), range(at, -1, -1)))
        return Race(label, name, trials, trials[at], width, good, self.target)


def yardstick(
    problem: Any, start: float, trials: list[Trial], target: float | None, tol: float, factor: float
) -> Yardstick:
    """Return what the runs are measured by, from what the problem knows of its minimum, or from the runs."""
    minimum = float(getattr(problem, "minimum", np.nan))
    unbounded = minimum == -np.inf
    lowest = floor = minimum
    if not np.isfinite(minimum):
        minimum = float("nan")
        lowest = min([start, *(float(np.nanmin(trial.losses)) for trial in trials)])
        floor = 0.0 if lowest >= 0 or unbounded else lowest
    if target is None:
        # where there is no minimum: as far below 0 as the start is above
        target = -(abs(start) or 1.0) if unbounded else lowest + tol * (start - lowest)
    return Yardstick(start, minimum, unbounded, floor, target, tol, factor)


def _reach(lrs: npt.NDArray[np.float64], excess: npt.NDArray[np.float64], limit: float, way: range) -> float:
    """Return how far along ``way`` from its first one the excess stays within the limit, in decades."""
    with np.errstate(divide="ignore"):
        at = np.log10(lrs)
    last = way[0]
    for k in way[1:]:
        if excess[k] > limit:
            share = _share(excess[last], excess[k], limit)
            return float(abs(at[last] - at[way[0]]) + (share and share * abs(at[k] - at[last])))
        last = k
    return float(abs(at[last] - at[way[0]]))


def _share(low: float, high: float, limit: float) -> float:
    """Return where between two excesses the limit lies, on a logarithmic scale; 0 beside a divergence."""
    if limit <= 0 or not np.isfinite(high):
        return 0.0
    first, there, last = np.log(np.maximum([low, limit, high], np.finfo(np.float64).tiny))
    return float((there - first) / (last - first))
