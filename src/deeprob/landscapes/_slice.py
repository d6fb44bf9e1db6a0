"""A classifier's own loss as a landscape of two variables: a plane through its weights."""

from __future__ import annotations

import copy
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import Rng, answers_keywords, as_random, points_of
from ._base import Array, Landscape, Limits, as_floats

# Weights made and scored at a time: at most this many, of at most so many bytes.
_MOST = 32
_BYTES = 16_000_000


class LossSlice(Landscape):
    """f(a, b) = L(W + a d1 + b d2); made by `loss_slice`.

    Its gradient is the loss's, projected: (<dL/dW, d1>, <dL/dW, d2>). Hessians are exact where the objective
    has Hessian-vector products (``hvp``), and central differences of gradients elsewhere.

    Attributes
    ----------
    objective : Objective or Landscape
        L.
    W : array
        The weights at (0, 0).
    directions : (2, ...) array of float64
        d1 and d2, of W's shape each.
    trajectory : (k, 2) array or None
        The coordinates of the points of the trajectory given, seen from W along d1 and d2 (of those outside
        of the plane: of the nearest point in it).
    explained : (2,) array or None
        With principal directions: the share of the trajectory's variance along each.
    """

    def __init__(
        self,
        objective: Any,
        W: npt.NDArray[Any],
        directions: Array,
        *,
        index: npt.ArrayLike | None = None,
        trajectory: Array | None = None,
        explained: Array | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.objective, self.W, self.directions, self.explained = objective, W, directions, explained
        self._keywords = {} if index is None else {"index": index}
        self.trajectory = None if trajectory is None else self.coordinates(trajectory)
        known = np.zeros((1, 2)) if self.trajectory is None else self.trajectory
        super().__init__(
            "loss_slice",
            start=known[0],
            limits=limits or (((-1.0, 1.0), (-1.0, 1.0)) if self.trajectory is None else _around(known)),
        )

    def __repr__(self) -> str:
        shares = "" if self.explained is None else ", explained=({:.3f}, {:.3f})".format(*self.explained)
        return f"loss_slice({self.objective!r}{shares})"

    def coordinates(self, Ws: npt.ArrayLike) -> Array:
        """Return the coordinates (a, b) of weights, (k, ...) to (k, 2): of the nearest point of the plane."""
        away = _stack(Ws, self.W, "Ws") - self.W.ravel()
        basis = self.directions.reshape(2, -1)
        return np.asarray(np.linalg.lstsq(basis.T, away.T, rcond=None)[0].T)

    def weights(self, w: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return W + a d1 + b d2 at w = (a, b), of W's shape and dtype."""
        at: npt.NDArray[Any] = self._weights(self._point(w, "w")[0][None])[0]
        return at

    def _weights(self, points: Array) -> npt.NDArray[Any]:
        """Return the weights at many points: computed in float64, rounded once to W's dtype."""
        apart = (slice(None), *[None] * self.W.ndim)
        d1, d2 = self.directions
        at = self.W + points[:, 0][apart] * d1 + points[:, 1][apart] * d2
        return np.asarray(at, dtype=self.W.dtype)

    def _value(self, w: Array) -> float:
        return float(self.objective.value(self._weights(w[None])[0], **self._keywords))

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        loss, dW = self.objective.value_and_grad(self._weights(w[None])[0], **self._keywords)
        return float(loss), self._project(dW)

    def _project(self, dW: npt.NDArray[Any]) -> Array:
        return np.asarray(self.directions.reshape(2, -1) @ dW.astype(np.float64).ravel())

    def _hessian(self, w: Array) -> Array:
        if hasattr(self.objective, "hvp"):
            at = self._weights(w[None])[0]
            directions = self.directions.astype(self.W.dtype)
            products = [self.objective.hvp(at, d, **self._keywords) for d in directions]
            H = np.array([self._project(product) for product in products])
        else:
            # The cube root of epsilon balances the difference's own error and that of rounding.
            h = np.cbrt(np.finfo(self.W.dtype).eps) * (1 + np.abs(w).max())
            steps = h * np.eye(2)
            above = np.array([self._value_and_gradient(w + e)[1] for e in steps])
            below = np.array([self._value_and_gradient(w - e)[1] for e in steps])
            H = (above - below) / (2 * h)
        return np.asarray((H + H.T) / 2)

    def _values(self, points: Array, threads: int | None) -> Array:
        objective = self.objective
        if threads is not None and hasattr(objective, "threads"):
            objective = copy.copy(objective)  # X and y are shared
            objective.threads = threads
        size = max(1, min(_MOST, _BYTES // max(1, self.W.size * 8)))
        parts = [points[i : i + size] for i in range(0, len(points), size)]
        return np.concatenate([np.zeros(0), *(self._some(objective, part) for part in parts)])

    def _some(self, objective: Any, points: Array) -> Array:
        Ws = self._weights(points)
        if hasattr(objective, "values"):
            return np.asarray(objective.values(Ws, **self._keywords))
        return np.array([objective.value(W, **self._keywords) for W in Ws])


@answers_keywords
def loss_slice(
    objective: Any,
    W: npt.ArrayLike,
    directions: Literal["random", "principal"] | npt.ArrayLike = "random",
    *,
    trajectory: Any = None,
    rng: Rng = None,
    index: npt.ArrayLike | None = None,
    limits: Limits | None = None,
) -> LossSlice:
    """Cut a plane out of a loss: the landscape f(a, b) = L(W + a d1 + b d2).

    Grids are computed many weights at a time, in one pass over the examples (`Objective.values`).

    Parameters
    ----------
    objective : Objective or Landscape
        L: anything with ``value`` and ``value_and_grad``; ``values`` and ``hvp`` are used where it has them.
    W : array of float32 or float64
        The point of the plane at (0, 0), for instance what training found.
    directions : {"random", "principal"} or (d1, d2)
        - "random": normal deviates, scaled so that the weights of each class are as long in d1 and d2 as in
          W ("filter-normalised", Li et al. 2018): a and b are then relative to the weights' own size.
        - "principal": the first two principal directions of the trajectory, each of length 1: the plane in
          which most of its movement is.
        - two arrays of W's shape, which are used as they are, for instance W_1 - W and W_2 - W.
    trajectory : (k, ...) array, or an object with such an array ``w``, or a result, optional
        Weights on the way to W (flat ones will do); "principal" needs at least three. A result is one of
        `deeprob.minimize` or `deeprob.gradient_descent` that recorded them.
    rng : numpy.random.Generator, RandomState or int, optional
        Draws ``standard_normal`` of W's shape for d1, then for d2.
    index : (n,) array of integers, optional
        Positions of the examples to use; default all.
    limits : ((a0, a1), (b0, b1)), optional
        What a figure should show; default -1 to 1, or the trajectory's surroundings.

    Returns
    -------
    LossSlice
        A landscape with ``directions``, ``trajectory`` (coordinates) and ``explained`` besides.

    Raises
    ------
    ValueError, TypeError
        If an argument is not what it should be, or the directions span no plane.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> from deeprob import landscapes
    >>> X = np.array([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    >>> objective = deeprob.Objective(X, [0, 1, 0], reg=0.01)
    >>> result = deeprob.gradient_descent(objective, np.zeros((2, 2)), learning_rate=0.1, num_steps=200)
    >>> plane = landscapes.loss_slice(objective, result.w, rng=0)
    >>> plane.value([0.0, 0.0]) == objective.value(result.w)
    True
    >>> plane.grid(np.linspace(-1, 1, 30), np.linspace(-1, 1, 20)).shape
    (20, 30)
    """
    if not (hasattr(objective, "value") and hasattr(objective, "value_and_grad")):
        raise TypeError(
            f"objective is a {type(objective).__name__}; expected an Objective or a Landscape, with value "
            "and value_and_grad"
        )
    at = as_floats(W, "W")
    if not at.size:
        raise ValueError(f"W has shape {at.shape}; expected weights")
    points = None if trajectory is None else _stack(points_of(trajectory, "trajectory"), at, "trajectory")
    explained = None
    if isinstance(directions, str) and directions == "random":
        pair = _random(at, getattr(objective, "class_axis", 0), rng)
    elif isinstance(directions, str) and directions == "principal":
        if points is None:
            raise ValueError("trajectory is None; expected one, whose principal directions are meant")
        pair, explained = _principal(points, at.shape)
    else:
        pair = _given(directions, at.shape)
    return LossSlice(
        objective, at.copy(), pair, index=index, trajectory=points, explained=explained, limits=limits
    )


def _random(W: npt.NDArray[Any], class_axis: int, rng: Rng) -> Array:
    """Return two directions in which the weights of each class are as long as in W."""
    random = as_random(rng)
    axis = 1 - class_axis if W.ndim == 2 else None
    length = np.linalg.norm(W.astype(np.float64), axis=axis, keepdims=True)
    if not length.any():
        raise ValueError("W is 0; random directions have its size: pass directions=(d1, d2), or a trained W")
    pair = np.array([random.standard_normal(W.shape) for _ in range(2)])
    for d in pair:
        d *= length / np.linalg.norm(d, axis=axis, keepdims=True)
    return pair


def _principal(points: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the first two principal directions of the points, and their shares of the variance."""
    _, s, rows = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    if len(s) < 2 or s[1] <= s[0] * points.size**0.5 * np.finfo(np.float64).eps:
        raise ValueError("trajectory lies on a line; expected points that span a plane")
    pair = rows[:2]
    # The sign that a decomposition gives is arbitrary: let the largest component be positive.
    largest = np.abs(pair).argmax(axis=1)
    pair = pair * np.sign(pair[[0, 1], largest])[:, None]
    return pair.reshape(2, *shape), s[:2] ** 2 / (s**2).sum()


def _given(directions: Any, shape: tuple[int, ...]) -> Array:
    if isinstance(directions, str) or not hasattr(directions, "__len__") or len(directions) != 2:
        raise ValueError(
            f"directions is {directions!r}; expected 'random', 'principal' or a pair of arrays of W's shape"
        )
    arrays = [_core.as_array(d, f"directions[{i}]", True) for i, d in enumerate(directions)]
    for i, d in enumerate(arrays):
        if d.shape != shape:
            raise ValueError(f"directions[{i}] has shape {d.shape}; expected {shape}, W's")
        if d.dtype.kind != "f" or not np.isfinite(d).all():
            raise ValueError(f"directions[{i}] has dtype {d.dtype}; expected finite floats")
    pair = np.array(arrays, dtype=np.float64)
    s = np.linalg.svd(pair.reshape(2, -1), compute_uv=False)
    if len(s) < 2 or s[1] <= s[0] * pair.size**0.5 * np.finfo(np.float64).eps:
        raise ValueError("directions span no plane; expected two that are neither 0 nor parallel")
    return pair


def _stack(Ws: Any, W: npt.NDArray[Any], name: str) -> Array:
    """Return weights (k, ...) as (k, W.size)."""
    points = np.asarray(_core.as_array(Ws, name, True), dtype=np.float64)
    if points.ndim < 2 or not len(points) or points.shape[1:] not in (W.shape, (W.size,)):
        raise ValueError(f"{name} has shape {points.shape}; expected (k, *{W.shape}), weights like W")
    if not np.isfinite(points).all():
        raise ValueError(f"{name} holds NaN or infinities; expected finite numbers")
    return points.reshape(len(points), -1)


def _around(points: Array) -> Limits:
    """Return what shows all points and W, with a quarter of their extent around them."""
    both = np.vstack([points, np.zeros((1, 2))])
    low, high = both.min(axis=0), both.max(axis=0)
    # A plane much longer than wide would show nothing: at least a third as wide.
    extent = np.maximum(high - low, (high - low).max() / 3)
    middle, half = (low + high) / 2, 0.75 * extent
    return tuple((float(m - r), float(m + r)) for m, r in zip(middle, half, strict=True))
