"""L2, L1 and elastic net: values, gradients, the lecture's preferences."""

import numpy as np
import pytest
from cases import DTYPES

import deeprob
from deeprob import reference

FUNCTIONS = ["l2", "l1", "elastic_net"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (10, 3073), (2, 0)])
def test_value_and_gradient_are_the_twins(name, dtype, shape):
    W = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for memory in (W, np.asfortranarray(W), W[::-1, ::-1]):
        value, gradient = getattr(deeprob, name)(memory)
        expected, gradient_twin = getattr(reference, name)(memory.astype(np.longdouble))
        assert value == pytest.approx(float(expected), rel=1e-14)
        assert gradient.dtype == dtype
        np.testing.assert_allclose(gradient, gradient_twin.astype(float), rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_out_may_be_W_itself(name):
    W = np.random.default_rng(0).standard_normal((4, 5))
    expected = getattr(deeprob, name)(W)[1]
    assert getattr(deeprob, name)(W, out=W)[1] is W
    np.testing.assert_array_equal(W, expected)


@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_loss_with_reg_is_the_loss_plus_reg_times_R(reg_type, dtype):
    """L4-09: loss(reg) - loss(0) = reg R(W), and so the gradients."""
    rng = np.random.default_rng(1)
    W, X = rng.standard_normal((3, 8)).astype(dtype), rng.standard_normal((20, 8)).astype(dtype)
    y = rng.integers(0, 3, 20)
    R = {"l2": deeprob.l2, "l1": deeprob.l1, "elastic": lambda w: deeprob.elastic_net(w, 0.25)}[reg_type]
    data, dW = deeprob.softmax_loss(W, X, y)
    loss, dW_reg = deeprob.softmax_loss(W, X, y, 0.7, reg_type=reg_type, l1_ratio=0.25)
    value, gradient = R(W)
    assert loss == pytest.approx(data + 0.7 * value, rel=1e-14)
    np.testing.assert_allclose(dW_reg, dW + 0.7 * gradient, rtol=0, atol=8 * np.finfo(dtype).eps * 10)


def test_the_bias_given_as_b_is_not_regularized():
    W, X, y = np.ones((2, 3)), np.ones((4, 3)), [0, 1, 0, 1]
    small = deeprob.softmax_loss(W, X, y, 5.0, b=[0.0, 0.0])
    large = deeprob.softmax_loss(W, X, y, 5.0, b=[100.0, 100.0])
    assert small[0] == large[0]
    np.testing.assert_array_equal(small[2], large[2])


def test_the_lectures_two_weights():
    """L4-14: equal scores; L2 prefers the spread-out weights, L1 has a tie."""
    x, w1, w2 = np.ones((1, 4)), [[1.0, 0, 0, 0]], [[0.25] * 4]
    assert deeprob.scores(w1, x) == deeprob.scores(w2, x) == 1.0
    assert (deeprob.l2(w1)[0], deeprob.l2(w2)[0]) == (1.0, 0.25)
    assert (deeprob.l1(w1)[0], deeprob.l1(w2)[0]) == (1.0, 1.0)


def test_an_infinite_weight_does_not_make_the_other_term_nan():
    assert deeprob.l2([[np.inf, 1.0]])[0] == np.inf
    assert deeprob.l1([[-np.inf, 1.0]])[0] == np.inf
    np.testing.assert_array_equal(deeprob.l1([[-np.inf, 0.0, 2.0]])[1], [[-1.0, 0.0, 1.0]])
    assert np.isnan(deeprob.l1([[np.nan]])[1][0, 0])


AWKWARD = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 0.7500001, 5e-324, -5e-324, 1e300, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0.0, 1e-310, 0.1, 0.5, 3.0, 1e300])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (10, 3073), (2, 0)])
def test_the_proximal_step_has_the_bits_of_its_twin(threshold, dtype, shape):
    W = np.random.default_rng(0).standard_normal(shape).astype(dtype)
    for memory in (W, np.asfortranarray(W), W[::-1, ::-1]):
        result = deeprob.proximal_l1(memory, threshold)
        assert result.dtype == dtype
        assert result.tobytes() == reference.proximal_l1(memory, threshold).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threshold", [0.0, 1e-310, 0.5, 2.0])
def test_the_proximal_step_of_awkward_weights(threshold, dtype):
    """A 0 within the threshold has no sign; NaN and infinity stay."""
    with np.errstate(over="ignore", under="ignore"):
        W = np.array([AWKWARD], dtype)
    result = deeprob.proximal_l1(W, threshold)
    np.testing.assert_array_equal(result, reference.proximal_l1(W, threshold))
    within = np.abs(W) <= threshold
    assert result[within].tobytes() == bytes(within.sum() * result.itemsize)
    np.testing.assert_array_equal(result[0, -3:], W[0, -3:])
    if threshold == 0:
        np.testing.assert_array_equal(result, W)


def test_the_proximal_step_is_the_minimum_it_stands_for():
    """The v that minimizes t |v| + (v - w)^2 / 2, by a fine grid; and its optimality condition."""
    v = np.linspace(-3, 3, 60_001)
    for w in (-2.0, -0.3, 0.0, 0.4, 1.7):
        best = v[np.argmin(0.4 * np.abs(v) + (v - w) ** 2 / 2)]
        step = deeprob.proximal_l1([[w]], 0.4)[0, 0]
        assert step == pytest.approx(best, abs=1e-4)
        slope = (w - step) / 0.4  # a subgradient of |v| at the step
        assert slope == pytest.approx(np.sign(step)) if step else abs(slope) <= 1


def test_the_proximal_step_agrees_with_pytorchs():
    torch = pytest.importorskip("torch")
    W = np.random.default_rng(3).standard_normal((20, 30))
    theirs = torch.nn.functional.softshrink(torch.from_numpy(W), 0.6).numpy()
    np.testing.assert_array_equal(deeprob.proximal_l1(W, 0.6), theirs)


def test_the_proximal_step_in_place():
    W = np.random.default_rng(0).standard_normal((4, 5))
    expected = deeprob.proximal_l1(W, 0.3)
    assert deeprob.proximal_l1(W, 0.3, out=W) is W
    np.testing.assert_array_equal(W, expected)


def test_a_wrong_threshold_is_named():
    for threshold, error in [
        (-0.1, ValueError),
        (np.nan, ValueError),
        (np.inf, ValueError),
        ("1", TypeError),
    ]:
        with pytest.raises(error, match="threshold is"):
            deeprob.proximal_l1([[1.0]], threshold)
