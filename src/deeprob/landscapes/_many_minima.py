"""Landscapes with several minima: Himmelblau, Styblinski-Tang, Rastrigin, the lecture's curve."""

from typing import Any

import numpy as np

from .._arguments import answers_keywords, as_count
from ._base import Array, Landscape
from ._kernel import KernelLandscape
from ._separable import SeparableLandscape

# Roots of x + (11 - x^2)^2 = 7, where y = 11 - x^2; of 4 x^3 - 32 x + 5 = 0, and the value there.
_HIMMELBLAU = (
    (3.0, 2.0),
    (-2.805118086952744853, 3.131312518250572966),
    (-3.779310253377746892, -3.283185991286169412),
    (3.584428340330491745, -1.848126526964403554),
)
_STYBLINSKI_TANG = -2.903534027771177095
_STYBLINSKI_TANG_MINIMUM = -39.16616570377141546


@answers_keywords
def himmelblau() -> Landscape:
    """Make Himmelblau's function (x^2 + y - 11)^2 + (x + y^2 - 7)^2, with four minima of the same value.

    Of Himmelblau (1972). Which minimum is found depends on the start and on the optimizer.

    Returns
    -------
    Landscape
        Starts at (0, 0); the minimum is 0 at (3, 2) and three other points.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.himmelblau().minima.round(3)
    array([[ 3.   ,  2.   ],
           [-2.805,  3.131],
           [-3.779, -3.283],
           [ 3.584, -1.848]])
    """
    limits = ((-5.5, 5.5), (-5.5, 5.5))
    return KernelLandscape("himmelblau", start=(0.0, 0.0), minima=_HIMMELBLAU, minimum=0.0, limits=limits)


def _tang(w: Array) -> Array:
    return 0.5 * (((w * w - 16.0) * w + 5.0) * w)


def _tang_slope(w: Array) -> Array:
    return (2.0 * w * w - 16.0) * w + 2.5


def _tang_curvature(w: Array) -> Array:
    return 6.0 * w * w - 16.0


@answers_keywords
def styblinski_tang(n: int = 2) -> Landscape:
    """Make the function of Styblinski and Tang (1990), sum_i (w_i^4 - 16 w_i^2 + 5 w_i) / 2.

    In each variable a global minimum at -2.904 and a local one at 2.747: 2^n minima, one of them global.

    Parameters
    ----------
    n : int
        The number of variables, at least 1.

    Returns
    -------
    Landscape
        Starts at (1, ..., 1), from where one runs into the highest minimum; the global one is -39.166 n.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscape = landscapes.styblinski_tang()
    >>> round(landscape.minimum, 3), landscape.minima.round(3)
    (-78.332, array([[-2.904, -2.904]]))
    """
    size = as_count(n, "n", 1)
    about: dict[str, Any] = {
        "start": np.ones(size),
        "minima": np.full((1, size), _STYBLINSKI_TANG),
        "minimum": _STYBLINSKI_TANG_MINIMUM * size,
        "limits": ((-5.0, 5.0),) * size,
        "parameters": {"n": size},
    }
    if size == 2:
        return KernelLandscape("styblinski_tang", **about)
    return SeparableLandscape("styblinski_tang", _tang, _tang_slope, _tang_curvature, **about)


def _wave(w: Array) -> Array:
    s = np.sin(np.pi * w)
    return w * w + 20.0 * s * s


def _wave_slope(w: Array) -> Array:
    return 2.0 * w + 20.0 * np.pi * np.sin(2.0 * np.pi * w)


def _wave_curvature(w: Array) -> Array:
    return 2.0 + 40.0 * np.pi * np.pi * np.cos(2.0 * np.pi * w)


@answers_keywords
def rastrigin(n: int = 2) -> Landscape:
    """Make Rastrigin's function 10 n + sum_i w_i^2 - 10 cos(2 pi w_i), a bowl full of minima.

    Of Rastrigin (1974): one near every point of integers.

    Parameters
    ----------
    n : int
        The number of variables, at least 1.

    Returns
    -------
    Landscape
        Starts at (-2.2, 3.3) (and so on); the global minimum is 0 at 0.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.rastrigin()([0.0, 0.0])
    (0.0, array([0., 0.]))
    """
    size = as_count(n, "n", 1)
    about: dict[str, Any] = {
        "start": np.where(np.arange(size) % 2 == 0, -2.2, 3.3),
        "minima": np.zeros((1, size)),
        "minimum": 0.0,
        "limits": ((-5.12, 5.12),) * size,
        "parameters": {"n": size},
    }
    if size == 2:
        return KernelLandscape("rastrigin", **about)
    return SeparableLandscape("rastrigin", _wave, _wave_slope, _wave_curvature, **about)


def _curve(w: Array) -> Array:
    return ((w / 4.0 - 1.0 / 3.0) * w - 1.0) * w * w


def _curve_slope(w: Array) -> Array:
    return w * (w + 1.0) * (w - 2.0)


def _curve_curvature(w: Array) -> Array:
    return (3.0 * w - 2.0) * w - 2.0


@answers_keywords
def local_minimum() -> Landscape:
    """Make a curve with a local and a global minimum (lecture, L4-34): x^4 / 4 - x^3 / 3 - x^2.

    Of one variable; its derivative is x (x + 1) (x - 2): a local minimum at -1, a top at 0, the global
    minimum at 2. Gradient descent from the start gets stuck in the first; momentum 0.9 at lr 0.05 rolls
    through it (L4-38).

    Returns
    -------
    Landscape
        Starts at -1.8; the minimum is -8/3 at 2, the local one -5/12 at -1.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> curve = landscapes.local_minimum()
    >>> curve([-1.0])
    (-0.41666666666666674, array([0.]))
    >>> curve.values([[-1.0], [0.0], [2.0]]).round(3)
    array([-0.417,  0.   , -2.667])
    """
    return SeparableLandscape(
        "local_minimum",
        _curve,
        _curve_slope,
        _curve_curvature,
        start=(-1.8,),
        minima=(2.0,),
        minimum=-8.0 / 3.0,
        limits=((-2.1, 3.1),),
    )
