"""A gradient check from beginning to end: calls that must agree, inputs, terms, the verdict."""

from dataclasses import dataclass, field, replace

import numpy as np

from .._around import Array
from .compare import compare, explained, pair_of
from .comparison import Cause, Comparison
from .fast import projections
from .function import Analytic, Function, vjp_gradients
from .result import GradCheckResult
from .settings import Settings
from .terms import MANY, terms_of


@dataclass
class _Found:
    comparisons: list[Comparison] = field(default_factory=list)
    causes: list[Cause] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evaluations: int = 0

    def result(self, settings: Settings) -> GradCheckResult:
        return GradCheckResult(
            tuple(self.comparisons), tuple(self.causes), settings.shown, self.evaluations, tuple(self.notes)
        )


def check(function: Function, settings: Settings) -> GradCheckResult:
    """Check all gradients that the function returns."""
    found = _Found()
    if settings.fast and not settings.strict:
        made, given, evaluations, too_large = projections(function, settings)
        found.evaluations += evaluations
        if made and (too_large or all(one.ok for one in made)):
            found.comparisons += made
            _about_gradients(function, given, settings, found)
            _linear(given, settings, found)
            return found.result(settings)
        why = "a random projection disagreed" if made else "there was no projection to compare"
        found.notes.append(f"fast_mode: {why}; the check went on as without it")
    given, again = function.analytic(exact=False), function.analytic(exact=False)
    found.evaluations += 2
    _repeatable(function, given, again, settings, found)
    if found.causes:
        return found.result(settings)
    exact = function.analytic() if function.in_float32 else given
    found.evaluations += function.in_float32
    _linear(exact, settings, found)
    _about_gradients(function, given, settings, found)
    for i in sorted(exact.gradients):
        point = function.inputs[i].point
        assert point is not None
        made_here, calls = compare(function, i, pair_of(exact, given, i, point), settings, exact.shape)
        found.comparisons.append(made_here)
        found.evaluations += calls
    found.notes += _misplaced(function, found.comparisons)
    terms: list[Comparison] = []
    if settings.strict or not all(made_here.ok for made_here in found.comparisons):
        terms = _apart(function, settings, found)
    totals = [_blamed(total, terms) or explained(total, function) for total in found.comparisons]
    wrong = not all(one.ok for one in terms)
    found.comparisons = totals + (terms if settings.strict or wrong else [])
    return found.result(settings)


def _repeatable(
    function: Function, given: Analytic, again: Analytic, settings: Settings, found: _Found
) -> None:
    """Look for what makes any comparison meaningless: changed inputs, other results from the same inputs."""
    changed = tuple(dict.fromkeys(given.changed + again.changed))
    if changed:
        names = ", ".join(changed)
        found.causes.append(
            Cause("input changed", f"The function writes into its input {names}: work on a copy.")
        )
        return
    if given.shape != again.shape:
        text = f"The output has shape {given.shape} in one call and {again.shape} in the next."
        found.causes.append(Cause("shape", text))
    elif not _same(given.output, again.output, settings.nondet_tol):
        difference = _difference(given.output, again.output)
        text = (
            f"Two calls at the same point return values that differ by {difference:.3g}: fix masks and seeds."
        )
        found.causes.append(Cause("nondeterministic", text))
    else:
        for i in given.gradients:
            _same_gradient(
                function.inputs[i].name, given.gradients[i], again.gradients.get(i), settings, found
            )


def _same_gradient(name: str, one: Array, other: Array | None, settings: Settings, found: _Found) -> None:
    if other is not None and one.shape == other.shape and _same(one, other, settings.nondet_tol):
        return
    text = f"Two calls at the same point return different gradients of {name}"
    if other is not None and one.shape == other.shape:
        text += f", by up to {_difference(one, other):.3g}"
        with np.errstate(all="ignore"):
            ratio = float(np.sum(one * other) / np.sum(one * one))
        if np.isfinite(ratio) and _same(other, ratio * one, 1e-9 * float(np.abs(other).max(initial=0.0))):
            text += (
                f": the second is the first times {ratio:.6g}. Is the gradient added to (+=), never set to 0?"
            )
    found.causes.append(Cause("nondeterministic", text.rstrip(".?") + ("?" if text.endswith("?") else ".")))


def _same(one: Array, other: Array, tolerance: float) -> bool:
    with np.errstate(invalid="ignore"):
        equal = (np.abs(one - other) <= tolerance) | (one == other) | (np.isnan(one) & np.isnan(other))
    return bool(np.all(equal))


def _difference(one: Array, other: Array) -> float:
    with np.errstate(invalid="ignore"):
        return float(np.nanmax(np.abs(one - other), initial=0.0))


def _linear(analytic: Analytic, settings: Settings, found: _Found) -> None:
    """See whether the vjp is linear in its grad_output: nothing for none, twice as much for twice of it."""
    if analytic.vjp is None or not analytic.output.size:
        return
    one = np.random.default_rng(0).uniform(0.5, 1.0, analytic.shape)
    many = (vjp_gradients(analytic.vjp, scale * one) for scale in (0.0, 1.0, 2.0))
    for gradients in zip(*many, strict=False):
        if any(gradient is None for gradient in gradients):
            continue
        none, once, twice = (np.asarray(gradient, np.float64) for gradient in gradients)
        said = _not_linear(none, once, twice, 0.0 if settings.strict else settings.atol)
        if said:
            found.causes.append(Cause("grad_output", said))
            return


def _not_linear(nothing: Array, once: Array, twice: Array, atol: float) -> str | None:
    if not nothing.shape == once.shape == twice.shape:
        return "vjp returns gradients of different shapes for different grad_outputs."
    if np.any(np.abs(once) > atol) and _same(once, twice, 0.0):
        return "vjp ignores its grad_output: is the gradient multiplied by it?"
    if not _same(2.0 * once, twice, atol + 1e-6 * float(np.abs(twice).max(initial=0.0))):
        return "vjp is not linear in its grad_output: for twice of it the gradient is not twice as large."
    if np.any((nothing != 0.0) & np.isfinite(nothing)):
        return "vjp returns a gradient that is not 0 for a grad_output of 0: is all of it multiplied by it?"
    return None


def _about_gradients(function: Function, given: Analytic, settings: Settings, found: _Found) -> None:
    """Note which inputs have no gradient, refuse none at all, and compare the dtypes if that is asked for."""
    if not given.gradients:
        names = ", ".join(function.inputs[i].name for i in function.movable)
        raise TypeError(
            f"func returned no gradient; expected one of {names}: a check without any would always pass"
        )
    for i in function.movable:
        if i not in given.gradients:
            found.notes.append(
                f"inputs[{i}] ({function.inputs[i].name}) was not checked: no gradient came for it"
            )
    if settings.same_dtypes:
        _dtypes(function, given, found)


def _dtypes(function: Function, given: Analytic, found: _Found) -> None:
    for i, dtype in given.dtypes.items():
        point = function.inputs[i].point
        if point is not None and dtype != point.original.dtype:
            text = (
                f"The gradient of {function.inputs[i].name} is {dtype}; expected its {point.original.dtype}."
            )
            found.causes.append(Cause("other", text))


def _misplaced(function: Function, comparisons: list[Comparison]) -> list[str]:
    """Say whose gradient one of another size may be: of an input at another place, or of integers."""
    notes = []
    for made in comparisons:
        shape = made.gradient_shape
        if made.comparable or made.analytic.size == made.numeric.size:
            continue
        for i, other in enumerate(function.inputs):
            if i == made.input or np.shape(other.value) != shape:
                continue
            if other.point is not None:
                text = "gradients come in the inputs' order, with None for an input that has none"
            elif i < made.input and isinstance(other.value, np.ndarray):
                text = f"it holds integers, which are constants: pass {other.name}.astype(np.float64)"
            else:
                continue
            notes.append(f"the gradient given for {made.name} has the shape of {other.name}: {text}")
            break
    return notes


def _apart(function: Function, settings: Settings, found: _Found) -> list[Comparison]:
    """Compare each term of a regularized loss, strictly."""
    terms = terms_of(function)
    if not terms or any(not made.comparable for made in found.comparisons):
        return []
    size = max(p.memory.size for p in (function.inputs[i].point for i in function.movable) if p is not None)
    if size > MANY and function.objectives() is None:
        found.notes.append(f"the terms were not checked apart: more than {MANY} entries")
        return []
    strict = replace(settings, strict=True)
    made: list[Comparison] = []
    for term in terms:
        analytic = term.analytic()
        for i in sorted(analytic.gradients):
            point = term.inputs[i].point
            assert point is not None
            pair = pair_of(analytic, analytic, i, point)
            one, calls = compare(term, i, pair, strict, analytic.shape)
            made.append(explained(_scaled(one, term.scale), term))
            found.evaluations += 2 * calls
    return made


def _scaled(one: Comparison, scale: float) -> Comparison:
    """Return a term's derivatives as they are in the whole: 0.2 W, not 2 W for each unit of reg."""
    if scale == 1.0:
        return one
    arrays = {name: scale * getattr(one, name) for name in ("analytic", "numeric", "tolerance")}
    return replace(one, **arrays)


def _blamed(total: Comparison, terms: list[Comparison]) -> Comparison | None:
    """Give a total's wrong entries the kind of the term that is wrong; None if none is."""
    causes = [cause for one in terms if one.input == total.input for cause in one.causes if not cause.ok]
    if not causes or not total.wrong.any():
        return None
    verdicts = total.verdicts.copy()
    verdicts[total.wrong] = causes[0].kind
    return replace(total, verdicts=verdicts)
