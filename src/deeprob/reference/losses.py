"""Scores, losses and regularizers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def scores(W: Array, X: Array, b: Array | None = None) -> Array:
    """S = W x + b for each row x of X: (C, D), (N, D) -> (N, C)."""
    s = X @ W.T
    return s if b is None else s + b


def predict(W: Array, X: Array, b: Array | None = None) -> Array:
    """Pick the class with the largest score."""
    labels: Array = np.argmax(scores(W, X, b), axis=1)
    return labels


def accuracy(W: Array, X: Array, y: Array, b: Array | None = None) -> float:
    """Return the share of examples whose predicted class is their label."""
    return float(np.mean(predict(W, X, b) == y))


# ---- losses: scores (N, C) and labels (N,) -> losses (N,) and their gradients (N, C) -


def softmax(s: Array, y: Array, label_smoothing: float = 0.0) -> tuple[Array, Array]:
    """L_i = -log(exp(s_y) / sum_j exp(s_j)), dL_i/ds = p - onehot(y).

    With m the largest score, L_i = log(1 + sum of the other exp(s_j - m)) + (m - s_y): neither a large
    score nor a loss near 0 loses digits. Labels (N, C) are `soft_softmax`'s, and smoothed ones.
    """
    if y.ndim == 2 or label_smoothing != 0:
        return soft_softmax(s, soft_labels(y, s.shape[1], s.dtype, label_smoothing))
    rows = np.arange(len(y))
    top = np.argmax(s, axis=1)
    e = np.exp(s - s[rows, top][:, None])
    others = e.copy()
    others[rows, top] = 0
    losses = np.log1p(others.sum(axis=1)) + (s[rows, top] - s[rows, y])
    gradient = e / (1 + others.sum(axis=1))[:, None]
    gradient[rows, y] = 0
    gradient[rows, y] = -gradient.sum(axis=1)  # p_y - 1 = -(the other p), without cancellation
    return losses, gradient


def soft_labels(y: Array, C: int, dtype: npt.DTypeLike, label_smoothing: float = 0.0) -> Array:
    """Q = (1 - label_smoothing) y + label_smoothing / C, y probabilities (N, C) or labels (N,) as onehot."""
    q = y.astype(dtype) if y.ndim == 2 else np.eye(C, dtype=dtype)[y]
    smoothed: Array = (1 - label_smoothing) * q + np.asarray(label_smoothing, dtype) / C
    return smoothed


def soft_softmax(s: Array, q: Array) -> tuple[Array, Array]:
    """L_i = -sum_c q_c log p_c, dL_i/ds = sum(q) p - q, and sum(q) = 1.

    -log p_c = log(1 + sum of the other exp(s_j - m)) + (m - s_c), as for `softmax`. The gradient is
    p_c (sum of the other q) - q_c (sum of the other p), so that nothing cancels where p_c or q_c is nearly 1.
    """
    top = np.argmax(s, axis=1)[:, None]
    gap = np.take_along_axis(s, top, axis=1) - s
    np.put_along_axis(gap, top, 0, axis=1)  # also of an infinite score
    e = np.exp(-gap)
    others = e.copy()
    np.put_along_axis(others, top, 0, axis=1)
    rest = others.sum(axis=1)
    losses = q.sum(axis=1) * np.log1p(rest) + (q * np.where(q > 0, gap, 0)).sum(axis=1)
    p = e / (1 + rest)[:, None]
    apart = 1 - np.eye(s.shape[1], dtype=s.dtype)
    return losses, p * (q @ apart) - q * (p @ apart)


def svm(s: Array, y: Array, delta: float = 1.0) -> tuple[Array, Array]:
    """L_i = sum over j != y of max(0, s_j - s_y + delta); dL_i/ds_j = 1 where the margin is violated."""
    rows = np.arange(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + delta)
    margins[rows, y] = 0
    gradient = (margins > 0).astype(s.dtype)
    gradient[rows, y] = -gradient.sum(axis=1)
    return margins.sum(axis=1), gradient


def squared_hinge(s: Array, y: Array, delta: float = 1.0) -> tuple[Array, Array]:
    """L_i = sum over j != y of max(0, s_j - s_y + delta)^2; dL_i/ds_j is twice the violated margin."""
    rows = np.arange(len(y))
    margins = np.maximum(0, s - s[rows, y][:, None] + delta)
    margins[rows, y] = 0
    gradient = 2 * margins
    gradient[rows, y] = -gradient.sum(axis=1)
    return (margins**2).sum(axis=1), gradient


# ---- second derivatives: scores (N, C), labels (N,) -> (N, C, C) ---------------------


def softmax_curvature(s: Array, _y: Array, label_smoothing: float = 0.0) -> Array:
    """d2 L_i / ds ds' = diag(p) - p p', the covariance of onehot(j) with j drawn from p; of any labels."""
    del label_smoothing
    e = np.exp(s - s.max(axis=1)[:, None])
    p = e / e.sum(axis=1)[:, None]
    curvature: Array = p[:, :, None] * np.eye(s.shape[1], dtype=s.dtype) - p[:, :, None] * p[:, None, :]
    return curvature


def squared_hinge_curvature(s: Array, y: Array, delta: float = 1.0) -> Array:
    """2 sum over the violated j != y of (e_j - e_y)(e_j - e_y)'."""
    eye = np.eye(s.shape[1], dtype=s.dtype)
    rows = np.arange(len(y))
    violated = (s - s[rows, y][:, None] + delta > 0).astype(s.dtype)
    violated[rows, y] = 0
    between = eye[None] - eye[y][:, None]  # (N, C, C): row j is e_j - e_y
    result: Array = np.einsum("nj,nja,njb->nab", 2 * violated, between, between)
    return result


# ---- regularizers: W -> value, gradient ----------------------------------------------


def l2(W: Array) -> tuple[float, Array]:
    """R(W) = sum of W^2."""
    return float(np.sum(W**2)), 2 * W


def l1(W: Array) -> tuple[float, Array]:
    """R(W) = sum of abs(W)."""
    return float(np.sum(np.abs(W))), np.sign(W)


def elastic_net(W: Array, l1_ratio: float = 0.5) -> tuple[float, Array]:
    """R(W) = l1_ratio sum abs(W) + (1 - l1_ratio) sum W^2."""
    (a, da), (b, db) = l1(W), l2(W)
    return l1_ratio * a + (1 - l1_ratio) * b, l1_ratio * da + (1 - l1_ratio) * db


def proximal_l1(W: Array, threshold: float) -> Array:
    """sign(W) max(|W| - threshold, 0), in float64, rounded once to W's dtype; a 0 has no sign."""
    w = np.asarray(W, np.float64)
    nearer = np.sign(w) * np.maximum(np.abs(w) - threshold, 0)
    return np.where(np.abs(w) <= threshold, 0, nearer).astype(W.dtype)


# ---- the whole loss ------------------------------------------------------------------


def linear_loss(
    loss: str | Callable[..., tuple[Array, Array]],
    W: Array,
    X: Array,
    y: Array,
    reg: float = 0.0,
    *,
    b: Array | None = None,
    reg_type: str = "l2",
    l1_ratio: float = 0.5,
    index: Array | None = None,
    **parameters: float,
) -> tuple[float, Array, Array]:
    """L(W) = (1/N) sum_i L_i + reg R(W), with dW and db.

    ``loss`` is a function of this module or its name.
    """
    per_example = globals()[loss] if isinstance(loss, str) else loss
    if index is not None:
        X, y = X[index], y[index]
    losses, ds = per_example(scores(W, X, b), y, **parameters)
    N = len(y)
    value, gradient = {
        "l2": lambda: l2(W),
        "l1": lambda: l1(W),
        "elastic": lambda: elastic_net(W, l1_ratio),
    }[reg_type]()
    return float(losses.mean() + reg * value), ds.T @ X / N + reg * gradient, ds.sum(axis=0) / N


def linear_hvp(
    loss: str,
    W: Array,
    V: Array,
    X: Array,
    y: Array,
    reg: float = 0.0,
    **parameters: float,
) -> Array:
    """Return the product of the Hessian of L(W) + reg sum W^2 with V: (C, D).

    As s = W x is linear in W, it is (1/N) sum_i (d2 L_i / ds ds' V x_i) x_i' + 2 reg V: the Gauss-Newton
    product too and, for softmax, the Fisher information's.
    """
    curvature = globals()[f"{loss}_curvature"](scores(W, X), y, **parameters)
    u = np.einsum("nab,nb->na", curvature, scores(V, X))
    result: Array = u.T @ X / len(y) + 2 * reg * V
    return result
