"""What several lessons share: the look of the figures, recorded predictions, checks that name the mistake.

Use from a notebook in this folder::

    from helpers import check_gradient, predict, reveal, show, use_lecture_style

- `use_lecture_style()` sets colours that colour-blind readers can tell apart and type for a projector;
  `show(figure, alt)` puts a figure into the notebook together with its description.
- `predict("P1", guess)` records a guess before the cell that answers it; `reveal("P1", answer)` sets both
  side by side.
- `check_centering`, `check_softmax_loss`, `check_gradient` try an exercise's function on small cases. They
  say which mistake it makes (sign, factor 2, missing 1/N, transposed ...) and return True or False.
  `judge` is the common part.
"""

import base64
import io

import numpy as np

import deeprob

_predictions = {}


def use_lecture_style():
    """Set matplotlib's colours and sizes for all figures of a lesson."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=deeprob.plots.COLORS),
            "figure.figsize": (9, 4.5),
            "font.size": 13,
            "axes.titlesize": 14,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "lines.linewidth": 2,
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
        }
    )


def show(figure, alt):
    """Put ``figure`` into the notebook; ``alt`` says in words what it shows."""
    import matplotlib.pyplot as plt
    from IPython.display import display
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110)
    plt.close(figure)
    Image.open(drawn).convert("RGB").save(small, "png", optimize=True)  # without alpha: smaller
    picture = base64.b64encode(small.getvalue()).decode()
    bundle = {"image/png": picture, "text/plain": f"[figure] {alt}"}
    display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)


def predict(question, guess=None):
    """Record a guess; None means that there is none yet."""
    _predictions[question] = guess
    if guess is None:
        print(f"{question}: no prediction yet. Put yours in place of None and run this cell again.")
    else:
        print(f"{question}: you predict {guess}")


def reveal(question, answer):
    """Print the answer beside the recorded guess."""
    guess = _predictions.get(question)
    print(f"{question}: the answer is {answer}; you predicted {'nothing' if guess is None else guess}")


def judge(answer, right, mistakes=None, rtol=1e-7):
    """Compare an exercise's answer with the right one; print a verdict that names the mistake.

    ``mistakes`` maps what to say to the value that this mistake gives. Afterwards come the common ones:
    transposed, sign, factor 2. Returns whether the answer is right.
    """
    if answer is None:
        print("Nothing to check yet: write the function above, then run both cells again.")
        return False
    answer, right = np.asarray(answer), np.asarray(right, dtype=np.float64)
    if answer.dtype.kind not in "fiu":
        print(f"Not yet: an answer of dtype {answer.dtype}; expected real numbers.")
        return False
    common = {
        "the sign is wrong everywhere.": -right,
        "everything is 2 times too large: there is a factor 2 too many.": 2 * right,
        "everything is 2 times too small: a factor 2 is missing.": right / 2,
    }
    if right.ndim == 2:
        common["it is transposed: rows and columns are swapped."] = right.T

    def equals(value):
        value = np.asarray(value)
        if value.shape != answer.shape:
            return False
        return np.allclose(answer, value, rtol=rtol, atol=rtol * np.abs(right).max())

    if equals(right):
        print("Right.")
        return True
    for message, value in {**(mistakes or {}), **common}.items():
        if equals(value):
            print(f"Not yet: {message}")
            return False
    if answer.shape != right.shape:
        print(f"Not yet: the shape is {answer.shape}; expected {right.shape}.")
    elif not np.isfinite(answer).all():
        print("Not yet: there are NaN or infinite values.")
    else:
        difference = np.abs(answer - right)
        at = np.unravel_index(np.argmax(difference), right.shape)
        place = f" at {tuple(int(i) for i in at)}" if right.ndim else ""
        print(
            f"Not yet, and no mistake that is known here:{place} {answer[at]:.6g}, expected {right[at]:.6g}."
        )
    return False


def check_centering(center):
    """Notebook 00: ``center(train, images)`` subtracts the mean training image from uint8 images."""
    random = np.random.RandomState(0)
    train = random.randint(0, 256, (6, 5)).astype(np.uint8)
    images = random.randint(0, 256, (4, 5)).astype(np.uint8)
    mean = train.mean(axis=0)
    wrapped = (images - mean.astype(np.uint8), (images - mean).astype(np.uint8), images - train[0])
    uint8 = "the numbers are still uint8, which has no negatives: 3 - 5 is 254. Convert to float first."
    answer = center(train.copy(), images.copy())
    if answer is not None and np.asarray(answer).dtype == np.uint8:
        answer = np.asarray(answer).astype(np.float64)
    mistakes = {
        "nothing was subtracted.": images,
        uint8: wrapped[0],
        uint8 + " ": wrapped[1],
        "one mean of all pixels was subtracted; each pixel has its own mean (axis=0).": images - train.mean(),
        "each image's own mean was subtracted: that is axis=1; the mean over the examples is axis=0.": images
        - images.mean(axis=1, keepdims=True),
        "the mean is that of the images themselves; only the training images may tell the mean.": images
        - images.mean(axis=0),
        "the mean was rounded to whole numbers.": images - np.round(mean),
        "the mean was cut to whole numbers.": images - np.floor(mean),
        "the pixels were divided by 255 as well.": (images - mean) / 255,
    }
    return judge(answer, images - mean, mistakes)


def check_softmax_loss(L):
    """Notebook 06: ``L(X, Y, W)`` is the mean softmax loss; X (D, N) has its examples in columns."""
    random = np.random.RandomState(0)
    X, W, Y = random.randn(6, 5), random.randn(4, 6), np.array([3, 0, 2, 1, 1])
    columns = np.arange(5)
    with np.errstate(all="ignore"):
        s = W.dot(X)
        e = np.exp(s)
        of_label = e[Y, columns]
        right = deeprob.softmax_loss(W, X, Y, example_axis=1, grad=False)
        mistakes = {
            "1/N is missing: it is the sum over the examples; the loss is their mean.": 5 * right,
            "it is divided by N twice.": right / 5,
            "it was averaged over all N C numbers: divided by the number of classes C as well.": right / 4,
            "transposed: the exponentials were summed over the examples (axis=1), not over the classes "
            "(axis=0).": -np.mean(np.log(of_label / e.sum(axis=1)[Y])),
            "the logarithm is missing: that is the mean probability of the labels.": np.mean(
                of_label / e.sum(axis=0)
            ),
            "the logarithm of the mean is not the mean of the logarithms.": -np.log(
                np.mean(of_label / e.sum(axis=0))
            ),
            "the label's own exponential is missing in the sum: softmax sums over all classes.": np.mean(
                np.log(e.sum(axis=0) - of_label) - s[Y, columns]
            ),
            "the logarithm has base 10; the lecture's is natural (np.log).": right / np.log(10),
            "the logarithm has base 2; the lecture's is natural (np.log).": right / np.log(2),
            "that is the SVM loss.": deeprob.svm_loss(W, X, Y, example_axis=1, grad=False),
        }
        if not judge(L(X.copy(), Y.copy(), W.copy()), right, mistakes):
            return False
        large = 1e4 * W
        answer = L(X.copy(), Y.copy(), large.copy())
        right = deeprob.softmax_loss(large, X, Y, example_axis=1, grad=False)
    if np.isfinite(answer) and np.isclose(answer, right, rtol=1e-7):
        return True
    print(
        f"But not for large scores: it returns {float(answer)}, expected {right:.6g}. exp(1000) is infinite: "
        "subtract each column's largest score first, the loss does not change."
    )
    return False


def check_gradient(gradient):
    """Notebook 09: ``gradient(W, X, y, reg)`` of the softmax loss with L2; X (N, D), result (C, D)."""
    random = np.random.RandomState(0)
    X, W, y, reg = random.randn(5, 6), random.randn(4, 6), np.array([3, 0, 2, 1, 1]), 0.3
    data = deeprob.softmax_loss(W, X, y)[1]
    penalty = 2 * reg * W
    p = np.exp(W.dot(X.T))
    p /= p.sum(axis=0)
    onehot = np.eye(4)[:, y]
    mistakes = {
        "1/N is missing in the data term: it is a mean over the examples.": 5 * data + penalty,
        "1/N belongs to the data term alone, not to the regularization.": data + penalty / 5,
        "a factor 2 is missing in the regularization: the derivative of reg W^2 is 2 reg W.": data
        + penalty / 2,
        "the regularization is missing: add 2 reg W.": data,
        "lambda is missing: the regularization's gradient is 2 reg W, not 2 W.": data + 2 * W,
        "that is the regularization alone; the data term is missing.": penalty,
        "the sign of the regularization is wrong.": data - penalty,
        "the sign of the data term is wrong: it is p - onehot.": -data + penalty,
        "the -1 at the label is missing: dL_i/ds is p - onehot(y).": p.dot(X) / 5 + penalty,
        "the probabilities are missing: dL_i/ds is p - onehot(y).": -onehot.dot(X) / 5 + penalty,
        "the probabilities are not divided by their sum over the classes.": (np.exp(W.dot(X.T)) - onehot).dot(
            X
        )
        / 5
        + penalty,
    }
    return judge(gradient(W.copy(), X.copy(), y.copy(), reg), data + penalty, mistakes)
