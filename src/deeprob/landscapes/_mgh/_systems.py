"""Problems 26 to 31: systems of n equations in n unknowns."""

from typing import Any

import numpy as np

from ._problem import Array, Problem

_MANY = 10_000


class Trigonometric(Problem):
    """r_i = n - sum_j cos x_j + i (1 - cos x_i) - sin x_i; the minimum 0 is that of 0, among others."""

    title, number, usual, n_free = "trigonometric", 26, (10, 10), (1, _MANY, 1)
    best = ((0.0,),)

    def _start(self, n: int) -> Array:
        return np.full(n, 1 / n)

    def _residuals(self, w: Array) -> Array:
        cos = np.cos(w)
        return w.size - cos.sum() + np.arange(1.0, w.size + 1) * (1 - cos) - np.sin(w)

    def _jacobian(self, w: Array) -> Array:
        sin = np.sin(w)
        return np.tile(sin, (w.size, 1)) + np.diag(np.arange(1.0, w.size + 1) * sin - np.cos(w))

    def _curvature(self, w: Array, r: Array) -> Array:
        cos, i = np.cos(w), np.arange(1.0, w.size + 1)
        return np.diag(cos * r.sum() + r * (i * cos + np.sin(w)))


class BrownAlmostLinear(Problem):
    """r_i = x_i + sum_j x_j - (n + 1) for i < n, r_n = prod_j x_j - 1.

    The minimum 0 is that of (1, ..., 1), among others; at (0, ..., 0, n + 1) there is a local one, 1.
    """

    title, number, usual, n_free = "brown_almost_linear", 27, (10, 10), (2, 200, 1)
    first, best = (0.5,), ((1.0,),)

    def _residuals(self, w: Array) -> Array:
        r = w + w.sum() - (w.size + 1)
        r[-1] = np.prod(w) - 1
        return r

    def _jacobian(self, w: Array) -> Array:
        J = np.eye(w.size, dtype=w.dtype) + 1
        J[-1] = np.prod(np.where(np.eye(w.size, dtype=bool), 1, w), axis=1)
        return J

    def _curvature(self, w: Array, r: Array) -> Array:
        eye = np.eye(w.size, dtype=bool)
        H = r[-1] * np.prod(np.where(eye[:, None] | eye, 1, w), axis=2)
        H[eye] = 0
        return H


class DiscreteBoundaryValue(Problem):
    """r_i = 2 x_i - x_(i-1) - x_(i+1) + h^2 (x_i + t_i + 1)^3 / 2, h = 1 / (n + 1), t_i = i h."""

    title, number, usual, n_free = "discrete_boundary_value", 28, (10, 10), (1, _MANY, 1)

    def _start(self, n: int) -> Array:
        t = _inner(n)
        return t * (t - 1)

    def _residuals(self, w: Array) -> Array:
        r = 2 * w + (w + _inner(w.size) + 1) ** 3 / (2 * (w.size + 1) ** 2)
        r[1:] -= w[:-1]
        r[:-1] -= w[1:]
        return r

    def _jacobian(self, w: Array) -> Array:
        n = w.size
        diagonal = 2 + 1.5 * (w + _inner(n) + 1) ** 2 / (n + 1) ** 2
        return np.diag(diagonal) - np.eye(n, k=1) - np.eye(n, k=-1)

    def _curvature(self, w: Array, r: Array) -> Array:
        return np.diag(3 * r * (w + _inner(w.size) + 1) / (w.size + 1) ** 2)


class DiscreteIntegralEquation(Problem):
    """r_i = x_i + h ((1 - t_i) sum_(j<=i) t_j c_j + t_i sum_(j>i) (1 - t_j) c_j) / 2.

    c_j = (x_j + t_j + 1)^3, h = 1 / (n + 1), t_i = i h.
    """

    title, number, usual, n_free = "discrete_integral_equation", 29, (10, 10), (1, _MANY, 1)

    def _start(self, n: int) -> Array:
        t = _inner(n)
        return t * (t - 1)

    def _kernel(self, n: int) -> Array:
        """Return h / 2 times what multiplies c_j in r_i."""
        t = _inner(n)
        K: Array = np.minimum.outer(t, t) * (1 - np.maximum.outer(t, t)) / (2 * (n + 1))
        return K

    def _residuals(self, w: Array) -> Array:
        return w + self._kernel(w.size) @ (w + _inner(w.size) + 1) ** 3

    def _jacobian(self, w: Array) -> Array:
        return np.eye(w.size) + self._kernel(w.size) * (3 * (w + _inner(w.size) + 1) ** 2)

    def _curvature(self, w: Array, r: Array) -> Array:
        return np.diag(6 * (w + _inner(w.size) + 1) * (r @ self._kernel(w.size)))


class BroydenTridiagonal(Problem):
    """r_i = (3 - 2 x_i) x_i - x_(i-1) - 2 x_(i+1) + 1, x_0 = x_(n+1) = 0."""

    title, number, usual, n_free = "broyden_tridiagonal", 30, (10, 10), (1, _MANY, 1)
    first = (-1.0,)

    def _residuals(self, w: Array) -> Array:
        r = (3 - 2 * w) * w + 1
        r[1:] -= w[:-1]
        r[:-1] -= 2 * w[1:]
        return r

    def _jacobian(self, w: Array) -> Array:
        return np.diag(3 - 4 * w) - np.eye(w.size, k=-1) - 2 * np.eye(w.size, k=1)

    def _curvature(self, _w: Array, r: Array) -> Array:
        return np.diag(-4 * r)


class BroydenBanded(Problem):
    """r_i = x_i (2 + 5 x_i^2) + 1 - sum_j x_j (1 + x_j), j in i - 5 .. i + 1 but i."""

    title, number, usual, n_free = "broyden_banded", 31, (10, 10), (1, _MANY, 1)
    first = (-1.0,)

    def _band(self, n: int) -> Array:
        """Return 1 where x_j is in the sum of r_i."""
        return np.tri(n, k=1) - np.tri(n, k=-6) - np.eye(n)

    def _residuals(self, w: Array) -> Array:
        return w * (2 + 5 * w**2) + 1 - self._band(w.size) @ (w * (1 + w))

    def _jacobian(self, w: Array) -> Array:
        return np.diag(2 + 15 * w**2) - self._band(w.size) * (1 + 2 * w)

    def _curvature(self, w: Array, r: Array) -> Array:
        return np.diag(30 * w * r - 2 * (r @ self._band(w.size)))


def _inner(n: int) -> Array:
    """Return t_i = i / (n + 1), the inner points of a grid of 0 .. 1."""
    return np.arange(1.0, n + 1) / (n + 1)


PROBLEMS: tuple[type[Any], ...] = (
    Trigonometric,
    BrownAlmostLinear,
    DiscreteBoundaryValue,
    DiscreteIntegralEquation,
    BroydenTridiagonal,
    BroydenBanded,
)
