"""Right values in the wrong places: transposed where that keeps the shape, reshaped, reversed."""

import itertools
import math
from collections.abc import Iterator

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._words import number

_FACTORS = (1.0, -1.0, 2.0, 0.5)


def transposed(case: Case) -> Finding | None:
    """Return the rearrangement of the numeric gradient that the analytic one is."""
    if not case.usable.all() or case.n_wrong < 2:
        return None  # where entries are not usable, their partners are not known
    for words, model in _rearranged(case):
        for c in _FACTORS:
            misfit = case.misfit(c * model.ravel(), c)
            if math.isfinite(misfit):
                besides = "" if c == 1 else f", and wrong by the factor {number(c)} besides"
                cause = Cause("transposed", f"{words}{besides}.", factor=None if c == 1 else c)
                return Finding(cause, misfit)
    return None


def _rearranged(case: Case) -> Iterator[tuple[str, Floats]]:
    n, name = case.evidence.numeric, case.name
    where = f"The gradient{case.where}" if case.where else "The gradient"
    if case.is_whole:
        for i, j in itertools.combinations(range(n.ndim), 2):
            if n.shape[i] == n.shape[j]:
                what = f": analytic[i, j] is the derivative by {name}[j, i]"
                axes = what if n.ndim == 2 else f" in its axes {i} and {j}"
                yield f"{where} is transposed{axes}", np.swapaxes(n, i, j)
        if n.ndim > 1 and min(n.shape) > 1:
            yield (
                f"{where} is transposed by a reshape: its values are those of {name}.T, read row by row",
                n.T.reshape(n.shape),
            )
            yield (
                f"{where} is transposed by a reshape: its values are right, read column by column",
                n.reshape(n.shape[::-1]).T,
            )
        for axis in range(n.ndim if n.ndim > 1 else 0):
            yield f"{where} is reversed along axis {axis}", np.flip(n, axis)
        if n.ndim > 1:
            yield f"{where} is reversed along all axes", np.flip(n)
    elif case.evidence.output_shape and case.evidence.indices is None:
        inputs = case.evidence.x.size
        outputs = math.prod(case.evidence.output_shape)
        if inputs == outputs > 1:
            words = f"{where}'s Jacobian is transposed: output and input have changed places"
            yield words, n.reshape(inputs, outputs).T.reshape(n.shape)
