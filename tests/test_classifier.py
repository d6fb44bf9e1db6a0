"""LinearClassifier: the methods and printed lines that students of the course know."""

import numpy as np
import pytest

import deeprob
from deeprob import datasets


@pytest.fixture(scope="module")
def images():
    data = datasets.load_fashion_mnist_subset()
    return datasets.bias_trick(data.X_train / np.float32(255)), data.y_train


def test_the_courses_stability_line(capsys):
    """L4-63: W = ones, 3,073 features, reg 2.5e4, float64."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((50, 3073)), rng.integers(0, 10, 50)
    classifier = deeprob.LinearClassifier("softmax")
    classifier.W = np.ones((10, 3073))
    classifier.train(X, y, learning_rate=0.0, reg=2.5e4, num_iters=1, verbose=True)
    assert capsys.readouterr().out == "iteration 0 / 1: loss 768250002.302585\n"


def test_the_same_with_W_as_D_C(capsys):
    X, y = np.ones((20, 3073)), np.arange(20) % 10
    classifier = deeprob.LinearClassifier("softmax", class_axis=1)
    classifier.W = np.ones((3073, 10))
    losses = classifier.train(X, y, 1e-10, 2.5e4, 1, 200, True)
    assert capsys.readouterr().out == "iteration 0 / 1: loss 768250002.302585\n"
    assert losses == pytest.approx([2.5e4 * 30730 + np.log(10)], rel=1e-15)
    assert classifier.W.shape == (3073, 10)


@pytest.mark.parametrize("loss", ["softmax", "svm"])
def test_training_lowers_the_loss_and_predicts(images, loss):
    X, y = images
    classifier = deeprob.LinearClassifier(loss)
    history = classifier.train(X, y, learning_rate=1e-2, reg=1e-4, num_iters=400, batch_size=128, rng=0)
    assert len(history) == 400
    assert np.mean(history[-20:]) < 0.5 * np.mean(history[:5])
    assert classifier.W.dtype == np.float32
    assert classifier.accuracy(X, y) == np.mean(classifier.predict(X) == y) > 0.7
    value, dW = classifier.loss(X, y, 1e-4)
    expected = getattr(deeprob, f"{loss}_loss")(classifier.W, X, y, 1e-4)
    assert value == expected[0]
    np.testing.assert_array_equal(dW, expected[1])


def test_training_goes_on_from_W_and_is_reproducible(images):
    X, y = images
    runs = []
    for _ in range(2):
        classifier = deeprob.LinearClassifier()
        rng = np.random.RandomState(0)
        classifier.train(X, y, num_iters=3, rng=rng)
        classifier.train(X, y, num_iters=3, rng=rng)
        runs.append(classifier.W)
    np.testing.assert_array_equal(*runs)


def test_lines_every_hundred_iterations(images, capsys):
    X, y = images
    deeprob.LinearClassifier().train(X, y, num_iters=201, batch_size=10, verbose=True, rng=0)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"iteration {k} / 201" for k in (0, 100, 200)]


def test_a_failed_training_leaves_W_as_it_was(images):
    X, y = images
    classifier = deeprob.LinearClassifier()
    classifier.W = W = np.ones((10, 785), np.float32)
    with pytest.raises(ValueError, match="num_iters is -1"):
        classifier.train(X, y, num_iters=-1)
    with pytest.raises(TypeError, match="did you mean 'learning_rate'"):
        classifier.train(X, y, lr=0.1)
    classifier.train(X, y, num_iters=1)
    assert classifier.W is not W  # training works on a copy
    np.testing.assert_array_equal(W, 1.0)


def test_untrained():
    classifier = deeprob.LinearClassifier()
    assert repr(classifier) == "LinearClassifier('softmax': untrained)"
    with pytest.raises(ValueError, match="W is None; train the classifier"):
        classifier.predict(np.ones((1, 3)))


class TestTemplates:
    def test_grey(self):
        classifier = deeprob.LinearClassifier()
        classifier.W = np.arange(24.0).reshape(2, 12)
        images = classifier.templates((3, 4))
        assert images.shape == (2, 3, 4)
        assert (images.min(), images.max()) == (0.0, 1.0)
        np.testing.assert_allclose(images.reshape(2, 12), classifier.W / 23)

    def test_the_bias_is_left_out(self):
        classifier = deeprob.LinearClassifier()
        classifier.W = np.array([[0.0, 1.0, 2.0, 4.0, 1e9]])
        np.testing.assert_allclose(classifier.templates((2, 2)), [[[0, 0.25], [0.5, 1]]])

    def test_planes_become_colours(self):
        classifier = deeprob.LinearClassifier()
        classifier.W = np.arange(12.0)[None]
        images = classifier.templates((2, 2, 3), layout="CHW")
        np.testing.assert_allclose(images[0, 0, 0] * 11, [0, 4, 8])

    def test_scaling_by_class(self):
        classifier = deeprob.LinearClassifier()
        classifier.W = np.array([[0.0, 1.0], [10.0, 30.0]])
        assert classifier.templates((1, 2), scaling="class").reshape(2, 2).tolist() == [[0, 1], [0, 1]]

    def test_the_wrong_size(self):
        classifier = deeprob.LinearClassifier()
        classifier.W = np.ones((2, 12))
        with pytest.raises(ValueError, match=r"W has shape \(2, 12\); expected \(C, 25\)"):
            classifier.templates((5, 5))
