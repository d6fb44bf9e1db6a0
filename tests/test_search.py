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


# ---- several attempts in one pass -------------------------------------------------------

STREAMS = {
    "RandomState": lambda: np.random.RandomState(5),
    "RandomState of PCG64": lambda: np.random.RandomState(np.random.PCG64(5)),
    "Generator": lambda: np.random.default_rng(5),
    "Generator of MT19937": lambda: np.random.Generator(np.random.MT19937(5)),
}


def loop(random, objective, shape, tries):
    """The lecture's loop: one draw, one loss at a time."""
    Ws = [random.standard_normal(shape) * 1e-4 for _ in range(tries)]
    return Ws, [objective.value(W) for W in Ws]


def small(D):
    rng = np.random.default_rng(D)
    return rng.standard_normal((30, D)) * 100, np.arange(30) % 3


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("D", [5, 8])
@pytest.mark.parametrize("stream", STREAMS)
def test_numbers_losses_and_the_generators_state_are_the_loops(stream, D, watched):
    """To the bit: 45 attempts are no multiple of 16, and 3 x 5 numbers an odd count of the polar method."""
    X, y = small(D)
    one, many = STREAMS[stream](), STREAMS[stream]()
    Ws, expected = loop(one, deeprob.Objective(X, y, loss="svm"), (3, D), 45)
    callback = (lambda *_: None) if watched else None
    result = deeprob.random_search(X, y, num_tries=45, rng=many, callback=callback)
    np.testing.assert_array_equal(result.losses, expected)
    best = int(np.argmin(expected))
    assert (result.attempt, result.loss) == (best, expected[best])
    np.testing.assert_array_equal(result.W, Ws[best])
    np.testing.assert_array_equal(many.standard_normal(7), one.standard_normal(7))


@pytest.mark.parametrize("end", ["stop", "error", "interrupt"])
@pytest.mark.parametrize("last", [0, 1, 4, 12, 30])
@pytest.mark.parametrize("stream", STREAMS)
def test_a_search_that_ends_early_leaves_the_generator_as_the_loop_does(stream, last, end):
    X, y = small(5)
    one, many = STREAMS[stream](), STREAMS[stream]()
    loop(one, deeprob.Objective(X, y, loss="svm"), (3, 5), last + 1)

    def callback(attempt, _loss, _best):
        if attempt == last and end != "stop":
            raise KeyboardInterrupt if end == "interrupt" else RuntimeError
        return attempt == last

    with contextlib.suppress(RuntimeError, KeyboardInterrupt):
        deeprob.random_search(X, y, num_tries=45, rng=many, callback=callback)
    np.testing.assert_array_equal(many.standard_normal(7), one.standard_normal(7))


def test_an_interrupted_pass_takes_back_what_was_drawn_ahead(monkeypatch):
    """As a loop that is interrupted while it computes the loss of the first of them."""

    def values(self, Ws):
        assert len(Ws) == 16
        raise KeyboardInterrupt

    monkeypatch.setattr(deeprob.Objective, "values", values)
    one, many = np.random.RandomState(5), np.random.RandomState(5)
    with pytest.raises(KeyboardInterrupt):
        deeprob.random_search(*small(5), rng=many)
    one.standard_normal((3, 5))
    assert many.standard_normal() == one.standard_normal()


@pytest.mark.parametrize("X_dtype", ["f4", "u1"])
def test_scores_in_float32(X_dtype):
    data = datasets.load_fashion_mnist_subset()
    X, y = datasets.bias_trick(data.X_train[:500].astype("f4")).astype(X_dtype), data.y_train[:500]
    double = deeprob.random_search(X, y, num_tries=40, rng=0)
    single = deeprob.random_search(X, y, num_tries=40, rng=0, dtype=np.float32)
    assert (
        double.losses.tobytes()
        == deeprob.random_search(X, y, num_tries=40, rng=0, dtype="f8").losses.tobytes()
    )
    np.testing.assert_allclose(single.losses, double.losses, rtol=3e-6)
    assert not np.array_equal(single.losses, double.losses)
    assert single.W.dtype == np.float64
    random = np.random.RandomState(0)
    drawn = [random.randn(10, X.shape[1]) * 1e-4 for _ in range(40)]
    np.testing.assert_array_equal(single.W, drawn[single.attempt])
    objective = deeprob.Objective(X, y, loss="svm")
    assert single.losses.tolist() == [objective.value(W.astype(np.float32)) for W in drawn]


def test_wrong_dtypes_are_refused(columns):
    X, y = columns
    with pytest.raises(TypeError, match="dtype is float32, but X has dtype float64"):
        deeprob.random_search(X, y, dtype=np.float32, example_axis=1)
    for dtype in (np.float16, int, "nothing"):
        with pytest.raises(TypeError, match="expected np.float32, np.float64 or None"):
            deeprob.random_search(X, y, dtype=dtype, example_axis=1)


def test_candidates_of_many_numbers_are_drawn_one_by_one(monkeypatch):
    """Memory: a batch holds no more than its bytes, and at least one."""
    monkeypatch.setattr("deeprob.search._BYTES", 1)
    X, y = small(5)
    limited = deeprob.random_search(X, y, num_tries=5, rng=0)
    monkeypatch.undo()
    np.testing.assert_array_equal(limited.losses, deeprob.random_search(X, y, num_tries=5, rng=0).losses)
