"""Mistakes in the regularization term."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, Loss2, lasso_loss, onehot, softmax, softmax_loss, svm_loss


@planted(
    "penalty",
    svm_loss,
    given.course_classifier,
    line=("", "dW += 2 * reg * W"),
    source="cs231n/cs231n.github.io#253 "
    "(svm.ipynb subtley does not require calculation of regularization term)",
    strict=True,
)
def missing_penalty(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The penalty is in the loss but not in the gradient.

    At the course's reg = 5e-6 and W = 1e-4 randn it is about 1e-9 of a gradient of about 1: no comparison
    with a tolerance for the whole sees it.
    """
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W**2)
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    return loss, dW


@planted(
    "penalty",
    svm_loss,
    given.course_classifier,
    line=("loss = margins.sum() / N", "loss = margins.sum() / N + reg * np.sum(W**2)"),
    source="0809zheng/CS231n-assignment2019#91 (svm_loss_vectorized: the loss lacks the regularization term)",
    strict=True,
)
def penalty_missing_in_loss(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The penalty is in the gradient but was forgotten in the loss.

    The vectorized loss was compared with the one in loops at reg = 5e-6, where both print the same digits.
    """
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    dW += 2 * reg * W
    return loss, dW


@planted(
    "penalty",
    softmax_loss,
    given.classifier,
    line=("dW += reg * W", "dW += 2 * reg * W"),
    source="jingtinghuang/CS231n-Spring-2017#3 (Missing factor of 2 in gradient of L2 regularization); "
    "bruceoutdoors/CS231n#9",
)
def half_penalty(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The gradient of reg * sum(W**2) is written reg * W.

    That belongs to 0.5 * reg * sum(W**2), which other courses, and earlier years of this one, use.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * W
    return loss, dW


def weston_watkins(W: Array, b: Array, X: Array, y: Array, reg: float) -> Loss2:
    """The demo's SVM loss of s = W x + b with the penalty reg * sum(W**2): (loss, dW, db)."""
    N = len(y)
    s = X @ W.T + b
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W**2)
    ds = (margins > 0) / N
    ds[np.arange(N), y] -= ds.sum(axis=1)
    dW = ds.T @ X + 2 * reg * W
    db = ds.sum(axis=0)
    return loss, dW, db


@planted(
    "penalty",
    weston_watkins,
    given.linear_classify_demo,
    line=("dW = ds.T @ X + 0.5 * reg * W", "dW = ds.T @ X + 2 * reg * W"),
    source="the CS231n linear classification demo as pictured in the course notes, "
    "https://github.com/cs231n/cs231n.github.io/blob/master/assets/classifydemo.jpeg; "
    "on the half: cs231n/cs231n.github.io#89",
)
def linear_classify_demo(W: Array, b: Array, X: Array, y: Array, reg: float) -> Loss2:
    """The gradient of reg * sum(W**2) is written 0.5 * reg * W.

    The picture of the demo that the lecture links shows the loss 2.57 with this gradient: a quarter of the
    right penalty, as if the half of 0.5 * reg * sum(W**2) had gone to the wrong side.
    """
    N = len(y)
    s = X @ W.T + b
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W**2)
    ds = (margins > 0) / N
    ds[np.arange(N), y] -= ds.sum(axis=1)
    dW = ds.T @ X + 0.5 * reg * W
    db = ds.sum(axis=0)
    return loss, dW, db


@planted(
    "penalty",
    softmax_loss,
    given.classifier,
    line=("dW += 2 * reg * W / N", "dW += 2 * reg * W"),
    source="dennybritz/nn-from-scratch#13 (gradient checks do not match); "
    "chainer/chainer#7335 (weight decay is added before the division)",
)
def penalty_divided_by_N(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The penalty's gradient is divided by N with the rest of the sum.

    The data loss is a mean over the examples, the penalty is not: a division that comes one line too late, or
    brackets, make it one.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += 2 * reg * W / N
    return loss, dW


@planted(
    "penalty",
    softmax_loss,
    given.classifier,
    line=("dW -= 2 * reg * W", "dW += 2 * reg * W"),
    source="chainer/chainer#261 (Maybe there is a bug in chainer.optimizer.weight_decay); andersbll/nnet#4",
)
def penalty_subtracted(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The penalty's gradient has the wrong sign, so that weights grow.

    Decay is subtracted from the weights, and therefore added to the gradient.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW -= 2 * reg * W
    return loss, dW


@planted(
    "penalty",
    softmax_loss,
    given.classifier,
    line=(
        "loss = -np.log(p[np.arange(N), y]).mean() + reg * np.mean(W**2)",
        "loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W**2)",
    ),
    source="kazuto1011/svm-pytorch#1 (Wrong loss function)",
)
def penalty_averaged(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The loss has the mean of the squared weights, the gradient belongs to their sum.

    The penalty is too small by the number of weights, and reg means something else for every size of W.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.mean(W**2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def norm_penalty_loss(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Softmax loss with the penalty reg * ||W||, not squared."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sqrt(np.sum(W**2))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * W / np.sqrt(np.sum(W**2))
    return loss, dW


@planted(
    "penalty",
    norm_penalty_loss,
    given.classifier,
    line=("dW += reg * W", "dW += reg * W / np.sqrt(np.sum(W**2))"),
    source="ddbourgin/numpy-ml#53 (the L2 term of LogisticRegression._NLL_grad)",
)
def norm_not_squared(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The penalty is the norm of W, its gradient that of half the squared norm.

    Both are called "the L2 penalty".
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sqrt(np.sum(W**2))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * W
    return loss, dW


def loss_with_free_bias(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Softmax loss; the last column of W is the bias and is not penalized."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W[:, :-1] ** 2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW[:, :-1] += 2 * reg * W[:, :-1]
    return loss, dW


@planted(
    "penalty",
    loss_with_free_bias,
    given.classifier_with_ones,
    line=("dW += 2 * reg * W", "dW[:, :-1] += 2 * reg * W[:, :-1]"),
    source="trekhleb/homemade-machine-learning#17 (theta[0] is regularized first); kaleko/CourseraML#9",
)
def bias_penalized(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The gradient penalizes the bias, which the loss leaves out.

    With the bias as one more column of W, the line for all weights takes it along.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(W[:, :-1] ** 2)
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += 2 * reg * W
    return loss, dW


@planted(
    "penalty",
    lasso_loss,
    given.classifier,
    line=("dW += reg", "dW += reg * np.sign(W)"),
    source="bashardudin/Epita-SCIA-OCVX#1 (the L1 norm's gradient loses the sign)",
)
def l1_without_sign(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The derivative of |w| is taken as 1, also where w is negative.

    "The derivative of w is 1" comes to mind before the sign does.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(np.abs(W))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg
    return loss, dW


@planted(
    "penalty",
    lasso_loss,
    given.classifier,
    line=("dW += 2 * reg * W", "dW += reg * np.sign(W)"),
    source="happynear/caffe-windows#205 (NormalizeLayer L1 backward)",
)
def l1_with_l2_gradient(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The loss has the L1 penalty, the gradient is that of L2.

    One option was switched in one place, and the code for the other norm stayed in the second.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * np.sum(np.abs(W))
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def elastic_net_loss(W: Array, X: Array, y: Array, reg: float, l1_ratio: float) -> Loss:
    """Softmax loss with reg * (l1_ratio * sum(|W|) + (1 - l1_ratio) / 2 * sum(W**2))."""
    N = len(y)
    p = softmax(X @ W.T)
    penalty = l1_ratio * np.sum(np.abs(W)) + (1 - l1_ratio) / 2 * np.sum(W**2)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * penalty
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * (l1_ratio * np.sign(W) + (1 - l1_ratio) * W)
    return loss, dW


@planted(
    "penalty",
    elastic_net_loss,
    lambda: (*given.classifier(), 0.3),
    line=(
        "dW += reg * (l1_ratio * np.sign(W) + (1 - l1_ratio) * 2 * W)",
        "dW += reg * (l1_ratio * np.sign(W) + (1 - l1_ratio) * W)",
    ),
    source="scikit-learn/scikit-learn#11646 (review: a factor 2 of L2 that appears only beside L1); "
    "scikit-learn/scikit-learn#16795",
)
def elastic_net_l2_twice(W: Array, X: Array, y: Array, reg: float, l1_ratio: float) -> Loss:
    """The L2 part of the elastic net counts twice in the gradient.

    In scikit-learn's mixture L2 has a half in front and L1 has none.
    """
    N = len(y)
    p = softmax(X @ W.T)
    penalty = l1_ratio * np.sum(np.abs(W)) + (1 - l1_ratio) / 2 * np.sum(W**2)
    loss = -np.log(p[np.arange(N), y]).mean() + reg * penalty
    ds = p - onehot(y, len(W))
    dW = ds.T @ X / N
    dW += reg * (l1_ratio * np.sign(W) + (1 - l1_ratio) * 2 * W)
    return loss, dW
