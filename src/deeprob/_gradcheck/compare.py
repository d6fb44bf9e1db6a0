"""Analytic beside numeric, of one input of a function: tolerances, second opinions, verdicts."""

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import _around
from .._around import Array, Noise, Positions
from ..objective import Objective
from .comparison import Cause, Comparison, Mask
from .diagnose import Evidence, diagnose
from .explain import Opinion, by_ladders, opinions
from .function import Analytic, Function
from .quotients import Numeric, Slopes, slopes_along, step_sizes
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
    h = step_sizes(numeric.point, None if settings.strict else settings.eps)
    noise = numeric.noise() if settings.strict else None
    quotients = numeric.central(h)
    spread = 0.0 if noise is None else _spread(numeric, h, quotients, noise.size)
    if pair.exact.shape != expected:
        return _misshapen(function, which, pair, quotients.reshape(expected), h, shape), numeric.evaluations
    table = _Table(numeric, settings, pair, quotients)
    table.tolerance = table.tolerance + spread
    if table.beyond.any():
        noise = numeric.noise() if noise is None else noise
        table.reconsider(noise)
    excused = (table.verdicts == "kink") | (table.verdicts == "float32")
    made = Comparison(
        term=function.term,
        name=function.inputs[which].name,
        input=which,
        output=0,
        output_shape=shape,
        analytic=table.given.reshape(expected),
        numeric=table.quotients.reshape(expected),
        tolerance=table.tolerance.reshape(expected),
        h=h.reshape(numeric.point.memory.shape),
        verdicts=table.verdicts.reshape(expected),
        excused=excused.reshape(expected),
    )
    rounds = noise is not None and noise.float32
    causes = _round_off(made, pair, settings, rounds, function.in_float32) + excuses(made)
    if noise is not None and settings.strict and not shape and made.ok:
        causes += _along_lines(numeric, made, table.exact[:, 0], noise.size)
    return replace(made, causes=causes), numeric.evaluations


def _largest(values: Array) -> float:
    size = np.abs(values[np.isfinite(values)])
    return float(size.max()) if size.size else 0.0


def _spread(numeric: Numeric, h: Array, quotients: Array, noise: Array) -> Array:
    """Return the error bound of the quotients: truncation from those at 2 h, and rounding."""
    with np.errstate(invalid="ignore"):
        twice = np.abs(numeric.central(2.0 * h) - quotients)
    return np.asarray(np.where(np.isfinite(twice), twice, 0.0) + 8.0 * noise / h[:, None])


class _Table:
    """The derivatives by one input, (n, m): n entries of the input, m of the output."""

    def __init__(self, numeric: Numeric, settings: Settings, pair: Pair, quotients: Array) -> None:
        self.numeric, self.settings, self.quotients = numeric, settings, quotients
        self.exact, self.given = (one.reshape(quotients.shape) for one in (pair.exact, pair.given))
        # Of each entry of the output by itself: others may be of another scale.
        self.size = np.abs(np.where(np.isfinite(self.exact), self.exact, 0.0)).max(axis=0, initial=0.0)
        self.tolerance = settings.allowed(quotients)
        if settings.strict or pair.float32:
            self.tolerance += (_ROUNDING32 if pair.float32 else _ROUNDING) * self.size
        self.verdicts = np.full(quotients.shape, "agrees", "U16")

    @property
    def beyond(self) -> Mask:
        """Which entries are beyond their tolerance."""
        with np.errstate(invalid="ignore"):
            return np.asarray(~(np.abs(self.given - self.quotients) <= self.tolerance))

    def allowed(self, values: Array) -> Array:
        """Return the tolerance of second opinions, whose numeric values are better known."""
        return np.asarray(self.settings.allowed(values) + _ROUNDING * self.size)

    def reconsider(self, noise: Noise) -> None:
        """Judge the entries beyond the tolerance again: numeric values, tolerances and verdicts."""
        beyond = self.beyond
        entries = np.flatnonzero(beyond.any(axis=1))
        opinion = opinions(self.numeric, entries, self.exact[entries], self.allowed, noise.size)
        looked = beyond[entries]
        better = looked & np.isfinite(opinion.numeric)
        values = np.where(better, opinion.numeric, self.quotients[entries])
        bound = np.fmax(self.allowed(values), 4.0 * opinion.doubt)
        self.quotients[entries] = values
        self.tolerance[entries] = np.where(better, bound, self.tolerance[entries])
        kinds = self._kinds(entries, opinion, noise.float32)
        self.verdicts[entries] = np.where(looked, kinds, "agrees")

    def _kinds(self, entries: Positions, opinion: Opinion, float32: bool) -> Any:
        """Return the verdicts of entries that were judged again."""
        given, exact, tolerance = self.given[entries], self.exact[entries], self.tolerance[entries]
        right = opinion.agrees | opinion.kink
        kinds = np.full(right.shape, "other", "U16")
        kinds[opinion.agrees] = "agrees"
        kinds[opinion.kink] = "kink"
        if float32:  # noise looks like kinks
            kinds[opinion.agrees] = "float32"
        with np.errstate(invalid="ignore"):
            lost = np.abs(given - exact)
        kinds[right & (lost > tolerance)] = "float32"
        kinds[right & (lost > np.fmax(tolerance, _LOST * self.size))] = "other"
        kinds[~np.isfinite(given) | (~np.isfinite(self.quotients[entries]) & ~right)] = "not finite"
        return kinds


def from_opinion(
    numeric: Numeric, entries: Positions, analytic: Array, quotients: Array, relative: float
) -> tuple[Any, Array]:
    """Return verdicts and tolerances of given quotients, which keep their values, by a relative error."""

    def allowed(values: Array) -> Array:
        return np.asarray(relative * (np.abs(analytic) + np.abs(values)))

    tolerance = allowed(quotients)
    verdicts = np.full(quotients.shape, "agrees", "U16")
    with np.errstate(invalid="ignore"):
        beyond = ~(np.abs(analytic - quotients) <= tolerance)
    if beyond.any():
        noise = numeric.noise()
        opinion = opinions(numeric, entries, analytic, allowed, noise.size)
        right = beyond & opinion.agrees
        verdicts[beyond] = "other"
        verdicts[right] = "float32" if noise.float32 else "agrees"
        verdicts[beyond & opinion.kink] = "kink"
        verdicts[beyond & ~np.isfinite(analytic - quotients)] = "not finite"
        # What the quotient's own rounding and truncation explain, seen from the better one.
        tolerance = np.where(right, np.fmax(tolerance, np.abs(analytic - quotients)), tolerance)
    return verdicts, tolerance


def excuses(made: Comparison) -> tuple[Cause, ...]:
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
    made: Comparison, pair: Pair, settings: Settings, rounds: bool, in_float32: bool
) -> tuple[Cause, ...]:
    """Say in words that float32 is the reason: an excuse where the inputs are float32."""
    where = made.verdicts == "float32"
    if where.any() and pair.float32 and not rounds:
        text = "float32 round-off: in float64 the same gradient agrees; in float32 its last digits differ."
        return (Cause("float32", text, ok=True, verdicts=where),)
    if where.any() or (settings.strict and rounds and not made.term):
        though = "" if in_float32 else ", though its inputs are float64"
        text = (
            f"float32 round-off: the function's values have the digits of float32{though}; no difference "
            "quotient can be better than their noise over h."
        )
        excused = in_float32 or not settings.strict
        return (Cause("float32", text, ok=excused, verdicts=where if where.any() else None),)
    wrong = made.wrong
    if pair.float32 or not wrong.any() or not settings.strict:
        return ()
    close = made.absolute_error <= 1e-5 * np.abs(made.numeric) + 1e-6 * _largest(pair.exact)
    with np.errstate(over="ignore"):
        rounded = np.all(pair.exact.astype(np.float32) == pair.exact)
    if rounded and bool(np.all(close[wrong])):
        text = "float32 round-off: the gradient has the digits of float32, though the inputs are float64."
        return (Cause("float32", text, verdicts=wrong),)
    return ()


def _along_lines(numeric: Numeric, made: Comparison, gradient: Array, noise: Array) -> tuple[Cause, ...]:
    """Compare slopes along lines, where terms add up that are invisible in single entries.

    Along x a forgotten reg sum(x^2) has the slope 2 reg sum(x^2), all entries' contributions together, and
    the quotient's noise is that of one entry with a step of the size of x. What entries are excused for
    at a kink is excused here as well.
    """
    # Twice: from the slope between both sides to either is half of what is between them.
    excused = np.where(made.excused, 2.0 * made.absolute_error, 0.0)
    x = numeric.point.values
    size = float(np.sqrt(np.mean(x**2))) if x.size else 0.0
    if not np.isfinite(size) or size == 0.0:
        return ()
    random = np.random.default_rng(0).choice([-1.0, 1.0], x.shape) * size
    lines = [("x", x), ("sign(x)", np.sign(x) * size), ("a random line", random)]
    # Where few entries are that large, the other two move all the rest to quite another place.
    if np.median(np.abs(x[x != 0.0])) < size * 2.0**-10:
        del lines[1:]
    for name, line in lines:
        products = gradient * line.ravel()
        analytic = np.array([[products.sum()]])
        rounding = _ROUNDING * float(np.abs(products).sum()) + float((excused * np.abs(line)).sum())
        allowed = functools.partial(np.full_like, fill_value=rounding)
        along = functools.partial(_slopes_along, numeric, line)
        opinion = by_ladders(along, analytic, allowed, noise, lenient=True)
        if opinion.agrees[0, 0] or opinion.kink[0, 0] or not np.isfinite(opinion.numeric[0, 0]):
            continue
        return (_invisible(name, numeric, line, analytic.item(), opinion.numeric.item()),)
    return ()


def _slopes_along(numeric: Numeric, line: Array, _: Positions, levels: Array) -> Slopes:
    return slopes_along(numeric, line, levels)


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
