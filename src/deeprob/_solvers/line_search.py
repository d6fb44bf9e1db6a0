"""The strong-Wolfe line search of Moré and Thuente along a direction; the work is done in csrc/engine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import _core
from .._lbfgs import SearchOptions
from ._problem import Problem

Vector = npt.NDArray[np.float64]
# The states of csrc/engine/line_search.h, in its order; all but the first end it.
STATES = ("evaluate", "found", "narrow", "rounding", "at most", "at least", "exhausted")


@dataclass
class Found:
    """Where a line search ended: a lower point with its value and gradient, and the step to it.

    ``state`` says how: "found" where both conditions hold; "at most" where f still falls at the longest step.
    """

    x: Vector
    f: float
    g: Vector
    step: float
    state: str


def dot(a: Vector, b: Vector) -> float:
    """Return the inner product, its sum in the same order on every machine."""
    return _core.dot(a, b)


def moved(problem: Problem, x: Vector, step: float, d: Vector) -> Vector:
    """Return x + step d, rounded to what the problem's dtype can hold."""
    to: Vector = (x + step * d).astype(problem.dtype).astype(np.float64)
    return to


def evaluate(problem: Problem, x: Vector) -> tuple[float, Vector]:
    """Return f and its gradient in float64."""
    f, g = problem.value_and_grad(x)
    return f, g.astype(np.float64)


def search(
    problem: Problem, x: Vector, f: float, slope: float, d: Vector, step: float, options: SearchOptions
) -> Found | None:
    """Return a lower point along d, which leads down with that slope; None where there is none.

    ``step`` is the first to be tried. Where f's rounding hides what is lower, its slopes tell.
    """
    handle = _core.line_search(f, slope, step, options)
    best: Found | None = None
    lower = 0
    while True:
        to = moved(problem, x, step, d)
        if np.array_equal(to, x) or (best is not None and np.array_equal(to, best.x)):
            break
        f_to, g_to = evaluate(problem, to)
        if f_to == -np.inf:
            return Found(to, f_to, g_to, step, "at most")
        number, next_step, lower, improved = _core.line_search_tell(handle, f_to, dot(g_to, d))
        now = Found(to, f_to, g_to, step, STATES[number])
        if now.state == "found":
            return now
        if improved:
            best = now
        if now.state != "evaluate":
            break
        step = next_step
    return best if lower else None


class Patience:
    """Where rounding hides what steps gain, points need not be lower: tells when they follow but noise."""

    STEPS = 20

    def __init__(self, f: float, g: Vector) -> None:
        self.f, self.g, self.fruitless = f, float(np.max(np.abs(g))), 0

    def over(self, f: float, g: Vector) -> bool:
        """Take note of a step; whether 20 have brought neither a smaller f nor a smaller gradient."""
        top = float(np.max(np.abs(g)))
        self.fruitless = 0 if f < self.f or top < self.g else self.fruitless + 1
        self.f, self.g = min(self.f, f), min(self.g, top)
        return self.fruitless >= self.STEPS


def norm(v: Vector) -> float:
    """Return the Euclidean norm, also where squares would overflow or vanish."""
    top = float(np.max(np.abs(v)))
    return top * float(np.sqrt(dot(v / top, v / top))) if 0 < top < np.inf else top


def steepest(x: Vector, g: Vector) -> tuple[Vector, float, float]:
    """Return -g / |g|, its slope and the first step along it, min(1, |g|), or 1e-6 |x| if that is more."""
    size = norm(g)
    d: Vector = -(g / size)
    return d, -size, min(1.0, max(size, 1e-6 * max(1.0, float(np.max(np.abs(x))))))
