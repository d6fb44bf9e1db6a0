"""Gradients of another shape than x's, and gradients that are no numbers."""

import numpy as np

from ..result import Cause
from ._case import Case, Finding, Floats
from ._words import number


def not_finite(case: Case) -> Finding | None:
    """NaN or infinity in the analytic gradient."""
    a = case.evidence.analytic
    bad = ~np.isfinite(a)
    count = int(np.count_nonzero(bad))
    if not count:
        return None
    at = tuple(int(i) for i in np.argwhere(bad)[0])
    kind = "NaN" if np.isnan(a[at]) else "infinite"
    index = f"[{', '.join(map(str, at))}]" if at else ""
    text = (
        f"analytic{index} is {kind}, one of {count} such entries"
        if count > 1
        else f"analytic{index} is {kind}"
    )
    return Finding(Cause("not finite", f"{text}."))


def shape(evidence_a: Floats, n: Floats, tolerance: Floats, name: str, outputs: int = 0) -> Cause | None:
    """Return what is wrong with the shape, and whether the values would be right in another one.

    The last ``outputs`` axes count the output's entries, and are no part of the gradient's shape.
    """
    a = evidence_a
    if a.shape == n.shape:
        return None
    tolerance = np.broadcast_to(tolerance, n.shape)
    given, expected = (one.shape[: one.ndim - outputs] for one in (a, n))
    it_is = f"The gradient has shape {given}, {name} has {expected}"
    if a.ndim == n.ndim > 1 and a.shape == n.shape[::-1]:
        return _transposed(a, n, tolerance, it_is, name)
    if a.size == n.size:
        if _same(a.reshape(n.shape), n, tolerance):
            return Cause("shape", f"{it_is}; its values are right: reshape it to {name}.shape.")
        if n.ndim > 1 and _same(a.reshape(n.shape[::-1]).T, n, tolerance):
            return Cause(
                "transposed",
                f"{it_is}, and its values are in the order of {name}.T: reshape, then transpose.",
            )
        return Cause("shape", f"{it_is}, and its values differ as well.")
    return Cause("shape", f"{it_is}{_reduced(a, n, tolerance)}.")


def _transposed(a: Floats, n: Floats, tolerance: Floats, it_is: str, name: str) -> Cause:
    it_is = f"{it_is}: it is transposed"
    if _same(a.T, n, tolerance):
        return Cause("transposed", f"{it_is}; its values are right: return the transpose.")
    if _same(a.reshape(n.shape), n, tolerance):
        return Cause("shape", f"{it_is}, but its values are in the order of {name}: reshape it.")
    square = float(np.sum(n * n))
    c = float(np.sum(a.T * n)) / square if square > 0 else np.nan
    nearest = min((-1.0, 2.0, 0.5, -2.0), key=lambda k: abs(k - c))
    for factor in (nearest, c):
        if np.isfinite(factor) and _same(a.T, factor * n, tolerance * (1 + abs(factor))):
            text = f"{it_is}, and wrong by the factor {number(factor)} besides."
            return Cause("transposed", text, factor=factor)
    return Cause("transposed", f"{it_is}, and its values differ as well.")


def _reduced(a: Floats, n: Floats, tolerance: Floats) -> str:
    """Return which sum over an axis is missing, if one is: a bias's gradient is summed over the examples."""
    for axis in range(a.ndim):
        for words, values in (("sum", a.sum(axis)), ("mean", a.mean(axis) if a.shape[axis] else a.sum(axis))):
            if values.shape == n.shape and _same(values, n, tolerance):
                return f": its {words} over axis {axis} is missing; {words} it and its values are right"
            if values.size == n.size and _same(values.reshape(n.shape), n, tolerance):
                return f": its {words} over axis {axis} is missing, and a reshape"
    if a.size and n.size % a.size == 0:
        try:
            if _same(np.broadcast_to(a, n.shape), n, tolerance):
                return ": its values are right where they are repeated along the missing axes"
        except ValueError:
            pass
    return ""


def _same(a: Floats, n: Floats, tolerance: Floats) -> bool:
    eps = 4 * np.finfo(np.float64).eps
    return bool(np.all(np.abs(a - n) <= tolerance + eps * (np.abs(a) + np.abs(n))))
