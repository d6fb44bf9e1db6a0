"""A wiggly fit beside a straight one, and their errors (lecture, L4-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..demos import PreferSimpler
from .style import COLORS, LINESTYLES, figure_of, several_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_SIZE = (11.4, 4.0)
_DARK = "#3b3b41"
_HATCHES = ("", "////")
_TESTS_SHOWN = 200  # of the test points: more would hide the curves
_ROUND_OFF = 1e-20  # a mean squared error below it is that of residuals of 1e-10: 0


class PreferSimplerDisplay:
    """What `deeprob.demos.prefer_simpler` found: the fits, their errors, and these with many seeds.

    Use `from_result`.

    Parameters
    ----------
    result : PreferSimpler
        What the demo returned.

    Attributes
    ----------
    result : PreferSimpler
        As it was passed.
    axes_, figure_ : array of three matplotlib axes, matplotlib figure
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`: the fits, by name.

    Examples
    --------
    >>> from deeprob import demos
    >>> from deeprob.plots import PreferSimplerDisplay
    >>> display = PreferSimplerDisplay.from_result(demos.prefer_simpler(num_seeds=5)).plot()
    >>> sorted(display.lines_)
    ['degree 1', 'degree 9']
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(self, result: PreferSimpler) -> None:
        if not isinstance(result, PreferSimpler):
            raise TypeError(
                f"result is of type {type(result).__name__}; expected what deeprob.demos.prefer_simpler "
                "returned"
            )
        self.result = result

    @classmethod
    def from_result(cls, result: PreferSimpler) -> PreferSimplerDisplay:
        """Make the display of what `deeprob.demos.prefer_simpler` returned."""
        return cls(result)

    def plot(self, ax: npt.NDArray[np.object_] | Sequence[Axes] | None = None) -> PreferSimplerDisplay:
        """Draw.

        Parameters
        ----------
        ax : three matplotlib axes, optional
            Where; default a new figure.

        Returns
        -------
        PreferSimplerDisplay
            Itself, with ``axes_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are not three axes.
        """
        with style():
            axes = several_axes(ax, 1, 3, _SIZE)
            self._draw_fits(axes[0])
            self._draw_errors(axes[1])
            self._draw_seeds(axes[2])
            if ax is None:
                handles = axes[0].get_lines()
                figure_of(axes[0]).legend(
                    handles=handles, loc="outside upper center", ncols=len(handles), handlelength=3.0
                )
            else:
                axes[0].legend()
        self.axes_, self.figure_ = axes, figure_of(axes[0])
        return self

    def _draw_fits(self, ax: Axes) -> None:
        result, self.lines_ = self.result, {}
        tests = slice(0, _TESTS_SHOWN)
        ax.plot(result.x_test[tests], result.y_test[tests], linestyle="none", marker=".", markersize=4,
                color=COLORS[4], alpha=0.6, label="test points", zorder=1)  # fmt: skip
        for k, name in enumerate(result.names):
            (self.lines_[name],) = ax.plot(
                result.grid, result.curves[k], color=_color(k), linestyle=LINESTYLES[k], label=_greek(name)
            )
        ax.plot(result.x, result.y, linestyle="none", marker="o", markersize=6, color=_DARK,
                label="training points", zorder=4)  # fmt: skip
        ax.set(xlabel="x", ylabel="y", title="the fits")
        ax.set_ylim(*_limits(result))

    def _draw_errors(self, ax: Axes) -> None:
        """Draw training (plain) and test errors (hatched), on top of each what it is."""
        result, width = self.result, 0.38
        for which, errors in enumerate((result.train_error, result.test_error)):
            at = np.arange(len(result.names)) + (which - 0.5) * width
            bars = ax.bar(at, errors, width * 0.94, color=[_color(k) for k in range(len(result.names))],
                          hatch=_HATCHES[which], edgecolor="white", linewidth=0)  # fmt: skip
            texts = ["0" if error < _ROUND_OFF else f"{error:.3f}" for error in errors]
            ax.bar_label(bars, texts, fontsize=8, padding=1)
        ax.set_xticks(range(len(result.names)), [_broken(name) for name in result.names])
        ax.grid(axis="x", visible=False)
        ax.margins(y=0.1)
        ax.set(ylabel="mean squared error", title="training (plain), test (hatched)")

    def _draw_seeds(self, ax: Axes) -> None:
        """Draw the test errors of all seeds, sorted, so that curves show their distributions."""
        result = self.result
        share = np.arange(1, result.test_errors.shape[1] + 1) / result.test_errors.shape[1]
        for k in range(len(result.names)):
            ax.plot(np.sort(result.test_errors[k]), share, color=_color(k), linestyle=LINESTYLES[k],
                    marker="." if share.size < 30 else "")  # fmt: skip
        if result.noise > 0:  # the axis of logarithms has no 0
            ax.axvline(result.noise**2, color=_DARK, linewidth=0.8, linestyle=(0, (1, 2)))
        ax.set(
            xscale="log",
            ylim=(-0.05, 1.05),
            xlabel=f"test error{' (dotted: of y = x itself)' * (result.noise > 0)}",
            ylabel="share of seeds below",
            title=f"{_seeds(share.size)}: {result.names[0]} wins {result.simpler_wins}",
        )
        ax.xaxis.set_minor_formatter("")  # of few seeds, within a decade, whose labels would overlap


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count > 1)}"


def _color(k: int) -> str:
    return COLORS[(0, 2, 1)[k]]


def _broken(name: str) -> str:
    return _greek(name).replace(", ", "\n")


def _greek(name: str) -> str:
    return name.replace("lambda", "λ =")


def _limits(result: PreferSimpler) -> tuple[float, float]:
    """Return the ends of the vertical axis: all points, and of the curves what is not far beyond them."""
    low, high = float(result.y.min()), float(result.y.max())
    room = 0.6 * (high - low) or 1.0
    return (
        max(float(result.curves.min()), low - room) - 0.1 * room,
        min(float(result.curves.max()), high + room) + 0.1 * room,
    )
