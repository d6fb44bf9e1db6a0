"""K-FAC: natural gradient descent with a Kronecker-factored Fisher information (Martens and Grosse 2015).

For a softmax `Objective`, a single layer: F = E[(diag(p) - p p') (x) x x'] is taken for G (x) A (see
`Objective.kronecker_factors`), so F^-1 of a gradient is G^-1 dW A^-1. Networks have `deeprob.nn.KFAC`.
Sections are the paper's.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._arguments import FloatArray, as_real
from .._kronecker import Matrix, damped, old_share
from ..objective import Objective
from ._problem import Options, Outcome, Problem, Status, Stop, Watch

# Section 6.5: every so many steps lambda changes by (19/20)^5, if the model promised too little or too much.
EVERY = 5
FACTOR = (19 / 20) ** EVERY


@dataclass
class Factors:
    """A and G, averaged over minibatches as in section 5: the old weigh min(1 - 1/k, 0.95)."""

    objective: Objective
    A: Matrix | None = None
    G: Matrix | None = None
    seen: int = 0
    whole: Matrix | None = field(default=None, repr=False)  # A of all examples, which W does not change

    def see(self, W: FloatArray, index: Any) -> tuple[Matrix, Matrix]:
        """Take the factors at W in."""
        self.seen += 1
        G = self.objective._output_factor(W, index)
        if index is None:
            if self.whole is None:
                self.whole = self.objective._input_factor(None)
            self.A, self.G = self.whole, G
            return self.A, self.G
        A = self.objective._input_factor(index)
        old = old_share(self.seen)
        self.A = A if self.A is None else old * self.A + (1 - old) * A
        self.G = G if self.G is None else old * self.G + (1 - old) * G
        return self.A, self.G


def precondition(A: Matrix, G: Matrix, dW: Matrix, damping: float) -> Matrix:
    """Return G^-1 dW A^-1 with the `damped` factors."""
    A, G = damped(A, G, damping)
    return np.linalg.solve(A, np.linalg.solve(G, dW).T).T


def kfac(
    problem: Problem, x: FloatArray, options: Options, watch: Watch, *, damping: float = 1e-3
) -> Outcome:
    """K-FAC on a softmax Objective, full batch or minibatches.

    Each step is alpha D + mu d, D the preconditioned gradient and d the step before, with the alpha and mu
    that minimize the quadratic model with the exact Fisher information (sections 6.4 and 7); the damping
    lambda adapts by how much of what the model promised comes true (section 6.5).

    damping : float
        lambda at first, above 0. The paper's 150 were for deep networks; here the step lengths are exact.
    """
    del options
    objective = problem.fun
    if not isinstance(objective, Objective) or objective.loss != "softmax":
        raise TypeError(
            "method 'kfac' needs a deeprob.Objective with loss='softmax' as fun; networks have "
            "deeprob.nn.KFAC"
        )
    if as_real(damping, "damping") == 0:
        raise ValueError("damping is 0; expected a number above 0: one factor of softmax is singular")
    eta = 2 * objective._penalties[1]  # the regularizer's own curvature
    factors = Factors(objective)
    lam = float(damping)
    before: FloatArray = np.zeros(x.shape)
    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g)
    while stop is None:
        W = problem.shaped(x)
        A, G = factors.see(W, problem.index)
        D = -_preconditioned(objective, A, G, g, W, lam + eta)
        step, model = _best_combination(problem, x, g.astype(np.float64), D, before, lam)
        if not np.isfinite(step).all():
            return Outcome(Stop(Status.NOT_FINITE, "the step has NaN or inf"))
        there = (x + step).astype(problem.dtype)
        if watch.nit % EVERY == 0 and model < 0:
            lam = _adapted(lam, (problem.value(there) - f) / model)
        x, before = there, step
        f, g = problem.value_and_grad(x)
        state: dict[str, Any] = {"A": A, "G": G, "direction": D, "step": step, "damping": lam}
        stop = watch(x, f, g, state.copy)
    return Outcome(stop)


def _preconditioned(
    objective: Objective, A: Matrix, G: Matrix, g: FloatArray, W: FloatArray, damping: float
) -> FloatArray:
    dW = g.astype(np.float64).reshape(W.shape)
    if objective.class_axis == 1:
        return precondition(A, G, dW.T, damping).T.ravel()
    return precondition(A, G, dW, damping).ravel()


def _best_combination(
    problem: Problem, x: FloatArray, g: FloatArray, D: FloatArray, before: FloatArray, lam: float
) -> tuple[FloatArray, float]:
    """Return the alpha D + mu d that minimizes g's + s'(F + lam I)s / 2, and that minimum."""
    directions = [D] if not before.any() else [D, before]
    products = [problem.hvp(x, v) + lam * v for v in directions]
    M = np.array([[u @ Fv for Fv in products] for u in directions])
    M = (M + M.T) / 2
    slopes = np.array([g @ v for v in directions])
    weights = np.linalg.lstsq(M, -slopes)[0]
    step = sum((w * v for w, v in zip(weights, directions, strict=True)), np.zeros_like(D))
    return step, float(slopes @ weights + 0.5 * weights @ M @ weights)


def _adapted(lam: float, ratio: float) -> float:
    """Return the damping after a step that gained ``ratio`` of what the model promised."""
    if ratio > 0.75:
        return lam * FACTOR
    return lam / FACTOR if not ratio >= 0.25 else lam
