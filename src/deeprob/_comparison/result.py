"""What a comparison of optimizers found, and its table as text."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray
from .race import Trial

HEADINGS = ("optimizer", "best lr", "final loss", "steps to target", "width", "us a step", "what happened")
_WORDS = (0, 6)  # columns of words


@dataclass
class Race:
    """One optimizer's runs: its sweep of learning rates, and the best of them.

    Attributes
    ----------
    label, name : str
        What the comparison calls it, and its name in ``deeprob.optim.NAMES`` or as a method.
    trials : list of Trial
        One for each learning rate, ascending.
    best : Trial
        The one with the lowest final loss; of an unbounded problem the first at the target.
    width : float
        The sensitivity: how many decades of learning rate around the best are good; between a good one of
        the grid and the next, the logarithm of the loss is taken to be a line. NaN without a sweep.
    good : (k,) array of bool
        Which learning rates are good: their final loss, counted from the comparison's ``floor``, is within
        ``factor`` of the best one's, or at or below ``tol`` of the way down. Of an unbounded problem: its
        steps to the target are.
    target : float
        The comparison's.
    """

    label: str
    name: str
    trials: list[Trial] = field(repr=False)
    best: Trial
    width: float
    good: npt.NDArray[np.bool_] = field(repr=False)
    target: float

    @property
    def lrs(self) -> npt.NDArray[np.float64]:
        """The learning rates tried."""
        return np.array([trial.lr for trial in self.trials])

    @property
    def final_losses(self) -> npt.NDArray[np.float64]:
        """The final loss at each of them; infinite where the run diverged."""
        return np.array([trial.loss for trial in self.trials])

    @property
    def calmest(self) -> Trial:
        """The run with the smallest learning rate that ended at the target or below; if none did, the best.

        Its path can be followed with the eye.
        """
        return next((trial for trial in self.trials if trial.loss <= self.target), self.best)

    @property
    def at_edge(self) -> str:
        """Whether the best learning rate is the "lowest" or the "highest" tried of several, or "" inside."""
        if len(self.trials) < 2 or self.best.diverged is not None:
            return ""
        return {0: "lowest", len(self.trials) - 1: "highest"}.get(self.trials.index(self.best), "")


@dataclass(frozen=True)
class ComparisonRow:
    """A line of the table: one optimizer at its best learning rate."""

    label: str
    lr: float
    loss: float
    steps_to_tol: int | None
    seconds: float
    width: float
    message: str


@dataclass
class ComparisonResult:
    """What `compare` found; ``print`` shows it as a table, ``result["adam"]`` is one optimizer's `Race`.

    Attributes
    ----------
    races : dict of str to Race
        By label, in the order asked for.
    x0 : array
        Where all of them started.
    start_loss : float
        The loss there.
    steps : int
        Steps of each run.
    minimum : float
        The problem's known minimum; NaN if it is not known.
    unbounded : bool
        Whether the problem says that it has no minimum.
    floor : float
        What losses are counted from: the minimum; if it is not known, 0 if no loss is below, else the
        lowest loss reached.
    target : float
        The loss that ``steps_to_tol`` is about.
    tol, factor : float
        As they were passed.
    batch_size : int or None
        Examples a step.
    repeats : int
        Runs whose losses were averaged.
    problem : object
        What was minimized.
    """

    races: dict[str, Race] = field(repr=False)
    x0: FloatArray = field(repr=False)
    start_loss: float
    steps: int
    minimum: float
    unbounded: bool
    floor: float
    target: float
    tol: float
    factor: float
    batch_size: int | None
    repeats: int
    problem: Any = field(repr=False)

    def __getitem__(self, label: str) -> Race:
        """Return one optimizer's runs."""
        if label not in self.races:
            raise KeyError(f"{label!r}; compared were {', '.join(map(repr, self.races))}")
        return self.races[label]

    def __iter__(self) -> Iterator[Race]:
        """Return the optimizers' runs, in the order asked for."""
        return iter(self.races.values())

    @property
    def labels(self) -> tuple[str, ...]:
        """What was compared."""
        return tuple(self.races)

    @property
    def rows(self) -> list[ComparisonRow]:
        """The table's lines, the lowest final loss first."""
        rows = [
            ComparisonRow(
                label=race.label,
                lr=race.best.lr,
                loss=race.best.loss,
                steps_to_tol=race.best.steps_to_tol,
                seconds=race.best.seconds,
                width=race.width,
                message=race.best.message,
            )
            for race in self
        ]
        return sorted(rows, key=lambda row: row.loss)

    def to_text(self) -> str:
        """Return the table as text, with what its columns mean below."""
        return _table(self)

    __repr__ = __str__ = to_text  # what a notebook shows of it


def _table(result: ComparisonResult) -> str:
    """Return the table of a comparison, the lowest final loss first, and below it what its columns mean."""
    rows = [HEADINGS, *(_cells(result, row) for row in result.rows)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEADINGS))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:], "", *_notes(result)])


def _cells(result: ComparisonResult, row: ComparisonRow) -> tuple[str, ...]:
    """Return a row's cells in the order of `HEADINGS`."""
    edge = result[row.label].at_edge
    diverged = math.isinf(row.loss)
    taken = result[row.label].best.evaluations or result.steps
    return (
        row.label,
        "-" if math.isnan(row.lr) else f"{row.lr:.3g}",
        "-" if diverged else f"{row.loss:.4g}",
        "-" if row.steps_to_tol is None else str(row.steps_to_tol),
        "-" if math.isnan(row.width) else f"{row.width:.1f}",
        "-" if diverged else f"{1e6 * row.seconds / taken:.1f}",
        row.message + (f"; the {edge} lr tried" if edge else ""),
    )


def _notes(result: ComparisonResult) -> list[str]:
    """Say what the columns mean, with the numbers that belong to them."""
    sweep = max(len(race.trials) for race in result)
    data = "" if result.batch_size is None else f", {result.batch_size} examples a step"
    data += "" if result.repeats == 1 else f", the mean of {result.repeats} runs"
    lines = [
        f"{result.steps} steps{data}, from a loss of {result.start_loss:.6g}; target: {result.target:.6g}"
    ]
    if sweep > 1:
        which = "the learning rates given"
        if len({tuple(race.lrs) for race in result if not np.isnan(race.best.lr)}) == 1:
            which = f"{sweep} learning rates, the same for all"
        best = "fewest steps to the target" if result.unbounded else "lowest final loss"
        good = (
            f"steps to the target are at most {result.factor:g} times its"
            if result.unbounded
            else f"final loss, from {result.floor:.6g}, is at most {result.factor:g} times its, or "
            f"{result.tol:g} of the start's"
        )
        lines += [f"best lr: the {best} of {which}", f"width: decades of lr around the best one whose {good}"]
    return lines


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    padded = (
        cell.ljust(width) if k in _WORDS else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
