"""The lecture's comparison of optimizers (L4-49), found out from what they remember and what they do.

Nothing here knows the name of an optimizer. Each is given chosen gradients, from w = 0, and watched:

- A *moment* is a state that remembers (after one gradient, a gradient of zero does not clear it) and is
  homogeneous in the gradients (all of them doubled, it is 2^d times as far from where it began). With all
  signs turned, a first moment turns its sign (odd, d = 1, or d = 0 where it is one of steps that were scaled
  before, as in RMSProp with momentum); a second moment does not (even, d = 2; AdaMax's largest abs(g) is
  even, d = 1, and scales steps just the same).
- *First moments (momentum)*: there is an odd moment, and w moves on when the gradient has become zero. The
  centred RMSProp has such a state and does not move on; an average of w is such a state, too, and does not.
- *Second moments (adaptive rates)*: there is an even moment.
- *Leaky*: under gradients of zero every even moment decays. AMSGrad's largest second moment does not.
- *Bias correction*: there is a running average that starts at 0 (after one gradient g it is a share 1 - r of
  g or g^2, and then decays by r), and the step undoes that: the same gradient makes another step when it is
  the first one than when it is the first after 2^40 others of zero.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray
from ._base import Optimizer, State
from ._named import makers

Maker = Callable[[FloatArray], Optimizer]
Array = npt.NDArray[np.float64]

HEADINGS = (
    "Algorithm",
    "first moments (Momentum)",
    "second moments (Adaptive rates)",
    "Leaky second moments",
    "Bias correction",
)
_LR = 2.0**-10  # a power of two, so that steps divided by it keep their digits
_LATE = 2**40
# The gradients: of both signs, none near 0, not the same twice; a matrix, for those that step only these.
_SHAPE = (3, 3)
_G = np.array([[2.0, -1.0, 0.5], [-1.5, 3.0, 1.0], [0.75, 1.25, -2.5]])
_NONE = np.zeros(_SHAPE)
_CLOSE = 1e-3  # of what is added to a root or kept above zero, such as eps


@dataclass(frozen=True)
class Traits:
    """What an optimizer remembers and does: a row of the lecture's table.

    Attributes
    ----------
    label : str
        The optimizer.
    first_moments, second_moments, leaky, bias_correction : bool
        The table's four columns.
    first_step, late_step : float
        How far the first nonzero gradient moves w, in units of lr times the number 1 (root mean square over
        w): as the first of all, and after 2^40 gradients of zero. Where there is bias correction they
        differ: Adam's are 1 and 0.1 / sqrt(0.001) = 3.1623.
    states : dict of str to str
        Every state array, and what was found about it.
    """

    label: str
    first_moments: bool
    second_moments: bool
    leaky: bool
    bias_correction: bool
    first_step: float = field(repr=False)
    late_step: float = field(repr=False)
    states: dict[str, str] = field(repr=False)

    @property
    def cells(self) -> tuple[bool, bool, bool, bool]:
        """The four columns, in the table's order."""
        return self.first_moments, self.second_moments, self.leaky, self.bias_correction


@dataclass(frozen=True)
class ComparisonTable:
    """The rows of `comparison_table`; ``str`` prints them.

    Attributes
    ----------
    rows : tuple of Traits
    """

    rows: tuple[Traits, ...]

    def __getitem__(self, label: str) -> Traits:
        """Return the row of an optimizer."""
        for row in self.rows:
            if row.label == label:
                return row
        raise KeyError(f"{label!r}; the table has {', '.join(repr(row.label) for row in self.rows)}")

    def to_text(self, marks: tuple[str, str] = ("x", "✓")) -> str:
        """Return the table as text; ``marks`` stand for no and yes."""
        lines = [HEADINGS, *((row.label, *(marks[cell] for cell in row.cells)) for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(len(HEADINGS))]
        rule = ["-" * width for width in widths]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in (lines[0], rule, *lines[1:])
        )

    __repr__ = __str__ = to_text  # what a notebook shows of it


def comparison_table(optimizers: Any = None) -> ComparisonTable:
    """Return the lecture's table (L4-49): who has first and second moments, leaky ones, bias correction.

    Nothing of it is typed in. Every optimizer takes a few steps along chosen gradients, and its state and its
    steps are watched: a first moment is a state that is linear in the gradients and remembers them, and w
    moves on after the gradient has become zero; a second moment is a state that is even and homogeneous in
    them; a leaky one decays under gradients of zero; bias correction is there if the first step differs from
    the same gradient's step late, although the state is a running average that starts at 0 both times.

    Parameters
    ----------
    optimizers : list of str, or dict of label to name, class or function; optional
        Names in ``deeprob.optim.NAMES``, classes, or functions of the parameters such as
        ``functools.partial(optim.Adam, bias_correction=False)``. Default: the lecture's six.

    Returns
    -------
    ComparisonTable
        Its ``rows`` are `Traits`; ``str`` gives the table as text.

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, twice the same, or something cannot make an optimizer.

    Examples
    --------
    >>> import functools
    >>> from deeprob import optim
    >>> table = optim.comparison_table(["adagrad", "rmsprop", "adam"])
    >>> table["adam"].cells
    (True, True, True, True)
    >>> [row.leaky for row in table.rows]
    [False, True, True]
    >>> almost = functools.partial(optim.Adam, bias_correction=False)
    >>> row = optim.comparison_table({"Adam (almost)": almost})["Adam (almost)"]
    >>> row.bias_correction, round(row.first_step, 4)
    (False, 3.1623)
    """
    return ComparisonTable(tuple(traits(label, make) for label, make in makers(optimizers).items()))


def traits(label: str, make: Maker) -> Traits:
    """Watch an optimizer, and say what it remembers and does."""
    opt = make(np.zeros(_SHAPE))
    found = [_watch(make, k) for k in range(len(_states(opt)))]
    odd = [moment for moment in found if moment.odd]
    even = [moment for moment in found if moment.even]
    first, late = (_step_length(make, t) for t in (0, _LATE))
    corrected = abs(first - late) > _CLOSE * max(first, late)
    return Traits(
        label=label,
        first_moments=bool(odd) and _moves_on(make),
        second_moments=bool(even),
        leaky=bool(even) and all(moment.decays for moment in even),
        bias_correction=corrected and any(moment.averages for moment in found),
        first_step=first,
        late_step=late,
        states={_name(type(opt), k): moment.words for k, moment in enumerate(found)},
    )


@dataclass(frozen=True)
class _Moment:
    """What was found about one state array."""

    odd: bool
    even: bool
    degree: int
    decays: bool
    averages: bool

    @property
    def words(self) -> str:
        if not (self.odd or self.even):
            return "no moment of the gradients"
        linear = "linear in the gradients" if self.degree else "odd in the gradients, whatever their size"
        kind = linear if self.odd else f"even in the gradients, of degree {self.degree}"
        held = ", a running average that starts at 0" if self.averages else ""
        return f"{kind}{held}, {'leaky' if self.decays else 'keeps all'}"


def _watch(make: Maker, k: int) -> _Moment:
    """Find out what state array k of an optimizer is."""
    many = [_G, 0.5 * _G[::-1], -2.0 * _G.T]
    begin = _run(make, [], k)
    once, twice, turned = (_run(make, [a * g for g in many], k) - begin for a in (1.0, 2.0, -1.0))
    remembers = bool(np.any(np.abs(_run(make, [_G, _NONE], k) - begin) > 0))
    size = np.abs(once).max(initial=0.0)
    degree = round(float(np.log2(np.abs(twice).max() / size))) if size > 0 and np.abs(twice).max() > 0 else 0
    homogeneous = remembers and size > 0 and _same(twice, 2.0**degree * once)
    odd = homogeneous and degree in (0, 1) and _same(turned, -once)
    even = homogeneous and degree > 0 and _same(turned, once)
    decays = (odd or even) and _decays(make, k)
    return _Moment(odd, even, degree, decays, decays and _averages(make, k, degree))


def _decays(make: Maker, k: int) -> bool:
    """Whether a state, long after its last gradient, still becomes smaller."""
    sooner, later = (np.abs(_run(make, [_G, *[_NONE] * n], k)) for n in (100, 200))
    return bool((np.all(later <= sooner) and np.any(later < (1 - 1e-6) * sooner)) or not np.any(sooner))


def _averages(make: Maker, k: int, degree: int) -> bool:
    """Whether a state is (1 - r) g^degree after one gradient g and r times that after one of zero."""
    first, second = _run(make, [_G], k), _run(make, [_G, _NONE], k)
    if first.shape != _SHAPE or not np.all(first):
        return False
    r = second / first
    return bool(np.all(r > 0) and np.all(r < 1)) and _same(
        first, (1 - r) * np.abs(_G) ** degree * np.sign(first)
    )


def _moves_on(make: Maker) -> bool:
    """Whether w goes on against a gradient after it has become zero, by more than rounding."""
    opt = make(np.zeros(_SHAPE))
    opt.lr = _LR
    opt.step(_G)
    stopped = opt.params.copy()
    opt.step(_NONE)
    return bool(np.sum((opt.params - stopped) * stopped) > _CLOSE * np.sum(stopped**2))


def _step_length(make: Maker, t: int) -> float:
    """Return how far a gradient of signs moves w in a fresh optimizer's step t + 1, in units of lr."""
    opt = make(np.zeros(_SHAPE))
    opt.lr, opt.t = _LR, t
    opt.step(np.sign(_G))
    return float(np.sqrt(np.mean(opt.params**2)) / _LR)


def _run(make: Maker, grads: list[Array], k: int) -> Array:
    """Return state array k after steps along some gradients from w = 0."""
    opt = make(np.zeros(_SHAPE))
    opt.lr = _LR
    for g in grads:
        opt.step(g)
    return np.array(_states(opt)[k], dtype=np.float64)


def _states(opt: Optimizer) -> list[Any]:
    states: list[Any] = opt.state_dict()["states"][0]
    return states


def _same(a: Array, b: Array) -> bool:
    return bool(np.allclose(a, b, rtol=_CLOSE, atol=_CLOSE * np.abs(b).max(initial=0.0)))


def _name(cls: type[Optimizer], k: int) -> str:
    for owner in cls.__mro__:
        for name, value in vars(owner).items():
            if isinstance(value, State) and value.number == k:
                return name
    return f"state {k}"
