"""What can be said of any disagreement: how many entries, where they are, how alike the gradients are."""

import numpy as np

from ..result import Cause
from ._case import Case, Finding
from ._words import number


def constant_offset(case: Case) -> Finding | None:
    """Return that all entries are off by the same number."""
    ones = np.ones(case.a.size)
    if case.n_wrong < 3:
        return None
    (k,) = case.fit(case.r, ones)
    misfit = case.misfit(case.n + k, free=1)
    if not np.isfinite(misfit):
        return None
    return Finding(Cause("other", f"Every entry is off by the same number{case.where}: {number(k)}."), misfit)


def offset_along_axis(case: Case) -> Finding | None:
    """Return that the error is the same along an axis: a term that is broadcast, a mean not subtracted."""
    e = case.evidence
    if not case.is_whole or e.x.ndim != 2 or not case.usable.all():
        return None
    r = e.analytic - e.numeric
    for axis, line in ((1, "row"), (0, "column")):
        if r.shape[axis] < 3:
            continue
        misfit = case.misfit((e.numeric + r.mean(axis=axis, keepdims=True)).ravel(), free=r.shape[1 - axis])
        if np.isfinite(misfit):
            text = f"analytic - numeric is one number in each {line}{case.where}: a term that is broadcast?"
            return Finding(Cause("other", text), misfit)
    return None


def other(case: Case) -> Finding:
    """Return how many entries are wrong, and where; there is always this to say."""
    if not case.seen(case.n) and case.n_wrong:
        text = (
            f"numeric is 0 everywhere{case.where}: the function does not change with {case.name}, or not "
            "with the array that was perturbed (a copy made before?)."
        )
        return Finding(Cause("other", text))
    text = f"{_where(case)}{case.where}{_alike(case)}."
    return Finding(Cause("other", text[0].upper() + text[1:]))


def _where(case: Case) -> str:
    total, wrong = case.a.size, case.n_wrong
    if wrong == total:
        return f"all {total} entries are wrong" if total > 1 else "the only entry is wrong"
    count = f"{wrong} of {total} entries {'is' if wrong == 1 else 'are'} wrong"
    return count + _line(case)


def _line(case: Case) -> str:
    """Return the row or column that all wrong entries share."""
    if not case.is_gradient or not case.n_wrong:
        return ""
    indices = case.evidence.indices
    flags = case.whole(case.wrong, False)
    at = np.argwhere(flags) if indices is None else np.asarray(indices)[flags]
    if len(at) == 1:
        return f", {case.name}[{', '.join(str(int(i)) for i in at[0])}]"
    for axis, line in enumerate(("row", "column")[: at.shape[1] if at.shape[1] > 1 else 0]):
        if np.all(at[:, axis] == at[0, axis]):
            return f", all in {line} {int(at[0, axis])}"
    return ""


def _alike(case: Case) -> str:
    """Return how alike the two gradients are as directions and in size."""
    sizes = [float(np.linalg.norm(v)) for v in (case.a, case.n)]
    if case.a.size < 2 or not all(0 < size < np.inf for size in sizes):
        return ""
    cosine = float(np.dot(case.a / sizes[0], case.n / sizes[1]))
    norms = " and ".join(f"{size:.3g}" for size in sizes)
    return f"; the cosine between analytic and numeric is {cosine:.3f}, their norms are {norms}"
