"""The label's own term, and what else goes wrong between the scores and their gradient.

Where the loss is known, each mistake is a gradient by the scores M that a wrong program would compute; the
analytic gradient is compared with M' X / N. Where it is not, the error is compared with the label's term.
"""

import math
from collections.abc import Iterator

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._linear import Linear, linear_models
from ._losses import LOSSES, Known, Labels, known, margins, onehot, probabilities
from ._words import number

_VERIFIED = 3  # the likeliest mistakes, by a probe, that are then compared with all entries
_MOST_CLASSES = 50
Mistake = tuple[Floats, str]


def label(case: Case) -> Finding | None:
    """Return the mistake between scores and their gradient that explains the analytic gradient."""
    if case.evidence.term == "regularization" or case.n_wrong < 2:
        return None
    loss = known(case)
    if loss is not None:
        return _of_known(case, loss)
    for linear in linear_models(case):
        found = _of_unknown(case, linear)
        if found is not None:
            return found
    return None


def _of_known(case: Case, loss: Known) -> Finding | None:
    linear, rest = loss.linear, loss.rest
    few, few_rest = linear.few, rest[linear.probe]
    tried = [(few.misfit(linear.sketch(M) + few_rest, free=1), M, text) for M, text in _mistakes(loss)]
    best = min(misfit for misfit, _, _ in tried)
    # of mistakes that are the same here the first is the simplest
    near = [t for t in tried if t[0] <= 3 * best + 0.1 and math.isfinite(t[0])]
    for _, M, text in near[:_VERIFIED]:
        misfit = case.misfit(linear.gradient(M) + rest, free=1)
        if math.isfinite(misfit):
            return Finding(Cause("class", text), misfit)
    return _of_multiple(case, linear, {})


# ---- the mistakes --------------------------------------------------------------------------------------


def _mistakes(loss: Known) -> Iterator[Mistake]:
    """Return gradients by the scores that wrong programs compute, the commonest first."""
    yield from _of_own_term(loss)
    if loss.linear.C > 1:
        yield from _of_labels(loss)
        yield from _of_softmax(loss) if loss.loss == "softmax loss" else _of_margins(loss)
        yield from _of_other_losses(loss)


def _of_own_term(loss: Known) -> Iterator[Mistake]:
    others, own, N = loss.others, loss.own, float(loss.linear.N)
    own_term, plus = _own(loss), _own(loss, "+")
    yield others, f"The label's own term is missing: analytic lacks {own_term}."
    yield (
        others + own,
        f"The label's own term has the wrong sign: analytic has {plus} where the loss asks {own_term}.",
    )
    yield others - 2 * own, f"The label's own term counts twice: the loss asks {own_term}, once."
    if np.any(others):
        yield -own, f"Only the label's own term is there, {own_term}: the terms of the scores are missing."
        yield own, f"Only the label's own term is there, with the wrong sign; the loss asks {own_term}."
        yield -others - own, "The terms of the scores have the wrong sign; the label's own term is right."
        for times in dict.fromkeys((N, 1 / N)):
            how = "not divided by N" if times > 1 else "divided by N twice"
            yield others - times * own, f"The label's own term is {how}: the loss asks {own_term}."
            yield times * others - own, f"Only the label's own term is right: the others are {how}."


def _own(loss: Known, sign: str = "-") -> str:
    """Return the label's own term in words: "-(1/N) X[i] in row y[i]"."""
    linear = loss.linear
    share = f"{sign}(1/N)" if loss.mean else sign
    if loss.loss in ("SVM loss", "structured SVM loss"):
        share += " k[i]" if loss.mean else "k[i]"
    elif loss.loss not in ("softmax loss", "sigmoid cross-entropy", "logistic loss"):
        share += " k[i]"
    if linear.role == "s":
        return f"{share} at [i, y[i]]"
    if linear.role == "b":
        return f"{share} at y[i]"
    if linear.C == 1:
        return f"{share} y[i] X[i]"
    words = f"{share} X[i] in {linear.slice} y[i]".replace("- ", "-")
    return words + (", k[i] the number of violated margins" if loss.loss == "SVM loss" else "")


def _of_labels(loss: Known) -> Iterator[Mistake]:
    """Other labels than y: off by one, the winner's; in the label's term alone or in all of the loss."""
    linear, C = loss.linear, loss.linear.C
    y, S = linear.y, linear.S
    weight = loss.own.sum(axis=1, keepdims=True)
    moved = {
        "y[i] + 1": (y + 1) % C,
        "y[i] - 1": (y - 1) % C,
        "y[i] + 1 (the last class stays)": np.minimum(y + 1, C - 1),
        "y[i] - 1 (class 0 stays)": np.maximum(y - 1, 0),
        "the class of the largest score": S.argmax(axis=1),
        "the class of the smallest score": S.argmin(axis=1),
        "C - 1 - y[i]": C - 1 - y,
        "y[N - 1 - i]": y[::-1],
    }
    scale = 1.0 if loss.mean else linear.N
    for words, z in moved.items():
        text = f"The label's own term is at {words} in place of y[i]"
        yield loss.others - weight * onehot(z, C), f"{text}{_by_one(words)}."
    for words, z in moved.items():
        others, own = LOSSES[loss.loss](S, z, loss.delta)
        text = f"The gradient is that of the labels {words} in place of y[i]{_by_one(words)}."
        yield scale * (others - own), text
    yield from _of_indexing(loss, weight)


def _by_one(words: str) -> str:
    return ": off by one" if words.startswith("y[i]") else ""


def _of_indexing(loss: Known, weight: Floats) -> Iterator[Mistake]:
    """Return what NumPy's indexing makes of dS[y] -= 1, and of dW[y] -= X."""
    N, C = loss.linear.S.shape
    y, others, own = loss.linear.y, loss.others, loss.own
    size = float(np.max(weight, initial=0.0))
    columns = np.zeros(C)
    columns[np.unique(y)] = size
    text = "The label's own term is subtracted from {what}: index with [np.arange(N), y], not with {index}."
    yield others - columns, text.format(what="every label's column, in all examples", index="[:, y]")
    if y.max() < N:
        rows = np.zeros((N, 1))
        rows[np.unique(y)] = size
        yield others - rows, text.format(what="whole rows of the scores", index="[y]")
    last = np.zeros((N, 1))
    last[[np.flatnonzero(y == c)[-1] for c in np.unique(y)]] = 1
    text = (
        "The label's own term is there for only the last example of each class: dW[y] -= ... counts a "
        "repeated index once; use np.subtract.at, or a matrix product."
    )
    yield others - last * own, text
    counts = np.bincount(y, minlength=C)[y][:, None]
    balanced = N / counts / len(np.unique(y))
    yield balanced * (others - own), "The mean is over each class's examples first, then over the classes."


def _of_softmax(loss: Known) -> Iterator[Mistake]:
    linear = loss.linear
    S, y, own, p, C = linear.S, linear.y, loss.own, loss.others, linear.C
    scale = p.sum(axis=1, keepdims=True)
    E = np.exp(np.minimum(S, 500.0))
    moved = np.exp(S - S.max())
    yield scale * E - own, "The exponentials are not divided by their sum: exp(s) in place of softmax(s)."
    yield (
        scale * np.exp(S - S.max(axis=1, keepdims=True)) - own,
        "The exponentials, of scores less the largest, are not divided by their sum.",
    )
    yield (
        scale * moved / moved.sum(axis=0, keepdims=True) - own,
        "softmax is taken over the examples, not over the classes: the sum has the wrong axis.",
    )
    yield (
        scale * moved / moved.sum() - own,
        "The exponentials are divided by the sum over all examples and classes: sum has no axis.",
    )
    yield scale * S - own, "The scores themselves are in place of the probabilities."
    yield scale * probabilities(-S) - own, "The probabilities are those of the scores with the other sign."
    yield (
        p * (1 - p / scale) - own * (1 - p / scale),
        "Only p (1 - p) on the diagonal of softmax's Jacobian is used.",
    )
    for c in range(C if 2 < C <= _MOST_CLASSES else 0):
        left = np.where(np.arange(C) == c, 0.0, p)
        yield left / left.sum(axis=1, keepdims=True) * scale - own, f"Class {c} is left out of the softmax."
        yield left - own * (np.arange(C) != c), f"Class {c}'s terms are missing."
    rows = np.arange(len(y))
    only = np.zeros_like(p)
    only[rows, y] = p[rows, y] - own[rows, y]
    yield only, "Only the label's class gets a gradient: the other classes' terms are missing."


def _of_margins(loss: Known) -> Iterator[Mistake]:
    """Mistakes of the hinge losses."""
    linear = loss.linear
    S, y, others, own, C = linear.S, linear.y, loss.others, loss.own, linear.C
    Y = onehot(y, C)
    scale = 1.0 if loss.mean else float(linear.N)
    if loss.loss == "one-vs-all SVM loss":
        return
    once = f"analytic has -{'(1/N) ' if loss.mean else ''}X[i], once, for any number of violated margins"
    yield others - scale * Y, f"The label's own term does not count the violated margins: {once}."
    yield others - Y * (own > 0) * scale, f"The label's own term does not count the violated margins: {once}."
    unit = scale * (2.0 * loss.delta if "squared" in loss.loss else 1.0)
    yield (
        others - own - unit * Y,
        "The label's own margin, always violated, is counted: the label's term is subtracted once too often.",
    )
    yield (
        others + unit * Y - own,
        "The label's own margin is counted as violated: its row has X[i] once too much.",
    )
    yield (
        others + unit * Y,
        "The label's own margin is counted as violated, and the label's own term is missing.",
    )
    without = LOSSES[loss.loss](S, y, 0.0)
    yield (
        scale * (without[0] - without[1]),
        f"The margin is missing: s_j > s_y is asked, not s_j - s_y + {number(loss.delta)} > 0.",
    )
    if loss.loss == "SVM loss":
        m = scale * margins(S, y, loss.delta)
        yield (
            m - m.sum(axis=1, keepdims=True) * Y,
            "The margins are in place of ones: where a margin is violated the gradient is 1, not the margin.",
        )
    for c in range(C if 2 < C <= _MOST_CLASSES else 0):
        left = np.where(np.arange(C) == c, 0.0, others)
        yield left - left.sum(axis=1, keepdims=True) * Y, f"Class {c}'s margins are left out."
        yield left - own, f"Class {c}'s terms for violated margins are missing."


def _of_other_losses(loss: Known) -> Iterator[Mistake]:
    scale = 1.0 if loss.mean else float(loss.linear.N)
    for name, parts in LOSSES.items():
        if name != loss.loss:
            others, own = parts(loss.linear.S, loss.linear.y, loss.delta or 1.0)
            yield (
                scale * (others - own),
                f"The gradient is that of the {name}; the function is the {loss.loss}.",
            )


# ---- where the loss is not known -----------------------------------------------------------------------


def _of_unknown(case: Case, linear: Linear) -> Finding | None:
    """Try an error that is a multiple of softmax's label term, or the difference of two labels' terms."""
    if linear.C < 2:
        return None
    place = _place(linear)
    texts = {
        1.0: f"The label's own term is missing: analytic lacks -(1/N) {place}.",
        2.0: f"The label's own term has the wrong sign: analytic has +(1/N) {place}.",
        -1.0: f"The label's own term counts twice: analytic has -(1/N) {place} too much.",
    }
    found = _of_multiple(case, linear, texts)
    if found is not None:
        return found
    C, y = linear.C, linear.y
    own = linear.gradient(onehot(y, C))
    shifts: dict[str, Labels] = {"y[i] + 1": (y + 1) % C, "y[i] - 1": (y - 1) % C}
    for words, z in shifts.items():
        misfit = case.misfit(case.n + own - linear.gradient(onehot(z, C)), free=1)
        if math.isfinite(misfit):
            text = f"The label's own term is at {words} in place of y[i]: off by one."
            return Finding(Cause("class", text), misfit)
    return None


def _place(linear: Linear) -> str:
    return "at [i, y[i]]" if linear.role == "s" else f"X[i] in {linear.slice} y[i]"


def _of_multiple(case: Case, linear: Linear, texts: dict[float, str]) -> Finding | None:
    """Try an error of k (1/N) X[i] in row y[i], with a text for some k."""
    if linear.C < 2:
        return None
    own = linear.gradient(onehot(linear.y, linear.C))
    (fitted,) = case.fit(case.r, own)
    for k in (*texts, fitted):
        misfit = case.misfit(case.n + k * own, free=1)
        if math.isfinite(misfit) and case.seen(k * own) >= 2:
            too_much = f"analytic has {number(k)} (1/N) {_place(linear)} too much"
            return Finding(
                Cause("class", texts.get(k, f"The label's own term is wrong: {too_much}.")), misfit
            )
    return None
