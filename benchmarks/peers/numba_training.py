"""numba: all steps in one compiled loop, rows gathered without a copy, on all threads and on one."""

from collections.abc import Callable

import numba
import numpy as np

from .adam import BETA1, BETA2, EPS, LR
from .numba_linear import CLASSES, batch_gradient


def _train(W, X, y, order, batch, steps, threads):
    """Two parallel stretches a step: each thread's share of the batch, then Adam on its share of W."""
    D = X.shape[1]
    share, part = -(-batch // threads), -(-D // threads)
    sums = np.zeros((threads, CLASSES, D), W.dtype)
    m, v = np.zeros_like(W), np.zeros_like(W)
    b1, a1, b2, a2 = np.float32(BETA1), np.float32(1 - BETA1), np.float32(BETA2), np.float32(1 - BETA2)
    for t in range(steps):
        for thread in numba.prange(threads):
            first = t * batch + thread * share
            at = order[first : min(first + share, (t + 1) * batch)]
            dW = sums[thread]
            dW[:] = 0
            batch_gradient(W, X, y, at, False, np.empty((share, CLASSES), W.dtype), dW)
        lr = np.float32(LR / (1 - BETA1 ** (t + 1)))
        c2 = np.float32(1 / (1 - BETA2 ** (t + 1)))
        scale = np.float32(1 / batch)
        for thread in numba.prange(threads):
            begin, end = thread * part, min(D, (thread + 1) * part)
            for c in range(CLASSES):
                w, mc, vc, gc = W[c, begin:end], m[c, begin:end], v[c, begin:end], sums[0, c, begin:end]
                for other in range(1, threads):
                    more = sums[other, c, begin:end]
                    for d in range(end - begin):
                        gc[d] += more[d]
                for d in range(end - begin):
                    g = gc[d] * scale
                    mc[d] = b1 * mc[d] + a1 * g
                    vc[d] = b2 * vc[d] + a2 * g * g
                    w[d] -= lr * mc[d] / (np.sqrt(vc[d] * c2) + np.float32(EPS))


KERNELS = {
    parallel: numba.njit(_train, fastmath=True, parallel=parallel, cache=True, error_model="numpy")
    for parallel in (False, True)
}


def training(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> dict[str, Callable[[], np.ndarray]]:
    """Return the forms."""

    def form(parallel: bool) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            order = np.random.RandomState(0).permutation(len(y))
            w = W.copy()
            KERNELS[parallel](w, X, y, order, batch, steps, numba.get_num_threads() if parallel else 1)
            return w

        return run

    return {"all threads": form(True), "one thread": form(False)}
