"""What one does to a set of examples as a whole: append the bias feature, set a part aside."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt


def bias_trick(X: npt.NDArray[Any], *, example_axis: Literal[0, 1] = 0) -> npt.NDArray[Any]:
    """Append the constant feature 1 as the last one, so that the last column of `W` acts as the bias.

    The bias is then a part of `W` and regularized together with it, as in the lecture. A bias passed to a
    loss as `b=` is not regularized.

    Parameters
    ----------
    X : ndarray of integers or floats, shape (N, D), or (D, N) with example_axis=1
        The examples.
    example_axis : {0, 1}
        Which axis counts the examples.

    Returns
    -------
    ndarray, shape (N, D + 1) or (D + 1, N)
        A new array of the same dtype.

    Raises
    ------
    TypeError
        If `X` is no array of numbers.
    ValueError
        If `X` is not two-dimensional or `example_axis` is neither 0 nor 1.

    Examples
    --------
    >>> import numpy as np
    >>> bias_trick(np.array([[0.5, 2.0], [3.0, 4.0]]))
    array([[0.5, 2. , 1. ],
           [3. , 4. , 1. ]])
    """
    if example_axis not in (0, 1):
        raise ValueError(f"example_axis: expected 0 or 1, got {example_axis!r}")
    X = numeric_2d("X", X)
    shape = list(X.shape)
    shape[1 - example_axis] += 1
    out = np.empty(shape, X.dtype)
    if example_axis == 0:
        out[:, :-1], out[:, -1] = X, 1
    else:
        out[:-1], out[-1] = X, 1
    return out


def train_val_split(
    X: npt.NDArray[Any],
    y: npt.NDArray[Any],
    *,
    val: float = 0.2,
    rng: np.random.Generator | np.random.RandomState | int | None = None,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Set a random part of the training examples aside for validation.

    Parameters
    ----------
    X : ndarray, shape (N, ...)
        The examples.
    y : ndarray, shape (N,)
        Their labels.
    val : float
        The part that is set aside, between 0 and 1.
    rng : Generator, RandomState, int or None
        An int n means `RandomState(n)`, the same split everywhere; None draws fresh entropy.

    Returns
    -------
    X_train, X_val, y_train, y_val : ndarray
        Copies, in the order scikit-learn's `train_test_split` has them.

    Raises
    ------
    ValueError
        If the lengths differ or a part would be empty.

    Examples
    --------
    >>> import numpy as np
    >>> X_train, X_val, y_train, y_val = train_val_split(np.eye(10), np.arange(10), rng=0)
    >>> y_val
    array([0, 5])
    """
    if len(X) != len(y):
        raise ValueError(f"y: expected {len(X)} labels, one for each example, got {len(y)}")
    count = round(len(X) * val) if 0 < val < 1 else 0
    if not 0 < count < len(X):
        raise ValueError(
            f"val: expected a part between 0 and 1 that leaves both parts examples, got {val!r} of {len(X)}"
        )
    if rng is None or isinstance(rng, (int, np.integer)):
        rng = np.random.default_rng() if rng is None else np.random.RandomState(rng)
    order = rng.permutation(len(X))
    train, validation = order[:-count], order[-count:]
    return X[train], X[validation], y[train], y[validation]


def numeric_2d(name: str, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return `X` as an array, making sure that it is a two-dimensional one of numbers."""
    X = np.asarray(X)
    if X.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected an array of integers or floats, got dtype {X.dtype}")
    if X.ndim != 2:
        raise ValueError(f"{name}: expected two dimensions, got shape {X.shape}")
    return X
