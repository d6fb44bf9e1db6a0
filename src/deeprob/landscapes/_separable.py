"""Landscapes that are a sum of one function of each variable."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ._base import Array, Landscape

Elementwise = Callable[[Array], Array]


class SeparableLandscape(Landscape):
    """f(w) = sum_i h(w_i), from h and its first two derivatives, elementwise.

    Parameters
    ----------
    name : str
        As for `Landscape`.
    h, slope, curvature : callable
        (n,) arrays to (n,) arrays.
    **about
        As for `Landscape`.
    """

    def __init__(
        self, name: str, h: Elementwise, slope: Elementwise, curvature: Elementwise, **about: Any
    ) -> None:
        super().__init__(name, **about)
        self._h, self._slope, self._curvature = h, slope, curvature

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        return float(self._h(w).sum()), self._slope(w)

    def _hessian(self, w: Array) -> Array:
        return np.diag(self._curvature(w))

    def _hvp(self, w: Array, v: Array) -> Array:
        return self._curvature(w) * v
