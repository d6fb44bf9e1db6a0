"""The lecture's numbers on the real images; skipped where these are absent."""

import numpy as np
import pytest

import deeprob
from deeprob import datasets


@pytest.fixture(scope="module")
def cifar10(real_data):
    try:
        return datasets.load_cifar10(real_data / "cifar-10")
    except FileNotFoundError:
        pytest.skip(f"no CIFAR-10 in {real_data}")


@pytest.fixture(scope="module")
def centred(cifar10):
    """Pixels 0..255 minus the mean training image, the ones last, as the slide's printout needs."""
    mean = cifar10.X_train.mean(axis=0)
    train = datasets.bias_trick((cifar10.X_train - mean).astype(np.float32))
    test = datasets.bias_trick((cifar10.X_test - mean).astype(np.float32))
    return train, test


@pytest.fixture(scope="module")
def scaled(cifar10):
    """Pixels in 0..1 minus the mean RGB: 40,000 to train, 10,000 to validate."""
    X = cifar10.X_train.astype(np.float32) / 255
    for plane in range(3):
        columns = slice(1024 * plane, 1024 * (plane + 1))
        X[:, columns] -= X[:40000, columns].mean()
    X = datasets.bias_trick(X)
    return X[:40000], cifar10.y_train[:40000], X[40000:], cifar10.y_train[40000:]


def test_the_first_draws_are_the_lectures(cifar10, centred):
    """L4-16: on the first 5,000 training images, to the digits of lecture's index."""
    X, y = centred[0][:5000], cifar10.y_train[:5000]
    result = deeprob.random_search(X, y, num_tries=60, rng=0)
    expected = [9.0845, 8.9277, 9.0097, 8.7563, 9.2565, 8.4612, 8.6141]
    np.testing.assert_allclose(result.losses[:7], expected, atol=1e-3)
    assert result.losses.mean() == pytest.approx(9.006, abs=0.01)
    assert 0.25 <= result.losses.std(ddof=1) <= 0.30
    assert (
        deeprob.random_search(X[:, :, None][:, :, 0].T, y, num_tries=1, rng=0, example_axis=1).loss
        == (result.losses[0])
    )


def test_on_pixels_in_0_1_they_all_read_nine(cifar10, centred):
    X, y = centred[0][:5000] / np.float32(255), cifar10.y_train[:5000]
    losses = deeprob.random_search(X, y, num_tries=20, rng=0).losses
    np.testing.assert_allclose(losses, 9.0, atol=0.01)
    assert losses.std() < 0.003


def test_the_step_of_a_numeric_gradient(cifar10):
    """L4-24: h = 1e-7 loses two decades to the best, and in float32 everything; forward it is right."""
    X, y = datasets.bias_trick(cifar10.X_train[:128] / 255.0), cifar10.y_train[:128]
    W = 1e-3 * np.random.RandomState(0).randn(10, 3073)
    some = np.random.RandomState(1).choice(W.size, 60, replace=False)

    def error(h, method="central", dtype=np.float64):
        loss, point = deeprob.Objective(X.astype(dtype), y), W.astype(dtype)
        exact = deeprob.Objective(X, y)(point.astype(np.float64))[1].ravel()[some]
        found = deeprob.numeric_gradient(
            lambda W: loss.value(W), point, h, method=method, dtype=dtype, index=some
        )
        return np.median(np.abs(found - exact) / (np.abs(found) + np.abs(exact)))

    central = [error(h) for h in (1e-4, 1e-5, 1e-6, 1e-7)]
    assert central == pytest.approx([8e-10, 6e-10, 4e-9, 4e-8], rel=0.5)
    assert error(1e-4, "forward") == pytest.approx(4e-5, rel=0.5)
    assert error(1e-7, "forward") == pytest.approx(1e-7, rel=0.5)
    assert 0.2 < error(1e-7, dtype=np.float32) < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_best_of_a_thousand_is_right_for_12_to_19_percent(cifar10, centred, seed):
    train, test = centred
    result = deeprob.random_search(train[:5000], cifar10.y_train[:5000], num_tries=1000, rng=seed)
    assert 0.12 <= deeprob.accuracy(result.W, test, cifar10.y_test) <= 0.19


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("loss", "rate", "reg", "at_least"), [("softmax", 5e-2, 1e-3, 0.39), ("svm", 5e-3, 1e-2, 0.36)]
)
def test_two_thousand_steps_of_sgd(scaled, loss, rate, reg, at_least, seed):
    """The course's settings on CIFAR-10: validation accuracy."""
    X, y, X_val, y_val = scaled
    classifier = deeprob.LinearClassifier(loss)
    classifier.train(X, y, learning_rate=rate, reg=reg, num_iters=2000, batch_size=200, rng=seed)
    accuracy = classifier.accuracy(X_val, y_val)
    print(f"{loss} seed {seed}: validation accuracy {accuracy:.4f}")
    assert accuracy >= at_least


@pytest.mark.parametrize(("loss", "rate"), [("softmax", 5e-2), ("svm", 1e-2)])
def test_full_fashion_mnist(real_data, loss, rate):
    try:
        data = datasets.load_fashion_mnist(real_data / "fashion-mnist")
    except FileNotFoundError:
        pytest.skip(f"no Fashion-MNIST in {real_data}")
    X = datasets.bias_trick(data.X_train.astype(np.float32) / 255)
    X_test = datasets.bias_trick(data.X_test.astype(np.float32) / 255)
    classifier = deeprob.LinearClassifier(loss)
    classifier.train(X, data.y_train, learning_rate=rate, reg=1e-4, num_iters=5000, batch_size=200, rng=0)
    accuracy = classifier.accuracy(X_test, data.y_test)
    print(f"{loss}: test accuracy {accuracy:.4f}")
    assert accuracy >= 0.83
