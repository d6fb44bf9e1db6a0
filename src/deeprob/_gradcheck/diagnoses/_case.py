"""The evidence in units of the tolerance, and what it means that a model explains it.

Every diagnosis is a model of the analytic gradient a: c n, n + k x, the gradient of the data without one
example. A model explains a if every usable entry agrees with it within the tolerance, and if it leaves little
of the error a - n; for loose tolerances the first alone would let anything pass.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ..result import Cause
from .evidence import Evidence, Floats, Mask

_LEFT = 0.5  # share of the error that an explanation may leave, however many entries there are
_ALONE = 0.3  # the same where one entry is wrong
_ROUNDING = 4 * np.finfo(np.float64).eps  # of a model of a few operations
_TINY = 1e-290  # 0 against 0 is 0 units; far from where squares of units overflow


@dataclass(frozen=True)
class Finding:
    """A cause, and how far from its model the analytic gradient is, in units of the tolerance (2-norm)."""

    cause: Cause
    misfit: float = 0.0


class Case:
    """The usable entries of the evidence, flat: those that are finite and either agree or are wrong."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.memo: dict[str, Any] = {}  # what is found out once for all diagnoses
        a, n = evidence.analytic, evidence.numeric
        tolerance = np.broadcast_to(np.asarray(evidence.tolerance, np.float64), n.shape)
        largest = float(np.max(np.abs(a), initial=0.0))
        allowed = np.abs(tolerance) + _ROUNDING * (np.abs(a) + np.abs(n) + largest / 4) + _TINY
        finite = np.isfinite(a) & np.isfinite(n) & np.isfinite(allowed)
        wrong = np.broadcast_to(np.asarray(evidence.wrong, bool), n.shape) & finite
        self.usable = finite & (wrong | (np.abs(a - n) <= allowed))
        self.a, self.n = a[self.usable], n[self.usable]
        self.wrong = wrong[self.usable]
        self.unit = 1.0 / allowed[self.usable]
        self._measure()

    def _measure(self) -> None:
        self.r = self.a - self.n
        self.n_wrong = int(np.count_nonzero(self.wrong))
        self.error = float(np.linalg.norm(self.r * self.unit))
        self.size = float(np.linalg.norm(self.a * self.unit))

    def at(self, entries: npt.NDArray[np.intp]) -> "Case":
        """Return the case of some of the usable entries, to try many models at little cost."""
        few = object.__new__(Case)
        few.evidence, few.usable = self.evidence, self.usable
        few.a, few.n, few.unit = (v[entries] for v in (self.a, self.n, self.unit))
        few.wrong = self.wrong[entries]
        few._measure()
        return few

    # ---- models ------------------------------------------------------------------------------------

    def misfit(self, model: Floats, c: float = 1.0, *, free: int = 0, unit: Floats | None = None) -> float:
        """Return how far a is from the model, in units of the tolerance; infinite where it explains nothing.

        ``c`` is the factor with which the numeric gradient, and so its error, is in the model; ``free`` how
        many constants were fitted; ``unit`` the unit of the model's entries, where these are others.
        """
        unit = self.unit if unit is None else np.minimum(self.unit, unit)
        gap = (self.a - model) * unit
        if not gap.size or not np.all(np.abs(gap) <= 1.0 + max(1.0, abs(c))):
            return np.inf
        left = float(np.linalg.norm(gap))
        return left if left <= self._chance(free) * min(self.error, self.size) else np.inf

    def _chance(self, free: int) -> float:
        """Return how small a share of the error must be left, so that chance leaves so little once in 1,000.

        Of m wrong entries a model without relation to them leaves a share below s with a probability of
        about s^(m - free). A constant with a name need only be better than once in 100.
        """
        m = self.n_wrong
        if m <= free:
            return 0.0
        return min(_LEFT, 10.0 ** ((-3.0 if free else -2.0) / (m - free)) if m > 1 else _ALONE)

    def fit(self, target: Floats, *columns: Floats) -> tuple[float, ...]:
        """Return the columns' least-squares coefficients, by the tolerance; NaN where there are none."""
        A = np.stack([column * self.unit for column in columns])
        sizes = np.linalg.norm(A, axis=1)
        if not (np.all(sizes > 0) and np.all(np.isfinite(sizes))):
            return (np.nan,) * len(columns)
        A /= sizes[:, None]
        gram, right = A @ A.T, A @ (target * self.unit)
        if np.linalg.det(gram) < 1e-9:  # columns that cannot be told apart
            return (np.nan,) * len(columns)
        return tuple(float(k) for k in np.linalg.solve(gram, right) / sizes)

    def seen(self, part: Floats) -> int:
        """Return in how many entries a part of a model is larger than the tolerance."""
        return int(np.count_nonzero(np.abs(part * self.unit) > 1.0))

    # ---- what is known of x ------------------------------------------------------------------------

    @cached_property
    def is_gradient(self) -> bool:
        """Whether the numeric values are a scalar's gradient, entries of x."""
        e = self.evidence
        return e.output_shape == () and (e.indices is not None or e.numeric.shape == e.x.shape)

    @cached_property
    def is_whole(self) -> bool:
        """Whether all entries of x were checked, so that its rows and columns can be looked at."""
        return self.is_gradient and self.evidence.indices is None

    def pick(self, full: npt.NDArray[Any]) -> Floats:
        """Return the usable entries of an array of x's shape."""
        if self.evidence.indices is not None:
            full = full[tuple(np.asarray(self.evidence.indices).T)]
        return np.asarray(full[self.usable], np.float64)

    @cached_property
    def x(self) -> Floats:
        """The usable entries of x."""
        return self.pick(self.evidence.x)

    @cached_property
    def name(self) -> str:
        """What x is called."""
        return name_of(self.evidence)

    @cached_property
    def where(self) -> str:
        """Where in the function, for a sentence."""
        return {"regularization": " in the regularization term", "data loss": " in the data loss"}.get(
            self.evidence.term, ""
        )

    @cached_property
    def class_axis(self) -> int | None:
        """The axis of x that counts the classes, where it is known and x has it."""
        axis = self.evidence.class_axis
        return axis if axis is not None and -1 < axis < self.evidence.x.ndim else None

    def whole(self, entries: npt.NDArray[Any], fill: float = 0.0) -> npt.NDArray[Any]:
        """Return the usable entries in numeric's shape, with ``fill`` for the others."""
        full = np.full(self.usable.shape, fill, dtype=entries.dtype)
        full[self.usable] = entries
        return full


def name_of(e: Evidence) -> str:
    """Return what x is called: its name, or that of the input that is x."""
    if e.name:
        return e.name
    arrays = {name: v for name, v in e.inputs.items() if isinstance(v, np.ndarray) and v.dtype.kind == "f"}
    return next((name for name, v in arrays.items() if v is e.x or np.array_equal(v, e.x)), "x")


def simplest(findings: list[Finding], size: int) -> Finding | None:
    """Return the first finding, unless a later one explains far better: then the next that is as good.

    A tenth of the tolerance, in each of ``size`` entries, is no difference.
    """
    best = min((finding.misfit for finding in findings), default=0.0)
    return next((f for f in findings if f.misfit <= 3 * best + 0.1 * np.sqrt(size)), None)


__all__ = ["Case", "Finding", "Floats", "Mask", "name_of", "simplest"]
