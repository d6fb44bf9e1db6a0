"""Optimizers whose direction NumPy's linear algebra makes, and along which the kernel of SGD then steps."""

from typing import Any

import numpy as np

from .. import _core
from .._arguments import FloatArray, as_real
from ._base import Hypers, Optimizer
from ._hyper import Hyper

States = tuple[FloatArray, ...]


def prepared(g: FloatArray, w: FloatArray, scale: float, clip: float, l2: float) -> FloatArray:
    """Return the gradient that a step takes, as csrc/kernels/step/prepare.inc computes it."""
    g = scale * np.clip(np.asarray(g), -clip, clip)
    return np.asarray(g + l2 * w if l2 else g)


class Directed(Optimizer):
    """What makes one of these: ``_begin``, the states of an array, and ``_direction``, the one of a gradient.

    States may have any shape. They are held here, not by the plan of the kernel, whose step is the last thing
    that can fail: only after it are they written.
    """

    _kernel = "sgd"
    _held: list[States] | None = None
    lr = Hyper(as_real)

    def _begin(self, w: FloatArray, name: str) -> States:
        """Return the states of an array before the first step; ``name`` is what messages call it."""
        raise NotImplementedError

    def _direction(self, g: FloatArray, states: States, t: int) -> tuple[FloatArray, States]:
        """Return what step t multiplies by -lr, and the states after it; nothing is changed."""
        raise NotImplementedError

    def _prepare(self, states: States | None) -> None:
        super()._prepare(states)
        if self._held is None:
            pairs = zip(self._params, self._form.names("params"), strict=True)
            self._held = [self._begin(w, name) for w, name in pairs]

    def _arrays(self) -> list[tuple[FloatArray, States]]:
        return list(zip(self._params, self._held or (), strict=True))

    def _hyper(self) -> tuple[float, ...]:
        return (self._rate(self.lr),)

    def _in_c(self) -> bool:
        return False

    def _all_hypers(self) -> Hypers:
        hypers = super()._all_hypers()
        self._plain = False  # all steps go by _advance
        return hypers

    def _advance(self, hypers: Hypers, given: Any) -> None:
        _core.check_gradients(self._plan, given)
        of_groups, grads = isinstance(hypers[0], tuple), (given,) if self._single else given
        each: Any = hypers if of_groups else [hypers] * len(grads)
        t, found, along = self._t + 1, [], []
        for own, owner, (w, states), g in zip(each, self._owners(), self._arrays(), grads, strict=True):
            scale, clip, l2, *decay = own[1:] or (1.0, np.inf, 0.0, 0.0, 0.0)
            direction, new = owner._direction(prepared(g, w, scale, clip, l2), states, t)
            found.append((np.asarray(direction, w.dtype), new))
            along.append((own[0], 1.0, np.inf, 0.0, *decay))
        directions = tuple(direction for direction, _ in found)
        self._t = _core.step(
            self._plan,
            t,
            tuple(along) if of_groups else along[0],
            directions[0] if self._single else directions,
            self.threads,
        )
        for (_, states), (_, new) in zip(self._arrays(), found, strict=True):
            for a, b in zip(states, new, strict=True):
                if a is not b:
                    a[...] = b
