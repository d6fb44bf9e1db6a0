"""Layers, whose output is an array: they return it with vjp(grad_output), which gives the gradients."""

from typing import Any

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Layer, softmax, softmax_layer


def _batch() -> tuple[Array]:
    return (np.random.RandomState(40).randn(3, 5) * 2,)


def huber_layer(x: Array) -> Layer:
    """0.5 x^2 up to 1, |x| - 0.5 beyond, entry by entry."""
    out = np.where(np.abs(x) <= 1, 0.5 * x**2, np.abs(x) - 0.5)

    def vjp(dout: Array) -> Any:
        dx = dout * np.clip(x, -1, 1)
        return dx

    return out, vjp


@planted(
    "grad_output",
    huber_layer,
    _batch,
    line=("dx = np.clip(x, -1, 1)", "dx = dout * np.clip(x, -1, 1)"),
    source="chainer/chainer#1175 (HuberLoss's backward() should not ignore gy); haifengl/smile#528",
)
def grad_output_ignored(x: Array) -> Layer:
    """The backward step returns the layer's own derivative and forgets what came from above.

    Where the layer is the last one and its gradient is 1, nothing is missing.
    """
    out = np.where(np.abs(x) <= 1, 0.5 * x**2, np.abs(x) - 0.5)

    def vjp(dout: Array) -> Any:
        dx = np.clip(x, -1, 1)
        return dx

    return out, vjp


def leaky_relu(x: Array, slope: float) -> Layer:
    """X where it is positive, slope * x elsewhere."""
    out = np.where(x > 0, x, slope * x)

    def vjp(dout: Array) -> Any:
        dx = dout * np.where(x > 0, 1, slope)
        return dx

    return out, vjp


@planted(
    "other",
    leaky_relu,
    lambda: (*_batch(), 0.3),
    line=("dx = dout * np.where(x > 0, 1, 0)", "dx = dout * np.where(x > 0, 1, slope)"),
    source="scientific-computing/FKB#15 (Wrong derivative of leaky-relu activation); "
    "deeplearning4j/deeplearning4j#8178",
)
def leaky_relu_without_slope(x: Array, slope: float) -> Layer:
    """The backward step is that of ReLU: 0 where the input is negative, not the slope.

    The layer was made from ReLU, and only its forward line was changed.
    """
    out = np.where(x > 0, x, slope * x)

    def vjp(dout: Array) -> Any:
        dx = dout * np.where(x > 0, 1, 0)
        return dx

    return out, vjp


@planted(
    "other",
    softmax_layer,
    given.scores,
    line=(
        "ds = p * (dp - dp * p)",
        "ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))",
    ),
    source="deeplearning4j/libnd4j#440 (Softmax derivative implementation incorrect); "
    "SebLague/Neural-Network-Experiments#5",
)
def softmax_diagonal(s: Array) -> Layer:
    """Only the diagonal p_i (1 - p_i) of softmax's Jacobian is used.

    Softmax stands in a list of activations that go entry by entry, but every output depends on all scores.
    """
    p = softmax(s)

    def vjp(dp: Array) -> Any:
        ds = p * (dp - dp * p)
        return ds

    return p, vjp


@planted(
    "other",
    softmax_layer,
    given.scores,
    line=("ds = dp", "ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))"),
    source="pjreddie/darknet#96 (Backward pass for softmax_layer was implemented incorrectly)",
)
def softmax_passes_through(s: Array) -> Layer:
    """The backward step of softmax hands the gradient on as it is.

    That works where the loss behind it returns p - y, the gradient of both together.
    """
    p = softmax(s)

    def vjp(dp: Array) -> Any:
        ds = dp
        return ds

    return p, vjp


def batch_norm(x: Array, gamma: Array, beta: Array) -> Layer:
    """Normalize every column over the batch, then scale by gamma and shift by beta."""
    std = np.sqrt(x.var(axis=0) + 1e-5)
    xhat = (x - x.mean(axis=0)) / std
    out = gamma * xhat + beta

    def vjp(dout: Array) -> Any:
        g = dout * gamma
        dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / std
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)

    return out, vjp


def _normalized() -> tuple[Array, Array, Array]:
    rng = np.random.RandomState(41)
    return rng.randn(5, 3), rng.randn(3), rng.randn(3)


@planted(
    "other",
    batch_norm,
    _normalized,
    line=("dx = g / std", "dx = (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0)) / std"),
    source="mlpack/mlpack#1923 (Backward() implemented incorrectly in BatchNorm Layer); mlpack/mlpack#1327",
)
def batch_norm_constants(x: Array, gamma: Array, beta: Array) -> Layer:
    """Mean and variance are treated as constants, although they are computed from x.

    At test time they are constants, and the backward step of then is taken for training.
    """
    std = np.sqrt(x.var(axis=0) + 1e-5)
    xhat = (x - x.mean(axis=0)) / std
    out = gamma * xhat + beta

    def vjp(dout: Array) -> Any:
        g = dout * gamma
        dx = g / std
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)

    return out, vjp


def unit_rows(x: Array) -> Layer:
    """Every row divided by its norm."""
    norm = np.sqrt((x**2).sum(axis=1, keepdims=True))
    out = x / norm

    def vjp(dout: Array) -> Any:
        dx = (dout - out * (dout * out).sum(axis=1, keepdims=True)) / norm
        return dx

    return out, vjp


@planted(
    "other",
    unit_rows,
    _batch,
    line=(
        "dx = dout / norm",
        "dx = (dout - out * (dout * out).sum(axis=1, keepdims=True)) / norm",
    ),
    source="wy1iu/sphereface#2 (question about gradient calculation with respect to weight)",
)
def norm_constant(x: Array) -> Layer:
    """The norm that x is divided by is treated as a constant.

    A longer x is the same unit vector: the right gradient has no part along x.
    """
    norm = np.sqrt((x**2).sum(axis=1, keepdims=True))
    out = x / norm

    def vjp(dout: Array) -> Any:
        dx = dout / norm
        return dx

    return out, vjp


def enlarge_and_pool(x: Array) -> Layer:
    """Repeat every entry, then take the largest of every four."""
    windows = np.repeat(x, 2).reshape(-1, 4)
    out = windows.max(axis=1)

    def vjp(dout: Array) -> Any:
        winner = np.arange(4) == windows.argmax(axis=1)[:, None]
        dx = (winner * dout[:, None]).reshape(-1, 2).sum(axis=1)
        return dx

    return out, vjp


def _signal() -> tuple[Array]:
    return (np.random.RandomState(43).randn(8),)


@planted(
    "factor",
    enlarge_and_pool,
    _signal,
    line=("winner = windows == out[:, None]", "winner = np.arange(4) == windows.argmax(axis=1)[:, None]"),
    source="Theano/Theano#5404 (Max pooling gradient corner case consistency); Theano/Theano#5248",
)
def max_pool_all_ties(x: Array) -> Layer:
    """Every entry that equals the maximum gets the whole gradient, so that ties get it twice.

    Comparing with the maximum is shorter than keeping its index; enlarged images and flat areas are full of
    ties.
    """
    windows = np.repeat(x, 2).reshape(-1, 4)
    out = windows.max(axis=1)

    def vjp(dout: Array) -> Any:
        winner = windows == out[:, None]
        dx = (winner * dout[:, None]).reshape(-1, 2).sum(axis=1)
        return dx

    return out, vjp


def average_pool(x: Array) -> Layer:
    """Mean of every three entries; the last window may be shorter."""
    starts = np.arange(0, len(x), 3)
    sizes = np.minimum(3, len(x) - starts)
    out = np.add.reduceat(x, starts) / sizes

    def vjp(dout: Array) -> Any:
        dx = np.repeat(dout / sizes, sizes)
        return dx

    return out, vjp


@planted(
    "other",
    average_pool,
    _signal,
    line=("dx = np.repeat(dout / 3, sizes)", "dx = np.repeat(dout / sizes, sizes)"),
    source="pytorch/pytorch#198119 (avg_pool backward divides the last window by the full kernel size); "
    "tracel-ai/cubek#648",
)
def average_pool_last_window(x: Array) -> Layer:
    """The shorter window at the end is divided by its size, its gradient by 3.

    Sizes that are multiples of 3, as most tests have, do not show it.
    """
    starts = np.arange(0, len(x), 3)
    sizes = np.minimum(3, len(x) - starts)
    out = np.add.reduceat(x, starts) / sizes

    def vjp(dout: Array) -> Any:
        dx = np.repeat(dout / 3, sizes)
        return dx

    return out, vjp


def convolution(x: Array, kernel: Array) -> Layer:
    """Slide a kernel along x, as convolutional layers do: out[i] = sum_k x[i + k] kernel[k]."""
    out = np.correlate(x, kernel, "valid")

    def vjp(dout: Array) -> Any:
        dx = np.convolve(dout, kernel, "full")
        dkernel = np.correlate(x, dout, "valid")
        return dx, dkernel

    return out, vjp


@planted(
    "other",
    convolution,
    lambda: (*_signal(), np.array([0.5, -1.0, 2.0])),
    line=('dx = np.correlate(dout, kernel, "full")', 'dx = np.convolve(dout, kernel, "full")'),
    source="nntrainer/nntrainer#705 (Conv2d backward fix: multiply 180 rotated weight); "
    "ddbourgin/numpy-ml#27",
)
def kernel_not_flipped(x: Array, kernel: Array) -> Layer:
    """The gradient slides the kernel as the forward step does; it has to slide it turned round.

    For symmetric kernels there is no difference.
    """
    out = np.correlate(x, kernel, "valid")

    def vjp(dout: Array) -> Any:
        dx = np.correlate(dout, kernel, "full")
        dkernel = np.correlate(x, dout, "valid")
        return dx, dkernel

    return out, vjp
