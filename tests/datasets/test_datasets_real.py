"""Known constants on the real data; skipped where they are absent."""

import hashlib

import numpy as np
import pytest

from deeprob.datasets import Standardizer, load, read_idx


def test_fashion_mnist_is_the_published_one(real_fashion_mnist):
    data = load("fashion-mnist", path=real_fashion_mnist)
    assert (data.X_train.shape, data.X_test.shape) == ((60_000, 784), (10_000, 784))
    assert np.bincount(data.y_train).tolist() == [6000] * 10
    assert np.bincount(data.y_test).tolist() == [1000] * 10
    header = bytes.fromhex("00000803 0000ea60 0000001c 0000001c")
    assert hashlib.md5(header + data.X_train.tobytes()).hexdigest() == "f4a8712d7a061bf5bd6d2ca38dc4d50a"
    header = bytes.fromhex("00000803 00002710 0000001c 0000001c")
    assert hashlib.md5(header + data.X_test.tobytes()).hexdigest() == "8181f5470baa50b63fa0f6fddb340f0a"
    counts, values = np.bincount(data.X_train.ravel(), minlength=256), np.arange(256) / 255
    mean = np.average(values, weights=counts)
    std = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    assert (round(mean, 5), round(std, 5)) == (0.28604, 0.35302)
    assert load(real_fashion_mnist).name == "fashion-mnist"
    assert read_idx(real_fashion_mnist / "t10k-labels-idx1-ubyte.gz").shape == (10_000,)


def test_the_subset_is_a_part_of_fashion_mnist(real_fashion_mnist):
    full, part = load(real_fashion_mnist), load("fashion-mnist-subset")
    for split, count in (("train", 200), ("test", 50)):
        labels = getattr(full, f"y_{split}")
        index = np.sort(np.concatenate([np.flatnonzero(labels == c)[:count] for c in range(10)]))
        np.testing.assert_array_equal(part.images(split), full.images(split)[index])
        np.testing.assert_array_equal(getattr(part, f"y_{split}"), labels[index])


def test_cifar10_is_the_published_one(real_cifar10):
    data = real_cifar10
    assert (data.X_train.shape, data.X_test.shape) == ((50_000, 3072), (10_000, 3072))
    assert np.bincount(data.y_train).tolist() == [5000] * 10
    assert np.bincount(data.y_test).tolist() == [1000] * 10
    assert np.bincount(data.y_train[:10_000]).tolist() == [
        1005,
        974,
        1032,
        1016,
        999,
        937,
        1030,
        1001,
        1025,
        981,
    ]
    assert data.X_train[0, :8].tolist() == [59, 43, 50, 68, 98, 119, 139, 145]
    assert data.class_names[data.y_train[0]] == "frog"


@pytest.mark.parametrize(
    ("batch", "md5"),
    list(
        enumerate(
            [
                "5dd7e06a14cb22eb9f671a540d1b7c25",
                "5ea93a67294ea407fff1d09f752e9692",
                "942cd6a4bcdd0dd3c604fbe906cb4421",
                "ae636b3ba5c66a11e91e8cb52e771fcb",
                "53f37980c15c3d472c316c40844f3f0d",
                "803d5f7f4d78ea53de84dbe85f74fb6d",
            ]
        )
    ),
)
def test_every_byte_of_cifar10_is_in_its_place(real_cifar10, batch, md5):
    X = np.concatenate([real_cifar10.X_train, real_cifar10.X_test])[10_000 * batch : 10_000 * (batch + 1)]
    y = np.concatenate([real_cifar10.y_train, real_cifar10.y_test])[10_000 * batch : 10_000 * (batch + 1)]
    records = np.column_stack([y.astype(np.uint8), X])
    assert hashlib.md5(records.tobytes()).hexdigest() == md5


def test_the_mean_image_of_cifar10_is_the_one_cs231n_prints(real_cifar10):
    standardizer = Standardizer().fit(real_cifar10.X_train[:49_000])
    first = real_cifar10.to_images(standardizer.mean_).ravel()[:6]
    expected = [130.64189796, 135.98173469, 132.47391837, 130.05569388, 135.34804082, 131.75402041]
    np.testing.assert_allclose(first, expected, rtol=0, atol=5e-9)


def test_the_channels_of_cifar10_have_the_published_mean_and_deviation(real_cifar10):
    standardizer = Standardizer(scale=255, mean="channel", std="channel", layout=real_cifar10.layout)
    standardizer.fit(real_cifar10.X_train)
    planes = [0, 1024, 2048]
    np.testing.assert_allclose(standardizer.mean_[planes], [0.49139968, 0.48215841, 0.44653091], atol=5e-9)
    np.testing.assert_allclose(standardizer.std_[planes], [0.24703223, 0.24348513, 0.26158784], atol=5e-9)
