"""Regularizers R(W): L2, L1 and their mixture, as the lecture writes them, without a factor 1/2."""

from typing import Literal

import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords, as_real, one_of

REG_TYPES = ("l2", "l1", "elastic")

RegType = Literal["l2", "l1", "elastic"]


@answers_keywords
def l2(W: npt.ArrayLike, *, out: FloatArray | None = None) -> tuple[float, FloatArray]:
    r"""L2 regularization: R(W) = sum of all W[k, l]^2, gradient 2 W.

    The lecture's form (slide "Simple examples"): no factor 1/2, so the gradient has a factor 2.

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights; any strides. A vector is reshaped by the caller.
    out : (C, D) array, optional
        Where the gradient goes; of W's dtype. May be ``W`` itself.

    Returns
    -------
    value : float
        R(W), summed in float64.
    gradient : (C, D) array
        dR/dW, of W's dtype.

    Raises
    ------
    ValueError, TypeError
        If ``W`` or ``out`` has another shape or dtype.

    Examples
    --------
    The lecture's two weights with the same score on x = [1, 1, 1, 1]: L2 prefers the second.

    >>> import deeprob
    >>> deeprob.l2([[1, 0, 0, 0]])[0], deeprob.l2([[0.25, 0.25, 0.25, 0.25]])[0]
    (1.0, 0.25)
    """
    return _core.penalty(W, 0.0, 1.0, True, out)


@answers_keywords
def l1(W: npt.ArrayLike, *, out: FloatArray | None = None) -> tuple[float, FloatArray]:
    r"""L1 regularization: R(W) = sum of all abs(W[k, l]), gradient sign(W) (0 at 0).

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights; any strides.
    out : (C, D) array, optional
        Where the gradient goes; of W's dtype. May be ``W`` itself.

    Returns
    -------
    value : float
        R(W), summed in float64.
    gradient : (C, D) array
        A subgradient, of W's dtype; R has a kink where a weight is 0.

    Raises
    ------
    ValueError, TypeError
        If ``W`` or ``out`` has another shape or dtype.

    Examples
    --------
    The lecture's two weights: a tie for L1.

    >>> import deeprob
    >>> deeprob.l1([[1, 0, 0, 0]])[0], deeprob.l1([[0.25, 0.25, 0.25, 0.25]])[0]
    (1.0, 1.0)
    """
    return _core.penalty(W, 1.0, 0.0, True, out)


@answers_keywords
def elastic_net(
    W: npt.ArrayLike, l1_ratio: float = 0.5, *, out: FloatArray | None = None
) -> tuple[float, FloatArray]:
    r"""Elastic net: R(W) = l1_ratio sum abs(W) + (1 - l1_ratio) sum W^2 (Zou and Hastie 2005).

    Both terms are the lecture's, so the second has no factor 1/2, unlike scikit-learn's.

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights; any strides.
    l1_ratio : float
        The share of L1, in 0..1.
    out : (C, D) array, optional
        Where the gradient goes; of W's dtype. May be ``W`` itself.

    Returns
    -------
    value : float
        R(W), summed in float64.
    gradient : (C, D) array
        l1_ratio sign(W) + 2 (1 - l1_ratio) W, of W's dtype.

    Raises
    ------
    ValueError, TypeError
        If ``W`` or ``out`` has another shape or dtype, or ``l1_ratio`` is not in 0..1.

    Examples
    --------
    >>> import deeprob
    >>> value, gradient = deeprob.elastic_net([[2.0, -1.0]], l1_ratio=0.5)
    >>> value
    4.0
    >>> gradient
    array([[ 2.5, -1.5]])
    """
    ratio = _checked_ratio(l1_ratio)
    return _core.penalty(W, ratio, 1.0 - ratio, True, out)


@answers_keywords
def proximal_l1(W: npt.ArrayLike, threshold: float, *, out: FloatArray | None = None) -> FloatArray:
    r"""Proximal step of L1, or soft-thresholding: sign(W) max(abs(W) - threshold, 0).

    It is the v that minimizes threshold sum abs(v) + 1/2 sum (v - W)^2 (Parikh and Boyd 2014, section
    6.5.2): every weight moves towards 0 by the threshold, and stays there once it arrives. A step along L1's
    subgradient steps over 0 instead, so only this one makes weights that are exactly 0.

    Parameters
    ----------
    W : (C, D) array of float32 or float64
        Weights; any strides. A vector is reshaped by the caller.
    threshold : float
        Finite, at least 0; in proximal gradient descent the learning rate times the weight of sum abs(W), as
        ``gradient_descent(..., l1_step="proximal")`` takes it.
    out : (C, D) array, optional
        Where the result goes; of W's dtype. May be ``W`` itself.

    Returns
    -------
    (C, D) array
        The weights after the step, of W's dtype; computed in float64, rounded once.

    Raises
    ------
    ValueError, TypeError
        If ``W`` or ``out`` has another shape or dtype, or ``threshold`` is negative or not finite.

    Notes
    -----
    A weight within -threshold .. threshold becomes +0.0, also one that was -0.0. NaN stays NaN, and an
    infinite weight as it is.

    Examples
    --------
    >>> import deeprob
    >>> deeprob.proximal_l1([[3.0, -0.5, -2.0, 1.0]], 1.0)
    array([[ 2.,  0., -1.,  0.]])
    """
    return _core.proximal_l1(W, as_real(threshold, "threshold"), out)


def penalty_weights(reg: float, reg_type: str, l1_ratio: float) -> tuple[float, float]:
    """Return the weights of sum abs(W) and sum W^2 that ``reg R(W)`` stands for."""
    strength = as_real(reg, "reg")
    one_of(reg_type, "reg_type", REG_TYPES)
    ratio = _checked_ratio(l1_ratio)
    if reg_type == "l2":
        return 0.0, strength
    if reg_type == "l1":
        return strength, 0.0
    return strength * ratio, strength * (1.0 - ratio)


def _checked_ratio(l1_ratio: float) -> float:
    ratio = as_real(l1_ratio, "l1_ratio")
    if ratio > 1.0:
        raise ValueError(f"l1_ratio is {l1_ratio}; expected a number in 0..1")
    return ratio
