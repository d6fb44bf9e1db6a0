"""The methods of `deeprob.minimize`, by name.

A method is a function ``solve(problem, x, options, watch, *, own=...) -> Outcome``: `_problem.py` has what it
is given, `_solver.py` what is said of it here. Its keyword-only arguments are its options.
"""

from . import first_order
from ._solver import Solver, solver
from .bfgs import bfgs
from .cg import cg
from .gauss_newton import gauss_newton
from .kfac import kfac
from .lbfgs import lbfgs
from .newton import newton
from .newton_cg import newton_cg

__all__ = ["SOLVERS", "Solver", "solver"]

SOLVERS: dict[str, Solver] = {
    **first_order.SOLVERS,
    "lbfgs": solver(lbfgs, steps=15000, ftol=2.22e-9),
    "bfgs": solver(bfgs, steps=15000),
    "cg": solver(cg, steps=15000),
    "newton": solver(newton, steps=200),
    "newton-cg": solver(newton_cg, steps=200),
    "gauss-newton": solver(gauss_newton, steps=200),
    "kfac": solver(kfac, steps=200),
}
