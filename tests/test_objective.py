"""Objective: a loss bound to its data."""

import numpy as np
import pytest

import deeprob
from deeprob import _core


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 6)), rng.integers(0, 4, 40), rng.standard_normal((4, 6))


@pytest.mark.parametrize("loss", sorted(_core.losses()))
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
def test_it_is_the_loss_function(problem, loss, reg_type):
    X, y, W = problem
    objective = deeprob.Objective(X, y, loss=loss, reg=0.3, reg_type=reg_type, l1_ratio=0.2)
    function = getattr(deeprob.losses, f"{loss}_loss")
    expected = function(W, X, y, 0.3, reg_type=reg_type, l1_ratio=0.2)
    for value, dW in (objective(W), objective.value_and_grad(W)):
        assert value == expected[0]
        np.testing.assert_array_equal(dW, expected[1])
    assert objective.value(W) == expected[0]
    index = [3, 1, 3, -1]
    assert (
        objective.value(W, index) == function(W, X, y, 0.3, reg_type=reg_type, l1_ratio=0.2, index=index)[0]
    )
    data, penalty = objective.terms(W)
    assert data == function(W, X, y, grad=False)
    assert data + penalty == pytest.approx(expected[0], rel=1e-15)


def test_layouts(problem):
    X, y, W = problem
    plain = deeprob.Objective(X, y)
    turned = deeprob.Objective(X.T.copy(), y, example_axis=1, class_axis=1)
    assert turned.value(W.T) == plain.value(W)
    assert turned(W.T)[1].shape == (6, 4)
    assert (turned.n_examples, turned.n_features, turned.n_classes) == (40, 6, 4)
    np.testing.assert_array_equal(turned.predict(W.T), deeprob.predict(W, X))
    assert turned.accuracy(W.T) == deeprob.accuracy(W, X, y)


def test_the_losses_own_parameter(problem):
    X, y, W = problem
    wide = deeprob.Objective(X, y, loss="svm", delta=3.0)
    assert wide.value(W) == deeprob.svm_loss(W, X, y, delta=3.0, grad=False)
    with pytest.raises(TypeError, match="loss 'softmax' has no parameter 'delta'"):
        deeprob.Objective(X, y, delta=1.0)


def test_data_is_not_copied(problem):
    X, y, W = problem
    objective = deeprob.Objective(X, y)
    before = objective.value(W)
    X *= 2
    assert objective.value(W) != before


def test_wrong_data_is_refused_when_it_is_bound(problem):
    X, y, _ = problem
    with pytest.raises(ValueError, match=r"y has shape \(40, 1\)"):
        deeprob.Objective(X, y[:, None])
    with pytest.raises(ValueError, match=r"y has shape \(39,\); expected \(N,\) with N = 40"):
        deeprob.Objective(X, y[1:])
    with pytest.raises(ValueError, match=r"X has shape \(6,\)"):
        deeprob.Objective(X[0], y)
    with pytest.raises(ValueError, match="loss is 'hinge'; expected 'softmax', 'svm'"):
        deeprob.Objective(X, y, loss="hinge")
    with pytest.raises(ValueError, match=r"y\[2\] is -1"):
        deeprob.Objective(X[:3], [0, 1, -1])
    with pytest.raises(ValueError, match="reg is -1"):
        deeprob.Objective(X, y, reg=-1.0)
