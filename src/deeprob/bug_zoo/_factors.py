"""Gradients that are wrong by a constant factor."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import (
    Array,
    Loss,
    Loss2,
    least_squares,
    onehot,
    plain_softmax_loss,
    sigmoid,
    softmax,
    softmax_loss,
    softmax_loss_with_bias,
)


@planted(
    "factor",
    least_squares,
    given.regression,
    line=("dw = 2 * X.T @ r", "dw = 2 / N * X.T @ r"),
    source="ntumlta2019/hw1#2 (while calculating the gradient, the total number of data); "
    "nndl/nndl-exercise-ans#1",
)
def missing_mean(w: Array, X: Array, t: Array) -> Loss:
    """The loss is a mean over the N examples, the gradient a sum: N times too large.

    Descent still goes downhill, with a learning rate that has to be N times smaller.
    """
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = 2 * X.T @ r
    return loss, dw


@planted(
    "factor",
    softmax_loss,
    given.classifier,
    line=("dW = ds.T @ X", "dW = ds.T @ X / N"),
    source="janchorowski/nn_assignments#21 (Excersize softmax, gradient loss fix)",
)
def data_gradient_not_averaged(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The data loss's gradient is not divided by N; the penalty's is right.

    The division can stand at several places of the chain, and one was taken for the other.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X
    dW += 2 * reg * W
    return loss, dW


@planted(
    "factor",
    plain_softmax_loss,
    given.plain_classifier,
    line=("dW = ds.T @ X / N", "dW = ds.T @ X"),
    source="SkalskiP/ILearnDeepLearning.py#29 (Numpy deep neural network)",
)
def divided_twice(W: Array, X: Array, y: Array) -> Loss:
    """The gradient is divided by N twice: with the scores' gradient, and again with that of the weights.

    Each of the two lines is right in some program.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X / N
    return loss, dW


@planted(
    "factor",
    softmax_loss_with_bias,
    given.classifier_with_bias,
    line=("db = ds.mean(axis=0)", "db = ds.sum(axis=0)"),
    source="kvfrans/notes#5 (backpropagation: d_b1 should be a sum, not a mean)",
)
def bias_gradient_averaged(W: Array, b: Array, X: Array, y: Array) -> Loss2:
    """The bias's gradient is averaged over the examples once more.

    The matrix product that gives dW sums over the examples unseen; for db the sum has to be written out.
    """
    N = len(y)
    p = softmax(X @ W.T + b)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    db = ds.mean(axis=0)
    return loss, dW, db


def half_least_squares(w: Array, X: Array, t: Array) -> Loss:
    """Half the mean squared error of X w."""
    N = len(t)
    r = X @ w - t
    loss = np.sum(r**2) / (2 * N)
    dw = X.T @ r / N
    return loss, dw


@planted(
    "factor",
    half_least_squares,
    given.regression,
    line=("dw = 2 * X.T @ r / N", "dw = X.T @ r / N"),
    source="42-AI/bootcamp_machine-learning#20 (Maybe an error in the example)",
)
def forgotten_half(w: Array, X: Array, t: Array) -> Loss:
    """The gradient belongs to the squared error, the loss is half of it: 2 times too large.

    Half of the textbooks have the half.
    """
    N = len(t)
    r = X @ w - t
    loss = np.sum(r**2) / (2 * N)
    dw = 2 * X.T @ r / N
    return loss, dw


@planted(
    "factor",
    plain_softmax_loss,
    given.plain_classifier,
    line=("ds = (onehot(y, len(W)) - p) / N", "ds = (p - onehot(y, len(W))) / N"),
    source="deeplearning4j/deeplearning4j#349 (Output layer loss function gradient calculation)",
)
def wrong_sign(W: Array, X: Array, y: Array) -> Loss:
    """The gradient is "label minus prediction": its sign is wrong.

    So it stands where the update adds it; as the gradient of a loss it goes uphill.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (onehot(y, len(W)) - p) / N
    dW = ds.T @ X
    return loss, dW


def distance(a: Array, b: Array) -> Loss2:
    """Squared distance of two vectors: (value, da, db)."""
    d = a - b
    value = np.sum(d**2)
    da = 2 * d
    db = -2 * d
    return value, da, db


@planted(
    "factor",
    distance,
    given.two_vectors,
    line=("db = 2 * d", "db = -2 * d"),
    source="KhawajaAbaid/micrograd_c#1 (backward_subtract computes incorrect gradient for second value)",
)
def sign_of_the_second(a: Array, b: Array) -> Loss2:
    """In a - b both get the same gradient; that of b needs the other sign.

    The first input's gradient is right, and a check of that one alone passes.
    """
    d = a - b
    value = np.sum(d**2)
    da = 2 * d
    db = 2 * d
    return value, da, db


def multilabel_loss(W: Array, X: Array, Y: Array) -> Loss:
    """Cross-entropy of sigmoid(W x), mean over examples and outputs; Y is (N, C), of 0 and 1."""
    N, C = Y.shape
    s = sigmoid(X @ W.T)
    loss = -np.mean(Y * np.log(s) + (1 - Y) * np.log(1 - s))
    ds = (s - Y) / (N * C)
    dW = ds.T @ X
    return loss, dW


def _multilabel() -> tuple[Array, Array, Array]:
    W, X, y = given.plain_classifier()
    return W, X, (np.arange(y.size * len(W)).reshape(-1, len(W)) % 5 % 2)


@planted(
    "factor",
    multilabel_loss,
    _multilabel,
    line=("ds = (s - Y) / N", "ds = (s - Y) / (N * C)"),
    source="oysteijo/simd_neuralnet#1 (Crossentropy loss and sigmoid output: off by the number of outputs)",
)
def outputs_not_averaged(W: Array, X: Array, Y: Array) -> Loss:
    """The loss is a mean over examples and outputs, the gradient over examples only.

    np.mean without an axis divides by everything there is.
    """
    N, C = Y.shape
    s = sigmoid(X @ W.T)
    loss = -np.mean(Y * np.log(s) + (1 - Y) * np.log(1 - s))
    ds = (s - Y) / N
    dW = ds.T @ X
    return loss, dW


def loss_with_temperature(W: Array, X: Array, y: Array, temperature: float) -> Loss:
    """Softmax loss of the scores divided by a temperature."""
    N = len(y)
    p = softmax(X @ W.T / temperature)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X / temperature
    return loss, dW


@planted(
    "factor",
    loss_with_temperature,
    lambda: (*given.plain_classifier(), 4.0),
    line=("dW = ds.T @ X", "dW = ds.T @ X / temperature"),
    source="apache/mxnet#11466 "
    "(Add temperature parameter in Softmax operator: an extra factor 1/temperature)",
)
def forgotten_temperature(W: Array, X: Array, y: Array, temperature: float) -> Loss:
    """The scores were divided by the temperature, their gradient was not.

    The temperature came later, and only the forward line was changed.
    """
    N = len(y)
    p = softmax(X @ W.T / temperature)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    dW = ds.T @ X
    return loss, dW


@planted(
    "factor",
    least_squares,
    given.regression,
    line=("dw = 2 // N * X.T @ r", "dw = 2 / N * X.T @ r"),
    source="ageron/handson-ml#16 (gradient equals 0 in python 2); ageron/handson-ml#38",
)
def integer_division(w: Array, X: Array, t: Array) -> Loss:
    """Two integers are divided as integers: 2 // N is 0, and so is the gradient.

    In Python 2 and in C it happens with a plain 2 / N.
    """
    N = len(t)
    r = X @ w - t
    loss = np.mean(r**2)
    dw = 2 // N * X.T @ r
    return loss, dw
