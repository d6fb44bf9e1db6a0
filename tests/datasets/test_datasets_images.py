"""`ImageDataset` and `to_images`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeprob.datasets import ImageDataset, load, to_images


def dataset(**changes):
    options = {
        "X_train": np.arange(24, dtype=np.uint8).reshape(2, 12),
        "y_train": np.array([0, 1]),
        "X_test": np.zeros((1, 12), np.uint8),
        "y_test": np.array([1]),
        "class_names": ("cat", "dog"),
        "image_shape": (2, 2, 3),
        "layout": "CHW",
        "name": "pets",
        "source": "here",
        "licence": "none",
    }
    return ImageDataset(**(options | changes))


@given(
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    count=st.integers(0, 3),
    dtype=st.sampled_from([np.uint8, np.float32, np.float64]),
)
def test_rows_of_every_layout_become_the_images_they_were_made_of(height, width, count, dtype):
    images = np.random.default_rng(0).integers(0, 256, (count, height, width, 3)).astype(dtype)
    shape = (height, width, 3)
    size = 3 * height * width
    np.testing.assert_array_equal(to_images(images.reshape(count, size), shape, "HWC"), images, strict=True)
    planes = images.transpose(0, 3, 1, 2).reshape(count, size)
    np.testing.assert_array_equal(to_images(planes, shape, "CHW"), images, strict=True)
    grey = images[..., 0]
    rows = grey.reshape(count, height * width)
    np.testing.assert_array_equal(to_images(rows, (height, width), "HW"), grey, strict=True)
    for row, image in zip(planes, images, strict=True):
        np.testing.assert_array_equal(to_images(row, shape, "CHW"), image)


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_images_are_views(layout):
    rows = np.zeros((4, 12))
    assert np.shares_memory(to_images(rows, (2, 2, 3), layout), rows)
    data = dataset()
    assert np.shares_memory(data.images(), data.X_train)


@pytest.mark.parametrize(
    ("rows", "shape", "layout", "message"),
    [
        (
            np.zeros((2, 13)),
            (2, 2, 3),
            "CHW",
            r"rows: expected shape \(12,\) or \(N, 12\).*got \(2, 13\); leave the bias",
        ),
        (np.zeros((2, 11)), (2, 2, 3), "CHW", r"got \(2, 11\)$"),
        (np.zeros((2, 2, 3)), (2, 2, 3), "CHW", r"got \(2, 2, 3\)"),
        (np.zeros(12), (2, 2, 3), "RGB", "layout: expected one of"),
        (np.zeros(12), (2, 2, 3), "HW", r"image_shape: expected \(H, W\)"),
        (np.zeros(4), (2, 2), "CHW", r"image_shape: expected \(H, W, 3\)"),
    ],
)
def test_what_does_not_fit_is_a_value_error(rows, shape, layout, message):
    with pytest.raises(ValueError, match=message):
        to_images(rows, shape, layout)


def test_the_templates_of_a_classifier_become_images():
    data = dataset()
    W = np.random.default_rng(0).normal(size=(2, 13))
    np.testing.assert_array_equal(data.to_images(W[:, :-1])[1, 0, 1], W[1, [1, 5, 9]])


def test_the_splits_have_names():
    data = dataset()
    assert data.images("test").shape == (1, 2, 2, 3)
    with pytest.raises(ValueError, match="split: expected 'train' or 'test', got 'val'"):
        data.images("val")


def test_the_representation_says_what_it_is():
    assert (
        repr(dataset())
        == "<ImageDataset pets: 2 training and 1 test images, 2x2x3 (CHW), 2 classes, from here>"
    )
    assert (dataset().num_classes, dataset().num_features) == (2, 12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X_train": np.zeros((2, 11), np.uint8)}, r"X_train: expected uint8 of shape \(N, 12\)"),
        ({"X_test": np.zeros((1, 12))}, "X_test: expected uint8"),
        ({"y_train": np.array([0])}, r"y_train: expected int64 of shape \(2,\)"),
        ({"y_test": np.array([1], np.int32)}, "y_test: expected int64"),
        ({"y_train": np.array([0, 2])}, r"y_train: expected labels 0\.\.1, got 0\.\.2"),
        ({"y_test": np.array([-1])}, "y_test: expected labels"),
        ({"layout": "HW"}, "image_shape"),
    ],
)
def test_parts_that_do_not_fit_are_a_value_error(changes, message):
    with pytest.raises(ValueError, match=message):
        dataset(**changes)


def test_the_result_of_a_loader_is_ready_for_imshow():
    data = load("fashion-mnist-subset")
    assert data.images("test")[0].shape == data.image_shape == (28, 28)
