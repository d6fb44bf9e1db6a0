"""Optimizers that average their points as they go, and schedule-free ones, which live on it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .._arguments import as_count, as_real
from ._base import Arrays, Optimizer, State
from ._hyper import Hyper


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
    weight_sum: float
    largest_rate: float

    def _rate(self, lr: float) -> float:
        return lr * min(1.0, (self.t + 1) / self.warmup_steps) if self.warmup_steps else lr

    def _weights(self) -> tuple[float, float]:
        """Return the sum of all weights including that of the next step, and the largest rate then."""
        rate = max(self.largest_rate, self._rate(self.lr))
        if self.largest_rate == 0:  # points that have not moved weigh nothing
            return 1.0, rate
        return self.weight_sum * (self.largest_rate / rate) ** self.weight_lr_power + 1, rate

    def step(self, grads: Arrays | Callable[[Any], Arrays]) -> None:  # noqa: D102
        self._hypers = None  # c is another one at every step
        weights = self._weights()
        super().step(grads)
        self.weight_sum, self.largest_rate = weights

    step.__doc__ = Optimizer.step.__doc__

    def state_dict(self) -> dict[str, Any]:  # noqa: D102
        return {**super().state_dict(), "weights": [self.weight_sum, self.largest_rate]}

    state_dict.__doc__ = Optimizer.state_dict.__doc__

    def load_state_dict(self, state: Mapping[str, Any]) -> None:  # noqa: D102
        total, rate = (as_real(x, "weights") for x in state.get("weights", (0.0, 0.0)))
        super().load_state_dict(state)
        self.weight_sum, self.largest_rate = total, rate

    load_state_dict.__doc__ = Optimizer.load_state_dict.__doc__
