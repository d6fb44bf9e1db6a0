"""The numeric gradient from the columns of the scores: the generic loop in all layouts and dtypes."""

import cases
import numpy as np
import pytest
from cases import DTYPES, LAYOUTS, LOSSES, SIZES

import deeprob
from deeprob import _core

H = 1e-5
FEW = [(1, 1, 1), (1, 4, 3), (7, 5, 2), (40, 7, 1), (33, 40, 5), (130, 3, 11), (64, 20, 3), (40, 6, 49)]


def numeric(loss, W, X, y, *, b=None, index=None, h=H, forward=False, class_axis=0, example_axis=0, **other):
    """The core's function, with what an Objective does not pass on."""
    parameter = next(iter(_core.losses()[loss].values()), 0.0)
    penalties = other.get("l1", 0.0), other.get("l2", 0.0)
    axes = example_axis, class_axis, other.get("threads")
    return _core.linear_numeric(loss, W, X, y, b, index, parameter, *penalties, h, forward, *axes)


def noise(objective, W, h=H):
    """What rounding of the losses leaves in a quotient; the loss is a mean, its sums longer."""
    return 64 * np.finfo(float).eps * max(1.0, objective.value(W)) / h


def generic(objective, W, **keywords):
    """The loop over the entries, each with two evaluations of the whole loss."""
    return deeprob.numeric_gradient(lambda w: objective(w), W, **keywords)


@pytest.mark.parametrize("size", FEW, ids=str)
@pytest.mark.parametrize("method", ["central", "forward"])
@pytest.mark.parametrize("class_axis", [0, 1])
@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_the_generic_loop(loss, class_axis, method, size):
    W, X, y, _ = cases.problem(*size, "float64")
    W = W.T.copy() if class_axis else W
    objective = deeprob.Objective(X, y, loss=loss, class_axis=class_axis)
    ours = deeprob.numeric_gradient(objective, W, H, method=method)
    assert ours.dtype == np.float64 and ours.shape == W.shape
    np.testing.assert_allclose(
        ours, generic(objective, W, h=H, method=method), rtol=0, atol=noise(objective, W)
    )


@pytest.mark.parametrize("method", ["central", "forward"])
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_regularizer_is_in_it(loss, reg_type, method):
    W, X, y, _ = cases.problem(30, 13, 4, "float64")
    W[0, 0], W[1, 1] = 0.0, H / 2  # on the kink of |w|, and astride it
    objective = deeprob.Objective(X, y, loss=loss, reg=0.3, reg_type=reg_type, l1_ratio=0.25)
    ours = deeprob.numeric_gradient(objective, W, H, method=method)
    np.testing.assert_allclose(
        ours, generic(objective, W, h=H, method=method), rtol=0, atol=noise(objective, W)
    )


@pytest.mark.parametrize("h", [1e-7, 1e-5, 1e-2])
@pytest.mark.parametrize("w_scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("x_scale", [1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_the_generic_loop_at_any_scale(loss, x_scale, w_scale, h):
    """Where classes share what a feature's step does to the scores, and where it is too large for that."""
    W, X, y, _ = cases.problem(70, 6, 4, "float64")
    X, W = x_scale * X, w_scale / x_scale * W
    X[3, 2] = 0.0
    objective = deeprob.Objective(X, y, loss=loss)
    ours = deeprob.numeric_gradient(objective, W, h)
    seen = [1.0, w_scale * 10]  # what is rounded in a quotient: losses, and the scores they come from

    def value(w):
        seen.append(objective.value(w))
        return seen[-1]

    expected = deeprob.numeric_gradient(value, W, h)
    atol = 64 * np.finfo(float).eps * (max(seen) + h * np.abs(X).max()) / h
    np.testing.assert_allclose(ours, expected, rtol=1e-13, atol=atol)


@pytest.mark.parametrize(("place", "bad"), [("X", np.nan), ("W", np.nan), ("W", np.inf), ("W", -np.inf)])
@pytest.mark.parametrize("loss", LOSSES)
def test_what_is_not_finite_stays_so(loss, place, bad):
    W, X, y, _ = cases.problem(70, 6, 4, "float64")
    (X if place == "X" else W)[2, 1] = bad
    objective = deeprob.Objective(X, y, loss=loss)
    with np.errstate(invalid="ignore"):
        expected = generic(objective, W, h=H)
    ours = deeprob.numeric_gradient(objective, W, H)
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(expected))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_it_agrees_with_the_analytic_gradient(loss, size):
    """As a whole: the SVM's few kinks within h aside."""
    W, X, y, b = cases.problem(*size, "float64")
    value, dW, _ = cases.run(loss, W, X, y, b=b, reg=0.1)
    ours = numeric(loss, W, X, y, b=b, l2=0.1)
    wrong = np.abs(ours - dW) > 1e-8 * max(1.0, np.abs(dW).max()) + 1e-9 * value
    assert wrong.mean() <= (0.001 if loss == "svm" else 0)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [*DTYPES, "uint8"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_layout_gives_the_same_bits_and_every_dtype_its_values(loss, dtype, layout):
    W, X, y, b = cases.problem(130, 70, 7, "float64")
    X = (np.abs(X) * 100).astype(dtype) if dtype == "uint8" else X.astype(dtype)
    narrow = "float32" if dtype == "float32" else "float64"
    W, b = (W / 100).astype(narrow), b.astype(narrow)
    plain = numeric(loss, W.astype(float), X.astype(float), y, b=b.astype(float))
    memory, keywords = cases.laid_out(X, layout) if dtype != "uint8" else laid_out_bytes(X, layout)
    labels = cases.labels_for(y, keywords, 260)
    np.testing.assert_array_equal(numeric(loss, W, memory, labels, b=b, **keywords), plain)
    strided = np.full((14, 210), np.nan, W.dtype)
    strided[::2, ::3] = W
    np.testing.assert_array_equal(numeric(loss, strided[::2, ::3], memory, labels, b=b, **keywords), plain)
    across = numeric(loss, np.ascontiguousarray(W.T), memory, labels, b=b, class_axis=1, **keywords)
    np.testing.assert_array_equal(across.T, plain)


def laid_out_bytes(X, layout):
    """cases.laid_out for bytes, which have no NaN to put between."""
    memory, keywords = cases.laid_out(X.astype(np.float32), layout)
    if layout == "offset":
        return X, keywords
    return np.nan_to_num(memory).astype(np.uint8), keywords


@pytest.mark.parametrize("size", [(500, 3073, 10), (3000, 3, 4), (1100, 40, 3), (65, 33, 49)], ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_bits_do_not_depend_on_the_threads(loss, size):
    W, X, y, _ = cases.problem(*size, "float64")
    results = [numeric(loss, W, X, y, l1=0.1, l2=0.2, threads=t) for t in (1, 2, 7)]
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_the_steps_are_those_really_taken():
    """Beside 1e12 a step of 1e-5 is rounded to a tenth or nothing; the quotient divides by what was added."""
    X, y = np.array([[1e-12, 1.0], [2e-12, -1.0]]), [0, 1]
    objective = deeprob.Objective(X, y)
    W = np.array([[1e12, 0.5], [-1e12, 0.25]])
    for h in (1e-3, 1.0):
        np.testing.assert_allclose(
            deeprob.numeric_gradient(objective, W, h), generic(objective, W, h=h), rtol=1e-6, atol=1e-6
        )
    gone = deeprob.numeric_gradient(objective, W, 1e-5)
    assert np.isnan(gone[:, 0]).all() and np.isfinite(gone[:, 1]).all()


def test_losses_near_zero_keep_their_digits():
    """The lanes' products do not swallow small terms."""
    s = np.array([[50.0, 0.0, 1.0], [0.0, 60.0, 2.0], [45.0, 0.0, 0.0]])
    objective = deeprob.Objective(np.eye(3), [0, 1, 0])
    W = np.ascontiguousarray(s.T)
    np.testing.assert_allclose(deeprob.numeric_gradient(objective, W), objective(W)[1], rtol=1e-6, atol=1e-30)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_gives_nan_and_no_crash(loss, value):
    W, X, y, _ = cases.problem(70, 5, 4, "float64")
    X[3, 2] = value
    assert np.isnan(numeric(loss, W, X, y)).any()
    X[3, 2] = 0.0
    W[1, 1] = value
    assert np.isnan(numeric(loss, W, X, y)[1, 1])


def test_large_scores_do_not_overflow():
    W, X, y, _ = cases.problem(70, 5, 4, "float64")
    objective = deeprob.Objective(X * 1e4, y)
    np.testing.assert_allclose(
        deeprob.numeric_gradient(objective, W, 1e-8), objective(W)[1], rtol=1e-4, atol=1e-1
    )
