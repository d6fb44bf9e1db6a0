"""Wrong by a constant factor: of everything, of the entries that are wrong, of a transpose."""

import math

import numpy as np

from ..result import Cause
from ._case import Case, Finding
from ._words import Constant, named, number
from .penalty import drowned, scaled

# What a factor most often comes from, by its name or number.
_HINTS = {
    "-1": "the sign is wrong",
    "2": "added twice, or still there from the call before?",
    "0.5": "is the 2 of a square missing, or one half too many?",
    "3": "still there from the calls before?",
    "N": "a sum over the examples where the loss is a mean",
    "1/N": "divided by the number of examples once too often",
    "C": "counted once per class?",
    "1/C": "a mean over the classes where the loss has a sum?",
    "N C": "a sum where the loss is a mean",
    "1/(N C)": "a mean over examples and classes?",
    "1/ln 10": "log10 in place of the natural logarithm?",
    "ln 10": "log10 in the loss?",
    "1/ln 2": "log2 in the loss?",
    "ln 2": "log2 in the loss?",
    "255": "pixels of 0..255 and of 0..1?",
    "1/255": "pixels of 0..255 and of 0..1?",
    "N/(N-1)": "divided by N - 1",
    "(N-1)/N": "divided by N, the loss by N - 1?",
    "reg": "the strength belongs to the regularizer alone",
}


def factor(case: Case) -> Finding | None:
    """Return a constant c with a = c n: a simple one, or a size of an input, or any."""
    if not case.seen(case.n):
        return None
    if not np.any(case.a):
        text = f"The gradient is missing{case.where}: analytic is 0 everywhere."
        return Finding(Cause("factor", text, factor=0.0))
    (value,) = case.fit(case.a, case.n)
    constant = named(case, value, lambda c, free: math.isfinite(case.misfit(c * case.n, c, free=free)))
    if constant is not None and (term := drowned(case)):
        return Finding(scaled(case, value, term))
    if constant is None or (case.n_wrong < 2 and not constant.known):
        return None  # one entry is wrong by some factor, always
    text = f"Wrong by the factor {constant}{case.where}: analytic = {number(constant.value)} x numeric"
    text += _hint(constant) + "." + constant.caution
    misfit = case.misfit(constant.value * case.n, constant.value)
    return Finding(Cause("factor", text, factor=constant.value), misfit)


def _hint(constant: Constant) -> str:
    words = _HINTS.get(constant.label or number(constant.value))
    return f" ({words})" if words else ""


def part(case: Case) -> Finding | None:
    """Return a simple constant by which some entries are wrong, the others being right."""
    wrong = case.wrong
    if case.n_wrong < 3 or case.n_wrong == wrong.size:
        return None
    few = case.at(np.flatnonzero(wrong))
    if not few.seen(few.n) or not np.any(few.a):
        return None
    (value,) = few.fit(few.a, few.n)
    constant = named(few, value, lambda c, free: math.isfinite(few.misfit(c * few.n, c, free=free)))
    if constant is None or not constant.known:
        return None
    text = (
        f"Wrong by the factor {constant} in {few.n_wrong} of {wrong.size} entries{case.where}; "
        f"the others are right."
    )
    verdicts = case.whole(wrong, False)
    return Finding(Cause("factor", text + constant.caution, factor=constant.value, verdicts=verdicts))
