"""Hessian-free Newton: the Newton step by conjugate gradients on Hessian-vector products."""

import math
from typing import Any

import numpy as np

from .._arguments import FloatArray, as_count
from ._armijo import backtrack
from ._problem import Options, Outcome, Problem, Status, Stop, Watch
from ._watch import euclidean


def newton_cg(
    problem: Problem, x: FloatArray, options: Options, watch: Watch, *, max_inner: int | None = None
) -> Outcome:
    """Newton-CG with a backtracking line search (Nocedal and Wright 2006, Algorithm 7.1).

    max_inner : int, optional
        At most this many Hessian-vector products a step; default the number of variables, at most 200.
    """
    del options
    most = min(problem.n, 200) if max_inner is None else as_count(max_inner, "max_inner", 1)
    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g)
    negative = steps = 0
    while stop is None:
        p, products, curvature = direction(problem, x, g.astype(np.float64), most)
        found = backtrack(problem, x, f, p, float(g @ p))
        if found is None:
            stop = Stop(Status.NO_PROGRESS, "no lower point was found along the step")
            break
        t, x, f, g = found
        steps += 1
        negative += curvature <= 0
        state: dict[str, Any] = {"direction": p, "step_size": t, "products": products, "curvature": curvature}
        stop = watch(x, f, g, state.copy)
    if negative:
        problem.notes.append(f"directions of negative curvature were met in {negative} of {steps} steps")
    return Outcome(stop)


def direction(problem: Problem, x: FloatArray, g: FloatArray, most: int) -> tuple[FloatArray, int, float]:
    """Return p with H p = -g nearly, the number of products it took, and the last curvature d'Hd / d'd.

    CG stops when |H p + g| <= min(1/2, sqrt|g|) |g|: superlinear convergence at the fewest products; or
    at negative curvature, with what it has, or -g if that is nothing.
    """
    size = euclidean(g)
    enough = min(0.5, math.sqrt(size))  # of -g / size, so that no square overflows or vanishes
    r = g / size if size > 0 else g.copy()
    p, d = np.zeros_like(g), -r
    square = float(r @ r)
    curvature = 1.0
    for k in range(most):
        Hd = problem.hvp(x, d)
        along = float(d @ Hd)
        curvature = along / float(d @ d)
        if not curvature > 0:
            return size * p if k else -g, k + 1, curvature
        alpha = square / along
        p += alpha * d
        r += alpha * Hd
        before, square = square, float(r @ r)
        if math.sqrt(square) <= enough:
            return size * p, k + 1, curvature
        d = -r + (square / before) * d
    return size * p, most, curvature
