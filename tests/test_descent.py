"""gradient_descent: the lecture's loops (L4-27 to L4-29), their batches and their history."""

import numpy as np
import pytest

import deeprob
from deeprob import reference
from deeprob.descent import minibatches

H = np.array([1.0, 25.0])


def bowl(w):
    return 0.5 * float(np.sum(H * w**2)), H * w


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((90, 7)), rng.integers(0, 3, 90)


@pytest.mark.parametrize(("rate", "expected"), [(0.079, 0.0795), (0.08, 1.0), (0.081, 11.8)])
def test_the_limit_of_the_learning_rate(rate, expected):
    """L4-27: on the bowl the limit is 2/25; |y| after 100 steps."""
    result = deeprob.gradient_descent(bowl, [1.0, 1.0], learning_rate=rate, num_steps=100)
    assert abs(result.w[1]) == pytest.approx(expected, rel=0.005)


def test_it_is_the_lectures_vanilla_loop():
    w0 = np.array([1.0, 1.0])
    result = deeprob.gradient_descent(bowl, w0, learning_rate=0.02, num_steps=50, record="trajectory")
    expected = reference.gradient_descent(lambda w: H * w, w0, 0.02, 50)
    np.testing.assert_array_equal(result.w, expected)
    np.testing.assert_array_equal(w0, [1.0, 1.0])
    assert result.trajectory.shape == (51, 2)
    np.testing.assert_array_equal(result.trajectory[0], w0)
    np.testing.assert_array_equal(result.trajectory[-1], result.w)
    np.testing.assert_array_equal(result.losses, [bowl(w)[0] for w in result.trajectory[:-1]])
    assert (np.diff(result.times) >= 0).all()
    assert result.num_steps == 50


def test_an_objective_and_a_function_of_the_data_take_the_same_path(problem):
    X, y = problem
    objective = deeprob.Objective(X, y, reg=0.1)
    w0 = np.zeros((3, 7))
    runs = [
        deeprob.gradient_descent(objective, w0, learning_rate=0.5, num_steps=20),
        deeprob.gradient_descent(lambda w: objective(w), w0, learning_rate=0.5, num_steps=20),
        deeprob.gradient_descent(
            lambda w, X, y: deeprob.softmax_loss(w, X, y, 0.1), w0, (X, y), learning_rate=0.5, num_steps=20
        ),
    ]
    for other in runs[1:]:
        np.testing.assert_array_equal(other.w, runs[0].w)
        np.testing.assert_array_equal(other.losses, runs[0].losses)
    assert runs[0].losses[-1] < runs[0].losses[0]


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
@pytest.mark.parametrize("batch_size", [1, 32, 64, 128])
def test_minibatches_by_position_and_by_copy_take_the_same_path(problem, sampling, batch_size):
    X, y = problem
    w0 = np.zeros((3, 7))
    keywords = {
        "learning_rate": 0.1,
        "num_steps": 12,
        "batch_size": batch_size,
        "sampling": sampling,
        "rng": 0,
    }
    bound = deeprob.gradient_descent(deeprob.Objective(X, y, loss="svm"), w0, **keywords)
    free = deeprob.gradient_descent(deeprob.svm_loss, w0, (X, y), **keywords)
    np.testing.assert_array_equal(bound.w, free.w)
    np.testing.assert_array_equal(bound.losses, free.losses)


def test_shuffling_uses_every_example_once_an_epoch():
    batches = minibatches(10, 4, rng=0)
    for _ in range(3):
        epoch = [next(batches) for _ in range(3)]
        assert [len(b) for b in epoch] == [4, 4, 2]
        assert sorted(np.concatenate(epoch)) == list(range(10))


def test_replacement_draws_as_the_course_does():
    batches = minibatches(50, 8, sampling="replacement", rng=0)
    expected = np.random.RandomState(0)
    for _ in range(3):
        np.testing.assert_array_equal(next(batches), expected.choice(50, 8))


def test_an_epochs_equal_minibatch_gradients_average_to_the_full_one(problem):
    """L4-29, at fixed w."""
    objective = deeprob.Objective(*problem)
    W = np.random.default_rng(1).standard_normal((3, 7))
    batches = minibatches(90, 30, rng=0)
    mean = np.mean([objective(W, next(batches))[1] for _ in range(3)], axis=0)
    np.testing.assert_allclose(mean, objective(W)[1], rtol=0, atol=1e-15)


def test_the_minibatch_gradients_variance_goes_as_one_over_B(problem):
    """L4-29, with replacement."""
    objective = deeprob.Objective(*problem)
    W = np.zeros((3, 7))

    def variance(B):
        batches = minibatches(90, B, sampling="replacement", rng=0)
        return np.var([objective(W, next(batches))[1] for _ in range(2000)], axis=0).sum()

    assert variance(8) / variance(32) == pytest.approx(4.0, rel=0.15)


def test_a_schedule_is_a_function_of_the_step():
    result = deeprob.gradient_descent(
        bowl, [1.0, 1.0], learning_rate=lambda t: 0.02 / (t + 1), num_steps=3, record="trajectory"
    )
    w = np.array([1.0, 1.0])
    for t in range(3):
        w = w - 0.02 / (t + 1) * (H * w)
    np.testing.assert_array_equal(result.w, w)


def test_a_gradient_may_be_w_itself():
    result = deeprob.gradient_descent(lambda w: (0.5 * w @ w, w), [4.0], learning_rate=0.5, num_steps=2)
    np.testing.assert_array_equal(result.w, [1.0])


def test_the_callback_can_stop():
    result = deeprob.gradient_descent(
        bowl, [1.0, 1.0], learning_rate=0.01, num_steps=100, callback=lambda t, w, loss: t == 4
    )
    assert result.num_steps == 5
    assert len(result.losses) == len(result.times) == 5
    assert "callback" in result.message


def test_ctrl_c_returns_what_there_is():
    def interrupt(t, w, loss):
        if t == 3:
            raise KeyboardInterrupt

    result = deeprob.gradient_descent(
        bowl, [1.0, 1.0], learning_rate=0.01, num_steps=100, callback=interrupt, record="trajectory"
    )
    assert "interrupted" in result.message
    assert len(result.trajectory) == len(result.losses) + 1


def test_dtypes_of_the_start():
    assert deeprob.gradient_descent(bowl, [1, 1], learning_rate=0.1, num_steps=1).w.dtype == np.float64
    w0 = np.ones(2, np.float32)
    assert deeprob.gradient_descent(bowl, w0, learning_rate=0.1, num_steps=3).w.dtype == np.float32


def test_no_steps():
    result = deeprob.gradient_descent(bowl, [1.0, 2.0], learning_rate=0.1, num_steps=0)
    np.testing.assert_array_equal(result.w, [1.0, 2.0])
    assert np.isnan(result.loss)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"lr": 0.1}, TypeError, "no argument 'lr'; did you mean 'learning_rate'"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate is -0.1"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate is nan"),
        ({"num_steps": -1}, ValueError, "num_steps is -1"),
        ({"num_steps": 1.5}, TypeError, "num_steps is 1.5"),
        ({"batch_size": 2}, ValueError, "batch_size needs data"),
        (
            {"sampling": "bootstrap", "batch_size": 2, "data": (np.ones(3), np.ones(3))},
            ValueError,
            "sampling is",
        ),
        ({"record": "everything"}, ValueError, "record is 'everything'"),
        ({"data": (np.ones(3), np.ones(4))}, ValueError, r"data has shapes \(3,\) and \(4,\)"),
    ],
)
def test_wrong_arguments(keywords, error, message):
    arguments = {"learning_rate": 0.1, "num_steps": 3, **keywords}
    with pytest.raises(error, match=message):
        deeprob.gradient_descent(bowl, [1.0, 1.0], **arguments)


def test_a_loss_that_returns_no_gradient_is_named():
    with pytest.raises(TypeError, match=r"expected the tuple \(loss, gradient\)"):
        deeprob.gradient_descent(lambda w: 1.0, [1.0], learning_rate=0.1, num_steps=1)
    with pytest.raises(ValueError, match=r"gradient of shape \(3,\); expected \(1,\)"):
        deeprob.gradient_descent(lambda w: (1.0, np.ones(3)), [1.0], learning_rate=0.1, num_steps=1)


class TestWhatStandsInForTheKernelsIsUsed:
    W0 = np.zeros((3, 7))

    def test_an_objective_of_another_class(self, problem):
        class Frozen(deeprob.Objective):
            def value_and_grad(self, W, index=None, *, out=None):
                loss, dW = super().value_and_grad(W, index, out=out)
                return loss, 0 * dW

        result = deeprob.gradient_descent(Frozen(*problem), self.W0, learning_rate=1.0, num_steps=3)
        np.testing.assert_array_equal(result.w, self.W0)

    def test_an_optimizer_of_another_class(self, problem):
        class Still(deeprob.optim.SGD):
            def step(self, grads):
                pass

        objective = deeprob.Objective(*problem)
        result = deeprob.gradient_descent(objective, self.W0, learning_rate=1.0, num_steps=3, optimizer=Still)
        np.testing.assert_array_equal(result.w, self.W0)

    def test_an_optimizer_of_another_array_is_refused(self, problem):
        objective, other = deeprob.Objective(*problem), np.zeros((3, 7))
        for optimizer, error in (
            (lambda w: deeprob.optim.SGD(other), ValueError),
            (deeprob.optim.Adam(other), TypeError),
            (lambda w: None, TypeError),
            ("adamww", ValueError),
        ):
            with pytest.raises(error, match="^optimizer"):
                deeprob.gradient_descent(
                    objective, self.W0, learning_rate=1.0, num_steps=1, optimizer=optimizer
                )
