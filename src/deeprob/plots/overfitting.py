"""Overfitting in one dimension: scores, probabilities, growth and losses (lecture, L4-08)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arguments import as_count
from ..demos import Overfitting
from .style import COLORS, LINESTYLES, figure_of, several_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_SIZE = (11.0, 6.4)
_SHOWN = 4  # of the lambda: more curves than these are hard to tell apart
_LINEAR = 0.5  # of a decade, which the axis of lambda goes on beyond its smallest positive one to reach 0
_DARK = "#3b3b41"


class OverfittingDisplay:
    """What `deeprob.demos.overfitting` found, in six pictures.

    Use `from_result`.

    Parameters
    ----------
    result : Overfitting
        What the demo returned.

    Attributes
    ----------
    result : Overfitting
        As it was passed.
    axes_, figure_ : array of six matplotlib axes, matplotlib figure
        After `plot`: scores, probabilities, losses against lambda; abs(W), confidence and training loss over
        the steps.
    lines_ : dict of str to matplotlib line
        After `plot`: the curves of the losses, "training" and "test".

    Examples
    --------
    >>> from deeprob import demos
    >>> from deeprob.plots import OverfittingDisplay
    >>> result = demos.overfitting(reg=[0, 0.1], num_steps=100)
    >>> display = OverfittingDisplay.from_result(result).plot()
    >>> [ax.get_xlabel() for ax in display.axes_[:3]]
    ['x', 'x', 'λ']
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(self, result: Overfitting) -> None:
        if not isinstance(result, Overfitting):
            raise TypeError(
                f"result is of type {type(result).__name__}; expected what deeprob.demos.overfitting returned"
            )
        self.result = result

    @classmethod
    def from_result(cls, result: Overfitting) -> OverfittingDisplay:
        """Make the display of what `deeprob.demos.overfitting` returned."""
        return cls(result)

    def plot(
        self,
        ax: npt.NDArray[np.object_] | Sequence[Axes] | None = None,
        *,
        shown: Sequence[int] | None = None,
    ) -> OverfittingDisplay:
        """Draw.

        Parameters
        ----------
        ax : six matplotlib axes, optional
            Where; default a new figure.
        shown : sequence of int, optional
            Positions in ``result.reg`` of the lambda whose curves are drawn; default four of them at most,
            the first, the last and the best among them.

        Returns
        -------
        OverfittingDisplay
            Itself, with ``axes_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError, TypeError
            If there are not six axes, or ``shown`` has a position that is none.
        """
        positions = self._chosen() if shown is None else self._checked(shown)
        with style():
            axes = several_axes(ax, 2, 3, _SIZE)
            looks = {
                r: {"color": COLORS[k % len(COLORS)], "linestyle": LINESTYLES[k % len(LINESTYLES)]}
                for k, r in enumerate(positions)
            }
            self._draw_scores(axes[0], looks)
            self._draw_probabilities(axes[1], looks)
            self._draw_losses(axes[2], looks)
            self._draw_steps(axes[3:], looks)
            handles = axes[3].get_lines()
            if ax is None:
                figure_of(axes[0]).legend(
                    handles=handles, loc="outside upper center", ncols=len(handles), handlelength=3.6
                )
            else:
                axes[3].legend(handlelength=3.6)
        self.axes_, self.figure_ = axes, figure_of(axes[0])
        return self

    def _chosen(self) -> list[int]:
        """Return positions of at most four lambda: the first, the best, the last, and between them."""
        count = self.result.reg.size
        chosen = sorted({0, self.result.best, count - 1})
        while len(chosen) < min(_SHOWN, count):
            gap = max(range(len(chosen) - 1), key=lambda k: chosen[k + 1] - chosen[k])
            chosen = sorted({*chosen, (chosen[gap] + chosen[gap + 1]) // 2})
        return chosen

    def _checked(self, shown: Sequence[int]) -> list[int]:
        count = self.result.reg.size
        positions = [as_count(r, "shown") for r in shown]
        if not positions or max(positions) >= count:
            raise ValueError(f"shown is {list(shown)}; expected positions of the {count} lambda")
        return positions

    def _draw_scores(self, ax: Axes, looks: dict[int, dict[str, Any]]) -> None:
        """Draw both scores over x: the second class's thick, the first one's thin."""
        for r, look in looks.items():
            ax.plot(self.result.grid, self.result.scores[r, :, 1], **look)
            ax.plot(self.result.grid, self.result.scores[r, :, 0], **{**look, "linewidth": 0.9})
        ax.set(xlabel="x", ylabel="score", title="scores: class 1 (thick), class 0 (thin)")

    def _draw_probabilities(self, ax: Axes, looks: dict[int, dict[str, Any]]) -> None:
        """Draw the probability of class 1 over x, and the training points where they should be."""
        result = self.result
        ax.axvline(result.at, color=_DARK, linewidth=0.8, linestyle=(0, (1, 2)))
        for r, look in looks.items():
            ax.plot(result.grid, result.probabilities[r, :, 1], **look)
        for label, marker in enumerate(("o", "s")):
            x = result.x[result.y == label]
            ax.plot(
                x,
                np.full(x.size, float(label)),
                linestyle="none",
                marker=marker,
                markersize=6,
                color=_DARK,
                markerfacecolor="white" if label == 0 else _DARK,
                label=f"training, class {label}",
                zorder=4,
                clip_on=False,
            )
        title = f"probability (dotted: x = {result.at:g})"
        ax.set(xlabel="x", ylabel="P(class 1)", title=title, ylim=(-0.02, 1.02))
        ax.legend(loc="upper left", handletextpad=0.1, borderaxespad=0.8)

    def _draw_losses(self, ax: Axes, looks: dict[int, dict[str, Any]]) -> None:
        """Draw both losses against lambda, with 0 at the left end of the axis."""
        result, self.lines_ = self.result, {}
        for name, losses, linestyle, marker in (
            ("training", result.train_loss, "-", "o"),
            ("test", result.test_loss, "--", "s"),
        ):
            (self.lines_[name],) = ax.plot(
                result.reg, losses, color=_DARK, linestyle=linestyle, marker=marker, label=name, clip_on=False
            )
        for r, look in looks.items():
            ax.plot(result.reg[[r, r]], [result.train_loss[r], result.test_loss[r]],
                    linestyle="none", marker="o", markersize=8, markerfacecolor="none",
                    markeredgewidth=1.8, color=look["color"], zorder=5, clip_on=False)  # fmt: skip
        self._scale_lambda(ax)
        ax.set(xlabel="λ", ylabel="loss, without λ R(W)", title="training and test loss")
        ax.set_ylim(bottom=0.0)
        ax.legend(loc="best")

    def _scale_lambda(self, ax: Axes) -> None:
        positive = self.result.reg[self.result.reg > 0]
        if positive.size < 2:
            return
        if self.result.reg[0] > 0:
            ax.set_xscale("log")
            return
        low = float(positive[0])
        ax.set_xscale("symlog", linthresh=low, linscale=_LINEAR)
        ax.set_xticks([0.0, *_decades(low, float(positive[-1]))])
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()

    def _draw_steps(self, axes: Any, looks: dict[int, dict[str, Any]]) -> None:
        """Draw abs(W), confidence and training loss over the steps, from the first on."""
        result = self.result
        steps = np.arange(1, result.num_steps + 1)
        for ax, values, ylabel, title in (
            (axes[0], result.norm, "|W|", "size of the weights"),
            (axes[1], result.confidence, f"larger probability at x = {result.at:g}", "confidence"),
            (axes[2], result.data_loss, "loss, without λ R(W)", "training loss"),
        ):
            for r, look in looks.items():
                ax.plot(steps, values[r, 1:], label=f"λ = {result.reg[r]:g}", **look)
            ax.set(xscale="log", xlabel="step", ylabel=ylabel, title=title)
        axes[2].set_yscale("log")


def _decades(low: float, high: float) -> list[float]:
    """Return the powers of ten from low to high."""
    first, last = (int(round_(np.log10(v) + shift)) for round_, v, shift in
                   ((np.ceil, low, -1e-9), (np.floor, high, 1e-9)))  # fmt: skip
    return [10.0**k for k in range(first, last + 1)]
