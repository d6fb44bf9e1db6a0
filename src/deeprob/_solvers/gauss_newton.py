"""Gauss-Newton for sums of squares, damped as Levenberg and Marquardt do."""

import math
from typing import Any

import numpy as np

from .._arguments import FloatArray, as_real
from .._lbfgs import resolution
from ._problem import Options, Outcome, Problem, Status, Stop, Watch


def gauss_newton(
    problem: Problem, x: FloatArray, options: Options, watch: Watch, *, damping: float = 1e-3
) -> Outcome:
    """Gauss-Newton: J'J in the place of the Hessian of sum(r^2) / 2 (Nocedal and Wright 2006, section 10.3).

    Each step is (J'J + mu D) p = -J'r, D the largest squares of J's columns so far (Moré 1978), mu by
    the gain ratio (Nielsen 1999). On an Objective, linear in W, Gauss-Newton is Newton: method="newton".

    damping : float
        mu at first, relative to D; 0 is the undamped method, until a step fails.
    """
    del options
    mu, growth = as_real(damping, "damping"), 2.0
    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g)
    r, J = problem.residuals(x), problem.jacobian(x)
    scale = np.zeros(problem.n)
    promised: float | None = None  # by the first step tried from x, of sum(r^2)
    while stop is None:
        if not (np.isfinite(J).all() and np.isfinite(r).all()):
            return Outcome(Stop(Status.NOT_FINITE, "the residuals or their Jacobian have NaN or inf"))
        columns = np.sum(J**2, axis=0)
        scale = np.maximum(scale, columns)
        weights = np.sqrt(np.where(scale > 0, scale, 1.0))
        p = _damped_step(J, r, weights, mu)
        there = (x + p).astype(problem.dtype)
        r_there = problem.residuals(there)
        Jp = J @ p
        model = -float(Jp @ (2 * r + Jp))  # |r|^2 - |r + Jp|^2, which would cancel
        promised = model if promised is None else promised
        change = float(np.sum(r**2) - np.sum(r_there**2))
        gained = change / model if model > 0 and math.isfinite(change) else -1.0
        if gained > 0:
            x, r = there, r_there
            f, g = problem.value_and_grad(x)
            state: dict[str, Any] = {"jacobian": J, "residuals": r, "direction": p, "damping": mu}
            stop = watch(x, f, g, state.copy)
            mu *= max(1 / 3, 1 - (2 * gained - 1) ** 3)
            growth, promised = 2.0, None
            J = problem.jacobian(x)
        else:
            mu, growth = max(mu, 1e-12) * growth, 2 * growth
            if mu > 1e12 or float(np.max(np.abs(p))) <= 1e-16 * max(1.0, float(np.max(np.abs(x)))):
                return Outcome(_no_lower(promised, float(np.sum(r**2)), problem))
    return Outcome(stop)


def _no_lower(promised: float, square: float, problem: Problem) -> Stop:
    """Return the end where no step gains: convergence, if none was promised beyond rounding."""
    if promised <= resolution(problem.dtype) * square:
        words = f"no lower point was found; a step promised {promised / square:.3g} of f, which is within"
        return Stop(Status.CONVERGED, f"{words} rounding")
    return Stop(Status.NO_PROGRESS, "no lower point was found along the step")


def _damped_step(J: FloatArray, r: FloatArray, weights: FloatArray, mu: float) -> FloatArray:
    """Return argmin |J p + r|^2 + mu |weights p|^2: by least squares, which squares no condition number."""
    if mu == 0:
        return np.asarray(np.linalg.lstsq(J, -r)[0])
    A = np.vstack([J, math.sqrt(mu) * np.diag(weights)])
    return np.asarray(np.linalg.lstsq(A, np.concatenate([-r, np.zeros(len(weights))]))[0])
