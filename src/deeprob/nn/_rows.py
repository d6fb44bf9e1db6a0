"""What layers take: a batch (N, F) as an array that the kernels read."""

from typing import Any

import numpy as np

from .. import _core
from .._arguments import FloatArray

DTypeLike = type[np.float32] | type[np.float64] | np.dtype[Any] | str


def as_rows(
    x: Any, name: str, dtype: np.dtype[Any] | None, features: int | None = None, count: int | None = None
) -> FloatArray:
    """Return x as a C-contiguous (N, F) array of ``dtype``; None keeps float32, and makes the rest float64.

    It is x itself where x is one already.
    """
    if type(x) is np.ndarray and x.ndim == 2 and x.size and x.flags.carray:
        N, F = x.shape
        right = x.dtype is dtype or (dtype is None and (x.dtype is _FLOAT32 or x.dtype is _FLOAT64))
        if right and (features is None or features == F) and (count is None or count == N):
            return x  # nearly always, and this is what a small layer waits for
    array = x if type(x) is np.ndarray else _core.as_array(x, name, True)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}; expected (N, F), one example a row")
    if features not in (None, array.shape[1]) or count not in (None, array.shape[0]):
        N, F = "N" if count is None else count, "F" if features is None else features
        raise ValueError(f"{name} has shape {array.shape}; expected ({N}, {F})")
    if array.size == 0:
        raise ValueError(f"{name} has shape {array.shape}; expected at least one example and one feature")
    if dtype is None:
        dtype = _FLOAT32 if array.dtype == np.float32 else _FLOAT64
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}; expected real numbers")
    return np.require(np.asarray(array), dtype, ["C", "A"])


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """Return the dtype of a layer's parameters."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found == np.float32:
        return _FLOAT32
    if found == np.float64 and dtype is not None:
        return _FLOAT64
    raise TypeError(f"dtype is {dtype!r}; expected float32 or float64")


_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
