"""The losses of the linear classifier, with gradients: softmax, multiclass SVM, and the SVM's smooth sibling.

Every loss is a mean over the examples, plus ``reg`` times a regularizer of W. The bias is not regularized
when it is passed as ``b``; it is when it is the last column of W (`deeprob.datasets.bias_trick`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords, as_real, one_of
from .regularizers import RegType, penalty_weights

NAMES = tuple(_core.losses())


@answers_keywords
def softmax_loss(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    reg: float = 0.0,
    *,
    label_smoothing: float = 0.0,
    b: npt.ArrayLike | None = None,
    reg_type: RegType = "l2",
    l1_ratio: float = 0.5,
    grad: bool = True,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    out: FloatArray | None = None,
    threads: int | None = None,
) -> Any:
    r"""Softmax (cross-entropy) loss of a linear classifier, with its gradient.

    With s = W x + b, L_i = -log(exp(s_y) / sum_j exp(s_j)) and the loss is mean_i L_i + reg R(W)
    (lecture, "Loss Functions" and "Regularization"). Soft and smoothed labels are as for
    `softmax_cross_entropy`.

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights, one row per class; (D, C) with ``class_axis=1``. Never guessed from the sizes.
    X : (N, D) array of float32, float64 or uint8
        Examples, one per row; (D, N), the lecture's columns, with ``example_axis=1``. Any strides; never
        copied as a whole.
    y : (N,) array of integers, or (N, C) array of float32 or float64
        Labels 0 .. C - 1; or probabilities of the classes, (C, N) with ``example_axis=1``, whose entries are
        at least 0 and whose rows sum to 1 within 1e-5.
    reg : float
        Strength lambda of the regularizer, at least 0.
    label_smoothing : float
        Share of the label that goes to all classes alike, in 0..1.
    b : (C,) array, optional
        Biases; not regularized. With them the result has ``db`` too.
    reg_type : {"l2", "l1", "elastic"}
        R(W) is sum W^2, sum abs(W), or ``l1_ratio`` sum abs(W) + (1 - ``l1_ratio``) sum W^2.
    l1_ratio : float
        The share of L1 in "elastic", in 0..1.
    grad : bool
        False returns the loss alone.
    index : (n,) array of integers, optional
        Positions of the examples to use (a minibatch), without gathering a copy of them.
    example_axis, class_axis : {0, 1}
        Which axis of X counts the examples, and which of W the classes.
    out : array of W's shape and dtype, optional
        Where dW goes; untouched when an error or Ctrl-C stops the call.
    threads : int, optional
        At most this many threads; default `get_num_threads()`. The result has the same bits for any number.

    Returns
    -------
    loss : float
        Summed in float64.
    dW : array of W's shape and dtype
        Left out with ``grad=False``.
    db : (C,) array of b's dtype
        Only when ``b`` is given.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range, or there are no examples; the message names it.

    Notes
    -----
    The sums over features run in the result type of W, X and b. The largest score is subtracted first, and
    the loss is log1p of what remains, so it is right whenever it is representable: also at scores of 1e6,
    and for losses near 0. A single infinite score counts as its limit; NaN gives NaN. Soft labels are read
    in that result type.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> loss, dW = deeprob.softmax_loss(np.zeros((10, 2)), X, [0, 1])
    >>> round(loss, 6)  # log 10: ten classes, all alike
    2.302585
    >>> dW.shape
    (10, 2)
    >>> mixed = [[0.75, 0.25], [0.0, 1.0]]  # as mixup makes them
    >>> round(deeprob.softmax_loss(np.eye(2), X, mixed, grad=False), 6)
    0.688262
    """
    l1, l2 = penalty_weights(reg, reg_type, l1_ratio)
    return _core.linear_loss(
        "softmax", W, X, y, b, index, out, label_smoothing, l1, l2, grad, example_axis, class_axis, threads
    )


@answers_keywords
def svm_loss(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    reg: float = 0.0,
    *,
    delta: float = 1.0,
    b: npt.ArrayLike | None = None,
    reg_type: RegType = "l2",
    l1_ratio: float = 0.5,
    grad: bool = True,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    out: FloatArray | None = None,
    threads: int | None = None,
) -> Any:
    r"""Multiclass SVM (hinge) loss of a linear classifier, with its gradient.

    With s = W x + b, L_i = sum over j != y of max(0, s_j - s_y + delta) and the loss is
    mean_i L_i + reg R(W) (lecture, "Loss Functions"; Weston and Watkins 1999).

    Parameters
    ----------
    W, X, y, reg, b, reg_type, l1_ratio, grad, index, example_axis, class_axis, out, threads
        As for `softmax_loss`.
    delta : float
        The margin by which the label's score should win.

    Returns
    -------
    loss : float
        Summed in float64.
    dW : array of W's shape and dtype
        A subgradient: a margin of exactly 0 counts as not violated. Left out with ``grad=False``.
    db : (C,) array of b's dtype
        Only when ``b`` is given.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range, or there are no examples; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> deeprob.svm_loss(np.zeros((10, 2)), X, [0, 1], grad=False)  # nine margins of 1
    9.0
    """
    penalties = penalty_weights(reg, reg_type, l1_ratio)
    margin = as_real(delta, "delta", negative=True)
    return _core.linear_loss(
        "svm", W, X, y, b, index, out, margin, *penalties, grad, example_axis, class_axis, threads
    )


@answers_keywords
def squared_hinge_loss(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    reg: float = 0.0,
    *,
    delta: float = 1.0,
    b: npt.ArrayLike | None = None,
    reg_type: RegType = "l2",
    l1_ratio: float = 0.5,
    grad: bool = True,
    index: npt.ArrayLike | None = None,
    example_axis: int = 0,
    class_axis: int = 0,
    out: FloatArray | None = None,
    threads: int | None = None,
) -> Any:
    r"""Squared hinge loss, the smooth multiclass SVM, of a linear classifier, with its gradient.

    With s = W x + b, L_i = sum over j != y of max(0, s_j - s_y + delta)^2 and the loss is
    mean_i L_i + reg R(W): `svm_loss` without its kinks, so that second-order methods can be used.

    Parameters
    ----------
    W, X, y, reg, b, reg_type, l1_ratio, grad, index, example_axis, class_axis, out, threads
        As for `softmax_loss`.
    delta : float
        The margin by which the label's score should win.

    Returns
    -------
    loss : float
        Summed in float64.
    dW : array of W's shape and dtype
        Left out with ``grad=False``.
    db : (C,) array of b's dtype
        Only when ``b`` is given.

    Raises
    ------
    ValueError, TypeError, IndexError
        If an argument has the wrong shape, dtype or range, or there are no examples; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> deeprob.losses.squared_hinge_loss(np.zeros((10, 2)), X, [0, 1], delta=2.0, grad=False)
    36.0
    """
    penalties = penalty_weights(reg, reg_type, l1_ratio)
    margin = as_real(delta, "delta", negative=True)
    return _core.linear_loss(
        "squared_hinge", W, X, y, b, index, out, margin, *penalties, grad, example_axis, class_axis, threads
    )


@answers_keywords
def softmax_cross_entropy(
    s: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    label_smoothing: float = 0.0,
    grad: bool = True,
    example_axis: int = 0,
    out: FloatArray | None = None,
) -> Any:
    r"""Softmax loss of given scores: the mean of -log(exp(s_y) / sum_j exp(s_j)), with its gradient.

    With soft labels q, probabilities of the classes, the mean of -sum_c q_c log p_c, p = softmax(s): the
    cross-entropy, of which the labels' loss is that of q = onehot(y). Label smoothing gives the share eps of
    them to all classes alike, q' = (1 - eps) q + eps / C (Szegedy et al. 2016, section 7).

    Parameters
    ----------
    s : (N, C) array of float32 or float64
        Scores; (C, N) with ``example_axis=1``.
    y : (N,) array of integers, or array of s's shape of float32 or float64
        Labels 0 .. C - 1; or probabilities of the classes, as `deeprob.augment.mixup` makes them: at least 0,
        and each example's sum to 1 within 1e-5 (they are used as they are).
    label_smoothing : float
        The share eps, in 0..1.
    grad : bool
        False returns the loss alone.
    example_axis : {0, 1}
        Which axis of s counts the examples.
    out : array of s's shape and dtype, optional
        Where the gradient goes; must not share memory with s or y.

    Returns
    -------
    loss : float
    ds : array of s's shape and dtype
        (sum(q') softmax(s) - q') / N, where the sum is 1 to rounding and q' = onehot(y) for plain labels.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range; the message names it.

    Notes
    -----
    Probabilities are read in the dtype of s. Losses near 0 keep their digits, and so do gradients, whichever
    of q and p is near 1. A class without probability adds nothing, also at a score of -inf. Onehot
    probabilities give the labels' bits; smoothed, in float32, but for rounding.

    Examples
    --------
    >>> import deeprob
    >>> loss, ds = deeprob.softmax_cross_entropy([[3.2, 5.1, -1.7]], [0])
    >>> round(loss, 10)
    2.0403551528
    >>> loss, ds = deeprob.softmax_cross_entropy([[3.2, 5.1, -1.7]], [[0.25, 0.75, 0.0]])
    >>> round(loss, 10)
    0.6153551528
    >>> round(deeprob.softmax_cross_entropy([[3.2, 5.1, -1.7]], [1], label_smoothing=0.3, grad=False), 10)
    1.0103551528
    """
    return _core.score_loss("softmax", s, y, out, label_smoothing, grad, example_axis)


@answers_keywords
def multiclass_hinge(
    s: npt.ArrayLike,
    y: npt.ArrayLike,
    delta: float = 1.0,
    *,
    grad: bool = True,
    example_axis: int = 0,
    out: FloatArray | None = None,
) -> Any:
    r"""Multiclass SVM loss of given scores: the mean of sum over j != y of max(0, s_j - s_y + delta).

    Parameters
    ----------
    s, y, grad, example_axis, out
        As for `softmax_cross_entropy`.
    delta : float
        The margin by which the label's score should win.

    Returns
    -------
    loss : float
    ds : array of s's shape and dtype

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range; the message names it.

    Examples
    --------
    >>> import deeprob
    >>> round(deeprob.multiclass_hinge([[3.2, 5.1, -1.7]], [0], grad=False), 12)
    2.9
    """
    margin = as_real(delta, "delta", negative=True)
    return _core.score_loss("svm", s, y, out, margin, grad, example_axis)


def loss_parameter(loss: str, given: dict[str, float]) -> float:
    """Return the value of ``loss``'s own parameter: the given one or its default.

    Raises
    ------
    ValueError, TypeError
        If there is no such loss, or it has no parameter of that name.
    """
    losses = _core.losses()
    one_of(loss, "loss", tuple(losses))
    defaults = losses[loss]
    for name in given:
        if name not in defaults:
            takes = ", ".join(map(repr, defaults)) or "none"
            raise TypeError(f"loss {loss!r} has no parameter {name!r}; it takes {takes}")
    merged = {**defaults, **given}
    value = next((as_real(value, name, negative=True) for name, value in merged.items()), 0.0)
    if loss == "softmax" and not 0 <= value <= 1:
        raise ValueError(f"label_smoothing is {value}; expected a number in 0..1")
    return value


def labels_array(y: npt.ArrayLike) -> npt.NDArray[np.integer]:
    """Return y as a one-dimensional array of integers that are not negative."""
    labels = _core.as_array(y, "y", False)
    if labels.ndim != 1:
        ravel = ": pass y.ravel()" if labels.ndim == 2 and 1 in labels.shape else ""
        raise ValueError(f"y has shape {labels.shape}; expected (N,), one integer label per example{ravel}")
    if not labels.dtype.isnative:
        raise TypeError(
            f"y has dtype {labels.dtype} in the other byte order; expected native order: "
            "convert it with y.astype(y.dtype.newbyteorder('='))"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(f"y has dtype {labels.dtype}; expected integers: convert it with y.astype(np.int64)")
    if labels.size and labels.min() < 0:
        at = int(np.argmax(labels < 0))
        raise ValueError(f"y[{at}] is {labels[at]}; expected labels of at least 0")
    return labels
