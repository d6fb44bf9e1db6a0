"""The data loss wrong by a factor, the regularization term not, or by another one: a = c data + k W.

The commonest is a sum over the examples in place of the mean beside a penalty that is right.
"""

import math

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._forms import FORMS, Part, shaped, told
from ._losses import known
from ._words import Constant, multiple, named, number

_MANY = 8  # wrong entries, beside which two constants without names are no chance fit


def combined(case: Case) -> Finding | None:
    """Return the two factors, where x's forms and the numeric gradient together make the analytic one."""
    if not case.is_gradient or case.n_wrong < 4 or case.evidence.term == "regularization":
        return None
    loss = known(case)
    if loss is not None and loss.penalty:
        return _of_known(case, loss.data(), loss.penalty)
    return _of_unknown(case)


def _of_known(case: Case, data: Floats, asked: tuple[Part, ...]) -> Finding | None:
    """Try a = c data + k rest, both of which are known."""
    rest = sum((part.values(case.x) for part in asked), np.zeros(case.a.size))
    c, k = case.fit(case.a, data, rest)
    if not math.isfinite(c + k) or not case.seen(rest):
        return None

    def explains(c: float, k: float, free: int) -> bool:
        return math.isfinite(case.misfit(c * data + k * rest, free=free))

    # one after the other: each keeps the other's fitted value while it is tried
    k = 1.0 if explains(c, 1.0, 1) else k
    of_data = named(case, c, lambda c, free: explains(c, k, 1 + free))
    if of_data is None:
        return None
    factor = of_data.value
    if not case.seen(factor * data):
        text = (
            f"The data loss's gradient is missing: analytic is only the penalty's, {told(asked, case.name)}."
        )
        return Finding(Cause("factor", text, factor=0.0))
    of_rest = Constant(1.0)
    if k != 1.0:
        of_rest = named(case, k, lambda k, free: explains(factor, k, free)) or Constant(k, known=False)
    cause = _cause(of_data, of_rest, told(asked, case.name))
    return Finding(cause, case.misfit(factor * data + of_rest.value * rest))


def _cause(of_data: Constant, of_rest: Constant, term: str) -> Cause:
    if of_rest.value == 1.0:
        text = f"Wrong by the factor {of_data} in the data loss; the regularization term, {term}, is right."
    else:
        text = (
            f"Wrong by the factor {of_data} in the data loss and by the factor {of_rest} in the "
            f"regularization term, {term}."
        )
    return Cause("factor", text + of_data.caution, factor=of_data.value)


def _of_unknown(case: Case) -> Finding | None:
    """Try a = c n + k x, or k sign(x): c (n - l x) + l x with l = k / (1 - c), if the term is right."""
    for form in FORMS[:2]:
        found = _with(case, form, shaped(case.x, form))
        if found is not None:
            return found
    return None


def _with(case: Case, form: str, term: Floats) -> Finding | None:
    c, k = case.fit(case.a, case.n, term)
    words = form.replace("W", case.name)
    if not math.isfinite(c + k) or case.seen(k * term) < 2:
        return None
    if case.seen(c * case.n) < 2 or abs(c) < 1e-9:
        return _only_penalty(case, words, term)

    def explains(c: float, free: int) -> bool:
        (k,) = case.fit(case.a - c * case.n, term)
        return math.isfinite(case.misfit(c * case.n + k * term, c, free=1 + free))

    constant = named(case, c, explains)
    if constant is None or not (constant.known or case.n_wrong > _MANY):
        return None
    factor = constant.value
    (k,) = case.fit(case.a - factor * case.n, term)
    text = f"Wrong by the factor {constant} in the data loss: analytic = {number(factor)} x numeric "
    text += f"{'+' if k > 0 else '-'} {multiple(abs(k), words)}{_strength(case, k / (1.0 - factor), form)}."
    misfit = case.misfit(factor * case.n + k * term, factor, free=1)
    return Finding(Cause("factor", text + constant.caution, factor=factor), misfit)


def _strength(case: Case, strength: float, form: str) -> str:
    """Return what the regularization term is, if it is right; certain only beside a known strength."""
    reg, words = case.evidence.reg or 0.0, form.replace("W", case.name)
    likely = [k for k in ((2 * reg, reg) if form == "W" else (reg,)) if k and abs(k / strength - 1) < 0.01]
    if likely:
        return f"; the regularization term, {multiple(likely[0], words)}, is right"
    if strength > 0 and not reg:
        return f", as where the regularization term, {multiple(strength, words)}, is right"
    return ""


def _only_penalty(case: Case, words: str, term: Floats) -> Finding | None:
    """Try a = k x alone."""
    (k,) = case.fit(case.a, term)
    misfit = case.misfit(k * term, free=1)
    if not math.isfinite(misfit):
        return None
    text = f"The data loss's gradient is missing: analytic is only {multiple(k, words)}."
    return Finding(Cause("factor", text, factor=0.0), misfit)
