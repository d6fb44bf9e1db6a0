"""The right answer wherever the arrays lie: any stride, sign, order, alignment, dtype and size.

Values are small multiples of powers of two, so that scores are exact in float32: they, predictions and the
SVM's gradient before the division by N must agree with the reference to the bit, whatever the layout.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_layouts import Placed, placed, placed_somewhere, repeated
from numpy.lib.stride_tricks import as_strided

import deeprob
from deeprob import _core, reference

LOSSES = sorted(_core.losses())
CASES = 420  # of each function: the least number that has every D, C and N below
FEATURES = range(1, 71)
CLASSES = range(1, 61)
EXAMPLES = (1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129)
INTEGERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")


# ---- cases, drawn by a seeded generator -----------------------------------------------


@dataclass
class Case:
    """One problem, and how its arrays are passed."""

    W: np.ndarray  # (C, D)
    X: np.ndarray  # (N, D)
    y: np.ndarray
    b: np.ndarray | None
    index: np.ndarray | None
    keywords: dict
    arguments: dict  # name -> what is passed
    places: list[Placed] = field(repr=False)

    def __str__(self):
        parts = [f"N, D, C = {self.X.shape[0]}, {self.X.shape[1]}, {self.W.shape[0]}; {self.keywords}"]
        for name, value in self.arguments.items():
            if isinstance(value, np.ndarray):
                at = value.__array_interface__["data"][0] % 64
                parts.append(f"{name}: {value.dtype} {value.shape}, strides {value.strides}, address {at}")
            else:
                parts.append(f"{name}: {type(value).__name__}")
        return "\n  ".join(parts)


def exact(rng, shape, dtype):
    """Numbers whose products and sums are exact in float32."""
    if dtype == "u1":
        return rng.integers(0, 256, shape).astype(np.uint8)
    return (rng.integers(-8, 9, shape) / 4).astype(dtype)


def as_passed(rng, name, values, case):
    """Put `values` somewhere in memory, or into a list, as the case's argument `name`."""
    if rng.random() < 0.06:
        case.arguments[name] = values.tolist()
        return
    place = placed_somewhere(rng, values)
    case.places.append(place)
    case.arguments[name] = place.array


def draw(rng, k):
    """Case k."""
    N, D, C = EXAMPLES[k % len(EXAMPLES)], FEATURES[k % len(FEATURES)], CLASSES[k % len(CLASSES)]
    W = exact(rng, (C, D), rng.choice(["f4", "f8"])) / 4
    X = exact(rng, (N, D), rng.choice(["f4", "f8", "u1"]))
    y = rng.integers(0, C, N).astype(rng.choice(INTEGERS))
    b = exact(rng, C, rng.choice(["f4", "f8"])) if rng.random() < 0.5 else None
    index = None
    if rng.random() < 0.4:  # with repeats, in any order, some from the end
        dtype = str(rng.choice(INTEGERS))
        low = 0 if dtype[0] == "u" else -N
        index = np.clip(rng.integers(low, N, rng.integers(1, N + 9)), -128, 127).astype(dtype)
    if rng.random() < 0.1:
        X = repeated(X, int(rng.integers(2)))
    if rng.random() < 0.05:
        W = repeated(W, int(rng.integers(2)))
    example_axis, class_axis = int(rng.integers(2)), int(rng.integers(2))
    keywords = {"example_axis": example_axis, "class_axis": class_axis, "threads": int(rng.integers(1, 4))}
    case = Case(W, X, y, b, index, keywords, {}, [])
    for name, values, transposed in (("W", W, class_axis == 1), ("X", X, example_axis == 1)):
        given_values = values.T if transposed else values
        if 0 in values.strides:
            case.arguments[name] = given_values
        else:
            as_passed(rng, name, given_values, case)
    for name, values in (("y", y), ("b", b), ("index", index)):
        if values is not None:
            as_passed(rng, name, values, case)
    return case


def cases(function):
    rng = np.random.default_rng(sum(map(ord, function)))
    for k in range(CASES):
        yield rng, draw(rng, k)


def pick(case, *names):
    """The case's arguments of these names (and its keywords) that there are."""
    return {name: case.arguments[name] for name in names if name in case.arguments}


def wide(case):
    """W, X, b in float64, and the examples that index means."""
    at = slice(None) if case.index is None else case.index.astype(np.int64)
    b = None if case.b is None else case.b.astype(np.float64)
    return case.W.astype(np.float64), case.X.astype(np.float64)[at], case.y.astype(np.int64)[at], b


def dtype_of(values):
    """The dtype an argument counts as: lists are float64, bytes are below float32."""
    return values.dtype if isinstance(values, np.ndarray) else np.dtype("f8")


def result_dtype(case, *names):
    return np.result_type(np.float32, *(dtype_of(case.arguments[n]) for n in names if n in case.arguments))


def maybe_out(rng, shape, dtype, case):
    """An array for the result, somewhere in memory, in half of the cases: keywords and its place."""
    if rng.random() < 0.5:
        return {}, None
    place = placed_somewhere(rng, np.zeros(shape, dtype), writeable=True)
    case.arguments["out"] = place.array
    return {"out": place.array}, place


def call(function, case, out_place, arguments):
    """Call; arguments must stay as they are, and `out` be written in its own places only."""
    before = [place.buffer.tobytes() for place in case.places]
    around = None if out_place is None else out_place.around()
    result = function(**arguments)
    assert [place.buffer.tobytes() for place in case.places] == before, f"changed its arguments: {case}"
    if out_place is not None:
        assert out_place.around() == around, f"wrote beside out: {case}"
    return result


def agree(actual, expected, case, eps, scale=1.0):
    actual = np.asarray(actual, np.float64)
    assert actual.shape == np.shape(expected), str(case)
    np.testing.assert_allclose(
        actual, expected, rtol=64 * eps, atol=64 * eps * scale, err_msg=str(case), verbose=False
    )


# ---- the linear family ------------------------------------------------------------------


def test_scores_are_exact_in_every_layout():
    for rng, case in cases("scores"):
        W, X, _, b = wide(case)
        expected = reference.scores(W, X, b)
        if case.keywords["example_axis"] == 1:
            expected = expected.T
        dtype = result_dtype(case, "W", "X", "b")
        out, place = maybe_out(rng, expected.shape, dtype, case)
        arguments = {**pick(case, "W", "X", "b", "index"), **case.keywords, **out}
        s = call(deeprob.scores, case, place, arguments)
        assert s.dtype == dtype, str(case)
        assert place is None or s is place.array, str(case)
        np.testing.assert_array_equal(s, expected, err_msg=str(case), verbose=False)


def test_predictions_are_exact_in_every_layout():
    for rng, case in cases("predict"):
        W, X, _, b = wide(case)
        expected = reference.predict(W, X, b)
        out, place = maybe_out(rng, expected.shape, np.int64, case)
        arguments = {**pick(case, "W", "X", "b", "index"), **case.keywords, **out}
        labels = call(deeprob.predict, case, place, arguments)
        assert labels.dtype == np.int64
        assert place is None or labels is place.array, str(case)
        np.testing.assert_array_equal(labels, expected, err_msg=str(case), verbose=False)


def test_accuracy_is_exact_in_every_layout():
    for _, case in cases("accuracy"):
        W, X, y, b = wide(case)
        share = call(
            deeprob.accuracy, case, None, {**pick(case, "W", "X", "y", "b", "index"), **case.keywords}
        )
        assert share == reference.accuracy(W, X, y, b), str(case)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_and_their_gradients_are_right_in_every_layout(loss):
    function = getattr(deeprob, f"{loss}_loss")
    for rng, case in cases(loss):
        W, X, y, b = wide(case)
        reg_type = str(rng.choice(["l1", "l2", "elastic"]))
        reg = float(rng.choice([0.0, 0.5]))
        regularizer = {"reg": reg, "reg_type": reg_type, "l1_ratio": 0.25}
        value, dW, db = reference.linear_loss(loss, W, X, y, b=b, **regularizer)
        transposed = case.keywords["class_axis"] == 1
        dtype = dtype_of(case.arguments["W"])
        out, place = maybe_out(rng, W.T.shape if transposed else W.shape, dtype, case)
        arguments = {
            **pick(case, "W", "X", "y", "b", "index"),
            **case.keywords,
            **regularizer,
            **out,
        }
        result = call(function, case, place, arguments)
        eps = float(np.finfo(result_dtype(case, "W", "X", "b")).eps)
        agree(result[0], value, case, eps)
        assert result[1].dtype == dtype, str(case)
        assert place is None or result[1] is place.array, str(case)
        # Stored in W's dtype, whatever was computed in.
        eps = max(eps, float(np.finfo(dtype).eps))
        agree(result[1], dW.T if transposed else dW, case, eps, scale=float(np.abs(X).max()) + 1)
        assert len(result) == (2 if b is None else 3), str(case)
        if b is not None:
            assert result[2].dtype == dtype_of(case.arguments["b"]), str(case)
            agree(result[2], db, case, max(eps, float(np.finfo(result[2].dtype).eps)), scale=len(y))
        without = {k: v for k, v in arguments.items() if k != "out"}
        assert call(function, case, None, {**without, "grad": False}) == result[0], str(case)


def test_an_objective_sees_what_the_loss_function_sees():
    for rng, case in cases("objective"):
        if not isinstance(case.arguments["X"], np.ndarray):
            continue  # an Objective makes an array of a list once: test_bad_input
        loss = str(rng.choice(LOSSES))
        keywords = {**case.keywords, "reg": 0.5}
        index = case.arguments.get("index")
        objective = deeprob.Objective(case.arguments["X"], case.arguments["y"], loss=loss, **keywords)
        value, dW = objective(case.arguments["W"], index)
        expected, expected_dW = getattr(deeprob, f"{loss}_loss")(
            **pick(case, "W", "X", "y", "index"), **keywords
        )
        assert value == expected, str(case)
        assert dW.tobytes() == expected_dW.tobytes(), str(case)


# ---- losses of scores, regularizers ---------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "function"), [("softmax", deeprob.softmax_cross_entropy), ("svm", deeprob.multiclass_hinge)]
)
def test_losses_of_scores_are_right_in_every_layout(loss, function):
    for rng, case in cases(f"scores of {loss}"):
        N, C = case.y.size, case.W.shape[0]
        s = exact(rng, (N, C), rng.choice(["f4", "f8"]))
        if rng.random() < 0.1:
            s = repeated(s, int(rng.integers(2)))
        axis = case.keywords["example_axis"]
        place = placed_somewhere(rng, s.T if axis == 1 else s)
        case.arguments = {"s": place.array, "y": case.arguments["y"]}
        case.places.append(place)
        losses, ds = getattr(reference, loss)(s.astype(np.float64), case.y.astype(np.int64))
        out, out_place = maybe_out(rng, place.array.shape, s.dtype, case)
        arguments = {**pick(case, "s", "y"), "example_axis": axis, **out}
        value, gradient = call(function, case, out_place, arguments)
        eps = float(np.finfo(s.dtype).eps)
        agree(value, losses.mean(), case, eps)
        assert gradient.dtype == s.dtype
        assert out_place is None or gradient is out_place.array, str(case)
        agree(gradient, (ds.T if axis == 1 else ds) / N, case, eps)
        assert function(**pick(case, "s", "y"), example_axis=axis, grad=False) == value, str(case)


def test_the_proximal_step_is_right_in_every_layout():
    for rng, case in cases("proximal_l1"):
        expected = reference.proximal_l1(case.W, 0.3)
        place = placed_somewhere(rng, case.W, writeable=True)
        case.places = [place]
        out, out_place = maybe_out(rng, case.W.shape, case.W.dtype, case)
        result = call(deeprob.proximal_l1, case, out_place, {"W": place.array, "threshold": 0.3, **out})
        np.testing.assert_array_equal(result, expected, err_msg=str(case))
        around = place.around()
        assert deeprob.proximal_l1(place.array, 0.3, out=place.array) is place.array
        assert place.around() == around, f"wrote beside W: {case}"
        np.testing.assert_array_equal(place.array, expected, err_msg=str(case))


@pytest.mark.parametrize("name", ["l2", "l1", "elastic_net"])
def test_regularizers_are_right_in_every_layout(name):
    for rng, case in cases(name):
        value, gradient = getattr(reference, name)(case.W.astype(np.float64))
        place = placed_somewhere(rng, case.W, writeable=True)
        case.arguments = {"W": place.array}
        case.places = [place]
        out, out_place = maybe_out(rng, case.W.shape, case.W.dtype, case)
        result = call(getattr(deeprob, name), case, out_place, {"W": place.array, **out})
        agree(result[0], value, case, 2.0**-52)
        assert result[1].dtype == case.W.dtype
        agree(result[1], gradient, case, float(np.finfo(case.W.dtype).eps))
        around = place.around()
        in_place = getattr(deeprob, name)(place.array, out=place.array)
        assert in_place[1] is place.array
        assert place.around() == around, f"wrote beside W: {case}"
        np.testing.assert_array_equal(place.array, result[1], err_msg=str(case))


# ---- single properties ----------------------------------------------------------------


@pytest.mark.parametrize("X_type", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("W_type", ["float32", "float64"])
@pytest.mark.parametrize("b_type", ["float32", "float64", None])
def test_results_have_numpys_result_type_and_gradients_their_parameters(W_type, X_type, b_type):
    W, X = np.ones((3, 4), W_type), np.ones((2, 4), X_type)
    b = None if b_type is None else np.ones(3, b_type)
    expected = np.result_type(W, X) if b is None else np.result_type(W, X, b)
    assert deeprob.scores(W, X, b).dtype == expected
    _, dW, *db = deeprob.softmax_loss(W, X, [0, 1], b=b)
    assert dW.dtype == W.dtype
    assert [a.dtype for a in db] == ([] if b is None else [b.dtype])


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1"])
@pytest.mark.parametrize("offset", range(8))
def test_a_read_only_memmap_at_any_byte_offset(tmp_path, dtype, offset):
    rng = np.random.default_rng(offset)
    X = exact(rng, (33, 21), dtype)
    (tmp_path / "X.bin").write_bytes(b"\xff" * offset + X.tobytes())
    mapped = np.memmap(tmp_path / "X.bin", dtype, mode="r", offset=offset, shape=X.shape)
    W, y = exact(rng, (5, 21), "f4"), rng.integers(0, 5, 33)
    np.testing.assert_array_equal(deeprob.scores(W, mapped), reference.scores(W, X.astype(np.float32)))
    value, dW = deeprob.svm_loss(W, mapped, y)
    expected, expected_dW = deeprob.svm_loss(W, X, y)
    assert value == expected
    assert dW.tobytes() == expected_dW.tobytes()


@pytest.mark.parametrize("shift", range(1, 8))
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_memory_that_is_not_aligned(dtype, shift):
    rng = np.random.default_rng(shift)
    W, X, b = (exact(rng, shape, dtype) for shape in [(10, 19), (40, 19), 10])
    y, index = rng.integers(0, 10, 40), rng.integers(-40, 40, 50)
    shifted = [placed(a, shift=shift).array for a in (W, X, y, b, index)]
    assert not any(a.flags.aligned for a in shifted if shift % a.itemsize)
    out = placed(np.zeros_like(W), shift=shift).array
    expected = deeprob.softmax_loss(W, X, y, 0.1, b=b, index=index)
    actual = deeprob.softmax_loss(*shifted[:3], 0.1, b=shifted[3], index=shifted[4], out=out)
    assert actual[0] == expected[0]
    assert actual[1] is out
    np.testing.assert_array_equal(actual[1], expected[1])
    np.testing.assert_array_equal(actual[2], expected[2])


@pytest.mark.parametrize("stride", [2**62, -(2**62), 1, 3, 0])
def test_the_stride_of_an_axis_of_size_1_means_nothing(stride):
    rng = np.random.default_rng(0)
    x, W = exact(rng, (1, 9), "f4"), exact(rng, (4, 9), "f4")
    one_row = as_strided(x, (1, 9), (stride, 4), writeable=False)
    one_column = as_strided(np.ascontiguousarray(x.T), (9, 1), (4, stride), writeable=False)
    expected = W @ x[0]
    np.testing.assert_array_equal(deeprob.scores(W, one_row)[0], expected)
    np.testing.assert_array_equal(deeprob.scores(W, one_column, example_axis=1)[:, 0], expected)
    one_feature = as_strided(np.ones((5, 1), "f4"), (5, 1), (4, stride), writeable=False)
    np.testing.assert_array_equal(deeprob.scores(W[:, :1], one_feature), np.repeat(W[:, :1].T, 5, axis=0))


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1"])
@pytest.mark.parametrize("D", [255, 256, 257, 511, 512, 513, 1024, 1025])
def test_features_around_the_blocks_of_the_kernels(dtype, D):
    rng = np.random.default_rng(D)
    X, y = exact(rng, (35, D), dtype), rng.integers(0, 11, 35)
    W = exact(rng, (11, D), "f8" if dtype == "f8" else "f4") / 4
    np.testing.assert_array_equal(deeprob.scores(W, X), reference.scores(W.astype("f8"), X.astype("f8")))
    value, dW = deeprob.svm_loss(W, X, y, threads=3)
    expected = reference.linear_loss("svm", W.astype("f8"), X.astype("f8"), y)
    assert value == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(dW, expected[1], rtol=4 * np.finfo(W.dtype).eps, atol=1e-12)


@pytest.mark.parametrize("C", [47, 48, 49, 95, 96, 97, 200])
def test_classes_around_the_panels_of_the_kernels(C):
    rng = np.random.default_rng(C)
    W, X, y = exact(rng, (C, 13), "f4"), exact(rng, (50, 13), "f4"), rng.integers(0, C, 50)
    np.testing.assert_array_equal(deeprob.scores(W, X), reference.scores(W, X))
    value, dW = deeprob.svm_loss(W, X, y)
    expected = reference.linear_loss("svm", W.astype("f8"), X.astype("f8"), y)
    assert value == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(dW, expected[1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("N", [0, 1, 31, 32, 33, 63, 64, 65, 511, 512, 513, 1000, 4097])
def test_examples_around_the_chunks_and_tiles(N):
    rng = np.random.default_rng(N)
    W, X = exact(rng, (3, 300), "f4"), exact(rng, (N, 300), "u1")
    np.testing.assert_array_equal(deeprob.scores(W, X, threads=4), X.astype("f4") @ W.T)
    np.testing.assert_array_equal(deeprob.predict(W, X, threads=4), np.argmax(X.astype("f4") @ W.T, axis=1))


def test_no_examples_have_no_scores_and_no_predictions():
    W, X = np.zeros((3, 4)), np.zeros((5, 4))
    assert deeprob.scores(W, X[:0]).shape == (0, 3)
    assert deeprob.scores(W, X[:0].T, example_axis=1).shape == (3, 0)
    assert deeprob.predict(W, X[:0]).shape == (0,)
    assert deeprob.scores(W, X, index=np.array([], np.int64)).shape == (0, 3)


def test_an_empty_list_is_an_empty_index_as_in_numpy():
    assert deeprob.scores(np.zeros((3, 4)), np.zeros((5, 4)), index=[]).shape == (0, 3)


def test_integers_in_lists_are_numbers_everywhere():
    W, X, y = [[1, 0], [0, 1]], [[3, 4], [4, 3]], [1, 0]
    np.testing.assert_array_equal(deeprob.scores(W, X), [[3.0, 4.0], [4.0, 3.0]])
    assert deeprob.svm_loss(W, X, y, grad=False) == 0.0
    assert deeprob.Objective(X, y, loss="svm").value(W) == 0.0
    assert deeprob.random_search(X, y, num_tries=1, rng=0).W.shape == (2, 2)
    classifier = deeprob.LinearClassifier("svm")
    assert len(classifier.train(X, y, num_iters=2, rng=0)) == 2
    assert deeprob.l2([[1, 2]])[0] == 5.0
    assert deeprob.multiclass_hinge(X, y, grad=False) == 0.0


def test_numpy_integers_are_axes_and_thread_counts():
    W, X = np.ones((3, 4)), np.ones((2, 4))
    s = deeprob.scores(W.T, X.T, example_axis=np.int64(1), class_axis=np.int8(1), threads=np.uint8(2))
    np.testing.assert_array_equal(s, np.full((3, 2), 4.0))


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(data=st.data())
def test_scores_of_any_view_shrunk_to_the_smallest_that_fails(data):
    def view(name, rows, columns, dtype):
        rng = np.random.default_rng(rows * 100 + columns)
        return placed(
            exact(rng, (rows, columns), dtype),
            order=data.draw(st.permutations([0, 1]), f"order of {name}"),
            steps=data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)), f"steps of {name}"),
            signs=data.draw(st.tuples(*[st.sampled_from([1, -1])] * 2), f"signs of {name}"),
            gap=data.draw(st.integers(0, 8), f"gap of {name}"),
            shift=data.draw(st.integers(0, 8), f"shift of {name}"),
        ).array

    N, D, C = (data.draw(st.integers(1, 40), name) for name in "NDC")
    W = view("W", C, D, data.draw(st.sampled_from(["f4", "f8"]), "W's dtype"))
    X = view("X", N, D, data.draw(st.sampled_from(["f4", "f8", "u1"]), "X's dtype"))
    expected = reference.scores(W.astype("f8"), X.astype("f8"))
    np.testing.assert_array_equal(deeprob.scores(W, X), expected)
