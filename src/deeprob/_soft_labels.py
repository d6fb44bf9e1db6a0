"""Labels as probabilities of the classes, for `augment.mixup`."""

from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, as_count
from .losses import labels_array

# How far a row of probabilities may be from 1: what the softmax loss takes (SUM_TOLERANCE in soft_labels.c),
# so that nothing is taken here that is refused there.
_TOLERANCE = 1e-5


def as_soft_labels(
    y: npt.ArrayLike, count: int, num_classes: SupportsIndex | None, dtype: np.dtype[Any]
) -> FloatArray:
    """Return labels (N,) or probabilities (N, C) as probabilities in a dtype; raise where they are wrong."""
    given = _core.as_array(y, "y", False)
    classes = None if num_classes is None else as_count(num_classes, "num_classes", 1)
    if given.dtype.kind == "f" and given.ndim == 2:
        return _probabilities(given, count, classes, dtype)
    labels = labels_array(given)
    if labels.shape[0] != count:
        raise ValueError(f"y has shape {labels.shape}; expected (N,) with N = {count}, the images")
    if classes is None:
        if count == 0:
            raise ValueError("y has no labels, which say how many classes there are: pass num_classes")
        classes = int(labels.max()) + 1
    elif count and labels.max() >= classes:
        at = int(np.argmax(labels >= classes))
        raise ValueError(
            f"y[{at}] is {labels[at]}; expected labels in 0..{classes - 1} (num_classes = {classes})"
        )
    return _one_hot(labels, classes, dtype)


def _one_hot(labels: npt.NDArray[np.integer], classes: int, dtype: np.dtype[Any]) -> FloatArray:
    if labels.size * classes > np.iinfo(np.intp).max // 8:
        raise ValueError(f"y[{int(np.argmax(labels))}] is {labels.max()}; no array has so many classes")
    soft = np.zeros((labels.size, classes), dtype)
    soft[np.arange(labels.size), labels] = 1
    return soft


def _probabilities(given: Any, count: int, classes: int | None, dtype: np.dtype[Any]) -> FloatArray:
    if given.shape[0] != count or given.shape[1] == 0 or classes not in (None, given.shape[1]):
        C = "C" if classes is None else classes
        raise ValueError(f"y has shape {given.shape}; expected (N, {C}) with N = {count}, the images")
    sums = given.sum(axis=1, dtype=np.float64)
    wrong = ~(np.abs(sums - 1) <= _TOLERANCE) | ~(given >= 0).all(axis=1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"y[{at}] is {given[at]}, with the sum {sums[at]}; expected probabilities, at least 0, that add "
            f"up to 1 (within {_TOLERANCE:g})"
        )
    return np.ascontiguousarray(given, dtype)
