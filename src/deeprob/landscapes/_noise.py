"""Noise in the gradients, as minibatches bring it (lecture, L4-35)."""

from __future__ import annotations

import copy

from .._arguments import Rng, answers_keywords, as_random, as_real
from ._base import Array, Landscape


class NoisyLandscape(Landscape):
    """A landscape whose gradients have noise; made by `noisy`.

    Values, Hessians and everything else are the landscape's own. Each call for a gradient draws the next n
    numbers, so what a gradient is depends on how many were asked for before.

    Attributes
    ----------
    landscape : Landscape
        The one without noise.
    scale : float
        The noise's standard deviation.
    """

    def __init__(self, landscape: Landscape, scale: float, rng: Rng) -> None:
        super().__init__(
            f"noisy_{landscape.name}",
            start=landscape.start,
            minima=landscape.minima,
            minimum=landscape.minimum,
            limits=landscape.limits,
            parameters={**landscape.parameters, "scale": scale},
        )
        self.landscape, self.scale = landscape, scale
        self._random = as_random(rng)
        self._first = copy.deepcopy(self._random)

    def restart(self) -> None:
        """Draw the same noise from its first number on again.

        With a generator of one's own it is the landscape's copy that is drawn from afterwards.
        """
        self._random = copy.deepcopy(self._first)

    def _value(self, w: Array) -> float:
        return self.landscape._value(w)

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        f, g = self.landscape._value_and_gradient(w)
        return f, g + self.scale * self._random.standard_normal(self.n)

    def _gradients(self, points: Array) -> Array:
        return self.landscape._gradients(points) + self.scale * self._random.standard_normal(points.shape)

    def _hessian(self, w: Array) -> Array:
        return self.landscape._hessian(w)

    def _hvp(self, w: Array, v: Array) -> Array:
        return self.landscape._hvp(w, v)

    def _values(self, points: Array, threads: int | None) -> Array:
        return self.landscape._values(points, threads)

    def _hessians(self, points: Array) -> Array:
        return self.landscape._hessians(points)

    def _grid(self, x: Array, y: Array, threads: int | None) -> Array:
        return self.landscape._grid(x, y, threads)


@answers_keywords
def noisy(landscape: Landscape, scale: float, rng: Rng = None) -> NoisyLandscape:
    """Add noise N(0, scale^2) to every component of a landscape's gradients (lecture, L4-35).

    Gradients of minibatches are noisy, which may help to escape saddle points: on `saddle`, from the ridge,
    gradient descent ends in the saddle point; with noise of 0.01 and lr 0.1 it is beyond ``|y| = 1`` after
    100 steps in each of 100 runs.

    Parameters
    ----------
    landscape : Landscape
        Any of them; also ``landscape.noisy(scale, rng)``.
    scale : float
        The standard deviation, at least 0.
    rng : numpy.random.Generator, RandomState or int, optional
        Each gradient draws ``rng.standard_normal(n)``. An int n means ``RandomState(n)``; None draws fresh
        entropy.

    Returns
    -------
    NoisyLandscape
        ``.restart()`` begins its noise again.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it should be.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> saddle = landscapes.noisy(landscapes.saddle(), 0.01, rng=0)
    >>> saddle.gradient([1.0, 0.0]).round(4)
    array([2.0176, 0.004 ])
    >>> w = saddle.start.copy()
    >>> for _ in range(100):
    ...     w -= 0.1 * saddle.gradient(w)
    >>> bool(abs(w[1]) > 1)
    True
    """
    if not isinstance(landscape, Landscape):
        raise TypeError(f"landscape is a {type(landscape).__name__}; expected a Landscape")
    return NoisyLandscape(landscape, as_real(scale, "scale"), rng)
