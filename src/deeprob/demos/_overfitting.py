"""Overfitting in one dimension (L4-08): a softmax classifier that grows ever more certain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arguments import Rng, answers_keywords, as_count, as_positive, as_random, as_real
from ..descent import gradient_descent
from ..linear import scores
from ..objective import Objective
from ..regularizers import l2
from ._inputs import Labels, Vector, as_points, as_strengths, as_two_classes
from ._text import aligned, number

if TYPE_CHECKING:
    from ..plots import OverfittingDisplay

Array = npt.NDArray[np.float64]
Loss = Callable[[Any], tuple[float, Any]]

# Of L4-08's figures the text has no data; these two on each side are separable, with a gap around 0.
_X, _Y = (-2.0, -1.0, 1.0, 2.0), (0, 0, 1, 1)
_REG = (0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
# Test points of class 0 and 1 around -1.5 and 1.5, the means of the training points, so wide that the
# classes overlap: the true log odds are 2 * 1.5 / 1.5^2 = 4/3 for each unit of x.
_CENTRE, _WIDTH = 1.5, 1.5
_GRID = 161


@dataclass(frozen=True, eq=False)
class Overfitting:
    """A one-dimensional softmax classifier trained with several lambda: what it says, and how it got there.

    T is the number of steps, R that of the lambda, N and M those of training and test points, G that of the
    places on the axis.

    Attributes
    ----------
    x, y : (N,) arrays
        The training points and their classes, 0 or 1.
    x_test, y_test : (M,) arrays
        The test points.
    reg : (R,) array
        Lambda, ascending.
    path : (R, T + 1, 2, 2) array
        ``[w_i, b_i]`` of both classes after 0 .. T steps.
    W, b : (R, 2) arrays
        The weights at the end.
    norm : (R, T + 1) array
        abs(W), the Euclidean norm of w_1 and w_2, after every step.
    gap : (R, T + 1) array
        w_2 - w_1: the log odds of the second class grow by so much for each unit of x.
    data_loss : (R, T + 1) array
        The training loss without lambda R(W), after every step.
    at : float
        A place between the training points, where `confidence` looks.
    confidence : (R, T + 1) array
        The larger of the two probabilities at ``x = at``, after every step.
    train_loss, test_loss : (R,) arrays
        The losses at the end, without lambda R(W).
    train_accuracy, test_accuracy : (R,) arrays
        The shares of points predicted right at the end.
    grid : (G,) array
        Places on the axis.
    scores, probabilities : (R, G, 2) arrays
        Of both classes, there, at the end.
    learning_rate : float
        Of all steps.
    """

    x: Vector
    y: Labels
    x_test: Vector
    y_test: Labels
    reg: Vector
    path: Array
    W: Array
    b: Array
    norm: Array
    gap: Array
    data_loss: Array
    at: float
    confidence: Array
    train_loss: Vector
    test_loss: Vector
    train_accuracy: Vector
    test_accuracy: Vector
    grid: Vector
    scores: Array
    probabilities: Array
    learning_rate: float

    @property
    def num_steps(self) -> int:
        """T, the number of steps."""
        return int(self.path.shape[1]) - 1

    @property
    def best(self) -> int:
        """The position in ``reg`` of the lambda with the lowest test loss."""
        return int(np.argmin(self.test_loss))

    def __repr__(self) -> str:
        title = f"Overfitting in one dimension (lecture, L4-08), after {self.num_steps:,} steps"
        head = ("lambda", "|W|", "w_2 - w_1", f"P at {self.at:g}", "train loss", "test loss", "test accuracy")
        norm, gap, p = self.norm[:, -1], self.gap[:, -1], self.confidence[:, -1]
        columns = (self.reg, norm, gap, p, self.train_loss, self.test_loss, self.test_accuracy)
        rows = [
            [f"{reg:g}", *map(number, values), f"{accuracy:.3f}"]
            for reg, *values, accuracy in zip(*columns, strict=True)
        ]
        return "\n".join([title, *aligned([head, *rows])])

    def plot(self, ax: Any = None, **keywords: Any) -> OverfittingDisplay:
        """Draw it: `deeprob.plots.OverfittingDisplay`."""
        from ..plots import OverfittingDisplay

        return OverfittingDisplay.from_result(self).plot(ax, **keywords)


@answers_keywords
def overfitting(
    x: npt.ArrayLike = _X,
    y: npt.ArrayLike = _Y,
    *,
    x_test: npt.ArrayLike | None = None,
    y_test: npt.ArrayLike | None = None,
    num_test: int = 1000,
    reg: float | Sequence[float] | npt.ArrayLike = _REG,
    learning_rate: float = 0.5,
    num_steps: int = 10_000,
    at: float = 0.5,
    grid: npt.ArrayLike | None = None,
    rng: Rng = 0,
) -> Overfitting:
    r"""Train the lecture's one-dimensional classifier without and with lambda R(W) (L4-08, L4-09).

    Scores s_i = w_i x + b_i of two classes, probabilities p_i = exp(s_i) / (exp(s_1) + exp(s_2)), loss -log
    p_y, by full-batch gradient descent from 0. Where the training points can be separated, the loss has no
    minimum: abs(W) grows for ever, and with it the certainty, also where there are no data. With L2
    regularization of w (the bias is left alone) it settles.

    Parameters
    ----------
    x, y : (N,) arrays
        Training points and their classes, 0 and 1.
    x_test, y_test : (M,) arrays, optional
        Test points. Default: ``num_test`` drawn ones, half of each class, x from the normal
        distribution of mean -1.5 (class 0) or 1.5 (class 1) and standard deviation 1.5. These classes
        overlap, so that being certain is a mistake, and a lambda above 0 has the lowest test loss.
    num_test : int
        How many test points are drawn, at least 2.
    reg : float or (R,) array
        Lambda of R(W) = w_1^2 + w_2^2: one, or several, which are put in order.
    learning_rate : float
        Of gradient descent.
    num_steps : int
        How many steps, at least 1.
    at : float
        A place between the training points, where confidence is recorded.
    grid : (G,) array, optional
        Places where scores and probabilities are computed; default 161, from half the training points'
        extent to the left of them to as much to the right.
    rng : numpy.random.Generator, RandomState or int, optional
        For the test points. An int n means ``RandomState(n)``; None draws fresh entropy.

    Returns
    -------
    Overfitting
        ``print`` shows a table, ``.plot()`` a figure.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, type or range, if only one of ``x_test`` and ``y_test`` is given,
        or if the learning rate is so large that the weights overflow.

    Notes
    -----
    Of separable points without lambda, abs(W) grows as log t, and the loss falls as 1/t (Soudry et al. 2018).

    Examples
    --------
    >>> from deeprob import demos
    >>> result = demos.overfitting(reg=[0, 0.1], num_steps=1000)
    >>> result
    Overfitting in one dimension (lecture, L4-08), after 1,000 steps
    lambda     |W|  w_2 - w_1  P at 0.5  train loss  test loss  test accuracy
         0  4.4061     6.2312    0.9575      0.0010     0.7944          0.853
       0.1  1.0308     1.4578    0.6746      0.1310     0.3462          0.853
    >>> result.gap[0, [100, 1000]].round(3)  # it grows and grows
    array([4.018, 6.231])
    """
    points = as_points(x, "x", "(N,), one number per example")
    labels = as_two_classes(y, "y", points.size)
    strengths = as_strengths(reg)
    rate = as_positive(learning_rate, "learning_rate")
    steps = as_count(num_steps, "num_steps", 1)
    place = as_real(at, "at", negative=True)
    test = _test_points(x_test, y_test, num_test, rng)
    places = _around(points) if grid is None else as_points(grid, "grid")
    train = Objective(_with_ones(points), labels)
    path = np.stack([_descent(train, strength, rate, steps) for strength in strengths])
    return _result(points, labels, *test, strengths, path, place, places, train, rate)


def _test_points(
    x: npt.ArrayLike | None, y: npt.ArrayLike | None, num_test: int, rng: Rng
) -> tuple[Vector, Labels]:
    """Return the caller's test points, or drawn ones."""
    count = as_count(num_test, "num_test", 2)
    random = as_random(rng)
    if x is not None and y is not None:
        points = as_points(x, "x_test", "(M,), one number per example")
        return points, as_two_classes(y, "y_test", points.size)
    if x is not None or y is not None:
        given, missing = ("x_test", "y_test") if y is None else ("y_test", "x_test")
        raise ValueError(f"{given} is given and {missing} is not; expected both or neither")
    labels = np.arange(count, dtype=np.int64) % 2
    return _CENTRE * (2.0 * labels - 1.0) + _WIDTH * random.standard_normal(count), labels


def _around(points: Vector) -> Vector:
    """Return places on the axis that go on beyond the points by half of what they extend over."""
    low, high = float(points.min()), float(points.max())
    room = 0.5 * (high - low) or 1.0
    return np.linspace(low - room, high + room, _GRID)


def _with_ones(points: Vector) -> Array:
    """Return the points as (N, 2), ones in the second column: [w, b] (x, 1) = w x + b (the bias trick)."""
    return np.column_stack([points, np.ones_like(points)])


def _regularized(data: Objective, reg: float) -> Loss:
    """Return data loss + reg (w_1^2 + w_2^2) as a function of [w, b]: all but the bias is regularized."""
    if reg == 0.0:
        return data

    def loss(W: Array) -> tuple[float, Any]:
        value, gradient = data(W)
        penalty, slope = l2(W[:, :1])
        gradient[:, :1] += reg * slope
        return value + reg * penalty, gradient

    return loss


def _descent(data: Objective, reg: float, rate: float, steps: int) -> Array:
    """Return [w, b] after 0 .. steps steps."""
    with np.errstate(over="ignore", invalid="ignore"):
        path = gradient_descent(
            _regularized(data, reg),
            np.zeros((2, 2)),
            learning_rate=rate,
            num_steps=steps,
            record="trajectory",
        ).trajectory
    if path is None or len(path) <= steps:
        raise KeyboardInterrupt  # which gradient_descent answers with the steps there are: too few for a demo
    if not np.isfinite(path).all():
        t = int(np.argmin(np.isfinite(path).all(axis=(1, 2))))
        raise ValueError(
            f"learning_rate {rate:g} is too large: with reg {reg:g} the weights overflow at step {t}"
        )
    return np.asarray(path)


def _result(
    x: Vector, y: Labels, x_test: Vector, y_test: Labels, reg: Vector, path: Array, at: float, grid: Vector,
    train: Objective, rate: float,
) -> Overfitting:  # fmt: skip
    """Work out what the paths mean."""
    test, ends, place = Objective(_with_ones(x_test), y_test), path[:, -1], _with_ones(np.array([at]))
    between = scores(path.reshape(-1, 2), place).reshape(path.shape[:3])
    on_grid = np.stack([scores(w, _with_ones(grid)) for w in ends])
    return Overfitting(
        x=x,
        y=y,
        x_test=x_test,
        y_test=y_test,
        reg=reg,
        path=path,
        W=ends[..., 0],
        b=ends[..., 1],
        norm=np.hypot(path[..., 0, 0], path[..., 1, 0]),  # whose squares may be too large
        gap=path[..., 1, 0] - path[..., 0, 0],
        data_loss=np.stack([train.values(w) for w in path]),
        at=at,
        confidence=_probabilities(between).max(axis=2),
        train_loss=train.values(ends),
        test_loss=test.values(ends),
        train_accuracy=np.array([train.accuracy(w) for w in ends]),
        test_accuracy=np.array([test.accuracy(w) for w in ends]),
        grid=grid,
        scores=on_grid,
        probabilities=_probabilities(on_grid),
        learning_rate=rate,
    )


def _probabilities(s: Any) -> Array:
    """Return softmax over the last axis."""
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))
