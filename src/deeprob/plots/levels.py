"""Levels for contour lines."""

import numpy as np
import numpy.typing as npt

_LEVELS = 16


def contour_levels(
    values: npt.ArrayLike, minimum: float = float("nan"), count: int = _LEVELS
) -> npt.NDArray[np.float64]:
    """Return good levels for contour lines: dense near the minimum, where optimizers end.

    Parameters
    ----------
    values : array
        The values on a grid; those that are not finite are left out.
    minimum : float
        The landscape's minimum; NaN: the smallest value. Above it levels are even on a log scale. -inf:
        there is none, and levels are even.
    count : int
        At most how many.

    Returns
    -------
    (k,) array of float64
        Rising; none when all values are the same.

    Examples
    --------
    >>> from deeprob import landscapes, plots
    >>> x = [-1.0, -0.5, 0.0, 0.5, 1.0]
    >>> plots.contour_levels(landscapes.saddle().grid(x, x), minimum=float("-inf"), count=3)
    array([-0.5,  0. ,  0.5])
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not finite.size or finite.min() == finite.max():
        return np.zeros(0)
    if minimum == -np.inf:
        return np.linspace(finite.min(), finite.max(), count + 2)[1:-1]
    base = finite.min() if np.isnan(minimum) else min(minimum, finite.min())
    above = finite[finite > base] - base
    # The lowest line surrounds about one point in 200 of the grid, the highest leaves as many outside.
    low, high = np.quantile(above, [0.005, 0.995])
    if low == high:
        return np.array([base + high])
    # At most two lines for each factor of 2, so that many shallow minima do not turn grey.
    count = min(count, max(5, round(2 * np.log2(high / low))))
    return np.unique(base + np.geomspace(low, high, count))
