"""`compare_regularizers`: its call (`entry`), the methods (`settings`), one training (`run`), the result."""

from .entry import compare_regularizers
from .result import RegularizerComparison, RegularizerRuns
from .settings import METHODS, RESIDUAL, Regularizer

__all__ = [
    "METHODS",
    "RESIDUAL",
    "Regularizer",
    "RegularizerComparison",
    "RegularizerRuns",
    "compare_regularizers",
]
