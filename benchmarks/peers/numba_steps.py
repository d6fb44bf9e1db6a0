"""numba: optimizer steps in one fused loop, on all threads and on one."""

from collections.abc import Callable

import numba
import numpy as np

from .adam import BETA1, BETA2, EPS, LR, MOMENTUM


def _sgd(p, g, _m, _v, lr, _c2):
    for i in numba.prange(p.size):
        p[i] -= lr * g[i]


def _momentum(p, g, _m, v, lr, _c2):
    for i in numba.prange(p.size):
        v[i] = np.float32(MOMENTUM) * v[i] + g[i]
        p[i] -= lr * v[i]


def _adam(p, g, m, v, lr, c2):
    """Step with lr = LR / c1: one square root and one division; c2 is 1 / (1 - beta2^t)."""
    b1, a1, b2, a2 = np.float32(BETA1), np.float32(1 - BETA1), np.float32(BETA2), np.float32(1 - BETA2)
    for i in numba.prange(p.size):
        m[i] = b1 * m[i] + a1 * g[i]
        v[i] = b2 * v[i] + a2 * g[i] * g[i]
        p[i] -= lr * m[i] / (np.sqrt(v[i] * c2) + np.float32(EPS))


# A cache in the folder of the sources, so that later runs do not compile again.
KERNELS = {
    (kind, parallel): numba.njit(function, fastmath=True, parallel=parallel, cache=True, error_model="numpy")
    for kind, function in {"sgd": _sgd, "momentum": _momentum, "adam": _adam}.items()
    for parallel in (False, True)
}


def steps() -> dict[str, Callable[[str, np.ndarray], Callable[[np.ndarray], None]]]:
    """Return the forms by name."""

    def form(parallel: bool) -> Callable[[str, np.ndarray], Callable[[np.ndarray], None]]:
        def make(kind: str, p: np.ndarray) -> Callable[[np.ndarray], None]:
            m, v, t = np.zeros_like(p), np.zeros_like(p), 0
            kernel = KERNELS[kind, parallel]

            def step(g: np.ndarray) -> None:
                nonlocal t
                t += 1
                adam = kind == "adam"
                lr = LR / (1 - BETA1**t) if adam else LR
                kernel(p, g, m, v, np.float32(lr), np.float32(1 / (1 - BETA2**t)))

            return step

        return make

    return {"all threads": form(True), "one thread": form(False)}
