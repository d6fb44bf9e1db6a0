"""`standardize`, `Standardizer`, `bias_trick`, `train_val_split`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deeprob.datasets import Standardizer, bias_trick, standardize, train_val_split

PIXELS = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.sampled_from([3, 12, 27])))
LAYOUTS = ["HW", "CHW", "HWC"]


def channel_mean(table, layout):
    """The plain meaning of a channel's mean, for every feature."""
    if layout == "HW":
        return np.full(table.shape[1], table.mean())
    images = (
        table.reshape(len(table), 3, -1)
        if layout == "CHW"
        else table.reshape(len(table), -1, 3).swapaxes(1, 2)
    )
    means = images.mean(axis=(0, 2))
    return np.repeat(means, images.shape[2]) if layout == "CHW" else np.tile(means, images.shape[2])


@settings(deadline=None)
@given(X=PIXELS)
def test_by_default_the_mean_image_is_subtracted_from_pixels_0_to_255(X):
    got = standardize(X)
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, X.astype(np.float32) - X.mean(axis=0).astype(np.float32))


@settings(deadline=None)
@given(X=PIXELS, layout=st.sampled_from(LAYOUTS), std=st.booleans())
def test_the_recipe_of_the_course_scales_to_0_1_and_uses_the_channels(X, layout, std):
    got = standardize(
        X, scale=255, mean="channel", std="channel" if std else "none", layout=layout, dtype=np.float64
    )
    unit = X / 255
    want = unit - channel_mean(unit, layout)
    if std:
        deviation = np.sqrt(channel_mean(want**2, layout))
        want /= np.where(deviation > 1e-12, deviation, 1)
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(
    X=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(1, 5)),
        elements=st.floats(-1e6, 1e6, allow_subnormal=False),
    )
)
def test_the_deviation_of_each_feature_becomes_one_and_constant_features_become_zero(X):
    got = standardize(X, std="image", dtype=np.float64)
    for column, original in zip(got.T, X.T, strict=True):
        if np.ptp(original) == 0:
            assert not column.any()
        elif np.ptp(original) > max(1e-3 * np.abs(original).max(), 1e-100):
            assert abs(column.std() - 1) < 1e-6


def test_the_statistics_are_those_of_the_training_examples():
    train, test = np.array([[0, 10], [20, 30]], np.uint8), np.array([[5, 5]], np.uint8)
    X_train, X_test = standardize(train, test)
    np.testing.assert_array_equal(X_train, [[-10, -10], [10, 10]])
    np.testing.assert_array_equal(X_test, [[-5, -15]])
    standardizer = Standardizer().fit(train)
    np.testing.assert_array_equal(standardizer.transform(test), X_test)
    np.testing.assert_array_equal(standardizer.mean_, [10, 20])
    np.testing.assert_array_equal(standardizer.std_, [1, 1])


def test_the_mean_of_many_pixels_is_exact():
    X = np.full((70_000, 2), 255, np.uint8)
    X[:, 1] = np.arange(70_000) % 256
    standardizer = Standardizer(std="image").fit(X)
    assert standardizer.mean_.tolist() == [255.0, X[:, 1].astype(np.int64).sum() / 70_000]
    assert standardizer.std_[0] == 1.0
    np.testing.assert_allclose(standardizer.std_[1], X[:, 1].std(dtype=np.float64), rtol=1e-14)


def test_bytes_and_floats_of_the_same_pixels_give_the_same_numbers():
    X = np.random.default_rng(0).integers(0, 256, (600, 12), dtype=np.uint8)
    for dtype in (np.int64, np.float32, np.float64, ">f8"):
        for options in ({}, {"std": "image"}, {"mean": "channel", "std": "channel", "layout": "CHW"}):
            np.testing.assert_allclose(
                standardize(X.astype(dtype), **options), standardize(X, **options), rtol=2e-6
            )


def test_none_only_converts():
    X = np.array([[0, 51, 255]], np.uint8)
    np.testing.assert_array_equal(standardize(X, mean="none"), X.astype(np.float32), strict=True)
    np.testing.assert_array_equal(
        standardize(X, mean="none", scale=255), np.float32(X) / np.float32(255), strict=True
    )


def test_rows_may_be_strided_and_read_only_and_are_left_alone():
    X = np.random.default_rng(0).integers(0, 256, (12, 600), dtype=np.uint8)
    X.flags.writeable = False
    copy = X.copy()
    np.testing.assert_array_equal(standardize(X.T), standardize(np.ascontiguousarray(X.T)))
    np.testing.assert_array_equal(standardize(X[:, ::-2]), standardize(X[:, ::-2].copy()))
    np.testing.assert_array_equal(X, copy)


def test_the_bias_is_appended_last_without_being_standardized():
    X = np.arange(12, dtype=np.uint8).reshape(4, 3)
    for options in ({}, {"std": "image"}, {"scale": 255.0}):
        got = standardize(X, bias=True, **options)
        np.testing.assert_array_equal(got, bias_trick(standardize(X, **options)), strict=True)
        assert got.flags.c_contiguous


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": "median"}, "mean: expected one of"),
        ({"std": "all"}, "std: expected one of"),
        ({"mean": "channel"}, "layout: expected one of .* for mean='channel', got None"),
        ({"std": "channel"}, "for std='channel'"),
        ({"layout": "RGB"}, "layout: expected one of"),
        ({"scale": 0}, "scale: expected a positive number, got 0"),
        ({"scale": np.nan}, "scale: expected a positive number"),
        ({"dtype": np.int32}, "dtype: expected float32 or float64, got int32"),
        ({"mean": "channel", "layout": "CHW"}, "divisible by 3 for mean='channel', got 4"),
    ],
)
def test_options_that_make_no_sense_are_a_value_error(options, message):
    with pytest.raises(ValueError, match=message):
        standardize(np.zeros((2, 4), np.uint8), **options)


def test_examples_that_do_not_fit_are_an_error():
    standardizer = Standardizer()
    with pytest.raises(ValueError, match="call fit"):
        standardizer.transform(np.zeros((1, 2)))
    standardizer.fit(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"X: expected shape \(N, 2\) as in fit, got \(1, 3\)"):
        standardizer.transform(np.zeros((1, 3)))
    with pytest.raises(
        ValueError, match=r"X: expected at least one example and one feature, got shape \(0, 3\)"
    ):
        standardizer.fit(np.zeros((0, 3)))
    for function in (standardizer.fit, standardizer.transform, bias_trick):
        with pytest.raises(ValueError, match=r"X: expected two dimensions, got shape \(2,\)"):
            function(np.zeros(2))
        with pytest.raises(TypeError, match="X: expected an array of integers or floats, got dtype"):
            function(np.array([["a", "b"]]))
    assert standardizer.transform(np.zeros((0, 2)), bias=True).shape == (0, 3)


@given(
    X=hnp.arrays(
        st.sampled_from([np.uint8, np.int64, np.float32, np.float64]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=0),
    )
)
def test_the_bias_trick_appends_ones_as_the_last_feature(X):
    rows = bias_trick(X)
    assert rows.shape == (X.shape[0], X.shape[1] + 1)
    np.testing.assert_array_equal(rows[:, :-1], X, strict=True)
    np.testing.assert_array_equal(rows[:, -1], np.ones(len(X), X.dtype), strict=True)
    np.testing.assert_array_equal(bias_trick(X.T, example_axis=1), rows.T, strict=True)


def test_the_bias_trick_knows_two_axes():
    with pytest.raises(ValueError, match="example_axis: expected 0 or 1, got 2"):
        bias_trick(np.zeros((2, 2)), example_axis=2)


@given(count=st.integers(2, 50), val=st.floats(0.1, 0.9), seed=st.integers(0, 2**32 - 1))
def test_a_split_has_every_example_once_and_repeats_with_its_seed(count, val, seed):
    X, y = np.arange(count)[:, None], np.arange(count)
    if not 0 < round(count * val) < count:
        return
    X_train, X_val, y_train, y_val = train_val_split(X, y, val=val, rng=seed)
    assert sorted([*y_train, *y_val]) == list(range(count))
    assert len(y_val) == round(count * val)
    np.testing.assert_array_equal(X_train[:, 0], y_train)
    np.testing.assert_array_equal(X_val[:, 0], y_val)
    np.testing.assert_array_equal(train_val_split(X, y, val=val, rng=np.random.RandomState(seed))[3], y_val)


def test_a_split_without_a_seed_or_with_a_generator_is_random_too():
    X, y = np.eye(100), np.arange(100)
    assert len(train_val_split(X, y)[3]) == 20
    a, b = (train_val_split(X, y, rng=np.random.default_rng(1))[3] for _ in range(2))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("val", [0, 1, -0.1, 1.5, 0.01, float("nan")])
def test_a_split_leaves_no_part_empty(val):
    with pytest.raises(ValueError, match="val: expected a part between 0 and 1"):
        train_val_split(np.eye(5), np.arange(5), val=val)
    with pytest.raises(ValueError, match="y: expected 5 labels"):
        train_val_split(np.eye(5), np.arange(4))
