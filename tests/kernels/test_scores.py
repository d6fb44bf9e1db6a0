"""Scores, predictions and accuracy in every dtype, layout and stride."""

import cases
import numpy as np
import pytest
from cases import DTYPES, LAYOUTS, SIZES

import deeprob
from deeprob import reference


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_are_the_twins(dtype, layout, size):
    N, D, C = size
    W, X, _, b = cases.problem(N, D, C, dtype)
    memory, keywords = cases.laid_out(X, layout)
    s = deeprob.scores(W, memory, b, **keywords)
    assert s.dtype == dtype
    if layout == "columns":
        assert s.shape == (C, N)
        s = s.T
    wide = [a.astype(np.longdouble) for a in (W, X, b)]
    expected = reference.scores(*wide).astype(float)
    np.testing.assert_allclose(s, expected, rtol=0, atol=cases.tolerance(dtype, D) * 4)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_predict_is_the_argmax_of_the_scores(dtype, layout, threads):
    W, X, y, b = cases.problem(1000, 40, 11, dtype)
    memory, keywords = cases.laid_out(X, layout)
    labels = cases.labels_for(y, keywords, 2000)
    axis = 0 if layout == "columns" else 1
    expected = np.argmax(deeprob.scores(W, memory, b, threads=threads, **keywords), axis=axis)
    np.testing.assert_array_equal(deeprob.predict(W, memory, b, threads=threads, **keywords), expected)
    hits = float(np.mean(expected == y))
    assert deeprob.accuracy(W, memory, labels, b, threads=threads, **keywords) == hits


def test_predict_takes_the_first_of_several_and_the_first_nan_as_numpy_does():
    s = np.array([[1.0, 1.0, 0.0], [0.0, np.nan, np.nan], [np.nan, 9.0, 1.0], [-np.inf, -np.inf, -np.inf]])
    W = np.eye(3)
    with np.errstate(invalid="ignore"):
        expected = np.argmax(s, axis=1)
    # scores of one-hot weights: s itself, but 0 * nan is nan; so compare through scores
    s = deeprob.scores(W, s)
    np.testing.assert_array_equal(
        deeprob.predict(W, np.nan_to_num(s, nan=0.0)), np.argmax(np.nan_to_num(s), axis=1)
    )
    assert expected[0] == deeprob.predict(W, [[1.0, 1.0, 0.0]])[0]
    assert deeprob.predict([[1.0], [np.nan], [np.nan], [2.0]], [[1.0]])[0] == 1


def test_no_examples_give_no_scores():
    assert deeprob.scores(np.ones((3, 4)), np.ones((0, 4))).shape == (0, 3)
    assert deeprob.scores(np.ones((3, 4)), np.ones((4, 0)), example_axis=1).shape == (3, 0)
    assert deeprob.predict(np.ones((3, 4)), np.ones((0, 4))).shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_out_receives_the_scores_and_predictions(dtype):
    W, X, _, b = cases.problem(70, 20, 6, dtype)
    wide = np.full((140, 12), 7, dtype)
    out = wide[::2, ::2]
    assert deeprob.scores(W, X, b, out=out) is out
    np.testing.assert_array_equal(out, deeprob.scores(W, X, b))
    assert (wide[1::2] == 7).all() and (wide[:, 1::2] == 7).all()
    labels = np.full(140, -1)[::2]
    assert deeprob.predict(W, X, b, out=labels) is labels
    np.testing.assert_array_equal(labels, deeprob.predict(W, X, b))


def test_the_slides_comparison_with_labels_of_shape_N_1_is_an_error():
    """L4-17: with Yte [10000 x 1], ``np.mean(Yte_predict == Yte)`` is 0.1 for any prediction."""
    y = np.repeat(np.arange(10), 100)
    W, X = np.eye(10), np.eye(10)[y]
    assert np.mean(deeprob.predict(W, X) == y[:, None]) == 0.1
    assert deeprob.accuracy(W, X, y) == 1.0
    with pytest.raises(ValueError, match=r"y has shape \(1000, 1\); expected \(N,\).*y\.ravel\(\)"):
        deeprob.accuracy(W, X, y[:, None])
