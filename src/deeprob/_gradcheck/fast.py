"""fast_mode: one number for each input, the Jacobian between two random vectors, as torch has it."""

import numpy as np

from .._around import Array
from .comparison import Comparison
from .function import Analytic, Function
from .quotients import Numeric, moved_along
from .settings import Settings


def projections(function: Function, settings: Settings) -> tuple[list[Comparison], Analytic, int]:
    """Compare u' J v of each input, and two calls with each other; none if anything is unusual.

    Also return what the first call said.
    """
    first = function.analytic(exact=False, along=np.ones(()))
    u = _random(settings, first.shape)
    given, again = (function.analytic(exact=False, along=u) for _ in range(2))
    if first.changed or given.shape != first.shape or not _repeats(given, again, settings.nondet_tol):
        return [], first, 3
    exact = function.analytic(along=u) if function.in_float32 else given
    made = [_projection(function, i, exact, u, settings) for i in sorted(exact.gradients)]
    return [one for one in made if one is not None] if all(made) else [], first, 4 + 2 * len(made)


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
    # atol is for one entry; the projection adds up as many as there are (torch's _adjusted_atol).
    allowed = settings.atol * float(u.sum() * v.sum()) + settings.rtol * abs(slope)
    agrees = abs(analytic - slope) <= allowed
    name = f"u' J v of {function.inputs[i].name}"
    verdict = "agrees" if agrees else "other"
    a, n, bound, h = (np.array(value) for value in (analytic, slope, allowed, step))
    return Comparison(function.term, name, i, 0, (), a, n, bound, h, np.array(verdict))


def _random(settings: Settings, shape: tuple[int, ...]) -> Array:
    """Return a random vector of length 1 with positive entries; 1 for a number."""
    if not shape:
        return np.ones(())
    vector = np.asarray(settings.rng.uniform(0.0, 1.0, shape))
    return vector / max(float(np.linalg.norm(vector)), 1e-300)
