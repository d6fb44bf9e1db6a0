"""The methods of `deeprob.minimize`, by name.

A method is a function ``solve(problem, x, options, watch, *, own=...) -> Outcome``: `_problem.py` has what it
is given, `_solver.py` what is said of it here. Its keyword-only arguments are its options.
"""

from . import first_order, gauss_newton, kfac, newton, newton_cg
from ._solver import Solver, solver

__all__ = ["SOLVERS", "Solver", "solver"]

SOLVERS: dict[str, Solver] = {
    **first_order.SOLVERS,
    **newton.SOLVERS,
    **newton_cg.SOLVERS,
    **gauss_newton.SOLVERS,
    **kfac.SOLVERS,
}
