"""The condition number, as the lecture defines it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import answers_keywords


@answers_keywords
def condition_number(H: Any, w: npt.ArrayLike | None = None) -> float:
    """Return the ratio of the largest to the smallest singular value of a Hessian (lecture, L4-33).

    "Loss function has high condition number": it changes quickly in one direction and slowly in another.

    Parameters
    ----------
    H : (n, n) array, or an object with a method ``hessian(w)``
        A matrix (any with singular values, (m, n), will do), or a landscape or an objective.
    w : array, optional
        The point whose Hessian is meant when H is no matrix; default the ``start`` of a landscape.

    Returns
    -------
    float
        At least 1; inf when the smallest singular value is 0 to rounding, at most max(m, n) eps times the
        largest: a larger ratio than some 1e15 cannot be told from a singular matrix.

    Raises
    ------
    ValueError, TypeError
        If H is neither, has no elements, or holds NaN or infinities.

    Notes
    -----
    The whole matrix is made: the Hessian of 7,850 weights has 0.5 GB, and its singular values take minutes.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import landscapes
    >>> landscapes.condition_number([[1.0, 0.0], [0.0, -4.0]])
    4.0
    >>> landscapes.condition_number(landscapes.bowl(25))
    25.0
    >>> round(landscapes.condition_number(landscapes.rosenbrock(), [1.0, 1.0]))
    2508
    >>> landscapes.condition_number(np.ones((2, 2)))
    inf
    """
    if hasattr(H, "hessian"):
        at = getattr(H, "start", None) if w is None else w
        if at is None:
            raise TypeError(f"w is None; expected the point where the Hessian of {type(H).__name__} is meant")
        matrix = H.hessian(at)
    elif callable(H):
        raise TypeError(
            f"H is a function, {getattr(H, '__name__', H)}; expected a matrix, or what has the Hessian: "
            "a landscape or an Objective"
        )
    elif w is not None:
        raise TypeError("w is given, but H is a matrix; expected None")
    else:
        matrix = H
    return _ratio(_core.as_array(matrix, "H", True))


def _ratio(H: npt.NDArray[Any]) -> float:
    if H.ndim != 2 or H.size == 0:
        raise ValueError(f"H has shape {H.shape}; expected a matrix, (n, n)")
    if H.dtype.kind not in "fiu":
        raise TypeError(f"H has dtype {H.dtype}; expected real numbers")
    matrix = H.astype(np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError("H holds NaN or infinities; expected finite numbers")
    values = np.linalg.svd(matrix, compute_uv=False)
    largest, smallest = float(values[0]), float(values[-1])
    if smallest <= max(H.shape) * np.finfo(np.float64).eps * largest:
        return float("inf")
    return largest / smallest
