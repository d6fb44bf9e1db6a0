"""Gradient checks: the functions, what they find (`result`), how it is told (`report`).

The modules, in the order in which a check comes to them:

===============================  ===============================================================
``call``, ``second``             the functions' arguments: `gradcheck`, `gradgradcheck`
``sparse``                       `grad_check_sparse`, a way of its own past ``check`` and ``fast``
``settings``                     the arguments, checked
``function``                     what is checked: its inputs, outputs and analytic gradients
``check``                        a check from beginning to end
``fast``                         one random projection in place of all entries
``terms``                        the data loss and the regularizer as functions of their own
``compare``                      analytic beside numeric: tolerances and verdicts
``quotients``                    the numeric side, on `deeprob._around`
``explain``                      entries that disagree: a kink, round-off, or a mistake
``diagnose``, ``diagnoses``      which mistake
``comparison``, ``result``       what is found: data
``words``, ``report``            what is said of it, and its look
===============================  ===============================================================
"""

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
