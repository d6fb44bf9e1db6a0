"""SciPy: approx_fprime and check_grad over the entries chosen, approx_derivative over all."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import approx_fprime, check_grad
from scipy.optimize._numdiff import approx_derivative

from .numpy_numeric import loss


def forward(W: np.ndarray, X: np.ndarray, y: np.ndarray, at: np.ndarray) -> Callable[[], np.ndarray]:
    """Return a function that does the entries ``at``."""
    point = W.copy()
    flat = point.reshape(-1)
    start = flat[at].copy()

    def at_entries(values: np.ndarray) -> float:
        flat[at] = values
        return loss(point, X, y)

    return lambda: approx_fprime(start, at_entries, 1e-7)


def central(f: Callable[[np.ndarray], float], x: np.ndarray, h: float) -> np.ndarray:
    """Return the gradient by central differences."""
    return approx_derivative(f, x, method="3-point", abs_step=h)


def check(W: np.ndarray, X: np.ndarray, y: np.ndarray, at: np.ndarray) -> Callable[[], float]:
    """Return a function that checks the entries ``at``: 1 if their error is small."""
    point = W.copy()
    flat = point.reshape(-1)
    start = flat[at].copy()

    def at_entries(values: np.ndarray) -> float:
        flat[at] = values
        return loss(point, X, y)

    def gradient(values: np.ndarray) -> np.ndarray:
        flat[at] = values
        s = X @ point.T
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        return (p.T @ X / len(y)).reshape(-1)[at]

    return lambda: float(check_grad(at_entries, gradient, start) < 1e-5)
