"""What a regularizer's gradient may look like: k W, k sign(W), on all of W or on all but the bias."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._case import Case, Floats, Mask
from ._words import multiple

FORMS = ("W", "sign(W)", "abs(W)", "W^2", "1")
"""In the order of simplicity; "1" is the same number everywhere."""


@dataclass(frozen=True)
class Region:
    """A part of x: all of it, or where the bias may be: the last or the first row or column.

    ``words`` says which row or column, "" for all; ``inside`` whether the region is it or all but it.
    """

    words: str
    inside: bool
    mask: Mask

    @property
    def but(self) -> str:
        """The exception, for a sentence."""
        return "" if self.inside or not self.words else f" except in {self.words}"


def regions(case: Case) -> list[Region]:
    """Return the regions of x, the usable entries' masks: all, all but the bias's, the bias's alone."""
    x = case.evidence.x
    found = [Region("", True, np.ones(case.a.size, bool))]
    if x.ndim > 2 or not x.ndim or x.size == x.shape[-1] == 1:
        return found
    axes = range(x.ndim - 1, -1, -1) if case.class_axis is None or x.ndim == 1 else (1 - case.class_axis,)
    lines: list[tuple[str, Mask]] = []
    for axis in axes:
        what = "entry" if x.ndim == 1 else "column" if axis == 1 else "row"
        for place, at in (("last", -1), ("first", 0)):
            full = np.zeros(x.shape, bool)
            full[(slice(None),) * axis + (at,)] = True
            lines.append((f"the {place} {what}", case.pick(full) > 0))
    found += [Region(words, False, ~mask) for words, mask in lines]
    return found + [Region(words, True, mask) for words, mask in lines]


@dataclass(frozen=True)
class Part:
    """k times a form of x, in a region."""

    k: float
    form: str
    region: Region

    def values(self, x: Floats) -> Floats:
        """Return it at all usable entries, whose values of x are given."""
        return self.k * shaped(x, self.form) * self.region.mask

    def some(self, x: Floats, entries: npt.NDArray[np.intp]) -> Floats:
        """Return it at some of the usable entries."""
        return self.k * shaped(x[entries], self.form) * self.region.mask[entries]

    def words(self, name: str) -> str:
        """Return "0.2 W"."""
        return multiple(self.k, self.form.replace("W", name))


def shaped(x: Floats, form: str) -> Floats:
    """Return a form of x."""
    if form == "W":
        return x
    if form == "sign(W)":
        return np.sign(x)
    if form == "abs(W)":
        return np.abs(x)
    return x * x if form == "W^2" else np.ones_like(x)


def told(parts: tuple[Part, ...], name: str) -> str:
    """Return "0.2 W + 0.1 sign(W)", with the region's exception."""
    if not parts:
        return "0"
    words = [part.words(name) for part in parts]
    sum_ = words[0] + "".join(f" - {w[1:]}" if w.startswith("-") else f" + {w}" for w in words[1:])
    return sum_ + parts[0].region.but
