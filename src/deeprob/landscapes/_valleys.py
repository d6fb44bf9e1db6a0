"""Landscapes with a long valley or a flat: ravine, Rosenbrock, Beale, plateau, monkey saddle."""

import math

import numpy as np

from .._arguments import answers_keywords, as_count, as_real
from ._base import Array, Landscape
from ._kernel import KernelLandscape


@answers_keywords
def ravine(steepness: float = 100.0) -> Landscape:
    """Make a ravine sqrt(1 + x^2) - 1 + k y^2 / 2: steep walls, a floor of even slope.

    Gradient descent is stable only below lr = 2 / k, and along the floor the gradient stays at 1, so it needs
    some k / 2 steps a unit; momentum rho goes 1 / (1 - rho) times as fast (L4-36), Adam lr a step.

    Parameters
    ----------
    steepness : float
        k, the curvature of the walls and the condition number at the minimum, at least 1.

    Returns
    -------
    Landscape
        The minimum is 0 at (0, 0).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.ravine().gradient([-10.0, 0.0]).round(3)
    array([-0.995,  0.   ])
    """
    k = as_real(steepness, "steepness")
    if k < 1:
        raise ValueError(f"steepness is {steepness}; expected at least 1")
    return KernelLandscape(
        "ravine",
        (k,),
        start=(-8.0, 1.0),
        minima=(0.0, 0.0),
        minimum=0.0,
        limits=((-9.0, 3.0), (-1.5, 1.5)),
        parameters={"steepness": k},
    )


class _ChainedRosenbrock(Landscape):
    """f = sum_i b (w_(i+1) - w_i^2)^2 + (1 - w_i)^2 of n > 2 variables."""

    def __init__(self, n: int, b: float) -> None:
        start = np.where(np.arange(n) % 2 == 0, -1.2, 1.0)
        super().__init__(
            "rosenbrock", start=start, minima=np.ones((1, n)), minimum=0.0, parameters={"n": n, "b": b}
        )
        self._b = b

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        x, wall, rest = w[:-1], w[1:] - w[:-1] ** 2, 1.0 - w[:-1]
        g = np.zeros_like(w)
        g[:-1] = -4.0 * self._b * x * wall - 2.0 * rest
        g[1:] += 2.0 * self._b * wall
        return float((self._b * wall * wall + rest * rest).sum()), g

    def _hessian(self, w: Array) -> Array:
        x, b = w[:-1], self._b
        diagonal = np.zeros_like(w)
        diagonal[:-1] = b * (12.0 * x * x - 4.0 * w[1:]) + 2.0
        diagonal[1:] += 2.0 * b
        beside = np.diag(-4.0 * b * x, 1)
        return np.diag(diagonal) + beside + beside.T


@answers_keywords
def rosenbrock(n: int = 2, b: float = 100.0) -> Landscape:
    """Make Rosenbrock's valley b (y - x^2)^2 + (1 - x)^2, flat along a parabola (Rosenbrock 1960).

    Of n variables the chain sum_i b (w_(i+1) - w_i^2)^2 + (1 - w_i)^2, SciPy's ``rosen``; from n = 4 on it
    has a local minimum besides, near (-1, 1, ..., 1). (`mgh` has the other one, n / 2 valleys side by side.)

    Parameters
    ----------
    n : int
        The number of variables, at least 2.
    b : float
        The steepness of the walls, above 0.

    Returns
    -------
    Landscape
        Starts at (-1.2, 1, -1.2, ...); the minimum is 0 at (1, ..., 1).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.rosenbrock().hessian([1.0, 1.0])
    array([[ 802., -400.],
           [-400.,  200.]])
    >>> landscapes.rosenbrock(n=4).value([0.0, 0.0, 0.0, 0.0])
    3.0
    """
    size, steepness = as_count(n, "n", 2), as_real(b, "b")
    if steepness == 0:
        raise ValueError("b is 0; expected a number above 0")
    if size > 2:
        return _ChainedRosenbrock(size, steepness)
    return KernelLandscape(
        "rosenbrock",
        (steepness,),
        start=(-1.2, 1.0),
        minima=(1.0, 1.0),
        minimum=0.0,
        limits=((-2.0, 2.0), (-1.0, 3.0)),
        parameters={"n": 2, "b": steepness},
    )


@answers_keywords
def beale() -> Landscape:
    """Make Beale's function sum_i (c_i - x (1 - y^i))^2, c = (1.5, 2.25, 2.625).

    A flat valley between steep corners. Of Beale (1958), number 5 of More, Garbow and Hillstrom (1981).

    Returns
    -------
    Landscape
        Starts at (1, 1), as there; the minimum is 0 at (3, 0.5).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.beale()([1.0, 1.0])
    (14.203125, array([ 0.  , 27.75]))
    """
    limits = ((-4.5, 4.5), (-4.5, 4.5))
    return KernelLandscape("beale", start=(1.0, 1.0), minima=(3.0, 0.5), minimum=0.0, limits=limits)


@answers_keywords
def plateau() -> Landscape:
    """Make a hole in a plateau, 1 - exp(-(x^2 + y^2) / 2): far from the minimum the gradient vanishes too.

    At the start it is 0.005 long; gradient descent waits there, and methods that divide by the gradient's
    size do not.

    Returns
    -------
    Landscape
        Starts at (-3, 2); the minimum is 0 at (0, 0).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> plateau = landscapes.plateau()
    >>> plateau.gradient(plateau.start).round(4)
    array([-0.0045,  0.003 ])
    """
    limits = ((-4.0, 4.0), (-3.2, 3.2))
    return KernelLandscape("plateau", start=(-3.0, 2.0), minima=(0.0, 0.0), minimum=0.0, limits=limits)


@answers_keywords
def monkey_saddle() -> Landscape:
    """Make the monkey saddle x^3 - 3 x y^2: three ways down, and at the saddle point a Hessian of 0.

    Returns
    -------
    Landscape
        Starts at (1, 0), from where the gradient leads into the saddle point; ``minimum`` is -inf.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.monkey_saddle().hessian([0.0, 0.0]).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    True
    """
    limits = ((-1.5, 1.5), (-1.5, 1.5))
    return KernelLandscape("monkey_saddle", start=(1.0, 0.0), minimum=-math.inf, limits=limits)
