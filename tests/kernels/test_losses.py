"""Every loss of the list, in every dtype, layout and stride, against its twin and against differences."""

import cases
import numpy as np
import pytest
from cases import DTYPES, LAYOUTS, LOSSES, SIZES

import deeprob
from deeprob import _core, reference


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradients_are_the_twins(loss, dtype, layout, size):
    N, D, C = size
    W, X, y, b = cases.problem(N, D, C, dtype)
    memory, keywords = cases.laid_out(X, layout)
    labels = cases.labels_for(y, keywords, 2 * N)
    value, dW, db = cases.run(loss, W, memory, labels, reg=0.1, b=b, **keywords)
    expected, dW_twin, db_twin = cases.twin(loss, W, X, y, b, np.longdouble, reg=0.1)

    tol = cases.tolerance(dtype, D)
    assert value == pytest.approx(float(expected), rel=tol)
    if dtype == "float32" and cases.near_kink(reference.scores(W, X, b).astype(float), y, 1.0, 50 * tol):
        return  # rounding decides whether a margin of the SVM counts: gradients may differ there
    assert dW.dtype == W.dtype and dW.shape == W.shape
    assert db.dtype == b.dtype and db.shape == b.shape
    for ours, twin in [(dW, dW_twin), (db, db_twin)]:
        np.testing.assert_allclose(ours, twin.astype(float), rtol=0, atol=tol * max(1.0, np.abs(twin).max()))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_layout_gives_the_same_bits(loss, dtype, layout):
    W, X, y, b = cases.problem(130, 70, 7, dtype)
    plain = cases.run(loss, W, X, y, b=b, reg=0.5)
    memory, keywords = cases.laid_out(X, layout)
    other = cases.run(loss, W, memory, cases.labels_for(y, keywords, 260), b=b, reg=0.5, **keywords)
    assert other[0] == plain[0]
    np.testing.assert_array_equal(other[1], plain[1])
    np.testing.assert_array_equal(other[2], plain[2])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
def test_gradient_agrees_with_central_differences(loss, reg_type):
    W, X, y, b = cases.problem(30, 13, 4, "float64")
    keywords = {"reg": 0.3, "reg_type": reg_type, "l1_ratio": 0.25}
    _, dW, db = cases.run(loss, W, X, y, b=b, **keywords)
    numeric_W = deeprob.numeric_gradient(
        lambda w: cases.run(loss, w, X, y, b=b, grad=False, **keywords), W, 1e-6
    )
    numeric_b = deeprob.numeric_gradient(
        lambda c: cases.run(loss, W, X, y, b=c, grad=False, **keywords), b, 1e-6
    )
    np.testing.assert_allclose(dW, numeric_W, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(db, numeric_b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_loss_alone_has_the_same_bits_as_with_its_gradient(loss, dtype):
    W, X, y, b = cases.problem(333, 50, 10, dtype)
    assert cases.run(loss, W, X, y, b=b, reg=0.1, grad=False) == cases.run(loss, W, X, y, b=b, reg=0.1)[0]
    assert isinstance(cases.run(loss, W, X, y, grad=False), float)
    assert len(cases.run(loss, W, X, y)) == 2


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_weights_give_log_C_and_C_minus_1(dtype):
    _, X, y, _ = cases.problem(200, 50, 10, dtype)
    W = np.zeros((10, 50), dtype)
    assert deeprob.softmax_loss(W, X, y, grad=False) == pytest.approx(np.log(10), rel=0, abs=1e-12)
    assert deeprob.svm_loss(W, X, y, grad=False) == pytest.approx(9.0, rel=0, abs=1e-12)


def test_the_lectures_scores():
    """CS231n's worked example, L4-05: scores (3.2, 5.1, -1.7), label 0."""
    s = np.array([[3.2, 5.1, -1.7]])
    assert deeprob.softmax_cross_entropy(s, [0])[0] == pytest.approx(2.04035515280017, abs=1e-14)
    assert deeprob.multiclass_hinge(s, [0])[0] == pytest.approx(2.9, abs=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_class_axis_1_is_the_same_as_a_view(loss, dtype):
    W, X, y, b = cases.problem(60, 20, 6, dtype)
    plain = cases.run(loss, W, X, y, b=b, reg=0.2)
    turned = cases.run(loss, np.ascontiguousarray(W.T), X, y, b=b, reg=0.2, class_axis=1)
    assert turned[1].shape == (20, 6)
    assert turned[1].base is not None  # a view of a (C, D) array
    assert turned[0] == plain[0]
    np.testing.assert_array_equal(turned[1], plain[1].T)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("threads", [2, 7])
def test_any_number_of_threads_gives_the_same_bits(loss, dtype, threads):
    W, X, y, b = cases.problem(5000, 300, 10, dtype)
    one = cases.run(loss, W, X, y, b=b, reg=0.1, threads=1)
    many = cases.run(loss, W, X, y, b=b, reg=0.1, threads=threads)
    assert many[0] == one[0]
    np.testing.assert_array_equal(many[1], one[1])
    np.testing.assert_array_equal(many[2], one[2])


@pytest.mark.parametrize("W_dtype", DTYPES)
@pytest.mark.parametrize("X_dtype", [*DTYPES, "uint8"])
@pytest.mark.parametrize("loss", LOSSES)
def test_mixed_dtypes_compute_in_the_result_type(loss, W_dtype, X_dtype):
    W, _, y, _ = cases.problem(50, 40, 5, W_dtype)
    X = np.random.default_rng(0).integers(0, 256, (50, 40)).astype(X_dtype)
    W *= np.asarray(0.01, W_dtype)
    value, dW = cases.run(loss, W, X, y)
    computed = np.result_type(W, X) if X_dtype != "uint8" else W.dtype
    same, dW_same = cases.run(loss, W.astype(computed), X.astype(computed), y)
    assert dW.dtype == W.dtype
    assert value == same
    np.testing.assert_array_equal(dW, dW_same.astype(W.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize("loss", LOSSES)
def test_out_receives_the_gradient(loss, dtype, order):
    W, X, y, _ = cases.problem(60, 33, 6, dtype)
    out = np.full((12, 66), 7, dtype)[::2, ::2] if order == "strided" else np.full((6, 33), 7, dtype, order)
    value, dW = cases.run(loss, W, X, y, out=out)
    expected = cases.run(loss, W, X, y)
    assert dW is out
    assert value == expected[0]
    np.testing.assert_array_equal(out, expected[1])
    cases.run(loss, W, X, y, out=W)  # in place: W is read to its end before
    np.testing.assert_array_equal(W, expected[1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("example_axis", [0, 1])
@pytest.mark.parametrize("loss", LOSSES)
def test_score_level_losses_are_the_twins(loss, dtype, example_axis):
    parameter = next(iter(_core.losses()[loss].values()), 0.0)
    for N, _, C in SIZES:
        s = cases.rng_for(N, C).standard_normal((N, C)).astype(dtype) * 3
        y = cases.rng_for(N, C, 1).integers(0, C, N)
        memory = np.ascontiguousarray(s.T) if example_axis else s
        value, ds = _core.score_loss(loss, memory, y, None, parameter, True, example_axis)
        losses, gradient = getattr(reference, loss)(s.astype(np.float64), y)
        tol = cases.tolerance(dtype, C)
        assert value == pytest.approx(losses.mean(), rel=tol, abs=tol)
        np.testing.assert_allclose(ds.T if example_axis else ds, gradient / N, rtol=0, atol=tol)
        assert value == _core.score_loss(loss, memory, y, None, parameter, False, example_axis)


@pytest.mark.parametrize("delta", [0.0, 0.5, 1.0, 10.0])
def test_delta_is_the_margin(delta):
    W, X, y, b = cases.problem(60, 20, 6, "float64")
    value, dW, db = deeprob.svm_loss(W, X, y, b=b, delta=delta)
    expected = cases.twin("svm", W, X, y, b, delta=delta)
    assert value == pytest.approx(expected[0], rel=1e-13)
    np.testing.assert_allclose(dW, expected[1], rtol=0, atol=1e-13)
    np.testing.assert_allclose(db, expected[2], rtol=0, atol=1e-13)


def test_a_margin_of_exactly_zero_is_not_violated():
    _, ds = deeprob.multiclass_hinge([[1.0, 0.0]], [0])
    np.testing.assert_array_equal(ds, [[0.0, 0.0]])


class TestSoftmaxIsRightWheneverTheAnswerIsRepresentable:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("offset", [0.0, 1e3, -1e3, 1e6])
    def test_large_scores(self, dtype, offset):
        s = np.array([[1.0, 2.0, 4.0]], dtype) + np.asarray(offset, dtype)
        plain, gradient = deeprob.softmax_cross_entropy(np.array([[1.0, 2.0, 4.0]], dtype), [1])
        value, ds = deeprob.softmax_cross_entropy(s, [1])
        assert value == plain
        np.testing.assert_array_equal(ds, gradient)

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("gap", [20.0, 50.0, 80.0])
    def test_a_loss_near_zero_keeps_its_digits(self, dtype, gap):
        value, ds = deeprob.softmax_cross_entropy(np.array([[gap, 0.0]], dtype), [0])
        eps = float(np.finfo(dtype).eps)
        assert value == pytest.approx(np.log1p(np.exp(-gap)), rel=2 * eps)
        assert ds[0, 0] == pytest.approx(-np.exp(-gap) / (1 + np.exp(-gap)), rel=4 * eps)

    def test_a_float32_loss_beyond_float32(self):
        big = np.float32(3e38)
        assert deeprob.softmax_cross_entropy(np.array([[big, -big]]), [1])[0] == pytest.approx(6e38)

    def test_infinite_scores_are_their_limits(self):
        value, ds = deeprob.softmax_cross_entropy([[1.0, np.inf, 0.0]], [1])
        assert value == 0.0
        np.testing.assert_array_equal(ds, [[0.0, 0.0, 0.0]])
        value, ds = deeprob.softmax_cross_entropy([[1.0, -np.inf]], [1])
        assert value == np.inf
        np.testing.assert_array_equal(ds, [[1.0, -1.0]])

    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("at", [0, 1, 2])
    def test_nan_stays_nan(self, loss, at):
        s = np.zeros((1, 3))
        s[0, at] = np.nan
        assert np.isnan(_core.score_loss(loss, s, [0], None, 1.0, True, 0)[0])
        assert np.isnan(_core.score_loss(loss, s[:, at : at + 1] + [[0.0, 0.0]], [0], None, 1.0, False, 0))


@pytest.mark.parametrize("loss", LOSSES)
def test_pytorch_agrees(loss, peer):
    torch = peer("torch")
    W, X, y, b = cases.problem(200, 80, 10, "float64")
    tW, tb = (torch.tensor(a, requires_grad=True) for a in (W, b))
    s = torch.tensor(X) @ tW.T + tb
    if loss == "softmax":
        value = torch.nn.functional.cross_entropy(s, torch.tensor(y))
    elif loss == "svm":  # PyTorch divides by C
        value = torch.nn.functional.multi_margin_loss(s, torch.tensor(y)) * 10
    elif loss == "squared_hinge":
        value = torch.nn.functional.multi_margin_loss(s, torch.tensor(y), p=2) * 10
    else:
        pytest.skip(f"PyTorch has no {loss} loss")
    (value + 0.3 * (tW**2).sum()).backward()
    ours, dW, db = cases.run(loss, W, X, y, b=b, reg=0.3)
    assert ours == pytest.approx(value.item() + 0.3 * float((W**2).sum()), rel=1e-13)
    np.testing.assert_allclose(dW, tW.grad.numpy(), rtol=0, atol=1e-13 * np.abs(dW).max() * 10)
    np.testing.assert_allclose(db, tb.grad.numpy(), rtol=0, atol=1e-14 * max(1.0, np.abs(db).max()))


def test_scikit_learn_agrees(peer):
    metrics = peer("sklearn.metrics")
    W, X, y, b = cases.problem(300, 20, 6, "float64")
    s = deeprob.scores(W, X, b)
    p = np.exp(s - s.max(axis=1, keepdims=True))
    expected = metrics.log_loss(y, p / p.sum(axis=1, keepdims=True), labels=range(6))
    assert deeprob.softmax_loss(W, X, y, b=b, grad=False) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bias_gradient_has_the_same_bits_in_rows_and_columns(dtype):
    """Tiles of columns hold more rows; sums are by groups of rows."""
    W, X, y, b = (
        a.astype(dtype) if a.dtype.kind == "f" else a for a in cases.problem(130, 1500, 4, "float64")
    )
    rows = deeprob.softmax_loss(W, X, y, b=b)
    columns = deeprob.softmax_loss(W, X.T.copy(), y, b=b, example_axis=1)
    assert rows[0] == columns[0]
    for mine, theirs in zip(rows[1:], columns[1:], strict=True):
        assert mine.tobytes() == theirs.tobytes()
