"""The right functions that several bugs share: readable NumPy, one step a line, as a student writes it.

W is (C, D), a class a row; X is (N, D), an example a row; y are labels, t other targets. Losses are means
over the examples.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Loss = tuple[Any, Array]  # (loss, gradient)
Loss2 = tuple[Any, Array, Array]  # (loss, gradient, gradient)
Layer = tuple[Array, Callable[[Array], Any]]  # (output, vjp)


def softmax(s: Array) -> Any:
    """Probabilities of scores (N, C), row by row."""
    e = np.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return p


def onehot(y: Array, C: int) -> Array:
    """Labels (N,) as rows (N, C) with a 1 at the label."""
    return np.eye(C)[y]


def sigmoid(z: Array) -> Any:
    """1 / (1 + exp(-z))."""
    s = 1 / (1 + np.exp(-z))
    return s


def softmax_loss(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Softmax loss with the penalty reg * sum(W**2)."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def plain_softmax_loss(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss without a penalty."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


def softmax_loss_with_bias(W: Array, b: Array, X: Array, y: Array) -> Loss2:
    """Softmax loss of s = W x + b: (loss, dW, db)."""
    N = len(y)
    p = softmax(X @ W.T + b)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    db = ds.sum(axis=0)
    return loss, dW, db


def lasso_loss(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Softmax loss with the penalty reg * sum(|W|)."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(np.abs(W))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * np.sign(W)
    return loss, dW


def svm_loss(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Multiclass SVM loss, the sum over the other classes of max(0, s_j - s_y + 1), with reg * sum(W**2)."""
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W**2)
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def least_squares(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of X w."""
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = 2 / N * X.T @ r
    return loss, dw


def squared_sigmoid_loss(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of sigmoid(X w)."""
    N = len(t)
    z = X @ w
    s = sigmoid(z)
    loss = np.mean((s - t) ** 2)
    ds = 2 * (s - t) / N
    dz = ds * s * (1 - s)
    dw = X.T @ dz
    return loss, dw


def softmax_layer(s: Array) -> Layer:
    """Softmax of the scores (N, C) as a layer."""
    p = softmax(s)

    def vjp(dp: Array) -> Any:
        ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        return ds

    return p, vjp
