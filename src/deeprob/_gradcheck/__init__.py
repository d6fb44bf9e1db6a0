"""Gradient checks: the functions, what they find (`result`), how it is told (`report`)."""

from .call import gradcheck
from .result import KINDS, Cause, Comparison, Entry, GradcheckError, GradCheckResult
from .second import gradgradcheck
from .sparse import grad_check_sparse

__all__ = [
    "KINDS",
    "Cause",
    "Comparison",
    "Entry",
    "GradCheckResult",
    "GradcheckError",
    "grad_check_sparse",
    "gradcheck",
    "gradgradcheck",
]
