"""A linear classifier's examples: how derivatives by the scores become a gradient of x.

The scores are S = X W' (+ b), (N, C). A gradient by the scores M, (N, C), is a sum over the examples of
M[i]' X[i] / N in W's shape, of M[i] / N in b's, and is M / N itself where x is the scores.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ._case import Case, Floats

_PROBE = 150_000  # examples times entries of a probe: a fraction of a millisecond
_MOST_ENTRIES = 2_000
_MOST_VALUES = 30_000_000  # of X, which is copied as float64


@dataclass(frozen=True)
class Linear:
    """Where x stands in S = X W' + b.

    Attributes
    ----------
    case : Case
    X : (N, D) array
        The examples; a column of ones where x is the bias; empty where x is the scores.
    y : (N,) array of int
    S : (N, C) array
        The scores.
    role : str
        "W", "b" or "s": what x is.
    axis : int
        Which axis of x counts the classes.
    """

    case: Case
    X: Floats
    y: npt.NDArray[np.intp]
    S: Floats
    role: str
    axis: int

    @property
    def N(self) -> int:  # noqa: N802 (the lecture's name)
        """The number of examples."""
        return len(self.y)

    @property
    def C(self) -> int:  # noqa: N802
        """The number of classes; 1 where x is a vector of weights."""
        return int(self.S.shape[1])

    @property
    def slice(self) -> str:
        """What of x belongs to a class: "row" or "column"."""
        return "row" if self.axis == 0 and self.role == "W" else "column" if self.role == "W" else "entry"

    def gradient(self, M: Floats) -> Floats:
        """Return the usable entries of M' X / N."""
        if self.role == "s":
            return self.case.pick(M / self.N)
        G = M.T @ self.X / self.N
        return self.case.pick((G if self.axis == 0 else G.T).reshape(self.case.evidence.x.shape))

    @cached_property
    def probe(self) -> npt.NDArray[np.intp]:
        """Some of the usable entries: those that are most wrong, and others at random."""
        m = self.case.a.size
        size = max(64, min(_MOST_ENTRIES, _PROBE // self.N))
        if m <= size:
            return np.arange(m)
        worst = np.argsort(np.abs(self.case.r * self.case.unit))[m - size // 2 :]
        return np.union1d(worst, np.random.RandomState(0).randint(0, m, size - size // 2))

    @cached_property
    def few(self) -> Case:
        """The case of the probe."""
        return self.case.at(self.probe)

    @cached_property
    def _coordinates(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """The class and the feature (or, of scores, the example) of each entry of the probe."""
        e = self.case.evidence
        if e.indices is not None:
            index = np.asarray(e.indices)[self.case.usable][self.probe]
        else:
            flat = np.flatnonzero(self.case.usable)[self.probe]
            index = np.stack(np.unravel_index(flat, e.x.shape), axis=1)
        zeros = np.zeros(len(index), np.intp)
        if self.role == "b":
            return index[:, 0], zeros
        if index.shape[1] == 1:  # a vector of weights has one class
            return zeros, index[:, 0]
        return index[:, self.axis], index[:, 1 - self.axis]

    @cached_property
    def _columns(self) -> Floats:
        return np.asarray(self.X[:, self._coordinates[1]])

    def sketch(self, M: Floats) -> Floats:
        """Return `gradient` at the probe."""
        c, d = self._coordinates
        if self.role == "s":
            return np.asarray(M[d, c] / self.N)
        return np.asarray(np.einsum("nk,nk->k", M[:, c], self._columns) / self.N)

    def terms(self, M: Floats) -> Floats:
        """Return each example's part of `sketch`: (N, entries)."""
        return M[:, self._coordinates[0]] * self._columns / self.N


def linear_models(case: Case) -> Iterator[Linear]:
    """Return the ways in which x can be the weights, the bias or the scores of the examples."""
    e = case.evidence
    if e.examples is None or not case.is_gradient or not case.a.size:
        return
    X, y = np.asarray(e.examples[0]), np.asarray(e.examples[1])
    if X.ndim != 2 or y.shape != X.shape[:1] or not len(y) or y.dtype.kind not in "iu":
        return
    if X.size > _MOST_VALUES:
        return
    X, y = np.asarray(X, np.float64), y.astype(np.intp)
    if not np.isfinite(X).all():
        return
    if e.x.ndim == 1:
        yield from _of_vector(case, X, y)
    elif e.x.ndim == 2:
        yield from _of_matrix(case, X, y)


def _of_vector(case: Case, X: Floats, y: npt.NDArray[np.intp]) -> Iterator[Linear]:
    x = case.evidence.x
    if x.size == X.shape[1]:
        yield Linear(case, X, y, (X @ x)[:, None], "W", 0)
    for W in _others(case):
        for axis in (0, 1):
            if W.shape == ((x.size, X.shape[1]) if axis == 0 else (X.shape[1], x.size)) and _fits(y, x.size):
                S = X @ (W.T if axis == 0 else W) + x
                yield Linear(case, np.ones((len(y), 1)), y, S, "b", 0)


def _of_matrix(case: Case, X: Floats, y: npt.NDArray[np.intp]) -> Iterator[Linear]:
    x = case.evidence.x
    if x.shape == X.shape and np.array_equal(x, X) and _fits(y, x.shape[1]):
        yield Linear(case, np.empty((len(y), 0)), y, x, "s", 1)
    for axis in (0, 1) if case.class_axis is None else (case.class_axis,):
        if x.shape[1 - axis] == X.shape[1] and _fits(y, x.shape[axis]):
            S = X @ (x.T if axis == 0 else x)
            biases = [b for b in _others(case) if b.shape == (S.shape[1],)]
            yield Linear(case, X, y, S + biases[0] if len(biases) == 1 else S, "W", axis)


def _others(case: Case) -> list[npt.NDArray[Any]]:
    """Return the floating-point arrays beside x."""
    e = case.evidence
    arrays = (np.asarray(v) for v in e.inputs.values() if isinstance(v, np.ndarray) and v is not e.x)
    return [v for v in arrays if v.dtype.kind == "f" and v.ndim in (1, 2)]


def _fits(y: npt.NDArray[np.intp], classes: int) -> bool:
    return bool(y.min() >= 0 and y.max() < classes)
