"""fast_mode: one number for each input, the Jacobian between two random vectors, as torch has it."""

import numpy as np

from .._around import Array
from .comparison import Cause, Comparison
from .function import LARGEST, Analytic, Function
from .quotients import Numeric, moved_along
from .settings import Settings


def projections(function: Function, settings: Settings) -> tuple[list[Comparison], Analytic, int, bool]:
    """Compare u' J v of each input, and two calls with each other; none if anything is unusual.

    Also return what a call gave, and how often the function was called. What disagrees is looked at entry by
    entry; of Jacobians too large for that, the last value, the projection is what there is to tell.
    """
    first = function.analytic(exact=False, along=np.ones(()))
    u = _random(settings, first.shape)
    given, again = (function.analytic(exact=False, along=u) for _ in range(2))
    if first.changed or given.shape != first.shape or not _repeats(given, again, settings.nondet_tol):
        return [], given, 3, False
    exact = function.analytic(along=u) if function.in_float32 else given
    made = [_projection(function, i, exact, u, settings) for i in sorted(exact.gradients)]
    points = (function.inputs[i].point for i in exact.gradients)
    largest = max((point.memory.size for point in points if point is not None), default=0)
    too_large = largest * first.output.size > LARGEST
    known = [one for one in made if one is not None]
    return known if len(known) == len(made) else [], given, 4 + 2 * len(made), too_large


def _repeats(given: Analytic, again: Analytic, tolerance: float) -> bool:
    one, other = (np.concatenate([a.output.ravel(), *_flat(a)]) for a in (given, again))
    return one.shape == other.shape and bool(np.all(np.abs(one - other) <= tolerance))


def _flat(analytic: Analytic) -> list[Array]:
    return [analytic.gradients[i].ravel() for i in sorted(analytic.gradients)]


def _projection(
    function: Function, i: int, exact: Analytic, u: Array, settings: Settings
) -> Comparison | None:
    """Return the comparison of one number; None if the gradient has another shape."""
    numeric = Numeric(function, i)
    gradient = exact.gradients[i]
    if gradient.shape != numeric.point.memory.shape:
        return None
    v = _random(settings, gradient.shape)
    step = 1e-6 if settings.eps is None else settings.eps
    with moved_along(numeric, v) as f:
        slope = float(((f(step) - f(-step)) / (2.0 * step)) @ u.ravel())
    analytic = float(np.sum(v * gradient))
    # torch allows atol times sum(u) sum(v), as if all entries erred to the same side: of 30,730^2 entries
    # that is 0.2, more than u' J v. Here what disagrees is looked at again, so as much as one entry may err.
    allowed = settings.atol + settings.rtol * abs(slope)
    agrees = abs(analytic - slope) <= allowed
    name = f"u' J v of {function.inputs[i].name}"
    verdict = "agrees" if agrees else "other"
    a, n, bound, h = (np.array(value) for value in (analytic, slope, allowed, step))
    causes = () if agrees else (_disagreement(analytic, slope),)
    return Comparison(function.term, name, i, 0, (), a, n, bound, h, np.array(verdict), causes)


def _disagreement(analytic: float, slope: float) -> Cause:
    text = f"A random projection u' J v disagrees: analytic {analytic:.6g}, numeric {slope:.6g}"
    if slope:
        text += f", the first {analytic / slope:.4g} times the second"
    return Cause("other", f"{text}. There are too many entries to look at each of them.")


def _random(settings: Settings, shape: tuple[int, ...]) -> Array:
    """Return a random vector of length 1 with positive entries; 1 for a number."""
    if not shape:
        return np.ones(())
    vector = np.asarray(settings.rng.uniform(0.0, 1.0, shape))
    return vector / max(float(np.linalg.norm(vector)), 1e-300)
