"""Quasi-Newton methods, from pairs s = x' - x and y = g' - g of steps and gradients, the oldest first."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

__all__ = ["bfgs_inverse", "lbfgs_direction"]


def bfgs_inverse(H: Array, s: Array, y: Array) -> Array:
    """H <- (I - s y' / y's) H (I - y s' / y's) + s s' / y's (Nocedal and Wright 2006, (6.17))."""
    ys = y @ s
    V = np.eye(len(s)) - np.outer(y, s) / ys
    updated: Array = V.T @ H @ V + np.outer(s, s) / ys
    return updated


def lbfgs_direction(g: Array, pairs: list[tuple[Array, Array]]) -> Array:
    """D = -H g by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4)."""
    q, alphas = g.copy(), []
    for s, y in reversed(pairs):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    s, y = pairs[-1]
    r: Array = (y @ s) / (y @ y) * q
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = (y @ r) / (y @ s)
        r = r + (alpha - beta) * s
    return -r
