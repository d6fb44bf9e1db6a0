"""Dropout."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, answers_keywords, as_random, as_real
from ._arrays import Array
from ._layer import Layer
from ._rows import as_rows

# Bit generators whose raw numbers are 64 random bits; MT19937's are 32.
_WIDE = (np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)


def random_bits(rng: np.random.Generator | np.random.RandomState, count: int) -> Array:
    """Return so many times 16 random bits: raw numbers of a generator of 64 bits, else its bytes."""
    drawn: Array
    if isinstance(rng, np.random.RandomState):
        # what its bytes are made of, without the copies
        drawn = rng.randint(0, 1 << 32, (count + 1) // 2, dtype=np.uint32)
    elif isinstance(getattr(rng, "bit_generator", None), _WIDE):
        drawn = rng.bit_generator.random_raw((count + 3) // 4)
    else:
        drawn = np.frombuffer(bytearray(rng.bytes(2 * count)), np.uint16)
    return drawn.view(np.uint16)[:count]


class Dropout(Layer):
    r"""Inverted dropout: in training each value is 0 with probability p, and x / (1 - p) otherwise.

    So the expectation is x, which evaluation returns (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    p : float
        The probability, in 0 <= p < 1.
    rng : Generator, RandomState, int or None
        Where the masks come from.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Notes
    -----
    A value takes 16 random bits, and those that p's 16 leading bits leave undecided, one in 65,536, a further
    random number: the probability is p itself, for any p.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import nn
    >>> layer = nn.Dropout(0.5, rng=0)
    >>> layer(np.ones((2, 4)))
    array([[0., 2., 2., 2.],
           [2., 2., 2., 2.]])
    >>> layer.eval()(np.ones((1, 4)))
    array([[1., 1., 1., 1.]])
    """

    @answers_keywords
    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        self.p = as_real(p, "p")
        if self.p >= 1:
            raise ValueError(f"p is {p}; expected a probability in 0 <= p < 1")
        self.rng = as_random(rng)
        self._bits: Array | None = None

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return x with values dropped, or in evaluation a copy of x."""
        x = as_rows(x, "x", None)
        if not self.training or self.p == 0.0:
            self._saved = x.dtype, x.shape, None
            return x.copy()
        if not self._frozen or self._bits is None or self._bits.shape != x.shape:
            self._bits = self._draw(x.shape)
        self._saved = x.dtype, x.shape, self._bits
        return self._masked(x, self._bits)

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Return grad with the same values dropped."""
        dtype, (N, F), bits = self._kept()
        grad = as_rows(grad, "grad", dtype, F, N)
        return grad.copy() if bits is None else self._masked(grad, bits)

    def _masked(self, x: FloatArray, bits: Array) -> FloatArray:
        y = np.empty_like(x)
        _core.dropout(x, bits, self._threshold, 1 / (1 - self.p), y, None)
        return y

    @property
    def _threshold(self) -> int:
        """A value is dropped where its bits are below this: p's 16 leading bits, at least 1."""
        return max(int(self.p * 65536), 1)

    def _draw(self, shape: tuple[int, int]) -> Array:
        """Return bits for each value; those equal to p's leading bits are decided by a further number."""
        bits = random_bits(self.rng, shape[0] * shape[1])
        leading = int(self.p * 65536)
        rest = self.p * 65536 - leading
        if rest:
            undecided = np.flatnonzero(bits == leading)
            dropped = self.rng.random(undecided.size) < rest
            bits[undecided] = np.where(dropped, 0, self._threshold)
        return bits.reshape(shape)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_bits": None}  # a mask is as large as a batch

    def __repr__(self) -> str:
        return f"Dropout({self.p!r})"
