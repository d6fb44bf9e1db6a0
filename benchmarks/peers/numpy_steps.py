"""NumPy: optimizer steps as the textbook writes them, in place, and over chunks that stay in the caches."""

from collections.abc import Callable

import numpy as np

from .adam import BETA1, BETA2, EPS, LR, MOMENTUM

Step = Callable[[np.ndarray], None]
CHUNK = 16_384


def textbook(kind: str, p: np.ndarray) -> Step:
    """Return the step with a temporary array for every operation."""
    m, v, t = np.zeros_like(p), np.zeros_like(p), 0

    def step(g: np.ndarray) -> None:
        nonlocal m, v, t
        t += 1
        if kind == "sgd":
            p[:] = p - LR * g
        elif kind == "momentum":
            v = MOMENTUM * v + g
            p[:] = p - LR * v
        else:
            m = BETA1 * m + (1 - BETA1) * g
            v = BETA2 * v + (1 - BETA2) * g**2
            p[:] = p - LR * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + EPS)

    return step


def in_place(kind: str, p: np.ndarray, chunk: int | None = None) -> Step:
    """Return the step with ``out=`` everywhere, over chunks of ``chunk`` parameters."""
    n = p.size
    chunk = min(chunk or n, n)
    m, v, t = np.zeros_like(p), np.zeros_like(p), 0
    scratch, other = np.empty(chunk, p.dtype), np.empty(chunk, p.dtype)

    def adam(p: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, c1: float, c2: float) -> None:
        a, b = scratch[: p.size], other[: p.size]
        m *= BETA1
        np.multiply(g, 1 - BETA1, out=a)
        m += a
        v *= BETA2
        np.multiply(g, g, out=a)
        a *= 1 - BETA2
        v += a
        np.multiply(v, 1 / c2, out=a)
        np.sqrt(a, out=a)
        a += EPS
        np.divide(m, a, out=b)
        b *= LR / c1
        p -= b

    def step(g: np.ndarray) -> None:
        nonlocal t
        t += 1
        for begin in range(0, n, chunk):
            at = slice(begin, begin + chunk)
            if kind == "adam":
                adam(p[at], g[at], m[at], v[at], 1 - BETA1**t, 1 - BETA2**t)
                continue
            direction, a = g[at], scratch[: p[at].size]
            if kind == "momentum":
                direction = v[at]
                direction *= MOMENTUM
                direction += g[at]
            np.multiply(direction, LR, out=a)
            p[at] -= a

    return step


def steps() -> dict[str, Callable[[str, np.ndarray], Step]]:
    """Return the forms by name."""
    return {
        "textbook": textbook,
        "in place": in_place,
        f"in place, chunks of {CHUNK:,}": lambda kind, p: in_place(kind, p, CHUNK),
    }
