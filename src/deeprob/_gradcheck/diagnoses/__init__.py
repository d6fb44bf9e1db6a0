"""The diagnoses, by subject: each a small function of a `Case` that finds its mistake or returns None."""

from collections.abc import Callable

from ._case import Case, Finding, name_of, simplest
from .classes import classes, confined, order, own_factors
from .combined import combined
from .evidence import Evidence
from .example import example
from .factor import factor, part
from .label import label
from .other import constant_offset, offset_along_axis, other
from .penalty import apart, penalty
from .shapes import not_finite, shape
from .transposed import transposed

STAGES: tuple[tuple[Callable[[Case], Finding | None], ...], ...] = (
    (not_finite,),
    (apart,),
    (factor, transposed, penalty),
    (classes, order),
    (combined,),
    (label,),
    (example,),
    (part, constant_offset),
    (own_factors, offset_along_axis),
    (confined,),
    (other,),
)
"""In the order in which they are tried; of those of one stage the first that fits well is taken."""

__all__ = ["STAGES", "Case", "Evidence", "Finding", "name_of", "shape", "simplest"]
