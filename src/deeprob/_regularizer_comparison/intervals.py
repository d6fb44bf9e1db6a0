"""Means with confidence intervals: Student's t without SciPy."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with its 95 % t-interval mean +- half.

    Attributes
    ----------
    mean : float
    half : float
        Half the interval's width, t s / sqrt(n) with t of n - 1 degrees of freedom; NaN for one seed.
    """

    mean: float
    half: float

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.mean + self.half

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside of the interval; False where nobody knows, as for one seed.

        Nor does an interval tell anything that has no width but rounding's: so do counts that happen to be
        equal, such as the accuracies of two seeds on few examples.
        """
        return abs(self.mean) > self.half > 1e-12 * max(abs(self.mean), 1e-3)


def estimate(values: npt.ArrayLike, confidence: float = 0.95) -> Estimate:
    """Return the mean of some values with its t-interval.

    Examples
    --------
    >>> round(estimate([1.0, 2.0, 3.0]).half, 9)
    2.484137712
    """
    x = np.asarray(values, np.float64)
    mean = float(x.mean())
    if x.size < 2 or not np.isfinite(x).all():
        return Estimate(mean, math.nan)
    spread = float(x.std(ddof=1))
    return Estimate(mean, t_quantile(confidence, x.size - 1) * spread / math.sqrt(x.size))


def t_quantile(confidence: float, dof: int) -> float:
    """Return the t with P(-t <= T <= t) = confidence, for Student's T with that many degrees of freedom.

    By bisection of the angle arctan(t / sqrt(dof)) in the finite sums of Abramowitz and Stegun 1964, 26.7.3
    and 26.7.4.

    Examples
    --------
    >>> round(t_quantile(0.95, 4), 9)
    2.776445105
    """
    low, high = 0.0, math.pi / 2
    while low < (middle := (low + high) / 2) < high:
        if _within(middle, dof) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(dof) * math.tan(high)


def _within(angle: float, dof: int) -> float:
    """Return P(-t <= T <= t) for t = sqrt(dof) tan(angle)."""
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = dof % 2
    term, total = (cosine if odd else 1.0), 0.0
    for k in range(odd + 2, dof + 1, 2):  # the terms up to the power dof - 2 of the cosine
        total += term
        term *= cosine * cosine * (k - 1) / k
    return (angle + sine * total) * 2 / math.pi if odd else sine * total
