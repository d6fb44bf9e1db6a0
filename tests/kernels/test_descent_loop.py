"""The training loop in C against the same steps taken one by one from Python: the same bits."""

import functools
import signal
import threading
import time

import cases
import numpy as np
import pytest

import deeprob
from deeprob import _core, optim
from deeprob.descent import Batches, minibatches

OPTIMIZERS = [
    *optim.NAMES,
    functools.partial(optim.Momentum, momentum=0.99, formulation="displacement"),
    functools.partial(optim.Adam, bias_correction=False, eps=1e-3),
]


def one_by_one(objective, W, optimizer, rates, batches):
    """Losses and the last W of steps taken from Python."""
    w = W.copy(order="K")
    opt = optim.REGISTRY[optimizer](w) if isinstance(optimizer, str) else optimizer(w)
    losses = []
    for rate, index in zip(rates, batches, strict=False):
        loss, dW = objective(w, index)
        opt.lr = rate
        opt.step(dW)
        losses.append(loss)
    return w, losses


def in_one_call(objective, W, optimizer, rates, **keywords):
    result = deeprob.gradient_descent(
        objective, W, learning_rate=rates.__getitem__, num_steps=len(rates), optimizer=optimizer, **keywords
    )
    return result.w, list(result.losses)


def assert_same(left, right):
    np.testing.assert_array_equal(left[0], right[0])
    assert left[1] == right[1]


RATES = [0.1 / (1 + t) for t in range(23)]


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("dtype", cases.DTYPES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
@pytest.mark.parametrize("loss", cases.LOSSES)
def test_minibatches(loss, optimizer, dtype, threads):
    W, X, y, _ = cases.problem(310, 70, 5, dtype)
    objective = deeprob.Objective(X, y, loss=loss, reg=0.01, threads=threads)
    batches = minibatches(310, 64, rng=3)  # the epoch's last has 54 examples
    expected = one_by_one(objective, W, optimizer, RATES, batches)
    assert_same(in_one_call(objective, W, optimizer, RATES, batch_size=64, rng=3), expected)


@pytest.mark.parametrize("layout", [layout for layout in cases.LAYOUTS if layout != "index"])
@pytest.mark.parametrize("class_axis", [0, 1])
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
def test_layouts_and_regularizers_on_all_examples(layout, class_axis, reg_type):
    W, X, y, _ = cases.problem(130, 33, 11, "float32")
    W = W if class_axis == 0 else W.T
    memory, keywords = cases.laid_out(X, layout)
    objective = deeprob.Objective(memory, y, reg=0.1, reg_type=reg_type, class_axis=class_axis, **keywords)
    expected = one_by_one(objective, W, "adam", RATES, [None] * len(RATES))
    assert_same(in_one_call(objective, W, "adam", RATES), expected)


@pytest.mark.parametrize("W_dtype", cases.DTYPES)
@pytest.mark.parametrize("X_dtype", [*cases.DTYPES, "uint8"])
def test_mixed_dtypes(W_dtype, X_dtype):
    W, _, y, _ = cases.problem(90, 20, 4, W_dtype)
    X = np.random.default_rng(0).integers(0, 256, (90, 20)).astype(X_dtype)
    objective = deeprob.Objective(X, y)
    rates = [1e-4] * 9
    expected = one_by_one(objective, W, "momentum", rates, minibatches(90, 32, rng=0))
    assert_same(in_one_call(objective, W, "momentum", rates, batch_size=32, rng=0), expected)


@pytest.mark.parametrize("size", cases.SIZES, ids=str)
def test_sizes(size):
    W, X, y, _ = cases.problem(*size, "float64")
    objective = deeprob.Objective(X, y, reg=0.1)
    batches = minibatches(size[0], 16, sampling="replacement", rng=1)
    expected = one_by_one(objective, W, "adam", RATES[:5], batches)
    keywords = {"batch_size": 16, "sampling": "replacement", "rng": 1}
    assert_same(in_one_call(objective, W, "adam", RATES[:5], **keywords), expected)


def test_a_callback_and_a_trajectory_change_nothing():
    W, X, y, _ = cases.problem(200, 20, 3, "float32")
    objective = deeprob.Objective(X, y)
    keywords = {"batch_size": 32, "rng": 0, "learning_rate": 0.1, "num_steps": 20, "optimizer": "adam"}
    plain = deeprob.gradient_descent(objective, W, **keywords)
    seen = []
    watched = deeprob.gradient_descent(
        objective,
        W,
        record="trajectory",
        callback=lambda t, w, loss: seen.append((t, w.copy(), loss)),
        **keywords,
    )
    np.testing.assert_array_equal(watched.w, plain.w)
    np.testing.assert_array_equal(watched.losses, plain.losses)
    assert [t for t, _, _ in seen] == list(range(20))
    np.testing.assert_array_equal([w for _, w, _ in seen], watched.trajectory[1:])


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_batches_drawn_ahead_are_those_drawn_one_by_one(make, sampling):
    ahead = Batches(101, 13, sampling=sampling, rng=make(5))
    one = Batches(101, 13, sampling=sampling, rng=make(5))
    index, sizes = ahead.take(20)
    np.testing.assert_array_equal(index, np.concatenate([one.take(1)[0] for _ in range(20)]))
    assert sizes.sum() == index.size
    assert ahead.random.random() == one.random.random()


def test_times_grow_and_long_runs_are_cut_into_calls():
    W, X, y, _ = cases.problem(2000, 300, 10, "float32")
    result = deeprob.gradient_descent(
        deeprob.Objective(X, y), W, learning_rate=0.1, num_steps=600, batch_size=32
    )
    assert result.num_steps == 600 and np.isfinite(result.losses).all()
    assert (np.diff(result.times) > 0).all()


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals")
@pytest.mark.parametrize("batch_size", [None, 64])
def test_ctrl_c_returns_the_steps_taken(batch_size):
    W, X, y, _ = cases.problem(20_000, 500, 10, "float32")
    objective = deeprob.Objective(X, y)
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    begin = time.perf_counter()
    timer.start()
    result = deeprob.gradient_descent(
        objective, W, learning_rate=0.01, num_steps=10**6, batch_size=batch_size, rng=0
    )
    assert time.perf_counter() - begin < 1.5
    assert result.message == f"interrupted during step {result.num_steps}"
    assert len(result.losses) == len(result.times) == result.num_steps > 0
    assert (np.diff(result.times) > 0).all()
    again = deeprob.gradient_descent(
        objective, W, learning_rate=0.01, num_steps=result.num_steps, batch_size=batch_size, rng=0
    )
    np.testing.assert_array_equal(result.w, again.w)
    np.testing.assert_array_equal(result.losses, again.losses)


def arguments(**changes):
    W = np.zeros((3, 4))
    given = {
        "loss": "softmax",
        "W": W,
        "X": np.ones((6, 4)),
        "y": np.array([0, 1, 2, 0, 1, 2]),
        "index": np.arange(6),
        "sizes": np.array([2, 4]),
        "parameter": 0.0,
        "l1": 0.0,
        "l2": 0.0,
        "example_axis": 0,
        "class_axis": 0,
        "threads": 1,
        "step": "momentum",
        "hyper": (0.1, 0.9, 0.0, 0.0),
        "states": (np.zeros((3, 4)),),
        "rates": np.full(2, 0.1),
        "t": 0,
        "seconds": 1.0,
        "losses": np.empty(2),
        "times": np.empty(2),
        "done": np.zeros(1, np.int64),
    }
    assert set(changes) <= set(given)
    return {**given, **changes}


def test_the_core_takes_these_arguments():
    given = arguments()
    assert _core.descend(*given.values()) is None
    assert given["done"][0] == 2


SHARED = np.zeros((3, 4))


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "nothing"},
        {"hyper": (0.1,)},
        {"hyper": [0.1, 0.9, 0.0]},
        {"states": ()},
        {"states": (np.zeros((4, 3)),)},
        {"states": (np.zeros((3, 4), np.float32),)},
        {"W": SHARED, "states": (SHARED,)},
        {"W": np.zeros((3, 4), np.float32)},
        {"W": np.broadcast_to(0.0, (3, 4))},
        {"sizes": np.array([2, 5])},
        {"sizes": np.array([0, 4])},
        {"sizes": np.array([2, -1])},
        {"sizes": np.array([2])},
        {"sizes": None},
        {"index": None},
        {"index": np.array([0, 1, 2, 3, 4, 6])},
        {"y": np.array([0, 1, 2, 0, 1, 3])},
        {"rates": [0.1, 0.1]},
        {"losses": np.empty(1)},
        {"times": np.empty(2, np.float32)},
        {"done": np.zeros(0, np.int64)},
        {"t": -1},
        {"t": "0"},
        {"seconds": np.nan},
        {"X": np.ones((6, 5))},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_the_core_refuses(changes):
    given = arguments(**changes)
    before = given["W"].copy()
    with pytest.raises((ValueError, TypeError, IndexError)):
        _core.descend(*given.values())
    np.testing.assert_array_equal(given["W"], before)
