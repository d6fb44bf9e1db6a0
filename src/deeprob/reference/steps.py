"""Optimizers: w, its gradient, the states, the step number t >= 1, hyperparameters -> the new w and states.

Each twice: the lecture's or the paper's lines, and ``<name>_as_computed`` in the order in which the kernel
computes, which gives its bits. In the arrays' dtype: a number becomes that dtype once, after it is computed
in float64.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


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
