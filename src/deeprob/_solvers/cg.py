"""Nonlinear conjugate gradients."""

import numpy as np

from .._arguments import FloatArray
from .._lbfgs import search_options
from ._problem import Options, Outcome, Problem, Watch
from .lbfgs import no_lower, unbounded
from .line_search import Patience, Vector, dot, evaluate, search, steepest


def cg(
    problem: Problem,
    x: FloatArray,
    options: Options,
    watch: Watch,
    *,
    c1: float = 1e-4,
    c2: float = 0.2,
    max_evals: int = 20,
) -> Outcome:
    """Minimize by conjugate gradients, Polak and Ribière's (Nocedal and Wright 2006, section 5.2).

    d <- -g + beta d with beta = max(0, g'(g - old g) / old g'old g), (5.44) and (5.45). Where that does not
    lead down, or no lower point is found along it, it starts again from steepest descent. Conjugacy wants a
    line search more exact than quasi-Newton methods do, hence a smaller c2.
    """
    line = search_options(c1, c2, 0.1, max_evals, problem.dtype)
    at = x.astype(np.float64)
    f, g = evaluate(problem, at)
    d, beta, step = -g, 0.0, 0.0

    def state() -> dict[str, object]:
        return {"direction": d, "beta": beta, "alpha": step}

    stop = watch(at, f, g, state)
    patience = Patience(f, g)
    first = slope = 0.0  # the first step to be tried along d; 0: start from steepest descent
    while stop is None:
        found = search(problem, at, f, slope, d, first, line) if first > 0 else None
        size = 1.0
        if found is None:
            d, slope, length = steepest(at, g)
            size = -slope  # d is -g / size
            found = search(problem, at, f, slope, d, length, line)
            if found is None:
                return Outcome(no_lower(f, -slope * length, options, problem))
        step = found.step
        old_g, old_slope = g, slope
        at, f, g = found.x, found.f, found.g
        beta = _beta(old_g, g)
        d = -g + beta * size * d
        slope = dot(g, d)
        first = _first_step(slope, dot(g, g), step * old_slope)
        stop = watch(at, f, g, state)
        if found.state == "at most":
            stop = stop or unbounded()
        if patience.over(f, g):
            stop = stop or no_lower(f, abs(step * old_slope), options, problem)
    return Outcome(stop)


def _beta(old: Vector, new: Vector) -> float:
    """Return Polak and Ribière's beta, 0 where it is negative or the gradients overflow."""
    square = dot(old, old)
    beta = dot(new, new - old) / square if square > 0 else 0.0
    return beta if np.isfinite(beta) and beta > 0 else 0.0


def _first_step(slope: float, square: float, last: float) -> float:
    """Return the first step that changes f, to first order, as the last step did: (3.60); 0 to start anew.

    A direction must lead down at a hundredth of steepest descent's slope, or more.
    """
    if not (np.isfinite(slope) and slope < -0.01 * square):
        return 0.0
    step = last / slope
    return step if np.isfinite(step) else 0.0
