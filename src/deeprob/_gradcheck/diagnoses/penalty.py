"""The regularization term: missing, too strong or weak, of another form, on the bias or not.

What the analytic gradient has too much is fitted by k W, k sign(W) and sums of two such forms. How strong the
term should be is known where the loss is (`_losses`), where the term is checked apart, or from the strength.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._forms import FORMS, Part, Region, regions, shaped, told
from ._losses import known
from ._words import Constant, named, number

_QUARTERS = (0.25, 4.0)  # a half too many, twice
_CONVENTIONS = ((2.0, "{reg} sum({W}^2)"), (1.0, "{reg}/2 sum({W}^2)"))


def penalty(case: Case) -> Finding | None:
    """Return what multiple of x, or of its signs, the analytic gradient lacks or has too much."""
    if not case.is_gradient or case.n_wrong < 2:
        return None
    for excess in _excesses(case):
        parts = tuple(_tidy(case, excess))
        model = case.n + _sum(case, parts)
        fitted = sum(a.k == b.k for a, b in zip(parts, excess, strict=True))
        misfit = case.misfit(model, free=max(fitted, len(parts) - 1))
        if math.isfinite(misfit):
            return Finding(_cause(case, parts), misfit)
    return None


def _sum(case: Case, parts: tuple[Part, ...]) -> Floats:
    return sum((part.values(case.x) for part in parts), np.zeros(case.a.size))


def _excesses(case: Case) -> Iterator[tuple[Part, ...]]:
    """Return candidates of what a has too much: one form, then two."""
    for region in regions(case):
        for form in FORMS[:2]:
            yield from _fitted(case, region, (form,))
    yield from _replaced(case)
    if case.n_wrong >= 5:
        for pair in itertools.combinations(FORMS, 2):
            if pair[0] in FORMS[:2]:
                yield from _fitted(case, regions(case)[0], pair)


def _fitted(case: Case, region: Region, forms: tuple[str, ...]) -> Iterator[tuple[Part, ...]]:
    """Return the forms' least-squares coefficients in the error, if all of them can be seen there."""
    found = case.fit(case.r, *(shaped(case.x, form) * region.mask for form in forms))
    if all(math.isfinite(k) for k in found):
        parts = tuple(Part(k, form, region) for k, form in zip(found, forms, strict=True))
        if all(case.seen(part.values(case.x)) >= 2 for part in parts) and _told_apart(case, parts):
            yield parts


def _replaced(case: Case) -> Iterator[tuple[Part, ...]]:
    """Return the loss's own term, missing, with another form in its place."""
    for asked in _asked(case):
        missing = Part(-asked.k, asked.form, asked.region)
        left = case.r - missing.values(case.x)
        for form in FORMS:
            term = shaped(case.x, form)
            (k,) = case.fit(left, term)
            if form != asked.form and math.isfinite(k) and case.seen(k * term) >= 2:
                yield missing, Part(k, form, Region("", True, np.ones(case.a.size, bool)))


def _told_apart(case: Case, parts: tuple[Part, ...]) -> bool:
    """Whether it can be seen that the region is not all of x."""
    region = parts[0].region
    outside = Region("", True, ~region.mask)
    return not region.words or any(case.seen(Part(p.k, p.form, outside).values(case.x)) for p in parts)


def _tidy(case: Case, parts: tuple[Part, ...]) -> Iterator[Part]:
    """Give the coefficients the values that they have in terms of the strength, where these fit as well."""
    for part in parts:
        asked = [p.k for p in _asked(case) if p.form == part.form]
        likely = [-k for k in asked] + [k * s for k in (case.evidence.reg or 0.0,) for s in (-2, -1, 1, 2)]
        near = [k for k in likely if abs(k - part.k) <= 0.1 * abs(part.k)]
        whole = [Part(k, part.form, part.region) for k in near]
        fits = (p for p in whole if len(parts) == 1 and math.isfinite(case.misfit(case.n + p.values(case.x))))
        yield next(fits, part)


def _asked(case: Case) -> tuple[Part, ...]:
    """Return the regularizer's gradient, as far as the loss is known."""
    loss = known(case)
    return loss.penalty if loss is not None else ()


# ---- the sentence --------------------------------------------------------------------------------------


def _cause(case: Case, excess: tuple[Part, ...]) -> Cause:
    name, region = case.name, excess[0].region
    if case.evidence.term == "data loss":
        return Cause("penalty", _too_much(excess, name, "the data loss has not (is its strength not reg?)"))
    if region.words and region.inside:
        return Cause("penalty", _about_bias(case, excess))
    asked = _asked(case)
    if asked:
        return _beside_asked(case, excess, asked)
    if known(case) is not None:  # and the loss has no penalty
        return Cause("penalty", _too_much(excess, name, "the loss has not"))
    return _by_strength(case, excess)


def _too_much(excess: tuple[Part, ...], name: str, owner: str) -> str:
    if all(part.k < 0 for part in excess):
        return f"A regularization term is subtracted: analytic lacks {told(_negated(excess), name)}."
    return f"A regularization term too much: analytic has {told(excess, name)} that {owner}."


def _negated(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(Part(-part.k, part.form, part.region) for part in parts)


def _about_bias(case: Case, excess: tuple[Part, ...]) -> str:
    words, name = excess[0].region.words, case.name
    line = f"{words[0].upper()}{words[1:]} of {name} (the bias?) is regularized by the"
    if all(part.k < 0 for part in excess):
        return f"{line} loss, not by the gradient: analytic lacks {told(_negated(excess), name)} there."
    return f"{line} gradient, not by the loss: analytic has {told(excess, name)} there."


def _beside_asked(case: Case, excess: tuple[Part, ...], asked: tuple[Part, ...]) -> Cause:
    """Return the cause where the loss's own term is known."""
    name, region = case.name, excess[0].region
    has: dict[str, float] = {part.form: part.k for part in asked}
    for part in excess:
        has[part.form] = has.get(part.form, 0.0) + part.k
    parts = tuple(part for part in (Part(k, form, region) for form, k in has.items()) if _visible(case, part))
    if not parts:
        return Cause("penalty", _missing(case, asked, region), factor=0.0)
    if len(asked) == 1 and [part.form for part in parts] == [asked[0].form]:
        return scaled(case, parts[0].k / asked[0].k, asked)
    return Cause("penalty", other_form(parts, asked, name))


def _visible(case: Case, part: Part) -> bool:
    return case.seen(part.values(case.x) / 2) > 0  # what remains of two that cancel is round-off


def _missing(case: Case, asked: tuple[Part, ...], region: Region) -> str:
    here = tuple(Part(part.k, part.form, region) for part in asked)
    return f"The regularization term is missing: analytic lacks {told(here, case.name)}."


def other_form(parts: tuple[Part, ...], asked: tuple[Part, ...], name: str) -> str:
    """Return the sentence about a term of another form than the loss's."""
    return (
        f"The regularization term has another form: analytic has {told(parts, name)} where the loss asks "
        f"{told(asked, name)}."
    )


def drowned(case: Case) -> tuple[Part, ...]:
    """Return the regularizer's gradient where it is all that can be seen in the numeric one."""
    e = case.evidence
    if e.term != "" or not e.reg or not case.is_gradient or case.n_wrong < 2:
        return ()
    everywhere = regions(case)[0]
    terms = (Part(times * e.reg, "W", everywhere) for times, _ in _CONVENTIONS)
    return next(
        ((part,) for part in terms if np.all(np.abs(case.n - part.values(case.x)) * case.unit <= 2.0)), ()
    )


def scaled(case: Case, value: float, asked: tuple[Part, ...]) -> Cause:
    """Return the cause of a term that is right but for a factor."""
    term = _sum(case, asked) if case.evidence.term == "" else case.n
    explains = _explains(case, case.n - term, term)
    constant = named(case, value, explains, _QUARTERS) or Constant(value, known=False)
    return _scaled_cause(case, constant, asked)


def _scaled_cause(case: Case, constant: Constant, asked: tuple[Part, ...]) -> Cause:
    c, name = constant.value, case.name
    has = tuple(Part(c * part.k, part.form, part.region) for part in asked)
    numbers = f"analytic is {told(has, name)} where the loss asks {told(asked, name)}"
    if asked and abs(c - 1.0) < 1e-3:  # the numbers would be the same
        more = tuple(Part((c - 1.0) * part.k, part.form, part.region) for part in asked)
        numbers = f"analytic has {told(more, name)} more than the {told(asked, name)} that the loss asks"
    if not asked:
        numbers = f"analytic = {number(c)} x numeric"
    text = f"Wrong by the factor {constant} in the regularization term: {numbers}.{constant.caution}"
    return Cause("penalty", text, factor=c)


def _explains(case: Case, rest: Floats, term: Floats) -> Callable[[float, int], bool]:
    return lambda c, free: math.isfinite(case.misfit(rest + c * term, max(1.0, abs(c)), free=free))


def _close(value: float, c: float, _free: int) -> bool:
    return abs(c - value) < 1e-3 * abs(value)


def _by_strength(case: Case, excess: tuple[Part, ...]) -> Cause:
    """Return the cause where only the strength is known, or nothing."""
    name, reg = case.name, case.evidence.reg
    alone = excess[0] if len(excess) == 1 else None
    if alone is not None and reg and alone.form == "W":
        return _of_squares(case, alone, reg)
    lacks = tuple(part for part in _negated(excess) if part.k > 0)
    has = tuple(part for part in excess if part.k > 0)
    if not has:
        text = f"A regularization term is missing: analytic lacks {told(lacks, name)}{_square(lacks, name)}."
        return Cause("penalty", text)
    if not lacks:
        text = f"A regularization term too much: analytic has {told(has, name)} more than the loss asks."
        return Cause("penalty", text)
    return Cause("penalty", other_form(has, lacks, name))


def _square(lacks: tuple[Part, ...], name: str) -> str:
    if len(lacks) == 1 and lacks[0].form == "W":
        return f", the gradient of {number(lacks[0].k / 2)} sum({name}^2)"
    return ""


def _of_squares(case: Case, excess: Part, reg: float) -> Cause:
    """Return the cause of k W beside the strength: what it should be depends on the loss's convention."""
    name = case.name
    readings = [_reading(case, excess, times, formula) for times, formula in _CONVENTIONS]
    possible = sorted((r for r in readings if r is not None), key=lambda r: r[0].rank)
    if not possible:
        way = "lacks" if excess.k < 0 else "has too much:"
        what = told((Part(abs(excess.k), "W", excess.region),), name)
        return Cause(
            "penalty", f"The regularization term is wrong: analytic {way} {what}; reg is {number(reg)}."
        )
    (_, loss, cause), *others = possible
    likely = [(c.value, loss) for c, loss, _ in others if c.rank == 0 and c.value >= 0]
    if not likely:
        return cause
    c, other = likely[0]
    instead = "the term is missing" if c == 0 else f"the factor is {number(c)}"
    text = f"{cause.text.split('. (')[0].rstrip('.')}, if the loss has {loss}; if it has {other}, {instead}."
    return Cause("penalty", text, factor=cause.factor)


def _reading(case: Case, excess: Part, times: float, formula: str) -> tuple[Constant, str, Cause] | None:
    """Return the factor, the loss and the cause, if the loss's term has the gradient times * reg * W."""
    reg = case.evidence.reg or 0.0
    asked = (Part(times * reg, "W", excess.region),)
    c = 1.0 + excess.k / asked[0].k
    loss = formula.format(reg=number(reg), W=case.name)
    if abs(c) < 1e-3:
        missing = Cause("penalty", _missing(case, asked, excess.region), factor=0.0)
        return Constant(0.0), loss, missing
    constant = named(case, c, partial(_close, c), _QUARTERS)
    if constant is None or not constant.known:
        return None
    constant = replace(constant, rank=max(0, constant.rank - 1))  # quarters are as simple as halves here
    return constant, loss, _scaled_cause(case, constant, asked)


# ---- the term by itself --------------------------------------------------------------------------------


def apart(case: Case) -> Finding | None:
    """Return what is wrong with a regularization term that is checked apart: then all of it is known."""
    if case.evidence.term != "regularization" or not case.is_gradient or not case.seen(case.n):
        return None
    asked = _shape_of(case, case.n)
    if not np.any(case.a):
        lacks = f": analytic lacks {told(asked, case.name)}" if asked else ""
        return Finding(Cause("penalty", f"The regularization term is missing{lacks}.", factor=0.0))
    (value,) = case.fit(case.a, case.n)
    constant = named(case, value, _explains(case, np.zeros_like(case.n), case.n), _QUARTERS)
    if constant is not None and (constant.known or case.n_wrong > 1):
        return Finding(_scaled_cause(case, constant, asked))
    has = _shape_of(case, case.a)
    if not (asked and has) or _near(has, asked):
        return None  # the same but for the bias: `penalty` says so
    text = f"The regularization term is another one: analytic is {told(has, case.name)} where the loss asks "
    return Finding(Cause("penalty", f"{text}{told(asked, case.name)}."))


def _near(has: tuple[Part, ...], asked: tuple[Part, ...]) -> bool:
    """Whether forms and coefficients are the same."""
    return len(has) == len(asked) and all(
        h.form == a.form and abs(h.k - a.k) < 0.01 * abs(a.k) for h, a in zip(has, asked, strict=True)
    )


def _shape_of(case: Case, values: Floats) -> tuple[Part, ...]:
    """Return which forms of x these values are, with the strength's own multiples where they fit."""
    places = regions(case)
    singles = [(region, (form,)) for region in places for form in FORMS]
    for region, forms in [*singles, (places[0], FORMS[:2]), (places[0], ("W", "1"))]:
        columns = [shaped(case.x, form) * region.mask for form in forms]
        found = case.fit(values, *columns)
        if not all(math.isfinite(k) for k in found):
            continue
        parts = tuple(Part(k, form, region) for k, form in zip(found, forms, strict=True))
        gap = np.abs(values - _sum(case, parts)) * case.unit
        if np.all(gap <= 2.0) and all(case.seen(part.values(case.x)) >= 2 for part in parts):
            return parts
    return ()
