"""A plain NumPy twin of every kernel: the tests' oracle, and reading text for students.

Everything here is short, float64 unless the input says otherwise, and as close to the lecture's formulas
as right answers allow. `deeprob` itself never calls it.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def scores(W: Array, X: Array, b: Array | None = None) -> Array:
    """S = W x + b for each row x of X: (C, D), (N, D) -> (N, C)."""
    s = X @ W.T
    return s if b is None else s + b


def predict(W: Array, X: Array, b: Array | None = None) -> Array:
    """Pick the class with the largest score."""
    labels: Array = np.argmax(scores(W, X, b), axis=1)
    return labels


def accuracy(W: Array, X: Array, y: Array, b: Array | None = None) -> float:
    """Return the share of examples whose predicted class is their label."""
    return float(np.mean(predict(W, X, b) == y))


# ---- losses: scores (N, C) and labels (N,) -> losses (N,) and their gradients (N, C) -


def softmax(s: Array, y: Array) -> tuple[Array, Array]:
    """L_i = -log(exp(s_y) / sum_j exp(s_j)), dL_i/ds = p - onehot(y).

    With m the largest score, L_i = log(1 + sum of the other exp(s_j - m)) + (m - s_y): neither a large
    score nor a loss near 0 loses digits.
    """
    rows = np.arange(len(y))
    top = np.argmax(s, axis=1)
    e = np.exp(s - s[rows, top][:, None])
    others = e.copy()
    others[rows, top] = 0
    losses = np.log1p(others.sum(axis=1)) + (s[rows, top] - s[rows, y])
    gradient = e / (1 + others.sum(axis=1))[:, None]
    gradient[rows, y] = 0
    gradient[rows, y] = -gradient.sum(axis=1)  # p_y - 1 = -(the other p), without cancellation
    return losses, gradient


def svm(s: Array, y: Array, delta: float = 1.0) -> tuple[Array, Array]:
    """L_i = sum over j != y of max(0, s_j - s_y + delta); dL_i/ds_j = 1 where the margin is violated."""
    rows = np.arange(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + delta)
    margins[rows, y] = 0
    gradient = (margins > 0).astype(s.dtype)
    gradient[rows, y] = -gradient.sum(axis=1)
    return margins.sum(axis=1), gradient


# ---- regularizers: W -> value, gradient ----------------------------------------------


def l2(W: Array) -> tuple[float, Array]:
    """R(W) = sum of W^2."""
    return float(np.sum(W**2)), 2 * W


def l1(W: Array) -> tuple[float, Array]:
    """R(W) = sum of abs(W)."""
    return float(np.sum(np.abs(W))), np.sign(W)


def elastic_net(W: Array, l1_ratio: float = 0.5) -> tuple[float, Array]:
    """R(W) = l1_ratio sum abs(W) + (1 - l1_ratio) sum W^2."""
    (a, da), (b, db) = l1(W), l2(W)
    return l1_ratio * a + (1 - l1_ratio) * b, l1_ratio * da + (1 - l1_ratio) * db


# ---- the whole loss ------------------------------------------------------------------


def linear_loss(
    loss: str | Callable[..., tuple[Array, Array]],
    W: Array,
    X: Array,
    y: Array,
    reg: float = 0.0,
    *,
    b: Array | None = None,
    reg_type: str = "l2",
    l1_ratio: float = 0.5,
    index: Array | None = None,
    **parameters: float,
) -> tuple[float, Array, Array]:
    """L(W) = (1/N) sum_i L_i + reg R(W), with dW and db.

    ``loss`` is a function of this module or its name.
    """
    per_example = globals()[loss] if isinstance(loss, str) else loss
    if index is not None:
        X, y = X[index], y[index]
    losses, ds = per_example(scores(W, X, b), y, **parameters)
    N = len(y)
    value, gradient = {
        "l2": lambda: l2(W),
        "l1": lambda: l1(W),
        "elastic": lambda: elastic_net(W, l1_ratio),
    }[reg_type]()
    return float(losses.mean() + reg * value), ds.T @ X / N + reg * gradient, ds.sum(axis=0) / N


# ---- optimization --------------------------------------------------------------------


def random_search(
    L: Callable[[Array, Array, Array], float],
    X_train: Array,
    Y_train: Array,
    shape: tuple[int, int],
    num_tries: int,
) -> tuple[Array, float]:
    """Run the lecture's loop, in Python 3: columns of X_train are examples; seed with np.random.seed."""
    bestloss = float("inf")
    for num in range(num_tries):
        W = np.random.randn(*shape) * 0.0001  # generate random parameters
        loss = L(X_train, Y_train, W)  # get the loss over the entire training set
        if loss < bestloss:  # keep track of the best solution
            bestloss = loss
            bestW = W
        print("in attempt %d the loss was %f, best %f" % (num, loss, bestloss))  # noqa: UP031 (the slide's)
    return bestW, bestloss


def gradient_descent(
    compute_gradient: Callable[[Array], Array], w: Array, learning_rate: float, num_steps: int
) -> Array:
    """Run the lecture's vanilla gradient descent."""
    for _ in range(num_steps):
        dw = compute_gradient(w)
        w = w - learning_rate * dw
    return w


# ---- optimizers: w, dw, the states, t >= 1, hyperparameters -> the new w and states --
#
# Each twice: the lecture's lines, and in the order in which the kernel computes, which gives its bits. In the
# arrays' dtype: a number becomes that dtype once, after it is computed in float64.

Stepped = tuple[Array, tuple[Array, ...]]


def sgd(w: Array, dw: Array, _state: tuple[()], _t: int, learning_rate: float) -> Stepped:
    """L4-36."""
    return w - learning_rate * dw, ()


def sgd_as_computed(w: Array, dw: Array, _state: tuple[()], _t: int, learning_rate: float) -> Stepped:
    """Compute w + a dw with a = -learning_rate."""
    return w + -learning_rate * dw, ()


def momentum(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, rho: float, displacement: float
) -> Stepped:
    """L4-36 ("velocity"), L4-37 ("displacement")."""
    (v,) = state
    if displacement:
        v = rho * v - learning_rate * dw
        return w + v, (v,)
    v = rho * v + dw
    return w - learning_rate * v, (v,)


def momentum_as_computed(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, rho: float, displacement: float
) -> Stepped:
    """Compute v = rho v + a dw, w + b v: a factor of 1 changes nothing."""
    a, b = (-learning_rate, 1.0) if displacement else (1.0, -learning_rate)
    v = rho * state[0] + a * dw
    return w + b * v, (v,)


def prepared(
    w: Array, dw: Array, lr: float, scale: float, clip: float, l2: float, coupled: float, fixed: float
) -> tuple[Array, Array]:
    """Return what comes before every step: w after its decay, and the gradient that the step takes.

    As computed: each factor in float64 first, and what changes nothing left out.
    """
    dw = scale * np.clip(dw, -clip, clip)
    if l2:
        dw = dw + l2 * w
    keep = 1 - (lr * coupled + fixed)
    return (w * keep if keep != 1 else w), dw


def nesterov(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, rho: float, formulation: float
) -> Stepped:
    """L4-39 ("lookahead", 0: dw is the gradient at w + rho v), L4-40 ("rearranged", 1), PyTorch's (2)."""
    (v,) = state
    if formulation == 0:
        v = rho * v - learning_rate * dw
        return w + v, (v,)
    if formulation == 1:
        old_v = v
        v = rho * v - learning_rate * dw
        return w - (rho * old_v - (1 + rho) * v), (v,)
    v = rho * v + dw
    return w - learning_rate * (dw + rho * v), (v,)


def nesterov_as_computed(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, rho: float, formulation: float
) -> Stepped:
    """Compute v = rho v + a dw, w - (b old v - c v) + d dw."""
    a, b, c, d = {
        0: (-learning_rate, 0.0, 1.0, 0.0),
        1: (-learning_rate, rho, 1 + rho, 0.0),
        2: (1.0, 0.0, -learning_rate * rho, -learning_rate),
    }[int(formulation)]
    v = rho * state[0] + a * dw
    return w - (b * state[0] - c * v) + d * dw, (v,)


def adagrad(
    w: Array, dw: Array, state: tuple[Array], t: int, learning_rate: float, eps: float, lr_decay: float
) -> Stepped:
    """L4-41, with PyTorch's lr_decay."""
    grad_squared = state[0] + dw * dw
    learning_rate = learning_rate / (1 + (t - 1) * lr_decay)
    return w - learning_rate * dw / (np.sqrt(grad_squared) + eps), (grad_squared,)


def adagrad_as_computed(
    w: Array, dw: Array, state: tuple[Array], t: int, learning_rate: float, eps: float, lr_decay: float
) -> Stepped:
    """Compute w + a dw / (sqrt(G) + eps)."""
    a = -learning_rate / (1 + (t - 1) * lr_decay)
    G = state[0] + dw * dw
    return w + a * dw / (np.sqrt(G) + eps), (G,)


def rmsprop(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, decay_rate: float, eps: float
) -> Stepped:
    """L4-43."""
    grad_squared = decay_rate * state[0] + (1 - decay_rate) * dw * dw
    return w - learning_rate * dw / (np.sqrt(grad_squared) + eps), (grad_squared,)


def rmsprop_as_computed(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, decay_rate: float, eps: float
) -> Stepped:
    """Compute w + a dw / (sqrt(G) + eps) with a = -learning_rate."""
    G = decay_rate * state[0] + (1 - decay_rate) * dw * dw
    return w + -learning_rate * dw / (np.sqrt(G) + eps), (G,)


def adam(
    w: Array,
    dw: Array,
    state: tuple[Array, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    bias_correction: float,
) -> Stepped:
    """L4-46, or without bias correction L4-44."""
    moment1, moment2 = state
    moment1 = beta1 * moment1 + (1 - beta1) * dw
    moment2 = beta2 * moment2 + (1 - beta2) * dw * dw
    moment1_unbias, moment2_unbias = moment1, moment2
    if bias_correction:
        moment1_unbias = moment1 / (1 - beta1**t)
        moment2_unbias = moment2 / (1 - beta2**t)
    return w - learning_rate * moment1_unbias / (np.sqrt(moment2_unbias) + eps), (moment1, moment2)


def adam_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    bias_correction: float,
) -> Stepped:
    """Compute the same with both corrections in the scalars: one root and one division an entry."""
    c1, c2 = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1.0, 1.0)
    a, r = -learning_rate / c1, 1 / math.sqrt(c2)
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    return w + a * m / (np.sqrt(v) * r + eps), (m, v)


def numeric_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """(f(x + h) - f(x - h)) / 2h, entry by entry."""
    gradient = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[at] = h
        gradient[at] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


# ---- quasi-Newton: pairs s = x' - x, y = g' - g, the oldest first ----------------------


def bfgs_inverse(H: Array, s: Array, y: Array) -> Array:
    """H <- (I - s y' / y's) H (I - y s' / y's) + s s' / y's (Nocedal and Wright 2006, (6.17))."""
    ys = y @ s
    V = np.eye(len(s)) - np.outer(y, s) / ys
    updated: Array = V.T @ H @ V + np.outer(s, s) / ys
    return updated


def lbfgs_direction(g: Array, pairs: list[tuple[Array, Array]]) -> Array:
    """D = -H g by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4)."""
    q, alphas = g.copy(), []
    for s, y in reversed(pairs):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    s, y = pairs[-1]
    r: Array = (y @ s) / (y @ y) * q
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        beta = (y @ r) / (y @ s)
        r = r + (alpha - beta) * s
    return -r
