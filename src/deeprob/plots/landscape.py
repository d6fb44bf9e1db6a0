"""Landscapes: contour lines, start, minima, and the ways of optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arguments import as_count, by_name, points_of
from ..landscapes import Landscape, LossSlice
from .levels import contour_levels
from .style import COLORS, LINESTYLES, MARKERS, figure_of, one_axes, settle, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Array = npt.NDArray[np.float64]
Limits = tuple[tuple[float, float], ...]

_MANY = 3000  # beyond that many points a line becomes pixels in a vector image
_FEW = 60  # up to that many each step has its mark


class LandscapeDisplay:
    """A landscape of one or two variables, with the ways that optimizers took through it.

    Use `from_landscape`.

    Parameters
    ----------
    x, y : (nx,), (ny,) arrays
        The grid's coordinates; ``y`` is None for one variable.
    values : (ny, nx) or (nx,) array
        The values there.
    levels : (k,) array
        The values of the contour lines.
    start : (n,) array
    minima : (k, n) array
    trajectories : dict of str to (k, n) array
    labels : tuple of str
        The names of the axes.

    Attributes
    ----------
    x, y, values, levels, start, minima, trajectories, labels
        As given.
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`: the line of each trajectory.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import landscapes
    >>> from deeprob.plots import LandscapeDisplay
    >>> bowl = landscapes.bowl(condition_number=25)
    >>> ws = [bowl.start]
    >>> for _ in range(20):
    ...     ws.append(ws[-1] - 0.07 * bowl.gradient(ws[-1]))
    >>> display = LandscapeDisplay.from_landscape(bowl, trajectories={"GD": np.array(ws)})
    >>> display.values.shape
    (201, 201)
    >>> sorted(display.plot().lines_)
    ['GD']
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(
        self,
        x: Array,
        y: Array | None,
        values: Array,
        levels: Array,
        *,
        start: Array,
        minima: Array,
        trajectories: Mapping[str, Array],
        labels: tuple[str, ...],
    ) -> None:
        self.x, self.y, self.values, self.levels = x, y, values, levels
        self.start, self.minima, self.labels = start, minima, labels
        self.trajectories = dict(trajectories)

    @classmethod
    def from_landscape(
        cls,
        landscape: Landscape,
        *,
        trajectories: Mapping[str, Any] | npt.ArrayLike | None = None,
        limits: Limits | None = None,
        resolution: int = 201,
        threads: int | None = None,
    ) -> LandscapeDisplay:
        """Make the display of a landscape, computing it on a grid.

        Parameters
        ----------
        landscape : Landscape
            Of one or two variables; of more, cut a plane out of it: `deeprob.landscapes.loss_slice`.
        trajectories : dict of str to (k, n) array, optional
            The points of each way, by its name in the legend. Also what `deeprob.minimize` or
            `deeprob.gradient_descent` returned, if it recorded them, and objects with such an array ``w``. A
            single one may come without a dict. In a slice of a loss, weights (k, C, D) are seen from the
            plane; the slice's own trajectory is shown when none is given.
        limits : ((x0, x1), (y0, y1)), optional
            What to show; default the landscape's ``limits``.
        resolution : int
            Points of the grid along each axis, at least 2.
        threads : int, optional
            At most this many threads.

        Returns
        -------
        LandscapeDisplay

        Raises
        ------
        ValueError, TypeError
            If the landscape has more than two variables, or an argument is not what it should be.
        """
        if not isinstance(landscape, Landscape):
            raise TypeError(
                f"landscape is of type {type(landscape).__name__}; expected a Landscape, such as a plane "
                "through an Objective, landscapes.loss_slice"
            )
        if landscape.n > 2:
            raise ValueError(
                f"{landscape.name} has {landscape.n} variables; expected at most 2: cut a plane out of it "
                "with landscapes.loss_slice"
            )
        count = as_count(resolution, "resolution", 2)
        pairs = _limits(limits or landscape.limits, landscape.n)
        axes = [np.linspace(low, high, count) for low, high in pairs.tolist()]
        if landscape.n == 1:
            x, y, values = axes[0], None, landscape.values(axes[0][:, None], threads=threads)
        else:
            x, y, values = axes[0], axes[1], landscape.grid(*axes, threads=threads)
        return cls(
            x,
            y,
            values,
            contour_levels(values, landscape.minimum),
            start=landscape.start,
            minima=landscape.minima,
            trajectories=_trajectories(landscape, trajectories),
            labels=_labels(landscape),
        )

    def plot(
        self,
        ax: Axes | None = None,
        *,
        styles: Mapping[str, Mapping[str, Any]] | None = None,
        marks: bool = True,
        contour_kw: dict[str, Any] | None = None,
    ) -> LandscapeDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        styles : dict of str to dict, optional
            For ``Axes.plot`` of the trajectories named: colour, line style, marker, ...
        marks : bool
            Whether to mark the start (a ring) and the minima (stars).
        contour_kw : dict, optional
            For ``Axes.contour``, or for the curve of a landscape of one variable.

        Returns
        -------
        LandscapeDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        with style():
            own, ax = ax is None, one_axes(ax)
            if self.y is None:
                self._curve(ax, contour_kw or {})
            else:
                self._contours(ax, contour_kw or {})
            self.lines_ = {
                name: self._way(ax, k, name, dict((styles or {}).get(name, {})))
                for k, name in enumerate(self.trajectories)
            }
            if marks:
                self._marks(ax)
            if self.lines_:
                # Outside, since what is inside is the landscape.
                ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0))
            if own:
                settle(ax)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _contours(self, ax: Axes, extra: dict[str, Any]) -> None:
        assert self.y is not None
        from matplotlib.colors import LinearSegmentedColormap

        # Light, so that ways are seen on it: white is low.
        shades = LinearSegmentedColormap.from_list("landscape", ["#ffffff", "#c3c8d4"])
        values = np.ma.masked_invalid(self.values)
        # By rank, not by value: the levels are anything but even.
        bounds = np.concatenate([[-np.inf], self.levels, [np.inf]])
        rank = np.ma.masked_array(np.searchsorted(bounds, values.filled(0.0)), values.mask)
        ax.pcolormesh(
            self.x, self.y, rank, cmap=shades, shading="nearest", rasterized=True, vmin=1, vmax=len(bounds)
        )
        lines: dict[str, Any] = {"colors": "#7d8499", "linewidths": 0.7, "linestyles": "solid", **extra}
        ax.contour(self.x, self.y, values, levels=self.levels, **lines)
        ax.grid(False)
        ax.set(xlabel=self.labels[0], ylabel=self.labels[1])
        ax.set(xlim=(self.x[0], self.x[-1]), ylim=(self.y[0], self.y[-1]))
        wide, high = self.x[-1] - self.x[0], self.y[-1] - self.y[0]
        if 1 / 3 < wide / high < 3:
            ax.set_aspect("equal")  # so that gradients are at right angles to the contour lines

    def _curve(self, ax: Axes, extra: dict[str, Any]) -> None:
        options: dict[str, Any] = {"color": "#7d8499", "linestyle": "-", "linewidth": 1.4, **extra}
        ax.plot(self.x, self.values, **options)
        ax.set(xlabel=self.labels[0], ylabel="f", xlim=(self.x[0], self.x[-1]))

    def _place(self, points: Array) -> tuple[Array, Array]:
        """Return where points (k, n) are in the figure: of one variable, on the curve."""
        if self.y is not None:
            return points[:, 0], points[:, 1]
        return points[:, 0], np.interp(points[:, 0], self.x, self.values, left=np.nan, right=np.nan)

    def _way(self, ax: Axes, k: int, name: str, extra: dict[str, Any]) -> Line2D:
        """Draw one trajectory, and a larger mark where it ends."""
        points = self.trajectories[name]
        x, y = self._place(np.where(np.isfinite(points), points, np.nan))
        options: dict[str, Any] = {
            "color": COLORS[k % len(COLORS)],
            "linestyle": LINESTYLES[k % len(LINESTYLES)],
            "linewidth": 1.5,
            "marker": MARKERS[k % len(MARKERS)],
            "markersize": 3,
            "markevery": 1 if len(points) <= _FEW else len(points) // _FEW + 1,
            "label": name,
            "rasterized": len(points) > _MANY,
            "zorder": 3,
            **extra,
        }
        (line,) = ax.plot(x, y, **options)
        ax.plot(
            x[-1:],
            y[-1:],
            linestyle="none",
            marker=line.get_marker(),
            color=line.get_color(),
            markersize=7,
            markeredgecolor="white",
            zorder=4,
        )
        return line

    def _marks(self, ax: Axes) -> None:
        ring: dict[str, Any] = {
            "marker": "o",
            "markersize": 8,
            "markerfacecolor": "none",
            "markeredgewidth": 1.4,
        }
        star: dict[str, Any] = {
            "marker": "*",
            "markersize": 12,
            "markerfacecolor": "#ffe066",
            "markeredgewidth": 0.8,
        }
        for points, mark in ((self.start[None], ring), (self.minima, star)):
            ax.plot(*self._place(points), linestyle="none", color="black", zorder=5, **mark)


def _limits(limits: Any, n: int) -> Array:
    pairs = np.array(limits, dtype=np.float64)
    if pairs.shape != (n, 2) or not np.isfinite(pairs).all() or not (pairs[:, 0] < pairs[:, 1]).all():
        raise ValueError(f"limits is {limits!r}; expected ({', '.join(['(low, high)'] * n)},)")
    return pairs


def _labels(landscape: Landscape) -> tuple[str, ...]:
    if not isinstance(landscape, LossSlice):
        return ("x", "y")
    if landscape.explained is None:
        return ("a, along d1", "b, along d2")
    words = ("first", "second")
    shares = landscape.explained
    return tuple(f"{w} principal direction ({s:.1%})" for w, s in zip(words, shares, strict=True))


def _trajectories(landscape: Landscape, given: Any) -> dict[str, Array]:
    if given is None:
        own = getattr(landscape, "trajectory", None)
        return {} if own is None else {"trajectory": own}
    return {name: _points(landscape, name, points) for name, points in by_name(given, "trajectory").items()}


def _points(landscape: Landscape, name: str, given: Any) -> Array:
    points = np.array(points_of(given, f"trajectories[{name!r}]"), dtype=np.float64)
    if isinstance(landscape, LossSlice) and points.ndim and points.shape[1:] == landscape.W.shape:
        return landscape.coordinates(points)
    if points.ndim != 2 or points.shape[1] != landscape.n or not len(points):
        raise ValueError(
            f"trajectories[{name!r}] has shape {points.shape}; expected (k, {landscape.n}), k at least 1"
        )
    return points
