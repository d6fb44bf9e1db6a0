"""Landscapes with a constant Hessian: bowls of any condition number, Booth, Matyas, the saddle."""

import math

import numpy as np

from .._arguments import answers_keywords, as_count, as_real
from ._base import Array, Landscape
from ._kernel import KernelLandscape


class _Quadratic(Landscape):
    """f = w' A w / 2 of any number of variables."""

    def __init__(self, name: str, A: Array, parameters: dict[str, float]) -> None:
        n = len(A)
        super().__init__(name, start=np.ones(n), minima=np.zeros((1, n)), minimum=0.0, parameters=parameters)
        self._A = A

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        g = self._A @ w
        return 0.5 * float(w @ g), g

    def _hessian(self, _w: Array) -> Array:
        return self._A.copy()


@answers_keywords
def bowl(condition_number: float = 25.0, rotation: float = 0.0, n: int = 2) -> Landscape:
    """Make a quadratic bowl f = w' A w / 2 whose Hessian A has a given condition number (lecture, L4-33).

    A's eigenvalues go from 1 to k, evenly on a log scale. With n = 2 and no rotation f = (x^2 + k y^2) / 2:
    the larger k, the more gradient descent zig-zags across the valley and the slower it goes along it. Its
    best constant rate 2 / (1 + k) shortens the distance by (k - 1) / (k + 1) a step.

    Parameters
    ----------
    condition_number : float
        k, the ratio of the largest to the smallest singular value of the Hessian, at least 1.
    rotation : float
        Radians by which the bowl is turned, counterclockwise, in the plane of the first axis (eigenvalue 1)
        and the last (eigenvalue k). Unless it is 0, optimizers that treat each coordinate by itself (AdaGrad,
        RMSProp, Adam) lose their advantage.
    n : int
        The number of variables, at least 1.

    Returns
    -------
    Landscape
        Starts at (1, ..., 1); the minimum is 0 at 0.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> bowl = landscapes.bowl(condition_number=25)
    >>> landscapes.condition_number(bowl)
    25.0
    >>> bowl([1.0, 1.0])
    (13.0, array([ 1., 25.]))
    >>> landscapes.bowl(100, n=3).hessian([0.0, 0.0, 0.0])
    array([[  1.,   0.,   0.],
           [  0.,  10.,   0.],
           [  0.,   0., 100.]])
    """
    k, angle = as_real(condition_number, "condition_number"), as_real(rotation, "rotation", negative=True)
    size = as_count(n, "n", 1)
    if k < 1:
        raise ValueError(f"condition_number is {condition_number}; expected at least 1")
    if size == 1 and k != 1:
        raise ValueError(f"condition_number is {condition_number}; with n = 1 it can only be 1")
    A = np.diag(np.logspace(0.0, math.log10(k), size))
    A[-1, -1] = k
    if size > 1:
        c, s = math.cos(angle), math.sin(angle)
        A[0, 0], A[-1, -1] = c * c + k * s * s, s * s + k * c * c
        A[0, -1] = A[-1, 0] = (1.0 - k) * s * c + 0.0  # no -0
    parameters = {"condition_number": k, "rotation": angle, "n": size}
    if size != 2:
        return _Quadratic("bowl", A, parameters)
    return KernelLandscape(
        "bowl",
        (float(A[0, 0]), float(A[0, 1]), float(A[1, 1])),
        start=(1.0, 1.0),
        minima=(0.0, 0.0),
        minimum=0.0,
        limits=((-1.5, 1.5), (-1.2, 1.2)),
        parameters=parameters,
    )


@answers_keywords
def booth() -> Landscape:
    """Make Booth's function (x + 2 y - 7)^2 + (2 x + y - 5)^2, a tilted bowl.

    Of condition number 9. A standard test function of global optimization (Jamil and Yang 2013).

    Returns
    -------
    Landscape
        The minimum is 0 at (1, 3).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.booth().value([0.0, 0.0])
    74.0
    """
    limits = ((-10.0, 10.0), (-10.0, 10.0))
    return KernelLandscape("booth", start=(-8.0, 6.0), minima=(1.0, 3.0), minimum=0.0, limits=limits)


@answers_keywords
def matyas() -> Landscape:
    """Make Matyas's function 0.26 (x^2 + y^2) - 0.48 x y, a tilted bowl.

    Of condition number 25. A standard test function of global optimization (Jamil and Yang 2013).

    Returns
    -------
    Landscape
        The minimum is 0 at (0, 0).

    Examples
    --------
    >>> from deeprob import landscapes
    >>> round(landscapes.condition_number(landscapes.matyas()), 9)
    25.0
    """
    limits = ((-10.0, 10.0), (-10.0, 10.0))
    return KernelLandscape("matyas", start=(-8.0, 2.0), minima=(0.0, 0.0), minimum=0.0, limits=limits)


@answers_keywords
def saddle() -> Landscape:
    """Make the saddle x^2 - y^2 (lecture, L4-34), with no minimum.

    On the ridge y = 0 the gradient points along the ridge: gradient descent from (1, 0) ends in the saddle
    point, where it is 0. The least noise leads away from there (L4-35; `noisy`).

    Returns
    -------
    Landscape
        Starts on the ridge, at (1, 0); ``minimum`` is -inf.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> saddle = landscapes.saddle()
    >>> w = saddle.start.copy()
    >>> for _ in range(100):
    ...     w -= 0.1 * saddle.gradient(w)
    >>> bool(abs(w[0]) < 1e-9), float(w[1])
    (True, 0.0)
    """
    limits = ((-1.5, 1.5), (-1.5, 1.5))
    return KernelLandscape("saddle", start=(1.0, 0.0), minimum=-math.inf, limits=limits)
