"""Layers of networks: x of shape (N, F), an example a row, forward and backward.

In the arrays' dtype, but for sums over examples and what depends on them, which are float64 (or wider, if x
is) and rounded once to the dtype of x. Those called ``<name>_as_computed`` compute in the kernel's order,
which gives its bits. The gradients take the loss's gradient by the output, of the output's shape.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def add_bias(x: Array, b: Array) -> Array:
    """Compute y_n = x_n + b."""
    return x + b


def sum_rows(grad: Array) -> Array:
    """Compute the bias's gradient, db = sum_n dy_n, summed in float64."""
    total: Array = np.sum(_wide(grad), axis=0)
    return total.astype(grad.dtype)


def sum_rows_as_computed(grad: Array) -> Array:
    """Compute sum_rows in the kernel's order."""
    return _sum_in_order(_wide(grad), 4).astype(grad.dtype)


def relu(x: Array) -> Array:
    """Compute y = max(x, 0); NaN and -0 stay what they are."""
    return np.where(x < 0, x.dtype.type(0), x)


def relu_backward(grad: Array, y: Array) -> Array:
    """Compute dx = dy where y > 0, else 0: the subgradient 0 at the kink. y is relu's output or input."""
    return np.where(y > 0, grad, grad.dtype.type(0))


def dropout(x: Array, bits: Array, threshold: int, scale: float) -> Array:
    """Inverted dropout (Srivastava et al. 2014, section 10): x scale where bits >= threshold, else 0.

    `bits` are random numbers of 16 bits: with threshold = p 2^16 a value is dropped with the probability p,
    and scale = 1 / (1 - p) keeps the expectation. The gradient by x is the same function of dy.
    """
    scaled: Array = x * x.dtype.type(scale)
    return np.where(bits >= threshold, scaled, x.dtype.type(0))


def add_scaled(x: Array, y: Array, scale: float) -> Array:
    """Compute x + scale y, a residual block (He et al. 2016; Huang et al. 2016 scale it when evaluating)."""
    scaled: Array = x.dtype.type(scale) * y
    return x + scaled


def batch_norm(x: Array, gamma: Array, beta: Array, eps: float) -> tuple[Array, Array, Array]:
    """Batch normalization in training (Ioffe and Szegedy 2015, algorithm 1): y, mean, inv_std.

    mean = 1/N sum_n x_n, var = 1/N sum_n (x_n - mean)^2, inv_std = 1 / sqrt(var + eps),
    y = gamma (x - mean) inv_std + beta.
    """
    wide = _wide(x)
    mean = np.mean(wide, axis=0)
    inv_std = 1 / np.sqrt(np.mean((wide - mean) ** 2, axis=0) + eps)
    return batch_norm_apply(x, gamma, beta, mean, inv_std), mean, inv_std


def batch_norm_as_computed(x: Array, gamma: Array, beta: Array, eps: float) -> tuple[Array, Array, Array]:
    """Compute batch_norm with sums in the kernel's order."""
    wide, N = _wide(x), len(x)
    mean = _sum_in_order(wide, 4) / N
    inv_std = 1 / np.sqrt(_sum_in_order((wide - mean) ** 2, 2) / N + eps)
    return batch_norm_apply_as_computed(x, gamma, beta, mean, inv_std), mean, inv_std


def batch_norm_apply(x: Array, gamma: Array, beta: Array, mean: Array, inv_std: Array) -> Array:
    """Compute y = gamma (x - mean) inv_std + beta, mean and inv_std from elsewhere: evaluation."""
    y: Array = gamma * ((x - mean) * inv_std) + beta
    return y.astype(x.dtype)


def batch_norm_apply_as_computed(x: Array, gamma: Array, beta: Array, mean: Array, inv_std: Array) -> Array:
    """Compute y = a (x - hi) + (beta - lo a), a = gamma inv_std and hi + lo = mean, hi of x's dtype."""
    T, hi, scale = x.dtype, mean.astype(x.dtype), gamma * inv_std
    y: Array = (x - hi) * scale.astype(T) + (beta - (mean - hi) * scale).astype(T)
    return y


def batch_norm_backward(
    grad: Array, x: Array, gamma: Array, mean: Array, inv_std: Array, training: bool
) -> tuple[Array, Array, Array]:
    """Compute dx, dgamma, dbeta (Ioffe and Szegedy 2015, section 3, simplified).

    xhat = (x - mean) inv_std, dgamma = sum_n dy_n xhat_n, dbeta = sum_n dy_n, and in training, where mean and
    inv_std depend on x, dx = gamma inv_std (dy - dbeta / N - xhat dgamma / N); else dx = gamma inv_std dy.
    """
    dy, xhat, N = _wide(grad), (x - mean) * inv_std, len(x)
    dgamma, dbeta = np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)
    dx = gamma * inv_std * (dy - dbeta / N - xhat * (dgamma / N) if training else dy)
    return dx.astype(x.dtype), dgamma.astype(x.dtype), dbeta.astype(x.dtype)


def batch_norm_backward_as_computed(
    grad: Array, x: Array, gamma: Array, mean: Array, inv_std: Array, training: bool
) -> tuple[Array, Array, Array]:
    """Compute dx = a ((dy - (dbeta / N - lo k)) - k (x - hi)), k = inv_std (dgamma / N), else as above."""
    T, hi, N, dy = x.dtype, mean.astype(x.dtype), len(x), _wide(grad)
    dbeta = _sum_in_order(dy, 2)
    dgamma = inv_std * _sum_in_order(dy * (x - mean), 2)
    slope = inv_std * (dgamma / N)
    if training:
        grad = (grad - (dbeta / N - (mean - hi) * slope).astype(T)) - (x - hi) * slope.astype(T)
    return (gamma * inv_std).astype(T) * grad, dgamma.astype(T), dbeta.astype(T)


def _wide(x: Array) -> Array:
    """At least float64."""
    return x.astype(np.result_type(x, np.float64))


def _sum_in_order(values: Array, together: int) -> Array:
    """Sum rows: in blocks of 256, in each 2 or 4 at a time in a tree, the rest one by one."""
    total = np.zeros(values.shape[1:], values.dtype)
    for first in range(0, len(values), 256):
        part, block = np.zeros_like(total), values[first : first + 256]
        whole = len(block) // together * together
        for i in range(0, whole, together):
            four = block[i : i + together]
            part = part + (four[0] + four[1] if together == 2 else (four[0] + four[1]) + (four[2] + four[3]))
        for row in block[whole:]:
            part = part + row
        total = total + part
    return total
