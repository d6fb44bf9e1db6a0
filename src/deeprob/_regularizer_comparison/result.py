"""What a comparison of regularizers found, and its table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from .._arguments import one_of
from .._tables import aligned, html_table
from .intervals import Estimate, estimate
from .run import Run
from .settings import RESIDUAL, Regularizer

if TYPE_CHECKING:
    from ..plots import RegularizerDisplay

METRICS = (
    "train_accuracy",
    "test_accuracy",
    "accuracy_gap",
    "train_loss",
    "test_loss",
    "loss_gap",
    "ece",
)

# The table's columns: heading, metric, what it is multiplied by, digits, whether it has its interval.
_COLUMNS = (
    ("train acc. %", "train_accuracy", 100, 1, True),
    ("test acc. %", "test_accuracy", 100, 1, True),
    ("train loss", "train_loss", 1, 3, False),
    ("test loss", "test_loss", 1, 3, True),
    ("loss gap", "loss_gap", 1, 3, True),
    ("ECE %", "ece", 100, 1, True),
)


@dataclass
class RegularizerRuns:
    """One method's runs.

    Attributes
    ----------
    name, settings : str, Regularizer
        What it is called, and what it is.
    train_accuracy, test_accuracy, train_loss, test_loss, ece : (seeds,) arrays
        Of each seed's network after training, in evaluation mode, on examples as they are; NaN where the
        training diverged.
    seconds : (seeds,) array
        What each training took.
    messages : tuple of str
        Why each training ended.
    """

    name: str
    settings: Regularizer
    train_accuracy: npt.NDArray[np.float64] = field(repr=False)
    test_accuracy: npt.NDArray[np.float64] = field(repr=False)
    train_loss: npt.NDArray[np.float64] = field(repr=False)
    test_loss: npt.NDArray[np.float64] = field(repr=False)
    ece: npt.NDArray[np.float64] = field(repr=False)
    seconds: npt.NDArray[np.float64] = field(repr=False)
    messages: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, name: str, settings: Regularizer, runs: list[Run]) -> Self:
        """Gather the runs of a method."""
        numbers = ("train_accuracy", "test_accuracy", "train_loss", "test_loss", "ece", "seconds")
        arrays = {each: np.array([getattr(run, each) for run in runs]) for each in numbers}
        return cls(name, settings, **arrays, messages=tuple(run.message for run in runs))

    @property
    def accuracy_gap(self) -> npt.NDArray[np.float64]:
        """Training minus test accuracy of each seed."""
        return self.train_accuracy - self.test_accuracy

    @property
    def loss_gap(self) -> npt.NDArray[np.float64]:
        """Test minus training loss of each seed."""
        return self.test_loss - self.train_loss

    @property
    def baseline(self) -> str:
        """The name of the method without regularization that it is held against; its own if it is one."""
        return self.settings.baseline

    def values(self, metric: str) -> npt.NDArray[np.float64]:
        """Return a metric of each seed."""
        found: npt.NDArray[np.float64] = getattr(self, one_of(metric, "metric", METRICS))
        return found

    def estimate(self, metric: str) -> Estimate:
        """Return a metric's mean over the seeds, with its 95 % t-interval."""
        return estimate(self.values(metric))


@dataclass(repr=False)
class RegularizerComparison:
    """What `compare_regularizers` found; ``print`` shows it as a table, ``result["l2"]`` is one method.

    Attributes
    ----------
    runs : dict of str to RegularizerRuns
        By name: each baseline, and below it, in the order asked for, what is held against it.
    seeds : tuple of int
        The seeds, in the order of each method's arrays.
    train_size, test_size : int
        Examples.
    redrawn : bool
        Whether each seed had training examples of its own.
    networks : dict
        By whether they have residual blocks: the sizes of the `MLP`; width and depth of the `ResidualMLP`.
    epochs, batch_size : int
        As they were passed.
    """

    runs: dict[str, RegularizerRuns]
    seeds: tuple[int, ...]
    train_size: int
    test_size: int
    redrawn: bool
    networks: dict[bool, tuple[int, ...]]
    epochs: int
    batch_size: int

    def __getitem__(self, name: str) -> RegularizerRuns:
        """Return one method's runs."""
        if name not in self.runs:
            raise KeyError(f"{name!r}; compared were {', '.join(map(repr, self.runs))}")
        return self.runs[name]

    def __iter__(self) -> Iterator[RegularizerRuns]:
        """Return the methods' runs."""
        return iter(self.runs.values())

    @property
    def names(self) -> tuple[str, ...]:
        """What was compared."""
        return tuple(self.runs)

    def mean(self, name: str, metric: str) -> Estimate:
        """Return the mean of a method's metric over the seeds, with its 95 % t-interval.

        Parameters
        ----------
        name : str
            One of ``names``.
        metric : str
            What was measured: "train_accuracy", "test_accuracy", "accuracy_gap", "train_loss", "test_loss",
            "loss_gap" or "ece"; gaps are positive where the test is worse.

        Returns
        -------
        Estimate
            With ``mean``, ``low`` and ``high``.
        """
        return self[name].estimate(metric)

    def change(self, name: str, metric: str) -> Estimate:
        """Return how much a method changes a metric: the mean of its differences to its baseline by seed.

        With the 95 % t-interval of these paired differences. Arguments are as of `mean`; of a baseline it
        is 0.
        """
        runs = self[name]
        return estimate(runs.values(metric) - self[runs.baseline].values(metric))

    def reducing(self, metric: str = "loss_gap") -> tuple[str, ...]:
        """Return the methods that make a metric smaller, beyond the interval of the change."""
        changes = {name: self.change(name, metric) for name in self.names}
        return tuple(name for name, one in changes.items() if one.mean < 0 and one.excludes_zero)

    def to_text(self) -> str:
        """Return the table as text, with what it means below."""
        lines = aligned(self._rows())
        return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], "", *self._notes()])

    __repr__ = __str__ = to_text

    def _repr_html_(self) -> str:
        notes = "".join(f'<div style="opacity:0.8">{escape(note)}</div>' for note in self._notes())
        return f"<div>{html_table(self._rows())}{notes}</div>"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as a dict of plain numbers, texts and lists, for JSON.

        ``methods`` holds by name the settings' ``repr``, the baseline's name, and by metric the ``values`` of
        each seed, ``mean`` and ``half`` of the interval, ``change`` and ``change_half``. NaN is None.
        """
        return {
            "seeds": list(self.seeds),
            "train_size": self.train_size,
            "test_size": self.test_size,
            "redrawn": self.redrawn,
            "mlp": list(self.networks[False]),
            "residual": dict(zip(("width", "depth"), self.networks[True], strict=True)),
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "methods": {name: self._method_dict(name) for name in self.names},
        }

    def _method_dict(self, name: str) -> dict[str, Any]:
        runs = self[name]
        metrics = {}
        for metric in METRICS:
            mean, change = runs.estimate(metric), self.change(name, metric)
            metrics[metric] = {
                "values": [_plain(value) for value in runs.values(metric)],
                "mean": _plain(mean.mean),
                "half": _plain(mean.half),
                "change": _plain(change.mean),
                "change_half": _plain(change.half),
            }
        return {
            "settings": repr(runs.settings),
            "baseline": runs.baseline,
            "seconds": runs.seconds.tolist(),
            "messages": list(runs.messages),
            **metrics,
        }

    def plot(self, axes: Any = None) -> "RegularizerDisplay":
        """Draw loss gap, test accuracy and calibration of all methods; see `plots.RegularizerDisplay`."""
        from ..plots import RegularizerDisplay

        return RegularizerDisplay.from_result(self).plot(axes)

    def _rows(self) -> list[tuple[str, ...]]:
        headings = ("method", *(column[0] + " " * column[4] for column in _COLUMNS), "change of gap")
        return [headings, *(self._row(name) for name in self.names)]

    def _row(self, name: str) -> tuple[str, ...]:
        cells = []
        for _, metric, scale, digits, spread in _COLUMNS:
            shown = _told(self.mean(name, metric), scale, digits, spread)
            # a place for the star in all rows, so that digits stand below digits
            cells.append(shown + ("*" if self._differs(name, metric) else " ") * spread)
        own = name == self[name].baseline
        cells.append("" if own else _told(self.change(name, "loss_gap"), 1, 3, True, sign="+"))
        return (name, *cells)

    def _differs(self, name: str, metric: str) -> bool:
        return name != self[name].baseline and self.change(name, metric).excludes_zero

    def _notes(self) -> list[str]:
        seeds = len(self.seeds)
        drawn = ", drawn for each seed" if self.redrawn else ""
        lines = [
            f"{self.train_size:,} training examples{drawn}, {self.test_size:,} test examples; {self.epochs} "
            f"epochs of batches of {self.batch_size}; {seeds} seed{'s' * (seeds > 1)}"
        ]
        if seeds > 1:
            lines += [
                "+-: 95 % t-interval of the mean over seeds",
                "*: the difference to the baseline, seed by seed, has an interval without 0",
            ]
        lines.append("loss gap: test minus training loss; change of gap: to the baseline's, seed by seed")
        if any(one.settings.residual for one in self):
            others = [one.name for one in self if one.settings.residual and one.name != RESIDUAL]
            width, depth = self.networks[True]
            lines.append(
                f"baseline of {', '.join(others) or 'no method'}: {RESIDUAL!r} (ResidualMLP, width {width}, "
                f"{depth} blocks); of the others: 'none' (MLP {self.networks[False]})"
            )
        else:
            lines.append(f"baseline: 'none'; network: MLP {self.networks[False]}")
        for one in self:
            lines += [
                f"{one.name}, seed {seed}: {message}"
                for seed, message, loss in zip(self.seeds, one.messages, one.test_loss, strict=True)
                if np.isnan(loss)
            ]
        return lines


def _told(value: Estimate, scale: float, digits: int, spread: bool, *, sign: str = "") -> str:
    if np.isnan(value.mean):
        return "nan"  # which has no sign
    mean = f"{scale * value.mean:{sign}.{digits}f}"
    return mean if not spread or np.isnan(value.half) else f"{mean} +- {scale * value.half:.{digits}f}"


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
