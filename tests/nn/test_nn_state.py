"""Modes, names, saved states, copies, layers of one's own, and where the randomness comes from."""

import copy
import pickle

import numpy as np
import pytest
from nets import ALL, NETWORKS, C, F, Identity, Scale, Square, batch, bits, warm

import deeprob
from deeprob import nn, optim

each_layer = pytest.mark.parametrize("name", ALL)
each_network = pytest.mark.parametrize("name", NETWORKS)


def modes(layer):
    return [one.training for _, one in layer.walk()]


# ---- modes ------------------------------------------------------------------------------------


@each_layer
def test_modes_reach_all_layers(name):
    layer = ALL[name]()
    assert set(modes(layer)) == {True}
    assert layer.eval() is layer and set(modes(layer)) == {False}
    assert layer.train() is layer and set(modes(layer)) == {True}
    assert set(modes(layer.train(np.False_))) == {False}
    for wrong in (1, "train", None):
        with pytest.raises(TypeError, match="mode is .*; expected True or False"):
            layer.train(wrong)
    assert set(modes(layer)) == {False}


def test_evaluating_and_frozen_put_back_what_was_even_after_an_error():
    net = NETWORKS["mlp with all"]()
    net[1].eval()
    before = modes(net)

    def fails():
        with net.evaluating() as same, net.frozen():
            assert same is net and set(modes(net)) == {False} and net[3]._frozen
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fails()
    assert modes(net) == before and not any(one._frozen for _, one in net.walk())
    with net.frozen():
        with net[3].frozen():
            pass
        assert net[3]._frozen


@each_network
def test_scores_and_predictions_are_of_evaluation_mode_and_change_nothing(name):
    net, (X, y) = warm(NETWORKS[name]()), batch()
    net[0].eval()
    before, state = modes(net), bits(net.state_dict())
    scores = net.scores(X)
    with net.evaluating():
        np.testing.assert_array_equal(net(X), scores)
    np.testing.assert_array_equal(net.scores(X), scores)
    np.testing.assert_allclose(net.scores(X, batch_size=4), scores, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(net.predict(X, batch_size=1), scores.argmax(axis=1))
    p = net.predict_proba(X, batch_size=5)
    np.testing.assert_allclose(p, np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True), rtol=1e-12)
    assert net.accuracy(X, y) == np.mean(scores.argmax(axis=1) == y)
    expected, _ = deeprob.softmax_cross_entropy(scores, y)
    assert net.loss(X, y) == pytest.approx(expected, rel=1e-14)
    assert modes(net) == before and bits(net.state_dict()) == state


def test_a_mask_stays_while_frozen_and_statistics_do_not_move():
    net, (X, y) = NETWORKS["mlp with all"](), batch()
    first = net(X)
    state = bits(net.state_dict())
    with net.frozen():
        np.testing.assert_array_equal(net(X), first)
        np.testing.assert_array_equal(net(X), first)
        assert not np.array_equal(net.loss_and_grads(X[:4], y[:4])[0], 0)
    assert bits(net.state_dict()) == state
    assert not np.array_equal(net(X), first)
    assert bits(net.state_dict()) != state


# ---- names and states ---------------------------------------------------------------------------


def test_names_follow_the_tree_of_layers():
    net = nn.Sequential(
        nn.Sequential(nn.Linear(F, F)), nn.Residual(nn.BatchNorm(F), nn.Linear(F, F, bias=False))
    )
    assert list(net.parameters()) == ["0.0.W", "0.0.b", "1.0.gamma", "1.0.beta", "1.1.W"]
    assert list(net.gradients()) == list(net.parameters())
    assert set(net.state_dict()) - set(net.parameters()) == {
        f"1.0.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")
    }
    assert net.num_parameters() == 3 * F + 2 * F * F
    assert len(net) == 2 and net[-1] is net[1] and list(net) == [net[0], net[1]]
    part = net[1:]
    assert type(part) is nn.Sequential and part[0] is net[1] and len(part) == 1
    with pytest.raises(IndexError, match="net has 2 layers, and none of index 2"):
        net[2]
    with pytest.raises(TypeError, match="index is '0'; expected an integer or a slice"):
        net["0"]


@each_layer
def test_a_state_goes_from_layer_to_layer(name):
    one, other = warm(ALL[name]()), ALL[name]()
    state = one.state_dict()
    assert not any(
        np.shares_memory(value, own) for value in state.values() for own in one.parameters().values()
    )
    kept = other.parameters()
    assert other.load_state_dict(state) is other
    assert bits(other.state_dict()) == bits(state)
    assert all(other.parameters()[key] is value for key, value in kept.items())
    X, _ = batch()
    np.testing.assert_array_equal(one.eval()(X), other.eval()(X))
    as_lists = {key: value.tolist() for key, value in state.items()}
    assert bits(other.load_state_dict(as_lists).state_dict()) == bits(state)


def test_a_state_that_does_not_fit_changes_nothing():
    net = warm(NETWORKS["mlp with all"]()).astype(np.float32)
    state = net.state_dict()
    good = {name: value + 1 for name, value in state.items()}
    W = good["0.W"]
    for wrong, error, message in [
        ({**good, "0.W": W[:, 1:]}, ValueError, r"state\['0.W'\] has shape \(4, 3\) .* shape \(4, 4\)"),
        ({**good, "8.b": W}, ValueError, r"state\['8.b'\] has shape"),
        (
            {**good, "8.b": np.array("a")},
            ValueError,
            r"state\['8.b'\] has shape \(\) and dtype <U1; expected real",
        ),
        ({**good, "8.W": good["8.W"] * 1j}, ValueError, r"state\['8.W'\] .* complex"),
        ({**good, "8.W": good["8.W"].astype(float) * 1e200}, ValueError, "'8.W'.* too large for float32"),
        ({**good, "8.b": [[1], [1, 2]]}, ValueError, r"state\['8.b'\] is no array"),
        ({**good, "5.num_batches_tracked": 1.5}, ValueError, "'5.num_batches_tracked'.* expected integers"),
        (
            {**good, "extra": W, 3: W},
            ValueError,
            "state has extra, 3, which the layer has not; expected 0.W, ",
        ),
        (
            {k: v for k, v in good.items() if k not in ("0.W", "8.b")},
            ValueError,
            "state lacks 0.W, 8.b; expected",
        ),
        ({}, ValueError, "state lacks 0.W, 1.gamma"),
        ([good], TypeError, "state is a list; expected a dict"),
        (None, TypeError, "state is a NoneType"),
    ]:
        with pytest.raises(error, match=message):
            net.load_state_dict(wrong)
        assert bits(net.state_dict()) == bits(state)
    assert bits(net.load_state_dict(good).state_dict()) == bits(good)
    nn.ReLU().load_state_dict({})
    with pytest.raises(ValueError, match="which the layer has not; expected nothing"):
        nn.ReLU().load_state_dict(good)


def test_infinite_weights_are_a_state_too():
    layer = nn.Linear(2, 1, rng=0)
    layer.load_state_dict({"W": [[np.inf, np.nan]], "b": [0]})
    np.testing.assert_array_equal(layer.W, [[np.inf, np.nan]])


@each_layer
def test_astype_is_a_copy_in_another_dtype(name):
    layer, (X, _) = warm(ALL[name]()), batch()
    before = bits(layer.state_dict())
    single = layer.astype(np.float32)
    assert {p.dtype for p in single.parameters().values()} <= {np.dtype("f4")}
    assert {g.dtype for g in single.gradients().values()} <= {np.dtype("f4")}
    back = single.astype("float64")
    y = single.eval()(X.astype("f4"))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, layer.eval()(X), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(back.eval()(X), layer(X), rtol=1e-5, atol=1e-6)
    assert bits(layer.state_dict()) == before
    for wrong in ("f2", int, None, "c8", "qqq", ">f4"):
        with pytest.raises(TypeError, match="dtype is .*; expected float32 or float64"):
            layer.astype(wrong)


def test_a_saved_network_has_nothing_of_its_last_batch():
    net = nn.ResidualMLP(4, 8, 2, 3, survival=0.5, rng=np.random.default_rng(0))
    dropped = nn.Sequential(*net, nn.Dropout(0.5, rng=np.random.default_rng(0)))
    before = len(pickle.dumps(dropped))
    dropped(np.ones((5000, 4)))
    assert len(pickle.dumps(dropped)) < before + 100


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))])
@each_layer
def test_copies_go_on_alike_and_apart(name, copied):
    layer, (X, _) = warm(ALL[name]()), batch()
    layer(X)
    with layer.frozen():
        other = copied(layer)
    assert repr(other) == repr(layer) and type(other) is type(layer)
    assert not any(one._frozen for _, one in other.walk())
    for _ in range(4):  # the generator is copied too, once for all layers
        np.testing.assert_array_equal(other(X), layer(X))
    assert bits(other.state_dict()) == bits(layer.state_dict())
    with pytest.raises(RuntimeError, match="before its forward"):
        copied(layer).backward(np.ones((1, 1)))
    before = bits(layer.state_dict())
    for value in other.parameters().values():
        value += 1
    assert bits(layer.state_dict()) == before
    rngs = {id(one.rng) for _, one in other.walk() if hasattr(one, "rng")}
    originals = {id(one.rng) for _, one in layer.walk() if hasattr(one, "rng")}
    assert len(rngs) == len(originals) and not rngs & originals


# ---- attributes -----------------------------------------------------------------------------------


def test_arrays_are_attributes_that_stay_the_arrays_that_they_are():
    layer = nn.Linear(2, 3, rng=0)
    W = layer.W
    layer.W += 1
    layer.W *= 2
    assert layer.W is W is layer.params["W"] is layer.parameters()["W"]
    with pytest.raises(AttributeError, match=r"W cannot be replaced; write into its array: W\[...\] = value"):
        layer.W = np.zeros((3, 2))
    with pytest.raises(AttributeError, match="running_var cannot be replaced"):
        nn.BatchNorm(2).running_var = 1
    with pytest.raises(AttributeError, match="Linear has no attribute 'weight'; its arrays are W, b"):
        layer.weight  # noqa: B018
    with pytest.raises(AttributeError, match="ReLU has no attribute 'W'$"):
        nn.ReLU().W  # noqa: B018
    assert {"W", "b"} <= set(dir(layer)) and "running_mean" in dir(nn.BatchNorm(2))


REPRS = {
    "linear": "Linear(4, 3)",
    "linear without bias": "Linear(4, 5, bias=False)",
    "batch norm": "BatchNorm(4)",
    "batch norm, eps": "BatchNorm(4, eps=0.1, momentum=None)",
    "dropout": "Dropout(0.4)",
    "residual": "Residual(Linear(4, 4))",
    "residual within residual": "Residual(Residual(Linear(4, 4), survival=0.9), Dropout(0.2), survival=0.8)",
}


@pytest.mark.parametrize("name", REPRS)
def test_reprs(name):
    assert repr(ALL[name]()) == REPRS[name]


# ---- what a network is made of -----------------------------------------------------------------------


def test_a_layer_is_at_one_place_only():
    relu, linear = nn.ReLU(), nn.Linear(F, F)
    for make, message in [
        (lambda: nn.Sequential(relu, linear, relu), r"Sequential\(...\): layer 2 is layer 0 again"),
        (lambda: nn.Residual(linear, linear), r"Residual\(...\): layer 1 is layer 0 again"),
        (lambda: nn.Sequential(linear, nn.Residual(relu, linear)), "layer 1.1 is layer 0 again"),
        (lambda: nn.Sequential(), r"Sequential\(\) has no layers; expected at least one"),
        (lambda: nn.Residual(), r"Residual\(\) has no layers"),
        (lambda: nn.Sequential([relu]), r"layer 0 is a list; expected a Layer, as in Sequential\(\*layers\)"),
        (lambda: nn.Sequential(linear, nn.ReLU), "layer 1 is the class ReLU; expected a Layer"),
        (lambda: nn.Residual(relu, np.tanh), "layer 1 is a ufunc; expected a Layer"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            make()


# ---- layers of one's own -----------------------------------------------------------------------------


def test_layers_of_ones_own_learn_are_saved_and_frozen():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, F))
    y = (np.abs(X[:, 0]) > 0.7).astype(int)
    net = nn.Sequential(Scale(F), Square(), nn.Linear(F, 2, rng=0, dtype="f8"))
    opt = optim.Adam(net.parameters(), lr=0.05)
    first = net.loss(X, y)
    for _ in range(200):
        opt.step(net.loss_and_grads(X, y)[1])
    assert net.loss(X, y) < first / 3
    assert net[0].seen == 200 and net.state_dict()["0.seen"] == 200
    again = nn.Sequential(Scale(F), Square(), nn.Linear(F, 2, dtype="f8")).load_state_dict(net.state_dict())
    np.testing.assert_array_equal(again.scores(X), net.scores(X))


def test_layers_that_are_attributes_belong_to_a_layer():
    class Block(nn.Layer):
        def __init__(self):
            self.first, self.second = nn.Linear(F, F, rng=0, dtype="f8"), nn.Dropout(0.5, rng=0)
            self.note = "x"

        def forward(self, x):
            return self.second(self.first(x))

        def backward(self, grad):
            return self.first.backward(self.second.backward(grad))

    block = Block()
    net = nn.Sequential(block, nn.ReLU())
    assert list(net.parameters()) == ["0.first.W", "0.first.b"]
    assert not net.eval()[0].second.training
    assert deeprob.gradcheck(net.train(), batch()[0])
    assert list(copy.deepcopy(net).parameters()) == ["0.first.W", "0.first.b"]
    with pytest.raises(ValueError, match="layer 1 is layer 0.first again"):
        nn.Sequential(block, block.first)
    block.second = None
    assert [name for name, _ in block.children()] == ["first"]


def test_what_a_parameter_may_be():
    layer = Scale(3)
    assert layer.a is layer.params["a"] and not layer.grads["a"].any()
    for name, value, error, message in [
        ("a", np.ones(3), ValueError, "name is 'a', which Scale has already"),
        ("training", np.ones(3), ValueError, "name is 'training', which Scale has already"),
        ("forward", np.ones(3), ValueError, "name is 'forward', which Scale has already"),
        ("a.b", np.ones(3), ValueError, "name is 'a.b'; expected a name as of an attribute"),
        (3, np.ones(3), ValueError, "name is 3"),
        ("c", [1.0], TypeError, "value is a list; expected an array of float32 or float64"),
        ("c", np.ones(3, int), TypeError, "value is an array of int64"),
        ("c", np.ones((3, 4)).T, ValueError, "value is not contiguous"),
        ("c", np.broadcast_to(1.0, 3), ValueError, "value is not contiguous, aligned and writeable"),
    ]:
        with pytest.raises(error, match=message):
            layer.add_parameter(name, value)
    assert list(layer.params) == list(layer.grads) == ["a"]


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 2, 2)])
def test_a_w_of_any_shape_is_regularized(shape):
    class Total(nn.Layer):
        def __init__(self):
            self.add_parameter("W", np.full(shape, 0.5))

        def forward(self, x):
            self.x = x
            return x * self.W.sum()

        def backward(self, grad):
            self.grads["W"][...] = (grad * self.x).sum()
            return grad * self.W.sum()

    net, (X, y) = nn.Sequential(Total()), batch(f=C)
    plain, bare = net.loss(X, y), net.loss_and_grads(X, y)[1]["0.W"].copy()
    assert net.loss(X, y, 0.1) == pytest.approx(plain + 0.1 * 0.25 * np.prod(shape), rel=1e-14)
    loss, grads = net.loss_and_grads(X, y, 0.1)
    assert loss == pytest.approx(plain + 0.1 * 0.25 * np.prod(shape), rel=1e-14)
    np.testing.assert_allclose(grads["0.W"], bare + 0.1, rtol=1e-13)


def test_a_layer_without_forward_says_so():
    for what in ("forward", "backward"):
        with pytest.raises(NotImplementedError, match=rf"Layer has no {what}\("):
            getattr(nn.Layer(), what)(np.ones((1, 1)))


@pytest.mark.parametrize("mode", [True, False])
def test_a_layer_that_returns_its_input_harms_nobody(mode):
    x, grad = np.ones((2, 3)), np.full((2, 3), 2.0)
    for layer in (nn.Residual(Identity()), nn.Sequential(Identity(), nn.Residual(Identity(), Identity()))):
        layer.train(mode)
        assert layer(x).tolist() == [[2.0] * 3] * 2
        assert layer.backward(grad).tolist() == [[4.0] * 3] * 2
        assert (x == 1).all() and (grad == 2).all()


# ---- randomness and threads ---------------------------------------------------------------------------


def trained(rng, net="mlp"):
    X, y = batch(64)
    if net == "mlp":
        made = nn.MLP((F, 16, 16, C), batch_norm=True, dropout=0.3, rng=rng)
    else:
        made = nn.ResidualMLP(F, 16, 3, C, survival=0.5, rng=rng)
    opt = optim.Adam(made.parameters(), lr=0.01)
    for _ in range(5):
        opt.step(made.loss_and_grads(X, y)[1])
    return bits(made.state_dict())


@pytest.mark.parametrize("net", ["mlp", "residual"])
@pytest.mark.parametrize("make", [lambda s: s, np.random.default_rng, np.random.RandomState])
def test_everything_comes_from_rng(make, net):
    assert trained(make(3), net) == trained(make(3), net) != trained(make(4), net)
    assert trained(None, net) != trained(None, net)


def test_an_integer_is_the_lectures_stream():
    assert trained(3) == trained(np.random.RandomState(3))
    W = nn.MLP((4, 3), init="lecture", rng=0)[0].W
    assert W.tobytes() == (1e-4 * np.random.RandomState(0).randn(3, 4)).astype("f4").tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_have_the_same_bits_for_any_number_of_threads(dtype):
    rng = np.random.default_rng(0)
    x, grad = rng.standard_normal((2, 1500, 700)).astype(dtype)
    before = deeprob.get_num_threads()

    def passes():
        for layer in (
            nn.ReLU(),
            nn.BatchNorm(700, dtype=dtype),
            nn.Dropout(0.3, rng=0),
            nn.Residual(nn.ReLU()),
        ):
            yield layer(x).tobytes()
            yield layer.backward(grad).tobytes()
            yield bits(layer.gradients() | layer.state_dict())

    try:
        results = []
        for threads in (1, 2, 3, 16):
            deeprob.set_num_threads(threads)
            results.append(list(passes()))
    finally:
        deeprob.set_num_threads(before)
    assert results[0] == results[1] == results[2] == results[3]
