"""The linear classifier's scores s = W x + b, its predictions and their accuracy."""

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords


@answers_keywords
def scores(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    out: FloatArray | None = None,
    threads: int | None = None,
) -> FloatArray:
    r"""Scores of a linear classifier: s = W x + b for every example x.

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights, one row per class; (D, C) with ``class_axis=1``.
    X : (N, D) array of float32, float64 or uint8
        Examples, one per row; (D, N), the lecture's columns, with ``example_axis=1``. Any strides; never
        copied as a whole.
    b : (C,) array, optional
        Biases.
    index : (n,) array of integers, optional
        Positions of the examples to use; negative ones count from the end.
    example_axis, class_axis : {0, 1}
        Which axis of X counts the examples, and which of W the classes.
    out : array, optional
        Where the scores go; must not share memory with an input. Left half written by Ctrl-C.
    threads : int, optional
        At most this many threads; default `get_num_threads()`.

    Returns
    -------
    (N, C) array, or (C, N) with ``example_axis=1``
        In the result type of W, X and b: float64 if any of them is, otherwise float32.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range; the message names it.

    Examples
    --------
    >>> import deeprob
    >>> W = [[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]
    >>> deeprob.scores(W, [[3.0, 4.0]], b=[0.0, 0.0, 10.0])
    array([[ 3.,  8., 17.]])
    """
    return _core.scores(W, X, b, index, out, example_axis, class_axis, threads)


@answers_keywords
def predict(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    out: npt.NDArray[np.int64] | None = None,
    threads: int | None = None,
) -> npt.NDArray[np.int64]:
    """Predict the class with the largest score, the first one of several, as `numpy.argmax` does.

    Parameters
    ----------
    W, X, b, index, example_axis, class_axis, threads
        As for `scores`. The scores are never stored.
    out : (N,) array of int64, optional
        Where the predictions go; must not share memory with an input.

    Returns
    -------
    (N,) array of int64
        Classes 0 .. C - 1.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range; the message names it.

    Examples
    --------
    >>> import deeprob
    >>> deeprob.predict([[1.0, 0.0], [0.0, 1.0]], [[3.0, 4.0], [4.0, 3.0]])
    array([1, 0])
    """
    axes = (example_axis, class_axis)
    labels: npt.NDArray[np.int64] = _core.predict(W, X, b, None, index, out, *axes, threads)
    return labels


@answers_keywords
def accuracy(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    threads: int | None = None,
) -> float:
    """Return the share of examples whose predicted class is their label.

    The lecture's slide computes ``np.mean(Yte_predict == Yte)``. With labels of shape (N, 1), as the slide
    has them, that comparison broadcasts to (N, N) and gives 0.1 for any prediction; here it is an error.

    Parameters
    ----------
    W, X, b, index, example_axis, class_axis, threads
        As for `scores`.
    y : (N,) array of integers
        Labels 0 .. C - 1, one for each example of X.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range, or there are no examples.

    Examples
    --------
    >>> import deeprob
    >>> deeprob.accuracy([[1.0, 0.0], [0.0, 1.0]], [[3.0, 4.0], [4.0, 3.0]], [1, 1])
    0.5
    """
    if y is None:
        raise TypeError("y is None; expected (N,) integer labels")
    hits: float = _core.predict(W, X, b, y, index, None, example_axis, class_axis, threads)
    return hits
