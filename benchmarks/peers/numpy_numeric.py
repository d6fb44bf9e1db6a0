"""NumPy: the numeric gradient as the course's loop over a vectorized loss, and structured."""

from collections.abc import Callable

import numpy as np


def loss(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """Return the mean softmax loss, vectorized."""
    s = X @ W.T
    s -= s.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y]))


def loop(W: np.ndarray, X: np.ndarray, y: np.ndarray, at: np.ndarray, h: float) -> Callable[[], np.ndarray]:
    """Return a function that does the entries ``at``, one by one."""
    point = W.copy()
    flat = point.reshape(-1)

    def run() -> np.ndarray:
        gradient = np.empty(len(at))
        for k, entry in enumerate(at):
            old = flat[entry]
            flat[entry] = old + h
            above = loss(point, X, y)
            flat[entry] = old - h
            gradient[k] = (above - loss(point, X, y)) / (2 * h)
            flat[entry] = old
        return gradient

    return run


def structured(W: np.ndarray, X: np.ndarray, y: np.ndarray, h: float, block: int) -> np.ndarray:
    """W[c, d] changes score c alone, by h X[:, d]: the same quotients from its change, in blocks of d."""
    s = X @ W.T
    s -= s.max(axis=1, keepdims=True)
    e = np.exp(s)
    total = e.sum(axis=1)
    gradient = np.empty(W.shape)
    for begin in range(0, W.shape[1], block):
        step = h * X[:, begin : begin + block]
        up, down = np.expm1(step), np.expm1(-step)
        for c in range(W.shape[0]):
            share = (e[:, c] / total)[:, None]  # log(total + e (exp(step) - 1)) - log(total)
            change = np.log1p(share * up) - np.log1p(share * down)
            gradient[c, begin : begin + block] = change.sum(axis=0)
            own = y == c
            gradient[c, begin : begin + block] -= 2 * step[own].sum(axis=0)
    return gradient / (2 * h * len(y))


def course(f: Callable[[np.ndarray], float], x: np.ndarray, h: float) -> np.ndarray:
    """Return the course's eval_numerical_gradient: an nditer over all indices, x perturbed in place."""
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=[["readwrite"]])
    while not it.finished:
        ix = it.multi_index
        oldval = x[ix]
        x[ix] = oldval + h
        fxph = f(x)
        x[ix] = oldval - h
        fxmh = f(x)
        x[ix] = oldval
        grad[ix] = (fxph - fxmh) / (2 * h)
        it.iternext()
    return grad
