"""Verdicts where difference quotients are hard to get: small scales, cancellation, kinks, mixed sizes."""

import numpy as np
import pytest

import deeprob

z = np.random.default_rng(0).standard_normal(4)

# Right gradients: f, gradient, x.
SMALL_SCALES = {
    "sin of 1e8 x": (lambda x: np.sum(np.sin(1e8 * x)), lambda x: 1e8 * np.cos(1e8 * x), 1e-8 * z),
    "a wave of 1e-8 on x": (lambda x: np.sum(x + 1e-8 * np.sin(1e8 * x)), lambda x: 1 + np.cos(1e8 * x), z),
    "log near 0": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, np.array([1e-8, 1.0, 2.0])),
    "sqrt near 0": (lambda x: np.sum(np.sqrt(x)), lambda x: 0.5 / np.sqrt(x), np.array([1e-8, 1.0, 2.0])),
    "1/x near 0": (lambda x: np.sum(1 / x), lambda x: -1 / x**2, np.array([1e-8, 1.0, 2.0])),
    "arcsin near 1": (
        lambda x: np.sum(np.arcsin(x)),
        lambda x: 1 / np.sqrt(1 - x**2),
        np.array([1 - 1e-9, 0.5]),
    ),
    "a step of tanh": (
        lambda x: np.sum(np.tanh(1e6 * x)),
        lambda x: 1e6 / np.cosh(1e6 * x) ** 2,
        np.array([0.0, 1e-6, 0.3]),
    ),
}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", SMALL_SCALES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_small_scales(name, strict):
    f, gradient, x = SMALL_SCALES[name]
    result = deeprob.gradcheck(lambda x: (f(x), gradient(x)), x, strict=strict, raise_exception=False)
    assert result, result
    wrong = deeprob.gradcheck(lambda x: (f(x), 1.05 * gradient(x)), x, strict=strict, raise_exception=False)
    assert not wrong


def test_few_digits_after_a_cancellation_are_not_float32s():
    c = 1e6
    result = deeprob.gradcheck(lambda x: (np.sum(x**2 - 2 * c * x + c**2), 2 * (x - c)), z + c, strict=True)
    assert result.kind == "agrees"
    whole = deeprob.gradcheck(lambda x: (np.sum(np.floor(1e3 * x)), 0 * x), z + 0.5e-3, raise_exception=False)
    assert whole.kind != "float32"


def test_strict_excuses_a_function_in_float32_of_float32_inputs():
    def forced(x):
        return np.float32(np.sum(np.sin(x))), np.cos(x)

    result = deeprob.gradcheck(forced, z.astype(np.float32), strict=True)
    assert result.kind == "float32" and "though its inputs are float64" not in str(result)
    assert not deeprob.gradcheck(forced, z, strict=True, raise_exception=False)


@pytest.mark.parametrize(
    ("reg_type", "scale"), [("l2", 1e-12), ("l2", 1.0), ("l1", 1e-6), ("l1", 1.0), ("elastic", 1.0)]
)
@pytest.mark.parametrize("loss", ["softmax", "svm", "squared_hinge"])
def test_a_penalty_far_below_the_data_loss(loss, reg_type, scale):
    rng = np.random.default_rng(1)
    X, y, W = 1e6 * rng.standard_normal((20, 3)), rng.integers(0, 4, 20), rng.standard_normal((4, 3))
    objective = deeprob.Objective(X, y, loss=loss, reg=1e-3, reg_type=reg_type)
    result = deeprob.gradcheck(objective, scale * W, strict=True, raise_exception=False)
    assert result, result


def test_a_wrong_penalty_of_tiny_weights_is_seen():
    rng = np.random.default_rng(1)
    X, y, W = rng.standard_normal((20, 3)), rng.integers(0, 4, 20), 1e-12 * rng.standard_normal((4, 3))

    def loss(W, reg):
        value, gradient = deeprob.softmax_loss(W, X, y, reg)
        return value, gradient - reg * W  # half of it

    assert deeprob.gradcheck(lambda W, reg: deeprob.softmax_loss(W, X, y, reg), (W, 1e-3), strict=True)
    assert "penalty" in deeprob.gradcheck(loss, (W, 1e-3), strict=True, raise_exception=False).kinds


def test_lines_do_not_move_small_weights_by_the_size_of_large_ones():
    rng = np.random.default_rng(2)
    W = rng.standard_normal((4, 3)) * np.array([[1e6], [1e-6], [1.0], [1.0]])
    W[3, 1] = 1e9
    X, y = rng.standard_normal((20, 3)), rng.integers(0, 4, 20)
    for loss in ("softmax", "svm"):
        result = deeprob.gradcheck(deeprob.Objective(X, y, loss=loss, reg=1e-3), W, strict=True)
        assert result, result


def test_outputs_of_other_scales_do_not_widen_the_tolerance():
    scales = np.array([1e-12, 1e-6, 1e6, 1e12])

    def function(factor):
        return lambda x: (scales * np.sin(x), lambda g: scales * factor * np.cos(x) * g)

    assert deeprob.gradcheck(function(1.0), z, strict=True)
    for entry in range(4):
        factor = np.where(np.arange(4) == entry, 1.0 + 1e-6, 1.0)
        assert not deeprob.gradcheck(function(factor), z, strict=True, raise_exception=False)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("at", [0.0, 1e-12, 1e-9, 1e-7, -1e-7, 1e-6])
@pytest.mark.parametrize("slope", [0.0, 0.005, 1.01, 1.5, -0.5])
def test_a_slope_outside_of_those_on_both_sides_of_a_kink(slope, at, strict):
    x = np.array([at, 1.0, -1.0])
    result = deeprob.gradcheck(
        lambda x: (np.sum(np.where(x > 0, x, 0.01 * x)), np.array([slope, 1.0, 0.01])),
        x,
        strict=strict,
        raise_exception=False,
    )
    assert not result


@pytest.mark.parametrize("at", [1e-12, 1e-9, -1e-9])
def test_lines_excuse_what_entries_are_excused_for(at):
    x = np.array([at, 1.0, -1.0])
    other_side = np.array([float(at < 0), 1.0, 0.0])
    assert deeprob.gradcheck(lambda x: (np.sum(np.maximum(x, 0)), other_side), x, strict=True).kind == "kink"


def test_fast_mode_asks_for_a_gradient_that_is_multiplied_by_grad_output():
    result = deeprob.gradcheck(
        lambda x: (np.sin(x), lambda g: g * np.cos(x) + 1e-9), z, fast_mode=True, raise_exception=False
    )
    assert result.kind == "grad_output", result
