"""The printed lines: plain ASCII, flushed as they come, and kept for the report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from ..datasets import ImageDataset
from .experiment import GradientCheck, Run
from .published import NOTES, PUBLISHED, SLIDE_ACCURACY, SLIDE_LOSSES
from .settings import Recipe

# the slide shows the first seven lines
SHOWN, EVERY = len(SLIDE_LOSSES), 100

HEADINGS = (
    "method",
    "loss",
    "pixels",
    "seed",
    "steps",
    "train acc.",
    "test acc.",
    "data loss",
    "reg R(W)",
    "seconds",
)
_LEFT = 3  # columns of words


@dataclass
class Transcript:
    """Prints lines and keeps them."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    lines: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        """Print lines; with none, an empty one. What the terminal cannot show is escaped."""
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        for line in lines or ("",):
            self.lines.append(line)
            shown = line.encode(encoding, "backslashreplace").decode(encoding)
            print(shown, file=self.stream, flush=True)


def data_lines(data: ImageDataset) -> list[str]:
    """Say what the data are."""
    size = " x ".join(map(str, data.image_shape))
    return [
        f"data: {data.name}, {data.source}",
        f"  N = {len(data.X_train):,} training and {len(data.X_test):,} test images, "
        f"D = {data.num_features:,} ({size}), C = {data.num_classes} classes, pixels 0..255",
        f"  licence: {data.licence}",
    ]


class SearchProgress:
    """The slide's lines: the first seven, then every improvement and every 100th."""

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.best = float("inf")

    def __call__(self, attempt: int, loss: float, best: float) -> None:
        """Print the line of this attempt, or not."""
        if attempt == SHOWN:
            self.transcript.say("...")
        if attempt < SHOWN or best < self.best or attempt % EVERY == 0:
            self.transcript.say(f"in attempt {attempt:d} the loss was {loss:f}, best {best:f}")
        self.best = best


class DescentProgress:
    """The course's lines, ``iteration %d / %d: loss %f``, five of a descent."""

    def __init__(self, transcript: Transcript, num_steps: int) -> None:
        self.transcript = transcript
        self.num_steps = num_steps
        self.every = max(1, num_steps // 5)

    def __call__(self, t: int, loss: float) -> None:
        """Print the line of this step, or not."""
        if t % self.every == 0 or t == self.num_steps - 1:
            self.transcript.say(f"iteration {t:d} / {self.num_steps:d}: loss {loss:f}")


def search_lines(run: Run, num_classes: int) -> list[str]:
    """Say what the random search found, beside the slide."""
    first = " ".join(f"{loss:.2f}" for loss in run.losses[:SHOWN])
    slide = " ".join(f"{loss:.2f}" for loss in SLIDE_LOSSES)
    return [
        f"  first losses here:     {first}",
        f"  the slide's, CIFAR-10: {slide}",
        f"  best loss {run.data_loss:f}, in attempt {run.best_attempt} of {run.steps}",
        f"  test accuracy {run.test_accuracy:.4f} "
        f"(slide: {SLIDE_ACCURACY:.4f}, chance: {1 / num_classes:.4f})",
    ]


def check_lines(check: GradientCheck) -> list[str]:
    """Say how the gradient check went."""
    verdict = "the gradients agree" if check.agree else "THE GRADIENTS DIFFER"
    kinks = f", {check.kinks} more left out at kinks of the loss" if check.kinks else ""
    return [
        f"{check.loss + ',':8} reg {check.reg:g}: relative error max {check.max_error:.1e}, "
        f"median {check.median_error:.1e} over {check.entries} entries{kinks}: {verdict}",
        f"  (with the penalty's gradient forgotten the median would be {check.forgotten:.1e})",
    ]


def descent_title(recipe: Recipe, batch_size: int | None) -> str:
    """Name a descent, with its learning rate and regularization."""
    method = "full batch" if batch_size is None else f"SGD, batch {batch_size}"
    return f"{recipe.loss}, {method}: learning rate {recipe.learning_rate:g}, reg {recipe.reg:g} (L2)"


def descent_result(run: Run) -> str:
    """Say what a descent reached."""
    return (
        f"  training accuracy {run.train_accuracy:.4f}, test accuracy {run.test_accuracy:.4f}, "
        f"{run.seconds:.2f} s"
    )


def cells(run: Run) -> tuple[str, ...]:
    """Return the table's cells of a run, in the order of `HEADINGS`."""
    return (
        run.method,
        run.loss,
        run.pixels,
        str(run.seed),
        str(run.steps),
        f"{run.train_accuracy:.4f}",
        f"{run.test_accuracy:.4f}",
        f"{run.data_loss:.4f}",
        f"{run.penalty:.4f}",
        f"{run.seconds:.2f}",
    )


def published_cells() -> list[tuple[str, ...]]:
    """Return the table's cells of what the slides and the course say."""
    return [
        (p.method, p.loss, p.pixels, "", p.steps, "", p.test_accuracy, p.data_loss, "", "") for p in PUBLISHED
    ]


def table_lines(data: ImageDataset, runs: Sequence[Run]) -> list[str]:
    """Return the results as an aligned table: what was said, and what was reached here."""
    said, here = published_cells(), [cells(run) for run in runs]
    widths = [max(len(row[k]) for row in (HEADINGS, *said, *here)) for k in range(len(HEADINGS))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    return [
        _row(HEADINGS, widths),
        rule,
        "said, on CIFAR-10 (50,000 training images):",
        *(_row(row, widths) for row in said),
        rule,
        f"reached here, on {data.name} ({len(data.X_train):,} training images):",
        *(_row(row, widths) for row in here),
        f"chance: {1 / data.num_classes:.4f}",
        rule,
        *NOTES,
        "Losses of different kinds, or on different pixels, cannot be compared; accuracies can.",
    ]


def _row(row: Iterable[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if k < _LEFT else cell.rjust(width)
        for k, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
