"""gradient_descent(l1_step="proximal"): ISTA on the L1 term of an Objective, and what it refuses."""

import functools

import numpy as np
import pytest

import deeprob
from deeprob import optim, reference

LR = 0.2


@pytest.fixture
def problem():
    """Ten features, of which three matter."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((120, 10))
    return X, (X[:, 0] - 2 * X[:, 1] + X[:, 2] + 0.5 * rng.standard_normal(120) > 0).astype(int)


def descent(objective, steps=400, **keywords):
    keywords = {"learning_rate": LR, "l1_step": "proximal", **keywords}
    return deeprob.gradient_descent(objective, num_steps=steps, **keywords)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("reg_type", "l1", "l2"), [("l1", 0.05, 0.0), ("elastic", 0.02, 0.03)])
def test_each_step_is_a_gradient_step_and_the_proximal_one(problem, dtype, reg_type, l1, l2):
    X, y = problem
    X, ratio = X.astype(dtype), l1 / (l1 + l2)
    objective = deeprob.Objective(X, y, reg=l1 + l2, reg_type=reg_type, l1_ratio=ratio)
    result = descent(objective, 30)
    w, losses, weight = np.zeros((2, 10), dtype), [], objective._penalties[0]
    for _ in range(30):
        losses.append(objective.value(w))
        _, dw = deeprob.softmax_loss(w, X, y, objective._penalties[1])
        w = reference.proximal_l1(w - w.dtype.type(LR) * dw, LR * weight)
    np.testing.assert_array_equal(result.w, w)
    np.testing.assert_allclose(result.losses, losses, rtol=1e-14)
    assert (np.diff(result.losses) < 0).all()


@pytest.mark.parametrize(("loss", "l1"), [("softmax", 0.05), ("squared_hinge", 0.3)])
def test_it_ends_at_the_minimum_with_exact_zeros(problem, loss, l1):
    """Where w is 0 the rest's slope is within +-l1, elsewhere it is -l1 sign(w): the minimum's condition."""
    X, y = problem
    objective = deeprob.Objective(X, y, loss=loss, reg=l1, reg_type="l1")
    w = descent(objective, 3000, learning_rate=0.05).w
    slope = deeprob.Objective(X, y, loss=loss)(w)[1]
    zero = w == 0
    assert zero.any(axis=0)[3:].sum() >= 5  # of the seven features that do not matter
    assert not zero[:, :3].any()
    assert (np.abs(slope[zero]) <= l1 + 1e-12).all()
    np.testing.assert_allclose(slope[~zero], -l1 * np.sign(w[~zero]), atol=1e-9)


def test_the_subgradient_makes_no_zeros(problem):
    objective = deeprob.Objective(*problem, reg=0.05, reg_type="l1")
    w = descent(objective, 3000, l1_step="subgradient").w
    assert (w != 0).all()
    exact = descent(objective, 3000).w
    np.testing.assert_allclose(w, exact, atol=2 * LR * 0.05)  # it steps to and fro over 0, lr l1 wide
    assert objective.value(exact) < objective.value(w)


def test_minibatches_schedules_callbacks_and_class_axis(problem):
    X, y = problem
    seen = []
    options = {"batch_size": 16, "rng": 3, "learning_rate": lambda t: LR / (1 + t)}
    objective = deeprob.Objective(X, y, reg=0.1, reg_type="l1")
    result = descent(
        objective, 12, record="trajectory", callback=lambda t, w, loss: seen.append(loss), **options
    )
    batches = deeprob.descent.minibatches(120, 16, rng=3)
    w = np.zeros((2, 10))
    for t in range(12):
        np.testing.assert_array_equal(result.trajectory[t], w)
        _, dw = deeprob.softmax_loss(w, X, y, index=next(batches))
        w = reference.proximal_l1(w - LR / (1 + t) * dw, LR / (1 + t) * 0.1)
    np.testing.assert_array_equal(result.w, w)
    np.testing.assert_array_equal(result.losses, seen)
    turned = deeprob.Objective(X, y, reg=0.1, reg_type="l1", class_axis=1)
    np.testing.assert_array_equal(descent(turned, 12, **options).w, w.T)


def test_a_reg_of_0_leaves_the_gradient_step_alone(problem):
    objective = deeprob.Objective(*problem, reg_type="l1")
    np.testing.assert_array_equal(descent(objective, 20).w, descent(objective, 20, l1_step="subgradient").w)


def test_the_objective_is_left_as_it_was(problem):
    objective = deeprob.Objective(*problem, reg=0.3, reg_type="l1")
    before = objective(np.ones((2, 10)))
    descent(objective, 3)
    after = objective(np.ones((2, 10)))
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])


L1 = deeprob.Objective(np.eye(4), [0, 1, 0, 1], reg=0.1, reg_type="l1")


@pytest.mark.parametrize(
    ("loss_fn", "keywords", "words"),
    [
        (L1, {"l1_step": "prox"}, "l1_step is 'prox'; expected 'subgradient', 'proximal'"),
        (L1, {"l1_step": None}, "l1_step is None"),
        (lambda w: (float(w @ w), 2 * w), {"w0": [1.0]}, "loss_fn a function; expected an Objective"),
        (deeprob.Objective(np.eye(4), [0, 1, 0, 1], reg=0.1), {}, "no L1 term; expected reg_type='l1'"),
        (L1, {"optimizer": "momentum"}, "optimizer makes a Momentum; expected plain 'sgd'"),
        (L1, {"optimizer": "adam"}, "optimizer makes a Adam; expected plain 'sgd'"),
        (L1, {"optimizer": functools.partial(optim.SGD, clip_norm=1.0)}, "has clip_norm=1.0"),
        (L1, {"optimizer": functools.partial(optim.SGD, clip_value=1.0)}, "has clip_value=1.0"),
        (L1, {"optimizer": functools.partial(optim.SGD, maximize=True)}, "has maximize=True"),
        (L1, {"w0": np.zeros((2, 4), np.longdouble)}, "dtype longdouble|dtype float128|optimizer makes it"),
        (L1, {"w0": np.zeros(8)}, r"shape \(8,\); expected"),
    ],
)
def test_what_it_refuses(loss_fn, keywords, words):
    with pytest.raises(ValueError, match=words):
        descent(loss_fn, 3, **keywords)
