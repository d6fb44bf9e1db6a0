"""Problems 20, 23 to 25 and 32 to 35: any number of variables."""

from typing import Any, ClassVar

import numpy as np

from ._problem import Array, Problem, weighted

_MANY = 10_000


class Watson(Problem):
    """r_i = sum_j (j - 1) x_j t_i^(j-2) - (sum_j x_j t_i^(j-1))^2 - 1, t_i = i / 29; and two more.

    r_30 = x_1, r_31 = x_2 - x_1^2 - 1: polynomials that solve y' = 1 + y^2, y(0) = 0.
    """

    title, number, usual, n_free = "watson", 20, (6, 31), (2, 31, 1)
    first = (0.0,)
    best = (
        (
            -0.01572508640145843,
            1.0124348693691099,
            -0.23299162595673695,
            1.2604300877996055,
            -1.5137289227222757,
            0.9929964324311327,
        ),
    )
    least: ClassVar[dict[tuple[int, int], float]] = {
        (6, 31): 0.0022876700535524341,
        (9, 31): 1.3997601380999791e-06,
        (12, 31): 4.7223811082083125e-10,
    }

    def _m_of(self, _n: int) -> int:
        return 31

    def _powers(self, n: int) -> tuple[Array, Array]:
        """Return the polynomials' slopes and values at t, as matrices by which x is multiplied."""
        t, j = np.arange(1.0, 30)[:, None] / 29, np.arange(n)
        return j * t ** np.maximum(j - 1, 0), t**j

    def _residuals(self, w: Array) -> Array:
        slopes, values = self._powers(w.size)
        return np.append(slopes @ w - (values @ w) ** 2 - 1, [w[0], w[1] - w[0] ** 2 - 1])

    def _jacobian(self, w: Array) -> Array:
        slopes, values = self._powers(w.size)
        last = np.zeros((2, w.size), w.dtype)
        last[0, 0], last[1, 0], last[1, 1] = 1, -2 * w[0], 1
        return np.vstack([slopes - 2 * (values @ w)[:, None] * values, last])

    def _curvature(self, w: Array, r: Array) -> Array:
        H = weighted(-2 * r[:29], self._powers(w.size)[1])
        H[0, 0] -= 2 * r[30]
        return H


class Penalty1(Problem):
    """r_i = sqrt(1e-5) (x_i - 1), r_(n+1) = sum_j x_j^2 - 1/4."""

    title, number, usual, n_free = "penalty_1", 23, (10, 11), (1, _MANY, 1)
    best = ((0.15812230111311634,) * 10, (0.2500074995875379,) * 4)
    least: ClassVar[dict[tuple[int, int], float]] = {
        (4, 5): 2.2499775008999372e-05,
        (10, 11): 7.0876514670903691e-05,
    }

    def _m_of(self, n: int) -> int:
        return n + 1

    def _start(self, n: int) -> Array:
        return np.arange(1.0, n + 1)

    def _residuals(self, w: Array) -> Array:
        return np.append(1e-5**0.5 * (w - 1), w @ w - 0.25)

    def _jacobian(self, w: Array) -> Array:
        return np.vstack([1e-5**0.5 * np.eye(w.size), 2 * w])

    def _curvature(self, w: Array, r: Array) -> Array:
        return 2 * r[-1] * np.eye(w.size)


class Penalty2(Problem):
    """r_1 = x_1 - 1/5; r_i = sqrt(1e-5) (exp(x_i / 10) + exp(x_(i-1) / 10) - y_i), i = 2 .. n; and n more.

    r_(n+i-1) = sqrt(1e-5) (exp(x_i / 10) - exp(-1 / 10)), i = 2 .. n; r_2n = sum_j (n - j + 1) x_j^2 - 1;
    y_i = exp(i / 10) + exp((i - 1) / 10).
    """

    title, number, usual, n_free = "penalty_2", 24, (10, 20), (2, 1000, 1)
    first = (0.5,)
    best = ((0.1999993333503804, 0.19131670099277245, 0.4801014853326232, 0.5188454043902005),)
    least: ClassVar[dict[tuple[int, int], float]] = {
        (4, 8): 9.3762930073554473e-06,
        (10, 20): 0.00029366053745674594,
    }

    def _m_of(self, n: int) -> int:
        return 2 * n

    def _residuals(self, w: Array) -> Array:
        n, a = w.size, 1e-5**0.5
        e, known = np.exp(w / 10), np.exp(np.arange(1.0, n + 1) / 10)
        pairs = e[1:] + e[:-1] - (known[1:] + known[:-1])
        last = np.arange(n, 0, -1) @ w**2 - 1
        return np.concatenate([[w[0] - 0.2], a * pairs, a * (e[1:] - np.exp(-0.1)), [last]])

    def _jacobian(self, w: Array) -> Array:
        n = w.size
        J = np.zeros((2 * n, n), w.dtype)
        slope, i = 1e-5**0.5 / 10 * np.exp(w / 10), np.arange(1, n)
        J[0, 0] = 1
        J[i, i], J[i, i - 1], J[n + i - 1, i] = slope[1:], slope[:-1], slope[1:]
        J[-1] = 2 * np.arange(n, 0, -1) * w
        return J

    def _curvature(self, w: Array, r: Array) -> Array:
        n = w.size
        pairs, alone = np.zeros_like(w), np.zeros_like(w)
        pairs[1:] += r[1:n] + r[n : 2 * n - 1]
        pairs[:-1] += r[1:n]
        alone += 2 * r[-1] * np.arange(n, 0, -1)
        return np.diag(1e-5**0.5 / 100 * np.exp(w / 10) * pairs + alone)


class VariablyDimensioned(Problem):
    """r_i = x_i - 1, r_(n+1) = s, r_(n+2) = s^2, where s = sum_j j (x_j - 1)."""

    title, number, usual, n_free = "variably_dimensioned", 25, (10, 12), (1, _MANY, 1)
    best = ((1.0,),)

    def _m_of(self, n: int) -> int:
        return n + 2

    def _start(self, n: int) -> Array:
        return 1 - np.arange(1.0, n + 1) / n

    def _residuals(self, w: Array) -> Array:
        s = np.arange(1.0, w.size + 1) @ (w - 1)
        return np.append(w - 1, [s, s**2])

    def _jacobian(self, w: Array) -> Array:
        j = np.arange(1.0, w.size + 1)
        return np.vstack([np.eye(w.size), j, 2 * (j @ (w - 1)) * j])

    def _curvature(self, w: Array, r: Array) -> Array:
        j = np.arange(1.0, w.size + 1)
        return 2 * r[-1] * np.outer(j, j)


class _Linear(Problem):
    """r = A x - 1, any m >= n."""

    n_free, m_most, first = (1, _MANY, 1), _MANY, (1.0,)

    def _matrix(self, n: int) -> Array:
        raise NotImplementedError

    def _residuals(self, w: Array) -> Array:
        return self._matrix(w.size) @ w - 1

    def _jacobian(self, w: Array) -> Array:
        return self._matrix(w.size).astype(w.dtype)

    def _curvature(self, w: Array, _r: Array) -> Array:
        return np.zeros((w.size, w.size), w.dtype)


class LinearFullRank(_Linear):
    """r_i = x_i - (2 / m) sum_j x_j - 1 for i <= n, without x_i for i > n; the minimum m - n is at -1."""

    title, number, usual = "linear_full_rank", 32, (5, 10)
    best = ((-1.0,),)

    def _matrix(self, n: int) -> Array:
        return np.eye(self.m, n) - 2 / self.m

    def _minimum(self, n: int) -> float:
        return float(self.m - n)


class LinearRank1(_Linear):
    """r_i = i sum_j j x_j - 1; the minimum m (m - 1) / (2 (2 m + 1)) is where the sum is 3 / (2 m + 1)."""

    title, number, usual = "linear_rank_1", 33, (5, 10)

    def _matrix(self, n: int) -> Array:
        return np.outer(np.arange(1.0, self.m + 1), np.arange(1.0, n + 1))

    def _minima(self, n: int) -> Array:
        j = np.arange(1.0, n + 1)
        return 3 / (2 * self.m + 1) * j / (j @ j)

    def _minimum(self, _n: int) -> float:
        return self.m * (self.m - 1) / (2 * (2 * self.m + 1))


class LinearRank1Zero(_Linear):
    """r_1 = r_m = -1, r_i = (i - 1) sum_j j x_j - 1 with j = 2 .. n - 1: rank 1, zero columns and rows.

    The minimum (m^2 + 3 m - 6) / (2 (2 m - 3)) is where the sum is 3 / (2 m - 3).
    """

    title, number, usual = "linear_rank_1_zero", 34, (5, 10)
    n_free = (3, _MANY, 1)

    def _vectors(self, n: int) -> tuple[Array, Array]:
        i, j = np.arange(0.0, self.m), np.arange(1.0, n + 1)
        i[-1] = j[0] = j[-1] = 0
        return i, j

    def _matrix(self, n: int) -> Array:
        return np.outer(*self._vectors(n))

    def _minima(self, n: int) -> Array:
        _, j = self._vectors(n)
        return 3 / (2 * self.m - 3) * j / (j @ j)

    def _minimum(self, _n: int) -> float:
        return (self.m**2 + 3 * self.m - 6) / (2 * (2 * self.m - 3))


class Chebyquad(Problem):
    """r_i = (1 / n) sum_j T_i(x_j) - integral of T_i, with Chebyshev's polynomials shifted to 0 .. 1.

    A quadrature with equal weights: exact, so that the minimum is 0, for m = n up to 7 and for 9.
    """

    title, number, usual = "chebyquad", 35, (8, 8)
    n_free, m_most = (1, 100, 1), 100
    _half = (0.04315276015101663, 0.1930908403841861, 0.26632870689027294, 0.5)
    best = ((*_half, *(1 - x for x in _half[::-1])),)
    least: ClassVar[dict[tuple[int, int], float]] = {
        (8, 8): 0.0035168737256779299,
        (10, 10): 0.0065039548008823077,
        **{(n, n): 0.0 for n in (1, 2, 3, 4, 5, 6, 7, 9)},
    }

    def _start(self, n: int) -> Array:
        return np.arange(1.0, n + 1) / (n + 1)

    def _polynomials(self, w: Array) -> tuple[Array, Array, Array]:
        """Return T_i(x_j), i = 1 .. m, and their first two derivatives by x_j, (m, n) each."""
        z = 2 * w - 1
        T, S, C = ([np.ones_like(w), z], [np.zeros_like(w), 2 + 0 * w], [np.zeros_like(w), 0 * w])
        for _ in range(2, self.m + 1):
            C.append(2 * z * C[-1] + 8 * S[-1] - C[-2])
            S.append(2 * z * S[-1] + 4 * T[-1] - S[-2])
            T.append(2 * z * T[-1] - T[-2])
        return np.array(T[1:]), np.array(S[1:]), np.array(C[1:])

    def _residuals(self, w: Array) -> Array:
        r = self._polynomials(w)[0].mean(axis=1)
        even = np.arange(2, self.m + 1, 2)
        r[1::2] += 1 / (even**2 - 1.0)
        return r

    def _jacobian(self, w: Array) -> Array:
        return self._polynomials(w)[1] / w.size

    def _curvature(self, w: Array, r: Array) -> Array:
        return np.diag(r @ self._polynomials(w)[2] / w.size)


PROBLEMS: tuple[type[Any], ...] = (
    Watson,
    Penalty1,
    Penalty2,
    VariablyDimensioned,
    LinearFullRank,
    LinearRank1,
    LinearRank1Zero,
    Chebyquad,
)
