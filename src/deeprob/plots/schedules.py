"""Schedules: the learning rate over the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from .._arguments import as_callable, as_count
from .style import COLORS, LINESTYLES, figure_of, legend_beside, one_axes, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D


class ScheduleDisplay:
    """The numbers of one or several schedules over the steps.

    Use `from_schedules`.

    Parameters
    ----------
    rates : dict of str to (num_steps,) array
        The learning rate at every step, by the schedule's name.

    Attributes
    ----------
    rates : dict of str to (num_steps,) array
    ax_, figure_ : matplotlib objects
        After `plot`.
    lines_ : dict of str to matplotlib line
        After `plot`.

    Examples
    --------
    >>> from deeprob import schedules
    >>> from deeprob.plots import ScheduleDisplay
    >>> made = {"cosine": schedules.half_cosine(0.1, 10), "step": schedules.step(0.1, 5)}
    >>> display = ScheduleDisplay.from_schedules(made, 11)
    >>> display.rates["cosine"][[0, 5, 10]]
    array([0.1 , 0.05, 0.  ])
    >>> display.plot().ax_.get_ylabel()
    'learning rate'
    """

    ax_: Axes
    figure_: Figure
    lines_: dict[str, Line2D]

    def __init__(self, rates: Mapping[str, npt.ArrayLike]) -> None:
        self.rates = {name: np.array(values, dtype=np.float64) for name, values in rates.items()}
        if not self.rates:
            raise ValueError("schedules is empty; expected at least one")
        for name, values in self.rates.items():
            if values.ndim != 1 or not values.size:
                raise ValueError(
                    f"rates[{name!r}] has shape {values.shape}; expected (num_steps,), at least one"
                )

    @classmethod
    def from_schedules(
        cls,
        schedules: Mapping[str, Callable[[int], float]] | Callable[[int], float],
        num_steps: SupportsIndex,
    ) -> ScheduleDisplay:
        """Make the display of schedules, functions t -> number, over their first ``num_steps`` steps.

        Parameters
        ----------
        schedules : dict of str to callable, or callable
            By name, as the legend will show it. A single one is called by its ``repr``.
        num_steps : int
            At least 1.

        Returns
        -------
        ScheduleDisplay

        Raises
        ------
        ValueError, TypeError
            If there is no schedule, or one is no function.
        """
        named = schedules if isinstance(schedules, Mapping) else {repr(schedules): schedules}
        count = as_count(num_steps, "num_steps", 1)
        for schedule in named.values():
            as_callable(schedule, "schedules")
        return cls({name: [float(at(t)) for t in range(count)] for name, at in named.items()})

    def plot(
        self,
        ax: Axes | None = None,
        *,
        ylabel: str = "learning rate",
        line_kw: Mapping[str, dict[str, Any]] | None = None,
    ) -> ScheduleDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where; default a new figure.
        ylabel : str
            What the numbers are: AdamW's eta, say.
        line_kw : dict of str to dict, optional
            For ``Axes.plot`` of the schedules named.

        Returns
        -------
        ScheduleDisplay
            Itself, with ``ax_``, ``figure_`` and ``lines_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        with style():
            ax = one_axes(ax, (6.6, 3.4) if len(self.rates) > 1 else None)
            self.lines_ = {}
            for k, (name, values) in enumerate(self.rates.items()):
                options = {
                    "color": COLORS[k % len(COLORS)],
                    "linestyle": LINESTYLES[k % len(LINESTYLES)],
                    "label": name,
                    # a number holds for the whole step; few steps are shown as the stairs they are
                    "drawstyle": "steps-post" if values.size <= 60 else "default",
                    **(line_kw or {}).get(name, {}),
                }
                (self.lines_[name],) = ax.plot(values, **options)
            ax.set(xlabel="step", ylabel=ylabel)
            ax.set_ylim(bottom=min(0.0, *(values.min() for values in self.rates.values())))
            if len(self.rates) > 1:
                legend_beside(ax)
            else:
                ax.set_title(next(iter(self.rates)), fontsize=9)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
