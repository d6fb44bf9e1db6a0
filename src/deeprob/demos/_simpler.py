"""A wiggly fit beside a straight one (L4-12): prefer simpler models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from .._arguments import Rng, answers_keywords, as_count, as_random, as_real
from ._inputs import Vector
from ._text import aligned, number

if TYPE_CHECKING:
    from ..plots import PreferSimplerDisplay

Array = npt.NDArray[np.float64]

_GRID = 401
_ROUND_OFF = 1e-20  # a mean squared error below it is shown as 0: that of residuals of 1e-10


@dataclass(frozen=True, eq=False)
class PreferSimpler:
    """Polynomials fitted to the same points, with their errors at these and at new ones.

    F is the number of fits (the simple one, the wiggly one and, with ``reg``, the wiggly one regularized), N
    and M those of training and test points, S that of the seeds.

    Attributes
    ----------
    names : tuple of F str
        Such as "degree 1", "degree 9", "degree 9, lambda 0.01".
    x, y : (N,) arrays
        The training points.
    x_test, y_test : (M,) arrays
        New points of the same kind.
    noise : float
        Standard deviation of what is added to y = x.
    coefficients : tuple of F arrays
        Of the Legendre polynomials P_0, P_1, ...
    grid : (G,) array
        Places in -1 .. 1.
    curves : (F, G) array
        The fits there.
    train_error, test_error : (F,) arrays
        Mean squared errors.
    train_errors, test_errors : (F, S) arrays
        The same with other noise, of the seeds 0 .. S - 1.
    """

    names: tuple[str, ...]
    x: Vector
    y: Vector
    x_test: Vector
    y_test: Vector
    noise: float
    coefficients: tuple[Vector, ...]
    grid: Vector
    curves: Array
    train_error: Vector
    test_error: Vector
    train_errors: Array
    test_errors: Array

    @property
    def simpler_wins(self) -> int:
        """With how many of the seeds the simple fit has the lower test error than the wiggly one.

        Not where both are 0 to round-off.
        """
        simple, wiggly = self.test_errors[:2]
        return int(np.sum((simple < wiggly) & (wiggly >= _ROUND_OFF)))

    def __repr__(self) -> str:
        head = ("", "train error", "test error", "median test error")
        medians = np.median(self.test_errors, axis=1)
        rows = [
            (name, _shown(train), _shown(test), _shown(median))
            for name, train, test, median in zip(
                self.names, self.train_error, self.test_error, medians, strict=True
            )
        ]
        seeds = self.test_errors.shape[1]
        title = f"Prefer simpler models (lecture, L4-12): {self.x.size} points of y = x, noise {self.noise:g}"
        of = f"{self.simpler_wins} of {seeds} seed{'s' * (seeds > 1)}"
        verdict = f"{self.names[0]} has the lower test error in {of}."
        return "\n".join([title, *aligned([head, *rows]), verdict])

    def plot(self, ax: Any = None, **keywords: Any) -> PreferSimplerDisplay:
        """Draw it: `deeprob.plots.PreferSimplerDisplay`."""
        from ..plots import PreferSimplerDisplay

        return PreferSimplerDisplay.from_result(self).plot(ax, **keywords)


@answers_keywords
def prefer_simpler(
    *,
    num_points: int = 10,
    noise: float = 0.2,
    degree: int = 9,
    simple_degree: int = 1,
    reg: float = 0.0,
    num_test: int = 1000,
    num_seeds: int = 100,
    rng: Rng = 0,
) -> PreferSimpler:
    r"""Fit a polynomial of high degree and a straight line to the same noisy points of y = x (L4-12).

    The training points lie evenly in -1 .. 1; the test points anywhere there, with noise of the same kind.
    Fits are least squares; degree ``num_points - 1`` goes through every training point, so its training error
    is 0 to round-off, and its test error is the higher one.

    Parameters
    ----------
    num_points : int
        N, at least 2.
    noise : float
        Standard deviation of the normal noise added to y = x.
    degree, simple_degree : int
        Of the two polynomials, at least 0 and at most N - 1, the second smaller than the first.
    reg : float
        Above 0 a third fit is made: of the same degree as the wiggly one, by ridge regression, mean squared
        error + reg sum c_k^2 over the coefficients but c_0.
    num_test : int
        M, at least 1.
    num_seeds : int
        With how much other noise it is repeated, at least 1: ``RandomState(0)``, ``RandomState(1)``, ...
    rng : numpy.random.Generator, RandomState or int, optional
        For the fits that are shown. An int n means ``RandomState(n)``; None draws fresh entropy.

    Returns
    -------
    PreferSimpler
        ``print`` shows a table, ``.plot()`` a figure.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong type or range; the message names it.

    Notes
    -----
    A polynomial is written as sum_k c_k P_k(x) in Legendre polynomials, which are orthogonal on -1 .. 1: the
    matrix of P_0 .. P_9 at 10 even points has condition number 25, that of the powers of x 4,626. So the
    wiggly fit is exact to round-off, and lambda weighs all degrees on the same scale. The condition number
    grows with the degree, to some 1e15 at 60 points, from where on least squares leave training errors.

    Examples
    --------
    >>> from deeprob import demos
    >>> demos.prefer_simpler(reg=0.01)
    Prefer simpler models (lecture, L4-12): 10 points of y = x, noise 0.2
                           train error  test error  median test error
                 degree 1       0.0279      0.0671             0.0463
                 degree 9       0.0000      0.4236             0.2045
    degree 9, lambda 0.01       0.0066      0.0956             0.0804
    degree 1 has the lower test error in 100 of 100 seeds.
    """
    points = as_count(num_points, "num_points", 2)
    sigma = as_real(noise, "noise")
    wiggly, simple = as_count(degree, "degree", 1), as_count(simple_degree, "simple_degree")
    if wiggly >= points:
        raise ValueError(f"degree is {wiggly}; expected at most num_points - 1 = {points - 1}")
    if simple >= wiggly:
        raise ValueError(f"simple_degree is {simple}; expected less than degree, {wiggly}")
    strength = as_real(reg, "reg")
    tests, seeds = as_count(num_test, "num_test", 1), as_count(num_seeds, "num_seeds", 1)
    models = [(simple, 0.0), (wiggly, 0.0)] + ([(wiggly, strength)] if strength > 0 else [])
    drawn = _draw(points, tests, sigma, as_random(rng))
    coefficients = tuple(_fit(*drawn[:2], *model) for model in models)
    grid = np.linspace(-1.0, 1.0, _GRID)
    shown = _errors(models, drawn)
    repeated = np.stack(
        [_errors(models, _draw(points, tests, sigma, as_random(seed))) for seed in range(seeds)], axis=2
    )
    return PreferSimpler(
        names=tuple(f"degree {k}" + (f", lambda {s:g}" if s else "") for k, s in models),
        x=drawn[0],
        y=drawn[1],
        x_test=drawn[2],
        y_test=drawn[3],
        noise=sigma,
        coefficients=coefficients,
        grid=grid,
        curves=np.stack([legendre.legval(grid, c) for c in coefficients]),
        train_error=shown[0],
        test_error=shown[1],
        train_errors=repeated[0],
        test_errors=repeated[1],
    )


def _draw(points: int, tests: int, noise: float, random: Any) -> tuple[Vector, Vector, Vector, Vector]:
    """Return training and test points."""
    x = np.linspace(-1.0, 1.0, points)
    y = x + noise * random.standard_normal(points)
    x_test = random.uniform(-1.0, 1.0, tests)
    return x, y, x_test, x_test + noise * random.standard_normal(tests)


def _fit(x: Vector, y: Vector, degree: int, reg: float) -> Vector:
    """Return the c that minimizes mean((V c - y)^2) + reg sum_{k > 0} c_k^2, V[i, k] = P_k(x_i)."""
    V = legendre.legvander(x, degree)
    # Ridge regression is least squares with a row sqrt(N reg) c_k = 0 for each coefficient.
    rows = np.sqrt(x.size * reg) * np.eye(degree + 1)[1:]
    c: Vector = np.linalg.lstsq(np.vstack([V, rows]), np.append(y, np.zeros(degree)), rcond=None)[0]
    return c


def _errors(models: list[tuple[int, float]], drawn: tuple[Vector, Vector, Vector, Vector]) -> Array:
    """Return the mean squared errors of the models at the training and at the test points, (2, F)."""
    x, y, x_test, y_test = drawn
    fits = [_fit(x, y, *model) for model in models]
    return np.array(
        [
            [np.mean((legendre.legval(at, c) - value) ** 2) for c in fits]
            for at, value in ((x, y), (x_test, y_test))
        ]
    )


def _shown(error: float) -> str:
    return number(0.0 if error < _ROUND_OFF else error)
