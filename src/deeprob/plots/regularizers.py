"""Comparisons of regularizers: gaps, accuracy and calibration of each, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._regularizer_comparison import RegularizerComparison
from .._regularizer_comparison.intervals import estimate
from .style import COLORS, figure_of, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]

_PANELS = (
    ("loss_gap", "loss gap (test - training)", 1.0),
    ("test_accuracy", "test accuracy in %", 100.0),
    ("ece", "calibration error (ECE) in %", 100.0),
)
_WIDTH, _ROW, _MARGIN = 9.6, 0.3, 1.25  # inches
# How far apart seeds of one method lie around its line, so that equal ones can be counted.
_SPREAD = 0.34
_MEAN, _SEEDS, _BASE = "#1c1c21", COLORS[0], COLORS[4]


class RegularizerDisplay:
    """What each regularizer does: a point for each seed, the mean with its interval, the baseline's mean.

    Filled means differ from their baseline's beyond the interval of the paired differences, hollow ones do
    not. Use `from_result`.

    Parameters
    ----------
    values : dict of str to dict of str to (seeds,) array
        By metric, "loss_gap", "test_accuracy" and "ece", and method: the values of each seed.
    baselines : dict of str to str
        The name of each method's baseline, its own for a baseline.

    Attributes
    ----------
    values, baselines
        As they were passed.
    axes_, figure_ : array of matplotlib axes, matplotlib figure
        After `plot`.

    Examples
    --------
    >>> from deeprob.plots import RegularizerDisplay
    >>> values = {"none": [0.9, 1.1], "l2": [0.5, 0.6]}
    >>> metrics = ("loss_gap", "test_accuracy", "ece")
    >>> display = RegularizerDisplay(dict.fromkeys(metrics, values), {"none": "none", "l2": "none"}).plot()
    >>> [ax.get_xlabel() for ax in display.axes_][0]
    'loss gap (test - training)'
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure

    def __init__(
        self, values: Mapping[str, Mapping[str, npt.ArrayLike]], baselines: Mapping[str, str]
    ) -> None:
        if not baselines:
            raise ValueError("baselines is empty; expected at least one method")
        for name, base in baselines.items():
            if base not in baselines:
                raise ValueError(f"baselines[{name!r}] is {base!r}; expected one of the methods")
        self.baselines = dict(baselines)
        self.values: dict[str, dict[str, FloatArray]] = {}
        for metric, _, _ in _PANELS:
            if metric not in values or values[metric].keys() != baselines.keys():
                raise ValueError(f"values lacks {metric!r} of some method; expected an array for each")
            arrays = {name: np.array(values[metric][name], dtype=np.float64) for name in baselines}
            shapes = {array.shape for array in arrays.values()}
            if len(shapes) > 1 or len(next(iter(shapes))) != 1 or next(iter(shapes)) == (0,):
                raise ValueError(
                    f"values[{metric!r}] has shapes {sorted(shapes)}; expected a value for each seed"
                )
            self.values[metric] = arrays

    @classmethod
    def from_result(cls, result: RegularizerComparison) -> RegularizerDisplay:
        """Make the display of what `deeprob.compare_regularizers` returned."""
        if not isinstance(result, RegularizerComparison):
            raise TypeError(
                f"result is of type {type(result).__name__}; expected what deeprob.compare_regularizers "
                "returned"
            )
        values = {metric: {one.name: one.values(metric) for one in result} for metric, _, _ in _PANELS}
        return cls(values, {one.name: one.baseline for one in result})

    def plot(self, axes: Sequence[Axes] | npt.NDArray[np.object_] | None = None) -> RegularizerDisplay:
        """Draw.

        Parameters
        ----------
        axes : three matplotlib axes, optional
            Where; default those of a new figure.

        Returns
        -------
        RegularizerDisplay
            Itself, with ``axes_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If ``axes`` are not three.
        """
        with style():
            if axes is None:
                axes = self._new_axes()
            self.axes_ = np.array(axes, dtype=object).ravel()
            if len(self.axes_) != len(_PANELS):
                raise ValueError(f"axes has {len(self.axes_)} of them; expected {len(_PANELS)}")
            for k, (ax, (metric, label, scale)) in enumerate(zip(self.axes_, _PANELS, strict=True)):
                self._draw(ax, metric, scale)
                ax.set(xlabel=label, ylim=(len(self.baselines) - 0.4, -0.6))
                ax.set_yticks(range(len(self.baselines)), list(self.baselines) if k == 0 else [])
                ax.grid(visible=False, axis="y")
            self.figure_ = figure_of(self.axes_[0])
            self._legend()
        return self

    def _new_axes(self) -> Any:
        import matplotlib.pyplot as plt

        return plt.subplots(1, len(_PANELS), figsize=(_WIDTH, _MARGIN + _ROW * len(self.baselines)))[1]

    def _draw(self, ax: Axes, metric: str, scale: float) -> None:
        arrays = self.values[metric]
        for base in dict.fromkeys(self.baselines.values()):
            rows = [k for k, name in enumerate(self.baselines) if self.baselines[name] == base]
            mean = scale * float(arrays[base].mean())
            for k in rows:
                ax.plot([mean, mean], [k - 0.5, k + 0.5], color=_BASE, linewidth=1.4, linestyle=(0, (3, 2)))
        for k, (name, values) in enumerate(arrays.items()):
            shift = np.linspace(-_SPREAD, _SPREAD, len(values)) if len(values) > 1 else np.zeros(1)
            ax.plot(scale * values, k + shift, ".", color=_SEEDS, markersize=5, alpha=0.75)
            base = self.baselines[name]
            known = name == base or estimate(values - arrays[base]).excludes_zero
            found = estimate(values)
            ax.errorbar(
                scale * found.mean,
                k,
                xerr=None if np.isnan(found.half) else scale * found.half,
                fmt="D",
                color=_MEAN,
                markersize=6,
                markerfacecolor=_MEAN if known else "white",
                linewidth=1.8,
            )

    def _legend(self) -> None:
        from matplotlib.lines import Line2D

        point: dict[str, Any] = {"linestyle": "none", "color": _MEAN, "markersize": 6}
        handles = [
            Line2D([], [], marker=".", linestyle="none", color=_SEEDS, label="a seed"),
            Line2D([], [], marker="D", **point, label="mean, 95 % interval"),
            Line2D(
                [], [], marker="D", **point, markerfacecolor="white", label="no clear difference to baseline"
            ),
            Line2D([], [], color=_BASE, linewidth=1.4, linestyle=(0, (3, 2)), label="baseline's mean"),
        ]
        if self.figure_.get_layout_engine() is None:  # axes that were given; "outside" needs a layout
            self.figure_.legend(handles=handles, loc="lower center", ncols=len(handles))
        else:
            self.figure_.legend(handles=handles, loc="outside lower center", ncols=len(handles))
