"""Analytic beside numeric, of one input of a function: tolerances, second opinions, verdicts."""

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import _around
from .._around import Array, Positions
from ..objective import Objective
from .comparison import Cause, Comparison
from .diagnose import Evidence, diagnose
from .explain import judge, opinions
from .function import Analytic, Function
from .quotients import LADDER, LARGEST, Numeric, slopes_along, step_sizes
from .settings import EPS, EPS32, Settings

# An analytic gradient's own rounding: of sums of terms larger than their result.
_ROUNDING = 64.0 * EPS
_ROUNDING32 = 64.0 * EPS32
# A float32 gradient that differs by more than this from the float64 one, relative to its largest entry, has
# lost more than its last digits.
_LOST = 1e-3


@dataclass(frozen=True)
class Pair:
    """An input's analytic derivatives: evaluated in float64 as the numeric ones are, and as given."""

    exact: Array
    given: Array
    float32: bool


def compare(
    function: Function, which: int, pair: Pair, settings: Settings, shape: tuple[int, ...]
) -> tuple[Comparison, int]:
    """Compare the derivatives with respect to one input; also return how often the function was called."""
    numeric = Numeric(function, which)
    expected = (*numeric.point.memory.shape, *shape)
    entries = int(np.prod(expected, dtype=np.float64))
    if entries > LARGEST:
        raise ValueError(
            f"{function.inputs[which].name} has {numeric.size} entries and the output "
            f"{entries // numeric.size}; a Jacobian of more than {LARGEST} entries is not built: use "
            "fast_mode=True"
        )
    h = step_sizes(numeric.point, None if settings.strict else settings.eps)
    noise, rounds = numeric.noise(np.random.default_rng(0)) if settings.strict else (np.zeros(1), False)
    quotients = numeric.central(h)
    spread = _spread(numeric, h, quotients, noise) if settings.strict else 0.0
    n, m = quotients.shape
    if pair.exact.shape != expected:
        return _misshapen(function, which, pair, quotients.reshape(expected), h, shape), numeric.evaluations
    exact, given = pair.exact.reshape(n, m), pair.given.reshape(n, m)
    rounding = _ROUNDING * _largest(exact)
    own = _ROUNDING32 * _largest(exact) if pair.float32 else rounding
    tolerance = settings.allowed(quotients) + spread + (own if settings.strict or pair.float32 else 0.0)
    verdicts = np.full((n, m), "agrees", "U16")
    with np.errstate(invalid="ignore"):
        beyond = ~(np.abs(given - quotients) <= tolerance)
    if beyond.any():
        if not settings.strict:
            noise, rounds = numeric.noise(np.random.default_rng(0))
        _reconsider(
            numeric, beyond, exact, given, quotients, tolerance, verdicts, settings, noise, rounds, rounding
        )
    excused = (verdicts == "kink") | (verdicts == "float32")
    made = Comparison(
        term=function.term,
        name=function.inputs[which].name,
        input=which,
        output=0,
        output_shape=shape,
        analytic=given.reshape(expected),
        numeric=quotients.reshape(expected),
        tolerance=tolerance.reshape(expected),
        h=h.reshape(numeric.point.memory.shape),
        verdicts=verdicts.reshape(expected),
        excused=excused.reshape(expected),
    )
    causes = _round_off(made, pair, exact, settings, rounds) + _excuses(made)
    if settings.strict and not shape and made.ok:
        causes += _along_lines(numeric, exact[:, 0], noise)
    return replace(made, causes=causes), numeric.evaluations


def _largest(values: Array) -> float:
    size = np.abs(values[np.isfinite(values)])
    return float(size.max()) if size.size else 0.0


def _spread(numeric: Numeric, h: Array, quotients: Array, noise: Array) -> Array:
    """Return the error bound of the quotients: truncation from those at 2 h, and rounding."""
    with np.errstate(invalid="ignore"):
        twice = np.abs(numeric.central(2.0 * h) - quotients)
    return np.asarray(np.where(np.isfinite(twice), twice, 0.0) + 8.0 * noise / h[:, None])


def _reconsider(
    numeric: Numeric,
    beyond: np.ndarray,
    exact: Array,
    given: Array,
    quotients: Array,
    tolerance: Array,
    verdicts: np.ndarray,
    settings: Settings,
    noise: Array,
    rounds: bool,
    rounding: float,
) -> None:
    """Judge entries beyond the tolerance again; writes their numeric values, tolerances and verdicts."""
    entries = np.flatnonzero(beyond.any(axis=1))

    def allowed(values: Array) -> Array:
        return settings.allowed(values) + rounding

    opinion = opinions(numeric, entries, exact[entries], allowed, noise)
    known = np.isfinite(opinion.numeric)
    looked = beyond[entries]
    here = np.where(looked & known, opinion.numeric, quotients[entries])
    quotients[entries] = here
    bound = np.where(looked & known, np.fmax(allowed(here), 4.0 * opinion.doubt), tolerance[entries])
    tolerance[entries] = bound
    kinds = np.full(looked.shape, "other", "U16")
    kinds[opinion.agrees] = "float32" if rounds else "agrees"
    kinds[opinion.kink] = "kink"
    right = opinion.agrees | opinion.kink
    lost = np.abs(given[entries] - exact[entries])
    kinds[right & (lost > tolerance[entries]) & (lost <= _LOST * _largest(exact))] = "float32"
    kinds[right & (lost > np.fmax(tolerance[entries], _LOST * _largest(exact)))] = "other"
    with np.errstate(invalid="ignore"):
        unknown = ~np.isfinite(given[entries]) | (~np.isfinite(here) & ~right)
    kinds[unknown] = "not finite"
    kinds[~looked] = "agrees"
    verdicts[entries] = kinds


def from_opinion(
    numeric: Numeric, entries: Positions, analytic: Array, quotients: Array, relative: float
) -> tuple[Any, Array]:
    """Return verdicts and tolerances of given quotients, which keep their values, by a relative error."""
    noise, rounds = numeric.noise(np.random.default_rng(0))

    def allowed(values: Array) -> Array:
        return np.asarray(relative * (np.abs(analytic) + np.abs(values)))

    tolerance = allowed(quotients)
    verdicts = np.full(quotients.shape, "agrees", "U16")
    with np.errstate(invalid="ignore"):
        beyond = ~(np.abs(analytic - quotients) <= tolerance)
    if beyond.any():
        opinion = opinions(numeric, entries, analytic, allowed, noise)
        right = beyond & opinion.agrees
        verdicts[beyond] = "other"
        verdicts[right] = "float32" if rounds else "agrees"
        verdicts[beyond & opinion.kink] = "kink"
        verdicts[beyond & ~np.isfinite(analytic - quotients)] = "not finite"
        # What the quotient's own rounding and truncation explain, seen from the better one.
        tolerance = np.where(right, np.fmax(tolerance, np.abs(analytic - quotients)), tolerance)
    return verdicts, tolerance


def _excuses(made: Comparison) -> tuple[Cause, ...]:
    """Say in words what excuses entries beyond the tolerance."""
    kinks = int(np.count_nonzero(made.verdicts == "kink"))
    if not kinks:
        return ()
    entries = "1 entry" if kinks == 1 else f"{kinks} entries"
    text = (
        f"{entries} at a kink, where the active set of a max, abs or ReLU changes within +-h: the analytic "
        "value is the slope on one side, or between both, as a subgradient may be."
    )
    return (Cause("kink", text, ok=True, verdicts=made.verdicts == "kink"),)


def _round_off(
    made: Comparison, pair: Pair, exact: Array, settings: Settings, rounds: bool
) -> tuple[Cause, ...]:
    """Say in words that float32 is the reason: an excuse where the inputs are float32."""
    where = made.verdicts == "float32"
    if where.any() and pair.float32:
        text = "float32 round-off: in float64 the same gradient agrees; in float32 its last digits differ."
        return (Cause("float32", text, ok=True, verdicts=where),)
    if where.any() or (settings.strict and rounds and not made.term):
        text = (
            "float32 round-off: the function's values have the digits of float32, though its inputs are "
            "float64; no difference quotient can be better than their noise over h."
        )
        return (Cause("float32", text, ok=not settings.strict, verdicts=where if where.any() else None),)
    wrong = made.wrong
    if pair.float32 or not wrong.any() or not settings.strict:
        return ()
    close = made.absolute_error <= 1e-5 * np.abs(made.numeric) + 1e-6 * _largest(exact)
    with np.errstate(over="ignore"):
        rounded = np.all(exact.astype(np.float32) == exact)
    if rounded and bool(np.all(close[wrong])):
        text = "float32 round-off: the gradient has the digits of float32, though the inputs are float64."
        return (Cause("float32", text, verdicts=wrong),)
    return ()


def _along_lines(numeric: Numeric, gradient: Array, noise: Array) -> tuple[Cause, ...]:
    """Compare slopes along lines, where terms add up that are invisible in single entries.

    Along x a forgotten reg sum(x^2) has the slope 2 reg sum(x^2), all entries' contributions together, and
    the quotient's noise is that of one entry with a step of the size of x.
    """
    x = numeric.point.values
    size = float(np.sqrt(np.mean(x**2))) if x.size else 0.0
    if not np.isfinite(size) or size == 0.0:
        return ()
    random = np.random.default_rng(0).choice([-1.0, 1.0], x.shape) * size
    for name, line in (("x", x), ("sign(x)", np.sign(x) * size), ("a random line", random)):
        slopes = slopes_along(numeric, line, LADDER)
        products = gradient * line.ravel()
        analytic = np.array([[products.sum()]])
        rounding = _ROUNDING * float(np.abs(products).sum())
        allowed = functools.partial(np.full_like, fill_value=rounding)
        opinion = judge(slopes, analytic, allowed, noise, lenient=True)
        if opinion.agrees[0, 0] or opinion.kink[0, 0] or not np.isfinite(opinion.numeric[0, 0]):
            continue
        return (_invisible(name, numeric, line, analytic.item(), opinion.numeric.item()),)
    return ()


def _invisible(name: str, numeric: Numeric, line: Array, analytic: float, slope: float) -> Cause:
    own = numeric.function.inputs[numeric.which].name
    text = f"No single entry shows it, but along {name.replace('x', own)} the analytic slope is "
    text += f"{analytic:.6g} and the numeric one {slope:.6g}"
    if name == "a random line":
        return Cause("other", text + ".")
    k = (slope - analytic) / float(np.sum(line * (numeric.point.values if name == "x" else np.sign(line))))
    term = f"{abs(k):.3g} {name.replace('x', own)}"
    said = "lacks" if k > 0 else "has too much of"
    return Cause("penalty", f"{text}: the gradient {said} a term such as {term}, a penalty's.")


def _misshapen(
    function: Function, which: int, pair: Pair, numeric: Array, h: Array, shape: tuple[int, ...]
) -> Comparison:
    """Return the comparison of a gradient of another shape."""
    wrong = np.ones(numeric.shape, bool)
    evidence = _evidence(function, which, pair.exact, numeric, np.full(numeric.shape, 1e-5), wrong, shape)
    cause = diagnose(evidence)
    return Comparison(
        function.term,
        function.inputs[which].name,
        which,
        0,
        shape,
        pair.exact,
        numeric,
        np.full(numeric.shape, 1e-5),
        h.reshape(evidence.x.shape),
        np.array(cause.kind),
        (cause,),
        excused=np.zeros(numeric.shape, bool),
    )


def explained(made: Comparison, function: Function) -> Comparison:
    """Name the mistake behind the entries that are wrong."""
    wrong = made.wrong
    if not wrong.any() or not made.comparable or any(not cause.ok for cause in made.causes):
        return made
    verdicts = made.verdicts.copy()
    finite = np.isfinite(made.analytic) & np.isfinite(made.numeric)
    if not finite[wrong].all():
        cause = _not_finite(made, wrong & ~finite)
    else:
        cause = diagnose(
            _evidence(
                function,
                made.input,
                made.analytic,
                made.numeric,
                made.tolerance,
                wrong,
                made.output_shape,
                made.indices,
            )
        )
        if made.term == "regularization" and cause.kind not in ("penalty", "shape"):
            cause = Cause("penalty", cause.text, factor=cause.factor, verdicts=cause.verdicts)
        verdicts[wrong if cause.verdicts is None else wrong & cause.verdicts] = cause.kind
    return replace(made, verdicts=verdicts, causes=(cause, *made.causes))


def _not_finite(made: Comparison, where: np.ndarray) -> Cause:
    side = "analytic" if (~np.isfinite(made.analytic))[where].any() else "numeric"
    count = int(np.count_nonzero(where))
    text = f"NaN or Inf: {count} of {where.size} entries of the {side} gradient are not finite"
    if side == "numeric":
        text += "; the function is not finite beside the point"
    return Cause("not finite", text + ".", verdicts=where)


def _evidence(
    function: Function,
    which: int,
    analytic: Array,
    numeric: Array,
    tolerance: Array,
    wrong: np.ndarray,
    shape: tuple[int, ...],
    indices: Positions | None = None,
) -> Evidence:
    point = function.inputs[which].point
    assert point is not None
    examples = _examples(function)
    return Evidence(
        x=point.values,
        analytic=analytic,
        numeric=numeric,
        tolerance=tolerance,
        wrong=wrong,
        output_shape=shape,
        term=function.term,
        inputs=function.named,
        reg=function.strength() if not function.term else None,
        examples=examples,
        class_axis=_class_axis(function, point.memory.shape, examples),
        indices=indices,
        name=function.inputs[which].name,
    )


def _examples(function: Function) -> Any:
    """Return (X, y) with examples as rows, where the function has data that look like it."""
    func = function.func
    if isinstance(func, Objective):
        X = func.X.T if func.example_axis == 1 else func.X
        return np.asarray(X, np.float64), np.asarray(func.y)
    arrays = [np.asarray(one.value) for one in function.inputs if isinstance(one.value, np.ndarray | list)]
    labels = [one for one in arrays if one.ndim == 1 and one.dtype.kind in "iu"]
    for y in labels:
        for X in arrays[1:]:
            if X.ndim == 2 and X.dtype.kind in "fiu" and X.shape[0] == y.size:
                return X.astype(np.float64), y
    return None


def _class_axis(function: Function, shape: tuple[int, ...], examples: Any) -> int | None:
    if isinstance(function.func, Objective):
        return int(function.func.class_axis)
    if examples is None or len(shape) != 2:
        return None
    D = examples[0].shape[1]
    if shape[0] == shape[1] or D not in shape:
        return None
    return 0 if shape[1] == D else 1


def pair_of(exact: Analytic, given: Analytic, which: int, point: _around.Point) -> Pair:
    """Return an input's derivatives, evaluated in float64 and as given."""
    return Pair(exact.gradients[which], given.gradients[which], point.shadow is not None)
