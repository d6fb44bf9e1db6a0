"""Descents: the loss at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arguments import as_count, as_real, by_name
from .._minimize import OptimizeResult
from ..descent import GradientDescentResult
from .style import COLORS, LINESTYLES, MARKERS, figure_of, one_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

FloatArray = npt.NDArray[np.float64]
Losses = GradientDescentResult | OptimizeResult | Sequence[float] | FloatArray


class LossCurveDisplay:
    """The losses of one or several descents over their steps.

    Use `from_results`.

    Parameters
    ----------
    curves : dict of str to (num_steps,) array
        The losses of each descent, by its name.
    smoothing : dict of str to int, optional
        For the descents named: the number of losses averaged.
    per_step : dict of str to float, optional
        What one step counts on the horizontal axis; default 1.

    Attributes
    ----------
    curves, smooth : dict of str to (num_steps,) array
        The losses as they are, and for the descents smoothed their running means.
    x : dict of str to (num_steps,) array
        Where each loss stands on the horizontal axis.
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`: the main line of each descent.

    Examples
    --------
    >>> from deeprob.plots import LossCurveDisplay
    >>> display = LossCurveDisplay.from_results({"SGD": [4.0, 2.0, 3.0, 1.0]}, smoothing=3)
    >>> display.smooth["SGD"]
    array([4., 2., 2., 2.])
    >>> sorted(display.plot().lines_)
    ['SGD']
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        curves: Mapping[str, npt.ArrayLike],
        smoothing: Mapping[str, int] | None = None,
        per_step: Mapping[str, float] | None = None,
    ) -> None:
        self.curves = {name: _curve(name, losses) for name, losses in curves.items()}
        if not self.curves:
            raise ValueError("results is empty; expected at least one descent")
        windows, units = smoothing or {}, per_step or {}
        _known("smoothing", windows, self.curves)
        _known("per_step", units, self.curves)
        self.smooth = {
            name: centred_mean(self.curves[name], as_count(window, "smoothing", 1))
            for name, window in windows.items()
        }
        self.x = {
            name: np.arange(losses.size) * as_real(units.get(name, 1.0), "per_step")
            for name, losses in self.curves.items()
        }

    @classmethod
    def from_results(
        cls,
        results: Mapping[str, Losses] | Losses,
        *,
        smoothing: int | Mapping[str, int] | None = None,
        per_step: Mapping[str, float] | None = None,
    ) -> LossCurveDisplay:
        """Make the display of descents.

        Parameters
        ----------
        results : dict of str to GradientDescentResult, OptimizeResult or losses
            By name, as the legend will show it; ``losses`` as `deeprob.LinearClassifier.train` returns them;
            of `deeprob.minimize` with ``record=True``. A single one may come without a dict.
        smoothing : int or dict of str to int, optional
            Draw the mean of so many losses around each (an even number counts as the next odd one), and the
            losses themselves faintly: for the noisy ones of minibatches. An int stands for all.
        per_step : dict of str to float, optional
            What one step counts on the horizontal axis: with the batch sizes it shows examples seen.

        Returns
        -------
        LossCurveDisplay

        Raises
        ------
        ValueError, TypeError
            If there is no descent, losses are not one-dimensional, or an option names an unknown descent.
        """
        named: Mapping[str, Losses] = by_name(results, "loss")
        curves = {
            name: result.losses if isinstance(result, GradientDescentResult) else _recorded(name, result)
            for name, result in named.items()
        }
        windows = smoothing if isinstance(smoothing, Mapping) or smoothing is None else None
        if smoothing is not None and not isinstance(smoothing, Mapping):
            windows = dict.fromkeys(curves, smoothing)
        return cls(curves, windows, per_step)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        xlabel: str = "step",
        line_kw: Mapping[str, dict[str, Any]] | None = None,
    ) -> LossCurveDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        xlabel : str
            What the horizontal axis counts.
        line_kw : dict of str to dict, optional
            For ``Axes.plot`` of the descents named: another colour, line style, ...

        Returns
        -------
        LossCurveDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        with style():
            ax = one_axes(ax)
            self.lines_ = {
                name: self._draw(ax, k, name, (line_kw or {}).get(name, {}))
                for k, name in enumerate(self.curves)
            }
            ax.set(xlabel=xlabel, ylabel="loss")
            if len(self.curves) > 1:
                ax.legend()
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _draw(self, ax: Axes, k: int, name: str, extra: dict[str, Any]) -> Line2D:
        """Draw one descent: faintly as it is, if it is smoothed, and its main line."""
        losses = self.curves[name]
        options: dict[str, Any] = {
            "color": COLORS[k % len(COLORS)],
            "linestyle": LINESTYLES[k % len(LINESTYLES)],
            "marker": MARKERS[k % len(MARKERS)],
            # evenly along the curve as drawn; those of different curves should not cover each other
            "markevery": (0.03 * (k + 1), 0.16),
            "label": name,
            **extra,
        }
        if name in self.smooth:
            ax.plot(self.x[name], losses, color=options["color"], linestyle="-", linewidth=0.6, alpha=0.3)
            losses = self.smooth[name]
        (line,) = ax.plot(self.x[name], losses, **options)
        return line


def centred_mean(losses: FloatArray, window: int) -> FloatArray:
    """Return for each loss the mean of ``window`` ones around it.

    At the start, where losses fall fast, fewer: step t is averaged from t/2 on at the earliest. At the end,
    those there are.
    """
    reach = [min(window // 2, t // 2) for t in range(losses.size)]
    means = [losses[t - k : t + k + 1].mean() for t, k in enumerate(reach)]
    return np.array(means, dtype=np.float64)


def _recorded(name: str, result: Any) -> npt.ArrayLike:
    """Return the values that `minimize` recorded, start and end included, or the losses given."""
    if not hasattr(result, "trajectory"):
        losses: npt.ArrayLike = result
        return losses
    values: npt.ArrayLike | None = getattr(result.trajectory, "fun", None)
    if values is None:
        raise ValueError(f"results[{name!r}] has kept no losses; expected that of minimize(..., record=True)")
    return values


def _curve(name: str, losses: npt.ArrayLike) -> FloatArray:
    curve = np.array(losses, dtype=np.float64)
    if curve.ndim != 1:
        raise ValueError(f"results[{name!r}] has shape {curve.shape}; expected (num_steps,)")
    return curve


def _known(option: str, names: Mapping[str, object], curves: Mapping[str, object]) -> None:
    for name in names:
        if name not in curves:
            raise ValueError(f"{option} names {name!r}; expected among {', '.join(map(repr, curves))}")
