"""Analytic and numeric derivatives side by side, a verdict for each, and the causes in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

KINDS: dict[str, str] = {
    "agrees": "agrees",
    "factor": "constant factor",
    "transposed": "transposed",
    "penalty": "penalty wrong",
    "class": "class wrong",
    "example": "example wrong",
    "float32": "float32 round-off",
    "kink": "kink",
    "nondeterministic": "nondeterministic",
    "not finite": "NaN or Inf",
    "shape": "wrong shape",
    "input changed": "input changed",
    "grad_output": "grad_output",
    "asymmetric": "not symmetric",
    "other": "disagrees",
}
"""What may be found, and the few words for it in tables."""

_EXCUSING = ("kink", "float32")  # the kinds that may lie beyond the tolerance and be right
_FLOOR = 1e-12  # of the course's relative error: 0 against 0 is no error


@dataclass(frozen=True)
class Cause:
    """An explanation of what was found, in a sentence.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    text : str
        The sentence: "Wrong by the factor 2: analytic = 2 x numeric."
    ok : bool
        Whether it excuses: a kink with the analytic value between the slopes, round-off of float32.
    factor : float, optional
        Where a constant factor was found: analytic = factor x numeric, of the term that it is about.
    verdicts : array of bool, optional
        The entries it explains; None stands for all that are wrong.
    """

    kind: str
    text: str
    ok: bool = False
    factor: float | None = None
    verdicts: Mask | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        _known(self.kind)

    @property
    def excuses(self) -> bool:
        """Whether a check with nothing worse is passed."""
        return self.ok or self.kind == "agrees"


@dataclass(frozen=True, eq=False)
class Comparison:
    """The analytic gradient beside the numeric one: of one output with respect to one input.

    Arrays have the input's shape followed by ``output_shape`` (for each entry of the input, the derivative of
    each entry of the output), or (k,) for k sampled entries. Where ``analytic`` has another shape, all others
    have that of ``numeric``, and there are no errors to compute: they are NaN.

    Attributes
    ----------
    term : str
        What of the function: "" for the whole, "data loss", "regularization".
    name : str
        The input's name: "W", or "inputs[0]".
    input, output : int
        Their positions.
    output_shape : tuple of int
        () for a scalar.
    analytic, numeric : arrays of float64
        The derivatives.
    tolerance : array of float64
        The largest |analytic - numeric| that agrees; one number stands for all.
    h : array of float64
        The steps of the difference quotients, broadcastable to the input's shape.
    verdicts : array of str
        A key of `KINDS` for each entry; one stands for all.
    causes : tuple of Cause
        What explains them.
    indices : (k, ndim) array of int, optional
        Which entries of the input were sampled; None: all were checked, in order.
    excused : array of bool, optional
        The entries beyond the tolerance that do not count as wrong. Default: those whose verdict is "kink" or
        "float32", unless a cause of that kind says that it is not ok.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob._gradcheck import Comparison
    >>> block = Comparison(
    ...     "", "w", 0, 0, (), np.array([2.0, 6.0]), np.array([1.0, 6.0]), 1e-5, 1e-6, ["other", "agrees"]
    ... )
    >>> block.ok, block.n_wrong
    (False, 1)
    >>> block.relative_error.round(3)
    array([0.333, 0.   ])
    """

    term: str
    name: str
    input: int
    output: int
    output_shape: tuple[int, ...]
    analytic: Floats = field(repr=False)
    numeric: Floats = field(repr=False)
    tolerance: Floats = field(repr=False)
    h: Floats = field(repr=False)
    verdicts: npt.NDArray[Any] = field(repr=False)
    causes: tuple[Cause, ...] = ()
    indices: npt.NDArray[np.intp] | None = field(default=None, repr=False)
    excused: Mask = field(default=None, repr=False)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        for name in ("analytic", "numeric", "h"):
            self._set(name, np.asarray(getattr(self, name), dtype=np.float64))
        self._set("causes", tuple(self.causes))
        self._set("tolerance", self._for_each("tolerance", np.asarray(self.tolerance, dtype=np.float64)))
        self._set("verdicts", self._for_each("verdicts", np.asarray(self.verdicts).astype("U", copy=False)))
        for kind in met([self.verdicts]):
            _known(kind)
        excused = self._excuse() if self.excused is None else np.asarray(self.excused, dtype=bool)
        beyond = np.logical_and(self._for_each("excused", excused), self.verdicts != "agrees")
        self._set("excused", np.asarray(beyond))
        if self.indices is not None:
            self._set("indices", np.asarray(self.indices, dtype=np.intp))
            if self.indices.ndim != 2 or self.indices.shape[:1] != self.numeric.shape[:1]:
                raise ValueError(
                    f"indices has shape {self.indices.shape}; expected (k, ndim), a row for each entry of "
                    f"numeric, which has shape {self.numeric.shape}"
                )

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen

    def _for_each(self, name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return an array with a value for each entry."""
        shape = self.numeric.shape
        if array.shape not in (shape, ()):
            raise ValueError(f"{name} has shape {array.shape}; expected that of numeric, {shape}")
        return np.broadcast_to(array, shape)

    def _excuse(self) -> Mask:
        guilty = {cause.kind for cause in self.causes if not cause.ok}
        kinds = [kind for kind in _EXCUSING if kind not in guilty]
        return np.isin(self.verdicts, kinds)

    @property
    def gradient_shape(self) -> tuple[int, ...]:
        """The shape of the gradient that was returned: that of analytic without the output's."""
        return self.analytic.shape[: self.analytic.ndim - len(self.output_shape)]

    @property
    def comparable(self) -> bool:
        """Whether analytic and numeric have the same shape."""
        return self.analytic.shape == self.numeric.shape

    @property
    def wrong(self) -> Mask:
        """Which entries disagree and are not excused."""
        return np.asarray(np.logical_and(self.verdicts != "agrees", ~self.excused))

    @property
    def n_wrong(self) -> int:
        """How many those are."""
        return int(np.count_nonzero(self.wrong))

    @property
    def n_excused(self) -> int:
        """How many entries beyond the tolerance are excused."""
        return int(np.count_nonzero(self.excused))

    @property
    def ok(self) -> bool:
        """Whether every entry agrees or is excused, and no cause says otherwise."""
        return self.comparable and not self.n_wrong and all(cause.excuses for cause in self.causes)

    @property
    def absolute_error(self) -> Floats:
        """|analytic - numeric|, 0 where both are the same infinity."""
        if not self.comparable:
            return np.full(self.numeric.shape, np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            error = np.abs(self.analytic - self.numeric)
        return np.where(self.analytic == self.numeric, 0.0, error)

    @property
    def relative_error(self) -> Floats:
        """|analytic - numeric| / (|analytic| + |numeric| + 1e-12), the course's."""
        if not self.comparable:
            return np.full(self.numeric.shape, np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            sizes = np.abs(self.analytic) + np.abs(self.numeric) + _FLOOR
            return np.where(self.analytic == self.numeric, 0.0, self.absolute_error / sizes)

    @property
    def ulps(self) -> Floats:
        """|analytic - numeric| in units of the last place of the larger of the two, in float64."""
        if not self.comparable:
            return np.full(self.numeric.shape, np.nan)
        with np.errstate(invalid="ignore", over="ignore"):
            unit = np.spacing(np.maximum(np.abs(self.analytic), np.abs(self.numeric)))
            return np.where(self.analytic == self.numeric, 0.0, self.absolute_error / unit)

    @property
    def excess(self) -> Floats:
        """|analytic - numeric| over the tolerance; infinite where it is no number."""
        error = self.absolute_error
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            excess = np.where(error == 0.0, 0.0, error / self.tolerance)
        return np.where(np.isnan(excess), np.inf, excess)

    def worst(self, k: int = 5) -> list[Entry]:
        """Return the k worst entries: wrong ones first, then excused ones, by error over tolerance."""
        if not self.comparable:
            return []
        first = np.where(self.wrong, 0, np.where(self.excused, 1, 2)).ravel()
        order = np.lexsort((-self.excess.ravel(), first))[:k]
        errors = self.absolute_error, self.relative_error, self.ulps
        return [self._entry(np.unravel_index(int(flat), self.numeric.shape), *errors) for flat in order]

    def _entry(self, at: tuple[Any, ...], absolute: Floats, relative: Floats, ulps: Floats) -> Entry:
        index = at if self.indices is None else (*self.indices[at[0]], *at[1:])
        return Entry(
            comparison=self,
            index=tuple(int(i) for i in index),
            analytic=float(self.analytic[at]),
            numeric=float(self.numeric[at]),
            absolute_error=float(absolute[at]),
            relative_error=float(relative[at]),
            ulps=float(ulps[at]),
            tolerance=float(self.tolerance[at]),
            verdict=str(self.verdicts[at]),
            excused=bool(self.excused[at]),
        )


@dataclass(frozen=True)
class Entry:
    """One derivative: a line of the table.

    Attributes
    ----------
    comparison : Comparison
        Whose it is.
    index : tuple of int
        Which entry of the input, and after it which of the output unless that is a scalar.
    analytic, numeric, absolute_error, relative_error, ulps, tolerance : float
        As in `Comparison`.
    verdict : str
        A key of `KINDS`.
    excused : bool
        Whether it is beyond the tolerance and does not count as wrong.
    """

    comparison: Comparison = field(repr=False)
    index: tuple[int, ...]
    analytic: float
    numeric: float
    absolute_error: float
    relative_error: float
    ulps: float
    tolerance: float
    verdict: str
    excused: bool = False

    @property
    def label(self) -> str:
        """The entry's name: ``W[3, 17]``; of an output with a shape ``W[3, 17], output[2]``."""
        block = self.comparison
        ndim = len(self.index) - len(block.output_shape)
        by, of = self.index[:ndim], self.index[ndim:]
        label = block.name + (_brackets(by) if by else "")
        output = f"output {block.output}" if block.output else "output"
        return f"{label}, {output}{_brackets(of)}" if of else label


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind is {str(kind)!r}; expected among {', '.join(map(repr, KINDS))}")


def met(verdicts: Iterable[npt.NDArray[Any]]) -> list[str]:
    """Return the kinds among verdicts, in the order in which they appear."""
    met: list[str] = []
    for rest in verdicts:
        while rest.size:  # a few kinds: much faster than sorting the strings
            met.append(str(rest.flat[0]))
            rest = rest[rest != met[-1]]
    return met


def _brackets(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"
