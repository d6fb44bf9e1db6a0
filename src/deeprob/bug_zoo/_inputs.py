"""Inputs for the planted bugs: small, always the same, away from kinks where a loss has any."""

from typing import Any

import numpy as np

from ._correct import Array

Arguments = tuple[Any, ...]


def _rng(seed: int) -> np.random.RandomState:
    return np.random.RandomState(seed)  # its stream is frozen for ever


def examples(seed: int, N: int = 6, D: int = 4, C: int = 3) -> tuple[Array, Array, Array]:
    """Return W (C, D), X (N, D) and y (N,), every class among the labels."""
    rng = _rng(seed)
    W, X = rng.randn(C, D), rng.randn(N, D)
    return W, X, rng.permutation(np.arange(N) % C)


def classifier() -> Arguments:
    """Return W, X, y and a reg that can be seen."""
    return *examples(0), 0.1


def sparse_classifier() -> Arguments:
    """Return W, X, y, reg; some weights are exactly 0, as the L1 penalty makes them."""
    W, X, y = examples(1)
    W[0, 1] = W[2, 3] = 0.0
    return W, X, y, 0.1


def plain_classifier() -> Arguments:
    """Return W, X, y."""
    return examples(2)


def classifier_with_bias() -> Arguments:
    """Return W, b, X, y."""
    W, X, y = examples(3)
    return W, _rng(4).randn(len(W)), X, y


def classifier_with_ones() -> Arguments:
    """Return W, X, y, reg; the bias is the weight of X's last column, which is 1."""
    W, X, y = examples(5)
    X[:, -1] = 1.0
    return W, X, y, 0.1


def two_of_four_classes() -> Arguments:
    """Return W (4, 4), X, y; only classes 0 and 2 occur among the labels, as in a small batch."""
    W, X, y = examples(13, C=4)
    return W, X, 2 * (y % 2)


def course_classifier() -> Arguments:
    """Return W, X, y, reg of the course's own check: W = 1e-4 randn, reg = 5e-6."""
    W, X, y = examples(6, N=8, D=6)
    return 1e-4 * W, X, y, 5e-6


def large_scores() -> Arguments:
    """Return W, X, y; the scores are about 900, their differences about 1, and exp(900) overflows."""
    W, X, y = examples(7)
    X[:, -1] = 1.0
    W[:, -1] += 900.0
    return W, X, y


def linear_classify_demo() -> Arguments:
    """Return W, b, X, y, reg as the picture of the demo in the CS231n notes shows them."""
    W = np.array([[2.06, 1.48], [0.44, -1.82], [2.27, -2.04]])
    b = np.array([-0.42, 0.52, -0.10])
    X = np.array(
        [
            [0.5, 0.4],
            [0.8, 0.3],
            [0.3, 0.8],
            [-0.4, 0.3],
            [-0.3, 0.7],
            [-0.7, 0.2],
            [0.7, -0.4],
            [0.5, -0.6],
            [-0.4, -0.5],
        ]
    )
    return W, b, X, np.arange(9) // 3, 0.1


def regression() -> Arguments:
    """Return w (D,), X (N, D) and targets t (N,)."""
    rng = _rng(8)
    return rng.randn(4), rng.randn(7, 4), 2.0 * rng.randn(7)


def regression_column() -> Arguments:
    """Return w as a column (D, 1), X (N, D) and targets t (N,)."""
    w, X, t = regression()
    return w[:, None], X, t


def unit_targets() -> Arguments:
    """Return w, X and targets between 0 and 1, for a sigmoid or tanh."""
    rng = _rng(9)
    return rng.randn(4), rng.randn(7, 4), rng.rand(7)


def binary() -> Arguments:
    """Return w, X and labels 0 and 1."""
    w, X, _ = unit_targets()
    return w, X, (np.arange(7) * 3) % 7 % 2


def signed() -> Arguments:
    """Return w, X and labels -1 and 1."""
    w, X, y = binary()
    return w, X, 2 * y - 1


def two_layers() -> Arguments:
    """Return W1 (5, 4), W2 (3, 5), X (6, 4), y (6,)."""
    rng = _rng(10)
    return rng.randn(5, 4), rng.randn(3, 5), rng.randn(6, 4), np.arange(6) % 3


def scores() -> Arguments:
    """Return a matrix of scores (4, 3)."""
    return (_rng(11).randn(4, 3),)


def two_vectors() -> Arguments:
    """Return two vectors of the same length."""
    rng = _rng(12)
    return rng.randn(5), rng.randn(5)
