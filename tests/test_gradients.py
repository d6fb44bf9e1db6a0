"""numeric_gradient: the quotients of the slides, and what it does to x."""

import numpy as np
import pytest

import deeprob
from deeprob import reference


def test_it_is_the_twin():
    rng = np.random.default_rng(0)
    A, x = rng.standard_normal((6, 6)), rng.standard_normal((2, 3))
    f = lambda x: float(x.ravel() @ A @ x.ravel() + np.sin(x).sum())  # noqa: E731
    np.testing.assert_allclose(deeprob.numeric_gradient(f, x), reference.numeric_gradient(f, x), atol=1e-9)


def test_forward_differences_take_one_evaluation_more_than_entries_and_central_twice_as_many():
    """L4-21."""
    calls = []

    def f(x):
        calls.append(x.copy())
        return float(x.sum())

    deeprob.numeric_gradient(f, np.zeros(5), 1e-4, method="forward")
    assert len(calls) == 6
    calls.clear()
    deeprob.numeric_gradient(f, np.zeros(5))
    assert len(calls) == 10


def test_the_slides_first_three_entries():
    """L4-19 to L4-21, on a linear function made to have that gradient; losses rounded to five decimals."""
    gradient = np.array([-2.5, 0.6, 0.0])
    W = np.array([0.34, -1.11, 0.78])
    f = lambda w: round(1.25347 + float(gradient @ (w - [0.34, -1.11, 0.78])), 5)  # noqa: E731
    np.testing.assert_allclose(deeprob.numeric_gradient(f, W, 1e-4, method="forward"), gradient, atol=1e-9)


def test_x_is_perturbed_in_place_and_restored_to_its_bits():
    x = np.array([0.1, 0.2, 0.3])
    before = x.tobytes()
    seen = []
    deeprob.numeric_gradient(lambda _: seen.append(x.copy()) or float(x.sum()), x)
    assert any(not np.array_equal(s, x) for s in seen)
    assert x.tobytes() == before

    def fails(_):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        deeprob.numeric_gradient(fails, x)
    assert x.tobytes() == before


def test_a_read_only_x_and_integers_are_copied():
    x = np.arange(3.0)
    x.flags.writeable = False
    np.testing.assert_allclose(deeprob.numeric_gradient(lambda w: float((w**2).sum()), x), 2 * x, atol=1e-9)
    ints = np.arange(3)
    np.testing.assert_allclose(
        deeprob.numeric_gradient(lambda w: float((w**2).sum()), ints), 2.0 * ints, atol=1e-9
    )


def test_losses_and_objectives_may_be_passed_as_they_are():
    rng = np.random.default_rng(0)
    objective = deeprob.Objective(rng.standard_normal((9, 4)), rng.integers(0, 3, 9), reg=0.1)
    W = rng.standard_normal((3, 4))
    np.testing.assert_allclose(deeprob.numeric_gradient(objective, W), objective(W)[1], atol=1e-8)


@pytest.mark.parametrize("h", [0.0, -1e-5, np.nan, np.inf])
def test_a_wrong_h(h):
    with pytest.raises(ValueError, match="h is"):
        deeprob.numeric_gradient(lambda w: 0.0, np.ones(2), h)


def test_scipy_agrees(peer):
    optimize = peer("scipy.optimize")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 4)), rng.integers(0, 3, 20)
    objective = deeprob.Objective(X, y, reg=0.2)
    W = rng.standard_normal(12)
    error = optimize.check_grad(
        lambda w: objective.value(w.reshape(3, 4)), lambda w: objective(w.reshape(3, 4))[1].ravel(), W
    )
    assert error < 1e-6


def test_an_objective_of_a_matrix_is_not_called_and_only_its_own_class_is_seen_through(monkeypatch):
    rng = np.random.default_rng(0)
    X, y, W = rng.standard_normal((9, 4)), rng.integers(0, 3, 9), rng.standard_normal((3, 4))

    class Twice(deeprob.Objective):
        def __call__(self, W, index=None, *, out=None):
            return 2 * self.value(W, index), W

    doubled = deeprob.numeric_gradient(Twice(X, y), W)
    objective = deeprob.Objective(X, y)
    for name in ("__call__", "value", "value_and_grad"):
        monkeypatch.setattr(deeprob.Objective, name, None)
    W.flags.writeable = False
    np.testing.assert_allclose(doubled, 2 * deeprob.numeric_gradient(objective, W), atol=1e-8)


def test_float32_weights_are_perturbed_in_float64():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((3, 4)).astype(np.float32)
    objective = deeprob.Objective(rng.standard_normal((9, 4)).astype(np.float32), rng.integers(0, 3, 9))
    before = W.tobytes()
    np.testing.assert_allclose(deeprob.numeric_gradient(objective, W), objective(W)[1], rtol=1e-5, atol=1e-6)
    assert W.tobytes() == before


@pytest.mark.parametrize("shape", [(3,), (3, 5), (2, 4), (0, 4), (1, 3, 4)])
def test_a_wrong_shape_is_the_error_of_the_objective(shape):
    objective = deeprob.Objective(np.ones((6, 4)), [0, 1, 2, 0, 1, 2])
    W = np.ones(shape)
    with pytest.raises(ValueError, match="W|x") as called:
        objective(W)
    with pytest.raises(ValueError, match="W|x") as checked:
        deeprob.numeric_gradient(objective, W)
    assert str(checked.value) == str(called.value)
