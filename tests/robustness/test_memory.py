"""Memory: nothing leaks, X is never copied, and running out of memory is a MemoryError."""

import collections
import contextlib
import functools
import gc
import json
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from public_calls import FUNCTIONS, right
from refused_calls import refused_calls

import deeprob

# 3.12 counts immortal objects no more; some objects (small ints, None) are shared with everybody.
COUNTED = np.ndarray


def references(call):
    return {name: sys.getrefcount(v) for name, v in call.arguments.items() if isinstance(v, COUNTED)}


def quietly(call):
    """Run a call and forget its error."""
    with contextlib.suppress(Exception):
        call.run()


def settle():
    """Free what the interpreter keeps for later: garbage, and the names in its cache of types' attributes."""
    getattr(sys, "_clear_internal_caches", getattr(sys, "_clear_type_cache", None))()
    gc.collect()


def leaks(run, repeats):
    """Whether every run leaves a block or more behind: neither noise nor garbage of the first runs."""
    run()
    for _ in range(3):  # what is noise is not there three times
        settle()
        before = sys.getallocatedblocks()
        for _ in range(repeats):
            run()
        settle()
        if sys.getallocatedblocks() - before < repeats:
            return False
    return True


# ---- leaks ------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _what_was_there_before():
    """What the other tests' libraries left, a million objects, is not looked through at every collection."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@functools.cache
def wrong_calls():
    """The refused calls by their function."""
    found = collections.defaultdict(list)
    for refused in refused_calls():
        found[refused.call.function].append(refused)
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_right_call_leaves_nothing_behind(function):
    call = right(function)
    call.run()
    before = references(call)
    assert not leaks(call.run, 100)
    assert references(call) == before


def test_results_are_not_kept():
    W, X, y, b = (np.ones(shape, t) for shape, t in [((3, 4), "f4"), ((5, 4), "f4"), (5, int), (3, "f4")])
    results = [
        deeprob.scores(W, X),
        deeprob.predict(W, X),
        *deeprob.softmax_loss(W, X, y, b=b)[1:],
        *deeprob.svm_loss(W.T, X, y, b=b, class_axis=1)[2:],
        deeprob.softmax_cross_entropy(X, y)[1],
        deeprob.l2(W)[1],
    ]
    counts = [sys.getrefcount(result) for result in results]
    assert counts == [3] * len(results)  # the list, the loop's variable, the argument of getrefcount


@pytest.mark.parametrize(
    "function", ["scores", "predict", "softmax_loss", "svm_loss", "l2", "elastic_net", "proximal_l1"]
)
def test_out_is_returned_and_not_held(function):
    call = right(function)
    result = call.run()
    out = np.zeros_like(result[1] if isinstance(result, tuple) else result)
    before = sys.getrefcount(out)
    for _ in range(50):
        call.but(out=out).run()
    assert sys.getrefcount(out) == before


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_wrong_call_leaves_anything_behind(function):
    calls = wrong_calls()[function]

    def all_of_them():
        for refused in calls:
            quietly(refused.call)

    all_of_them()
    before = [references(refused.call) for refused in calls]
    suspects = []
    if leaks(all_of_them, 15):  # one by one, to say which
        suspects = [str(refused) for refused in calls if leaks(lambda r=refused: quietly(r.call), 50)]
    assert suspects == []
    assert [references(refused.call) for refused in calls] == before


def test_thousands_of_calls_keep_the_memory_flat():
    calls = [right(function) for function in FUNCTIONS if function not in ("LinearClassifier.train",)]
    refused = list(refused_calls())[::10]

    def round_of_calls():
        for call in calls:
            call.run()
        for r in refused:
            quietly(r.call)

    for _ in range(2):
        round_of_calls()
    tracemalloc.start()
    try:
        for _ in range(5):  # what the interpreter and the tests' tools keep for good comes first
            round_of_calls()
        settle()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(10):
            round_of_calls()
        settle()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000  # in some 2,500 calls


# ---- no copy of X ------------------------------------------------------------------------

BIG = (40_000, 600)  # examples, features: 96 MB as float32


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layout", ["rows", "columns", "strided", "reversed", "misaligned"])
@pytest.mark.parametrize("dtypes", ["f4 f4", "f8 f4", "f4 u1", "f8 u1"], ids=lambda d: f"W-X {d}")
def test_no_layout_and_no_dtype_costs_a_copy_of_x(layout, dtypes):
    W_type, X_type = dtypes.split()
    (N, D), item = BIG, np.dtype(X_type).itemsize
    # Untouched memory of zeros costs nothing: only what deeprob allocates is real.
    X = {
        "rows": lambda: np.zeros((N, D), X_type),
        "columns": lambda: np.zeros((D, N), X_type).T,
        "strided": lambda: np.zeros((N, 2 * D), X_type)[:, ::2],
        "reversed": lambda: np.zeros((N, D), X_type)[::-1, ::-1],
        "misaligned": lambda: np.zeros(N * D * item + 1, "u1")[1:].view(X_type).reshape(N, D),
    }[layout]()
    y, W = np.zeros(N, np.int8), np.zeros((10, D), W_type)
    keywords = {"threads": 2}
    allowed = X.size * item / 8  # a float64 copy of uint8 would be 8 X
    for X_given, axis in [(X, 0), (X.T, 1)]:
        keywords["example_axis"] = axis
        assert peak_of(lambda: deeprob.softmax_loss(W, X_given, y, **keywords)) < allowed
    assert peak_of(lambda: deeprob.accuracy(W, X, y, threads=2)) < allowed
    assert peak_of(lambda: deeprob.Objective(X, y)) < allowed


def test_an_index_costs_no_copy_of_its_examples():
    X, y, W = np.zeros(BIG, "f4"), np.zeros(BIG[0], np.int8), np.zeros((10, BIG[1]), "f4")
    index = np.arange(BIG[0])[::-1]
    assert peak_of(lambda: deeprob.svm_loss(W, X, y, index=index)) < X.nbytes / 20
    objective = deeprob.Objective(X, y, loss="svm")

    def descend():
        deeprob.gradient_descent(
            objective, W, learning_rate=1.0, num_steps=3, batch_size=20_000, sampling="replacement", rng=0
        )

    assert peak_of(descend) < X.nbytes / 20


# ---- out of memory -------------------------------------------------------------------------

SWEEP = Path(__file__).with_name("out_of_memory.py")


def test_when_memory_runs_out_it_is_a_memory_error_and_nothing_breaks(run_python):
    pytest.importorskip("_testcapi", reason="this Python was built without its own test module")
    ended = run_python(SWEEP.read_text(), timeout=120)
    assert ended.returncode == 0, f"{ended.returncode}: {ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["wrong"] == []
    assert min(report["failures"].values()) > 0  # the sweep reached every call's allocations
