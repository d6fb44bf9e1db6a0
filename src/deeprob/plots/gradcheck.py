"""Gradient checks: analytic against numeric derivatives, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._gradcheck.comparison import KINDS, Comparison, Mask
from .._gradcheck.result import GradCheckResult
from .style import COLORS, figure_of, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# The name of some points, which entries they are, and their look.
Group = tuple[str, Mask, dict[str, Any]]

# Each kind has a marker of its own, which tells it without the colour too. Agreement is grey: it is many
# points, and not what is looked for.
_LOOKS = {
    "agrees": (COLORS[4], "."),
    "factor": (COLORS[2], "s"),
    "transposed": (COLORS[5], "D"),
    "penalty": (COLORS[1], "^"),
    "class": (COLORS[3], "v"),
    "example": ("#a96b59", "P"),
    "float32": ("#717581", "h"),
    "kink": (COLORS[0], "o"),
    "nondeterministic": (COLORS[1], "*"),
    "not finite": (COLORS[2], "X"),
    "shape": (COLORS[5], "p"),
    "input changed": (COLORS[3], "<"),
    "grad_output": ("#a96b59", ">"),
    "asymmetric": (COLORS[0], "d"),
    "other": (COLORS[2], "+"),
}
# Beyond that many points a vector image would be slow to open: the points become pixels, and smaller.
_MANY = 3000
# So many of the values that can be seen lie where the axes are linear; the others share at most six decades
# on each side of 0. The fewer decades, the better a factor of 2 can be seen.
_LINEAR, _DECADES = 0.1, 1e-6
# Where the axis of differences over tolerances ends at the latest; an exact agreement lies at its lower end.
_LOW = 1e-12
# Numbers beyond 1e100 and 1e-100 lie at the ends, before matplotlib's own arithmetic overflows.
_HUGE = 1e100
_SIZE = (9.6, 3.9)


def check_gradcheck(result: object) -> None:
    """Raise unless this is the result of a gradient check."""
    if not isinstance(result, GradCheckResult):
        kind = type(result).__name__
        raise TypeError(f"result is of type {kind}; expected what a gradient check returned")


class GradCheckDisplay:
    """The numbers of a gradient check: analytic against numeric, and the difference over the tolerance.

    What agrees lies on the diagonal; a constant factor shifts all points, a missing term scatters them. Use
    `from_result`.

    Parameters
    ----------
    analytic, numeric, tolerance : arrays
        The derivatives, and the largest difference that agrees; of one shape.
    verdicts : array of str
        Of that shape: the kind of every entry ("agrees", "factor", "kink", ...).
    excused : array of bool, optional
        Of that shape: the entries beyond the tolerance that do not count as wrong; drawn hollow.
    title : str, optional
        What stands above: the cause in words.

    Attributes
    ----------
    analytic, numeric, tolerance, verdicts, excused : (n,) arrays
        Flat.
    excess : (n,) array
        |analytic - numeric| over the tolerance: above 1 disagrees; NaN where it is no number.
    title : str
        As it was passed.
    axes_, figure_ : array of matplotlib axes, matplotlib figure
        After `plot`.
    points_ : dict of str to matplotlib line
        After `plot`: the points of each kind, in the first axes; "kink (ok)" are those that are excused.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob.plots import GradCheckDisplay
    >>> numeric = np.array([1.0, -2.0, 3.0])
    >>> display = GradCheckDisplay(2 * numeric, numeric, 1e-3 * np.abs(numeric), ["factor"] * 3)
    >>> display.excess.round()
    array([1000., 1000., 1000.])
    >>> sorted(display.plot().points_)
    ['factor']
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure
    points_: dict[str, Line2D]

    def __init__(
        self,
        analytic: npt.ArrayLike,
        numeric: npt.ArrayLike,
        tolerance: npt.ArrayLike,
        verdicts: npt.ArrayLike,
        excused: npt.ArrayLike | None = None,
        *,
        title: str = "",
    ) -> None:
        self.analytic = np.array(analytic, dtype=np.float64).ravel()
        self.numeric = np.array(numeric, dtype=np.float64).ravel()
        self.tolerance = np.array(tolerance, dtype=np.float64).ravel()
        self.verdicts = np.array(verdicts).astype("U").ravel()
        none = np.zeros(self.analytic.shape, dtype=bool)
        self.excused = none if excused is None else np.array(excused, dtype=bool).ravel()
        self.title = title
        for name in ("numeric", "tolerance", "verdicts", "excused"):
            size = getattr(self, name).size
            if size != self.analytic.size:
                raise ValueError(f"{name} has {size} entries; expected {self.analytic.size}, as analytic")
        for kind in set(self.verdicts.tolist()) - set(KINDS):
            raise ValueError(f"verdicts has {kind!r}; expected among {', '.join(map(repr, KINDS))}")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            difference = np.abs(self.analytic - self.numeric)
            self.excess = np.where(difference == 0.0, 0.0, difference / self.tolerance)

    @classmethod
    def from_result(cls, result: Any, term: str | None = None) -> GradCheckDisplay:
        """Make the display of what a gradient check returned.

        Parameters
        ----------
        result : GradCheckResult
            What `deeprob.gradcheck` and the like return, or the exception's ``result``.
        term : str, optional
            Which term of the function, where they were checked apart: "data loss", "regularization", "" for
            the whole. Default: the first that is wrong for a known cause, or the first wrong one, or the
            whole.

        Returns
        -------
        GradCheckDisplay
            Of all outputs and inputs, one after the other; without gradients of a wrong shape.

        Raises
        ------
        ValueError, TypeError
            If it is no result, has nothing to draw, or has not this term.
        """
        check_gradcheck(result)
        blocks = [block for block in result.comparisons if block.comparable]
        if not blocks:
            raise ValueError("result has no derivatives to compare; print it to read why")
        terms = dict.fromkeys(block.term for block in blocks)
        if term is None:
            term = min(blocks, key=_interest).term
        if term not in terms:
            raise ValueError(f"term is {term!r}; expected among {', '.join(map(repr, terms))}")
        blocks = [block for block in blocks if block.term == term]
        columns = [
            np.concatenate([np.ravel(getattr(block, name)) for block in blocks])
            for name in ("analytic", "numeric", "tolerance", "verdicts", "excused")
        ]
        shown = f"\n(shown: the {term} alone)" if term else ""
        return cls(*columns, title=_title(result) + shown)

    def plot(
        self,
        ax: Axes | npt.NDArray[np.object_] | Sequence[Axes] | None = None,
        *,
        points_kw: dict[str, Any] | None = None,
    ) -> GradCheckDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, or two of them, optional
            Where; default a new figure. A single one gets analytic against numeric alone.
        points_kw : dict, optional
            For ``Axes.plot`` of all points.

        Returns
        -------
        GradCheckDisplay
            Itself, with ``axes_``, ``figure_`` and ``points_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are more than two axes.
        """
        with style():
            axes = _axes(ax)
            groups = self._groups(points_kw or {})
            self._draw_values(axes[0], groups)
            if len(axes) == 2:
                self._draw_excess(axes[1], groups)
            _legend(axes[-1], 2.0 if self.analytic.size > _MANY else 1.2)
            if ax is None:
                figure_of(axes[0]).suptitle(_wrapped(self.title, 110), fontsize=10)
            else:
                axes[0].set_title(_wrapped(self.title, 48), fontsize=9)
        self.axes_, self.figure_ = axes, figure_of(axes[0])
        return self

    def _groups(self, points_kw: dict[str, Any]) -> list[Group]:
        """Return the entries and the look of every kind that there is; agreement first, below all else."""
        many = self.analytic.size > _MANY
        groups = []
        for kind, (color, marker) in _LOOKS.items():
            for ok in (False, True):
                where = (self.verdicts == kind) & (self.excused == ok)
                if not where.any():
                    continue
                look = {
                    "linestyle": "none",
                    "color": color,
                    "marker": marker,
                    "markersize": 3.4 if many else 6,
                    "markerfacecolor": "none" if ok else color,
                    "markeredgewidth": 1.2 if ok or marker == "+" else 0,
                    "label": f"{KINDS[kind]}{' (ok)' if ok else ''}: {np.count_nonzero(where):,}",
                    "rasterized": many,
                    **points_kw,
                }
                groups.append((f"{kind} (ok)" if ok else kind, where, look))
        return groups

    def _draw_values(self, ax: Axes, groups: list[Group]) -> None:
        """Draw analytic against numeric, the same scale on both axes, and the diagonal."""
        linear, largest = self._scale()
        end = 2.0 * largest
        ax.plot([-end, end], [-end, end], color=COLORS[4], linewidth=1.0, linestyle="-", zorder=1)
        self.points_ = {}
        for name, where, look in groups:
            shown = (np.clip(values[where], -_HUGE, _HUGE) for values in (self.numeric, self.analytic))
            (self.points_[name],) = ax.plot(*shown, **look)
        ticks = _ticks(linear, largest)
        for scale, place in ((ax.set_xscale, ax.set_xticks), (ax.set_yscale, ax.set_yticks)):
            scale("symlog", linthresh=linear)
            place(ticks)
        ax.minorticks_off()
        ax.set(xlim=(-end, end), ylim=(-end, end), xlabel="numeric", ylabel="analytic")
        ax.set_box_aspect(1)

    def _scale(self) -> tuple[float, float]:
        """Return up to where the axes are linear, and the largest absolute value."""
        values = np.abs(np.stack([self.analytic, self.numeric]))
        values = np.where(np.isfinite(values), values, 0.0)
        largest = float(np.clip(values.max(initial=0.0), 1 / _HUGE, _HUGE)) if values.any() else 1.0
        seen = values[values > self.tolerance]
        linear = float(np.quantile(seen, _LINEAR)) if seen.size else largest
        return min(max(linear, largest * _DECADES), largest / 2), largest

    def _draw_excess(self, ax: Axes, groups: list[Group]) -> None:
        """Draw the difference over the tolerance, entry by entry, and the line where it is 1."""
        from matplotlib.ticker import MaxNLocator

        ordinary = self.excess[np.isfinite(self.excess) & (self.excess > 0)]
        low = max(float(ordinary.min(initial=0.1)), _LOW) / 3
        high = min(float(ordinary.max(initial=10.0)), _HUGE) * 3
        shown = np.clip(np.nan_to_num(self.excess, nan=np.inf), low, high)  # no number: at the upper end
        entries = np.arange(shown.size)
        ax.axhline(1.0, color="#55555c", linewidth=1.0, linestyle=(0, (5, 2)), zorder=3, label="allowed")
        for _, where, look in groups:
            ax.plot(entries[where], shown[where], **look)
        ax.set_yscale("log")
        ax.set_ylim(low / 2, high * 2)
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        ax.set(xlabel="entry", ylabel="|difference| / allowed")


def _axes(ax: Any) -> npt.NDArray[np.object_]:
    """Return the axes given, one or two, or two of a new figure."""
    if ax is None:
        import matplotlib.pyplot as plt

        return np.array(plt.subplots(1, 2, figsize=_SIZE, width_ratios=(1.0, 1.25))[1], dtype=object)
    axes = np.array(ax, dtype=object).ravel()
    if len(axes) not in (1, 2):
        raise ValueError(f"ax has {len(axes)} axes; expected one or two")
    return axes


def _ticks(linear: float, largest: float) -> list[float]:
    """Return 0 and one or two powers of ten on both sides: more labels would run into each other."""
    high = int(np.floor(np.log10(largest)))
    low = min(int(np.ceil(np.log10(linear))), high)
    powers = sorted({10.0**low, 10.0**high})
    return [*(-power for power in reversed(powers)), 0.0, *powers]


def _legend(ax: Axes, scale: float) -> None:
    """Put the legend to the right of the axes, where it hides no point, with markers that can be seen."""
    place: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
    ax.legend(**place, handletextpad=0.4, labelspacing=0.7, markerscale=scale)


def _wrapped(title: str, width: int) -> str:
    return "\n".join(fill(line, width) for line in title.split("\n"))


def _interest(block: Comparison) -> int:
    """Sort key: what is wrong for a known cause, what is wrong, what is right."""
    return 2 if block.ok else 0 if any(not cause.excuses for cause in block.causes) else 1


def _title(result: GradCheckResult) -> str:
    """Return the first cause in words, or the report's first line."""
    causes = [cause for cause in result.all_causes if cause.kind == result.kind]
    return causes[0].text if causes else result.text().split("\n")[0]
