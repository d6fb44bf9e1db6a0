"""Problems 8 to 11 and 15: curves fitted to data."""

from typing import Any

import numpy as np

from . import _data
from ._problem import Array, Problem, symmetric, weighted


class Bard(Problem):
    """r_i = y_i - (x_1 + u_i / (v_i x_2 + w_i x_3)), u_i = i, v_i = 16 - i, w_i = min(u_i, v_i).

    There is another minimum, 17.4286, with x_2 and x_3 at minus infinity.
    """

    title, number, usual = "bard", 8, (3, 15)
    first, least = (1.0, 1.0, 1.0), 0.0082148773065789799
    best = ((0.08241055974978899, 1.1330360920297224, 2.3436951786425366),)
    _u = np.arange(1.0, 16)
    _vw = np.stack([16 - _u, np.minimum(_u, 16 - _u)], axis=1)

    def _residuals(self, w: Array) -> Array:
        return _data.BARD - (w[0] + self._u / (self._vw @ w[1:]))

    def _jacobian(self, w: Array) -> Array:
        q = self._vw @ w[1:]
        return np.column_stack([-np.ones_like(q), (self._u / q**2)[:, None] * self._vw])

    def _curvature(self, w: Array, r: Array) -> Array:
        H = np.zeros((3, 3), w.dtype)
        H[1:, 1:] = weighted(-2 * r * self._u / (self._vw @ w[1:]) ** 3, self._vw)
        return H


class Gaussian(Problem):
    """r_i = x_1 exp(-x_2 (t_i - x_3)^2 / 2) - y_i, t_i = (8 - i) / 2."""

    title, number, usual = "gaussian", 9, (3, 15)
    first, least = (0.4, 1.0, 0.0), 1.1279327696190112e-08
    best = ((0.39895613783875666, 1.0000190844878056, 0.0),)
    _t = (8 - np.arange(1.0, 16)) / 2

    def _residuals(self, w: Array) -> Array:
        return w[0] * np.exp(-w[1] * (self._t - w[2]) ** 2 / 2) - _data.GAUSSIAN

    def _jacobian(self, w: Array) -> Array:
        d = self._t - w[2]
        e = np.exp(-w[1] * d**2 / 2)
        return np.column_stack([e, -w[0] * e * d**2 / 2, w[0] * w[1] * d * e])

    def _curvature(self, w: Array, r: Array) -> Array:
        x, y, z = w
        d = self._t - z
        e = r * np.exp(-y * d**2 / 2)
        entries = {
            (0, 1): -e @ d**2 / 2,
            (0, 2): y * (e @ d),
            (1, 1): x * (e @ d**4) / 4,
            (1, 2): x * (e @ (d * (1 - y * d**2 / 2))),
            (2, 2): x * y * (e @ (y * d**2 - 1)),
        }
        return symmetric(3, w, entries)


class Meyer(Problem):
    """r_i = x_1 exp(x_2 / (t_i + x_3)) - y_i, t_i = 45 + 5 i."""

    title, number, usual = "meyer", 10, (3, 16)
    first, least = (0.02, 4000.0, 250.0), 87.945855170851146
    best = ((0.005609636471028053, 6181.346346286372, 345.2236346241365),)
    _t = 45 + 5 * np.arange(1.0, 17)

    def _residuals(self, w: Array) -> Array:
        return w[0] * np.exp(w[1] / (self._t + w[2])) - _data.MEYER

    def _jacobian(self, w: Array) -> Array:
        q = 1 / (self._t + w[2])
        e = np.exp(w[1] * q)
        return np.column_stack([e, w[0] * q * e, -w[0] * w[1] * q**2 * e])

    def _curvature(self, w: Array, r: Array) -> Array:
        x, y, z = w
        q = 1 / (self._t + z)
        e = r * np.exp(y * q)
        entries = {
            (0, 1): e @ q,
            (0, 2): -y * (e @ q**2),
            (1, 1): x * (e @ q**2),
            (1, 2): -x * (e @ (q**2 * (1 + y * q))),
            (2, 2): x * y * (e @ (q**3 * (2 + y * q))),
        }
        return symmetric(3, w, entries)


class Gulf(Problem):
    """r_i = exp(-|u_i - x_2|^x_3 / x_1) - t_i, t_i = i / 100, u_i = 25 + (-50 ln t_i)^(2/3).

    Gulf research and development, as Algorithm 566 computes it; the paper misprints the exponent as
    |y_i m i x_2|^x_3 / x_1.
    """

    title, number, usual, m_most = "gulf", 11, (3, 99), 100
    first, best = (5.0, 2.5, 0.15), ((50.0, 25.0, 1.5),)

    @property
    def _t(self) -> Array:
        return np.arange(1.0, self.m + 1) / 100

    def _powers(self, w: Array) -> tuple[Array, Array, Array]:
        """Return u - x_2, ln |u - x_2| and the exponent a = |u - x_2|^x_3 / x_1."""
        d = 25 + (-50 * np.log(self._t)) ** (2 / 3) - w[1]
        log = np.log(np.abs(d))
        return d, log, np.exp(w[2] * log) / w[0]

    def _residuals(self, w: Array) -> Array:
        return np.exp(-self._powers(w)[2]) - self._t

    def _slopes(self, w: Array) -> Array:
        """Return the derivatives of a."""
        d, log, a = self._powers(w)
        return np.column_stack([-a / w[0], -w[2] * a / d, a * log])

    def _jacobian(self, w: Array) -> Array:
        return -np.exp(-self._powers(w)[2])[:, None] * self._slopes(w)

    def _curvature(self, w: Array, r: Array) -> Array:
        x, _, z = w
        d, log, a = self._powers(w)
        e = r * np.exp(-a)
        second = {
            (0, 0): 2 * (e @ a) / x**2,
            (0, 1): z * (e @ (a / d)) / x,
            (0, 2): -(e @ (a * log)) / x,
            (1, 1): z * (z - 1) * (e @ (a / d**2)),
            (1, 2): -(e @ (a * (1 + z * log) / d)),
            (2, 2): e @ (a * log**2),
        }
        return weighted(e, self._slopes(w)) - symmetric(3, w, second)


class KowalikOsborne(Problem):
    """r_i = y_i - x_1 (u_i^2 + u_i x_2) / (u_i^2 + u_i x_3 + x_4).

    There is another minimum, 1.02734e-3, at infinity.
    """

    title, number, usual = "kowalik_osborne", 15, (4, 11)
    first, least = (0.25, 0.39, 0.415, 0.39), 0.00030750560384923777
    best = ((0.1928069345790379, 0.1912823287343668, 0.12305650692632074, 0.13606233068379475),)

    def _residuals(self, w: Array) -> Array:
        u = _data.KOWALIK_OSBORNE_U
        return _data.KOWALIK_OSBORNE - w[0] * (u**2 + u * w[1]) / (u**2 + u * w[2] + w[3])

    def _jacobian(self, w: Array) -> Array:
        u = _data.KOWALIK_OSBORNE_U
        top, below = u**2 + u * w[1], u**2 + u * w[2] + w[3]
        q = w[0] * top / below**2
        return np.column_stack([-top / below, -w[0] * u / below, q * u, q])

    def _curvature(self, w: Array, r: Array) -> Array:
        u = _data.KOWALIK_OSBORNE_U
        top, below = u**2 + u * w[1], u**2 + u * w[2] + w[3]
        a, b, c = r / below, r / below**2, -2 * w[0] * r * top / below**3
        entries = {
            (0, 1): -a @ u,
            (0, 2): b @ (top * u),
            (0, 3): b @ top,
            (1, 2): w[0] * (b @ u**2),
            (1, 3): w[0] * (b @ u),
            (2, 2): c @ u**2,
            (2, 3): c @ u,
            (3, 3): c.sum(),
        }
        return symmetric(4, w, entries)


PROBLEMS: tuple[type[Any], ...] = (Bard, Gaussian, Meyer, Gulf, KowalikOsborne)
