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
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    rho: float,
    displacement: float,
    dampening: float = 0.0,
) -> Stepped:
    """L4-36 ("velocity"), L4-37 ("displacement"), with PyTorch's dampening, from the second step on."""
    (v,) = state
    if dampening and t > 1:
        dw = (1 - dampening) * dw
    if displacement:
        v = rho * v - learning_rate * dw
        return w + v, (v,)
    v = rho * v + dw
    return w - learning_rate * v, (v,)


def momentum_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    rho: float,
    displacement: float,
    dampening: float = 0.0,
) -> Stepped:
    """Compute v = rho v + a dw, w + b v: a factor of 1 changes nothing."""
    share = 1.0 if t == 1 else 1 - dampening
    a, b = (-learning_rate * share, 1.0) if displacement else (share, -learning_rate)
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


def root(squared: Array, eps: float, inside: float) -> Array:
    """Return what adaptive steps are divided by: sqrt(squared) + eps, or sqrt(squared + eps)."""
    return np.sqrt(squared + eps) if inside else np.sqrt(squared) + eps


def adagrad(
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    eps: float,
    lr_decay: float,
    inside: float = 0.0,
) -> Stepped:
    """L4-41, with PyTorch's lr_decay."""
    grad_squared = state[0] + dw * dw
    learning_rate = learning_rate / (1 + (t - 1) * lr_decay)
    return w - learning_rate * dw / root(grad_squared, eps, inside), (grad_squared,)


def adagrad_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    eps: float,
    lr_decay: float,
    inside: float = 0.0,
) -> Stepped:
    """Compute w + a dw / root(G)."""
    a = -learning_rate / (1 + (t - 1) * lr_decay)
    G = state[0] + dw * dw
    return w + a * dw / root(G, eps, inside), (G,)


def rmsprop(
    w: Array,
    dw: Array,
    state: tuple[Array],
    _t: int,
    learning_rate: float,
    decay_rate: float,
    eps: float,
    inside: float = 0.0,
) -> Stepped:
    """L4-43."""
    grad_squared = decay_rate * state[0] + (1 - decay_rate) * dw * dw
    return w - learning_rate * dw / root(grad_squared, eps, inside), (grad_squared,)


def rmsprop_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array],
    _t: int,
    learning_rate: float,
    decay_rate: float,
    eps: float,
    inside: float = 0.0,
) -> Stepped:
    """Compute w + a dw / root(G) with a = -learning_rate."""
    G = decay_rate * state[0] + (1 - decay_rate) * dw * dw
    return w + -learning_rate * dw / root(G, eps, inside), (G,)


def rmsprop_momentum(
    w: Array,
    dw: Array,
    state: tuple[Array, Array],
    _t: int,
    learning_rate: float,
    decay_rate: float,
    eps: float,
    inside: float,
    rho: float,
) -> Stepped:
    """L4-43 with a velocity of what is divided, as PyTorch's."""
    grad_squared = decay_rate * state[0] + (1 - decay_rate) * dw * dw
    v = rho * state[1] + dw / root(grad_squared, eps, inside)
    return w - learning_rate * v, (grad_squared, v)


def rmsprop_momentum_as_computed(
    w: Array, dw: Array, state: tuple[Array, Array], _t: int, learning_rate: float, *hyper: float
) -> Stepped:
    """Compute w + a v with a = -learning_rate."""
    _, states = rmsprop_momentum(w, dw, state, _t, learning_rate, *hyper)
    return w + -learning_rate * states[1], states


def rmsprop_centered(
    w: Array,
    dw: Array,
    state: tuple[Array, Array, Array],
    _t: int,
    learning_rate: float,
    decay_rate: float,
    eps: float,
    inside: float,
    rho: float,
) -> Stepped:
    """Graves 2013: divided by the standard deviation, E[g^2] - E[g]^2, here as its identity."""
    variance, v, mean = state
    variance = decay_rate * (variance + (1 - decay_rate) * (dw - mean) * (dw - mean))
    mean = decay_rate * mean + (1 - decay_rate) * dw
    v = rho * v + dw / root(variance, eps, inside)
    return w - learning_rate * v, (variance, v, mean)


def rmsprop_centered_as_computed(
    w: Array, dw: Array, state: tuple[Array, Array, Array], _t: int, learning_rate: float, *hyper: float
) -> Stepped:
    """Compute w + a v with a = -learning_rate."""
    _, states = rmsprop_centered(w, dw, state, _t, learning_rate, *hyper)
    return w + -learning_rate * states[1], states


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
    eps_mode: float = 0.0,
) -> Stepped:
    """L4-46, or without bias correction L4-44; eps as there (0), inside the root (1), eps-hat (2)."""
    moment1, moment2 = state
    moment1 = beta1 * moment1 + (1 - beta1) * dw
    moment2 = beta2 * moment2 + (1 - beta2) * dw * dw
    step = _adam_step(moment1, moment2, t, learning_rate, beta1, beta2, eps, bias_correction, eps_mode)
    return w - step, (moment1, moment2)


def _adam_step(
    moment1: Array,
    moment2: Array,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    bias_correction: float,
    eps_mode: float,
) -> Array:
    c1, c2 = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1.0, 1.0)
    if eps_mode == 2:
        return learning_rate * math.sqrt(c2) / c1 * moment1 / (np.sqrt(moment2) + eps)
    moment1_unbias, moment2_unbias = moment1 / c1, moment2 / c2
    return learning_rate * moment1_unbias / root(moment2_unbias, eps, eps_mode)


def adam_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    *rest: float,
) -> Stepped:
    """Compute the same with both corrections in the scalars: one root and one division an entry."""
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    a, r, outside, inside = _adam_scalars(t, learning_rate, beta1, beta2, *rest)
    return w + a * m / (np.sqrt(v + inside) * r + outside), (m, v)


def _adam_scalars(
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    bias_correction: float,
    eps_mode: float = 0.0,
) -> tuple[float, ...]:
    c1, c2 = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1.0, 1.0)
    r = 1 / math.sqrt(c2)
    outside = {0: eps, 1: 0.0, 2: eps * r}[int(eps_mode)]
    return -learning_rate / c1, r, outside, eps * c2 if eps_mode == 1 else 0.0


def amsgrad(
    w: Array,
    dw: Array,
    state: tuple[Array, Array, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    *rest: float,
) -> Stepped:
    """Adam (L4-46) divided by the largest second moment so far, as PyTorch's: before its correction."""
    _, (moment1, moment2) = adam(w, dw, state[:2], t, learning_rate, beta1, beta2, *rest)
    max_moment2 = np.maximum(state[2], moment2)
    step = _adam_step(moment1, max_moment2, t, learning_rate, beta1, beta2, *rest)
    return w - step, (moment1, moment2, max_moment2)


def amsgrad_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array, Array, Array],
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    *rest: float,
) -> Stepped:
    """Compute as `adam_as_computed`."""
    _, (m, v) = adam_as_computed(w, dw, state[:2], t, learning_rate, beta1, beta2, *rest)
    u = np.maximum(state[2], v)
    a, r, outside, inside = _adam_scalars(t, learning_rate, beta1, beta2, *rest)
    return w + a * m / (np.sqrt(u + inside) * r + outside), (m, v, u)
