"""What the demos take from the caller, checked."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .._arguments import as_floats, as_real
from ..losses import labels_array

Vector = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def as_points(x: npt.ArrayLike, name: str, meaning: str = "(N,)") -> Vector:
    """Return x as a new vector of finite float64, of at least one value."""
    points = as_floats(x, name).astype(np.float64)
    if points.ndim != 1:
        raise ValueError(f"{name} has shape {points.shape}; expected {meaning}")
    return _finite(points, name)


def as_matrix(X: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """Return X as a new (N, D) array of finite float64, neither N nor D 0."""
    matrix = as_floats(X, name).astype(np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"{name} has shape {matrix.shape}; expected (N, D), one row per example")
    return _finite(matrix, name)


def as_two_classes(y: npt.ArrayLike, name: str, n: int) -> Labels:
    """Return y as n labels of which each is 0 or 1, both of them there."""
    try:
        labels = labels_array(y)
    except (TypeError, ValueError) as error:  # whose message calls it y
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(re.sub(r"\by\b", name, str(error))) from None
    if labels.shape != (n,):
        raise ValueError(f"{name} has shape {labels.shape}; expected ({n},), one label per example")
    if set(labels.tolist()) != {0, 1}:
        raise ValueError(f"{name} has the labels {sorted(set(labels.tolist()))}; expected both 0 and 1")
    return labels.astype(np.int64)


def as_strengths(reg: npt.ArrayLike | Sequence[float], name: str = "reg") -> Vector:
    """Return one or several regularization strengths, ascending, each once."""
    values = as_floats(reg, name).astype(np.float64)
    if values.ndim > 1:
        raise ValueError(f"{name} has shape {values.shape}; expected a number or (R,) numbers")
    return np.unique([as_real(float(value), name) for value in values.ravel()])


def _finite(values: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
    finite = np.isfinite(values)
    if not finite.all():
        at = tuple(int(k) for k in np.argwhere(~finite)[0])
        raise ValueError(f"{name}{list(at)} is {values[at]}; expected finite numbers")
    return values
