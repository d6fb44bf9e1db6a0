"""How well a classifier's confidence is calibrated."""

from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import answers_keywords, as_count
from .losses import labels_array

# How far an example's probabilities may be from 1: the rounding of float16 ones.
_TOLERANCE = 2e-3


@answers_keywords
def calibration_error(probabilities: npt.ArrayLike, y: npt.ArrayLike, bins: SupportsIndex = 15) -> float:
    r"""Compute the expected calibration error (ECE): how far confidence is from accuracy.

    An example's confidence is its largest probability. Examples are sorted into bins of equal width,
    ((m - 1) / M, m / M], by their confidence, and (Guo et al. 2017, equation 3)

        ECE = sum_m n_m / N abs(accuracy_m - confidence_m)

    with the share of right predictions and the mean confidence of the n_m examples in bin m. A model that is
    right in 80 % of the cases where it says 80 % has 0.

    Parameters
    ----------
    probabilities : (N, C) array of floats
        Of the classes, such as ``net.predict_proba(X)``: in 0..1, each example's sum is 1. The class with the
        largest is predicted, the first one of several.
    y : (N,) array of integers
        Labels 0 .. C - 1.
    bins : int
        M, the number of bins; the paper has 15.

    Returns
    -------
    float
        In 0..1; computed in float64.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range; the message names it.

    Examples
    --------
    Sure of 0.9, and right in one of two cases:

    >>> import deeprob
    >>> round(deeprob.calibration_error([[0.9, 0.1], [0.1, 0.9]], [0, 0]), 10)
    0.4
    """
    count = as_count(bins, "bins", 1)
    p = _probabilities(probabilities)
    labels = _labels(y, *p.shape)
    confidence = np.minimum(p.max(axis=1), 1.0)
    right = p.argmax(axis=1) == labels
    # an interval is open at its lower end: a confidence at an edge belongs below it
    at = np.searchsorted(np.linspace(0, 1, count + 1)[1:-1], confidence)
    # the bin's share times its mean difference is its sum of differences over N
    excess = np.bincount(at, right - confidence, minlength=count)
    return float(np.abs(excess).sum() / len(p))


def _probabilities(given: npt.ArrayLike) -> npt.NDArray[np.float64]:
    array = _core.as_array(given, "probabilities", True)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"probabilities has shape {array.shape}; expected (N, C), not empty")
    if array.dtype.kind != "f":
        raise TypeError(f"probabilities has dtype {array.dtype}; expected floats")
    p: npt.NDArray[np.float64] = array.astype(np.float64)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(p.sum(axis=1) - 1) <= _TOLERANCE) | ~(p >= 0).all(axis=1)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"probabilities[{at}] is {array[at]}; expected numbers of at least 0 that add up to 1: of scores "
            "their softmax"
        )
    return p


def _labels(y: npt.ArrayLike, N: int, C: int) -> npt.NDArray[np.integer]:
    labels = labels_array(y)
    if labels.shape != (N,):
        raise ValueError(f"y has shape {labels.shape}; expected (N,) with N = {N}, as probabilities has rows")
    if labels.max() >= C:
        at = int(np.argmax(labels >= C))
        raise ValueError(f"y[{at}] is {labels[at]}; expected labels in 0..{C - 1}")
    return labels
