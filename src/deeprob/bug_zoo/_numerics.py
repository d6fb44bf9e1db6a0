"""Right formulas that fail in floating-point arithmetic."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, lasso_loss, onehot, softmax


def least_squares_float64(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of X w."""
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = 2 / N * X.T @ r
    return loss, dw


@planted(
    "float32",
    least_squares_float64,
    given.regression,
    line=("r = (X @ w - t).astype(np.float32)", "r = X @ w - t"),
    source="scipy/scipy#17636 (scipy.optimize.minimize does not work for np.float32); pytorch/pytorch#8230",
    strict=True,
)
def loss_in_float32(w: Array, X: Array, t: Array) -> Loss:
    """The loss is computed in float32, where a step of 1e-6 disappears in the rounding.

    The gradient is right to 7 digits; what is wrong is the difference quotient.
    """
    N = len(t)
    r = (X @ w - t).astype(np.float32)
    loss = np.mean(r**2)
    dw = 2 / N * X.T @ r
    return loss, dw


@planted(
    "float32",
    least_squares_float64,
    given.regression,
    line=("dw = (2 / N * X.T @ r).astype(np.float32)", "dw = 2 / N * X.T @ r"),
    source="scipy/scipy#18730 (minimize fails when dtype=float32 Jacobian is passed)",
    strict=True,
)
def gradient_in_float32(w: Array, X: Array, t: Array) -> Loss:
    """The loss is in float64, the gradient is rounded to float32.

    It agrees to 7 digits, which every usual tolerance takes; some optimizers refuse it.
    """
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = (2 / N * X.T @ r).astype(np.float32)
    return loss, dw


def stable_softmax_loss(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss with the largest score subtracted first."""
    N = len(y)
    s = X @ W.T
    s = s - s.max(axis=1, keepdims=True)
    e = np.exp(s)
    total = e.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - s[np.arange(N), y])
    ds = (e / total - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


@planted(
    "not finite",
    stable_softmax_loss,
    given.large_scores,
    line=("", "s = s - s.max(axis=1, keepdims=True)"),
    source="pyg-team/pytorch_geometric#53 (scatter softmax output 'nan'); "
    "jhcross/span-parser#2; uTensor/uTensor#175",
)
def softmax_overflow(W: Array, X: Array, y: Array) -> Loss:
    """The exponential overflows for scores above 709, and inf / inf is NaN.

    With small weights, as at the start, nothing happens.
    """
    N = len(y)
    s = X @ W.T
    e = np.exp(s)
    total = e.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - s[np.arange(N), y])
    ds = (e / total - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


@planted(
    "not finite",
    lasso_loss,
    given.sparse_classifier,
    line=("dW += reg * W / np.abs(W)", "dW += reg * np.sign(W)"),
    source="mlpack/mlpack#3545 (Fix L1 regularization in case where weight is zero)",
)
def l1_divides_by_zero(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The sign is written W / |W|, which is NaN for a weight of 0.

    Random weights are never 0; weights under an L1 penalty become so.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(np.abs(W))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * W / np.abs(W)
    return loss, dW


def log_sum_exp_loss(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss as log(sum(exp(s))) - s_y."""
    N = len(y)
    s = X @ W.T
    m = s.max(axis=1)
    lse = m + np.log(np.exp(s - m[:, None]).sum(axis=1))
    loss = np.mean(lse - s[np.arange(N), y])
    p = np.exp(s - lse[:, None])
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


@planted(
    "other",
    log_sum_exp_loss,
    given.plain_classifier,
    line=("p = np.exp(s - m[:, None] - lse[:, None])", "p = np.exp(s - lse[:, None])"),
    source="kcxain/dlsys#4 (the gradient of LogSumExp: is max(z) not needed?)",
)
def maximum_subtracted_twice(W: Array, X: Array, y: Array) -> Loss:
    """The largest score is subtracted again, although log(sum(exp(s))) contains it already.

    In the forward lines every s comes with its maximum, so it is missed in the backward one.
    """
    N = len(y)
    s = X @ W.T
    m = s.max(axis=1)
    lse = m + np.log(np.exp(s - m[:, None]).sum(axis=1))
    loss = np.mean(lse - s[np.arange(N), y])
    p = np.exp(s - m[:, None] - lse[:, None])
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW
