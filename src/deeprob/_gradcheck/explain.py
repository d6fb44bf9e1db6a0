"""Second thoughts about entries that disagree: a kink, a step that does not suit, round-off, or a mistake."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._around import Array, Positions
from .quotients import FINE_LADDER, LADDER, Numeric, Slopes

# What counts as clearly above the noise of a quotient, and how many of its doubts an estimate may be off.
_CLEAR = 8.0
_DOUBTS = 4.0
# From one step to the next the slopes on both sides of a smooth function draw together by 16.
_STAYS = 0.15
# The first of the ladder's steps (2^-20) whose central quotient has no truncation to speak of.
_SMALLEST = 4
# A value whose doubts are more than this part of it decides nothing.
_VAGUE = 1e-3
# Entries that are looked at again at first; the rest only where enough of these are excused.
_SAMPLE = 256

Tolerance = Callable[[Array], Array]


@dataclass(frozen=True)
class Opinion:
    """What became of entries that disagreed, (n, m): the best numeric value, its doubt, the verdict."""

    numeric: Array
    doubt: Array
    agrees: np.ndarray
    kink: np.ndarray


def second_opinion(
    numeric: Numeric, entries: Positions, analytic: Array, tolerance: Tolerance, noise: Array
) -> Opinion:
    """Judge entries by a ladder of quotients instead of one, and by a finer one where it decides nothing.

    Parameters
    ----------
    numeric : Numeric
        The numeric side.
    entries : (n,) positions
        Which entries.
    analytic : (n, m) array
        Their derivatives.
    tolerance : callable
        The largest difference that agrees, from the numeric derivatives.
    noise : (m,) array
        What rounding leaves in the output.
    """
    return by_ladders(lambda rows, levels: numeric.slopes(entries[rows], levels), analytic, tolerance, noise)


def by_ladders(
    slopes: Callable[[Positions, Array], Slopes],
    analytic: Array,
    tolerance: Tolerance,
    noise: Array,
    *,
    lenient: bool = False,
) -> Opinion:
    """Judge by ``slopes(rows, levels)``; see `second_opinion` and `judge`."""
    rows: Positions = np.arange(len(analytic))
    first = judge(slopes(rows, LADDER), analytic, tolerance, noise, lenient=lenient)
    with np.errstate(all="ignore"):
        vague = _DOUBTS * first.doubt > np.maximum(tolerance(first.numeric), _VAGUE * np.abs(first.numeric))
    again = np.flatnonzero((~first.kink & (vague | ~first.agrees)).any(axis=1))
    if not again.size:
        return first

    def allowed(values: Array) -> Array:
        everywhere = first.numeric.copy()
        everywhere[again] = values
        return tolerance(everywhere)[again]

    fine = judge(slopes(again, FINE_LADDER), analytic[again], allowed, noise, lenient=lenient)
    return _finer(first, again, fine, vague[again], allowed)


def _finer(
    first: Opinion, again: Positions, fine: Opinion, vague: np.ndarray, tolerance: Tolerance
) -> Opinion:
    """Let the finer ladder decide where it does and the first one did not, or measured something else.

    1e-8 sin(1e8 x) has quotients that agree with each other at steps far beyond its wavelength, log(x) at
    1e-9 none at all. That two values known well contradict each other tells such cases; a gradient that is
    wrong does not agree with the finer one either. (0 may: a function that rounds its input is flat there.)
    """
    numeric, doubt = first.numeric[again], first.doubt[again]
    right, kink = first.agrees[again], first.kink[again]
    with np.errstate(all="ignore"):
        known = _DOUBTS * fine.doubt <= np.maximum(tolerance(fine.numeric), 1e-2 * np.abs(fine.numeric))
        other = ~(np.abs(fine.numeric - numeric) <= _DOUBTS * (fine.doubt + doubt))
        better = vague & (fine.doubt < 0.1 * doubt)
    use = known & ~kink & (better | (other & fine.agrees & ~right & (fine.numeric != 0.0)))
    found = [first.numeric.copy(), first.doubt.copy(), first.agrees.copy(), first.kink.copy()]
    for to, one in zip(found, (fine.numeric, fine.doubt, fine.agrees, fine.kink), strict=True):
        to[again] = np.where(use, one, to[again])
    return Opinion(*found)


def judge(
    slopes: Slopes, analytic: Array, tolerance: Tolerance, noise: Array, *, lenient: bool = False
) -> Opinion:
    """Judge by a ladder of quotients; see `second_opinion`.

    An estimate whose doubt is as large as itself decides nothing, and the analytic value is wrong then;
    unless the judge is lenient.
    """
    with np.errstate(all="ignore"):
        rounding = 2.0 * noise / slopes.h[:, :, None]
        best, doubt = _best(slopes, rounding)
        close = np.abs(analytic - best)
        undecided = _DOUBTS * doubt > np.maximum(tolerance(best), 0.3 * (np.abs(analytic) + np.abs(best)))
        small = lenient | (np.maximum(np.abs(analytic), np.abs(best)) <= _DOUBTS * doubt)
        bound = np.where(undecided & ~small, doubt, _DOUBTS * doubt)
        agrees = close <= np.maximum(tolerance(best), bound)
        low, high, jump = _kink(slopes, rounding)
        slack = tolerance(best)
        between = jump & (analytic >= low - slack) & (analytic <= high + slack)
        on_a_side = _one_sided(slopes, rounding, analytic, close) & ~agrees
        near = _bends(slopes, rounding)
    return Opinion(best, doubt, agrees, between | on_a_side | (agrees & near))


def _best(slopes: Slopes, rounding: Array) -> tuple[Array, Array]:
    """Return the central quotient that differs least from its neighbours, and by how much.

    Quotients across a kink agree with each other and with nothing else: of a smooth function the slopes on
    both sides draw together by 16 from step to step, so steps at which they did not do not count, unless
    none does. At the edge of a function's domain, where one side is no number, the other side's quotients
    stand.
    """
    one_side = np.where(np.isfinite(slopes.right), slopes.right, slopes.left)
    central = np.where(np.isfinite(slopes.central), slopes.central, one_side)
    apart = np.abs(slopes.right - slopes.left)
    stays = (apart[:, 1:] > _STAYS * apart[:, :-1]) & (apart[:, 1:] > _CLEAR * rounding[:, 1:])
    # What is within a step is within all larger ones.
    stays = np.flip(np.logical_or.accumulate(np.flip(stays, axis=1), axis=1), axis=1)
    across = np.concatenate([stays[:, :1], stays], axis=1)
    across &= ~across.all(axis=1, keepdims=True)
    change = np.abs(np.diff(central, axis=1))
    change[across[:, 1:] | across[:, :-1] | ~np.isfinite(change)] = -1.0
    none = np.full_like(change[:, :1], -1.0)
    beside = np.maximum(np.concatenate([none, change], axis=1), np.concatenate([change, none], axis=1))
    # Of the smallest steps, and of those with no other to compare with, the slopes on both sides bound what
    # is between them. (Of larger ones they need not: x^3 at 0.)
    bound = np.where(np.isfinite(apart), apart, np.inf)
    doubt = np.where(beside >= 0.0, beside, bound)
    doubt[:, _SMALLEST:] = np.fmin(doubt[:, _SMALLEST:], bound[:, _SMALLEST:])
    doubt += rounding
    doubt = np.where(across | ~np.isfinite(central) | np.isnan(doubt), np.inf, doubt)
    level = np.argmin(doubt, axis=1)[:, None]
    return np.take_along_axis(central, level, 1)[:, 0], np.take_along_axis(doubt, level, 1)[:, 0]


def _kink(slopes: Slopes, rounding: Array) -> tuple[Array, Array, np.ndarray]:
    """Return the slopes on both sides of a kink at x, low and high, and where there is one.

    They are taken between one step and the next, x + h/16 and x + h, so that a kink not quite at x is
    outside. Slopes of a smooth function draw together with h; those at a kink keep their distance.
    """
    h = slopes.h[:, :, None]
    sides = [
        (side[:, :-1] * h[:, :-1] - side[:, 1:] * h[:, 1:]) / (h[:, :-1] - h[:, 1:])
        for side in (slopes.right, slopes.left)
    ]
    apart = np.abs(sides[0] - sides[1])
    clear = apart > _CLEAR * rounding[:, :-1]
    levels = apart.shape[1]
    finest = levels - 1 - np.argmax(clear[:, ::-1], axis=1)[:, None]
    right, left = (np.take_along_axis(side, finest, 1)[:, 0] for side in sides)
    before = np.take_along_axis(apart, np.maximum(finest - 1, 0), 1)[:, 0]
    stays = np.take_along_axis(apart, finest, 1)[:, 0] > _STAYS * before
    jump = clear.any(axis=1) & stays & (finest[:, 0] > 0)
    return np.minimum(right, left), np.maximum(right, left), jump


def _one_sided(slopes: Slopes, rounding: Array, analytic: Array, close: Array) -> np.ndarray:
    """Whether the analytic value is the slope on one side, known far better than the central one fails it.

    So are small kinks beside x told that a large curvature hides: with one term of the truncation removed,
    the slopes on the side without the kink agree. A kink of less than a thousandth of the slope, reg = 5e-6
    beside 0.1, may be known worse: what it could hide is as small.
    """
    found = np.zeros(analytic.shape, bool)
    share = np.where(close <= 1e-3 * np.abs(analytic), 0.1, 0.02)
    for side in (slopes.right, slopes.left):
        better = (16.0 * side[:, 1:] - side[:, :-1]) / 15.0
        change = np.abs(np.diff(better, axis=1))
        doubt = np.maximum(change[:, 1:], change[:, :-1]) + 2.0 * rounding[:, 2:-1]
        doubt = np.where(np.isfinite(doubt), doubt, np.inf)
        level = np.argmin(doubt, axis=1)[:, None]
        slope = np.take_along_axis(better[:, 1:-1], level, 1)[:, 0]
        least = _DOUBTS * np.take_along_axis(doubt, level, 1)[:, 0]
        found |= (np.abs(analytic - slope) <= least) & (least <= share * close)
    return found


def _bends(slopes: Slopes, rounding: Array) -> np.ndarray:
    """Whether the slopes on both sides are far apart at a small step: of a smooth function they are not."""
    apart = np.abs(slopes.right - slopes.left)
    size = np.maximum(np.abs(slopes.right), np.abs(slopes.left))
    small = (slopes.h <= slopes.h[:, :1] * 2.0**-11)[:, :, None]
    return np.asarray(np.any(small & (apart > _CLEAR * rounding) & (apart > 1e-2 * size), axis=1))


def opinions(
    numeric: Numeric, entries: Positions, analytic: Array, tolerance: Tolerance, noise: Array
) -> Opinion:
    """Return second opinions of all entries; of many, most of which are simply wrong, of a sample.

    The rest then keeps agrees = kink = False.
    """
    n, m = analytic.shape
    if n <= 2 * _SAMPLE or numeric.objectives is not None:
        return second_opinion(numeric, entries, analytic, tolerance, noise)
    sample = np.unique(np.linspace(0, n - 1, _SAMPLE).astype(np.intp))
    some = second_opinion(numeric, entries[sample], analytic[sample], tolerance, noise)
    if np.mean(some.agrees | some.kink) > 0.5:
        return second_opinion(numeric, entries, analytic, tolerance, noise)
    spread = [np.zeros((n, m), one.dtype) for one in (some.numeric, some.doubt, some.agrees, some.kink)]
    spread[0][...] = np.nan
    for to, one in zip(spread, (some.numeric, some.doubt, some.agrees, some.kink), strict=True):
        to[sample] = one
    return Opinion(*spread)
