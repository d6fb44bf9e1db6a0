"""The look of every optimizer in every figure: colour, line style and marker, fixed by its name."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .style import COLORS, LINESTYLES, MARKERS

# The place in this list is the look: append, never reorder. The lecture's six come first.
_ORDER = (
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "lbfgs",
    "adamax",
    "nadam",
    "radam",
    "adadelta",
    "rprop",
    "asgd",
    "lion",
    "adabelief",
    "schedule_free_sgd",
    "schedule_free_adamw",
    "muon",
    "shampoo",
    "kfac",
    "bfgs",
    "newton",
    "newton_cg",
    "cg",
    "gauss_newton",
    "ema",
)
# Nine, seven and thirteen have no common divisors, so that no two of the first 63 share two of the three. The
# three more colours are of the same author's sequence of ten; all can be seen on white and on black.
_COLORS = (*COLORS, "#a96b59", "#b9ac70", "#717581")
_LINESTYLES = (*LINESTYLES, (0, (3, 1)))
_MARKERS = (*MARKERS, "X", "<", ">", "p", "h", "*", "d")

Look = dict[str, Any]


def optimizer_style(name: str) -> Look:
    """Return the colour, line style and marker of an optimizer, for matplotlib's ``plot``.

    The same in every figure, and no two optimizers of this package share them: colours that colour-blind
    people tell apart, and in grey the line style with the marker. Names that are not known get a look that
    depends on the name alone and that no known one has.

    Parameters
    ----------
    name : str
        A name in ``deeprob.optim.NAMES``, a method of `minimize`, or any other; "-" and " " count as "_".

    Returns
    -------
    dict
        With "color", "linestyle" and "marker".

    Raises
    ------
    TypeError
        If the name is no text.

    Examples
    --------
    >>> from deeprob.plots import optimizer_style
    >>> optimizer_style("sgd")
    {'color': '#5790fc', 'linestyle': '-', 'marker': 'o'}
    >>> optimizer_style("newton-cg") == optimizer_style("Newton CG")
    True
    """
    if not isinstance(name, str):
        raise TypeError(f"name is a {type(name).__name__}; expected a text")
    return next(_candidates(name))


def optimizer_styles(names: Mapping[str, str]) -> dict[str, Look]:
    """Return the looks of the curves of one figure, all different.

    Parameters
    ----------
    names : dict of str to str
        The optimizer's name for every label. A label that is itself the name of an optimizer, and the first
        label of each optimizer, get that optimizer's look; others one that depends on the label.

    Returns
    -------
    dict of str to dict
    """
    looks: dict[str, Look] = {}
    for label in names:
        if _key(label) in _ORDER:
            looks[label] = optimizer_style(label)
    for label, name in names.items():
        if label not in looks:
            options = (*_candidates(name, 1), *_candidates(label, len(names) + 1))
            looks[label] = _first_unused(options, looks.values())
    return {label: looks[label] for label in names}


def _first_unused(options: Collection[Look], used: Collection[Look]) -> Look:
    return next((look for look in options if look not in used), next(iter(options)))


def _key(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _candidates(name: str, most: int = 1) -> Iterator[Look]:
    """Yield the look of a name and, if it is not of the list, the next ones that nobody of the list has."""
    key = _key(name)
    if key in _ORDER:
        yield _look(_ORDER.index(key))
        return
    period = len(_COLORS) * len(_LINESTYLES) * len(_MARKERS)  # after which looks repeat
    first = zlib.crc32(key.encode()) % (period - len(_ORDER))
    for k in range(most):
        yield _look(len(_ORDER) + (first + k) % (period - len(_ORDER)))


def _look(k: int) -> Look:
    return {
        "color": _COLORS[k % len(_COLORS)],
        "linestyle": _LINESTYLES[k % len(_LINESTYLES)],
        "marker": _MARKERS[k % len(_MARKERS)],
    }
