"""Problems 1 to 7, 13, 14, and the extended forms of 1 and 13, 21 and 22: closed forms without data."""

from typing import Any, ClassVar

import numpy as np

from ._problem import Array, Problem, symmetric

_MANY = 10_000


class ExtendedRosenbrock(Problem):
    """r_(2i-1) = 10 (x_2i - x_(2i-1)^2), r_2i = 1 - x_(2i-1)."""

    title, number, usual = "extended_rosenbrock", 21, (10, 10)
    n_free: ClassVar[tuple[int, int, int] | None] = (2, _MANY, 2)
    first, best = (-1.2, 1.0), ((1.0,),)

    def _residuals(self, w: Array) -> Array:
        r = np.empty_like(w)
        r[0::2] = 10 * (w[1::2] - w[0::2] ** 2)
        r[1::2] = 1 - w[0::2]
        return r

    def _jacobian(self, w: Array) -> Array:
        J = np.zeros((w.size, w.size), w.dtype)
        odd = np.arange(0, w.size, 2)
        J[odd, odd], J[odd, odd + 1], J[odd + 1, odd] = -20 * w[odd], 10, -1
        return J

    def _curvature(self, w: Array, r: Array) -> Array:
        diagonal = np.zeros_like(w)
        diagonal[0::2] = -20 * r[0::2]
        return np.diag(diagonal)


class Rosenbrock(ExtendedRosenbrock):
    """r_1 = 10 (x_2 - x_1^2), r_2 = 1 - x_1."""

    title, number, usual, n_free = "rosenbrock", 1, (2, 2), None
    shown = ((-2.0, 2.0), (-1.0, 3.0))


class FreudensteinRoth(Problem):
    """r_1 = -13 + x_1 + ((5 - x_2) x_2 - 2) x_2, r_2 = -29 + x_1 + ((x_2 + 1) x_2 - 14) x_2.

    Besides the minimum 0 at (5, 4) there is a local one, 48.9842 at (11.41, -0.8968), where most methods end.
    """

    title, number, usual = "freudenstein_roth", 2, (2, 2)
    first, best = (0.5, -2.0), ((5.0, 4.0),)
    shown = ((-10.0, 20.0), (-4.0, 6.0))

    def _residuals(self, w: Array) -> Array:
        x, y = w
        return np.array([-13 + x + ((5 - y) * y - 2) * y, -29 + x + ((y + 1) * y - 14) * y])

    def _jacobian(self, w: Array) -> Array:
        y = w[1]
        one = np.ones_like(y)
        return np.array([[one, (10 - 3 * y) * y - 2], [one, (3 * y + 2) * y - 14]])

    def _curvature(self, w: Array, r: Array) -> Array:
        y = w[1]
        return symmetric(2, w, {(1, 1): r[0] * (10 - 6 * y) + r[1] * (6 * y + 2)})


class PowellBadlyScaled(Problem):
    """r_1 = 10^4 x_1 x_2 - 1, r_2 = exp(-x_1) + exp(-x_2) - 1.0001."""

    title, number, usual = "powell_badly_scaled", 3, (2, 2)
    first = (0.0, 1.0)
    best = (
        (1.098159329699759e-05, 9.106146739866524),
        (9.106146739866524, 1.098159329699759e-05),
    )

    def _residuals(self, w: Array) -> Array:
        return np.array([1e4 * w[0] * w[1] - 1, np.exp(-w[0]) + np.exp(-w[1]) - 1.0001])

    def _jacobian(self, w: Array) -> Array:
        return np.array([1e4 * w[::-1], -np.exp(-w)])

    def _curvature(self, w: Array, r: Array) -> Array:
        e = r[1] * np.exp(-w)
        return symmetric(2, w, {(0, 0): e[0], (0, 1): 1e4 * r[0], (1, 1): e[1]})


class BrownBadlyScaled(Problem):
    """r_1 = x_1 - 10^6, r_2 = x_2 - 2 10^-6, r_3 = x_1 x_2 - 2."""

    title, number, usual = "brown_badly_scaled", 4, (2, 3)
    first, best = (1.0, 1.0), ((1e6, 2e-6),)

    def _residuals(self, w: Array) -> Array:
        return np.array([w[0] - 1e6, w[1] - 2e-6, w[0] * w[1] - 2])

    def _jacobian(self, w: Array) -> Array:
        return np.vstack([np.eye(2, dtype=w.dtype), w[::-1]])

    def _curvature(self, w: Array, r: Array) -> Array:
        return symmetric(2, w, {(0, 1): r[2]})


class Beale(Problem):
    """r_i = y_i - x_1 (1 - x_2^i), y = (1.5, 2.25, 2.625)."""

    title, number, usual = "beale", 5, (2, 3)
    first, best = (1.0, 1.0), ((3.0, 0.5),)
    shown = ((-4.5, 4.5), (-4.5, 4.5))

    def _residuals(self, w: Array) -> Array:
        return np.array([1.5, 2.25, 2.625]) - w[0] * (1 - np.stack([w[1], w[1] ** 2, w[1] ** 3]))

    def _jacobian(self, w: Array) -> Array:
        x, y = w
        return np.array([[y - 1, x], [y**2 - 1, 2 * x * y], [y**3 - 1, 3 * x * y**2]])

    def _curvature(self, w: Array, r: Array) -> Array:
        x, y = w
        mixed = r[0] + 2 * r[1] * y + 3 * r[2] * y**2
        return symmetric(2, w, {(0, 1): mixed, (1, 1): x * (2 * r[1] + 6 * r[2] * y)})


class JennrichSampson(Problem):
    """r_i = 2 + 2 i - (exp(i x_1) + exp(i x_2)); the minimum is not 0."""

    title, number, usual, m_most = "jennrich_sampson", 6, (2, 10), 100
    first, best = (0.3, 0.4), ((0.2578252136703641, 0.2578252136703641),)
    least: ClassVar[dict[tuple[int, int], float]] = {(2, 10): 124.36218235561485}

    @property
    def _i(self) -> Array:
        return np.arange(1.0, self.m + 1)

    def _residuals(self, w: Array) -> Array:
        return 2 + 2 * self._i - np.exp(np.outer(self._i, w)).sum(axis=1)

    def _jacobian(self, w: Array) -> Array:
        return -self._i[:, None] * np.exp(np.outer(self._i, w))

    def _curvature(self, w: Array, r: Array) -> Array:
        return np.diag(-(r * self._i**2) @ np.exp(np.outer(self._i, w)))


class HelicalValley(Problem):
    """r_1 = 10 (x_3 - 10 theta), r_2 = 10 (rho - 1), r_3 = x_3; theta in turns from -1/4 to 3/4."""

    title, number, usual = "helical_valley", 7, (3, 3)
    first, best = (-1.0, 0.0, 0.0), ((1.0, 0.0, 0.0),)

    def _residuals(self, w: Array) -> Array:
        x, y, z = w
        turns = np.arctan2(y, x) / (2 * np.pi)
        turns = turns + 1 if turns < -0.25 else turns
        return np.array([10 * (z - 10 * turns), 10 * (np.hypot(x, y) - 1), z])

    def _jacobian(self, w: Array) -> Array:
        x, y, _ = w
        rho = np.hypot(x, y)
        c = 100 / (2 * np.pi * rho**2)
        zero, one = np.zeros_like(x), np.ones_like(x)
        return np.array([[c * y, -c * x, 10 * one], [10 * x / rho, 10 * y / rho, zero], [zero, zero, one]])

    def _curvature(self, w: Array, r: Array) -> Array:
        x, y, _ = w
        rho = np.hypot(x, y)
        a, b = -100 * r[0] / (2 * np.pi * rho**4), 10 * r[1] / rho**3
        entries = {
            (0, 0): a * 2 * x * y + b * y**2,
            (0, 1): a * (y**2 - x**2) - b * x * y,
            (1, 1): -a * 2 * x * y + b * x**2,
        }
        return symmetric(3, w, entries)


class ExtendedPowellSingular(Problem):
    """r = x_1 + 10 x_2, sqrt(5) (x_3 - x_4), (x_2 - 2 x_3)^2, sqrt(10) (x_1 - x_4)^2 of every four.

    At the minimum, 0 at 0, the Hessian is singular.
    """

    title, number, usual = "extended_powell_singular", 22, (12, 12)
    n_free: ClassVar[tuple[int, int, int] | None] = (4, _MANY, 4)
    first, best = (3.0, -1.0, 0.0, 1.0), ((0.0,),)

    def _residuals(self, w: Array) -> Array:
        a, b, c, d = w.reshape(-1, 4).T
        r = [a + 10 * b, 5**0.5 * (c - d), (b - 2 * c) ** 2, 10**0.5 * (a - d) ** 2]
        return np.stack(r, axis=1).ravel()

    def _jacobian(self, w: Array) -> Array:
        J = np.zeros((w.size, w.size), w.dtype)
        a, b, c, d = w.reshape(-1, 4).T
        i = np.arange(0, w.size, 4)
        J[i, i], J[i, i + 1] = 1, 10
        J[i + 1, i + 2], J[i + 1, i + 3] = 5**0.5, -(5**0.5)
        J[i + 2, i + 1], J[i + 2, i + 2] = 2 * (b - 2 * c), -4 * (b - 2 * c)
        J[i + 3, i] = 2 * 10**0.5 * (a - d)
        J[i + 3, i + 3] = -J[i + 3, i]
        return J

    def _curvature(self, w: Array, r: Array) -> Array:
        H = np.zeros((w.size, w.size), w.dtype)
        p, q = 2 * r[2::4], 2 * 10**0.5 * r[3::4]
        i = np.arange(0, w.size, 4)
        H[i, i] = H[i + 3, i + 3] = q
        H[i, i + 3] = H[i + 3, i] = -q
        H[i + 1, i + 1], H[i + 2, i + 2] = p, 4 * p
        H[i + 1, i + 2] = H[i + 2, i + 1] = -2 * p
        return H


class PowellSingular(ExtendedPowellSingular):
    """r = x_1 + 10 x_2, sqrt(5) (x_3 - x_4), (x_2 - 2 x_3)^2, sqrt(10) (x_1 - x_4)^2."""

    title, number, usual, n_free = "powell_singular", 13, (4, 4), None


class Wood(Problem):
    """Two valleys: r_1 = 10 (x_2 - x_1^2), r_2 = 1 - x_1, r_3 = sqrt(90) (x_4 - x_3^2), r_4 = 1 - x_3.

    Coupled by r_5 = sqrt(10) (x_2 + x_4 - 2), r_6 = (x_2 - x_4) / sqrt(10).
    """

    title, number, usual = "wood", 14, (4, 6)
    first, best = (-3.0, -1.0, -3.0, -1.0), ((1.0,),)

    def _residuals(self, w: Array) -> Array:
        a, b, c, d = w
        first = [10 * (b - a**2), 1 - a, 90**0.5 * (d - c**2), 1 - c]
        return np.array([*first, 10**0.5 * (b + d - 2), (b - d) / 10**0.5])

    def _jacobian(self, w: Array) -> Array:
        J = np.zeros((6, 4), w.dtype)
        J[0, 0], J[0, 1], J[1, 0] = -20 * w[0], 10, -1
        J[2, 2], J[2, 3], J[3, 2] = -2 * 90**0.5 * w[2], 90**0.5, -1
        J[4, [1, 3]] = 10**0.5
        J[5, 1], J[5, 3] = 10**-0.5, -(10**-0.5)
        return J

    def _curvature(self, w: Array, r: Array) -> Array:
        return symmetric(4, w, {(0, 0): -20 * r[0], (2, 2): -2 * 90**0.5 * r[2]})


PROBLEMS: tuple[type[Any], ...] = (
    Rosenbrock,
    FreudensteinRoth,
    PowellBadlyScaled,
    BrownBadlyScaled,
    Beale,
    JennrichSampson,
    HelicalValley,
    PowellSingular,
    Wood,
    ExtendedRosenbrock,
    ExtendedPowellSingular,
)
