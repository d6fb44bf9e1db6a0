"""The lecture's optimizers on landscapes: what is hard about optimization, one thing at a time."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

import numpy as np

from .. import compare, landscapes
from .._comparison import ComparisonResult, Race
from .._tables import aligned
from ..optim._named import LECTURE
from .settings import Settings

# On the saddle's ridge nothing but noise leads down: as in L4-35's question.
_NOISE, _RIDGE_LR = 0.01, 0.1
# Those of two variables whose paths the report draws.
DRAWN = ("ravine", "rosenbrock")


@dataclass(frozen=True)
class Walk:
    """A comparison on one landscape: the column's heading, what is hard there, and what was found."""

    heading: str
    hard: str
    result: ComparisonResult = field(repr=False)


def walks(settings: Settings) -> list[Walk]:
    """Let the lecture's six and L-BFGS go down each landscape, the six with every learning rate of the grid.

    On a saddle, which has no minimum, the largest learning rate would always be the first to leave: there
    all have the lecture's 0.1.
    """
    saddle = landscapes.saddle()
    grid, noisy = settings.comparison_lrs, saddle.noisy(_NOISE, settings.seed)
    return [
        Walk(heading, hard, compare(place, (*LECTURE, "lbfgs"), steps=steps, lr=lr))
        for heading, hard, place, steps, lr in (
            ("ravine", "condition number 100 (L4-33)", landscapes.ravine(), 200, grid),
            ("rosenbrock", "a curved valley", landscapes.rosenbrock(), 1000, grid),
            ("plateau", "hardly any gradient at the start", landscapes.plateau(), 200, grid),
            ("dip", "a local minimum on the way (L4-34)", landscapes.local_minimum(), 200, grid),
            ("ridge", "that of a saddle, exactly on it (L4-34)", saddle, 200, _RIDGE_LR),
            ("noisy ridge", f"the same with noise of {_NOISE:g} (L4-35)", noisy, 200, _RIDGE_LR),
        )
    ]


def headings(done: list[Walk]) -> tuple[str, ...]:
    """Return the table's headings."""
    return ("optimizer", *(walk.heading for walk in done))


def cells(done: list[Walk]) -> list[tuple[str, ...]]:
    """Return the table's rows: steps to the target, and at which learning rate."""
    return [(label, *(_cell(walk.result[label]) for walk in done)) for label in done[0].result.labels]


def _cell(race: Race) -> str:
    steps, lr = race.best.steps_to_tol, race.best.lr
    return f"{'-' if steps is None else steps}" + (f" ({lr:.2g})" if np.isfinite(lr) else "")


def places(done: list[Walk]) -> str:
    """Say what is hard where."""
    return "; ".join(f"{walk.heading}: {walk.hard}" for walk in done)


def notes(done: list[Walk]) -> tuple[str, ...]:
    """Say what the numbers are."""
    steps = {walk.heading: walk.result.steps for walk in done}
    return (
        f"steps, of {steps['ravine']}, on rosenbrock of {steps['rosenbrock']:,}, until the loss is "
        f"{done[0].result.tol:g} of the start's height above the minimum",
        "in brackets the learning rate: the one with the lowest final loss",
        "lbfgs has none; its numbers are evaluations of the gradient",
        "on the saddle, which has no minimum: steps until the loss is -1, all at one learning rate",
    )


def lines(done: list[Walk]) -> list[str]:
    """Return everything about the walks as printed lines, in plain ASCII."""
    return [
        *textwrap.wrap(places(done), 100),
        *aligned([headings(done), *cells(done)]),
        *notes(done),
    ]
