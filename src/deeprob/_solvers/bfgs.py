"""BFGS with a dense inverse Hessian; its update and products are in csrc/engine/bfgs.c."""

import numpy as np

from .. import _core
from .._arguments import FloatArray
from .._lbfgs import search_options
from ._problem import Options, Outcome, Problem, Watch
from .lbfgs import no_lower, unbounded
from .line_search import Found, Patience, Vector, dot, evaluate, norm, search, steepest


def bfgs(
    problem: Problem,
    x: FloatArray,
    options: Options,
    watch: Watch,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    max_evals: int = 20,
) -> Outcome:
    """Minimize by BFGS (lecture, L4-55; Nocedal and Wright 2006, algorithm 6.1).

    The direction is d = -H g. H starts as y's / y'y times the identity after the first step (6.20), which
    goes along steepest descent, and is updated by the pair s, y of every step (6.17).
    """
    line = search_options(c1, c2, 0.1, max_evals, problem.dtype)
    at = x.astype(np.float64)
    H = np.eye(problem.n)
    fresh = True  # H is the identity, of no scale
    f, g = evaluate(problem, at)
    d, step = -g, 0.0

    def state() -> dict[str, object]:
        return {"hess_inv": H, "direction": d, "alpha": step}

    stop = watch(at, f, g, state)
    patience = Patience(f, g)
    while stop is None:
        slope = dot(g, d)
        fresh = fresh or not (np.isfinite(slope) and slope < 0)
        promised = -slope
        found = None if fresh else search(problem, at, f, slope, d, 1.0, line)
        if found is None:  # steepest descent, first or as the last resort
            d, slope, first = steepest(at, g)
            promised = -slope * first if fresh else promised
            H[...] = np.eye(problem.n)
            fresh = True
            found = search(problem, at, f, slope, d, first, line)
        if found is None:
            return Outcome(no_lower(f, promised, options, problem))
        step = found.step
        d, fresh = _update(H, at, g, found, fresh)
        at, f, g = found.x, found.f, found.g
        stop = watch(at, f, g, state)
        if found.state == "at most":
            stop = stop or unbounded()
        if patience.over(f, g):
            stop = stop or no_lower(f, promised, options, problem)
    return Outcome(stop)


def _update(H: Vector, x: Vector, g: Vector, found: Found, fresh: bool) -> tuple[Vector, bool]:
    """Update H by the step; return the next direction and whether H is still without scale.

    A pair without positive curvature, beyond rounding of the slope along s, is left out: H stays positive
    definite.
    """
    s, y = found.x - x, found.g - g
    ys, size = dot(y, s), norm(y)
    if not (ys > np.finfo(np.float64).eps * abs(dot(g, s)) and np.isfinite(size) and np.isfinite(1 / ys)):
        return _core.bfgs_update(H, None, None, found.g), fresh
    if fresh:
        np.fill_diagonal(H, ys / size / size)
    return _core.bfgs_update(H, s, y, found.g), False
