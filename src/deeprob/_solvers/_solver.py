"""A method of `minimize`: its function, its own options and its defaults of the common ones."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from ._watch import Outcome


@dataclass(frozen=True)
class Solver:
    """A method.

    Attributes
    ----------
    solve : callable
        ``solve(problem, x, options, watch, **own) -> Outcome``. x is flat, of the problem's dtype, and the
        method's to change. It shows every point to ``watch``, the start first, and ends when that says so.
    options : tuple of str
        The names of its own options, keywords of ``solve``.
    steps, gtol, ftol, xtol
        What `minimize` takes where the caller says nothing.
    """

    solve: Callable[..., Outcome]
    options: tuple[str, ...] = ()
    steps: int = 1000
    gtol: float = 1e-5
    ftol: float = 0.0
    xtol: float = 0.0


def solver(
    solve: Callable[..., Outcome],
    *,
    steps: int = 1000,
    gtol: float = 1e-5,
    ftol: float = 0.0,
    xtol: float = 0.0,
) -> Solver:
    """Return the method of a function; its keyword-only arguments are its own options."""
    own = inspect.signature(solve).parameters.values()
    names = tuple(p.name for p in own if p.kind is p.KEYWORD_ONLY)
    return Solver(solve, names, steps, gtol, ftol, xtol)
