"""What layers and networks make of any input: dtypes, layouts, odd shapes, NaN, wrong arguments."""

import _thread
import re
import threading
import time

import numpy as np
import pytest
from nets import ALL, LAYERS, NETWORKS, C, F, N, Square, batch, bits, soft, warm

import deeprob
from deeprob import nn

each_layer = pytest.mark.parametrize("name", ALL)
both_modes = pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])


def passed(layer, x, grad=None):
    """Output, dx and gradients of a pass with the masks of the last one, as bytes."""
    with layer.frozen():
        y = layer(x)
        dx = layer.backward(np.ones(y.shape, y.dtype) if grad is None else grad)
    assert type(y) is np.ndarray and type(dx) is np.ndarray and y.dtype == dx.dtype
    return y.tobytes(), dx.tobytes(), bits(layer.gradients())


@both_modes
@each_layer
def test_any_layout_of_memory_gives_the_same_bits_and_is_left_alone(name, mode):
    layer = warm(ALL[name]()).train(mode)
    x, _ = batch()
    expected = passed(layer, x)
    wide, offset = (
        np.zeros((2 * N, 2 * F)),
        np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape),
    )
    wide[::2, 1::2], offset[...] = x, x
    frozen = x.copy()
    frozen.flags.writeable = False

    class Subclass(np.ndarray):
        pass

    for view in [
        np.asfortranarray(x),
        wide[::2, 1::2],
        x[::-1].copy()[::-1],
        offset,
        frozen,
        x.astype(">f8"),
    ]:
        before = view.tobytes()
        assert passed(layer, view) == expected
        assert view.tobytes() == before
    for given in (x.tolist(), x.view(Subclass), memoryview(x)):
        assert passed(layer, given) == expected


@each_layer
def test_gradients_of_any_layout_are_taken_and_left_alone(name):
    layer, (x, _) = warm(ALL[name]()), batch()
    grad = np.random.default_rng(1).standard_normal(layer(x).shape)
    expected = passed(layer, x, grad)
    frozen = grad.copy()
    frozen.flags.writeable = False
    for view in [
        np.asfortranarray(grad),
        np.repeat(grad, 2, axis=1)[:, ::2],
        frozen,
        grad.astype(">f8"),
        grad.tolist(),
    ]:
        assert passed(layer, x, view) == expected
    assert grad.tobytes() == frozen.tobytes()


@pytest.mark.parametrize("dtype", ["f2", "u1", "i1", "i8", "?", "f4"])
@each_layer
def test_other_real_dtypes_are_read_as_those_of_the_layer(name, dtype):
    x = (batch()[0] * 3).round().astype(dtype)
    layer = warm(ALL[name]()).eval()
    for T in (np.float32, np.float64):
        one = layer.astype(T)
        y = one(x)
        own = not name.startswith(("relu", "dropout", "residual")) or "mlp" in name  # else of the dtype of x
        expected = T if own else (np.float32 if dtype == "f4" else np.float64)
        assert y.dtype == expected
        assert y.tobytes() == one(x.astype(expected)).tobytes()


@pytest.mark.parametrize("dtype", [complex, object, "U3", "M8[s]", "m8[s]", "V8"])
@each_layer
def test_what_is_no_real_number_is_refused(name, dtype):
    layer = ALL[name]()
    x = np.zeros((N, F), dtype)
    state = bits(layer.state_dict())
    with pytest.raises(TypeError, match=r"x has dtype .*; expected real numbers"):
        layer(x)
    assert bits(layer.state_dict()) == state
    good, _ = batch()
    y = layer(good)
    with pytest.raises(TypeError, match=r"grad has dtype .*; expected real numbers"):
        layer.backward(np.zeros(y.shape, dtype))


@each_layer
def test_wrong_shapes_are_named(name):
    layer, (x, _) = ALL[name](), batch()
    y = layer(x)
    layer.backward(y)
    state = bits(layer.state_dict() | {f"d{n}": g for n, g in layer.gradients().items()})
    for wrong, message in [
        (x[0], r"x has shape \(4,\); expected \(N, F\), one example a row"),
        (x[None], r"x has shape \(1, 6, 4\); expected \(N, F\)"),
        (3.0, r"x has shape \(\)"),
        (x[:0], r"x has shape \(0, 4\); expected at least one example"),
        (x[:, :0], r"x has shape \(6, 0\); expected"),
        (np.ma.masked_array(x, x > 0), "x is a masked array"),
        (None, "x is None; expected an array"),
        ([[1.0], [1.0, 2.0]], "x"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            layer(wrong)
    layer(x)
    for wrong in (y[0], y[1:], np.hstack([y, y]), y[None], y[:0], None, np.ma.masked_array(y)):
        with pytest.raises((TypeError, ValueError), match="^grad (has shape|is)"):
            layer.backward(wrong)
    if layer.params:
        assert bits({f"d{n}": g for n, g in layer.gradients().items()}).items() <= state.items()


@pytest.mark.parametrize("name", ["linear", "batch norm", "mlp with all", "residual", "residual mlp"])
def test_another_number_of_features_is_told_with_the_right_one(name):
    with pytest.raises(ValueError, match=r"x has shape \(6, 5\); expected \(N, 4\)") as caught:
        ALL[name]()(np.ones((6, 5)))
    if isinstance(ALL[name](), nn.Sequential):
        assert re.match(r"in layer 0 of (MLP|ResidualMLP): Linear\(4, ", caught.value.__notes__[0])


@each_layer
def test_backward_needs_a_forward(name):
    layer = ALL[name]()
    with pytest.raises(RuntimeError, match=r"backward of .* came before its forward"):
        layer.backward(np.ones((N, F)))


def test_a_batch_of_one():
    x, _ = batch(1)
    for name in ("linear", "relu", "dropout", "residual", "mlp"):
        assert ALL[name]()(x).shape[0] == 1
    for name in ("batch norm", "mlp with all", "residual mlp"):
        layer = ALL[name]()
        before = bits(layer.state_dict())
        with pytest.raises(
            ValueError, match=r"x has shape \(1, .*training mode expected at least 2 examples.*eval\(\)"
        ):
            layer(x)
        assert bits(layer.state_dict()) == before
        assert layer.eval()(x).shape[0] == 1
    assert ALL["mlp with all"]().scores(x).shape == (1, C)


def test_nan_and_inf_go_where_the_formulas_take_them():
    x = np.array([[np.nan, 1.0, np.inf], [2.0, -np.inf, -1.0], [0.5, 3.0, 1e308]])
    np.testing.assert_array_equal(nn.ReLU()(x), np.where(x < 0, 0, x))
    dropped = nn.Dropout(0.5, rng=0)(np.full((50, 50), np.inf))
    assert set(np.unique(dropped)) == {0.0, np.inf}
    residual = nn.Residual(nn.ReLU())(x)
    assert np.isnan(residual[0, 0]) and residual[0, 2] == np.inf and residual[1, 1] == -np.inf
    norm = nn.BatchNorm(3, dtype="f8")
    y = norm(np.where(np.arange(3) == 1, [[1.0], [2.0], [4.0]], x))
    assert np.isnan(y[:, [0, 2]]).all() and np.isfinite(y[:, 1]).all()
    assert np.isfinite(norm.running_mean[1]) and np.isnan(norm.running_mean[0])
    huge = nn.BatchNorm(1)
    assert huge(np.array([[3e38], [-3e38]], "f4")).ravel().tolist() == pytest.approx([1.0, -1.0])
    assert nn.BatchNorm(1, dtype="f8")([[1e300], [-1e300]]).tolist() == [[0.0], [0.0]]  # 1 / inf


def test_a_constant_feature_is_normalized_to_beta():
    layer = nn.BatchNorm(2, dtype="f8")
    layer.beta[...] = 0.5
    x = 1 / 3 + np.array([[0, 1e8]] * 5)
    np.testing.assert_allclose(layer(x), 0.5, atol=1e-4)
    assert (layer.running_var >= 0.9 - 1e-12).all() and (layer.running_var <= 0.9 + 1e-12).all()
    np.testing.assert_array_equal(layer.backward(np.ones((5, 2))), 0)


def test_outputs_are_nobodys_memory_but_their_own():
    for name, make in LAYERS.items():
        for mode in (True, False):
            layer, (x, _) = make().train(mode), batch()
            y = layer(x)
            grad = np.ones_like(y)
            dx = layer.backward(grad)
            others = [x, *layer.parameters().values(), *layer.gradients().values()]
            assert not any(np.shares_memory(a, b) for a in (y, dx) for b in others), name
            assert not np.shares_memory(dx, grad) and not np.shares_memory(y, layer(x)), name


# ---- loss_and_grads ------------------------------------------------------------------------------------


@both_modes
@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_is_that_of_the_scores_and_the_penalties(name, mode):
    net, (X, y) = warm(NETWORKS[name]()).train(mode), batch()
    weights = [p for key, p in net.parameters().items() if key.endswith("W")]
    assert all(p.ndim == 2 for p in weights)
    with net.frozen():
        plain, ds = deeprob.softmax_cross_entropy(net(X), y)
        net.backward(ds)
        bare = {key: g.copy() for key, g in net.gradients().items()}
        for keywords, R, slope in [
            ({}, 0.0, lambda W: 0 * W),
            ({"reg": 0.0, "reg_type": "l1"}, 0.0, lambda W: 0 * W),
            ({"reg": 0.1}, 0.1 * sum((W**2).sum() for W in weights), lambda W: 0.2 * W),
            (
                {"reg": 0.1, "reg_type": "l1"},
                0.1 * sum(abs(W).sum() for W in weights),
                lambda W: 0.1 * np.sign(W),
            ),
            (
                {"reg": 0.1, "reg_type": "elastic", "l1_ratio": 0.3},
                sum(0.03 * abs(W).sum() + 0.07 * (W**2).sum() for W in weights),
                lambda W: 0.03 * np.sign(W) + 0.14 * W,
            ),
        ]:
            loss, grads = net.loss_and_grads(X, y, **keywords)
            assert loss == pytest.approx(plain + R, rel=1e-13)
            for key, g in grads.items():
                more = slope(net.parameters()[key]) if key.endswith("W") else 0
                np.testing.assert_allclose(g, bare[key] + more, rtol=1e-12, atol=1e-14)
            if not mode:
                assert net.loss(X, y, **keywords) == pytest.approx(plain + R, rel=1e-13)


def test_soft_labels_and_smoothing_are_one_and_the_same_thing():
    net, (X, y) = NETWORKS["mlp"](), batch()
    smoothed = 0.8 * np.eye(C)[y] + 0.2 / C
    one, grads = net.loss_and_grads(X, y, label_smoothing=0.2)
    kept = {key: g.copy() for key, g in grads.items()}
    other, grads = net.loss_and_grads(X, smoothed)
    assert one == pytest.approx(other, rel=1e-14)
    assert net.loss(X, smoothed) == pytest.approx(one, rel=1e-14) == net.loss(X, y, label_smoothing=0.2)
    for key, g in grads.items():
        np.testing.assert_allclose(g, kept[key], rtol=1e-10, atol=1e-14)


WRONG_CALLS = [
    ({"y": np.arange(N)}, ValueError, r"y\[3\] is 3; expected labels in 0..2"),
    ({"y": np.arange(3)}, ValueError, r"y has shape \(3,\)"),
    ({"y": np.ones(N)}, TypeError, "y has dtype float64"),
    ({"y": np.ones((N, C))}, ValueError, r"y\[0\] sums to 3"),
    ({"y": soft(N, C + 1)}, ValueError, r"y has shape \(6, 4\)"),
    ({"y": None}, (TypeError, ValueError), "y is None"),
    ({"X": np.ones((N, F + 1))}, ValueError, r"x has shape \(6, 5\)"),
    ({"X": np.ones((1, F)), "y": [0]}, ValueError, "expected at least 2 examples"),
    ({"reg": -1}, ValueError, "reg is -1; expected a finite number of at least 0"),
    ({"reg": "1"}, TypeError, "reg is '1'"),
    ({"reg": 1, "reg_type": "l3"}, ValueError, "reg_type is 'l3'; expected 'l2', 'l1', 'elastic'"),
    ({"reg": 1, "l1_ratio": 2}, ValueError, "l1_ratio is 2"),
    ({"label_smoothing": 1.5}, ValueError, "label_smoothing is 1.5"),
    ({"smoothing": 0.1}, TypeError, "has no argument 'smoothing'; did you mean 'label_smoothing'"),
    ({"weight_decay": 0.1}, TypeError, "has no argument 'weight_decay'; did you mean 'reg'"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG_CALLS, ids=lambda v: str(v)[:30])
def test_a_wrong_call_leaves_the_network_as_it_was(wrong, error, message):
    net = warm(NETWORKS["mlp with all"]())
    X, y = batch()
    net.loss_and_grads(X, y)
    before, grads = bits(net.state_dict()), bits(net.gradients())
    with pytest.raises(error, match=message):
        net.loss_and_grads(**({"X": X, "y": y} | wrong))
    assert bits(net.state_dict()) == before and bits(net.gradients()) == grads
    if len(wrong) == 1 and "expected at least 2" not in message:
        with pytest.raises(error):
            net.loss(**({"X": X, "y": y} | wrong))


class Stops(Square):
    """A layer that does something else first, forward or backward."""

    def __init__(self, way, act):
        self.way, self.act = way, act

    def forward(self, x):
        if self.way == "forward":
            self.act()
        return super().forward(x)

    def backward(self, grad):
        if self.way == "backward":
            self.act()
        return super().backward(grad)


def interrupt():
    _thread.interrupt_main()
    for _ in range(1000):
        time.sleep(0.001)


def fail():
    raise RuntimeError("enough")


@pytest.mark.parametrize(("act", "error"), [(fail, RuntimeError), (interrupt, KeyboardInterrupt)])
@pytest.mark.parametrize("way", ["forward", "backward"])
def test_an_error_or_ctrl_c_leaves_running_statistics_as_they_were(way, act, error):
    assert threading.current_thread() is threading.main_thread()
    net = nn.Sequential(
        nn.Linear(F, 5, rng=0, dtype="f8"),
        nn.BatchNorm(5, dtype="f8"),
        Stops(way, act),
        nn.Linear(5, C, dtype="f8"),
    )
    before = bits(net.state_dict())
    with pytest.raises(error) as caught:
        net.loss_and_grads(*batch())
    assert bits(net.state_dict()) == before
    if act is fail:
        assert "in layer 2 of Sequential: Stops()" in caught.value.__notes__


# ---- predictions -----------------------------------------------------------------------------------------


def test_what_predictions_refuse():
    net, (X, y) = NETWORKS["mlp with all"](), batch()
    for call in (net.scores, net.predict, net.predict_proba, lambda X, **k: net.accuracy(X, y, **k)):
        for wrong, message in [
            (X[0], r"X has shape \(4,\); expected \(N, D\)"),
            (X[:0], r"X has shape \(0, 4\); expected \(N, D\) with at least one example"),
            (None, "X is None"),
            (np.ma.masked_array(X), "X is a masked array"),
            (X * 1j, "x has dtype complex128; expected real numbers"),
            (X[:, 1:], r"x has shape \(6, 3\); expected \(N, 4\)"),
        ]:
            with pytest.raises((TypeError, ValueError), match=message):
                call(wrong)
            assert net[1].training
        for size, message in [
            (0, "batch_size is 0; expected at least 1"),
            (1.5, "batch_size is 1.5"),
            (None, "batch_size"),
        ]:
            with pytest.raises((TypeError, ValueError), match=message):
                call(X, batch_size=size)
    for wrong, message in [
        (y[1:], r"y has shape \(5,\); expected \(6,\)"),
        (soft(), "y has shape"),
        (y * 1.0, "float64"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            net.accuracy(X, wrong)


# ---- constructors ----------------------------------------------------------------

CONSTRUCTORS = [
    (lambda v: nn.Linear(v, 3), "in_features", [0, -1, 1.5, "3", None, True]),
    (lambda v: nn.Linear(3, v), "out_features", [0, -1, 1.5, "3", None, True]),
    (lambda v: nn.Linear(3, 3, bias=v), "bias", [1, "no", None]),
    (lambda v: nn.Linear(3, 3, dtype=v), "dtype", [None, int, "f2", ">f4", "qqq"]),
    (lambda v: nn.Linear(3, 3, rng=v), "rng", [-1, 0.5, "0", True, 2**32]),
    (lambda v: nn.Linear(3, 3, init=v), "init", [None, "he", 3]),
    (lambda v: nn.BatchNorm(v), "features", [0, -1, 1.5, "3", None, True]),
    (lambda v: nn.BatchNorm(3, eps=v), "eps", [0, -1e-5, np.nan, np.inf, "1", None]),
    (lambda v: nn.BatchNorm(3, momentum=v), "momentum", [-0.1, 1.1, np.nan, "1", [0.1]]),
    (lambda v: nn.BatchNorm(3, dtype=v), "dtype", [None, int]),
    (lambda v: nn.Dropout(v), "p", [1, 1.0, -0.1, 2, np.nan, "1", None, [0.5]]),
    (lambda v: nn.Dropout(0.5, rng=v), "rng", [-1, 0.5, "0"]),
    (lambda v: nn.Residual(nn.ReLU(), survival=v), "survival", [0, 0.0, -0.1, 1.1, np.nan, "1", None]),
    (lambda v: nn.Residual(nn.ReLU(), rng=v), "rng", [-1, 0.5, "0"]),
    (
        lambda v: nn.MLP(v),
        "sizes",
        [5, (5,), (), None, {5, 3}, (5, 0), (5, 2.5, 3), (5, "3"), (True, 3)],
    ),
    (lambda v: nn.MLP((3, 2), dropout=v), "dropout", [1, -0.1, 1.5, np.nan, "1", None]),
    (lambda v: nn.MLP((3, 4, 2), batch_norm=v), "batch_norm", [1, "yes", None]),
    (lambda v: nn.MLP((3, 2), dtype=v), "dtype", [None, int]),
    (lambda v: nn.ResidualMLP(v, 4, 2, 3), "in_features", [0, 1.5, None]),
    (lambda v: nn.ResidualMLP(3, v, 2, 3), "width", [0, 1.5, None]),
    (lambda v: nn.ResidualMLP(3, 4, v, 3), "depth", [0, 1.5, None]),
    (lambda v: nn.ResidualMLP(3, 4, 2, v), "out_features", [0, 1.5, None]),
    (lambda v: nn.ResidualMLP(3, 4, 2, 3, survival=v), "survival", [0, 1.1, -1, np.nan, None]),
    (lambda v: nn.ResidualMLP(3, 4, 2, 3, batch_norm=v), "batch_norm", [1, None]),
]


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [(make, name, v) for make, name, values in CONSTRUCTORS for v in values],
    ids=str,
)
def test_every_argument_is_checked_and_named(make, name, value):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}(\[\d\])? (is|has) .*; expected ") as caught:
        make(value)
    wrong = value if isinstance(value, tuple) and value else [value]  # or one of these
    message = str(caught.value)
    assert any(repr(one) in message or type(one).__name__ in message for one in wrong)


@pytest.mark.parametrize(
    ("call", "wrong", "meant"),
    [
        (nn.Linear, {"in_feature": 3}, "in_features"),
        (nn.Linear, {"seed": 3}, "rng"),
        (nn.BatchNorm, {"num_features": 3}, "features"),
        (nn.BatchNorm, {"epsilon": 3}, "eps"),
        (nn.Dropout, {"prob": 0.5}, "p"),
        (nn.Residual, {"survive": 0.5}, "survival"),
        (nn.MLP, {"batchnorm": True}, "batch_norm"),
        (nn.ResidualMLP, {"seed": 1}, "rng"),
        (NETWORKS["mlp"]().predict, {"batchsize": 1}, "batch_size"),
    ],
)
def test_a_wrong_keyword_is_answered_with_the_right_one(call, wrong, meant):
    with pytest.raises(TypeError, match=f"has no argument '{next(iter(wrong))}'; did you mean '{meant}'"):
        call(**wrong)


def test_an_optimizer_asks_for_the_arrays_of_a_network():
    with pytest.raises(TypeError, match=r"params is a MLP; expected its arrays, which its parameters\(\)"):
        deeprob.optim.Adam(nn.MLP((2, 3)))
