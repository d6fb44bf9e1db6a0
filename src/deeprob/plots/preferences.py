"""Which of two weights is preferred, and what becomes of many (lecture, L4-14)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._arguments import as_count
from ..demos import Preferences
from .style import COLORS, LINESTYLES, MARKERS, figure_of, several_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_SIZE = (10.6, 6.4)
_ASKED = ("data loss", "L2", "L1", "elastic net")
_HATCHES = ("", "////")
_MARK_SIZES = (5, 9, 4)  # those of different methods, which may agree, lie around each other


class PreferencesDisplay:
    """What `deeprob.demos.preferences` found: the two weights' values; the weights, zeros and sizes of many.

    Use `from_result`.

    Parameters
    ----------
    result : Preferences
        What the demo returned.

    Attributes
    ----------
    result : Preferences
        As it was passed.
    axes_, figure_ : array of four matplotlib axes, matplotlib figure
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`: the numbers of zeros against lambda, by method.

    Examples
    --------
    >>> from deeprob import demos
    >>> from deeprob.plots import PreferencesDisplay
    >>> display = PreferencesDisplay.from_result(demos.preferences(regs=[0.01, 0.1])).plot()
    >>> display.axes_[0].get_title()
    'w1 (plain) and w2 (hatched): lower is preferred'
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(self, result: Preferences) -> None:
        if not isinstance(result, Preferences):
            raise TypeError(
                f"result is of type {type(result).__name__}; expected what deeprob.demos.preferences returned"
            )
        self.result = result

    @classmethod
    def from_result(cls, result: Preferences) -> PreferencesDisplay:
        """Make the display of what `deeprob.demos.preferences` returned."""
        return cls(result)

    def plot(
        self, ax: npt.NDArray[np.object_] | Sequence[Axes] | None = None, *, at: int | None = None
    ) -> PreferencesDisplay:
        """Draw.

        Parameters
        ----------
        ax : four matplotlib axes, optional
            Where; default a new figure.
        at : int, optional
            The position in ``result.sparsity.reg`` of the lambda whose weights are drawn; default the first
            with which at least half of them are 0 by the proximal step, or else the last.

        Returns
        -------
        PreferencesDisplay
            Itself, with ``axes_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError, TypeError
            If there are not four axes, or ``at`` is no such position.
        """
        position = self._sparse() if at is None else self._checked(at)
        with style():
            axes = several_axes(ax, 2, 2, _SIZE)
            self._draw_pair(axes[0])
            self._draw_weights(axes[1], position)
            self._draw_zeros(axes[2])
            self._draw_norms(axes[3])
        self.axes_, self.figure_ = axes, figure_of(axes[0])
        return self

    def _sparse(self) -> int:
        many = self.result.sparsity
        enough = np.flatnonzero(2 * many.zeros[0] >= many.W[0, 0].size)
        return int(enough[0]) if enough.size else many.reg.size - 1

    def _checked(self, at: int) -> int:
        position, count = as_count(at, "at"), self.result.sparsity.reg.size
        if position >= count:
            raise ValueError(f"at is {at}; expected a position of the {count} lambda")
        return position

    def _draw_pair(self, ax: Axes) -> None:
        """Draw both weights' values side by side, and above them which is preferred."""
        result, width = self.result, 0.38
        for which in range(2):
            at = np.arange(len(_ASKED)) + (which - 0.5) * width
            values = [result.values[name][which] for name in _ASKED]
            bars = ax.bar(at, values, width * 0.94, color=COLORS[which], hatch=_HATCHES[which],
                          edgecolor="white", linewidth=0)  # fmt: skip
            ax.bar_label(bars, [f"{value:.3g}" for value in values], fontsize=8, padding=1)
        words = {"tie": "a tie"}
        ax.set_xticks(
            range(len(_ASKED)),
            [f"{name}:\n{words.get(result.preferred[name], result.preferred[name])}" for name in _ASKED],
        )
        ax.grid(axis="x", visible=False)
        ax.margins(y=0.1)
        ax.set(ylabel="value", title="w1 (plain) and w2 (hatched): lower is preferred")

    def _draw_weights(self, ax: Axes, position: int) -> None:
        """Draw the second class's weights, feature by feature; those that are exactly 0 hollow."""
        from matplotlib.ticker import MaxNLocator

        many = self.result.sparsity
        features = np.arange(1, many.X.shape[1] + 1)
        if many.relevant is not None:
            for feature in features[many.relevant]:
                ax.axvspan(feature - 0.5, feature + 0.5, color="#efeff2", linewidth=0, zorder=0)
        ax.axhline(0.0, color="#55555c", linewidth=0.8)
        for k, method in enumerate(many.methods):
            w, at = many.W[k, position, 1], features + 0.22 * (k - 1)
            ax.vlines(at, 0.0, w, color=COLORS[k], linewidth=1.2)
            for zero in (False, True):
                ax.plot(at[(w == 0) == zero], w[(w == 0) == zero], linestyle="none", marker=MARKERS[k],
                        markersize=4, color=COLORS[k], markerfacecolor="white" if zero else COLORS[k],
                        label=None if zero else method)  # fmt: skip
        shaded = ", shaded: features that matter" if many.relevant is not None else ""
        ax.set(xlabel=f"feature (hollow: exactly 0{shaded})", ylabel="weight of class 1",
               title=f"the weights at λ = {many.reg[position]:g}")  # fmt: skip
        ax.grid(axis="x", visible=False)
        ax.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        ax.legend(loc="best", handletextpad=0.2)

    def _draw_zeros(self, ax: Axes) -> None:
        many = self.result.sparsity
        self.lines_ = {
            method: self._curve(ax, k, method, many.zeros[k]) for k, method in enumerate(many.methods)
        }
        ax.set(ylabel=f"weights that are exactly 0, of {many.W[0, 0].size}", title="sparsity")
        ax.legend(loc="upper left", handlelength=3.6)

    def _draw_norms(self, ax: Axes) -> None:
        many = self.result.sparsity
        for k, method in enumerate(many.methods):
            self._curve(ax, k, method, many.norm[k])
        ax.set(ylabel="|W|", title="shrinkage", ylim=(0.0, None))

    def _curve(self, ax: Axes, k: int, method: str, values: npt.NDArray[np.generic]) -> Line2D:
        """Draw a method's values against lambda; logarithmic unless there is a 0."""
        reg = self.result.sparsity.reg
        (line,) = ax.plot(
            reg, values, color=COLORS[k], linestyle=LINESTYLES[k], marker=MARKERS[k], label=method,
            markersize=_MARK_SIZES[k], markerfacecolor="none" if k == 1 else COLORS[k],
        )  # fmt: skip
        ax.set(xscale="log" if reg[0] > 0 else "linear", xlabel="λ")
        return line
