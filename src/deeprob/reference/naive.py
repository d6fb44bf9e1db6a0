"""The losses of the linear classifier as an assignment's first version: loops, one number after the other.

W is (D, C), X (N, D) and y (N,), as in the assignments. Python's own floats, whose bits the loops in C have.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def svm_loss_naive(W: Array, X: Array, y: Array, reg: float) -> tuple[float, Array]:
    """L = (1/N) sum_i sum_{j != y_i} max(0, s_j - s_{y_i} + 1) + reg sum W^2, and dW."""
    (D, C), N = W.shape, len(X)
    weights = W.tolist()  # Python's numbers: NumPy's are slower one by one
    loss = 0.0
    dW = [[0.0] * C for _ in range(D)]
    for x, label in zip(X.tolist(), y.tolist(), strict=True):
        s = _scores(weights, x)
        for j in range(C):
            if j == label:  # the label's own margin is always 1 and does not count
                continue
            margin = s[j] - s[label] + 1.0
            if margin <= 0.0:  # max(0, margin); a NaN goes on, so that the loss shows it
                continue
            loss += margin
            for d in range(D):  # the margin grows with s_j and falls with the label's score
                dW[d][j] += x[d]
                dW[d][label] -= x[d]
    return _finished(weights, loss, dW, N, reg)


def softmax_loss_naive(W: Array, X: Array, y: Array, reg: float) -> tuple[float, Array]:
    """L = (1/N) sum_i (log(sum_j exp(s_j)) - s_{y_i}) + reg sum W^2, and dW."""
    (D, C), N = W.shape, len(X)
    weights = W.tolist()
    loss = 0.0
    dW = [[0.0] * C for _ in range(D)]
    for x, label in zip(X.tolist(), y.tolist(), strict=True):
        s = _scores(weights, x)
        largest = max(s)  # only differences of scores count: without it exp cannot overflow
        total = 0.0
        for j in range(C):
            s[j] -= largest
            total += math.exp(s[j])
        loss += math.log(total) - s[label]
        for j in range(C):
            ds = math.exp(s[j]) / total  # dL/ds_j is the probability, less 1 at the label
            if j == label:
                ds -= 1.0
            for d in range(D):
                dW[d][j] += ds * x[d]
    return _finished(weights, loss, dW, N, reg)


def _scores(weights: list[list[float]], x: list[float]) -> list[float]:
    """s_j = sum_d x_d W_dj."""
    s = [0.0] * len(weights[0])
    for j in range(len(s)):
        for d in range(len(x)):
            s[j] += x[d] * weights[d][j]
    return s


def _finished(
    weights: list[list[float]], loss: float, dW: list[list[float]], N: int, reg: float
) -> tuple[float, Array]:
    """Divide by N and add reg sum W^2, without a factor 1/2: its gradient is 2 reg W."""
    total = 0.0
    for d, row in enumerate(weights):
        for j, w in enumerate(row):
            total += w * w
            dW[d][j] = dW[d][j] / N + 2.0 * reg * w
    return loss / N + reg * total, np.array(dW)
