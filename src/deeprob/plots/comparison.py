"""Comparisons of optimizers: the loss of each at its best learning rate, and how much that matters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._comparison import ComparisonResult
from .optimizers import optimizer_styles
from .style import figure_of, legend_beside, one_axes, plain_log_ticks, style, with_lr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FloatArray = npt.NDArray[np.float64]

_SIZE = (6.6, 3.7)  # wider than others: the legend stands beside the axes
# A logarithmic axis is worth it from this ratio of losses on, and ends this far below the start: what
# is further down is rounding.
_RATIO, _DEPTH = 10.0, 1e-16
# How far above the start's loss the axis goes on: further up nobody wants to go.
_HEADROOM = 3.0
# Below that many times the lowest, numbers such as 0.2 and 0.5 say more than powers of ten.
_PLAIN = 1e3
# How far below the start's loss, in its size, the axis goes on where there is no minimum: beyond the target
# of `compare`, which is twice as far down as 0.
_DROP = 3.0


def check_comparison(result: object) -> None:
    """Raise unless this is a result of `compare`."""
    if not isinstance(result, ComparisonResult):
        raise TypeError(
            f"result is of type {type(result).__name__}; expected what deeprob.compare returned. One run is "
            "drawn by LandscapeDisplay.from_landscape(landscape, trajectories=...) and LossCurveDisplay"
        )


class _Losses:
    """What both displays have: losses by label, counted from the known minimum, and their axis."""

    def __init__(self, names: Mapping[str, str], start_loss: float, minimum: float) -> None:
        if not names:
            raise ValueError("result has no optimizers; expected at least one")
        self.names = dict(names)
        self.start_loss, self.minimum = float(start_loss), float(minimum)

    @property
    def _base(self) -> float:
        return self.minimum if np.isfinite(self.minimum) else 0.0

    @property
    def _ylabel(self) -> str:
        return "loss" if self._base == 0 else "loss above the minimum"

    def _above(self, losses: FloatArray) -> FloatArray:
        """Return losses counted from the minimum, those of divergences NaN."""
        return np.where(np.isfinite(losses), losses - self._base, np.nan)

    def _is_log(self, curves: list[FloatArray], log: bool | None) -> bool:
        """Whether the axis is logarithmic: as asked for, or if that shows more."""
        if log is not None:
            return log
        values = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
        if self.start_loss - self._base <= 0 or np.any(values < 0):
            return False
        return bool(values.size and values.min() * _RATIO <= self.start_loss - self._base)

    def _scale(self, ax: Axes, curves: list[FloatArray], log: bool) -> None:
        """Set the axis of the losses: from the lowest to a little above the start."""
        begin = self.start_loss - self._base
        values = np.concatenate([curve[np.isfinite(curve)] for curve in curves])
        low = float(values.min(initial=begin))
        if self.minimum == -np.inf:
            low = max(low, begin - _DROP * (abs(begin) or 1.0))
        if log and begin > 0:
            ax.set_yscale("log")
            low = max(low, _DEPTH * begin)
            top = min(float(values.max(initial=begin)), _HEADROOM * begin)
            room = (top / low) ** 0.05
            ax.set_ylim(low / room, top * room)
            if top < _PLAIN * low:
                plain_log_ticks(ax)
        else:
            top = min(float(values.max(initial=begin)), begin + 0.5 * abs(begin - low))
            room = 0.05 * (top - low) or 1.0
            ax.set_ylim(low - room, top + room)


class ComparisonDisplay(_Losses):
    """The loss of every optimizer over the steps, at its best learning rate.

    Use `from_result`.

    Parameters
    ----------
    curves : dict of str to (k,) array
        The losses by label.
    steps : dict of str to (k,) array
        The steps that they belong to.
    lrs : dict of str to float
        The learning rates.
    names : dict of str to str
        The optimizers' names, which give the curves their looks.
    start_loss, minimum : float
        The loss at the start; the known minimum, NaN if it is not known, -inf if there is none.
    seconds : dict of str to float, optional
        What all steps together took.
    spreads : dict of str to (k,) array, optional
        The standard deviations of losses that are means, drawn as bands.

    Attributes
    ----------
    curves, steps, lrs, names, start_loss, minimum, seconds, spreads
        As they were passed.
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> from deeprob.plots import ComparisonDisplay
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> result = deeprob.compare(bowl, ["sgd", "momentum"], x0=[1.0, 1.0])
    >>> display = ComparisonDisplay.from_result(result).plot()
    >>> display.ax_.get_yscale()
    'log'
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        curves: Mapping[str, npt.ArrayLike],
        steps: Mapping[str, npt.ArrayLike],
        lrs: Mapping[str, float],
        names: Mapping[str, str],
        start_loss: float,
        minimum: float = float("nan"),
        seconds: Mapping[str, float] | None = None,
        spreads: Mapping[str, npt.ArrayLike] | None = None,
    ) -> None:
        super().__init__(names, start_loss, minimum)
        self.curves = {label: np.array(curves[label], dtype=np.float64) for label in names}
        self.steps = {label: np.array(steps[label], dtype=np.float64) for label in names}
        self.lrs = {label: float(lrs[label]) for label in names}
        self.seconds = dict(seconds or {})
        self.spreads = {label: np.array(a, dtype=np.float64) for label, a in (spreads or {}).items()}
        for label, curve in self.curves.items():
            if curve.ndim != 1 or curve.shape != self.steps[label].shape:
                raise ValueError(
                    f"curves[{label!r}] has shape {curve.shape}; expected that of its steps, "
                    f"{self.steps[label].shape}"
                )

    @classmethod
    def from_result(cls, result: ComparisonResult) -> ComparisonDisplay:
        """Make the display of what `deeprob.compare` returned."""
        check_comparison(result)
        best = {race.label: race.best for race in result}
        return cls(
            {label: trial.losses for label, trial in best.items()},
            {label: trial.steps for label, trial in best.items()},
            {label: trial.lr for label, trial in best.items()},
            {race.label: race.name for race in result},
            result.start_loss,
            -np.inf if result.unbounded else result.minimum,
            {label: trial.seconds for label, trial in best.items()},
            {label: trial.spread for label, trial in best.items() if trial.spread is not None},
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        x: str = "steps",
        log: bool | None = None,
        line_kw: Mapping[str, dict[str, Any]] | None = None,
    ) -> ComparisonDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        x : {"steps", "seconds"}
            What the horizontal axis counts. Seconds are the whole run's, shared out evenly among its steps.
        log : bool, optional
            Whether the axis of the losses is logarithmic; default if the losses fall by a factor of 10 or
            more towards a minimum that is known, or 0.
        line_kw : dict of str to dict, optional
            For ``Axes.plot`` of the optimizers named.

        Returns
        -------
        ComparisonDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``x`` is neither, or there are no seconds.
        """
        if x not in ("steps", "seconds") or (x == "seconds" and not self.seconds):
            raise ValueError(f"x is {x!r}; expected 'steps'{', or seconds' if self.seconds else ''}")
        looks = optimizer_styles(self.names)
        above = {label: self._above(curve) for label, curve in self.curves.items()}
        with style():
            ax = one_axes(ax, _SIZE)
            self.lines_ = {}
            for k, label in enumerate(above):
                at = self.steps[label]
                unit = self.seconds[label] / max(at[-1], 1.0) if x == "seconds" else 1.0
                options: dict[str, Any] = {
                    **looks[label],
                    # evenly along the curve as drawn; those of different curves should not cover each other
                    "markevery": (0.02 * (k % 8 + 1), 0.17),
                    "label": with_lr(label, self.lrs[label]),
                    **(line_kw or {}).get(label, {}),
                }
                (self.lines_[label],) = ax.plot(at * unit, above[label], **options)
                if label in self.spreads:
                    low, high = (above[label] + sign * self.spreads[label] for sign in (-1, 1))
                    ax.fill_between(at * unit, low, high, color=options["color"], alpha=0.18, linewidth=0)
            self._scale(ax, list(above.values()), self._is_log(list(above.values()), log))
            ax.set(xlabel="step" if x == "steps" else "seconds", ylabel=self._ylabel)
            legend_beside(ax)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self


class SensitivityDisplay(_Losses):
    """The final loss of every optimizer over its learning rate, the best ones marked.

    A wide valley is an optimizer that forgives a wrong learning rate. Use `from_result`.

    Parameters
    ----------
    lrs, final_losses : dict of str to (k,) array
        By label: the learning rates tried, ascending, and the losses that they ended with; infinite where a
        run diverged.
    names : dict of str to str
        The optimizers' names, which give the curves their looks.
    start_loss, minimum : float
        The loss at the start; the known minimum, NaN if it is not known, -inf if there is none.

    Attributes
    ----------
    lrs, final_losses, names, start_loss, minimum
        As they were passed.
    best : dict of str to float
        The learning rate with the lowest final loss.
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_, marks_ : dict of str to matplotlib line
        After `plot`: the curves, and the rings around their best.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> from deeprob.plots import SensitivityDisplay
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> display = SensitivityDisplay.from_result(deeprob.compare(bowl, ["sgd", "adam"], x0=[1.0, 1.0]))
    >>> display.best["sgd"]
    0.0316
    >>> display.plot().ax_.get_xlabel()
    'learning rate'
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]
    marks_: dict[str, Line2D]

    def __init__(
        self,
        lrs: Mapping[str, npt.ArrayLike],
        final_losses: Mapping[str, npt.ArrayLike],
        names: Mapping[str, str],
        start_loss: float,
        minimum: float = float("nan"),
        best: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(names, start_loss, minimum)
        self.lrs = {label: np.array(lrs[label], dtype=np.float64) for label in names}
        self.final_losses = {label: np.array(final_losses[label], dtype=np.float64) for label in names}
        for label, losses in self.final_losses.items():
            if losses.ndim != 1 or losses.shape != self.lrs[label].shape or not losses.size:
                raise ValueError(
                    f"final_losses[{label!r}] has shape {losses.shape}; expected that of its lrs, "
                    f"{self.lrs[label].shape}"
                )
        self.best = {
            label: float(best[label]) if best else float(self.lrs[label][np.argmin(self.final_losses[label])])
            for label in names
        }

    @classmethod
    def from_result(cls, result: ComparisonResult) -> SensitivityDisplay:
        """Make the display of what `deeprob.compare` returned; of those that have a learning rate."""
        check_comparison(result)
        races = [race for race in result if np.isfinite(race.best.lr)]
        return cls(
            {race.label: race.lrs for race in races},
            {race.label: race.final_losses for race in races},
            {race.label: race.name for race in races},
            result.start_loss,
            -np.inf if result.unbounded else result.minimum,
            {race.label: race.best.lr for race in races},
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        log: bool | None = None,
        line_kw: Mapping[str, dict[str, Any]] | None = None,
    ) -> SensitivityDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        log : bool, optional
            Whether the axis of the losses is logarithmic; default as for `ComparisonDisplay`.
        line_kw : dict of str to dict, optional
            For ``Axes.plot`` of the optimizers named.

        Returns
        -------
        SensitivityDisplay
            Itself, with ``ax_``, ``figure_``, ``lines_`` and ``marks_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        looks = optimizer_styles(self.names)
        above = {label: self._above(losses) for label, losses in self.final_losses.items()}
        with style():
            ax = one_axes(ax, _SIZE)
            self.lines_, self.marks_ = {}, {}
            logarithmic = self._is_log(list(above.values()), log)
            self._scale(ax, list(above.values()), logarithmic)
            low, high = ax.get_ylim()
            begin = self.start_loss - self._base
            ax.axhline(begin, color="#9c9ca1", linewidth=0.9, linestyle=(0, (2, 2)), label="at the start")
            for label, losses in above.items():
                options = {**looks[label], "label": label, **(line_kw or {}).get(label, {})}
                # a divergence leads the curve out at the top; what is below the axis, to its end
                shown = np.where(np.isnan(losses), high * 10 if logarithmic else high + (high - low), losses)
                shown = np.maximum(shown, low)
                (self.lines_[label],) = ax.plot(self.lrs[label], shown, **options)
                at = int(np.argmin(np.abs(self.lrs[label] - self.best[label])))
                (self.marks_[label],) = ax.plot(
                    self.lrs[label][at],
                    shown[at],
                    marker="o",
                    markersize=12,
                    markerfacecolor="none",
                    markeredgecolor=options["color"],
                    markeredgewidth=1.6,
                    linestyle="none",
                    clip_on=False,
                    zorder=5,
                )
            ax.set_xscale("log")
            ax.set(xlabel="learning rate", ylabel=f"final {self._ylabel}")
            legend_beside(ax)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
