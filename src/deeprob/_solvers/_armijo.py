"""The backtracking line search."""

import math

from .._arguments import FloatArray
from .._lbfgs import resolution
from ._problem import Problem

# The share of the slope that a step must gain (Nocedal and Wright 2006, section 3.1), and how often a step is
# halved: 2^-40 of a Newton step is none.
SHARE = 1e-4
HALVINGS = 40


def backtrack(
    problem: Problem, x: FloatArray, f: float, p: FloatArray, slope: float
) -> tuple[float, FloatArray, float, FloatArray] | None:
    """Return (t, x + t p, f and g there) for the first t of 1, 1/2, 1/4, ... that gains enough, or None.

    Enough is f(x + t p) <= f + 1e-4 t ``slope``, with slope = g'p below 0; f's last digits do not count. The
    first point is evaluated with its gradient, as nearly all of Newton's are taken.
    """
    lost = resolution(problem.dtype) * abs(f)
    t = 1.0
    for k in range(HALVINGS):
        there = (x + t * p).astype(problem.dtype)
        g = None
        if k == 0:
            value, g = problem.value_and_grad(there)
        else:
            value = problem.value(there)
        if math.isfinite(value) and value <= f + SHARE * t * slope + lost:
            return (t, there, value, g) if g is not None else (t, there, *problem.value_and_grad(there))
        t /= 2
    return None
