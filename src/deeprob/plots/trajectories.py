"""The ways of optimizers over a landscape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from .._arguments import one_of
from ..landscapes import Landscape
from .comparison import check_comparison
from .landscape import LandscapeDisplay
from .optimizers import optimizer_styles
from .style import figure_of, legend_beside, one_axes, settle, style, with_lr

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from .._comparison import ComparisonResult

Run = Literal["best", "calmest"]

_SIZE = (7.2, 4.4)  # the legend stands beside the axes


class TrajectoriesDisplay:
    """The points that several optimizers went through, over a landscape, each with its own look.

    A `LandscapeDisplay` with the looks of `optimizer_style`. Use `from_result`.

    Parameters
    ----------
    background : LandscapeDisplay
        With the paths by label.
    names : dict of str to str
        The optimizers' names, which give the paths their looks.
    lrs : dict of str to float
        Their learning rates, for the legend.

    Attributes
    ----------
    background, names, lrs
        As they were passed.
    paths : dict of str to (k, n) array
        The points by label, the start first; NaN after a divergence.
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`.

    Examples
    --------
    >>> import deeprob
    >>> from deeprob import landscapes
    >>> from deeprob.plots import TrajectoriesDisplay
    >>> result = deeprob.compare(landscapes.bowl(), ["sgd", "momentum"], steps=30)
    >>> display = TrajectoriesDisplay.from_result(result)
    >>> display.paths["sgd"].shape
    (31, 2)
    >>> sorted(display.plot().lines_)
    ['momentum', 'sgd']
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(
        self, background: LandscapeDisplay, names: Mapping[str, str], lrs: Mapping[str, float]
    ) -> None:
        self.background, self.names, self.lrs = background, dict(names), dict(lrs)
        self.paths = background.trajectories

    @classmethod
    def from_result(
        cls,
        result: ComparisonResult,
        run: Run = "best",
        *,
        landscape: Landscape | None = None,
        **options: Any,
    ) -> TrajectoriesDisplay:
        """Make the display of what `deeprob.compare` returned.

        Parameters
        ----------
        result : ComparisonResult
            With trajectories: compare keeps them on a landscape of few variables unless told not to.
        run : {"best", "calmest"}
            Which run of each optimizer: the best; or, of those that ended at the target, the one with the
            smallest learning rate, whose path is the easiest to follow.
        landscape : Landscape, optional
            What to draw behind; default what was minimized. Of an `Objective` a `landscapes.loss_slice`, on
            which its weights are seen.
        **options
            For `LandscapeDisplay.from_landscape`: ``limits``, ``resolution``, ``threads``.

        Returns
        -------
        TrajectoriesDisplay

        Raises
        ------
        ValueError, TypeError
            If there is no landscape of at most two variables, or its points were not kept.
        """
        check_comparison(result)
        one_of(run, "run", ("best", "calmest"))
        # behind one with noise stands the one without
        place = getattr(result.problem, "landscape", result.problem) if landscape is None else landscape
        if not isinstance(place, Landscape):
            raise TypeError(
                f"result is of a problem of type {type(place).__name__}; expected that of a landscape, or "
                "landscape=, such as landscapes.loss_slice"
            )
        trials = {race.label: race.best if run == "best" else race.calmest for race in result}
        paths = {label: t.trajectory for label, t in trials.items() if t.trajectory is not None}
        if len(paths) < len(trials):
            raise ValueError("result has no trajectories; expected one of compare(..., record='trajectory')")
        background = LandscapeDisplay.from_landscape(place, trajectories=paths, **options)
        names = {race.label: race.name for race in result}
        return cls(background, names, {label: trial.lr for label, trial in trials.items()})

    def plot(
        self, ax: Axes | None = None, *, line_kw: Mapping[str, dict[str, Any]] | None = None
    ) -> TrajectoriesDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        line_kw : dict of str to dict, optional
            For ``Axes.plot`` of the optimizers named.

        Returns
        -------
        TrajectoriesDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        looks = {
            label: {
                **look,
                "markevery": (0.03 * (k % 6 + 1), 0.2),
                "markersize": 4.5,
                "label": with_lr(label, self.lrs[label]),
                **(line_kw or {}).get(label, {}),
            }
            for k, (label, look) in enumerate(optimizer_styles(self.names).items())
        }
        with style():
            own, ax = ax is None, one_axes(ax, _SIZE)
            self.lines_ = self.background.plot(ax, styles=looks).lines_
            legend_beside(ax)
            if own:
                settle(ax)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
