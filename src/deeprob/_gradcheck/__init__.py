"""Gradient checks: what they find (`result`), and how it is told (`report`)."""

from .result import KINDS, Cause, Comparison, Entry, GradcheckError, GradCheckResult

__all__ = ["KINDS", "Cause", "Comparison", "Entry", "GradCheckResult", "GradcheckError"]
