"""The methods of `deeprob.minimize`, by name.

A method is a function ``solve(problem, x, options, watch, *, own=...) -> Outcome``: `_problem.py` has what it
is given, `_solver.py` what is said of it here. Its keyword-only arguments are its options.
"""

from . import bfgs, cg, first_order, gauss_newton, kfac, lbfgs, newton, newton_cg
from ._solver import Solver, solver

__all__ = ["SOLVERS", "Solver", "solver"]

SOLVERS: dict[str, Solver] = {
    **first_order.SOLVERS,
    "lbfgs": solver(lbfgs.lbfgs, steps=15000, ftol=2.22e-9),
    "bfgs": solver(bfgs.bfgs, steps=15000),
    "cg": solver(cg.cg, steps=15000),
    "newton": solver(newton.newton, steps=200),
    "newton-cg": solver(newton_cg.newton_cg, steps=200),
    "gauss-newton": solver(gauss_newton.gauss_newton, steps=200),
    "kfac": solver(kfac.kfac, steps=200),
}
