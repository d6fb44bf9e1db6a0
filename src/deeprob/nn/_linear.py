"""Linear and ReLU."""

from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, answers_keywords, as_count, as_flag
from ._layer import Layer
from ._rows import DTypeLike, as_dtype, as_rows
from .init import Init, as_init


class Linear(Layer):
    r"""A linear layer: s = x W' + b for each row x, as in the lecture's s = W x + b.

    With g the gradient by s: dW = g' x, db = the sum of g over the examples, dx = g W.

    Parameters
    ----------
    in_features, out_features : int
        The sizes of rows of x and of s.
    bias : bool
        Whether there is a b.
    init : str or function
        The initial W, by the name of a function of `deeprob.nn.init` ("kaiming", "kaiming_uniform", "xavier",
        "xavier_normal", "lecture", "zeros"), or by one that is called as they are. b begins at 0.
    rng : Generator, RandomState, int or None
        Where the weights come from.
    dtype : float32 or float64
        The parameters' dtype, in which the layer computes.

    Attributes
    ----------
    W : (out_features, in_features) array
    b : (out_features,) array

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import nn
    >>> layer = nn.Linear(2, 3, init="zeros")
    >>> layer.b[...] = 1, 2, 3
    >>> layer(np.ones((1, 2)))
    array([[1., 2., 3.]], dtype=float32)
    """

    W: FloatArray
    b: FloatArray
    _seen: list[tuple[FloatArray, FloatArray]] | None = None

    @answers_keywords
    def __init__(
        self,
        in_features: SupportsIndex,
        out_features: SupportsIndex,
        *,
        bias: bool = True,
        init: str | Init = "kaiming",
        rng: Rng = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.in_features = as_count(in_features, "in_features", 1)
        self.out_features = as_count(out_features, "out_features", 1)
        dtype = as_dtype(dtype)
        W = np.asarray(as_init(init)(self.in_features, self.out_features, rng=rng, dtype=dtype))
        if W.shape != (self.out_features, self.in_features) or W.dtype.kind not in "fiu":
            raise ValueError(
                f"init returned an array of shape {W.shape} and dtype {W.dtype}; expected numbers of shape "
                f"{(self.out_features, self.in_features)}"
            )
        self.add_parameter("W", np.array(W, dtype, order="C"))
        if as_flag(bias, "bias"):
            self.add_parameter("b", np.zeros(self.out_features, dtype))

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return x W' + b."""
        x = as_rows(x, "x", self.W.dtype, self.in_features)
        y: FloatArray = x.dot(self.params["W"].T)  # a microsecond less than matmul
        if "b" in self.params:
            _core.add_bias(y, self.params["b"], None)
        self._saved = x
        return y

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Write dW and db; return dx = grad W."""
        grad = self._write(grad)
        dx: FloatArray = grad.dot(self.params["W"])
        return dx

    def backward_params(self, grad: npt.ArrayLike) -> None:
        """Write dW and db."""
        self._write(grad)

    def _write(self, grad: npt.ArrayLike) -> FloatArray:
        x: FloatArray = self._kept()
        grad = as_rows(grad, "grad", x.dtype, self.out_features, len(x))
        if self._seen is not None:  # K-FAC asks for these, and not for gradients
            self._seen.append((x, grad))
            return grad
        grad.T.dot(x, out=self.grads["W"])
        if "b" in self.params:
            _core.sum_rows(grad, self.grads["b"], None)
        return grad

    def __repr__(self) -> str:
        bias = "" if "b" in self.params else ", bias=False"
        return f"Linear({self.in_features}, {self.out_features}{bias})"


class ReLU(Layer):
    """max(x, 0), with the gradient 0 at 0, as PyTorch's.

    Examples
    --------
    >>> from deeprob import nn
    >>> nn.ReLU()([[-1.0, 2.0]])
    array([[0., 2.]])
    """

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return max(x, 0)."""
        x = as_rows(x, "x", None)
        y = np.empty_like(x)
        _core.relu(x, y, None)
        self._saved = y
        return y

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Return grad where the output was above 0."""
        y: FloatArray = self._kept()
        grad = as_rows(grad, "grad", y.dtype, y.shape[1], y.shape[0])
        dx = np.empty_like(grad)
        _core.relu_backward(grad, y, dx, None)
        return dx
