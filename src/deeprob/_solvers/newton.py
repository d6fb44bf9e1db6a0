"""Newton's method: w <- w - H^-1 g (lecture, L4-53), and what is done where H is not positive definite."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from .._arguments import FloatArray, as_real, one_of
from ._armijo import backtrack
from ._problem import Options, Outcome, Problem, Status, Stop, Watch
from ._watch import euclidean

Variant = Literal["damped", "pure", "saddle-free", "trust-region"]


@dataclass(frozen=True)
class Step:
    """A step p of the quadratic model g'p + p'Hp / 2, and what the Hessian was like."""

    p: FloatArray
    smallest: float | None = None  # the Hessian's smallest eigenvalue, where it is known
    indefinite: bool = False
    shift: float = 0.0  # added to the diagonal of H


def model_change(H: FloatArray, g: FloatArray, p: FloatArray) -> float:
    """Return g'p + p'Hp / 2."""
    return float(g @ p + 0.5 * (p @ (H @ p)))


def pure(H: FloatArray, g: FloatArray) -> Step:
    """Return the slide's step, -H^-1 g, to the critical point of the model, whichever kind it is."""
    try:
        p = np.linalg.solve(H, -g)
    except np.linalg.LinAlgError:
        p = -np.linalg.lstsq(H, g)[0]  # singular: the shortest of the least-squares solutions
    smallest = float(np.linalg.eigvalsh(H)[0])
    return Step(p, smallest, smallest <= 0)


def damped(H: FloatArray, g: FloatArray, damping: float) -> Step:
    """Return -(H + s I)^-1 g, with the first s for which the Cholesky factorization succeeds.

    s = ``damping`` first, then, if H + s I is not positive definite, shifts that grow tenfold from a
    thousandth of H's largest entry (Nocedal and Wright 2006, Algorithm 3.3).
    """
    n, s = len(g), damping
    scale = float(np.abs(H).max(initial=0.0)) or 1.0
    while True:
        try:
            L = np.linalg.cholesky(H + s * np.eye(n))
            break
        except np.linalg.LinAlgError:
            s = max(10 * s, 1e-3 * scale)
            if not math.isfinite(s):
                raise
    p = np.linalg.solve(L.T, np.linalg.solve(L, -g))
    indefinite = s > damping
    smallest = float(np.linalg.eigvalsh(H)[0]) if indefinite else None
    return Step(p, smallest, indefinite, s)


def saddle_free(H: FloatArray, g: FloatArray, damping: float) -> Step:
    """Return -(|H| + damping I)^-1 g, |H| with the eigenvalues' absolute values (Dauphin et al. 2014).

    It goes down along directions of negative curvature, which Newton's own step climbs to the saddle.
    Eigenvalues of 0, to rounding, count as the smallest that is not.
    """
    values, Q = np.linalg.eigh(H)
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    floor = largest * len(g) * float(np.finfo(np.float64).eps)
    p = -(Q @ ((Q.T @ g) / (np.maximum(np.abs(values), floor) + damping)))
    smallest = float(values[0])
    return Step(p, smallest, smallest < 0, damping)


def trust_region(H: FloatArray, g: FloatArray, radius: float) -> Step:
    """Return the minimizer of the model within |p| <= radius, exactly (Moré and Sorensen 1983).

    By eigenvectors: p(s) = -Q (Q'g / (values + s)), with s >= max(0, -smallest) such that |p| = radius, or
    s = 0 when that lies inside; in the hard case, g without a part along the smallest eigenvector beyond
    rounding, as much of that eigenvector as reaches the radius.
    """
    values, Q = np.linalg.eigh(H)
    c = Q.T @ g
    smallest = float(values[0])
    if smallest > 0:
        with np.errstate(over="ignore"):
            inside = c / values
        if euclidean(inside) <= radius:
            p = -(Q @ inside)
            return Step(p, smallest)
    low = max(0.0, -smallest)
    gaps = values + low  # s is low plus something that may be far below low's last digit
    near = gaps <= 1e-12 * float(np.abs(values).max())
    bounded = np.zeros_like(c)
    with np.errstate(over="ignore"):
        np.divide(c, gaps, out=bounded, where=~near)
    length = euclidean(bounded)
    if np.abs(c[near]).max(initial=0.0) <= 1e-14 * euclidean(c) and length <= radius:
        along = radius * math.sqrt(1.0 - (length / radius) ** 2)
        p = -(Q @ bounded) + along * Q[:, 0]
        return Step(p, smallest, smallest < 0, low)
    above = _secular(gaps, c, radius)
    p = -(Q @ (c / (gaps + above)))
    return Step(p, smallest, smallest < 0, low + above)


def _secular(gaps: FloatArray, c: FloatArray, radius: float) -> float:
    """Return s > 0 with |c / (gaps + s)| = radius, by bisection on a bracket that Newton's steps shrink.

    On 1 / |p(s)| - 1 / radius, which is nearly linear in s. Where the bracket spans orders of magnitude, it
    is halved in the exponent.
    """
    low, high = 0.0, max(euclidean(c) / radius, 5e-324)
    s = high
    for _ in range(200):
        q = c / (gaps + s)
        length = euclidean(q)
        if abs(length - radius) <= 1e-12 * radius:
            break
        if length > radius:
            low = s
        else:
            high = s
        share = q / length  # |p|^3 overflows first
        slope = float(share @ (share / (gaps + s)))
        s += (length - radius) / radius / slope
        if not low < s < high:
            s = math.sqrt(low * high) if low > 0 else high * 1e-3
    return s


class _Report:
    """Says in the result's message where the Hessian was not positive definite."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.steps, self.bad, self.lowest = problem, 0, 0, 0.0

    def see(self, step: Step) -> None:
        self.steps += 1
        if step.indefinite and step.smallest is not None:
            self.bad += 1
            self.lowest = min(self.lowest, step.smallest)

    def conclude(self) -> None:
        if self.bad:
            self.problem.notes.append(
                f"the Hessian was not positive definite at {self.bad} of {self.steps} points "
                f"(smallest eigenvalue {self.lowest:.3g})"
            )


def newton(
    problem: Problem,
    x: FloatArray,
    options: Options,
    watch: Watch,
    *,
    variant: Variant = "damped",
    damping: float = 0.0,
    radius: float = 1.0,
) -> Outcome:
    """Newton's method.

    variant : {"damped", "pure", "saddle-free", "trust-region"}
        "damped": the Hessian plus ``damping`` on its diagonal, plus more where that is not positive definite,
        and a backtracking line search. "pure": the slide's w - H^-1 g, wherever it leads. "saddle-free": the
        eigenvalues' absolute values, and a line search. "trust-region": the exact minimizer of the model
        within a radius that adapts.
    damping : float
        Added to the diagonal, at least 0; unused by "pure" and "trust-region".
    radius : float
        The first radius of "trust-region", above 0.

    The (n, n) Hessian is made and factorized at every step: 0.5 GB and minutes for 7,850 weights (L4-54:
    "Why is this impractical?"); "newton-cg" does without.
    """
    del options
    one_of(variant, "variant", get_args(Variant))
    damping = as_real(damping, "damping")
    if as_real(radius, "radius") == 0:
        raise ValueError("radius is 0; expected a number above 0")
    steps: dict[str, Callable[[FloatArray, FloatArray], Step]] = {
        "pure": pure,
        "damped": lambda H, g: damped(H, g, damping),
        "saddle-free": lambda H, g: saddle_free(H, g, damping),
    }
    report = _Report(problem)
    try:
        if variant == "trust-region":
            return _within_trust(problem, x, watch, radius, report)
        return _along_steps(problem, x, watch, steps[variant], variant != "pure", report)
    finally:
        report.conclude()


def _along_steps(
    problem: Problem,
    x: FloatArray,
    watch: Watch,
    step_of: Callable[[FloatArray, FloatArray], Step],
    search: bool,
    report: _Report,
) -> Outcome:
    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g)
    while stop is None:
        H = _finite_hessian(problem, x)
        if H is None:
            return _NO_HESSIAN
        step = step_of(H, g.astype(np.float64))
        report.see(step)
        t = 1.0
        if search:
            found = backtrack(problem, x, f, step.p, float(g @ step.p))
            if found is None:
                return _NO_LOWER_POINT
            t, x, f, g = found
        else:
            x = (x + step.p).astype(problem.dtype)
            f, g = problem.value_and_grad(x)
        stop = watch(x, f, g, _state(H, step, step_size=t))
    return Outcome(stop)


# A step that gained this share of what the model promised is taken; one that gained little shrinks the
# radius, one that gained nearly all and reached the radius doubles it (Nocedal and Wright 2006,
# Algorithm 4.1).
TAKEN, LITTLE, MUCH = 1e-4, 0.25, 0.75
LARGEST_RADIUS = 1e10


def _within_trust(problem: Problem, x: FloatArray, watch: Watch, radius: float, report: _Report) -> Outcome:
    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g)
    H = None
    while stop is None:
        H = _finite_hessian(problem, x) if H is None else H
        if H is None:
            return _NO_HESSIAN
        slope = g.astype(np.float64)
        step = trust_region(H, slope, radius)
        length = float(np.linalg.norm(step.p))
        predicted = model_change(H, slope, step.p)
        there = (x + step.p).astype(problem.dtype)
        value = problem.value(there)
        # To the digits of f, a step that changes nothing does what the model promised.
        slack = 4e-16 * max(abs(f), 1.0)
        gained = (f - value + slack) / (-predicted + slack) if math.isfinite(value) else -1.0
        if gained < LITTLE:
            radius = LITTLE * length
        elif gained > MUCH and length > 0.99 * radius:
            radius = min(2 * radius, LARGEST_RADIUS)
        if gained <= TAKEN:
            if radius <= 1e-15 * (1.0 + float(np.linalg.norm(x))):
                return _NO_LOWER_POINT
            continue
        report.see(step)
        x, (f, g) = there, problem.value_and_grad(there)
        stop = watch(x, f, g, _state(H, step, radius=radius))
        H = None
    return Outcome(stop)


_NO_HESSIAN = Outcome(Stop(Status.NOT_FINITE, "the Hessian has NaN or inf"))
_NO_LOWER_POINT = Outcome(Stop(Status.NO_PROGRESS, "no lower point was found along the step"))


def _finite_hessian(problem: Problem, x: FloatArray) -> FloatArray | None:
    H = problem.hessian(x)
    return H if np.isfinite(H).all() else None


def _state(H: FloatArray, step: Step, **more: float) -> Callable[[], dict[str, Any]]:
    return lambda: {
        "hessian": H,
        "direction": step.p,
        "smallest_eigenvalue": step.smallest,
        "shift": step.shift,
        **more,
    }
