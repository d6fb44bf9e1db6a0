"""Numeric gradients and the relative error, under the course's names."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _around, _core
from .._arguments import FloatArray, answers_keywords, as_callable, as_positive
from ..gradients import numeric_gradient


@answers_keywords
def eval_numerical_gradient(
    f: Callable[[Any], Any], x: npt.ArrayLike, verbose: bool = True, h: float = 1e-5
) -> FloatArray:
    """Numeric gradient of a function that returns a number, by central differences.

    `deeprob.numeric_gradient` with CS231n's arguments. The quotient is by the difference of the entries
    really taken, which rounding moves away from 2 h: so it may differ from the course's in its last digits.

    Parameters
    ----------
    f : callable
        f(x) returns the loss, or a tuple whose first entry is the loss.
    x : array of float32 or float64
        The point: perturbed in place, as ``lambda _: net.loss(X, y)`` relies on, and restored whatever
        happens. A read-only array, or what is none, is copied.
    verbose : bool
        Print each entry's position and quotient, as the course does.
    h : float
        The step, larger than 0.

    Returns
    -------
    array of x's shape, float64

    Raises
    ------
    ValueError, TypeError
        If h is not a positive number, x holds no real numbers, or f does not return a number.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> gradient = cs231n.eval_numerical_gradient(lambda x: 3 * x.sum(), np.zeros(2), h=0.5)
    (0,) 3.0
    (1,) 3.0
    """
    gradient = numeric_gradient(f, x, h=h, method="central")
    if verbose:
        for at in np.ndindex(gradient.shape):
            print(at, gradient[at])
    return gradient


@answers_keywords
def eval_numerical_gradient_array(
    f: Callable[[Any], Any], x: npt.ArrayLike, df: npt.ArrayLike, h: float = 1e-5
) -> FloatArray:
    """Numeric gradient of sum(f(x) * df) for a function that returns an array, by central differences.

    With ``df`` the gradient of a loss with respect to f(x), the gradient of that loss with respect to x: what
    a layer's backward pass returns.

    Parameters
    ----------
    f : callable
        f(x) returns an array, or a tuple whose first entry is the array.
    x, h
        As for `eval_numerical_gradient`.
    df : array of f(x)'s shape
        The upstream gradient.

    Returns
    -------
    array of x's shape, float64

    Raises
    ------
    ValueError, TypeError
        If h is not a positive number, x holds no real numbers, df has another shape than f(x), or f returns
        no real numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> cs231n.eval_numerical_gradient_array(lambda x: A @ x, np.zeros(2), [1.0, 0.0, -1.0], h=0.5)
    array([-4., -4.])
    """
    return _contracted(f, x, _real(df, "df"), "df", h)


@answers_keywords
def compute_numeric_gradient(
    f: Callable[[Any], Any], x: npt.ArrayLike, dLdf: npt.ArrayLike | None = None, h: float = 1e-7
) -> FloatArray:
    """Numeric gradient of sum(f(x) * dLdf), DeepRob's and EECS 498's `eval_numerical_gradient_array`.

    Parameters
    ----------
    f : callable
        f(x) returns a number or an array, or a tuple whose first entry is one.
    x
        As for `eval_numerical_gradient`.
    dLdf : array of f(x)'s shape, optional
        The upstream gradient; ones if it is not given.
    h : float
        The step, larger than 0. The default is the course's, for float64; 1e-5 is closer to the best one.

    Returns
    -------
    array of x's shape, float64

    Raises
    ------
    ValueError, TypeError
        As `eval_numerical_gradient_array`.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> cs231n.compute_numeric_gradient(lambda x: x**2, np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    return _contracted(f, x, None if dLdf is None else _real(dLdf, "dLdf"), "dLdf", h)


@answers_keywords
def rel_error(x: npt.ArrayLike, y: npt.ArrayLike, eps: float = 1e-10) -> float:
    """Relative error between two arrays: max |x - y| / max(max(|x| + |y|), eps).

    DeepRob's and EECS 498's. CS231n's takes the quotient entry by entry and then the largest,
    max(|x - y| / max(1e-8, |x| + |y|)), which is at least as large while x and y are not tiny.

    Parameters
    ----------
    x, y : arrays of one shape
        Of real numbers.
    eps : float
        Larger than 0: keeps two arrays of zeros from 0 / 0.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        If the shapes differ or there are no entries, x or y holds no real numbers, or eps is not a positive
        number.

    Examples
    --------
    >>> from deeprob import cs231n
    >>> cs231n.rel_error([1.0, 2.0], [1.0, 2.5])
    0.1111111111111111
    """
    a, b = _real(x, "x"), _real(y, "y")
    if a.shape != b.shape:
        raise ValueError(f"y has shape {b.shape}; expected that of x, {a.shape}")
    if a.size == 0:
        raise ValueError(f"x has shape {a.shape}; expected at least one value")
    least = as_positive(eps, "eps")
    with np.errstate(invalid="ignore", over="ignore"):  # infinite entries are NaN in the end
        return float(np.max(np.abs(a - b)) / np.maximum(np.max(np.abs(a) + np.abs(b)), least))


def _contracted(
    f: Callable[[Any], Any], x: npt.ArrayLike, upstream: FloatArray | None, name: str, h: float
) -> FloatArray:
    """Return the numeric gradient of sum(f(x) * upstream), by central differences."""
    as_callable(f, "f")
    step = as_positive(h, "h")
    point = _around.point_of(x, "x")
    offsets = _around.given_steps(point, step).ravel()[:, None] * np.array([1.0, -1.0])
    found = _around.evaluate(f, (point.argument,), point, np.arange(len(offsets)), offsets)
    weights = np.ones(found.shape) if upstream is None else upstream
    if weights.shape != found.shape and found.steps.size:
        raise ValueError(f"{name} has shape {weights.shape}; expected that of f(x), {found.shape}")
    with np.errstate(invalid="ignore", over="ignore"):
        changes = ((found.values[:, 0] - found.values[:, 1]) * weights.ravel()).sum(axis=1)
    width = found.steps[:, 0] - found.steps[:, 1]
    return _around.quotients(changes[:, None], np.zeros(1), width).reshape(point.memory.shape)


def _real(value: npt.ArrayLike, name: str) -> FloatArray:
    """Return ``value`` as float64."""
    array = _core.as_array(value, name, True)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}; expected real numbers")
    return array.astype(np.float64)
