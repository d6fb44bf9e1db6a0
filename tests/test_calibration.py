"""The expected calibration error, against a loop and against scikit-learn's bins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deeprob


def by_loop(p, y, bins):
    """Guo et al. 2017, equations 1 to 3, example by example."""
    N = len(p)
    total = 0.0
    for m in range(1, bins + 1):
        inside = [i for i in range(N) if (m - 1) / bins < max(p[i]) <= m / bins]
        if inside:
            accuracy = sum(int(np.argmax(p[i]) == y[i]) for i in inside) / len(inside)
            confidence = sum(max(p[i]) for i in inside) / len(inside)
            total += len(inside) / N * abs(accuracy - confidence)
    return total


def drawn(seed, N, C, sharpness=2.0):
    rng = np.random.default_rng(seed)
    s = sharpness * rng.standard_normal((N, C))
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    return p, rng.integers(0, C, N)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("N", "C", "bins"), [(1, 2, 15), (400, 10, 15), (300, 2, 1), (99, 4, 40)])
def test_it_is_the_papers_sum(seed, N, C, bins):
    p, y = drawn(seed, N, C)
    assert deeprob.calibration_error(p, y, bins) == pytest.approx(by_loop(p.tolist(), y, bins), abs=1e-14)


@settings(deadline=None, max_examples=100, derandomize=True, database=None)
@given(
    st.lists(st.tuples(st.integers(8, 16), st.integers(0, 1)), min_size=1, max_size=30), st.integers(1, 16)
)
def test_confidences_at_the_edges_of_bins_belong_below(pairs, bins):
    bins = 2**bins  # edges that are exact in binary
    p = np.array([[k / 16, 1 - k / 16] for k, _ in pairs])
    y = np.array([label for _, label in pairs])
    assert deeprob.calibration_error(p, y, bins) == pytest.approx(by_loop(p.tolist(), y, bins), abs=1e-14)


def test_bins_are_those_of_scikit_learn(peer):
    calibration = peer("sklearn.calibration")
    p, y = drawn(7, 2000, 5)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    for bins in (5, 10, 15):
        true, mean = calibration.calibration_curve(right, confidence, n_bins=bins)
        at = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
        counts = np.bincount(at, minlength=bins)
        expected = np.sum(counts[counts > 0] / len(y) * np.abs(true - mean))
        assert deeprob.calibration_error(p, y, bins) == pytest.approx(expected, abs=1e-13)


def test_known_values():
    assert deeprob.calibration_error(np.eye(3), [0, 1, 2]) == 0.0
    assert deeprob.calibration_error(np.eye(3), [1, 2, 0]) == 1.0
    assert deeprob.calibration_error([[0.5, 0.5]] * 4, [0, 0, 1, 1]) == 0.0  # the first of equal ones
    assert deeprob.calibration_error([[1.0]], [0]) == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8", np.longdouble])
def test_other_floats_and_layouts(dtype):
    p, y = drawn(1, 200, 4)
    given = np.asfortranarray(p.astype(dtype))
    assert deeprob.calibration_error(given, y.tolist()) == pytest.approx(
        by_loop(given.astype(float).tolist(), y, 15), abs=1e-12
    )


P, Y = drawn(0, 4, 3)


@pytest.mark.parametrize(
    ("p", "y", "bins", "error", "message"),
    [
        (P[0], Y, 15, ValueError, r"probabilities has shape \(3,\)"),
        (P[:0], Y[:0], 15, ValueError, "not empty"),
        (P * 2, Y, 15, ValueError, r"probabilities\[0\] is .* add up to 1"),
        (P - [1, 0, -1], Y, 15, ValueError, r"probabilities\[0\]"),
        (P * np.nan, Y, 15, ValueError, r"probabilities\[0\] is .nan"),
        (np.eye(3, dtype=int), [0, 1, 2], 15, TypeError, "dtype int64; expected floats"),
        (None, Y, 15, TypeError, "probabilities"),
        (P, Y[:3], 15, ValueError, r"y has shape \(3,\); expected \(N,\) with N = 4"),
        (P, [0, 1, 2, 3], 15, ValueError, r"y\[3\] is 3; expected labels in 0..2"),
        (P, Y - 9, 15, ValueError, r"y\[0\] is -"),
        (P, Y.astype(float), 15, TypeError, "y has dtype float64"),
        (P, Y, 0, ValueError, "bins is 0"),
        (P, Y, 1.5, TypeError, "bins is 1.5"),
    ],
)
def test_wrong_arguments_are_named(p, y, bins, error, message):
    with pytest.raises(error, match=message):
        deeprob.calibration_error(p, y, bins)
