"""Random search as the lecture writes it, and with several candidates in one matrix product."""

import numpy as np

from ..work import Answer


def svm(s: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean SVM losses of scores (K, C, N), which are overwritten."""
    at = np.arange(len(y))
    s -= s[:, y, at][:, None] - s.dtype.type(1)
    np.maximum(s, 0, out=s)
    return s.sum(axis=(1, 2), dtype=np.float64) / len(y) - 1  # the label's own margin is 1


def one_by_one(X: np.ndarray, y: np.ndarray, tries: int) -> Answer:
    """Draw W with randn, in X's type, W.dot(X), and keep the best: the slide's loop, its loss vectorized."""
    random = np.random.RandomState(0)
    classes, best, losses = int(y.max()) + 1, np.inf, np.empty(tries)
    for attempt in range(tries):
        W = (random.randn(classes, X.shape[0]) * 1e-4).astype(X.dtype)
        losses[attempt] = loss = svm(W.dot(X)[None], y)[0]
        if loss < best:
            best = loss
    return best, losses


def batched(X: np.ndarray, y: np.ndarray, tries: int, K: int) -> Answer:
    """Do the same with K candidates stacked: X is read once for all of them."""
    random = np.random.RandomState(0)
    classes, D = int(y.max()) + 1, X.shape[0]
    losses = np.empty(tries)
    for begin in range(0, tries, K):
        count = min(K, tries - begin)
        W = (random.randn(count * classes, D) * 1e-4).astype(X.dtype)
        losses[begin : begin + count] = svm((W @ X).reshape(count, classes, -1), y)
    return losses.min(), losses
