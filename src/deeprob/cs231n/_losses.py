"""The losses of the linear classifier with W as (D, C), in loops and vectorized."""

from typing import Any

import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_real
from ..losses import softmax_loss, svm_loss


@answers_keywords
def svm_loss_naive(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float
) -> tuple[float, FloatArray]:
    r"""Multiclass SVM loss and its gradient, in loops over examples, classes and features.

    L = (1/N) sum_i sum_{j != y_i} max(0, s_j - s_{y_i} + 1) + reg sum W^2 with s = W' x_i: the assignment's
    first version, whose loops are in C, in float64 and on one thread. Those of
    `deeprob.reference.svm_loss_naive`, in Python, have the same bits and take some 90 times as long.

    Parameters
    ----------
    W : (D, C) array of float32 or float64
        Weights, one column per class.
    X : (N, D) array of float32, float64 or uint8
        Examples, one per row. Copied, unless it is float64 and row by row in memory.
    y : (N,) array of integers
        Labels 0 .. C - 1.
    reg : float
        Strength of the regularizer, at least 0; there is no factor 1/2.

    Returns
    -------
    loss : float
    dW : (D, C) array of W's dtype

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range, or there are no examples; the message names it.

    See Also
    --------
    svm_loss_vectorized : the same from the library's kernels.

    Notes
    -----
    Ctrl-C is served between examples.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> loss, dW = cs231n.svm_loss_naive(np.zeros((4, 3)), np.ones((5, 4)), [0, 1, 2, 0, 1], 0.1)
    >>> loss  # C - 1 margins of 1 each
    2.0
    >>> dW[0]
    array([-0.2, -0.2,  0.4])
    """
    W, X = _examples_and_weights(W, X)
    return _core.naive_loss("svm", W, X, y, as_real(reg, "reg"))


@answers_keywords
def svm_loss_vectorized(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float
) -> tuple[float, FloatArray]:
    r"""Multiclass SVM loss and its gradient from the library's kernels: `deeprob.svm_loss` of a (D, C) W.

    The sums run in the result type of W and X, on `deeprob.get_num_threads` threads; X is not copied.

    Parameters
    ----------
    W, X, y, reg
        As for `svm_loss_naive`.

    Returns
    -------
    loss : float
    dW : (D, C) array of W's dtype
        A transposed view: column by column in memory.

    Raises
    ------
    ValueError, TypeError
        As `svm_loss_naive`.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> loss, dW = cs231n.svm_loss_vectorized(np.zeros((4, 3)), np.ones((5, 4)), [0, 1, 2, 0, 1], 0.1)
    >>> loss, dW.shape
    (2.0, (4, 3))
    """
    W, X = _examples_and_weights(W, X)
    loss, dW = svm_loss(W, X, y, reg, class_axis=1)
    return loss, dW


@answers_keywords
def softmax_loss_naive(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float
) -> tuple[float, FloatArray]:
    r"""Softmax loss and its gradient, in loops over examples, classes and features.

    L = (1/N) sum_i (log(sum_j exp(s_j)) - s_{y_i}) + reg sum W^2 with s = W' x_i, the largest score
    subtracted first: the assignment's first version, whose loops are in C, in float64 and on one thread.
    Those of `deeprob.reference.softmax_loss_naive`, in Python, have the same bits and take some 90 times as
    long.

    Parameters
    ----------
    W, X, y, reg
        As for `svm_loss_naive`.

    Returns
    -------
    loss : float
    dW : (D, C) array of W's dtype

    Raises
    ------
    ValueError, TypeError
        As `svm_loss_naive`.

    See Also
    --------
    softmax_loss_vectorized : the same from the library's kernels.

    Notes
    -----
    The formula is the assignment's: an example's loss below 1e-16 is rounded to 0, and an infinite score
    gives NaN. `softmax_loss_vectorized` keeps the digits of the one and takes the limit of the other.
    Ctrl-C is served between examples.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> rng = np.random.RandomState(0)
    >>> W, X, y = np.ones((3073, 10)), rng.rand(5, 3073), rng.randint(10, size=5)
    >>> loss, dW = cs231n.softmax_loss_naive(W, X, y, 2.5e4)
    >>> print("%f" % loss)  # the assignment's stability check: 2.5e4 sum W^2 + log 10
    768250002.302585
    """
    W, X = _examples_and_weights(W, X)
    return _core.naive_loss("softmax", W, X, y, as_real(reg, "reg"))


@answers_keywords
def softmax_loss_vectorized(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float
) -> tuple[float, FloatArray]:
    r"""Softmax loss and its gradient from the library's kernels: `deeprob.softmax_loss` of a (D, C) W.

    The sums run in the result type of W and X, on `deeprob.get_num_threads` threads; X is not copied.

    Parameters
    ----------
    W, X, y, reg
        As for `svm_loss_naive`.

    Returns
    -------
    loss : float
    dW : (D, C) array of W's dtype
        A transposed view: column by column in memory.

    Raises
    ------
    ValueError, TypeError
        As `svm_loss_naive`.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> loss, dW = cs231n.softmax_loss_vectorized(np.zeros((4, 10)), np.ones((2, 4)), [0, 1], 0.0)
    >>> round(loss, 6)  # log 10
    2.302585
    """
    W, X = _examples_and_weights(W, X)
    loss, dW = softmax_loss(W, X, y, reg, class_axis=1)
    return loss, dW


def _examples_and_weights(W: npt.ArrayLike, X: npt.ArrayLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return both as arrays whose sizes agree; the other checks are the loss's."""
    weights, examples = _core.as_array(W, "W", True), _core.as_array(X, "X", True)
    if weights.ndim == examples.ndim == 2 and weights.shape[0] != examples.shape[1]:
        hint = ""
        if weights.shape[1] == examples.shape[1]:
            hint = ". If your W is (C, D), as in the lecture, pass W.T"
        elif weights.shape[0] == examples.shape[0]:
            hint = ". If your examples are the columns of X, pass X.T"
        raise ValueError(
            f"W has shape {weights.shape}; expected (D, C) with D = {examples.shape[1]}, the features of X, "
            f"whose shape is {examples.shape}{hint}"
        )
    return weights, examples
