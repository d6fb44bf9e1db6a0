"""The test problems of More, Garbow and Hillstrom (1981)."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

from ..._arguments import answers_keywords
from . import _exponentials, _fits, _small, _systems, _variable
from ._problem import Problem

_PROBLEMS: dict[str, type[Any]] = {
    problem.title: problem
    for problem in sorted(
        (*_small.PROBLEMS, *_fits.PROBLEMS, *_exponentials.PROBLEMS, *_systems.PROBLEMS, *_variable.PROBLEMS),
        key=lambda problem: problem.number,
    )
}

MGH_NAMES = tuple(_PROBLEMS)
"""The names of the 35 problems of More, Garbow and Hillstrom, in the paper's order, for `mgh`."""


@answers_keywords
def mgh(problem: str | SupportsIndex, n: int | None = None, m: int | None = None) -> Problem:
    """Make a test problem of More, Garbow and Hillstrom (1981): a sum of squares f(w) = sum_i r_i(w)^2.

    Parameters
    ----------
    problem : str or int
        A name in `MGH_NAMES`, or the problem's number in the paper, 1 to 35.
    n, m : int, optional
        The numbers of variables and of residuals, where the problem leaves them free; default those that
        are usual.

    Returns
    -------
    LeastSquares
        A landscape with ``residuals``, ``jacobian``, the paper's standard start, and its minimum where the
        paper gives one (NaN elsewhere); gradients and Hessians are exact.

    Raises
    ------
    ValueError, TypeError
        If there is no such problem, or not of this size.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> helical = landscapes.mgh("helical_valley")
    >>> helical.start, helical.value(helical.start), helical.minima
    (array([-1.,  0.,  0.]), 2500.0, array([[1., 0., 0.]]))
    >>> landscapes.mgh(20, n=9)
    watson(n=9, m=31)
    """
    name = problem
    if not isinstance(name, str):
        number = operator.index(name) if isinstance(name, SupportsIndex) else 0
        if not 1 <= number <= len(MGH_NAMES):
            raise ValueError(
                f"problem is {problem!r}; expected a name in MGH_NAMES, or 1 to {len(MGH_NAMES)}"
            )
        name = MGH_NAMES[number - 1]
    if name not in _PROBLEMS:
        raise ValueError(f"problem is {problem!r}; expected one of {', '.join(map(repr, MGH_NAMES))}")
    made: Problem = _PROBLEMS[name](n, m)
    return made


def more_garbow_hillstrom() -> tuple[Problem, ...]:
    """Make all 35 test problems of More, Garbow and Hillstrom (1981), in their usual sizes.

    Returns
    -------
    tuple of LeastSquares
        In the paper's order: see `mgh`.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> problems = landscapes.more_garbow_hillstrom()
    >>> len(problems), problems[0]
    (35, rosenbrock(n=2, m=2))
    """
    return tuple(mgh(name) for name in MGH_NAMES)
