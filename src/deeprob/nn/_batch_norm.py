"""Batch normalization."""

from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count, as_positive, as_real
from ._arrays import Array
from ._layer import Layer
from ._rows import DTypeLike, as_dtype, as_rows


class BatchNorm(Layer):
    r"""Batch normalization of each feature: gamma (x - mean) / sqrt(var + eps) + beta.

    In training mean and var are the batch's (var divided by N); in evaluation they are the running ones, of
    which each training batch moves, with PyTorch's definitions (``torch.nn.BatchNorm1d``),

        running_mean <- (1 - momentum) running_mean + momentum mean
        running_var  <- (1 - momentum) running_var  + momentum var N / (N - 1)

    (Ioffe and Szegedy 2015, algorithms 1 and 2, which have the unbiased variance in evaluation, too).

    Parameters
    ----------
    features : int
        F, the size of a row.
    eps : float
        Added to the variance; larger than 0.
    momentum : float or None
        The share of the newest batch, in 0..1; None takes the mean over all batches instead.
    dtype : float32 or float64
        The dtype of parameters and running statistics, in which the layer computes; sums over examples are
        float64.

    Attributes
    ----------
    gamma, beta : (F,) array
        Begin at 1 and 0.
    running_mean, running_var : (F,) array
        Begin at 0 and 1.
    num_batches_tracked : array of an int64
        Training batches so far.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, or a training batch has a single example; the message names it.

    Examples
    --------
    >>> from deeprob import nn
    >>> layer = nn.BatchNorm(1, momentum=None)
    >>> layer([[1.0], [3.0]]).round(3)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.running_mean, layer.running_var
    (array([2.], dtype=float32), array([2.], dtype=float32))
    """

    gamma: FloatArray
    beta: FloatArray
    running_mean: FloatArray
    running_var: FloatArray
    num_batches_tracked: Array

    @answers_keywords
    def __init__(
        self,
        features: SupportsIndex,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.features = as_count(features, "features", 1)
        self.eps = as_positive(eps, "eps")
        self.momentum = None if momentum is None else as_real(momentum, "momentum")
        if self.momentum is not None and self.momentum > 1:
            raise ValueError(f"momentum is {momentum}; expected a share in 0..1, or None")
        dtype = as_dtype(dtype)
        self.add_parameter("gamma", np.ones(self.features, dtype))
        self.add_parameter("beta", np.zeros(self.features, dtype))
        self.buffers["running_mean"] = np.zeros(self.features, dtype)
        self.buffers["running_var"] = np.ones(self.features, dtype)
        self.buffers["num_batches_tracked"] = np.zeros((), np.int64)

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return x normalized: by its own mean and variance, or in evaluation by the running ones."""
        gamma, beta = self.params["gamma"], self.params["beta"]
        x = as_rows(x, "x", gamma.dtype, self.features)
        y = np.empty_like(x)
        if self.training:
            if len(x) < 2:
                raise ValueError(
                    f"x has shape {x.shape}; batch normalization in training mode expected at least 2 "
                    "examples, of which it takes the variance: eval() sets evaluation mode"
                )
            mean, inv_std = np.empty(self.features), np.empty(self.features)
            _core.batch_norm(x, gamma, beta, self.eps, mean, inv_std, y, None)
            if not self._frozen:
                self._track(mean, inv_std, len(x))
        else:
            mean = self.buffers["running_mean"].astype(np.float64)
            with np.errstate(invalid="ignore"):  # below 0, where such a state was loaded: NaN
                inv_std = 1 / np.sqrt(self.buffers["running_var"] + np.float64(self.eps))
            _core.batch_norm_apply(x, gamma, beta, mean, inv_std, y, None)
        self._saved = x, mean, inv_std, self.training
        return y

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Write dgamma and dbeta; return dx (through mean and variance too, where they were the batch's)."""
        x, mean, inv_std, training = self._kept()
        grad = as_rows(grad, "grad", x.dtype, self.features, len(x))
        dgamma, dbeta = self.grads["gamma"], self.grads["beta"]
        dx: FloatArray = np.empty_like(x)
        _core.batch_norm_backward(
            grad, x, self.params["gamma"], mean, inv_std, dgamma, dbeta, dx, training, None
        )
        return dx

    def _track(self, mean: FloatArray, inv_std: FloatArray, N: int) -> None:
        """Move the running statistics, in float64.

        The variance is taken back from inv_std: exact to the rounding of var + eps, which is all that
        evaluation uses of it; below 0 by that much for a constant feature.
        """
        count = self.buffers["num_batches_tracked"]
        count += 1
        share = 1 / int(count) if self.momentum is None else self.momentum
        with np.errstate(all="ignore"):  # the variance of huge values is infinite
            var = np.maximum(1 / (inv_std * inv_std) - self.eps, 0.0)
            for name, new in (("running_mean", mean), ("running_var", var * (N / (N - 1)))):
                running = self.buffers[name]
                running[...] = np.float64(1 - share) * running + share * new  # all in float64

    def __repr__(self) -> str:
        more = "" if self.eps == 1e-5 else f", eps={self.eps!r}"
        more += "" if self.momentum == 0.1 else f", momentum={self.momentum!r}"
        return f"BatchNorm({self.features}{more})"
