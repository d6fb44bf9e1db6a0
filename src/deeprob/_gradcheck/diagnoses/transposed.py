"""Right values in the wrong places: transposed where that keeps the shape, reshaped, reversed."""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._words import number

Rearranged = Callable[[Floats], Floats]
_FACTORS = (1.0, -1.0, 2.0, 0.5)


def transposed(case: Case) -> Finding | None:
    """Return the rearrangement of the numeric gradient that the analytic one is."""
    if not case.usable.all() or case.n_wrong < 2:
        return None  # where entries are not usable, their partners are not known
    for words, rearranged in _rearrangements(case):
        unit = rearranged(case.unit.reshape(case.usable.shape)).ravel()
        model = rearranged(case.evidence.numeric).ravel()
        for c in _FACTORS:
            misfit = case.misfit(c * model, c, free=1, unit=unit)
            if math.isfinite(misfit):
                besides = "" if c == 1 else f", and wrong by the factor {number(c)} besides"
                cause = Cause("transposed", f"{words}{besides}.", factor=None if c == 1 else c)
                return Finding(cause, misfit)
    return None


def _rearrangements(case: Case) -> Iterator[tuple[str, Rearranged]]:
    """Return what may have happened to the gradient, in words and as a function."""
    shape, name = case.evidence.numeric.shape, case.name
    where = f"The gradient{case.where}"
    if case.is_whole and len(shape) > 1:
        for i, j in itertools.combinations(range(len(shape)), 2):
            if shape[i] == shape[j]:
                what = f": analytic[i, j] is the derivative by {name}[j, i]"
                axes = what if len(shape) == 2 else f" in its axes {i} and {j}"
                yield f"{where} is transposed{axes}", partial(np.swapaxes, axis1=i, axis2=j)
        by_reshape = f"{where} is transposed by a reshape: its values are"
        yield f"{by_reshape} those of {name}.T, read row by row", lambda v: v.T.reshape(shape)
        yield f"{by_reshape} right, read column by column", lambda v: v.reshape(shape[::-1]).T
        for axis in range(len(shape)):
            if axis != case.class_axis:  # whose order is `classes`' subject
                yield f"{where} is reversed along axis {axis}", partial(np.flip, axis=axis)
        yield f"{where} is reversed along all axes", np.flip
    elif case.evidence.output_shape and case.evidence.indices is None:
        inputs, outputs = case.evidence.x.size, math.prod(case.evidence.output_shape)
        if inputs == outputs > 1:
            words = f"{where}'s Jacobian is transposed: output and input have changed places"
            yield words, lambda v: v.reshape(inputs, outputs).T.reshape(shape)
