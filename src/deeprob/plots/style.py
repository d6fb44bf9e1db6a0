"""The one style of all figures: colours that colour-blind people tell apart, line styles, markers, sizes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INSTALL = "pip install 'deeprob[plot]' (in a clone of the repository: pip install '.[plot]')"

COLORS = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd")
"""Six colours for curves, by M. A. Petroff, "Accessible Color Sequences for Data Visualization" (2021)."""

LINESTYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P")

_PASSES = 4  # of the layout, until labels and legend are inside (each some 10 ms)

_RC: dict[str, Any] = {
    "figure.dpi": 110,
    "figure.figsize": (5.6, 3.6),
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#d9d9de",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "image.cmap": "gray",
}


def style() -> AbstractContextManager[None]:
    """Give figures made inside ``with style():`` the look of this package's.

    Returns
    -------
    context manager
        It sets matplotlib's parameters and puts them back.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the message says how to install it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from deeprob import plots
    >>> with plots.style():
    ...     figure, ax = plt.subplots()
    >>> ax.spines["top"].get_visible()
    False
    """
    require_matplotlib()
    import matplotlib as mpl
    from cycler import cycler

    parameters: Any = {**_RC, "axes.prop_cycle": cycler(color=COLORS) + cycler(linestyle=LINESTYLES)}
    return mpl.rc_context(parameters)


def require_matplotlib() -> None:
    """Raise an ImportError that says what to install, unless matplotlib is there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ImportError(f"figures need matplotlib: {INSTALL}") from error


def one_axes(ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """Return ``ax``, or the axes of a new figure, of the style's size or another; call it inside `style`."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size)[1]


def several_axes(ax: Any, rows: int, columns: int, size: tuple[float, float]) -> Any:
    """Return an array of the axes given, as many as are drawn into, or those of a new figure; in `style`."""
    import numpy as np

    if ax is None:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
        engine: Any = figure.get_layout_engine()
        engine.set(w_pad=0.1, h_pad=0.08)  # a label next to its neighbour's axes would seem to be theirs
        return axes.ravel()
    axes = np.array(ax, dtype=object).ravel()
    if len(axes) != rows * columns:
        raise ValueError(f"ax has {len(axes)} axes; expected {rows * columns}")
    return axes


def settle(ax: Axes) -> None:
    """Lay the figure of ``ax`` out until it stands still; call it at the end, for figures of our own only.

    One pass of matplotlib's constrained layout takes axes of a fixed aspect for larger than they become, and
    the first figure saved would cut off the label on the left and the legend on the right.
    """
    figure = figure_of(ax)
    engine = figure.get_layout_engine()
    if engine is not None:
        for _ in range(_PASSES):
            engine.execute(figure)


def figure_of(ax: Any) -> Figure:
    """Return the figure that ``ax`` is in."""
    figure: Figure = ax.figure
    return figure


def legend_beside(ax: Axes) -> None:
    """Put a legend to the right of the axes, where it hides no curve; with lines long enough to compare."""
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=3.6, labelspacing=0.7)


def plain_log_ticks(ax: Axes) -> None:
    """Give a logarithmic vertical axis plain numbers at 1, 2 and 5 times powers of ten."""
    from matplotlib.ticker import LogLocator, NullLocator

    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:g}")


def with_lr(label: str, lr: float) -> str:
    """Return a label with the learning rate, if there is one."""
    return label if lr != lr else f"{label}, lr {lr:.2g}"
