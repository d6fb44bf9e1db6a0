"""A class, an example or the label's own term that is missing, doubled or misplaced."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, onehot, plain_softmax_loss, softmax, svm_loss


@planted(
    "class",
    svm_loss,
    given.classifier,
    line=("", "mask[np.arange(N), y] -= mask.sum(axis=1)"),
    source="mantasu/cs231n#9 (svm_loss_vectorized Derivative); lightaime/cs231n#19; the question "
    "'Compute the gradient of the SVM loss function', "
    "https://python.tutorialink.com/compute-the-gradient-of-the-svm-loss-function/",
)
def svm_label_term_missing(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """Classes that violate the margin get x, the label's own row gets nothing.

    The label's score is in every margin, with a minus: its row gets -x once for each violation.
    """
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N + reg * np.sum(W**2)
    mask = (margins > 0).astype(float)
    dW = mask.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def svm_loss_with_own_margin(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The SVM loss where the label's own margin, max(0, s_y - s_y + 1) = 1, is taken off at the end."""
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    loss = margins.sum() / N - 1 + reg * np.sum(W**2)
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    dW += 2 * reg * W
    return loss, dW


@planted(
    "class",
    svm_loss_with_own_margin,
    given.classifier,
    line=(
        "mask[np.arange(N), y] = -mask.sum(axis=1)",
        "mask[np.arange(N), y] -= mask.sum(axis=1)",
    ),
    source="bruceoutdoors/CS231n#5 (X_mask[...] = -incorrect_counts should be -=); lightaime/cs231n#9",
)
def svm_own_margin_counted(W: Array, X: Array, y: Array, reg: float) -> Loss:
    """The label's own margin, which is always 1, counts as one more violation in the label's row.

    In the loss it is a constant that one subtracts or ignores; in the gradient it is an x too much.
    """
    N = len(y)
    s = X @ W.T
    margins = np.maximum(0, s - s[np.arange(N), y][:, None] + 1)
    loss = margins.sum() / N - 1 + reg * np.sum(W**2)
    mask = (margins > 0).astype(float)
    mask[np.arange(N), y] = -mask.sum(axis=1)
    dW = mask.T @ X / N
    dW += 2 * reg * W
    return loss, dW


def svm_loss_in_loops(W: Array, X: Array, y: Array) -> Loss:
    """The SVM loss in loops, without a penalty."""
    N, C = len(y), len(W)
    loss = 0.0
    dW = np.zeros_like(W)
    for i in range(N):
        s = W @ X[i]
        violations = 0
        for j in range(C):
            margin = s[j] - s[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin / N
                dW[j] += X[i] / N
                violations += 1
        dW[y[i]] -= violations * X[i] / N
    return loss, dW


@planted(
    "class",
    svm_loss_in_loops,
    given.two_of_four_classes,
    line=(
        "            dW[y[i]] -= violations * X[i] / N",
        "        dW[y[i]] -= violations * X[i] / N",
    ),
    source="aroetter/cs231n-assignment1#1 (We should update only once for correct class)",
)
def svm_label_updated_in_the_loop(W: Array, X: Array, y: Array) -> Loss:
    """The label's row is updated in every turn of the inner loop, with the count so far.

    One indentation too far; the line belongs after the loop over the classes.
    """
    N, C = len(y), len(W)
    loss = 0.0
    dW = np.zeros_like(W)
    for i in range(N):
        s = W @ X[i]
        violations = 0
        for j in range(C):
            margin = s[j] - s[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin / N
                dW[j] += X[i] / N
                violations += 1
            dW[y[i]] -= violations * X[i] / N
    return loss, dW


@planted(
    "class",
    plain_softmax_loss,
    given.plain_classifier,
    line=("ds = p / N", "ds = (p - onehot(y, len(W))) / N"),
    source="mantasu/cs231n#10 (softmax_loss -1 subtraction); hankcs/CS224n#17",
)
def softmax_without_minus_one(W: Array, X: Array, y: Array) -> Loss:
    """The scores' gradient is p; the -1 at the label is missing.

    p is the derivative of log(sum(exp(s))) alone; the loss has -s_y as well.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p / N
    dW = ds.T @ X
    return loss, dW


def softmax_loss_over_examples(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss, its gradient in a loop over the examples."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = np.zeros_like(W)
    for i in range(N):
        ds = p[i] - onehot(y[i], len(W))
        dW += np.outer(ds, X[i]) / N
    return loss, dW


@planted(
    "example",
    softmax_loss_over_examples,
    given.plain_classifier,
    line=("for i in range(N - 1):", "for i in range(N):"),
    source="ageron/handson-ml2#487 (the last instance of the training set is not used); thunlp/OpenKE#42",
)
def last_example_skipped(W: Array, X: Array, y: Array) -> Loss:
    """The loop ends one example early.

    Of many examples one does not show: with 50,000 the gradient is wrong in the fifth digit.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = np.zeros_like(W)
    for i in range(N - 1):
        ds = p[i] - onehot(y[i], len(W))
        dW += np.outer(ds, X[i]) / N
    return loss, dW


def softmax_loss_in_batches(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss, its gradient in batches of two examples; N is even."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p - onehot(y, len(W))
    dW = np.zeros_like(W)
    for start, end in zip(range(0, N, 2), range(2, N + 1, 2)):
        dW += ds[start:end].T @ X[start:end] / N
    return loss, dW


@planted(
    "example",
    softmax_loss_in_batches,
    given.plain_classifier,
    line=(
        "for start, end in zip(range(0, N, 2), range(2, N, 2)):",
        "for start, end in zip(range(0, N, 2), range(2, N + 1, 2)):",
    ),
    source="nlintz/TensorFlow-Tutorials#49 (Exhaust training set)",
)
def last_batch_lost(W: Array, X: Array, y: Array) -> Loss:
    """The last batch is never used when N is a multiple of the batch size.

    The range of the batches' ends stops before N, and zip stops with the shorter range.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p - onehot(y, len(W))
    dW = np.zeros_like(W)
    for start, end in zip(range(0, N, 2), range(2, N, 2)):
        dW += ds[start:end].T @ X[start:end] / N
    return loss, dW


def softmax_loss_over_classes(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss, its gradient in a loop over the classes."""
    N, C = len(y), len(W)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = np.zeros_like(W)
    for j in range(C):
        dW[j] = (p[:, j] - (y == j)) @ X / N
    return loss, dW


@planted(
    "class",
    softmax_loss_over_classes,
    given.plain_classifier,
    line=("for j in range(C - 1):", "for j in range(C):"),
    source="spmallick/learnopencv#517 (the last layer has one output less than classes)",
)
def last_class_skipped(W: Array, X: Array, y: Array) -> Loss:
    """The loop ends one class early, so the last row of the gradient is 0.

    Labels run from 0 to C - 1, and so, it seems, should the loop.
    """
    N, C = len(y), len(W)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = np.zeros_like(W)
    for j in range(C - 1):
        dW[j] = (p[:, j] - (y == j)) @ X / N
    return loss, dW


def softmax_loss_in_place(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss; the label's 1 is subtracted from its probability by index."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p.copy()
    ds[np.arange(N), y] -= 1
    dW = ds.T @ X / N
    return loss, dW


@planted(
    "class",
    softmax_loss_in_place,
    given.plain_classifier,
    line=("ds[np.arange(N), y - 1] -= 1", "ds[np.arange(N), y] -= 1"),
    source="imfing/audio-classification#5 (why y_train - 1?); "
    "hunkim/DeepLearningZeroToAll#20 (one_hot of labels that start at 1)",
)
def label_off_by_one(W: Array, X: Array, y: Array) -> Loss:
    """The labels are taken as if they started at 1, and one is subtracted.

    Some data sets and all of MATLAB count from 1; where labels start at 0, class 0 becomes -1, which is the
    last class and no error.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = p.copy()
    ds[np.arange(N), y - 1] -= 1
    dW = ds.T @ X / N
    return loss, dW


def softmax_loss_by_index(W: Array, X: Array, y: Array) -> Loss:
    """Softmax loss; the label's x is taken off by its index."""
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = p.T @ X / N
    np.subtract.at(dW, y, X / N)
    return loss, dW


@planted(
    "class",
    softmax_loss_by_index,
    given.plain_classifier,
    line=("dW[y] -= X / N", "np.subtract.at(dW, y, X / N)"),
    source="numpy/numpy#16790 (+= Operator on list of indices); numpy/numpy#8866; HIPS/autograd#263",
)
def repeated_labels_lost(W: Array, X: Array, y: Array) -> Loss:
    """Of the examples with the same label only the last one counts.

    dW[y] -= ... reads dW[y] once and writes it once: what is written twice is not subtracted twice.
    """
    N = len(y)
    p = softmax(X @ W.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    dW = p.T @ X / N
    dW[y] -= X / N
    return loss, dW


def svm_loss_with_delta(W: Array, X: Array, y: Array) -> Loss:
    """The SVM loss with a margin of 1, the margins compared again for the gradient."""
    N = len(y)
    s = X @ W.T
    gap = s - s[np.arange(N), y][:, None]
    loss = np.maximum(0, gap + 1).sum() / N - 1
    mask = (gap + 1 > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    return loss, dW


@planted(
    "other",
    svm_loss_with_delta,
    given.plain_classifier,
    line=("mask = (gap + 2 > 0).astype(float)", "mask = (gap + 1 > 0).astype(float)"),
    source="mlpack/mlpack#1648 (review: 'there is a 2 instead of a 1')",
)
def svm_wrong_margin(W: Array, X: Array, y: Array) -> Loss:
    """The loss has the margin 1, the gradient the 2 of Weston and Watkins' paper.

    Pairs of scores between the two margins get a gradient although their loss is 0.
    """
    N = len(y)
    s = X @ W.T
    gap = s - s[np.arange(N), y][:, None]
    loss = np.maximum(0, gap + 1).sum() / N - 1
    mask = (gap + 2 > 0).astype(float)
    mask[np.arange(N), y] -= mask.sum(axis=1)
    dW = mask.T @ X / N
    return loss, dW
