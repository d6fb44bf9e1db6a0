"""The data loss wrong by a factor, the regularization term not, or by another one: a = c data + k W.

The commonest is a sum over the examples in place of the mean beside a penalty that is right.
"""

import math

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._forms import FORMS, Part, Region, told
from ._losses import known
from ._words import Constant, named, number


def combined(case: Case) -> Finding | None:
    """Return the two factors, where x's forms and the numeric gradient together make the analytic one."""
    if not case.is_gradient or case.n_wrong < 4 or case.evidence.term == "regularization":
        return None
    loss = known(case)
    if loss is not None and loss.penalty:
        return _of_known(case, loss.data(), loss.penalty)
    return _of_unknown(case)


def _of_known(case: Case, data: Floats, asked: tuple[Part, ...]) -> Finding | None:
    """The data's gradient and the penalty's are both known."""
    rest = sum((part.values(case.x) for part in asked), np.zeros(case.a.size))
    c, k = case.fit(case.a, data, rest)
    if not math.isfinite(c + k) or not case.seen(rest):
        return None
    # one after the other: each keeps the other's fitted value while it is tried
    k = 1.0 if math.isfinite(case.misfit(c * data + rest)) else k
    of_data = named(case, c, lambda c: math.isfinite(case.misfit(c * data + k * rest)))
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
        found = named(case, k, lambda k: math.isfinite(case.misfit(factor * data + k * rest)))
        of_rest = found or Constant(k, known=False)
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
    """A = c n + k x: then it is c (n - l x) + l x with l = k / (1 - c), if the term is right."""
    c, k = case.fit(case.a, case.n, case.x)
    if not math.isfinite(c + k) or case.seen(k * case.x) < 2:
        return None
    if case.seen(c * case.n) < 2 or abs(c) < 1e-9:
        return _only_penalty(case)
    constant = named(case, c, lambda c: math.isfinite(case.misfit(c * case.n + _rest(case, c), c)))
    if constant is None or not constant.known:
        return None  # two constants without names explain too easily
    factor, name = constant.value, case.name
    strength = (case.fit(case.a - factor * case.n, case.x)[0]) / (1.0 - factor)
    reg = case.evidence.reg or 0.0
    strength = next((l for l in (2 * reg, reg) if l and abs(l / strength - 1) < 0.01), strength)
    term = told((Part(strength, FORMS[0], Region("", True, np.ones(case.a.size, bool))),), name)
    if strength <= 0:
        text = (
            f"Wrong by the factor {constant}, and a multiple of {name} besides: analytic = "
            f"{number(factor)} x numeric + {number(strength * (1 - factor))} {name}."
        )
        return Finding(Cause("factor", text + constant.caution, factor=factor))
    model = factor * case.n + strength * (1 - factor) * case.x
    return Finding(_cause(constant, Constant(1.0), term), case.misfit(model, factor))


def _rest(case: Case, c: float) -> Floats:
    (k,) = case.fit(case.a - c * case.n, case.x)
    return k * case.x


def _only_penalty(case: Case) -> Finding | None:
    """A = k x alone."""
    (k,) = case.fit(case.a, case.x)
    misfit = case.misfit(k * case.x)
    if not math.isfinite(misfit):
        return None
    text = f"The data loss's gradient is missing: analytic is only {number(k)} {case.name}."
    return Finding(Cause("factor", text, factor=0.0), misfit)
