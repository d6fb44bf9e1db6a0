"""Random right gradients of deeprob: losses, regularizers, landscapes, at easy and awkward points."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import deeprob
from deeprob import landscapes, losses

TWO_VARIABLES = [
    "beale",
    "booth",
    "bowl",
    "himmelblau",
    "local_minimum",
    "matyas",
    "monkey_saddle",
    "plateau",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "styblinski_tang",
]


class Case(NamedTuple):
    """What is checked, and where."""

    name: str
    func: Callable[..., Any]
    inputs: Any


def case(seed: int) -> Case:
    """Return the case of a seed."""
    rng = np.random.default_rng(seed)
    return FAMILIES[seed % len(FAMILIES)](rng)


def _data(rng):
    """Draw examples at many scales, some of whole numbers, so that margins tie, some bytes."""
    N, D, C = rng.integers(1, 12), rng.integers(1, 8), rng.integers(1, 6)
    X = rng.standard_normal((N, D)) * 10.0 ** rng.integers(-3, 3)
    if rng.random() < 0.2:
        X = np.round(X)
    if rng.random() < 0.1:
        X = rng.integers(0, 256, (N, D)).astype(np.uint8)
    return X, rng.integers(0, C, N), _weights(rng, (C, D))


def _weights(rng, shape):
    """Draw weights of any size: all 0, whole numbers, some exactly 0, some just beside it."""
    W = rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 3)
    kind = rng.random()
    if kind < 0.1:
        W[:] = 0.0
    elif kind < 0.2:
        W = np.round(W)
    elif kind < 0.4:
        W[rng.random(shape) < 0.5] = 0.0
    return np.asfortranarray(W) if rng.random() < 0.2 else W


def _objective(rng):
    X, y, W = _data(rng)
    example_axis, class_axis = (int(axis) for axis in rng.integers(0, 2, 2))
    objective = deeprob.Objective(
        X.T if example_axis else X,
        y,
        loss=str(rng.choice(losses.NAMES)),
        reg=float(rng.choice([0, 5e-6, 1e-2, 1.0, 1e3])),
        reg_type=str(rng.choice(["l2", "l1", "elastic"])),
        example_axis=example_axis,
        class_axis=class_axis,
    )
    return Case(repr(objective), objective, W.T if class_axis else W)


def _closure(rng):
    name, objective, W = _objective(rng)
    return Case(f"a function of {name}", lambda W: objective(W), W)


def _loss(rng):
    X, y, W = _data(rng)
    function = getattr(deeprob, f"{rng.choice(losses.NAMES)}_loss")
    reg = float(rng.choice([0, 5e-6, 1e-2, 1.0]))
    return Case(function.__name__, function, (W, X, y, reg))


def _loss_with_bias(rng):
    X, y, W = _data(rng)
    function = getattr(deeprob, f"{rng.choice(losses.NAMES)}_loss")
    b = rng.standard_normal(len(W))
    return Case(f"{function.__name__} with b", lambda W, b: function(W, X, y, 0.1, b=b), (W, b))


def _score_loss(rng):
    N, C = rng.integers(1, 8), rng.integers(1, 6)
    function = deeprob.softmax_cross_entropy if rng.random() < 0.5 else deeprob.multiclass_hinge
    s = rng.standard_normal((N, C)) * 10.0 ** rng.integers(-2, 3)
    s = np.round(s) if rng.random() < 0.2 else s
    return Case(function.__name__, function, (s, rng.integers(0, C, N)))


def _soft_labels(rng):
    """Probabilities, some of them 0 and 1, and smoothed labels: of scores, weights and an objective."""
    X, y, W = _data(rng)
    C = len(W)
    eps = float(rng.choice([0.0, 0.1, 1.0]))
    soft = rng.dirichlet(np.full(C, rng.choice([0.1, 1.0, 10.0])), len(y))
    if rng.random() < 0.3:
        soft = np.eye(C)[y]
    kind = rng.integers(3)
    if kind == 0:
        s = rng.standard_normal((len(y), C)) * 10.0 ** rng.integers(-2, 3)
        return Case("soft scores", lambda s: deeprob.softmax_cross_entropy(s, soft, label_smoothing=eps), s)
    if kind == 1:
        b = rng.standard_normal(C)
        name = "softmax_loss with soft labels"
        return Case(name, lambda W, b: losses.softmax_loss(W, X, soft, b=b, label_smoothing=eps), (W, b))
    objective = deeprob.Objective(X, y, label_smoothing=eps)
    return Case(repr(objective), objective, W)


def _regularizer(rng):
    function = (deeprob.l2, deeprob.l1, deeprob.elastic_net)[rng.integers(3)]
    W = _weights(rng, (rng.integers(1, 5), rng.integers(1, 5)))
    return Case(function.__name__, function, W)


def _landscape(rng):
    landscape = getattr(landscapes, str(rng.choice(TWO_VARIABLES)))()
    limits = np.array(landscape.limits)
    w = rng.uniform(limits[:, 0], limits[:, 1])
    if rng.random() < 0.2:
        w = landscape.minima[0].copy() if len(landscape.minima) else landscape.start.copy()
    return Case(landscape.name, landscape, w)


def _least_squares(rng):
    problems = landscapes.more_garbow_hillstrom()
    problem = problems[rng.integers(len(problems))]
    w = problem.start * (1.0 + 0.1 * rng.standard_normal(problem.n))
    return Case(problem.name, problem, w)


FAMILIES = (
    _objective,
    _closure,
    _loss,
    _loss_with_bias,
    _score_loss,
    _soft_labels,
    _regularizer,
    _landscape,
    _least_squares,
)
