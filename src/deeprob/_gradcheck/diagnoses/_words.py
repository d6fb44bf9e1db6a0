"""Numbers in words: constants that students know by name (2, 1/N, the number of classes), lists, terms."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ._case import Case

_NEAR = 0.3  # a constant farther from the fitted one than this share of it is not tried
_SIMPLE = ("N", "C", "D", "1/N", "1/C", "1/D", "reg", "-N", "-1/N")  # what is said of a number besides
_EXAMPLES = ("X", "x", "A", "data", "y", "t", "targets", "labels")  # inputs that have a row for each example
_PLAIN = (-1.0, 2.0, 0.5, -2.0, -0.5)
# What else is met: integers and their inverses, pixels' 255, logarithms of another base, degrees.
_RARE: dict[float, str] = {
    **{float(k): "" for k in (3, 4, 5, 6, 8, 10, 100, 1000)},
    **{1.0 / k: "" for k in (3, 4, 8, 10, 100, 1000)},
    -0.25: "",
    255.0: "",
    1 / 255: "1/255",
    math.log(2): "ln 2",
    1 / math.log(2): "1/ln 2",
    math.log(10): "ln 10",
    1 / math.log(10): "1/ln 10",
    math.pi: "pi",
    180 / math.pi: "180/pi",
    math.pi / 180: "pi/180",
}


@dataclass(frozen=True)
class Constant:
    """A factor and what it is: a size's name, or nothing where it is only a number."""

    value: float
    label: str = ""
    also: tuple[str, ...] = ()
    rank: int = 0  # how simple it is: 0 for 2, 1/2 and -1
    known: bool = True

    def __str__(self) -> str:
        value = number(self.value)
        return value if self.label in ("", value) else f"{self.label} = {value}"

    @property
    def caution(self) -> str:
        """What else the number may be, as a sentence that follows; nothing where it is one thing."""
        if not self.also:
            return ""
        return f" ({number(self.value)} is also {' and '.join(self.also)} here: other sizes tell them apart.)"


def number(value: float) -> str:
    """Return a number to read: four digits, integers in full."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e7:
        return str(int(value))
    from_one = abs(value - 1.0)
    digits = 4 if not 1e-12 < from_one < 1e-2 else 2 - math.floor(math.log10(from_one))
    return f"{value:.{digits}g}"


def sizes(case: Case) -> dict[str, float]:
    """Return the numbers that may turn up as factors, by name: N, C, D, the strength."""
    e = case.evidence
    found: dict[str, float] = {}
    by_name = (v for k, v in e.inputs.items() if k in _EXAMPLES and np.ndim(v) and v is not e.x)
    rows = next(by_name, None) if e.examples is None else e.examples[1]
    if rows is not None:
        found["N"] = len(rows)
    found |= _classes(case)
    if e.x.ndim > 1 and "C" not in found:
        found |= {f"{case.name}.shape[{axis}]": size for axis, size in enumerate(e.x.shape)}
    found[f"{case.name}.size"] = e.x.size
    if e.reg:
        found["reg"] = e.reg
    return {name: float(size) for name, size in found.items() if size not in (0, 1)}


def _classes(case: Case) -> dict[str, float]:
    """Return C and D, the numbers of classes and features."""
    e, axis = case.evidence, case.class_axis
    if axis is not None:
        features = {"D": e.x.shape[1 - axis]} if e.x.ndim == 2 else {}
        return {"C": e.x.shape[axis], **features}
    if e.examples is None or e.x.ndim > 2:
        return {}
    if np.shape(e.examples[0]) == e.x.shape:  # the scores
        return {"C": e.x.shape[-1]}
    D = e.examples[0].shape[1]  # noqa: N806 (the lecture's name)
    return {"D": D, "C": next((k for k in e.x.shape if k != D), D)} if e.x.ndim == 2 else {"D": D}


def constants(case: Case) -> list[list[Constant]]:
    """Return the factors to try, the simplest group first."""
    by_size: list[Constant] = []
    found = sizes(case)
    for name, size in found.items():
        by_size += [Constant(size, name), Constant(1 / size, f"1/{name}")]
    if "N" in found and "C" in found:
        both = found["N"] * found["C"]
        by_size += [Constant(both, "N C"), Constant(1 / both, "1/(N C)")]
    for name, size in found.items():
        by_size += [Constant(-size, f"-{name}"), Constant(-1 / size, f"-1/{name}")]
    if "N" in found:
        N = found["N"]  # noqa: N806 (the lecture's name)
        by_size += [Constant(2 * N, "2 N"), Constant(2 / N, "2/N")]
        by_size += [Constant(N / 2, "N/2"), Constant(1 / (2 * N), "1/(2 N)")]
        if N > 2:
            by_size += [Constant(N / (N - 1), "N/(N-1)"), Constant((N - 1) / N, "(N-1)/N")]
    return [
        [Constant(value) for value in _PLAIN],
        [c for c in by_size if "." not in c.label],
        [Constant(value, label) for value, label in _RARE.items()],
        [c for c in by_size if "." in c.label],  # sizes of x, of which it is not known what they count
    ]


def named(
    case: Case, value: float, explains: Callable[[float, int], bool], plain: Sequence[float] = ()
) -> Constant | None:
    """Return the simplest constant near ``value`` that explains, or ``value`` itself, or None.

    ``explains`` is asked with a constant and how many constants were fitted: 0, or 1 for ``value`` itself.
    ``plain`` are numbers that are simple here, beside 2, 1/2 and -1.
    """
    groups = [[Constant(k) for k in plain], *constants(case), _whole(value)]
    for rank, group in enumerate(groups):
        near = [c for c in group if abs(c.value - value) <= _NEAR * abs(value)]
        # stable: of two that are the same number the first is the simpler
        for constant in sorted(near, key=lambda c: abs(c.value - value)):
            if explains(constant.value, 0):
                return replace(constant, rank=rank, also=_others(constant, groups))
    return Constant(value, known=False) if explains(value, 1) else None


def _whole(value: float) -> list[Constant]:
    """Return the integer that the value, or its inverse, is to two more digits."""
    if not math.isfinite(value) or not 1e-4 < abs(value) < 1e4:
        return []
    of = value if abs(value) > 1 else 1 / value
    whole = round(of)
    if abs(of - whole) > 0.01 or abs(whole) < 2:
        return []
    return [Constant(float(whole) if abs(value) > 1 else 1 / whole)]


def _others(constant: Constant, groups: Iterable[Iterable[Constant]]) -> tuple[str, ...]:
    """Return what else a constant is: 2 is N where there are two examples."""
    same = (c for group in groups for c in group if math.isclose(c.value, constant.value, rel_tol=1e-12))
    labels = (c.label for c in same if c.label not in ("", constant.label))
    simple = (label for label in labels if label in _SIMPLE or re.fullmatch(r"(1/)?\w+\.shape\[\d\]", label))
    return tuple(dict.fromkeys(simple))[:2]


def listed(items: Sequence[object], most: int = 6) -> str:
    """Return "1, 2 and 5"; of many the first ones and how many more there are."""
    if len(items) > most:
        return f"{', '.join(map(str, items[: most - 1]))} and {len(items) - most + 1} more"
    *head, last = map(str, items)
    return f"{', '.join(head)} and {last}" if head else last


def multiple(k: float, form: str) -> str:
    """Return "0.2 W"; "W" for one, "0.2 everywhere" for a constant form."""
    if form == "1":
        return f"{number(k)} everywhere"
    return form if k == 1 else f"-{form}" if k == -1 else f"{number(k)} {form}"
