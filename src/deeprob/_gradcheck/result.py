"""The result of a gradient check, true or false as its verdict, and the error that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .comparison import KINDS, Cause, Comparison, Entry, Floats, met

if TYPE_CHECKING:
    from ..plots import GradCheckDisplay

__all__ = ["KINDS", "Cause", "Comparison", "Entry", "GradCheckResult", "GradcheckError"]


@dataclass(frozen=True, eq=False, repr=False)
class GradCheckResult:
    """What a gradient check found: true if the gradient is right; printed, it says what is wrong.

    Attributes
    ----------
    comparisons : tuple of Comparison
        One for each output, input and term.
    causes : tuple of Cause
        Those that are about the whole function: it is random, it writes into its inputs. Those about an input
        are in its `Comparison`; ``all_causes`` has all.
    settings : dict
        What was asked for: "check" (the function's name), "mode" ("slow", "fast", "strict" or "sparse"), the
        step and the tolerances.
    evaluations : int
        How often the function was called.
    notes : tuple of str
        What else the reader should know, such as inputs that were not checked.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob._gradcheck import Cause, Comparison, GradCheckResult
    >>> numeric = np.array([2.0, -4.0])
    >>> cause = Cause("factor", "Wrong by the factor 0.5: analytic = 0.5 x numeric.", factor=0.5)
    >>> block = Comparison("", "w", 0, 0, (), numeric / 2, numeric, 1e-5, 1e-6, "factor", (cause,))
    >>> result = GradCheckResult((block,), (), {"check": "gradcheck"}, evaluations=5)
    >>> bool(result), result.kind, result.factor
    (False, 'factor', 0.5)
    >>> result.worst(1)[0].label
    'w[1]'
    """

    comparisons: tuple[Comparison, ...]
    causes: tuple[Cause, ...]
    settings: dict[str, Any]
    evaluations: int
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.ok

    @property
    def ok(self) -> bool:
        """Whether every comparison is right and no cause speaks against it."""
        return all(cause.excuses for cause in self.causes) and all(block.ok for block in self.comparisons)

    @property
    def all_causes(self) -> tuple[Cause, ...]:
        """The causes about the whole function, then those about its inputs."""
        return (*self.causes, *(cause for block in self.comparisons for cause in block.causes))

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds met besides agreement, the most important first; ("agrees",) if there is no other."""
        causes = self.all_causes
        kinds = [cause.kind for cause in causes if not cause.excuses]
        kinds += met(block.verdicts[block.wrong] for block in self.comparisons)
        kinds += [cause.kind for cause in causes if cause.excuses]
        kinds += met(block.verdicts[block.excused] for block in self.comparisons)
        return tuple(dict.fromkeys(kind for kind in kinds if kind != "agrees")) or ("agrees",)

    @property
    def kind(self) -> str:
        """The first kind of mistake; without one the first that excuses ("kink"), else "agrees"."""
        return self.kinds[0]

    @property
    def factor(self) -> float | None:
        """The constant factor of the first cause of this ``kind``, if it found one."""
        return next((cause.factor for cause in self.all_causes if cause.kind == self.kind), None)

    def worst(self, k: int = 5) -> list[Entry]:
        """Return the k worst entries of all comparisons: wrong ones first, by error over tolerance."""
        entries = [entry for block in self.comparisons for entry in block.worst(k)]
        return sorted(entries, key=_badness)[:k]

    @property
    def indices(self) -> npt.NDArray[np.intp] | None:
        """Which entries were sampled, of the first comparison, (k, ndim); None if all were checked."""
        return self.comparisons[0].indices if self.comparisons else None

    @property
    def analytic(self) -> Floats:
        """The analytic derivatives of the first comparison."""
        return self.comparisons[0].analytic if self.comparisons else np.empty(0)

    @property
    def numeric(self) -> Floats:
        """The numeric derivatives of the first comparison."""
        return self.comparisons[0].numeric if self.comparisons else np.empty(0)

    @property
    def errors(self) -> Floats:
        """The relative errors of the first comparison, as the course defines them."""
        return self.comparisons[0].relative_error if self.comparisons else np.empty(0)

    def text(self) -> str:
        """Return the report: of a passed check a line or two, else the causes and the worst entries."""
        from .report import text

        return text(self)

    def __repr__(self) -> str:
        return self.text()

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from .report import html

        return html(self)

    def plot(self, ax: Any = None) -> GradCheckDisplay:
        """Draw the analytic against the numeric derivatives, and their differences (`GradCheckDisplay`)."""
        from ..plots import GradCheckDisplay

        return GradCheckDisplay.from_result(self).plot(ax)


class GradcheckError(RuntimeError):
    """The gradient is wrong; the message is the report.

    Parameters
    ----------
    result : GradCheckResult
        What was found; kept as ``result``.
    """

    def __init__(self, result: GradCheckResult) -> None:
        super().__init__(result.text())
        self.result = result

    def __reduce__(self) -> tuple[type[GradcheckError], tuple[GradCheckResult]]:
        return type(self), (self.result,)  # so that it reaches another process whole


def _badness(entry: Entry) -> tuple[int, float]:
    """Sort key: wrong before excused before right, then the error over the tolerance, falling."""
    rank = 1 if entry.excused else 2 if entry.verdict == "agrees" else 0
    if entry.absolute_error == 0.0:
        return rank, 0.0
    over = entry.absolute_error / entry.tolerance if entry.tolerance else np.inf
    return rank, -np.inf if np.isnan(over) else -float(over)
