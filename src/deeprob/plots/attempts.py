"""Random search: every attempt's loss, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..search import RandomSearchResult
from .style import COLORS, figure_of, one_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# beyond that many points a vector image would be slow to open: the points become pixels
_MANY = 3000


class AttemptsDisplay:
    """The attempts of a random search: one point each, and the best so far as a line.

    Use `from_result`.

    Parameters
    ----------
    losses : (num_tries,) array
        Every attempt's loss.

    Attributes
    ----------
    attempts, losses, best_so_far : (num_tries,) arrays
        0, 1, ...; the loss of each attempt; the best loss up to and including it.
    ax_, figure_, points_, line_ : matplotlib objects
        After `plot`.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> from deeprob.plots import AttemptsDisplay
    >>> X = np.array([[255.0, 0.0, 1.0], [0.0, 255.0, 1.0]])
    >>> display = AttemptsDisplay.from_result(deeprob.random_search(X, [0, 1], num_tries=3, rng=0))
    >>> display.best_so_far.round(3)
    array([0.987, 0.987, 0.977])
    >>> display.plot().ax_.get_ylabel()
    'loss'
    """

    ax_: Axes
    figure_: Figure
    points_: Line2D
    line_: Line2D

    def __init__(self, losses: npt.ArrayLike) -> None:
        self.losses = np.array(losses, dtype=np.float64)
        if self.losses.ndim != 1 or not self.losses.size:
            raise ValueError(f"losses has shape {self.losses.shape}; expected (num_tries,), at least one")
        self.attempts = np.arange(self.losses.size)
        self.best_so_far = np.fmin.accumulate(self.losses)

    @classmethod
    def from_result(cls, result: RandomSearchResult) -> AttemptsDisplay:
        """Make the display of what `deeprob.random_search` returned.

        Parameters
        ----------
        result : RandomSearchResult
            Only its ``losses`` are used.

        Returns
        -------
        AttemptsDisplay
        """
        return cls(result.losses)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        points_kw: dict[str, Any] | None = None,
        line_kw: dict[str, Any] | None = None,
    ) -> AttemptsDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        points_kw, line_kw : dict, optional
            For ``Axes.plot`` of the attempts and of the best so far.

        Returns
        -------
        AttemptsDisplay
            Itself, with ``ax_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        with style():
            ax = one_axes(ax)
            points: dict[str, Any] = {
                "linestyle": "none",
                "marker": ".",
                "markersize": 4,
                "color": COLORS[4],
                "label": "each attempt",
                "rasterized": self.losses.size > _MANY,
                **(points_kw or {}),
            }
            line: dict[str, Any] = {
                "drawstyle": "steps-post",
                "linestyle": "-",
                "linewidth": 2.2,
                "color": COLORS[2],
                "label": "best so far",
                **(line_kw or {}),
            }
            (self.points_,) = ax.plot(self.attempts, self.losses, **points)
            (self.line_,) = ax.plot(self.attempts, self.best_so_far, **line)
            ax.set(xlabel="attempt", ylabel="loss")
            ax.legend(loc="upper right", ncols=2)
            ax.margins(y=0.14)  # room for the legend
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
