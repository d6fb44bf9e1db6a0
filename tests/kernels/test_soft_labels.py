"""Soft labels and label smoothing: twins, exact arithmetic, PyTorch, layouts, limits, errors."""

from decimal import Decimal, localcontext

import cases
import numpy as np
import pytest
from cases import DTYPES, LAYOUTS, SIZES

import deeprob
from deeprob import reference

SMOOTHINGS = [0.0, 0.1, 1.0]


def scores_of(N, C, dtype, scale=3.0):
    return (cases.rng_for(N, C).standard_normal((N, C)) * scale).astype(dtype)


def soft(N, C, dtype="float64"):
    """Probabilities: even ones, pointed ones, some exactly 0 and 1."""
    rng = cases.rng_for(N, C, 2)
    q = np.array([rng.dirichlet(np.full(C, spread)) for spread in rng.choice([0.05, 1.0, 20.0], N)])
    q[rng.random((N, C)) < 0.2] = 0.0
    sums = q.sum(axis=1)
    q[sums == 0] = np.eye(C)[0]
    return (q / q.sum(axis=1, keepdims=True)).astype(dtype)


def oracle(s, q, eps=0.0):
    """-sum q log p by rows, and its gradient, as they are defined, in long double."""
    s, q = s.astype(np.longdouble), q.astype(np.longdouble)
    q = (1 - np.longdouble(eps)) * q + np.longdouble(eps) / s.shape[1]
    top = s.max(axis=1, keepdims=True)
    log_p = s - top - np.log(np.exp(s - top).sum(axis=1, keepdims=True))
    return -(q * log_p).sum(axis=1), q.sum(axis=1, keepdims=True) * np.exp(log_p) - q


def exact(s, q):
    """The loss and the gradient of one example, in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        s, q = [Decimal(float(v)) for v in s], [Decimal(float(v)) for v in q]
        total = sum((v - max(s)).exp() for v in s)
        log_p = [v - max(s) - total.ln() for v in s]
        loss = -sum(a * b for a, b in zip(q, log_p, strict=True))
        return float(loss), [float(sum(q) * b.exp() - a) for a, b in zip(q, log_p, strict=True)]


def laid_out(q, layout, keywords):
    """Probabilities in another layout; those of the examples that an index means, NaN elsewhere."""
    if layout != "index":
        return cases.laid_out(q, layout)[0]
    everywhere = np.full((2 * len(q), q.shape[1]), np.nan, q.dtype)
    everywhere[keywords["index"]] = q
    return everywhere


@pytest.mark.parametrize("example_axis", [0, 1])
@pytest.mark.parametrize("eps", SMOOTHINGS)
@pytest.mark.parametrize("labels", ["integers", "soft"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_of_scores_it_is_the_definition_and_the_twin(dtype, labels, eps, example_axis):
    for N, _, C in SIZES:
        s = scores_of(N, C, dtype)
        y = soft(N, C, dtype) if labels == "soft" else cases.rng_for(N, C, 1).integers(0, C, N)
        q = y if labels == "soft" else np.eye(C)[y]
        turn = (lambda a: np.ascontiguousarray(a.T)) if example_axis else (lambda a: a)
        given = turn(y) if labels == "soft" else y
        keywords = {"label_smoothing": eps, "example_axis": example_axis}
        value, ds = deeprob.softmax_cross_entropy(turn(s), given, **keywords)
        assert ds.dtype == dtype and ds.shape == turn(s).shape
        tol = cases.tolerance(dtype, C)
        for losses, gradient in [oracle(s, q, eps), reference.softmax(s.astype(float), y, eps)]:
            assert value == pytest.approx(float(losses.mean()), rel=tol, abs=tol)
            np.testing.assert_allclose(turn(ds), gradient.astype(float) / N, rtol=0, atol=tol / N)
        assert value == deeprob.softmax_cross_entropy(turn(s), given, grad=False, **keywords)


@pytest.mark.parametrize("dtype", DTYPES)
def test_onehot_probabilities_have_the_bits_of_labels(dtype):
    for N, D, C in SIZES:
        s = scores_of(N, C, dtype, scale=10.0)
        W, X, y, b = cases.problem(N, D, C, dtype)
        for wide in DTYPES:
            q = np.eye(C, dtype=wide)[y]
            hard, gradient = deeprob.softmax_cross_entropy(s, y)
            value, ds = deeprob.softmax_cross_entropy(s, q)
            assert value == hard
            np.testing.assert_array_equal(ds, gradient)
            hard = deeprob.softmax_loss(W, X, y, 0.1, b=b)
            for mine, labels in zip(deeprob.softmax_loss(W, X, q, 0.1, b=b), hard, strict=True):
                np.testing.assert_array_equal(mine, labels)
            for eps in (0.1, 1.0):
                hard, gradient = deeprob.softmax_cross_entropy(s, y, label_smoothing=eps)
                value, ds = deeprob.softmax_cross_entropy(s, q, label_smoothing=eps)
                rounding = 2 * float(np.finfo(dtype).eps)
                assert value == pytest.approx(hard, rel=rounding, abs=rounding)
                np.testing.assert_allclose(ds, gradient, rtol=0, atol=rounding / N)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("labels", "eps"), [("soft", 0.0), ("soft", 0.2), ("integers", 0.2)])
def test_of_a_linear_classifier_it_is_the_twin(labels, eps, dtype, layout, size):
    N, D, C = size
    W, X, y, b = cases.problem(N, D, C, dtype)
    y = soft(N, C, dtype) if labels == "soft" else y
    memory, keywords = cases.laid_out(X, layout)
    soft_ones = labels == "soft"
    given = laid_out(y, layout, keywords) if soft_ones else cases.labels_for(y, keywords, 2 * N)
    ours = deeprob.softmax_loss(W, memory, given, 0.1, b=b, label_smoothing=eps, **keywords)
    wide = y.astype(np.longdouble) if soft_ones else y
    expected = cases.twin("softmax", W, X, wide, b, np.longdouble, reg=0.1, label_smoothing=eps)
    tol = cases.tolerance(dtype, D)
    assert ours[0] == pytest.approx(float(expected[0]), rel=tol)
    for mine, twin in zip(ours[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, twin.astype(float), rtol=0, atol=tol * max(1.0, np.abs(twin).max()))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_layout_gives_the_same_bits(dtype, layout):
    """Of the labels, of X and of the scores."""
    W, X, _, b = cases.problem(130, 70, 7, dtype)
    q = soft(130, 7, dtype)
    plain = deeprob.softmax_loss(W, X, q, 0.5, b=b)
    memory, keywords = cases.laid_out(X, layout)
    labels = laid_out(q, layout, keywords)
    other = deeprob.softmax_loss(W, memory, labels, 0.5, b=b, **keywords)
    for mine, theirs in zip(other, plain, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    if layout != "index":
        s = scores_of(130, 7, dtype)
        value, ds = deeprob.softmax_cross_entropy(s, q)
        moved, ds_moved = deeprob.softmax_cross_entropy(cases.laid_out(s, layout)[0], labels, **keywords)
        assert moved == value
        np.testing.assert_array_equal(ds_moved.T if keywords else ds_moved, ds)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("threads", [2, 7])
def test_any_number_of_threads_gives_the_same_bits(dtype, threads):
    W, X, y, b = cases.problem(5000, 300, 10, dtype)
    for labels, eps in [(soft(5000, 10, dtype), 0.0), (y, 0.1)]:
        one = deeprob.softmax_loss(W, X, labels, b=b, label_smoothing=eps, threads=1)
        many = deeprob.softmax_loss(W, X, labels, b=b, label_smoothing=eps, threads=threads)
        for mine, theirs in zip(many, one, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_labels_are_read_in_the_dtype_of_the_scores():
    s, q = scores_of(50, 6, "float32"), soft(50, 6)
    value, ds = deeprob.softmax_cross_entropy(s, q)
    same, ds_same = deeprob.softmax_cross_entropy(s, q.astype("float32"))
    assert value == same and ds.dtype == np.float32
    np.testing.assert_array_equal(ds, ds_same)


@pytest.mark.parametrize("eps", SMOOTHINGS)
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_pytorch_agrees(eps, scale, peer):
    torch = peer("torch")
    W, X, y, b = cases.problem(60, 20, 7, "float64")
    W *= scale
    for labels in (y, soft(60, 7)):
        tW, tb = (torch.tensor(a, requires_grad=True) for a in (W, b))
        s = torch.tensor(X) @ tW.T + tb
        s.retain_grad()
        loss = torch.nn.functional.cross_entropy(s, torch.tensor(labels), label_smoothing=eps)
        loss.backward()
        value, ds = deeprob.softmax_cross_entropy(s.detach().numpy(), labels, label_smoothing=eps)
        assert value == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(ds, s.grad.numpy(), rtol=0, atol=1e-12)
        value, dW, db = deeprob.softmax_loss(W, X, labels, b=b, label_smoothing=eps)
        assert value == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(dW, tW.grad.numpy(), rtol=0, atol=1e-12)
        np.testing.assert_allclose(db, tb.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("strict", [False, True])
def test_gradients_pass_gradcheck(strict):
    W, X, y, b = cases.problem(12, 5, 4, "float64")
    q, s = soft(12, 4), scores_of(12, 4, "float64")
    near = q / q.sum(axis=1, keepdims=True) * (1 + 9e-6)  # its rows sum to 1 + 9e-6: used as they are
    for labels, eps in [(q, 0.0), (q, 0.3), (near, 0.1), (y, 0.3)]:
        keywords = {"label_smoothing": eps}
        deeprob.gradcheck(lambda s: deeprob.softmax_cross_entropy(s, labels, **keywords), s, strict=strict)
        deeprob.gradcheck(
            lambda W, b: deeprob.softmax_loss(W, X, labels, 0.1, b=b, **keywords), (W, b), strict=strict
        )
    deeprob.gradcheck(deeprob.softmax_loss, (W, X, q, 0.1), strict=strict)
    deeprob.gradcheck(deeprob.Objective(X, y, reg=0.1, label_smoothing=0.3), W, strict=strict)


class TestItIsRightWheneverTheAnswerIsRepresentable:
    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("gap", [5.0, 20.0, 60.0])
    @pytest.mark.parametrize("tiny", [0.0, 2.0**-20, 2.0**-60])
    def test_small_losses_and_gradients_keep_their_digits(self, dtype, gap, tiny):
        """Where both q and p are nearly onehot, of the same class and of different ones."""
        s = np.array([gap, 0.0, -1.0], dtype)
        for q in [[1.0, tiny, 0.0], [tiny, 1.0, 0.0], [1.0, tiny, tiny / 2]]:
            value, ds = deeprob.softmax_cross_entropy(s[None], np.array([q], dtype))
            loss, gradient = exact(s, q)
            bound = 12 * float(np.finfo(dtype).eps)
            assert value == pytest.approx(loss, rel=bound)
            size = [float(p) for p in np.exp(s.astype(float) - gap)]
            for mine, theirs, p, label in zip(ds[0], gradient, size, q, strict=True):
                # The two terms p (1 - q) and q (1 - p), whose difference it is, are what rounding is of.
                terms = p * (sum(q) - label) + label * (sum(size) - p)
                assert float(mine) == pytest.approx(theirs, rel=bound, abs=bound * terms)

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("offset", [1e3, -1e3, 1e6])
    def test_large_scores(self, dtype, offset):
        s, q = np.array([[1.0, 2.0, 4.0]], dtype), [[0.25, 0.5, 0.25]]
        plain = deeprob.softmax_cross_entropy(s, q, label_smoothing=0.1)
        moved = deeprob.softmax_cross_entropy(s + np.asarray(offset, dtype), q, label_smoothing=0.1)
        assert moved[0] == plain[0]
        np.testing.assert_array_equal(moved[1], plain[1])

    def test_a_float32_loss_beyond_float32(self):
        big = np.float32(3e38)
        assert deeprob.softmax_cross_entropy(np.array([[big, -big]]), [[0.25, 0.75]])[0] == pytest.approx(
            4.5e38
        )

    def test_infinite_scores_are_their_limits(self):
        value, ds = deeprob.softmax_cross_entropy([[1.0, np.inf, 0.0]], [[0.0, 1.0, 0.0]])
        assert value == 0.0
        np.testing.assert_array_equal(ds, [[0.0, 0.0, 0.0]])
        value, ds = deeprob.softmax_cross_entropy([[1.0, np.inf, 0.0]], [[0.5, 0.5, 0.0]])
        assert value == np.inf
        np.testing.assert_array_equal(ds, [[-0.5, 0.5, 0.0]])
        value, ds = deeprob.softmax_cross_entropy([[0.0, -np.inf, 0.0]], [[0.25, 0.0, 0.75]])
        assert value == pytest.approx(np.log(2), rel=1e-15)
        np.testing.assert_array_equal(ds, [[0.25, 0.0, -0.25]])
        assert deeprob.softmax_cross_entropy([[0.0, -np.inf]], [0], label_smoothing=0.1, grad=False) == np.inf

    @pytest.mark.parametrize("dtype", DTYPES)
    @pytest.mark.parametrize("at", [0, 1, 2])
    def test_nan_stays_nan(self, dtype, at):
        for C in (1, 3):
            s = np.zeros((2, C), dtype)
            s[0, at % C] = np.nan
            for y, eps in [(np.eye(C)[[0, 0]], 0.0), (np.full((2, C), 1 / C), 0.0), ([0, 0], 0.1)]:
                value, ds = deeprob.softmax_cross_entropy(s, y, label_smoothing=eps)
                assert np.isnan(value) and np.isnan(ds[0]).all() and not np.isnan(ds[1]).any()


class TestAnObjectiveTakesLabelSmoothing:
    EPS = 0.2

    @pytest.fixture
    def given(self):
        W, X, y, _ = cases.problem(130, 13, 5, "float64")
        return W, X, y, deeprob.Objective(X, y, reg=0.1, label_smoothing=self.EPS)

    def test_it_is_the_loss_function(self, given):
        W, X, y, objective = given
        value, dW = objective(W)
        expected = deeprob.softmax_loss(W, X, y, 0.1, label_smoothing=self.EPS)
        assert value == expected[0] == objective.value(W) == objective.values(np.array([W, 2 * W]))[0]
        np.testing.assert_array_equal(dW, expected[1])
        assert repr(objective).endswith("loss='softmax', label_smoothing=0.2, reg=0.1, reg_type='l2')")
        assert "smoothing" not in repr(deeprob.Objective(X, y))

    def test_second_derivatives_are_those_of_its_gradient(self, given):
        W, _, _, objective = given
        V, h = W[::-1] - 0.5, 1e-6
        difference = (objective(W + h * V)[1] - objective(W - h * V)[1]) / (2 * h)
        np.testing.assert_allclose(objective.hvp(W, V), difference, rtol=0, atol=1e-8)
        plain = deeprob.Objective(objective.X, objective.y, reg=0.1)
        np.testing.assert_array_equal(objective.hvp(W, V), plain.hvp(W, V))

    @pytest.mark.parametrize("size", [(1, 1, 1), (7, 5, 2), (33, 40, 5), (64, 20, 3), (130, 3, 11)], ids=str)
    @pytest.mark.parametrize("method", ["central", "forward"])
    def test_its_numeric_gradient_is_the_generic_loop(self, size, method):
        W, X, y, _ = cases.problem(*size, "float64")
        for scale in (1.0, 30.0):
            objective = deeprob.Objective(X, y, label_smoothing=self.EPS)
            ours = deeprob.numeric_gradient(objective, scale * W, 1e-5, method=method)
            loop = deeprob.numeric_gradient(lambda w: objective(w), scale * W, 1e-5, method=method)  # noqa: B023
            noise = 64 * np.finfo(float).eps * max(1.0, objective.value(scale * W)) / 1e-5
            np.testing.assert_allclose(ours, loop, rtol=0, atol=noise)

    def test_what_stands_on_it_passes_it_on(self, given):
        W, X, y, objective = given
        classifier = deeprob.LinearClassifier("softmax", label_smoothing=self.EPS)
        losses = classifier.train(X, y, learning_rate=0.1, reg=0.1, num_iters=5, batch_size=None, rng=0)
        assert classifier.objective(X, y, 0.1).value(classifier.W) < losses[0]
        assert classifier.objective(X, y, 0.1).value(W) == objective.value(W)
        ours = deeprob.gradient_descent(objective, W, learning_rate=0.1, num_steps=3)
        loop = deeprob.gradient_descent(lambda w: objective(w), W, learning_rate=0.1, num_steps=3)
        np.testing.assert_array_equal(ours.w, loop.w)

    @pytest.mark.parametrize("loss", ["svm", "squared_hinge"])
    def test_no_other_loss_does(self, loss, given):
        with pytest.raises(TypeError, match=f"loss '{loss}' has no parameter 'label_smoothing'"):
            deeprob.Objective(given[1], given[2], loss=loss, label_smoothing=0.1)


class TestWhatIsRefused:
    def calls(self, N=6, C=4):
        W, X, _, _ = cases.problem(N, 5, C, "float64")
        s = scores_of(N, C, "float64")
        yield lambda y, **k: deeprob.softmax_cross_entropy(s, y, **k)
        yield lambda y, **k: deeprob.softmax_loss(W, X, y, **k)

    @pytest.mark.parametrize("dtype", DTYPES)
    def test_rows_that_are_no_probabilities_are_named(self, dtype):
        q = soft(6, 4, dtype)
        for call in self.calls():
            for value, text in [(-0.25, "-0.25"), (np.nan, "nan"), (-np.inf, "-inf")]:
                wrong = q.copy()
                wrong[3, 2] = value
                with pytest.raises(ValueError, match=rf"^y\[3, 2\] is {text}; expected probabilities"):
                    call(wrong)
            wrong = q.copy()
            wrong[4] = [0.5, 0.5, 0.25, 0.0]
            with pytest.raises(ValueError, match=r"^y\[4\] sums to 1.25; .* sum to 1 \(within 1e-05\)"):
                call(wrong)
            wrong[4] = np.inf
            with pytest.raises(ValueError, match=r"^y\[4\] sums to inf"):
                call(wrong)
            for off in (-9e-6, 9e-6):
                assert np.isfinite(call(q.astype(float) * (1 + off))[0])
                with pytest.raises(ValueError, match=r"^y\[0\] sums to"):
                    call(q.astype(float) * (1 + 1.2 * off))

    def test_columns_are_named_where_examples_are_columns(self):
        s, q = scores_of(6, 4, "float64").T, soft(6, 4).T.copy()
        q[1, 5] = -1.0
        with pytest.raises(ValueError, match=r"^y\[1, 5\] is -1.0"):
            deeprob.softmax_cross_entropy(s, q, example_axis=1)
        q[:, 5] = 1.0
        with pytest.raises(ValueError, match=r"^y\[:, 5\] sums to 4.0"):
            deeprob.softmax_cross_entropy(s, q, example_axis=1)

    def test_only_the_examples_of_an_index_are_looked_at(self):
        W, X, _, _ = cases.problem(6, 5, 4, "float64")
        q = soft(6, 4)
        q[3] = 2.0
        assert np.isfinite(deeprob.softmax_loss(W, X, q, index=[0, -1, 2])[0])
        with pytest.raises(ValueError, match=r"^y\[3\] sums to 8.0"):
            deeprob.softmax_loss(W, X, q, index=[0, -3])

    def test_shapes_and_dtypes(self):
        q = soft(6, 4)
        for call in self.calls():
            for wrong in (q[:5], q[:, :3], q.T):
                with pytest.raises(ValueError, match=r"^y has shape .*N = 6, the examples .*C = 4 classes"):
                    call(wrong)
            with pytest.raises(TypeError, match="^y has dtype float16; expected float32 or float64"):
                call(q.astype(np.float16))
            with pytest.raises(ValueError, match=r"^y has shape \(6, 4\); expected \(N,\)"):
                call(np.eye(4, dtype=int)[[0, 1, 2, 3, 0, 1]])
            with pytest.raises(TypeError, match="byte order"):
                call(q.astype(q.dtype.newbyteorder()))
        W, X, _, _ = cases.problem(6, 5, 4, "float64")
        with pytest.raises(ValueError, match=r"^y has shape \(6, 4\); expected \(N,\)"):
            deeprob.Objective(X, q)
        with pytest.raises((TypeError, ValueError), match="^y has"):
            deeprob.svm_loss(W, X, q)
        with pytest.raises((TypeError, ValueError), match="^y has"):
            deeprob.multiclass_hinge(q, q)

    def test_a_share_outside_0_to_1(self):
        for call in self.calls():
            for share in (-0.1, 1.0001, np.nan, np.inf):
                with pytest.raises(ValueError, match=f"^label_smoothing is {share}; expected a number in"):
                    call([0] * 6, label_smoothing=share)
            with pytest.raises(TypeError, match="^label_smoothing is a str; expected a real number"):
                call([0] * 6, label_smoothing="0.1")
        with pytest.raises(ValueError, match=r"^label_smoothing is 1.5; expected a number in 0\.\.1"):
            deeprob.Objective(np.ones((2, 2)), [0, 1], label_smoothing=1.5)

    def test_out_over_the_labels(self):
        q = soft(6, 4)
        with pytest.raises(ValueError, match="out shares memory with y"):
            deeprob.softmax_cross_entropy(scores_of(6, 4, "float64"), q, out=q)
        W, X, _, _ = cases.problem(4, 4, 4, "float64")
        q = soft(4, 4)
        before = q.copy()
        with pytest.raises(ValueError, match="out shares memory with y"):
            deeprob.softmax_loss(W, X, q, out=q)
        np.testing.assert_array_equal(q, before)
