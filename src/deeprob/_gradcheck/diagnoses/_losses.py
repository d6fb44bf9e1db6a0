"""Which loss the numeric gradient is of: what then can be said exactly of the analytic one.

A gradient by the scores is written as others - own: what every class gets, less what the label's class gets
for itself. Softmax has p - onehot(y); the SVM 1 where a margin is violated, less their number at the label.
Nothing is taken for granted: a loss counts only if its gradient is the numeric one within the tolerance.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._case import Case, Floats
from ._forms import Part, Region, regions, shaped
from ._linear import Linear, linear_models

Labels = npt.NDArray[np.intp]
Parts = tuple[Floats, Floats]


def onehot(y: Labels, C: int) -> Floats:
    """Return (N, C): 1 in the label's column."""
    return np.eye(C)[y]


def probabilities(S: Floats) -> Floats:
    """Return softmax(S), row by row."""
    p = np.exp(S - S.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def margins(S: Floats, y: Labels, delta: float) -> Floats:
    """Return max(0, s_j - s_y + delta), 0 at the label."""
    m = np.maximum(0, S - S[np.arange(len(y)), y][:, None] + delta)
    m[np.arange(len(y)), y] = 0
    return np.asarray(m)


def _at_label(others: Floats, y: Labels) -> Parts:
    return others, others.sum(axis=1, keepdims=True) * onehot(y, others.shape[1])


def softmax(S: Floats, y: Labels, _delta: float) -> Parts:
    """P - onehot(y)."""
    return probabilities(S), onehot(y, S.shape[1])


def svm(S: Floats, y: Labels, delta: float) -> Parts:
    """1 where a margin is violated; their number at the label."""
    return _at_label((margins(S, y, delta) > 0).astype(np.float64), y)


def squared_hinge(S: Floats, y: Labels, delta: float) -> Parts:
    """Twice the margin where it is violated; their sum at the label."""
    return _at_label(2 * margins(S, y, delta), y)


def structured(S: Floats, y: Labels, delta: float) -> Parts:
    """1 at the class of the largest margin, if it is violated."""
    m = margins(S, y, delta)
    top = m.max(axis=1, keepdims=True)
    return _at_label(onehot(m.argmax(axis=1), S.shape[1]) * (top > 0), y)


def one_vs_all(S: Floats, y: Labels, delta: float) -> Parts:
    """max(0, delta + s_j) for other classes, max(0, delta - s_y) for the label's."""
    Y = onehot(y, S.shape[1])
    return (S + delta > 0) * (1 - Y), (delta - S > 0) * Y


def sigmoid(S: Floats, y: Labels, _delta: float) -> Parts:
    """1 / (1 + exp(-s)) - onehot(y): logistic regression of each class; of one with labels 0 and 1."""
    p = np.asarray(0.5 + 0.5 * np.tanh(S / 2), np.float64)
    return p, _targets(S, y)


def squares(S: Floats, y: Labels, _delta: float) -> Parts:
    """2 (s - t), with t = onehot(y), or y where there is one score."""
    return 2 * S, 2 * _targets(S, y)


def _targets(S: Floats, y: Labels) -> Floats:
    return onehot(y, S.shape[1]) if S.shape[1] > 1 else np.asarray(y[:, None], np.float64)


def signed_logistic(S: Floats, y: Labels, _delta: float) -> Parts:
    """log(1 + exp(-y s)) with labels -1 and 1."""
    t = y[:, None].astype(np.float64)
    return np.zeros_like(S), t * (0.5 - 0.5 * np.tanh(t * S / 2))


def signed_hinge(S: Floats, y: Labels, delta: float) -> Parts:
    """max(0, delta - y s) with labels -1 and 1."""
    t = y[:, None].astype(np.float64)
    return np.zeros_like(S), t * (t * S < delta)


LOSSES: dict[str, Callable[[Floats, Labels, float], Parts]] = {
    "softmax loss": softmax,
    "SVM loss": svm,
    "squared hinge loss": squared_hinge,
    "structured SVM loss": structured,
    "one-vs-all SVM loss": one_vs_all,
    "sigmoid cross-entropy": sigmoid,
    "squared error": squares,
}
_BINARY: dict[str, Callable[[Floats, Labels, float], Parts]] = {
    "logistic loss": sigmoid,
    "squared error": squares,
    "logistic loss of labels -1 and 1": signed_logistic,
    "hinge loss of labels -1 and 1": signed_hinge,
}


@dataclass(frozen=True)
class Known:
    """The numeric gradient, understood: scale * (others - own)' X / N + the penalty's gradient.

    Attributes
    ----------
    linear : Linear
    loss : str
        The loss's name.
    others, own : (N, C) arrays
        Its gradient by the scores, scaled: others - own.
    mean : bool
        Whether the loss is a mean over the examples, not a sum.
    delta : float
    penalty : tuple of Part
        The regularizer's gradient: 0.2 W; empty where there is none, or none to be seen.
    """

    linear: Linear
    loss: str
    others: Floats
    own: Floats
    mean: bool
    delta: float
    penalty: tuple[Part, ...]

    @property
    def rest(self) -> Floats:
        """The penalty's gradient at the usable entries of x."""
        case = self.linear.case
        return sum((part.values(case.x) for part in self.penalty), np.zeros(case.a.size))

    def data(self) -> Floats:
        """Return the data loss's gradient at the usable entries of x."""
        return self.linear.gradient(self.others - self.own)


def known(case: Case) -> Known | None:
    """Return the loss whose gradient the numeric one is, if it is one of those known here."""
    if "known" not in case.memo:
        case.memo["known"] = _recognize(case)
    found: Known | None = case.memo["known"]
    return found


def _recognize(case: Case) -> Known | None:
    if case.evidence.term == "regularization":
        return None
    for linear in linear_models(case):
        penalties = list(_regions_of_penalty(linear))
        for name, loss in (LOSSES if linear.C > 1 else _BINARY).items():
            for delta in _deltas(case) if "hinge" in name or "SVM" in name else (0.0,):
                parts = loss(linear.S, linear.y, delta)
                found = _recognized(linear, name, parts, delta, penalties)
                if found is not None:
                    return found
    return None


def _deltas(case: Case) -> list[float]:
    given = [v for k, v in case.evidence.inputs.items() if k in ("delta", "margin")]
    return [*(float(v) for v in given if isinstance(v, int | float)), 1.0]


def _recognized(linear: Linear, name: str, parts: Parts, delta: float, regions: list[Region]) -> Known | None:
    others, own = parts
    sketch, x = linear.sketch(others - own), linear.case.x
    for scale, mean in ((1.0, True), (0.5, True), (float(linear.N), False)):
        for penalty in _penalties(linear, scale * sketch, regions):
            some = sum((part.some(x, linear.probe) for part in penalty), np.zeros(len(linear.probe)))
            if not _agrees(linear.few, scale * sketch, some):
                continue
            guess = Known(linear, name, scale * others, scale * own, mean, delta, penalty)
            if _agrees(linear.case, guess.data(), guess.rest):
                return guess
    return None


def _agrees(case: Case, data: Floats, rest: Floats) -> bool:
    """Whether the numeric gradient is this sum, and the data's part of it can be seen."""
    gap = (case.n - data - rest) * case.unit
    left, size = float(np.linalg.norm(gap)), float(np.linalg.norm(data * case.unit))
    return bool(np.all(np.abs(gap) <= 2.0)) and case.seen(data) >= 3 and left <= 0.1 * size


def _regions_of_penalty(linear: Linear) -> Iterator[Region]:
    """Return where the regularizer may be: everywhere, or not in the bias's row or column."""
    if linear.case.evidence.term == "" and linear.role == "W":
        yield from (region for region in regions(linear.case) if not region.words or not region.inside)


def _penalties(linear: Linear, data: Floats, places: list[Region]) -> Iterator[tuple[Part, ...]]:
    """Return what the regularizer's gradient may be, the likeliest first."""
    reg, few, x = linear.case.evidence.reg, linear.few, linear.case.x[linear.probe]
    if reg:
        for region in places:
            yield from (
                (Part(k, form, region),) for k, form in ((2 * reg, "W"), (reg, "W"), (reg, "sign(W)"))
            )
    yield ()
    for region in places:
        inside = region.mask[linear.probe]
        for names in (["W"], ["sign(W)"], ["W", "sign(W)"]):
            found = few.fit(few.n - data, *(shaped(x, form) * inside for form in names))
            if all(math.isfinite(k) for k in found):
                yield tuple(Part(k, form, region) for k, form in zip(found, names, strict=True))
