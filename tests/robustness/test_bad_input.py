"""Wrong arguments: an error that names the argument and says what came, and nothing changed.

The list of wrong calls is in refused_calls.py.
"""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from public_calls import FUNCTIONS, C, N, floats, labels, right
from refused_calls import KEYWORDS, refused_calls

import deeprob

REFUSED = list(refused_calls())


def bytes_of(value):
    """The bytes behind an argument: of the memory that a view looks into, too."""
    if not isinstance(value, np.ndarray) or value.dtype.hasobject:
        return None
    base = value
    while isinstance(base.base, np.ndarray):
        base = base.base
    return base.tobytes() if base.nbytes < 10**7 else None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_calls_that_the_wrong_ones_are_made_of_are_right(function):
    right(function).run()


@pytest.mark.parametrize("refused", REFUSED, ids=str)
def test_a_wrong_argument_is_named_and_nothing_is_changed(refused):
    before = {name: bytes_of(value) for name, value in refused.call.arguments.items()}
    with pytest.raises(refused.error) as caught:
        refused.call.run()
    if not isinstance(caught.value, MemoryError):
        message = str(caught.value)
        assert re.search(rf"\b{re.escape(refused.argument)}\b", message), message
        assert [word for word in refused.words if word not in message] == [], message
    after = {name: bytes_of(value) for name, value in refused.call.arguments.items()}
    assert after == before


@pytest.mark.parametrize(("function", "wrong", "meant"), KEYWORDS)
def test_a_wrong_keyword_is_answered_with_the_right_one(function, wrong, meant):
    with pytest.raises(TypeError) as caught:
        right(function).but(**{wrong: 1}).run()
    assert repr(wrong) in str(caught.value)
    assert repr(meant) in str(caught.value)


def test_an_unknown_keyword_is_answered_with_the_list():
    with pytest.raises(TypeError, match=r"'qqq'.*W, X, b, index"):
        deeprob.scores(floats(C, 4), floats(N, 4), qqq=1)


def test_a_keyword_of_another_loss_is_answered_with_the_losss_own():
    with pytest.raises(TypeError, match=r"'softmax' has no parameter 'delta'"):
        deeprob.Objective(floats(N, 4), labels(), loss="softmax", delta=1.0)


@settings(deadline=None, max_examples=200, derandomize=True, database=None)
@given(
    values=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-2, C + 1), min_size=1, max_size=40),
    dtype=st.sampled_from(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]),
)
def test_any_labels_are_right_or_the_first_wrong_one_is_named(values, dtype):
    y = np.array(values, np.int64).astype(dtype)
    X, W = floats(y.size, 4), floats(C, 4)
    wrong = [i for i, label in enumerate(y.tolist()) if not 0 <= label < C]
    if not wrong:
        assert deeprob.softmax_loss(W, X, y, grad=False) > 0
        return
    for loss in (deeprob.softmax_loss, deeprob.svm_loss):
        with pytest.raises(ValueError, match=rf"^y\[{wrong[0]}\] is {y[wrong[0]]}; expected labels in 0..2"):
            loss(W, X, y)
    for loss in (deeprob.softmax_cross_entropy, deeprob.multiclass_hinge):
        with pytest.raises(ValueError, match=rf"^y\[{wrong[0]}\] is {y[wrong[0]]}; expected labels in 0..2"):
            loss(floats(y.size, C), y)


@settings(deadline=None, max_examples=200, derandomize=True, database=None)
@given(
    values=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-N - 2, N + 1), min_size=1, max_size=40),
    dtype=st.sampled_from(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]),
)
def test_any_index_is_numpys_or_the_first_wrong_position_is_named(values, dtype):
    index = np.array(values, np.int64).astype(dtype)
    X, W = floats(N, 4), floats(C, 4)
    wrong = [i for i, at in enumerate(index.tolist()) if not -N <= at < N]
    if wrong:
        at = re.escape(f"index[{wrong[0]}] is {index[wrong[0]]}; ")
        with pytest.raises(IndexError, match=f"^{at}"):
            deeprob.scores(W, X, index=index)
    else:
        s = deeprob.scores(W, X, index=index)
        assert s.tobytes() == deeprob.scores(W, X[index]).tobytes()


def test_labels_that_nobody_has_classes_for_cost_no_memory():
    # A label of 10**6 is legal for an Objective: W may have as many classes. Looking must not build one.
    import tracemalloc

    tracemalloc.start()
    try:
        deeprob.Objective(floats(2, 1), [0, 10**6])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("label", [2**40, 2**63 - 1])
def test_labels_beyond_all_memory_are_named(label):
    for function in ("random_search", "LinearClassifier.train"):
        with pytest.raises((ValueError, MemoryError)) as caught:
            right(function).but(y=np.where(labels() == 2, label, labels())).run()
        assert isinstance(caught.value, MemoryError) or re.search(r"\by\b", str(caught.value))


HUGE = """
import numpy as np, deeprob
one_row = np.broadcast_to(np.uint8(0), (1, 2**30))
for function, arguments in [
    (deeprob.softmax_cross_entropy, (np.broadcast_to(np.float32(0), (1, 2**55)), [0])),
    (deeprob.multiclass_hinge, (np.broadcast_to(np.float64(0), (2, 2**55 + 1)), [0, 0])),
    (deeprob.softmax_loss, [np.broadcast_to(np.float32(0), (1, 2**60))] * 2 + [[0]]),
    (deeprob.svm_loss, [np.broadcast_to(np.float32(0), (2**60, 1)), np.zeros((1, 1)), [0]]),
    (deeprob.predict, [np.broadcast_to(np.float32(0), (2**30,) * 2), one_row]),
    (deeprob.l2, [np.broadcast_to(np.float32(0), (1, 2**60))]),
    (deeprob.proximal_l1, [np.broadcast_to(np.float32(0), (1, 2**60)), 0.1]),
    (deeprob._core.penalty, (np.broadcast_to(np.float32(0), (1, 2**60)), 0.0, 1.0, False, None)),
]:
    keywords = {"grad": False} if function.__name__.endswith(("entropy", "hinge", "loss")) else {}
    try:
        function(*arguments, **keywords)
    except (MemoryError, ValueError) as error:
        assert str(error), function
        print("refused")
"""


def test_views_that_stand_for_more_than_any_memory_are_refused(run_python):
    # 4 bytes with stride 0 can have 2**60 entries: no size may wrap around.
    ended = run_python(HUGE)
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    assert ended.stdout.split() == ["refused"] * 8


def test_a_failed_training_leaves_the_classifier_as_it_was():
    classifier = deeprob.LinearClassifier()
    W = classifier.W = floats(C, 4)
    before = W.tobytes()
    with pytest.raises(ValueError, match="y"):
        classifier.train(floats(N, 4), np.full(N, C), num_iters=3)
    assert classifier.W is W
    assert W.tobytes() == before


def test_numeric_gradient_restores_x_when_f_fails():
    x = floats(5, dtype=np.float64)
    before = x.tobytes()
    calls = []

    def fails(_):
        calls.append(1)
        if len(calls) == 6:
            raise RuntimeError("enough")
        return 0.0

    with pytest.raises(RuntimeError, match="enough"):
        deeprob.numeric_gradient(fails, x)
    assert x.tobytes() == before


class Angry:
    """Fails wherever it is asked to become an array or a number."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array")

    def __index__(self):
        raise RuntimeError("no index")

    def __float__(self):
        raise RuntimeError("no float")


@pytest.mark.parametrize("name", ["W", "X", "y", "b", "index", "threads", "reg"])
def test_an_error_of_the_argument_itself_is_not_hidden(name):
    with pytest.raises(RuntimeError, match="no (array|index|float)"):
        right("softmax_loss").but(**{name: Angry()}).run()
