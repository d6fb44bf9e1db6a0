"""The gradients of some classes: rows (or columns) that are 0, scaled, or in each other's place."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..result import Cause
from ._case import Case, Finding, Floats, Mask
from ._words import listed, named, number

_MOST = 64  # wrong classes whose rows are compared with each other


@dataclass(frozen=True)
class Rows:
    """The evidence with one class (or whatever the axis counts) in each row.

    Attributes
    ----------
    case : Case
    axis : int
    a, n : (C, ...) arrays
    allowed, wrong : (C, ...) arrays
    which : array of int
        The rows that have wrong entries.
    owner, line : str
        "class", "row": how rows are called.
    kind : str
        The kind of a cause about them.
    """

    case: Case
    axis: int
    a: Floats
    n: Floats
    unit: Floats
    wrong: Mask
    which: npt.NDArray[np.intp]
    owner: str
    line: str
    kind: str

    @classmethod
    def of(cls, case: Case, axis: int) -> "Rows":
        """Return the rows along an axis of x."""
        size = case.evidence.x.shape[axis]

        def rows(entries: npt.NDArray[Any], fill: float = 0.0) -> npt.NDArray[Any]:
            return np.moveaxis(case.whole(entries, fill), axis, 0).reshape(size, -1)

        wrong = rows(case.wrong, False)
        which = np.flatnonzero(wrong.any(axis=1))
        numbers = rows(case.a), rows(case.n), rows(case.unit)
        return cls(case, axis, *numbers, wrong, which, *_names(case, axis))

    def back(self, rows: Floats) -> Floats:
        """Return rows in x's shape."""
        shape = self.case.evidence.x.shape
        moved = (shape[self.axis], *shape[: self.axis], *shape[self.axis + 1 :])
        return np.moveaxis(rows.reshape(moved), 0, self.axis)

    @property
    def many(self) -> str:
        """The owners, for a sentence: "Class 2's row", "The rows of classes 1 and 2"."""
        plural = {"class": "classes", "entry": "entries"}
        line, which = self.line, list(self.which)
        lines = plural.get(line, f"{line}s")
        if self.owner == line:
            return (
                f"{line.capitalize()} {which[0]}"
                if len(which) == 1
                else f"{lines.capitalize()} {listed(which)}"
            )
        if len(which) == 1:
            return f"{self.owner.capitalize()} {which[0]}'s {line}"
        return f"The {lines} of {plural.get(self.owner, self.owner + 's')} {listed(which)}"

    @property
    def verb(self) -> str:
        """Is or are."""
        return "is" if len(self.which) == 1 else "are"


def classes(case: Case) -> Finding | None:
    """Return what is wrong with the rows of some classes, all others being right."""
    if not case.is_whole or not case.evidence.x.ndim or not case.n_wrong:
        return None
    for rows in _views(case):
        for diagnosis in (_zero, _scaled):
            cause = diagnosis(rows)
            if cause is not None:
                return Finding(cause)
    return None


def confined(case: Case) -> Finding | None:
    """Return the rows that all wrong entries are in, where no more is known of them."""
    if not case.is_whole or not case.evidence.x.ndim or not case.n_wrong:
        return None
    causes = (_only(rows) for rows in _views(case))
    return next((Finding(cause) for cause in causes if cause is not None), None)


def _views(case: Case) -> list[Rows]:
    """Return the axes along which the wrong entries fill some rows, and not all."""
    e = case.evidence
    views = []
    known = case.class_axis
    axes = range(e.x.ndim) if known is None else (known, *(k for k in range(e.x.ndim) if k != known))
    for axis in axes:
        rows = Rows.of(case, axis)
        seen = (np.abs(rows.a) + np.abs(rows.n)) * rows.unit > 1.0
        # rows with most of what can be seen in them wrong, and rows that are right and not 0 beside them
        fills = np.count_nonzero(rows.wrong) >= 0.5 * np.count_nonzero(seen[rows.which])
        if 0 < len(rows.which) < len(rows.a) and fills and np.delete(seen, rows.which, axis=0).any():
            views.append(rows)
    return views


def _names(case: Case, axis: int) -> tuple[str, str, str]:
    """Return what a row of this axis belongs to, how it is called, and the kind of a cause about it."""
    e = case.evidence
    line = "entry" if e.x.ndim == 1 else "row" if axis == 0 else "column" if axis == 1 else "slice"
    if axis == case.class_axis:
        return "class", line, "class"
    examples = e.examples
    if examples is not None and case.class_axis is None and axis == 0 and e.x.shape[0] == len(examples[1]):
        return "example", line, "example"
    shorter = e.x.ndim == 2 and e.x.shape[axis] <= e.x.shape[1 - axis]
    return line, line, "class" if case.class_axis is None and shorter else "other"


def _ends(rows: Rows) -> str:
    """Return a question about a loop that leaves out the first or the last ones."""
    size, which = rows.a.shape[0], rows.which
    if len(which) == 1 and which[0] == size - 1:
        return f" (the last one: does a loop stop one {rows.owner} early?)"
    if len(which) == 1 and which[0] == 0:
        return " (the first one: does a loop start at 1?)"
    return ""


def _zero(rows: Rows) -> Cause | None:
    if np.any(rows.a[rows.which]):
        return None
    text = f"{rows.many} {rows.verb} 0{_ends(rows)}: analytic has nothing there, numeric has."
    return Cause(rows.kind, text)


def order(case: Case) -> Finding | None:
    """Return that rows are right and in each other's place."""
    e = case.evidence
    if not case.is_whole or e.x.ndim != 2 or not case.usable.all() or case.n_wrong < 2:
        return None
    for axis in range(2) if case.class_axis is None else (case.class_axis,):
        rows = Rows.of(case, axis)
        if len(rows.which) <= _MOST and rows.a.shape[1] > 1:
            cause = _order(rows)
            if cause is not None:
                return Finding(cause)
    return None


def _order(rows: Rows) -> Cause | None:
    case, which, sources = rows.case, rows.which, []
    for row in which:
        gaps = np.abs(rows.a[row] - rows.n) * np.minimum(rows.unit[row], rows.unit)
        fits = np.flatnonzero(np.all(gaps <= 2.0, axis=1))
        sources.append(int(fits[0]) if len(fits) else int(row))
    model, unit = rows.n.copy(), rows.unit.copy()
    model[which], unit[which] = rows.n[sources], rows.unit[sources]
    model, unit = (rows.back(v)[case.usable] for v in (model, unit))
    moved = [(int(row), source) for row, source in zip(which, sources, strict=True) if row != source]
    if not moved or not math.isfinite(case.misfit(model, free=1, unit=unit)):
        return None
    if len(set(sources)) == 1:
        return Cause(rows.kind, f"{rows.many} {rows.verb} that of {rows.owner} {sources[0]}.")
    pairs = listed([f"{row} has that of {source}" for row, source in moved], 4)
    return Cause(rows.kind, f"{rows.many} are in the wrong order: {rows.owner} {pairs}.")


def _scaled(rows: Rows) -> Cause | None:
    """Rows wrong by one simple factor."""
    mask = np.zeros(rows.a.shape)
    mask[rows.which] = 1.0
    few = rows.case.at(np.flatnonzero(rows.back(mask)[rows.case.usable]))
    if few.n_wrong < 2 or not few.seen(few.n):
        return None
    (value,) = few.fit(few.a, few.n)
    constant = named(few, value, lambda c, free: math.isfinite(few.misfit(c * few.n, c, free=free)))
    if constant is None:
        return None
    text = f"{rows.many} {rows.verb} wrong by the factor {constant}{_ends(rows)}; the others are right."
    return Cause(rows.kind, text + constant.caution, factor=constant.value)


def _only(rows: Rows) -> Cause | None:
    """Wrong rows of which no more is known."""
    share = np.count_nonzero(rows.wrong[rows.which]) / max(1, rows.wrong[rows.which].size)
    if len(rows.which) > rows.a.shape[0] / 2 or share < 0.5 or rows.a.shape[1] < 2:
        return None
    text = f"{rows.many} {rows.verb} wrong{_ends(rows)}; the others are right."
    return Cause(rows.kind, text)


def own_factors(case: Case) -> Finding | None:
    """Return that each class's row is wrong by a factor of its own, such as a mean per class."""
    e = case.evidence
    if not case.is_whole or e.x.ndim != 2 or not case.usable.all() or min(e.x.shape) < 3:
        return None
    for axis in (0, 1) if case.class_axis is None else (case.class_axis, 1 - case.class_axis):
        a, n = np.moveaxis(e.analytic, axis, 0), np.moveaxis(e.numeric, axis, 0)
        unit = np.moveaxis(case.whole(case.unit), axis, 0)
        square = np.sum((n * unit) ** 2, axis=1)
        c = np.divide(np.sum(a * n * unit**2, axis=1), square, out=np.ones(len(square)), where=square > 0)
        model = np.moveaxis(c[:, None] * n, 0, axis)
        if np.count_nonzero(np.abs(c[:, None] * n * unit) > 1, axis=1).min() < 3:
            continue  # a row that cannot be seen has any factor
        if not math.isfinite(case.misfit(model.ravel(), float(np.max(np.abs(c))), free=len(c))):
            continue
        owner, line, kind = _names(case, axis)
        text = (
            f"Each {line} is wrong by a factor of its own: {owner} 0 by {number(c[0])}, {owner} 1 by "
            f"{number(c[1])}, {owner} 2 by {number(c[2])}{' ...' if len(c) > 3 else ''}."
        )
        return Finding(Cause(kind, text, verdicts=None))
    return None
