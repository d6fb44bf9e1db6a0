"""Transposed gradients, wrong shapes and axes, and broadcasting that nobody asked for."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, Loss2, onehot, plain_softmax_loss, softmax, softmax_loss_with_bias


def one_layer(W: Array, x: Array, t: Array) -> Loss:
    """Half the squared distance of W x to t, for one example."""
    delta = W @ x - t
    loss = 0.5 * np.sum(delta**2)
    dW = np.outer(delta, x)
    return loss, dW


def _square_layer() -> tuple[Array, Array, Array]:
    rng = np.random.RandomState(20)
    return rng.randn(4, 4), rng.randn(4), rng.randn(4)


@planted(
    "transposed",
    one_layer,
    _square_layer,
    line=("dW = np.outer(x, delta)", "dW = np.outer(delta, x)"),
    source="iamtrask/Grokking-Deep-Learning#23 (weight_deltas should be transposed); "
    "iamtrask/Grokking-Deep-Learning#71",
)
def outer_product_turned(W: Array, x: Array, t: Array) -> Loss:
    """The outer product has its factors in the wrong order, so the gradient is transposed.

    With as many outputs as inputs the shape is right, and no error says so.
    """
    delta = W @ x - t
    loss = 0.5 * np.sum(delta**2)
    dW = np.outer(x, delta)
    return loss, dW


@planted(
    "transposed",
    plain_softmax_loss,
    given.plain_classifier,
    line=("dW = X.T @ ds", "dW = ds.T @ X"),
    source="ufal/npfl129#74 (the softmax gradient on the slide is transposed)",
)
def transposed_gradient(W: Array, X: Array, y: Array) -> Loss:
    """W is (C, D), its gradient comes out as (D, C).

    The course's assignments have W as (D, C), its slides as (C, D), and X.T @ ds is in every solution.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = X.T @ ds
    return loss, dW


def least_squares_column(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of X w, where w is a column (D, 1)."""
    N = len(t)
    r = X @ w - t[:, None]
    loss = np.mean(r**2)
    dw = 2 / N * X.T @ r
    return loss, dw


@planted(
    "shape",
    least_squares_column,
    given.regression_column,
    line=("r = X @ w - t", "r = X @ w - t[:, None]"),
    source="pytorch/pytorch#16045 (tensors with shapes [n, 1] and [n]); LAMDA-Tabular/TALENT#92",
)
def residual_broadcast(w: Array, X: Array, t: Array) -> Loss:
    """Predictions (N, 1) minus targets (N,) are a matrix (N, N), every prediction against every target.

    Nothing complains: the mean of a matrix is a number, and only the gradient's shape is odd.
    """
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = 2 / N * X.T @ r
    return loss, dw


def least_squares_of_a_column(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of a column of predictions (N, 1)."""
    N = len(t)
    predictions = (X @ w)[:, None]
    loss = np.mean((predictions[:, 0] - t) ** 2)
    dw = 2 / N * X.T @ (predictions[:, 0] - t)
    return loss, dw


@planted(
    "other",
    least_squares_of_a_column,
    given.regression,
    line=(
        "loss = np.mean((predictions - t) ** 2)",
        "loss = np.mean((predictions[:, 0] - t) ** 2)",
    ),
    source="manzilzaheer/DeepSets#1 (broadcasting issue between y and y_pred); pytorch/pytorch#19699",
)
def loss_over_all_pairs(w: Array, X: Array, t: Array) -> Loss:
    """The loss compares every prediction (N, 1) with every target (N,); the gradient does not.

    Such a loss is smallest where every prediction is the mean of the targets.
    """
    N = len(t)
    predictions = (X @ w)[:, None]
    loss = np.mean((predictions - t) ** 2)
    dw = 2 / N * X.T @ (predictions[:, 0] - t)
    return loss, dw


@planted(
    "shape",
    softmax_loss_with_bias,
    given.classifier_with_bias,
    line=("db = ds.sum()", "db = ds.sum(axis=0)"),
    source="rasbt/stat453-deep-learning-ss21#5 (Small error in bias-computation)",
)
def bias_gradient_a_number(W: Array, b: Array, X: Array, y: Array) -> Loss2:
    """The bias's gradient is one sum over examples and classes, a number for all biases.

    An update adds it to every bias by broadcasting; for softmax it is 0, and the biases never part.
    """
    N = len(y)
    p = softmax(X @ W.T + b)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    db = ds.sum()
    return loss, dW, db


def softmax_loss_by_hand(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss without a penalty, its softmax written out."""
    N = len(y)
    s = X @ W.T
    e = np.exp(s - s.max(axis=1, keepdims=True))
    loss = np.mean(np.log(e.sum(axis=1)) - np.log(e[np.arange(N), y]))
    ds = (e / e.sum(axis=1, keepdims=True) - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


@planted(
    "other",
    softmax_loss_by_hand,
    given.plain_classifier,
    line=(
        "ds = (e / e.sum(axis=0, keepdims=True) - onehot(y, len(W))) / N",
        "ds = (e / e.sum(axis=1, keepdims=True) - onehot(y, len(W))) / N",
    ),
    source="deeplearning4j/deeplearning4j#345 (MCXENT performs softmax on wrong dimension)",
)
def softmax_over_examples(W: Array, X: Array, y: Array) -> Loss:
    """The gradient's probabilities are normalized over the examples, not over the classes.

    With keepdims both axes broadcast, and the numbers lie between 0 and 1 either way.
    """
    N = len(y)
    s = X @ W.T
    e = np.exp(s - s.max(axis=1, keepdims=True))
    loss = np.mean(np.log(e.sum(axis=1)) - np.log(e[np.arange(N), y]))
    ds = (e / e.sum(axis=0, keepdims=True) - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


def regression_of_outputs(W: Array, b: Array, X: Array, T: Array) -> Loss2:
    """Mean squared error of W x + b over the examples, T (N, C): (loss, dW, db)."""
    N = len(T)
    r = X @ W.T + b - T
    loss = np.sum(r**2) / N
    dW = 2 / N * r.T @ X
    db = 2 / N * r.sum(axis=0)
    return loss, dW, db


def _as_many_outputs() -> tuple[Array, Array, Array, Array]:
    rng = np.random.RandomState(21)
    return rng.randn(4, 3), rng.randn(4), rng.randn(4, 3), rng.randn(4, 4)


@planted(
    "other",
    regression_of_outputs,
    _as_many_outputs,
    line=("db = 2 / N * r.sum(axis=1)", "db = 2 / N * r.sum(axis=0)"),
    source="snuspl/cruise#800 (Modify bias generation in DNN cpu layers: error.rowSums())",
)
def bias_gradient_over_outputs(W: Array, b: Array, X: Array, T: Array) -> Loss2:
    """The bias's gradient is summed over the outputs, not over the examples.

    With as many examples as outputs even the shape is right.
    """
    N = len(T)
    r = X @ W.T + b - T
    loss = np.sum(r**2) / N
    dW = 2 / N * r.T @ X
    db = 2 / N * r.sum(axis=1)
    return loss, dW, db
