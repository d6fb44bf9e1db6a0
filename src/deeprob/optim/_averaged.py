"""Optimizers that average their points as they go, and schedule-free ones, which live on it."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from .._arguments import as_count, as_real
from ._base import Arrays, Optimizer, State
from ._hyper import Hyper

Weights = tuple[float, float]


class Averaged(Optimizer):
    """An optimizer with a state ``average`` in which nothing is before the first step."""

    average: State

    def averaged(self) -> Any:
        """Return the average, where the model is to be evaluated; new arrays in the form of ``params``.

        Before the first step these are the parameters.
        """
        number = type(self).average.number
        return self._formed([np.array(own[number] if self.t else w, order="K") for w, own in self._arrays()])


class ScheduleFree(Averaged):
    """What the schedule-free ones share: the weights of the average, by the rates so far.

    The weight of a point is the largest rate so far, to a power. In units of the last of them, their sum is
    ``weight_sum``: of rates that stay the same, their number, so that c = 1 / t exactly; and no rate is too
    large or too small.
    """

    lr = Hyper(as_real)
    warmup_steps = Hyper(as_count)
    weight_lr_power = Hyper(as_real)
    _weights: tuple[Weights, ...] = ((0.0, 0.0),)  # weight_sum and largest_rate, of each group if there are

    def _read(self, params: Arrays) -> None:
        super()._read(params)
        self._weights = ((0.0, 0.0),) * max(1, len(self._overrides))

    def _views(self) -> list[Self]:
        weights = self._weights * (len(self._overrides) // len(self._weights))  # alike when they are read
        pairs = zip(self._overrides, weights, strict=True)
        return [self._with({**own, "_weights": (each,)}) for own, each in pairs]

    def _rate(self, lr: float) -> float:
        return lr * min(1.0, (self.t + 1) / self.warmup_steps) if self.warmup_steps else lr

    def _weights_then(self) -> Weights:
        """Return the sum of all weights including that of the next step, and the largest rate then."""
        ((total, largest),) = self._weights
        rate = max(largest, self._rate(self.lr))
        if largest == 0:  # points that have not moved weigh nothing
            return 1.0, rate
        return total * (largest / rate) ** self.weight_lr_power + 1, rate

    @property
    def weight_sum(self) -> Any:
        """The sum of the weights so far, in units of the last; of groups a list."""
        return self._weights[0][0] if not self._overrides else [total for total, _ in self._weights]

    @property
    def largest_rate(self) -> Any:
        """The largest rate so far; of groups a list."""
        return self._weights[0][1] if not self._overrides else [rate for _, rate in self._weights]

    def step(self, grads: Arrays | Callable[[Any], Arrays]) -> None:  # noqa: D102
        self._hypers = None  # c is another one at every step
        weights = tuple(view._weights_then() for view in self._views() or [self])
        super().step(grads)
        self._weights = weights

    step.__doc__ = Optimizer.step.__doc__

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {**super().state_dict(), "weights": [list(weights) for weights in self._weights]}

    state_dict.__doc__ = Optimizer.state_dict.__doc__

    def _take_over(self, state: Mapping[str, Any], params: tuple[Any, ...]) -> None:
        given = state.get("weights", [])
        weights = tuple((as_real(a, "weights"), as_real(b, "weights")) for a, b in given)
        if weights and len(weights) != len(self._weights):
            raise ValueError(f"state['weights'] has {len(weights)} pairs; expected {len(self._weights)}")
        super()._take_over(state, params)
        self._weights = weights
