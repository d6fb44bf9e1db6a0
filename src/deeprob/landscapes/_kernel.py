"""Landscapes of two variables, computed in C."""

from typing import Any

from .. import _core
from ._base import Array, Landscape


class KernelLandscape(Landscape):
    """A landscape of the kernels' list, ``csrc/kernels/landscapes.def``: values, grids, derivatives in C.

    Parameters
    ----------
    kernel : str
        Its name in that list.
    numbers : tuple of float
        The parameters that the kernel takes.
    **about
        As for `Landscape`; ``name`` is the kernel's unless it is given.
    """

    def __init__(self, kernel: str, numbers: tuple[float, ...] = (), **about: Any) -> None:
        super().__init__(about.pop("name", kernel), **about)
        self._kernel, self._numbers = kernel, numbers

    def _value(self, w: Array) -> float:
        value: float = _core.landscape_at(self._kernel, self._numbers, w, 0, 1)
        return value

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        both: tuple[float, Array] = _core.landscape_at(self._kernel, self._numbers, w, 1, 1)
        return both

    def _hessian(self, w: Array) -> Array:
        hessian: Array = _core.landscape_at(self._kernel, self._numbers, w, 2, 1)
        return hessian

    def _values(self, points: Array, threads: int | None) -> Array:
        values: Array = _core.landscape_at(self._kernel, self._numbers, points, 0, threads)
        return values

    def _gradients(self, points: Array) -> Array:
        gradients: Array = _core.landscape_at(self._kernel, self._numbers, points, 1, None)[1]
        return gradients

    def _hessians(self, points: Array) -> Array:
        hessians: Array = _core.landscape_at(self._kernel, self._numbers, points, 2, None)
        return hessians

    def _grid(self, x: Array, y: Array, threads: int | None) -> Array:
        return _core.landscape_grid(self._kernel, self._numbers, x, y, threads)
