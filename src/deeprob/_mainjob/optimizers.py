"""The lecture's optimizers compared on the real images: each at its best learning rate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .. import Objective, accuracy, compare
from .._comparison import ComparisonResult, Race
from .._tables import aligned
from ..optim import ComparisonTable, comparison_table
from .experiment import Split
from .settings import BATCH, LARGE, Recipe, Settings

# A tenth of the way from the lowest loss that any run reached up to the loss at the start: near enough that
# all but the slowest get there.
_NEAR = 0.1

HEADINGS = ("optimizer", "best lr", "width", "to target", "loss", "train acc.", "test acc.")


@dataclass(frozen=True)
class Study:
    """The comparison on the images.

    Attributes
    ----------
    result : ComparisonResult
        Of `deeprob.compare`.
    loss, reg : str, float
        What was minimized.
    examples : int
        Training images used.
    train_accuracy, test_accuracy : dict of str to float
        Shares of those images, and of the test images, that each gets right at its best learning rate; of
        several runs the first.
    table : ComparisonTable
        The lecture's table (L4-49), found out from the optimizers.
    """

    result: ComparisonResult = field(repr=False)
    loss: str
    reg: float
    examples: int
    train_accuracy: dict[str, float]
    test_accuracy: dict[str, float]
    table: ComparisonTable = field(repr=False)


def study(split: Split, recipe: Recipe, settings: Settings) -> Study:
    """Let the lecture's six descend on minibatches, each with every learning rate of the grid.

    Large sets lend their first images: the loss over all of them is computed often.
    """
    X, y = split.X_train[:LARGE], split.y_train[:LARGE]
    objective = Objective(X, y, loss=recipe.loss, reg=recipe.reg)
    result = compare(
        objective,
        x0=np.zeros((split.num_classes, X.shape[1]), np.float32),
        steps=settings.comparison_steps,
        lr=settings.comparison_lrs,
        batch_size=BATCH,
        rng=settings.seed,
        repeats=settings.comparison_repeats,
        tol=_NEAR,
        every=max(5, settings.comparison_steps // 20),
    )
    return Study(
        result=result,
        loss=recipe.loss,
        reg=recipe.reg,
        examples=len(X),
        train_accuracy={race.label: objective.accuracy(race.best.x) for race in result},
        test_accuracy={race.label: accuracy(race.best.x, split.X_test, split.y_test) for race in result},
        table=comparison_table(),
    )


def cells(done: Study) -> list[tuple[str, ...]]:
    """Return the table's rows in the order of `HEADINGS`, the lowest loss first."""
    return [
        (
            row.label,
            f"{row.lr:.2g}",
            f"{row.width:.1f}",
            "-" if row.steps_to_tol is None else str(row.steps_to_tol),
            f"{row.loss:.4f}",
            f"{done.train_accuracy[row.label]:.4f}",
            f"{done.test_accuracy[row.label]:.4f}",
        )
        for row in done.result.rows
    ]


def sweep_headings(done: Study) -> tuple[str, ...]:
    """Return the learning rates tried, as the headings of `sweep_cells`."""
    return ("lr", *(f"{lr:.2g} " for lr in next(iter(done.result)).lrs))


def sweep_cells(done: Study) -> list[tuple[str, ...]]:
    """Return each optimizer's final loss at every learning rate."""
    return [(race.label, *(_final(race, k) for k in range(len(race.trials)))) for race in done.result]


def _final(race: Race, k: int) -> str:
    trial = race.trials[k]
    if trial.diverged is not None:
        return "inf "
    mark = "*" if trial is race.best else " "  # so that digits stand below digits
    return f"{trial.loss:.3g}{mark}" if trial.loss < 1e3 else f"{trial.loss:.0e}{mark}".replace("e+0", "e")


def words(done: Study) -> str:
    """Say what the comparison is."""
    result = done.result
    rates = next(iter(result)).lrs
    return (
        f"{done.loss} loss, reg {done.reg:g}, {done.examples:,} images, batch {result.batch_size}, "
        f"{result.steps} steps from W = 0; {len(rates)} learning rates from {rates[0]:g} to {rates[-1]:g}"
    )


def notes(done: Study) -> tuple[str, ...]:
    """Say what the columns mean."""
    runs = "" if done.result.repeats == 1 else f", the mean of {done.result.repeats} runs"
    first = () if done.result.repeats == 1 else ("accuracies: of the first run",)
    return (
        f"loss: over all these images after the last step{runs}, at the learning rate where it is lowest",
        f"width: decades of learning rate with at most {done.result.factor:g} times that loss",
        f"to target: steps until the loss is {done.result.target:.4f}, "
        f"{_NEAR:.0%} of the way from the lowest up to the start",
        *first,
    )


def lines(done: Study) -> list[str]:
    """Return everything about the comparison as printed lines, in plain ASCII."""
    return [
        words(done),
        *aligned([HEADINGS, *cells(done)]),
        *notes(done),
        "",
        "final loss by learning rate (* the best)",
        *aligned([sweep_headings(done), *sweep_cells(done)]),
        "",
        "what they remember and do (L4-49), found out from their states and steps",
        *done.table.to_text(("-", "yes")).splitlines(),
    ]
