"""Idea 2: follow the slope. The numeric gradient, slow and approximate but easy to write."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords, as_callable, as_real, one_of
from .objective import Objective


@answers_keywords
def numeric_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    h: float = 1e-5,
    *,
    method: Literal["central", "forward"] = "central",
) -> FloatArray:
    r"""Numeric gradient by finite differences, one entry of x after the other (lecture, "Idea 2").

    Central: (f(x + h) - f(x - h)) / 2h, 2 evaluations an entry, error O(h^2). Forward, as on the slides:
    (f(x + h) - f(x)) / h, one evaluation an entry and one more, error O(h).

    Parameters
    ----------
    f : callable
        f(x) returns the loss, or a tuple whose first entry is the loss, as every loss of deeprob does.
        An `Objective` of a matrix is not called: perturbing W[c, d] changes score c alone, by the step times
        X[:, d], so its loss is evaluated again from that one column of the scores. That is the same quotient,
        about a thousand times faster, on the `Objective`'s threads; all of it in float64, at the values that
        W and X hold, also where they are float32.
    x : array of float32 or float64
        The point. A writable array is perturbed in place, as the course's checks rely on, and restored
        whatever happens; anything else is copied, integers as float64. An `Objective`'s W is only read.
    h : float
        The step, larger than 0. In float64 1e-5 suits central differences; the slides use 1e-4, forward.
    method : {"central", "forward"}
        Which quotient.

    Returns
    -------
    array of x's shape, float64

    Raises
    ------
    ValueError, TypeError
        If h is not a positive number, ``method`` is unknown, or f does not return a number.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> deeprob.numeric_gradient(lambda w: np.sum(w**2), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    as_callable(f, "f")
    one_of(method, "method", ("central", "forward"))
    step = as_real(h, "h")
    if step == 0.0:
        raise ValueError(f"h is {h}; expected a finite number larger than 0")
    if type(f) is Objective:  # another class may evaluate something else
        W = _perturbable(x)
        if W.ndim == 2:
            return f._numeric_gradient(W, step, method == "forward")
    point = _perturbable(x)
    gradient = np.empty(point.shape)
    base = _loss(f, point) if method == "forward" else 0.0
    for at in np.ndindex(point.shape):
        gradient[at] = _quotient(f, point, at, step, base if method == "forward" else None)
    return gradient


def _perturbable(x: npt.ArrayLike) -> FloatArray:
    point = _core.as_array(x, "x", True)
    if point.dtype.kind not in "fiub":
        raise TypeError(f"x has dtype {point.dtype}; expected real numbers")
    if point.dtype.kind != "f":
        return point.astype(np.float64)
    return point if point.flags.writeable else point.copy()


def _quotient(
    f: Callable[[Any], Any], point: FloatArray, at: tuple[int, ...], h: float, base: float | None
) -> float:
    """Return the difference quotient at one entry, which is restored to its exact bits."""
    old = point[at]
    try:
        point[at] = old + h
        above, right = float(point[at]), _loss(f, point)
        if base is not None:
            below, left = float(old), base
        else:
            point[at] = old - h
            below, left = float(point[at]), _loss(f, point)
    finally:
        point[at] = old
    # What was really added, after rounding: in float32, and for large entries, not h.
    return (right - left) / (above - below) if above != below else np.nan


def _loss(f: Callable[[Any], Any], point: FloatArray) -> float:
    value = f(point)
    if isinstance(value, tuple) and value:
        value = value[0]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"f returned a {type(value).__name__}; expected a number or (number, ...)") from None
