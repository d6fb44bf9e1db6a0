"""The numeric side: difference quotients of a function under check, and how far they can be trusted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import _around
from .._around import Array, Noise, Point, Positions
from ..gradients import objective_quotients
from .function import Function
from .settings import EPS

# Offsets of a ladder of quotients, in units of an entry's scale: from where truncation shows to where
# rounding does. A factor of 16 lets a smooth function's one-sided slopes draw together by 16 and central
# ones by 256.
LADDER = 2.0 ** -np.array([4.0, 8.0, 12.0, 16.0, 20.0, 24.0])
# For what lives on smaller scales than its entry: an x beside a pole, a wave of 1e-8.
FINE_LADDER = 2.0 ** -np.array([24.0, 28.0, 32.0, 36.0, 40.0, 44.0, 48.0])


@dataclass(frozen=True)
class Slopes:
    """Quotients to the right, to the left and central, (n, levels, m), at the steps ``h`` (n, levels)."""

    right: Array
    left: Array
    central: Array
    h: Array


class Numeric:
    """The numeric derivatives of a function with respect to one of its inputs.

    Those of (sums of) objectives come from their columns of scores, all entries at a time; those of any other
    function from evaluating it with one entry moved.
    """

    def __init__(self, function: Function, which: int) -> None:
        point = function.inputs[which].point
        assert point is not None
        self.function, self.which, self.point = function, which, point
        self.size = point.memory.size
        self.objectives = function.objectives() if which == 0 else None
        self.evaluations = 0

    def central(self, h: Array) -> Array:
        """Return the central quotients (n, m) with steps (n,) for all entries."""
        if self.objectives is not None:
            return self._structured(h, 0)
        return self.central_at(np.arange(self.size), h)

    def central_at(self, entries: Positions, h: Array) -> Array:
        """Return the central quotients (n, m) of some entries, each evaluated by itself."""
        found = self._evaluate(entries, h[:, None] * np.array([1.0, -1.0]))
        values, steps = found.values, found.steps
        return _around.quotients(values[:, 0], values[:, 1], steps[:, 0] - steps[:, 1])

    def slopes(self, entries: Positions, levels: Array) -> Slopes:
        """Return a ladder of quotients of some entries, at multiples of their scales."""
        h = _around.scales(self.point.values).ravel()[entries][:, None] * levels
        if self.objectives is not None and entries.size * 16 > self.size:
            return self._structured_slopes(entries, levels, h)
        found = self._evaluate(entries, np.concatenate([h, -h], axis=1), base=True)
        return _slopes(found, h)

    def _evaluate(self, entries: Positions, offsets: Array, *, base: bool = False) -> _around.Around:
        f, arguments = self.function.caller()
        found = _around.evaluate(f, arguments, self.point, entries, np.ascontiguousarray(offsets), base=base)
        self.evaluations += found.evaluations
        return found

    def _structured(self, h: Array, side: int) -> Array:
        """Return the sum of the objectives' quotients, (n, 1)."""
        assert self.objectives is not None
        steps = h.reshape(self.point.memory.shape)
        parts = (w * objective_quotients(o, self.point.memory, steps, side) for w, o in self.objectives)
        return np.asarray(sum(parts)).reshape(-1, 1)

    def _structured_slopes(self, entries: Positions, levels: Array, h: Array) -> Slopes:
        all_scales = _around.scales(self.point.values).ravel()
        sides = [
            np.stack([self._structured(all_scales * level, side)[entries] for level in levels], axis=1)
            for side in (1, -1)
        ]
        return Slopes(sides[0], sides[1], (sides[0] + sides[1]) / 2.0, h)

    def noise(self) -> Noise:
        """Estimate what rounding leaves in the output."""
        f, arguments = self.function.caller()
        found = _around.noise_of(f, arguments, self.point)
        self.evaluations += found.evaluations
        return replace(found, size=np.maximum(found.size, self._of_parts()))

    def _of_parts(self) -> float:
        """Return what rounding leaves in a sum whose parts cancel: R = [f(reg') - f(0)] / reg'."""
        parts = self.function.parts
        if len(parts) == 1:
            return 0.0
        sizes = []
        for part in parts:
            alone = replace(self.function, parts=(replace(part, weight=1.0),))
            sizes.append(abs(part.weight) * float(np.abs(alone.value()).max(initial=0.0)))
        self.evaluations += len(parts)
        return 2.0 * EPS * sum(size for size in sizes if np.isfinite(size))


def _slopes(found: _around.Around, h: Array) -> Slopes:
    levels = h.shape[1]
    values, steps, base = found.values, found.steps, found.base
    assert base is not None
    with np.errstate(all="ignore"):
        wide = np.where(steps != 0.0, steps, np.nan)[:, :, None]
        sides = (values - base) / wide
        right, left = sides[:, :levels], sides[:, levels:]
        up, down = wide[:, :levels], wide[:, levels:]
        central = (values[:, :levels] - values[:, levels:]) / (up - down)
    return Slopes(right, left, central, h)


def moved_along(numeric: Numeric, direction: Array) -> AbstractContextManager[Callable[[float], Array]]:
    """Give a function of t: the output with the input moved by t times a direction; restored after."""
    f, arguments = numeric.function.caller()
    return _around.moved_along(f, arguments, numeric.point, direction)


def slopes_along(numeric: Numeric, direction: Array, levels: Array) -> Slopes:
    """Return the ladder of quotients along a direction, as those of one entry, (1, levels, m)."""
    with moved_along(numeric, direction) as f:
        base = f(0.0)
        values = np.stack([f(t) for t in np.concatenate([levels, -levels])])
    numeric.evaluations += 1 + 2 * levels.size
    steps = np.concatenate([levels, -levels])
    found = _around.Around(values[None], steps[None], (), base)
    return _slopes(found, levels[None])


def step_sizes(point: Point, eps: float | None) -> Array:
    """Return the steps (n,) of the central quotients: eps, or the automatic ones."""
    h: Any = _around.automatic_steps(point, "central") if eps is None else _around.given_steps(point, eps)
    return np.asarray(h, np.float64).ravel()
