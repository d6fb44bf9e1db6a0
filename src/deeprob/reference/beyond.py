"""Optimizers beyond the lecture's, in the form of `steps`: the papers' lines, and as the kernels compute."""

import math

import numpy as np

from .steps import Array, Stepped

Two = tuple[Array, Array]
Three = tuple[Array, Array, Array]


def adamax(
    w: Array, dw: Array, state: Two, t: int, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Stepped:
    """Kingma and Ba 2015, Algorithm 2, with PyTorch's eps."""
    m = beta1 * state[0] + (1 - beta1) * dw
    u = np.maximum(beta2 * state[1], np.abs(dw) + eps)
    return w - learning_rate / (1 - beta1**t) * m / u, (m, u)


def adamax_as_computed(
    w: Array, dw: Array, state: Two, t: int, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Stepped:
    """Compute w + a m / u."""
    a = -learning_rate / (1 - beta1**t)
    m = beta1 * state[0] + (1 - beta1) * dw
    u = np.maximum(beta2 * state[1], np.abs(dw) + eps)
    return w + a * m / u, (m, u)


def nadam(
    w: Array,
    dw: Array,
    state: Two,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    momentum_decay: float,
) -> Stepped:
    """Dozat 2016 as PyTorch has it; the product of all mu by its factors."""
    mu = beta1 * (1 - 0.5 * 0.96 ** (np.arange(1, t + 2) * momentum_decay))
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    m_hat = mu[t] * m / (1 - np.prod(mu)) + (1 - mu[t - 1]) * dw / (1 - np.prod(mu[:t]))
    return w - learning_rate * m_hat / (np.sqrt(v / (1 - beta2**t)) + eps), (m, v)


def nadam_product(log_q: float, t: float) -> float:
    """Return prod_{i <= t} (1 - q^i / 2) from t alone, as the kernel does."""
    total, weight = 0.0, 1.0
    for k in range(1, 51):
        x = k * log_q
        weight *= 0.5
        total += weight / k * math.exp(x) * (t if x == 0 else math.expm1(t * x) / math.expm1(x))
    return math.exp(-total)


def nadam_as_computed(
    w: Array,
    dw: Array,
    state: Two,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    momentum_decay: float,
) -> Stepped:
    """Compute w + (a dw + b m) / (sqrt(v) r + eps)."""
    log_q, now = momentum_decay * math.log(0.96), float(t)
    mu = beta1 * (1 - 0.5 * math.exp(now * log_q))
    after = beta1 * (1 - 0.5 * math.exp((now + 1) * log_q))
    product = beta1**now * nadam_product(log_q, now)
    a, b = -learning_rate * (1 - mu) / (1 - product), -learning_rate * after / (1 - product * after)
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    return w + (a * dw + b * m) / (np.sqrt(v) * (1 / math.sqrt(1 - beta2**now)) + eps), (m, v)


def radam(
    w: Array, dw: Array, state: Two, t: int, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Stepped:
    """Liu et al. 2020, Algorithm 2, with PyTorch's 5 and eps."""
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    m_hat = m / (1 - beta1**t)
    rho_inf = 2 / (1 - beta2) - 1
    rho = rho_inf - 2 * t * beta2**t / (1 - beta2**t)
    if rho <= 5:
        return w - learning_rate * m_hat, (m, v)
    adaptive = math.sqrt(1 - beta2**t) / (np.sqrt(v) + eps)
    rect = math.sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))
    return w - learning_rate * m_hat * rect * adaptive, (m, v)


def radam_as_computed(
    w: Array, dw: Array, state: Two, t: int, learning_rate: float, beta1: float, beta2: float, eps: float
) -> Stepped:
    """Compute w + a m or w + a m / (sqrt(v) + eps)."""
    power = beta2 ** float(t)
    c2 = 1 - power
    most = 2 / (1 - beta2) - 1
    rho = most - 2 * float(t) * power / c2
    a = -learning_rate / (1 - beta1 ** float(t))
    m = beta1 * state[0] + (1 - beta1) * dw
    v = beta2 * state[1] + (1 - beta2) * dw * dw
    if rho <= 5:
        return w + a * m, (m, v)
    a *= math.sqrt(c2) * math.sqrt((rho - 4) / (most - 4) * (rho - 2) / (most - 2) * most / rho)
    return w + a * m / (np.sqrt(v) + eps), (m, v)


def adadelta(
    w: Array, dw: Array, state: Two, _t: int, learning_rate: float, rho: float, eps: float
) -> Stepped:
    """Zeiler 2012, Algorithm 1, with a learning rate."""
    grad_squared = rho * state[0] + (1 - rho) * dw * dw
    step = np.sqrt(state[1] + eps) / np.sqrt(grad_squared + eps) * dw
    step_squared = rho * state[1] + (1 - rho) * step * step
    return w - learning_rate * step, (grad_squared, step_squared)


adadelta_as_computed = adadelta


def rprop(
    w: Array,
    dw: Array,
    state: Two,
    t: int,
    learning_rate: float,
    eta_minus: float,
    eta_plus: float,
    smallest: float,
    largest: float,
) -> Stepped:
    """Riedmiller and Braun 1993, without stepping back, as PyTorch has it."""
    old, size = state
    if t == 1:
        old, size = np.zeros_like(w), np.full_like(w, learning_rate)
    turn = np.nan_to_num(np.sign(dw)) * np.nan_to_num(np.sign(old))
    factor = np.where(turn > 0, eta_plus, np.where(turn < 0, eta_minus, 1.0)).astype(w.dtype)
    size = np.clip(size * factor, smallest, largest)
    dw = np.where(turn < 0, np.zeros_like(dw), dw)
    return w - np.sign(dw) * size, (dw, size)


rprop_as_computed = rprop


def asgd(
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    lambd: float,
    alpha: float,
    t0: float,
) -> Stepped:
    """Polyak and Juditsky 1992 as PyTorch has it."""
    eta = learning_rate / (1 + lambd * learning_rate * (t - 1)) ** alpha
    w = w * (1 - lambd * eta) - eta * dw
    mu = 1 / max(1.0, t - 1 - t0)
    return w, (w if mu == 1 else state[0] + mu * (w - state[0]),)


def asgd_as_computed(
    w: Array,
    dw: Array,
    state: tuple[Array],
    t: int,
    learning_rate: float,
    lambd: float,
    alpha: float,
    t0: float,
) -> Stepped:
    """Compute keep w + a dw."""
    past = float(t - 1)
    eta = learning_rate / (1 + lambd * learning_rate * past) ** alpha
    w = (1 - lambd * eta) * w + -eta * dw
    part = 1 / (past - t0) if past - t0 > 1 else 1.0
    return w, (w if part == 1 else state[0] + part * (w - state[0]),)


def lion(
    w: Array, dw: Array, state: tuple[Array], _t: int, learning_rate: float, beta1: float, beta2: float
) -> Stepped:
    """Chen et al. 2023, Algorithm 2."""
    (m,) = state
    update = np.sign(beta1 * m + (1 - beta1) * dw)
    return w - learning_rate * update, (beta2 * m + (1 - beta2) * dw,)


lion_as_computed = lion


def adabelief(
    w: Array,
    dw: Array,
    state: Two,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    eps_root: float,
) -> Stepped:
    """Zhuang et al. 2020, Algorithm 2."""
    m = beta1 * state[0] + (1 - beta1) * dw
    s = beta2 * state[1] + (1 - beta2) * (dw - m) ** 2 + eps_root
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(s_hat) + eps), (m, s)


def adabelief_as_computed(
    w: Array,
    dw: Array,
    state: Two,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    eps_root: float,
) -> Stepped:
    """Compute both corrections in the scalars, and rest gap gap from the left."""
    a, r = -learning_rate / (1 - beta1**t), 1 / math.sqrt(1 - beta2**t)
    m = beta1 * state[0] + (1 - beta1) * dw
    gap = dw - m
    s = beta2 * state[1] + (1 - beta2) * gap * gap + eps_root
    return w + a * m / (np.sqrt(s) * r + eps), (m, s)


def schedule_free_sgd(
    y: Array, dy: Array, state: Two, t: int, learning_rate: float, beta: float, c: float
) -> Stepped:
    """Defazio et al. 2024, equations 3 to 5; z = x = y at first."""
    z, x = (y, y) if t == 1 else state
    z = z - learning_rate * dy
    x = x + c * (z - x)
    return z + beta * (x - z), (z, x)


def schedule_free_sgd_as_computed(
    y: Array, dy: Array, state: Two, _t: int, learning_rate: float, beta: float, c: float
) -> Stepped:
    """Let z have what moved y since the last step, which is y itself when z and x are 0."""
    z, x = state
    z = z + ((y - (z + beta * (x - z))) + -learning_rate * dy)
    x = x + c * (z - x)
    return z + beta * (x - z), (z, x)


def schedule_free_adamw(
    y: Array,
    dy: Array,
    state: Three,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    c: float,
) -> Stepped:
    """Defazio et al. 2024, Algorithm 1; z = x = y at first."""
    z, x = (y, y) if t == 1 else state[:2]
    v = beta2 * state[2] + (1 - beta2) * dy * dy
    z = z - learning_rate * dy / (np.sqrt(v / (1 - beta2**t)) + eps)
    x = x + c * (z - x)
    return z + beta1 * (x - z), (z, x, v)


def schedule_free_adamw_as_computed(
    y: Array,
    dy: Array,
    state: Three,
    t: int,
    learning_rate: float,
    beta1: float,
    beta2: float,
    eps: float,
    c: float,
) -> Stepped:
    """Compute the same with the correction in a scalar; see `schedule_free_sgd_as_computed`."""
    z, x, v = state
    left = z + beta1 * (x - z)
    v = beta2 * v + (1 - beta2) * dy * dy
    root = np.sqrt(v) * (1 / math.sqrt(1 - beta2**t))
    z = z + ((y - left) + -learning_rate * dy / (root + eps))
    x = x + c * (z - x)
    return z + beta1 * (x - z), (z, x, v)
