"""What kind of mistake a gradient has: from the numbers and the function's inputs to a sentence.

A diagnosis is a model of the analytic gradient with few constants: 2 n, n less 0.2 W, the sum over all
examples but one. It is made only if the model agrees with every entry within the tolerance. Simple
explanations are tried first (`diagnoses.STAGES`); where nothing fits, the cause says how many entries are
wrong, and where.
"""

from dataclasses import replace

import numpy as np

from .diagnoses import STAGES, Case, Evidence, name_of, shape, simplest
from .result import Cause

__all__ = ["Evidence", "diagnose"]


def diagnose(evidence: Evidence) -> Cause:
    """Return the simplest explanation of a gradient that is wrong; of kind "other" where there is none.

    Parameters
    ----------
    evidence : Evidence
        Both gradients, the tolerance, and whatever is known of the function.

    Returns
    -------
    Cause

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([1.0, -2.0, 3.0])
    >>> numeric, wrong = 2 * x, np.ones(3, bool)
    >>> evidence = Evidence(x, x, numeric, np.full(3, 1e-6), wrong)
    >>> diagnose(evidence).text
    'Wrong by the factor 0.5: analytic = 0.5 x numeric (is the 2 of a square missing, or one half too many?).'
    """
    with np.errstate(all="ignore"):
        cause = _diagnose(_in_float64(evidence))
    if evidence.term == "regularization" and cause.kind in (
        "factor",
        "transposed",
        "class",
        "example",
        "other",
    ):
        return replace(cause, kind="penalty")
    return cause


def _in_float64(evidence: Evidence) -> Evidence:
    x, analytic, numeric, tolerance = (
        np.asarray(v, np.float64)
        for v in (evidence.x, evidence.analytic, evidence.numeric, evidence.tolerance)
    )
    return replace(evidence, x=x, analytic=analytic, numeric=numeric, tolerance=tolerance)


def _diagnose(e: Evidence) -> Cause:
    wrong_shape = shape(e.analytic, e.numeric, e.tolerance, name_of(e), len(e.output_shape))
    if wrong_shape is not None:
        return wrong_shape
    case = Case(e)
    for stage in STAGES:
        if not case.n_wrong and np.isfinite(e.analytic).all():
            break
        findings = (diagnosis(case) for diagnosis in stage)
        found = simplest([finding for finding in findings if finding is not None], case.a.size)
        if found is not None:
            return found.cause
    return Cause("agrees", "No entry is wrong.")
