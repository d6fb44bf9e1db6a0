"""The statistics of interleaved pairs: the median of the ratios, an interval that assumes no distribution."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Interval:
    """A confidence interval of the median, and the confidence that it really has."""

    low: float
    high: float
    confidence: float


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the interval between two order statistics that covers the median with ``confidence`` or more.

    The number of values below the true median is binomial (n, 1/2) whatever their distribution. The
    narrowest symmetric pair that reaches ``confidence`` is taken; with fewer than 6 values not even the
    whole range reaches 95 %, and the range is returned with the confidence that it has.
    """
    ordered = sorted(values)
    n = len(ordered)
    if n == 0:
        raise ValueError("values is empty; expected at least one")
    outside, at, covered = 0.0, 0, 0.0
    for k in range((n + 1) // 2):
        outside += math.comb(n, k) / 2**n  # the probability of k or fewer values below the median
        if k > 0 and 1 - 2 * outside < confidence:
            break
        at, covered = k, max(0.0, 1 - 2 * outside)
    return Interval(ordered[at], ordered[n - 1 - at], covered)


def summarize(ours: Sequence[float], peers: Sequence[float]) -> dict[str, float]:
    """Summarize pairs of seconds: both medians, the median of the ratios peer / ours, and its interval."""
    ratios = [peer / our for our, peer in zip(ours, peers, strict=True)]
    interval = {f"ratio_{name}": value for name, value in asdict(median_interval(ratios)).items()}
    return {
        "pairs": len(ratios),
        "ours": statistics.median(ours),
        "theirs": statistics.median(peers),
        "ours_best": min(ours),
        "theirs_best": min(peers),
        "ratio": statistics.median(ratios),
        **interval,
    }
