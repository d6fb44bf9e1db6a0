"""Problems 12 and 16 to 19: sums of exponentials fitted to data."""

from typing import Any, ClassVar

import numpy as np

from . import _data
from ._problem import Array, Problem, symmetric, weighted


class Box(Problem):
    """r_i = exp(-t_i x_1) - exp(-t_i x_2) - x_3 (exp(-t_i) - exp(-10 t_i)), t_i = i / 10.

    The minimum 0 is also that of every point with x_1 = x_2 and x_3 = 0.
    """

    title, number, usual, m_most = "box", 12, (3, 10), 100
    first, best = (0.0, 10.0, 20.0), ((1.0, 10.0, 1.0), (10.0, 1.0, -1.0))

    @property
    def _t(self) -> Array:
        return np.arange(1.0, self.m + 1) / 10

    def _residuals(self, w: Array) -> Array:
        t = self._t
        return np.exp(-t * w[0]) - np.exp(-t * w[1]) - w[2] * (np.exp(-t) - np.exp(-10 * t))

    def _jacobian(self, w: Array) -> Array:
        t = self._t
        return np.column_stack([-t * np.exp(-t * w[0]), t * np.exp(-t * w[1]), np.exp(-10 * t) - np.exp(-t)])

    def _curvature(self, w: Array, r: Array) -> Array:
        t = self._t
        e = r * t**2
        return symmetric(3, w, {(0, 0): e @ np.exp(-t * w[0]), (1, 1): -e @ np.exp(-t * w[1])})


class BrownDennis(Problem):
    """r_i = (x_1 + t_i x_2 - exp(t_i))^2 + (x_3 + x_4 sin t_i - cos t_i)^2, t_i = i / 5."""

    title, number, usual, m_most = "brown_dennis", 16, (4, 20), 100
    first = (25.0, 5.0, -5.0, -1.0)
    best = ((-11.594439904762165, 13.203630051207202, -0.4034394881768595, 0.23677877445573628),)
    least: ClassVar[dict[tuple[int, int], float]] = {(4, 20): 85822.201626356313}

    def _parts(self, w: Array) -> tuple[Array, Array, Array, Array]:
        t = np.arange(1.0, self.m + 1) / 5
        U = np.column_stack([np.ones_like(t), t])
        V = np.column_stack([np.ones_like(t), np.sin(t)])
        return U, V, U @ w[:2] - np.exp(t), V @ w[2:] - np.cos(t)

    def _residuals(self, w: Array) -> Array:
        _, _, a, b = self._parts(w)
        return a**2 + b**2

    def _jacobian(self, w: Array) -> Array:
        U, V, a, b = self._parts(w)
        return np.hstack([2 * a[:, None] * U, 2 * b[:, None] * V])

    def _curvature(self, w: Array, r: Array) -> Array:
        U, V, _, _ = self._parts(w)
        H = np.zeros((4, 4), w.dtype)
        H[:2, :2], H[2:, 2:] = weighted(2 * r, U), weighted(2 * r, V)
        return H


class Osborne1(Problem):
    """r_i = y_i - (x_1 + x_2 exp(-t_i x_4) + x_3 exp(-t_i x_5)), t_i = 10 (i - 1)."""

    title, number, usual = "osborne_1", 17, (5, 33)
    first, least = (0.5, 1.5, -1.0, 0.01, 0.02), 5.4648946974829121e-05
    best = (
        (
            0.37541005210695194,
            1.9358469127123559,
            -1.4646871366134115,
            0.012867534640057266,
            0.02212269966167266,
        ),
    )
    _t = 10 * np.arange(33.0)

    def _residuals(self, w: Array) -> Array:
        return _data.OSBORNE_1 - (w[0] + w[1] * np.exp(-self._t * w[3]) + w[2] * np.exp(-self._t * w[4]))

    def _jacobian(self, w: Array) -> Array:
        t = self._t
        e, f = np.exp(-t * w[3]), np.exp(-t * w[4])
        return np.column_stack([-np.ones_like(e), -e, -f, w[1] * t * e, w[2] * t * f])

    def _curvature(self, w: Array, r: Array) -> Array:
        t = self._t
        e, f = r * np.exp(-t * w[3]), r * np.exp(-t * w[4])
        entries = {
            (1, 3): e @ t,
            (2, 4): f @ t,
            (3, 3): -w[1] * (e @ t**2),
            (4, 4): -w[2] * (f @ t**2),
        }
        return symmetric(5, w, entries)


class BiggsExp6(Problem):
    """r_i = x_3 exp(-t_i x_1) - x_4 exp(-t_i x_2) + x_6 exp(-t_i x_5) - y_i, t_i = i / 10.

    The data are exp(-t_i) - 5 exp(-10 t_i) + 3 exp(-4 t_i), so the minimum is 0; there is a local one,
    5.65565e-3 with m = 13.
    """

    title, number, usual, m_most = "biggs_exp6", 18, (6, 13), 100
    first, best = (1.0, 2.0, 1.0, 1.0, 1.0, 1.0), ((1.0, 10.0, 1.0, 5.0, 4.0, 3.0),)

    @property
    def _t(self) -> Array:
        return np.arange(1.0, self.m + 1) / 10

    def _residuals(self, w: Array) -> Array:
        t = self._t
        y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
        return w[2] * np.exp(-t * w[0]) - w[3] * np.exp(-t * w[1]) + w[5] * np.exp(-t * w[4]) - y

    def _jacobian(self, w: Array) -> Array:
        t = self._t
        e, f, g = np.exp(-t * w[0]), np.exp(-t * w[1]), np.exp(-t * w[4])
        return np.column_stack([-t * w[2] * e, t * w[3] * f, e, -f, -t * w[5] * g, g])

    def _curvature(self, w: Array, r: Array) -> Array:
        t = self._t
        e, f, g = r * np.exp(-t * w[0]), r * np.exp(-t * w[1]), r * np.exp(-t * w[4])
        entries = {
            (0, 0): w[2] * (e @ t**2),
            (0, 2): -e @ t,
            (1, 1): -w[3] * (f @ t**2),
            (1, 3): f @ t,
            (4, 4): w[5] * (g @ t**2),
            (4, 5): -g @ t,
        }
        return symmetric(6, w, entries)


class Osborne2(Problem):
    """r_i = y_i - (x_1 exp(-t_i x_5) + sum_k x_(1+k) exp(-(t_i - x_(8+k))^2 x_(5+k))), t_i = (i - 1) / 10.

    The sum runs over k = 1, 2, 3.
    """

    title, number, usual = "osborne_2", 19, (11, 65)
    first = (1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5)
    best = (
        (
            1.3099771546273007,
            0.431553794602989,
            0.633661698960724,
            0.5994305347859162,
            0.7541832263280114,
            0.9042885798596336,
            1.3658118352370279,
            4.823698817227157,
            2.3986848661317546,
            4.568874597667672,
            5.6753414705806415,
        ),
    )
    least = 0.040137736293547756
    _t = np.arange(65.0) / 10

    def _bells(self, w: Array) -> tuple[Array, Array]:
        """Return t - x_(8+k) and the three exponentials of squares, (65, 3)."""
        d = self._t[:, None] - w[8:]
        return d, np.exp(-(d**2) * w[5:8])

    def _residuals(self, w: Array) -> Array:
        return _data.OSBORNE_2 - (w[0] * np.exp(-self._t * w[4]) + self._bells(w)[1] @ w[1:4])

    def _jacobian(self, w: Array) -> Array:
        t, (d, g) = self._t, self._bells(w)
        e, a, c = np.exp(-t * w[4]), w[1:4], w[5:8]
        return np.column_stack([-e, -g, w[0] * t * e, a * d**2 * g, -2 * a * c * d * g])

    def _curvature(self, w: Array, r: Array) -> Array:
        t, (d, g) = self._t, self._bells(w)
        e, g, a, c = r * np.exp(-t * w[4]), r[:, None] * g, w[1:4], w[5:8]
        H = symmetric(11, w, {(0, 4): e @ t, (4, 4): -w[0] * (e @ t**2)})
        i = np.arange(1, 4)
        H[i, i + 4] = (d**2 * g).sum(axis=0)
        H[i, i + 7] = -2 * c * (d * g).sum(axis=0)
        H[i + 4, i + 4] = -a * (d**4 * g).sum(axis=0)
        H[i + 4, i + 7] = 2 * a * (d * (c * d**2 - 1) * g).sum(axis=0)
        H[i + 7, i + 7] = 2 * a * c * ((1 - 2 * c * d**2) * g).sum(axis=0)
        return np.triu(H) + np.triu(H, 1).T


PROBLEMS: tuple[type[Any], ...] = (Box, BrownDennis, Osborne1, BiggsExp6, Osborne2)
