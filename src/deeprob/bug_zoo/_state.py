"""Functions that remember, that draw random numbers, or that write into their arguments."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, Loss2, onehot, plain_softmax_loss, sigmoid, softmax

_grads: dict[str, Array] = {}


def loss_that_stores(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss that keeps its gradient where an optimizer would look for it."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    _grads["W"] = ds.T @ X
    return loss, _grads["W"]


@planted(
    "nondeterministic",
    loss_that_stores,
    given.plain_classifier,
    line=('_grads["W"] = _grads.get("W", 0) + ds.T @ X', '_grads["W"] = ds.T @ X'),
    source="karpathy/micrograd#53 (Ensure backward() is idempotent); jcjohnson/pytorch-examples#31",
)
def gradient_accumulates(W: Array, X: Array, y: Array) -> Loss:
    """The gradient is added to that of the calls before, which nobody has set to 0.

    The first call is right; the second, at the same point, is not.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W))) / N
    _grads["W"] = _grads.get("W", 0) + ds.T @ X
    return loss, _grads["W"]


def dropout_loss(W1: Array, W2: Array, X: Array, y: Array) -> Loss2:
    """Softmax loss of a hidden layer under dropout, with one mask for all calls: (loss, dW1, dW2)."""
    N = len(y)
    rng = np.random.default_rng(0)
    keep = 2 * (rng.random((N, len(W1))) < 0.5)
    h = np.tanh(X @ W1.T) * keep
    p = softmax(h @ W2.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W2))) / N
    dW2 = ds.T @ h
    dh = ds @ W2
    dW1 = (dh * keep * (1 - np.tanh(X @ W1.T) ** 2)).T @ X
    return loss, dW1, dW2


@planted(
    "nondeterministic",
    dropout_loss,
    given.two_layers,
    line=("rng = np.random.default_rng()", "rng = np.random.default_rng(0)"),
    source="pytorch/pytorch#114333 (gradcheck fail for torch.nn.functional.dropout2d); "
    "openai/guided-diffusion#167",
)
def dropout_draws_again(W1: Array, W2: Array, X: Array, y: Array) -> Loss2:
    """Every call draws a new dropout mask, so two calls at one point differ.

    The gradient is right for its own mask; a difference quotient subtracts losses of two others.
    """
    N = len(y)
    rng = np.random.default_rng()
    keep = 2 * (rng.random((N, len(W1))) < 0.5)
    h = np.tanh(X @ W1.T) * keep
    p = softmax(h @ W2.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W2))) / N
    dW2 = ds.T @ h
    dh = ds @ W2
    dW1 = (dh * keep * (1 - np.tanh(X @ W1.T) ** 2)).T @ X
    return loss, dW1, dW2


def centred_loss(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss of examples whose mean is subtracted."""
    X = X - X.mean(axis=0)
    return plain_softmax_loss(W, X, y)


@planted(
    "input changed",
    centred_loss,
    given.plain_classifier,
    line=("X -= X.mean(axis=0)", "X = X - X.mean(axis=0)"),
    source="keras-team/keras#8741 (imagenet_utils.preprocess_input changes the value of x); "
    "keras-team/keras#4724",
)
def centred_in_place(W: Array, X: Array, y: Array) -> Loss:
    """X -= ... writes into the caller's array.

    X = X - ... does not, and reads almost the same.
    """
    X -= X.mean(axis=0)
    return plain_softmax_loss(W, X, y)


def regularized_logistic_loss(theta: Array, X: Array, y: Array, reg: float) -> Loss:
    """Logistic loss with reg * sum(theta**2) without the bias theta[0]."""
    N = len(y)
    s = sigmoid(X @ theta)
    penalized = theta.copy()
    penalized[0] = 0
    loss = -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s)) + reg * np.sum(penalized**2)
    dtheta = X.T @ (s - y) / N + 2 * reg * penalized
    return loss, dtheta


@planted(
    "input changed",
    regularized_logistic_loss,
    lambda: (*given.binary(), 0.1),
    line=("penalized = theta", "penalized = theta.copy()"),
    source="dibgerge/ml-coursera-python-assignments#45 (First two grad values are incorrect)",
)
def second_name_for_theta(theta: Array, X: Array, y: Array, reg: float) -> Loss:
    """A second name for theta is taken for a copy: setting its bias to 0 sets theta's to 0.

    In Octave and MATLAB, where the exercise comes from, penalized = theta makes a copy.
    """
    N = len(y)
    s = sigmoid(X @ theta)
    penalized = theta
    penalized[0] = 0
    loss = -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s)) + reg * np.sum(penalized**2)
    dtheta = X.T @ (s - y) / N + 2 * reg * penalized
    return loss, dtheta
