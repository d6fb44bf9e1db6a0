"""deeprob.cs231n: the course's names, its published numbers, and loops that agree with the kernels."""

import itertools

import numpy as np
import pytest

import deeprob
from deeprob import cs231n, reference

LOSSES = ["svm", "softmax"]
KINDS = ["naive", "vectorized"]


def loss_function(loss, kind):
    return getattr(cs231n, f"{loss}_loss_{kind}")


def problem(seed, N=None, D=None, C=None, dtype="f8", X_dtype=None):
    rng = np.random.default_rng(seed)
    N, D, C = N or int(rng.integers(1, 30)), D or int(rng.integers(1, 20)), C or int(rng.integers(1, 9))
    W, X = rng.standard_normal((D, C)).astype(dtype), rng.standard_normal((N, D))
    X = rng.integers(0, 256, (N, D)).astype("u1") if X_dtype == "u1" else X.astype(X_dtype or dtype)
    return W, X, rng.integers(0, C, N), float(rng.choice([0.0, 0.1, 1e3]))


# ---- losses: three ways to the same numbers ----------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loops_in_c_have_the_bits_of_those_in_python(loss):
    for seed, (dtype, X_dtype) in itertools.product(range(12), [("f8", "f8"), ("f4", "f4"), ("f4", "u1")]):
        W, X, y, reg = problem(seed, dtype=dtype, X_dtype=X_dtype)
        value, dW = loss_function(loss, "naive")(W, X, y, reg)
        expected, expected_dW = getattr(reference, f"{loss}_loss_naive")(W, X, y, reg)
        assert value == expected
        assert dW.dtype == W.dtype
        assert dW.tobytes() == expected_dW.astype(dtype).tobytes()


@pytest.mark.parametrize("loss", LOSSES)
def test_naive_is_vectorized_is_the_twin(loss):
    for seed in range(40):
        W, X, y, reg = problem(seed)
        expected, expected_dW, _ = reference.linear_loss(loss, W.T, X, y, reg)
        for kind in KINDS:
            value, dW = loss_function(loss, kind)(W, X, y, reg)
            assert isinstance(value, float)
            assert dW.shape == W.shape
            assert value == pytest.approx(expected, rel=1e-12, abs=1e-12)
            np.testing.assert_allclose(dW, expected_dW.T, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_torch_agrees(peer, kind):
    torch = peer("torch")
    W, X, y, _ = problem(0, 25, 13, 7)
    for loss in LOSSES:
        weights = torch.tensor(W, requires_grad=True)
        s = torch.tensor(X) @ weights
        criterion = torch.nn.CrossEntropyLoss() if loss == "softmax" else torch.nn.MultiMarginLoss()
        data = criterion(s, torch.tensor(y)) * (1 if loss == "softmax" else 7)  # torch's is a mean over C
        total = data + 0.1 * (weights * weights).sum()
        total.backward()
        value, dW = loss_function(loss, kind)(W, X, y, 0.1)
        assert value == pytest.approx(total.item(), rel=1e-13)
        np.testing.assert_allclose(dW, weights.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", LOSSES)
def test_vectorized_is_the_librarys_loss(loss):
    W, X, y, reg = problem(1, 40, 9, 5, dtype="f4")
    value, dW = loss_function(loss, "vectorized")(W, X, y, reg)
    expected, expected_dW = getattr(deeprob, f"{loss}_loss")(W.T, X, y, reg)
    assert value == expected
    np.testing.assert_array_equal(dW.T, expected_dW)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", LOSSES)
def test_any_layout_and_nothing_is_changed(loss, kind):
    f = loss_function(loss, kind)
    W, X, y, _ = problem(2, 11, 6, 4)
    expected = f(W, X, y, 0.1)
    wide = np.full((22, 18), np.nan)
    wide[::2, ::-3] = X
    fields = np.zeros(11, [("a", "i1"), ("label", "i4")])
    fields["label"] = y
    frozen = W.copy()
    frozen.flags.writeable = False
    for given in [
        (np.asfortranarray(W), np.asfortranarray(X), y.astype("u1")),
        (W[::-1].copy()[::-1], wide[::2, ::-3], fields["label"]),
        (frozen, X.tolist(), y.tolist()),
    ]:
        before = [np.array(a).tobytes() for a in given]
        value, dW = f(*given, 0.1)
        assert [np.array(a).tobytes() for a in given] == before
        assert value == expected[0]
        np.testing.assert_array_equal(dW, expected[1])
        dW[...] = 0  # an array of its own
        assert [np.array(a).tobytes() for a in given] == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_margin_of_zero_is_not_violated_and_the_label_counts_nothing(kind):
    W = np.array([[0.0, -1.0, -3.0]])  # margins of label 0: 0 and -2
    value, dW = cs231n.__dict__[f"svm_loss_{kind}"](W, [[1.0]], [0], 0.0)
    assert value == 0.0
    np.testing.assert_array_equal(dW, [[0.0, 0.0, 0.0]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", LOSSES)
def test_large_scores_do_not_overflow_and_nan_is_seen(loss, kind):
    f = loss_function(loss, kind)
    W = np.array([[1e6, 1e6 - 1.0, 0.0]])
    value, dW = f(W, [[1.0]], [1], 0.0)
    assert value == pytest.approx({"svm": 2.0, "softmax": np.log1p(np.exp(1.0))}[loss], rel=1e-9)
    assert np.isfinite(dW).all()
    assert np.isnan(f(W, [[1.0], [np.nan]], [1, 0], 0.0)[0])
    assert np.isnan(f(np.array([[0.0, np.nan, 0.0]]), [[1.0]], [0], 0.0)[0])


def test_an_infinite_score_is_nan_in_loops_and_its_limit_vectorized():
    W, X, y = np.array([[np.inf, 0.0]]), np.ones((1, 1)), np.array([0])
    for naive in (cs231n.softmax_loss_naive, reference.softmax_loss_naive):
        value, dW = naive(W[:, ::-1], X, 1 - y, 0.1)
        assert np.isnan(value)
        assert np.isnan(dW).any()
    assert deeprob.softmax_loss(W.T, X, y, grad=False) == 0.0


# ---- losses: the numbers that the course publishes -----------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_stability_check_of_the_assignment(kind):
    """W = ones, reg 2.5e4: three repositories show 'iteration 0 / 1: loss 768250002.302585'."""
    rng = np.random.RandomState(0)
    W, X, y = np.ones((3073, 10)), rng.rand(20, 3073), rng.randint(10, size=20)
    value, dW = loss_function("softmax", kind)(W, X, y, 2.5e4)
    assert f"iteration 0 / 1: loss {value:f}" == "iteration 0 / 1: loss 768250002.302585"
    assert np.isfinite(dW).all()


@pytest.mark.parametrize("kind", KINDS)
def test_losses_at_zero_and_small_weights(kind):
    """C - 1 = 9 (SVM) and log 10; with the bad defaults of the softmax notebook 2.303353."""
    rng = np.random.RandomState(0)
    X, y = rng.rand(60, 3073) - 0.5, rng.randint(10, size=60)
    zeros, small = np.zeros((3073, 10)), rng.randn(3073, 10)
    assert loss_function("svm", kind)(zeros, X, y, 2.5e4)[0] == 9.0
    assert loss_function("softmax", kind)(zeros, X, y, 2.5e4)[0] == pytest.approx(np.log(10), rel=1e-15)
    # The course's 9.000197 and 8.999083 are draws: their spread is 0.0013 over 5,000 images.
    assert loss_function("svm", kind)(1e-4 * small, X, y, 5e-6)[0] == pytest.approx(9.0, abs=0.02)
    # log 10 + 2.5e4 30730 1e-12, and what the draw of W adds: 0.8 % of the second term, and the data's 1e-5
    assert loss_function("softmax", kind)(1e-6 * small, X, y, 2.5e4)[0] == pytest.approx(2.303353, abs=4e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("loss", "reg"), [("svm", 0.0), ("svm", 1e3), ("softmax", 0.0), ("softmax", 10.0)])
def test_the_gradient_check_of_the_assignment(loss, kind, reg):
    """Relative error below 1e-5 with these reg; here in float64 at a good h."""
    W, X, y, _ = problem(3, 20, 5, 10)
    f = loss_function(loss, kind)
    numeric = cs231n.eval_numerical_gradient(lambda w: f(w, X, y, reg)[0], W, verbose=False)
    assert cs231n.rel_error(f(W, X, y, reg)[1], numeric) < 1e-9


@pytest.mark.parametrize("loss", LOSSES)
def test_a_w_of_the_lectures_shape_is_answered(loss):
    W, X, y, _ = problem(4, 8, 6, 3)
    for kind in KINDS:
        with pytest.raises(ValueError, match=r"W has shape \(3, 6\); expected \(D, C\).*pass W\.T"):
            loss_function(loss, kind)(W.T, X, y, 0.1)


def test_only_two_losses_are_naive():
    with pytest.raises(ValueError, match="'squared_hinge'; expected 'svm' or 'softmax'"):
        deeprob._core.naive_loss("squared_hinge", np.ones((2, 2)), np.ones((1, 2)), [0], 0.0)


# ---- numeric gradients ---------------------------------------------------------------------


def course_gradient_array(f, x, df, h):
    """What eval_numerical_gradient_array is in the course, for an x that may be changed."""
    gradient = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        old = x[at]
        x[at] = old + h
        above = f(x).copy()
        x[at] = old - h
        below = f(x).copy()
        x[at] = old
        gradient[at] = np.sum((above - below) * df) / (2 * h)
    return gradient


def layer(x):
    return np.tanh(x @ np.arange(12.0).reshape(4, 3) / 7)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_gradient_of_an_array_is_the_courses(order):
    rng = np.random.default_rng(0)
    x, df = np.asarray(rng.standard_normal((5, 4)), order=order), rng.standard_normal((5, 3))
    before = x.tobytes()
    expected = course_gradient_array(layer, x.copy(), df, 1e-5)
    exact = (df * (1 - layer(x) ** 2)) @ (np.arange(12.0).reshape(4, 3) / 7).T
    for actual in [
        cs231n.eval_numerical_gradient_array(layer, x, df),
        cs231n.compute_numeric_gradient(layer, x, df, 1e-5),
        cs231n.eval_numerical_gradient_array(lambda x: (layer(x), "cache"), x, df),
    ]:
        assert actual.dtype == np.float64
        np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(actual, exact, rtol=1e-7, atol=1e-9)
    assert x.tobytes() == before


def test_without_an_upstream_gradient_it_is_ones():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_allclose(cs231n.compute_numeric_gradient(np.sin, x), np.cos(x), rtol=1e-7)
    number = cs231n.compute_numeric_gradient(lambda x: float((x**2).sum()), x)
    np.testing.assert_allclose(number, 2 * x, rtol=1e-7)


def test_the_gradient_of_a_number_is_numeric_gradients_and_printed_entry_by_entry(capsys):
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    f = lambda x: float((x**2).sum())  # noqa: E731
    gradient = cs231n.eval_numerical_gradient(f, x)
    np.testing.assert_array_equal(gradient, deeprob.numeric_gradient(f, x, h=1e-5))
    lines = [f"{at} {gradient[at]}" for at in [(0, 0), (0, 1), (1, 0), (1, 1)]]
    assert capsys.readouterr().out.splitlines() == lines
    np.testing.assert_allclose(cs231n.eval_numerical_gradient(f, x, False, 1e-3), 2 * x, rtol=1e-12)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "gradient_of",
    [
        lambda f, x: cs231n.eval_numerical_gradient(lambda x: f(x).sum(), x, verbose=False),
        lambda f, x: cs231n.eval_numerical_gradient_array(f, x, np.ones(3)),
        lambda f, x: cs231n.compute_numeric_gradient(f, x, np.ones(3)),
    ],
    ids=["eval", "array", "compute"],
)
def test_x_is_perturbed_in_place_and_restored(gradient_of):
    x = np.array([0.1, 0.2, 0.3])
    before = x.tobytes()
    np.testing.assert_allclose(gradient_of(lambda _: x**2, x), 2 * x, rtol=1e-6)
    assert x.tobytes() == before
    calls = []

    def fails(_):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("no")
        return x.copy()

    with pytest.raises(RuntimeError, match="no"):
        gradient_of(fails, x)
    assert x.tobytes() == before
    x.flags.writeable = False
    np.testing.assert_allclose(gradient_of(np.square, x), 2 * x, rtol=1e-6)
    np.testing.assert_allclose(gradient_of(np.square, [1, 2, 3]), [2.0, 4.0, 6.0], rtol=1e-6)


def test_the_quotient_is_by_what_was_added_to_float32():
    x = np.array([1.0, 2.0, 3.0], "f4")  # x + h and x - h are rounded, by up to 1.2e-7
    for gradient in [
        cs231n.eval_numerical_gradient(lambda x: 2 * x.astype("f8").sum(), x, verbose=False),
        cs231n.eval_numerical_gradient_array(lambda x: 2 * x.astype("f8"), x, np.ones(3)),
        cs231n.compute_numeric_gradient(lambda x: 2 * x.astype("f8"), x, h=1e-5),
    ]:
        np.testing.assert_allclose(gradient, [2.0, 2.0, 2.0], rtol=1e-9)


def test_arrays_of_no_entries_and_of_no_axes():
    assert cs231n.eval_numerical_gradient_array(np.sin, np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)
    assert cs231n.compute_numeric_gradient(np.sin, np.zeros((0, 3))).shape == (0, 3)
    assert cs231n.compute_numeric_gradient(np.exp, np.array(0.0)) == pytest.approx(1.0, abs=1e-8)


def test_a_step_that_rounds_away_and_infinite_outputs_are_nan():
    big = np.array([1e18])
    assert np.isnan(cs231n.compute_numeric_gradient(np.sin, big)).all()
    infinite = cs231n.compute_numeric_gradient(lambda x: np.full(2, np.inf), np.ones(1))
    assert np.isnan(infinite).all()


def test_the_relative_error_is_the_courses():
    assert cs231n.rel_error(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.5, 4.0])) == 0.5 / 8
    assert cs231n.rel_error([0.0, 0.0], [0.0, 0.0]) == 0.0
    assert cs231n.rel_error([0.0], [1e-12]) == 1e-12 / 1e-10
    assert cs231n.rel_error([0.0], [1e-12], eps=1e-13) == 1.0
    assert cs231n.rel_error(3, 1) == 0.5
    assert np.isnan(cs231n.rel_error([np.nan, 1.0], [1.0, 1.0]))
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 4, 5))
    assert cs231n.rel_error(x, y) == np.abs(x - y).max() / (np.abs(x) + np.abs(y)).max()
    assert cs231n.rel_error(x.astype("f4"), x) < 1e-7


# ---- update rules: the numbers of the notebook's cells ---------------------------------------


def spaced(first, last):
    return np.linspace(first, last, 20).reshape(4, 5)


def check_printed(actual, expected):
    """Equal to the digits that the notebook shows."""
    np.testing.assert_allclose(np.ravel(actual), expected, rtol=0, atol=5.001e-9)


def test_sgd_momentum_of_the_notebook():
    config = {"learning_rate": 1e-3, "velocity": spaced(0.6, 0.9)}
    next_w, returned = cs231n.sgd_momentum(spaced(-0.4, 0.6), spaced(-0.6, 0.4), config=config)
    assert returned is config
    check_printed(next_w, [
        0.1406,     0.20738947, 0.27417895, 0.34096842, 0.40775789,
        0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526,
        0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263,
        1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.4096])  # fmt: skip
    check_printed(config["velocity"], [
        0.5406,     0.55475789, 0.56891579, 0.58307368, 0.59723158,
        0.61138947, 0.62554737, 0.63970526, 0.65386316, 0.66802105,
        0.68217895, 0.69633684, 0.71049474, 0.72465263, 0.73881053,
        0.75296842, 0.76712632, 0.78128421, 0.79544211, 0.8096])  # fmt: skip


def test_rmsprop_of_the_notebook():
    config = {"learning_rate": 1e-2, "cache": spaced(0.6, 0.9)}
    next_w, _ = cs231n.rmsprop(spaced(-0.4, 0.6), spaced(-0.6, 0.4), config=config)
    check_printed(next_w, [
        -0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247,
        -0.132737,   -0.08078555, -0.02881884,  0.02316247,  0.07515774,
         0.12716641,  0.17918792,  0.23122175,  0.28326742,  0.33532447,
         0.38739248,  0.43947102,  0.49155973,  0.54365823,  0.59576619])  # fmt: skip
    check_printed(config["cache"], [
        0.5976,     0.6126277,  0.6277108,  0.64284931, 0.65804321,
        0.67329252, 0.68859723, 0.70395734, 0.71937285, 0.73484377,
        0.75037008, 0.7659518,  0.78158892, 0.79728144, 0.81302936,
        0.82883269, 0.84469141, 0.86060554, 0.87657507, 0.8926])  # fmt: skip


def test_adam_of_the_notebook():
    config = {"learning_rate": 1e-2, "m": spaced(0.6, 0.9), "v": spaced(0.7, 0.5), "t": 5}
    next_w, _ = cs231n.adam(spaced(-0.4, 0.6), spaced(-0.6, 0.4), config=config)
    assert config["t"] == 6
    check_printed(next_w, [
        -0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977,
        -0.1380274,  -0.08544591, -0.03286534,  0.01971428,  0.0722929,
         0.1248705,   0.17744702,  0.23002243,  0.28259667,  0.33516969,
         0.38774145,  0.44031188,  0.49288093,  0.54544852,  0.59801459])  # fmt: skip
    check_printed(config["v"], [
        0.69966,    0.68908382, 0.67851319, 0.66794809, 0.65738853,
        0.64683452, 0.63628604, 0.6257431,  0.61520571, 0.60467385,
        0.59414753, 0.58362676, 0.57311152, 0.56260183, 0.55209767,
        0.54159906, 0.53110598, 0.52061845, 0.51013645, 0.49966])  # fmt: skip
    check_printed(config["m"], [
        0.48,       0.49947368, 0.51894737, 0.53842105, 0.55789474,
        0.57736842, 0.59684211, 0.61631579, 0.63578947, 0.65526316,
        0.67473684, 0.69421053, 0.71368421, 0.73315789, 0.75263158,
        0.77210526, 0.79157895, 0.81105263, 0.83052632, 0.85])  # fmt: skip


# ---- update rules: formulas, configs, memory -------------------------------------------------


def by_hand(rule, w, dw, c):
    """The course's lines in NumPy; changes the config."""
    if rule == "sgd":
        return w - c["learning_rate"] * dw
    if rule == "sgd_momentum":
        c["velocity"] = c["momentum"] * c["velocity"] - c["learning_rate"] * dw
        return w + c["velocity"]
    if rule == "rmsprop":
        c["cache"] = c["decay_rate"] * c["cache"] + (1 - c["decay_rate"]) * dw**2
        return w - c["learning_rate"] * dw / (np.sqrt(c["cache"]) + c["epsilon"])
    c["t"] += 1
    c["m"] = c["beta1"] * c["m"] + (1 - c["beta1"]) * dw
    c["v"] = c["beta2"] * c["v"] + (1 - c["beta2"]) * dw**2
    mt, vt = c["m"] / (1 - c["beta1"] ** c["t"]), c["v"] / (1 - c["beta2"] ** c["t"])
    return w - c["learning_rate"] * mt / (np.sqrt(vt) + c["epsilon"])


DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0},
}
STATES = {"sgd": [], "sgd_momentum": ["velocity"], "rmsprop": ["cache"], "adam": ["m", "v"]}
RULES = list(DEFAULTS)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("rule", RULES)
def test_ten_steps_from_the_defaults_are_the_formulas(rule, dtype):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((6, 5)).astype(dtype)
    expected, by_numpy = w.astype("f8"), dict(DEFAULTS[rule])
    by_numpy.update({name: np.zeros((6, 5)) for name in STATES[rule]})
    config = None
    for _ in range(10):
        dw = rng.standard_normal((6, 5)).astype(dtype)
        expected = by_hand(rule, expected, dw.astype("f8"), by_numpy)
        w, config = getattr(cs231n, rule)(w, dw, config)
        assert w.dtype == dtype
        assert set(config) == set(by_numpy)
        eps = 40 * np.finfo(dtype).eps
        np.testing.assert_allclose(w, expected, rtol=eps, atol=eps)
        for name in STATES[rule]:
            assert config[name].dtype == dtype
            np.testing.assert_allclose(config[name], by_numpy[name], rtol=eps, atol=eps)
    assert {name: config[name] for name in DEFAULTS[rule] if name != "t"} == {
        name: value for name, value in DEFAULTS[rule].items() if name != "t"
    }


@pytest.mark.parametrize(
    ("rule", "optimizer"),
    [
        ("sgd", lambda w: deeprob.optim.SGD(w, lr=1e-2)),
        ("sgd_momentum", lambda w: deeprob.optim.Momentum(w, lr=1e-2, formulation="displacement")),
        ("rmsprop", lambda w: deeprob.optim.RMSProp(w, lr=1e-2, decay_rate=0.99, eps=1e-8)),
        ("adam", lambda w: deeprob.optim.Adam(w, lr=1e-3, eps=1e-8)),
    ],
)
def test_a_rule_has_the_bits_of_its_optimizer(rule, optimizer):
    rng = np.random.default_rng(1)
    w = rng.standard_normal(33)
    own, config = w.copy(), {}
    opt = optimizer(own)
    for _ in range(5):
        dw = rng.standard_normal(33)
        opt.step(dw)
        w, config = getattr(cs231n, rule)(w, dw, config)
        assert w.tobytes() == own.tobytes()


@pytest.mark.parametrize("rule", RULES[1:])
def test_only_sgd_changes_w_and_no_rule_its_other_arrays(rule):
    w, dw = spaced(-0.4, 0.6), spaced(-0.6, 0.4)
    w.flags.writeable = dw.flags.writeable = False
    states = {name: spaced(0.6, 0.9) for name in STATES[rule]}
    before = {name: a.tobytes() for name, a in states.items()}
    config = {**states, "learning_rate": np.float32(0.25), "note": "mine"}
    next_w, returned = getattr(cs231n, rule)(w, dw, config)
    assert returned is config
    assert config["note"] == "mine"
    assert isinstance(config["learning_rate"], np.float32)  # what was there stays
    assert not np.shares_memory(next_w, w)
    assert {name: a.tobytes() for name, a in states.items()} == before
    for name in STATES[rule]:
        assert config[name] is not states[name]


def test_sgd_changes_w_in_place():
    w, dw = spaced(-0.4, 0.6), spaced(-0.6, 0.4)
    dw.flags.writeable = False
    expected = w - 0.1 * dw
    next_w, config = cs231n.sgd(w, dw, {"learning_rate": 0.1})
    assert next_w is w
    assert config == {"learning_rate": 0.1}
    np.testing.assert_array_equal(w, expected)
    wide = np.ones((4, 10))
    cs231n.sgd(wide[:, ::2], np.ones((4, 5)), {"learning_rate": 0.5})
    np.testing.assert_array_equal(wide, [[0.5, 1.0] * 5] * 4)
    cs231n.sgd(wide, wide, {"learning_rate": 0.5})  # w - 0.5 w
    np.testing.assert_array_equal(wide, [[0.25, 0.5] * 5] * 4)


@pytest.mark.parametrize("rule", RULES)
def test_any_layout_and_gradients_of_other_real_dtypes(rule):
    function = getattr(cs231n, rule)
    w, dw = spaced(-0.4, 0.6), np.arange(20).reshape(4, 5)
    expected = function(w.copy(), dw.astype("f8"))[0]
    wide = np.zeros((8, 15))
    wide[::2, ::3] = w
    for given, gradient in [
        (np.asfortranarray(w), dw),
        (wide[::2, ::3], dw.astype("f4")),
        (w[::-1, ::-1].copy()[::-1, ::-1], np.asfortranarray(dw).astype("u1")),
        (w.copy(), dw.tolist()),
        (w.copy(), dw.astype(">f8")),
    ]:
        config = {name: np.zeros((4, 5), "f4", order="F") for name in STATES[rule]}
        next_w, config = function(given, gradient, config)
        np.testing.assert_array_equal(next_w, expected)
        assert all(config[name].dtype == np.float64 for name in STATES[rule])


@pytest.mark.parametrize("rule", RULES)
def test_no_axes_and_no_entries(rule):
    for shape in [(), (0, 3)]:
        next_w, _ = getattr(cs231n, rule)(np.ones(shape), np.zeros(shape))
        np.testing.assert_array_equal(next_w, np.ones(shape))


@pytest.mark.parametrize("rule", RULES)
def test_an_error_leaves_the_config_as_it_was(rule):
    state = {name: spaced(0.6, 0.9) for name in STATES[rule]}
    config = {**state, "learning_rate": 0.1}
    w = spaced(-0.4, 0.6)
    for wrong in [np.ones((5, 4)), np.ones((4, 5), complex), None]:
        with pytest.raises((ValueError, TypeError), match="dw"):
            getattr(cs231n, rule)(w, wrong, config)
    assert list(config) == [*state, "learning_rate"]
    assert all(config[name] is a and a.tobytes() == spaced(0.6, 0.9).tobytes() for name, a in state.items())
    assert w.tobytes() == spaced(-0.4, 0.6).tobytes()


def test_names_of_other_libraries_are_answered():
    for rule, other, meant in [("sgd", "lr", "learning_rate"), ("rmsprop", "eps", "epsilon")]:
        with pytest.raises(ValueError, match=rf"config has '{other}'.*did you mean '{meant}'"):
            getattr(cs231n, rule)(np.ones(2), np.ones(2), {other: 0.1})


def test_the_room_opens_on_first_use_and_names_no_more_than_it_has():
    assert deeprob.cs231n is cs231n
    assert sorted(cs231n.__all__) == cs231n.__all__
    assert "cs231n" in dir(deeprob)


@pytest.mark.parametrize("rule", [cs231n.sgd_momentum, cs231n.rmsprop, cs231n.adam])
def test_integer_parameters_are_refused_in_words_that_fit_a_new_array(rule):
    with pytest.raises(
        TypeError, match=r"w has dtype int64; expected .*: convert it with w.astype\(np.float64\)$"
    ):
        rule(np.ones(3, np.int64), np.ones(3))
