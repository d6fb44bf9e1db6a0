"""What the problems of More, Garbow and Hillstrom have in common: sizes, starts, known minima."""

from typing import Any, ClassVar

import numpy as np

from ..._arguments import as_count
from .._base import Limits
from .._least_squares import LeastSquares

Array = Any  # of w's dtype, which is float64 but in tests


class Problem(LeastSquares):
    """One problem; a class gives its name, number, sizes, start and minima, and its three functions.

    Code counts variables x and residuals r from 0, formulas in docstrings from 1 as the paper does. The three
    functions compute in the dtype of w, so that tests can ask for more digits.

    Parameters
    ----------
    n, m : int, optional
        The numbers of variables and residuals where the problem leaves them free; default the usual ones.
    """

    title: ClassVar[str]
    number: ClassVar[int]
    usual: ClassVar[tuple[int, int]]
    """n and m."""
    n_free: ClassVar[tuple[int, int, int] | None] = None
    """The least, the most and the step of n, where it is free; m is then `_m_of` n."""
    m_most: ClassVar[int | None] = None
    """Where m is free: the most, it is at least n."""
    first: ClassVar[tuple[float, ...]] = ()
    best: ClassVar[tuple[tuple[float, ...], ...]] = ()
    """The start, repeated for larger n, and known minimizers: of one number for any n, or of n."""
    least: ClassVar[Any] = 0.0
    """The minimum: a number, or one for each (n, m) where it is known.

    Where the paper prints six digits, they and the minimizers are those of a Newton iteration in longdouble.
    """
    shown: ClassVar[Limits | None] = None

    def __init__(self, n: int | None = None, m: int | None = None) -> None:
        self.m = 0
        variables, self.m = self._sizes(n, m)
        super().__init__(
            self.title,
            start=self._start(variables),
            minima=self._minima(variables),
            minimum=self._minimum(variables),
            limits=self.shown,
            parameters={"n": variables, "m": self.m},
        )

    def _sizes(self, n: int | None, m: int | None) -> tuple[int, int]:
        """Return the numbers of variables and residuals, or say why there is no such problem."""
        variables = self.usual[0] if n is None else as_count(n, "n", 1)
        if self.n_free is None:
            self._same(variables, self.usual[0], "n", n)
        else:
            least, most, step = self.n_free
            if not least <= variables <= most or variables % step:
                multiple = f" and a multiple of {step}" if step > 1 else ""
                raise ValueError(f"n is {n}; {self.title} expects {least} to {most}{multiple}")
        if self.m_most is None:
            expected = self._m_of(variables)
            self._same(expected if m is None else as_count(m, "m", 1), expected, "m", m)
            return variables, expected
        residuals = max(self.usual[1], variables) if m is None else as_count(m, "m", 1)
        if not variables <= residuals <= self.m_most:
            raise ValueError(f"m is {residuals}; {self.title} expects n = {variables} to {self.m_most}")
        return variables, residuals

    def _same(self, value: int, expected: int, name: str, given: int | None) -> None:
        if value != expected:
            raise ValueError(f"{name} is {given}; {self.title} has {name} = {expected}")

    def _m_of(self, n: int) -> int:
        return n if self.n_free else self.usual[1]

    def _start(self, n: int) -> Array:
        return self.first if n == len(self.first) else np.tile(self.first, n // len(self.first))

    def _minima(self, n: int) -> Array:
        if np.isnan(self._minimum(n)):
            return ()
        return [np.resize(point, n) for point in self.best if len(point) in (1, n)]

    def _minimum(self, n: int) -> float:
        if isinstance(self.least, dict):
            return float(self.least.get((n, self.m), np.nan))
        return float(self.least)


def symmetric(n: int, w: Array, entries: dict[tuple[int, int], Any]) -> Array:
    """Return the symmetric (n, n) matrix of w's dtype with these entries (i, j), i <= j, and 0 elsewhere."""
    H = np.zeros((n, n), w.dtype)
    for (i, j), value in entries.items():
        H[i, j] = H[j, i] = value
    return H


def weighted(r: Array, V: Array) -> Array:
    """Return sum_i r_i v_i v_i', where v_i are the rows of V."""
    return (V.T * r) @ V
