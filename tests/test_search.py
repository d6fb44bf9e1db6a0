"""random_search against the lecture's own loop (L4-16)."""

import contextlib
import io

import numpy as np
import pytest

import deeprob
from deeprob import datasets, reference


@pytest.fixture(scope="module")
def columns():
    """Images as the lecture holds them: (D, N), pixels 0..255 minus the mean image, the ones last."""
    data = datasets.load_fashion_mnist_subset()
    X = data.X_train[:300].astype(float)
    return datasets.bias_trick(X - X.mean(axis=0)).T.copy(), data.y_train[:300]


LOSSES = {
    "svm": lambda X, Y, W: reference.linear_loss("svm", W, X.T, Y)[0],
    "softmax": lambda X, Y, W: reference.linear_loss("softmax", W, X.T, Y)[0],
}


@pytest.mark.parametrize("layout", ["columns", "rows"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_it_is_the_lectures_loop(columns, loss, layout, capsys):
    """The same W bit for bit, the losses within 1e-12, the same printed lines."""
    X, y = columns
    np.random.seed(0)
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):
        bestW, bestloss = reference.random_search(LOSSES[loss], X, y, (10, 785), 40)

    keywords = {"example_axis": 1} if layout == "columns" else {}
    result = deeprob.random_search(
        X if layout == "columns" else np.ascontiguousarray(X.T),
        y,
        loss=loss,
        num_tries=40,
        rng=np.random.RandomState(0),
        verbose=True,
        **keywords,
    )
    np.testing.assert_array_equal(result.W, bestW)
    assert result.loss == pytest.approx(bestloss, rel=1e-12)
    assert capsys.readouterr().out == lines.getvalue()
    assert lines.getvalue().startswith("in attempt 0 the loss was ")


def test_every_attempts_loss_is_the_loops(columns):
    X, y = columns
    random = np.random.RandomState(3)
    expected = [LOSSES["svm"](X, y, random.randn(10, 785) * 0.0001) for _ in range(30)]
    result = deeprob.random_search(X, y, num_tries=30, rng=3, example_axis=1)
    np.testing.assert_allclose(result.losses, expected, rtol=1e-12)
    assert result.attempt == int(np.argmin(expected))
    np.testing.assert_array_equal(result.best_so_far, np.minimum.accumulate(result.losses))


def test_rng_forms_agree(columns):
    X, y = columns
    as_int = deeprob.random_search(X, y, num_tries=3, rng=7, example_axis=1)
    as_state = deeprob.random_search(X, y, num_tries=3, rng=np.random.RandomState(7), example_axis=1)
    np.testing.assert_array_equal(as_int.W, as_state.W)
    generator = deeprob.random_search(X, y, num_tries=1, rng=np.random.default_rng(7), example_axis=1)
    expected = np.random.default_rng(7).standard_normal((10, 785)) * 1e-4
    np.testing.assert_array_equal(generator.W, expected)
    fresh = [deeprob.random_search(X, y, num_tries=1, example_axis=1).W for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_threads_do_not_change_the_result(columns):
    X, y = columns
    runs = [deeprob.random_search(X, y, num_tries=5, rng=0, example_axis=1, threads=t) for t in (1, 2, 7)]
    for other in runs[1:]:
        np.testing.assert_array_equal(other.losses, runs[0].losses)


def test_the_callback_sees_every_attempt_and_can_stop(columns):
    X, y = columns
    seen = []

    def callback(attempt, loss, best):
        seen.append((attempt, loss, best))
        return attempt == 4

    result = deeprob.random_search(X, y, num_tries=100, rng=0, example_axis=1, callback=callback)
    assert [s[0] for s in seen] == [0, 1, 2, 3, 4]
    assert len(result.losses) == 5
    assert seen[-1][2] == result.loss


def test_pixels_in_0_1_lose_the_point():
    """On pixels in 0..1 every attempt reads 9.00; on 0..255 minus the mean image they spread."""
    data = datasets.load_fashion_mnist_subset()
    centred = data.X_train - data.X_train.mean(axis=0)
    spread = deeprob.random_search(datasets.bias_trick(centred), data.y_train, num_tries=20, rng=0).losses
    flat = deeprob.random_search(datasets.bias_trick(centred / 255), data.y_train, num_tries=20, rng=0).losses
    assert spread.std() > 0.1
    np.testing.assert_allclose(flat, 9.0, atol=0.01)


def test_num_classes_and_scale(columns):
    X, y = columns
    result = deeprob.random_search(X, y, num_tries=1, num_classes=12, scale=0.5, rng=0, example_axis=1)
    np.testing.assert_array_equal(result.W, np.random.RandomState(0).randn(12, 785) * 0.5)


def test_no_finite_loss_is_an_error():
    with pytest.raises(ValueError, match="no attempt had a finite loss"):
        deeprob.random_search(np.full((3, 2), np.nan), [0, 1, 0], num_tries=2, rng=0)


def test_a_wrong_keyword_is_answered_with_the_right_one(columns):
    X, y = columns
    with pytest.raises(TypeError, match="no argument 'seed'; did you mean 'rng'"):
        deeprob.random_search(X, y, seed=0)
