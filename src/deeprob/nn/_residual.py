"""Residual blocks with stochastic depth."""

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, answers_keywords, as_random, as_real
from ._check_layers import check_layers
from ._layer import Layer
from ._rows import as_rows
from ._sequential import Sequential


class Residual(Layer):
    r"""A residual block, x + f(x), with stochastic depth: f is left out with probability 1 - survival.

    In training the output is x + f(x) with the probability ``survival``, else x, for a whole batch; in
    evaluation it is x + survival f(x), the expectation (Huang et al. 2016, equations 2 and 5; the ReLU that
    follows there is a layer of its own). A network lets the survival decay linearly from block to block,
    p_l = 1 - l / L (1 - p_L), as `ResidualMLP` does.

    Parameters
    ----------
    *layers : Layer
        f: the layers in their order; their output has the shape of their input.
    survival : float
        The probability, in 0 < survival <= 1.
    rng : Generator, RandomState, int or None
        Where it is drawn from whether f is there, a number a batch.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, or f's output has another shape than x; the message names it.

    Notes
    -----
    Of a batch without f the gradients of f's parameters are 0, and its running statistics do not move.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import nn
    >>> block = nn.Residual(nn.ReLU(), survival=0.25, rng=0)
    >>> block.eval()(np.ones((1, 2)))
    array([[1.25, 1.25]])
    """

    @answers_keywords
    def __init__(self, *layers: Layer, survival: float = 1.0, rng: Rng = None) -> None:
        self.survival = as_real(survival, "survival")
        if not 0 < self.survival <= 1:
            raise ValueError(f"survival is {survival}; expected a probability in 0 < survival <= 1")
        self.rng = as_random(rng)
        check_layers(layers, "Residual")
        self._f = Sequential(*layers)
        self._alive: bool | None = None

    def children(self) -> tuple[tuple[str, Layer], ...]:
        """Return the layers of f."""
        return self._f.children()

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return x + f(x), or x, or in evaluation x + survival f(x)."""
        x = as_rows(x, "x", None)
        if self.training and not self._draw():
            self._saved = x.dtype, x.shape, 0.0
            return x.copy()
        scale = 1.0 if self.training else self.survival
        fx = as_rows(self._f.forward(x), "f(x)", x.dtype, x.shape[1], len(x))
        y = np.empty_like(x)
        _core.add_scaled(x, fx, scale, y, None)
        self._saved = x.dtype, x.shape, scale
        return y

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Write the gradients of f's parameters; return the gradient by x."""
        dtype, (N, F), scale = self._kept()
        grad = as_rows(grad, "grad", dtype, F, N)
        if scale == 0.0:
            for g in self._f.gradients().values():
                g[...] = 0
            return grad.copy()
        along = grad if scale == 1.0 else grad * dtype.type(scale)
        along = as_rows(self._f.backward(along), "f's gradient", dtype, F, N)
        dx = np.empty_like(grad)  # not in place: a layer of one's own may return grad itself
        _core.add_scaled(grad, along, 1.0, dx, None)
        return dx

    def _draw(self) -> bool:
        """Return whether f is there in this batch."""
        if self._alive is None or not self._frozen:
            self._alive = self.survival == 1.0 or bool(self.rng.random() < self.survival)
        return self._alive

    def __repr__(self) -> str:
        survival = "" if self.survival == 1.0 else f", survival={self.survival:g}"
        return f"Residual({', '.join(map(repr, self._f))}{survival})"
