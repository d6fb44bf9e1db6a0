"""Initial weights W (fan_out, fan_in) of a layer: the lecture's, Xavier's, Kaiming's.

Biases are 0 with all of them. The two variances of the last ones keep the scale of what goes through many
layers: Xavier's, Var W = 2 / (fan_in + fan_out), of values and gradients alike where functions are nearly
linear; Kaiming's, Var W = 2 / fan_in, of the values where each ReLU loses half of them.

Examples
--------
>>> from deeprob import nn
>>> nn.init.kaiming(200, 1000, rng=0).std().round(3)  # sqrt(2 / 200)
np.float32(0.1)
"""

import math
from collections.abc import Callable
from typing import SupportsIndex

import numpy as np

from .._arguments import FloatArray, Rng, answers_keywords, as_count, as_random, as_real
from ._rows import DTypeLike, as_dtype

__all__ = ["kaiming", "kaiming_uniform", "lecture", "xavier", "xavier_normal", "zeros"]

Init = Callable[..., FloatArray]


@answers_keywords
def lecture(
    fan_in: SupportsIndex,
    fan_out: SupportsIndex,
    *,
    scale: float = 1e-4,
    rng: Rng = None,
    dtype: DTypeLike = np.float32,
) -> FloatArray:
    """Return W = 1e-4 randn(fan_out, fan_in), the lecture's small random numbers.

    Parameters
    ----------
    fan_in, fan_out : int
        How many features the layer takes and makes.
    scale : float
        The standard deviation.
    rng : Generator, RandomState, int or None
        Where the numbers come from.
    dtype : float32 or float64
        The weights' dtype.

    Returns
    -------
    array (fan_out, fan_in)

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Examples
    --------
    >>> from deeprob import nn
    >>> nn.init.lecture(2, 3, rng=0, dtype="float64").round(6)
    array([[ 1.76e-04,  4.00e-05],
           [ 9.80e-05,  2.24e-04],
           [ 1.87e-04, -9.80e-05]])
    """
    return _normal(fan_in, fan_out, as_real(scale, "scale"), rng, dtype)


@answers_keywords
def xavier(
    fan_in: SupportsIndex, fan_out: SupportsIndex, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> FloatArray:
    """Return W uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16).

    Parameters are as of `lecture`.
    """
    n, m = _fans(fan_in, fan_out)
    return _uniform(n, m, math.sqrt(6 / (n + m)), rng, dtype)


@answers_keywords
def xavier_normal(
    fan_in: SupportsIndex, fan_out: SupportsIndex, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> FloatArray:
    """Return W normal with the variance 2 / (fan_in + fan_out) (Glorot and Bengio 2010, equation 12).

    Parameters are as of `lecture`.
    """
    n, m = _fans(fan_in, fan_out)
    return _normal(n, m, math.sqrt(2 / (n + m)), rng, dtype)


@answers_keywords
def kaiming(
    fan_in: SupportsIndex, fan_out: SupportsIndex, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> FloatArray:
    """Return W normal with the variance 2 / fan_in (He et al. 2015, equation 10).

    Parameters are as of `lecture`.
    """
    n, m = _fans(fan_in, fan_out)
    return _normal(n, m, math.sqrt(2 / n), rng, dtype)


@answers_keywords
def kaiming_uniform(
    fan_in: SupportsIndex, fan_out: SupportsIndex, *, rng: Rng = None, dtype: DTypeLike = np.float32
) -> FloatArray:
    """Return W uniform in +-sqrt(6 / fan_in): Kaiming's variance, 2 / fan_in (He et al. 2015).

    Parameters are as of `lecture`.
    """
    n, m = _fans(fan_in, fan_out)
    return _uniform(n, m, math.sqrt(6 / n), rng, dtype)


@answers_keywords
def zeros(
    fan_in: SupportsIndex,
    fan_out: SupportsIndex,
    *,
    rng: Rng = None,  # noqa: ARG001
    dtype: DTypeLike = np.float32,
) -> FloatArray:
    """Return W = 0: good enough for the last layer, and for nothing before it, where all stay alike.

    Parameters are as of `lecture`; nothing is drawn.
    """
    n, m = _fans(fan_in, fan_out)
    return np.zeros((m, n), as_dtype(dtype))


_NAMES: dict[str, Init] = {
    one.__name__: one for one in (kaiming, kaiming_uniform, lecture, xavier, xavier_normal, zeros)
}


def as_init(init: str | Init) -> Init:
    """Return the function that an argument ``init`` names or is."""
    if callable(init):
        return init
    if not isinstance(init, str) or init not in _NAMES:
        raise ValueError(f"init is {init!r}; expected {', '.join(map(repr, _NAMES))} or a function")
    return _NAMES[init]


def _fans(fan_in: SupportsIndex, fan_out: SupportsIndex) -> tuple[int, int]:
    return as_count(fan_in, "fan_in", 1), as_count(fan_out, "fan_out", 1)


def _normal(
    fan_in: SupportsIndex, fan_out: SupportsIndex, std: float, rng: Rng, dtype: DTypeLike
) -> FloatArray:
    n, m = _fans(fan_in, fan_out)
    made = as_random(rng).standard_normal((m, n)) * std
    return made.astype(as_dtype(dtype))


def _uniform(n: int, m: int, limit: float, rng: Rng, dtype: DTypeLike) -> FloatArray:
    return as_random(rng).uniform(-limit, limit, (m, n)).astype(as_dtype(dtype))
