"""A plain NumPy twin of every landscape: its formula, as the papers print it.

Each takes the variables w along the last axis, (..., n), and gives the values (...,), in whatever dtype
NumPy computes with: longdouble, or complex for derivatives by a complex step. Tests compare values and
derivatives of `deeprob.landscapes` with these; students read them.

Examples
--------
>>> import numpy as np
>>> from deeprob.landscapes import reference
>>> h = 1e-20  # df/dx = Im f(x + ih, y) / h, to rounding
>>> float(reference.rosenbrock(np.array([-1.2 + 1j * h, 1.0])).imag / h)
-215.59999999999997
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def bowl(w: Array, condition_number: float = 25.0, rotation: float = 0.0) -> Any:
    """sum_i k^((i - 1) / (n - 1)) u_i^2 / 2, where u is w turned back in the plane of first and last axis."""
    n = w.shape[-1]
    u = w.copy()
    if n > 1:
        c, s = np.cos(rotation), np.sin(rotation)
        u[..., 0], u[..., -1] = c * w[..., 0] + s * w[..., -1], c * w[..., -1] - s * w[..., 0]
    return np.sum(condition_number ** (np.arange(n) / max(n - 1, 1)) * u**2, axis=-1) / 2


def ravine(w: Array, steepness: float = 100.0) -> Any:
    """sqrt(1 + x^2) - 1 + k y^2 / 2."""
    return np.sqrt(1 + w[..., 0] ** 2) - 1 + steepness * w[..., 1] ** 2 / 2


def rosenbrock(w: Array, b: float = 100.0) -> Any:
    """sum_i b (w_(i+1) - w_i^2)^2 + (1 - w_i)^2."""
    return np.sum(b * (w[..., 1:] - w[..., :-1] ** 2) ** 2 + (1 - w[..., :-1]) ** 2, axis=-1)


def himmelblau(w: Array) -> Any:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2."""
    x, y = w[..., 0], w[..., 1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def beale(w: Array) -> Any:
    """sum_i (c_i - x (1 - y^i))^2, c = (1.5, 2.25, 2.625)."""
    x, y = w[..., 0], w[..., 1]
    return (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y**2)) ** 2 + (2.625 - x * (1 - y**3)) ** 2


def booth(w: Array) -> Any:
    """(x + 2 y - 7)^2 + (2 x + y - 5)^2."""
    x, y = w[..., 0], w[..., 1]
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def matyas(w: Array) -> Any:
    """0.26 (x^2 + y^2) - 0.48 x y."""
    x, y = w[..., 0], w[..., 1]
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def styblinski_tang(w: Array) -> Any:
    """sum_i (w_i^4 - 16 w_i^2 + 5 w_i) / 2."""
    return np.sum(w**4 - 16 * w**2 + 5 * w, axis=-1) / 2


def rastrigin(w: Array) -> Any:
    """10 n + sum_i w_i^2 - 10 cos(2 pi w_i)."""
    return 10 * w.shape[-1] + np.sum(w**2 - 10 * np.cos(2 * np.pi * w), axis=-1)


def saddle(w: Array) -> Any:
    """x^2 - y^2."""
    return w[..., 0] ** 2 - w[..., 1] ** 2


def monkey_saddle(w: Array) -> Any:
    """x^3 - 3 x y^2."""
    return w[..., 0] ** 3 - 3 * w[..., 0] * w[..., 1] ** 2


def local_minimum(w: Array) -> Any:
    """x^4 / 4 - x^3 / 3 - x^2."""
    x = w[..., 0]
    return x**4 / 4 - x**3 / 3 - x**2


def plateau(w: Array) -> Any:
    """1 - exp(-(x^2 + y^2) / 2)."""
    return 1 - np.exp(-(w[..., 0] ** 2 + w[..., 1] ** 2) / 2)
