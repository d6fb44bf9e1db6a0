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
