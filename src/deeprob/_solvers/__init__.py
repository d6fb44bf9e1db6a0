"""The methods of `deeprob.minimize`, by name.

A method is a function ``solve(problem, x, options, watch, *, own=...) -> Outcome``: `_problem.py` has what it
is given, `_solver.py` what is said of it here. Its keyword-only arguments are its options.
"""

from . import first_order
from ._solver import Solver, solver
from .bfgs import bfgs
from .cg import cg
from .lbfgs import lbfgs

__all__ = ["SOLVERS", "Solver", "solver"]

SOLVERS: dict[str, Solver] = {
    **first_order.SOLVERS,
    "lbfgs": solver(lbfgs, steps=15000, ftol=2.22e-9),
    "bfgs": solver(bfgs, steps=15000),
    "cg": solver(cg, steps=15000),
}
