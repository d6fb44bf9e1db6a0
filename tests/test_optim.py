"""The optimizers: the lecture's numbers, PyTorch's, their forms, errors, and lives as objects."""

import copy
import gc
import pickle
import sys
import weakref

import numpy as np
import pytest

import deeprob
from deeprob import optim, reference

H = np.array([1.0, 25.0])  # the bowl (x^2 + 25 y^2) / 2
NAMES = optim.NAMES


def shaped(name, shape):
    """A shape that the optimizer takes: Muon wants matrices."""
    return shape if name != "muon" else (*shape, 1, 1)[:2]


def bowl_path(optimizer_of, steps, change=None):
    """Run on the bowl from (1, 1); ``change(t, optimizer)`` is called before step t."""
    w = np.array([1.0, 1.0])
    optimizer = optimizer_of(w)
    path = [w.copy()]
    for t in range(1, steps + 1):
        if change is not None:
            change(t, optimizer)
        optimizer.step(H * w)
        path.append(w.copy())
    return np.array(path)


# ---- the lecture -----------------------------------------------------------------------


def test_l4_36_momentum_on_the_bowl():
    path = bowl_path(lambda w: optim.Momentum(w, lr=0.02, momentum=0.9), 3)
    np.testing.assert_allclose(path[1:], [(0.98, 0.5), (0.9424, -0.2), (0.889712, -0.73)], rtol=1e-14)


def test_l4_37_both_formulations_give_the_same_w_while_lr_stays():
    velocity, displacement = (
        bowl_path(lambda w, f=f: optim.Momentum(w, lr=0.02, momentum=0.9, formulation=f), 100)
        for f in ("velocity", "displacement")
    )
    difference = np.abs(velocity - displacement).max()
    assert 0 < difference < 3.5e-16


def test_l4_37_they_differ_once_lr_changes():
    def smaller(t, optimizer):
        optimizer.lr = 0.02 if t <= 5 else 0.002

    ends = [
        bowl_path(lambda w, f=f: optim.Momentum(w, lr=0.02, momentum=0.9, formulation=f), 6, smaller)[6]
        for f in ("velocity", "displacement")
    ]
    np.testing.assert_allclose(ends, [(0.741051, -0.466892), (0.680154, -0.207530)], atol=6e-7)


def test_l4_44_adam_almost():
    path = bowl_path(lambda w: optim.Adam(w, lr=0.1, bias_correction=False), 100)
    np.testing.assert_allclose(path[[1, 2, 10], 0], [0.68377323, 0.27020798, 0.15641924], atol=6e-9)
    np.testing.assert_allclose(path[[3, 100], 0], [-0.16213876262190818, -0.0042947584241054756], rtol=1e-12)


def test_l4_45_the_first_steps_and_the_largest():
    def steps(**keywords):
        w = np.zeros(1)
        optimizer = optim.Adam(w, lr=0.01, **keywords)
        sizes = []
        for _ in range(40):
            before = w[0]
            optimizer.step(np.array([-3.0]))
            sizes.append((w[0] - before) / 0.01)
        return np.array(sizes)

    almost, corrected = steps(bias_correction=False), steps()
    assert almost[0] == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-5)
    assert almost[0] == pytest.approx(3.1623, abs=5e-5)
    np.testing.assert_allclose(corrected, 1.0, rtol=1e-6)
    assert np.argmax(almost) == 11  # t = 12
    assert almost.max() == pytest.approx(6.57, abs=5e-3)


def test_l4_46_adam_with_bias_correction():
    path = bowl_path(lambda w: optim.Adam(w, lr=0.1), 10)
    np.testing.assert_allclose(path[[1, 2, 10], 0], [0.90000001, 0.80041225, 0.07624925], atol=6e-9)


# ---- PyTorch -----------------------------------------------------------------------------

PUBLISHED = [  # of PyTorch 2.13 in float64 on the bowl: w at t = 1, 2, 3, 10, 100
    (
        "Momentum",
        {"lr": 0.02},
        [
            (0.98, 0.5),
            (0.9424, -0.2),
            (0.889712, -0.73),
            (0.30711976110115335, 0.087724768),
            (0.0042281137181285205, 0.0028900507831408403),
        ],
    ),
    (
        "Adam",
        {"lr": 0.1, "eps": 1e-8},
        [
            (0.900000001, 0.90000000004),
            (0.80041222971233816, 0.80041222775289123),
            (0.70158627450441502, 0.70158627151231634),
            (0.076249160619755327, 0.076249150995096701),
            (0.0029366750032917186, 0.002936676304688449),
        ],
    ),
]


@pytest.mark.parametrize(("name", "keywords", "expected"), PUBLISHED, ids=[p[0] for p in PUBLISHED])
def test_pytorchs_published_paths(name, keywords, expected):
    path = bowl_path(lambda w: getattr(optim, name)(w, **keywords), 100)
    np.testing.assert_allclose(path[[1, 2, 3, 10, 100]], expected, rtol=3e-13, atol=1e-16)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-11), ("float32", 2e-4)])
@pytest.mark.parametrize("seed", range(20))
def test_pytorch_takes_the_same_steps(peer, dtype, rtol, seed):
    torch = peer("torch")
    rng = np.random.default_rng(seed)
    lr, rho = 10 ** rng.uniform(-4, -1), rng.uniform(0, 0.99)
    betas = (rng.uniform(0, 0.95), rng.uniform(0.5, 0.9999))
    for mine, theirs in [
        (lambda w: optim.SGD(w, lr=lr), lambda p: torch.optim.SGD(p, lr=lr)),
        (lambda w: optim.Momentum(w, lr=lr, momentum=rho), lambda p: torch.optim.SGD(p, lr=lr, momentum=rho)),
        (
            lambda w: optim.Adam(w, lr=lr, betas=betas, eps=1e-8),
            lambda p: torch.optim.Adam(p, lr=lr, betas=betas, eps=1e-8),
        ),
    ]:
        start = [rng.standard_normal(shape).astype(dtype) for shape in [(5, 7), (11,)]]
        params = [w.copy() for w in start]
        tensors = [torch.tensor(w, requires_grad=True) for w in start]
        optimizer, other = mine(params), theirs(tensors)
        for _ in range(50):
            grads = [(rng.standard_normal(w.shape) + 0.5).astype(dtype) for w in params]
            optimizer.step(grads)
            for tensor, g in zip(tensors, grads, strict=True):
                tensor.grad = torch.tensor(g)
            other.step()
        for w, tensor in zip(params, tensors, strict=True):
            np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=rtol, atol=rtol * lr)


# ---- forms ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_list_and_a_dict_are_their_arrays_one_by_one(name):
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(shaped(name, shape)) for shape in [(3, 4), (4,), ()]]
    grads = [rng.standard_normal(w.shape) for w in starts]
    alone = [w.copy() for w in starts]
    for w, g in zip(alone, grads, strict=True):
        optimizer = optim.REGISTRY[name](w)
        for _ in range(3):
            optimizer.step(g)
    for as_list in (list, tuple):
        params = [w.copy() for w in starts]
        optimizer = optim.REGISTRY[name](as_list(params))
        for _ in range(3):
            optimizer.step(as_list(grads))
        assert [w.tobytes() for w in params] == [w.tobytes() for w in alone]
        assert all(a is b for a, b in zip(optimizer.params, params, strict=True))
    params = {"W": starts[0].copy(), "b": starts[1].copy(), 3: starts[2].copy()}
    optimizer = optim.REGISTRY[name](params)
    for _ in range(3):
        optimizer.step({3: grads[2], "b": grads[1], "W": grads[0]})  # in another order
    assert [w.tobytes() for w in params.values()] == [w.tobytes() for w in alone]
    assert list(optimizer.params) == list(params)


def test_dtypes_may_be_mixed():
    a, b = np.ones(3, np.float32), np.ones(3, np.float64)
    optim.SGD([a, b], lr=0.5).step([np.ones(3, np.float32), np.ones(3)])
    assert (a.dtype, b.dtype) == (np.float32, np.float64)
    assert (a == 0.5).all()
    assert (b == 0.5).all()


def test_states_have_the_form_of_the_parameters():
    w = np.ones((2, 3), np.float32)
    adam = optim.Adam(w)
    adam.step(np.full((2, 3), 0.5, np.float32))
    assert adam.moment1.shape == w.shape
    assert adam.moment2.dtype == np.float32
    np.testing.assert_allclose(adam.moment1, 0.05, rtol=1e-6)
    np.testing.assert_allclose(adam.moment2, 0.00025, rtol=1e-6)
    of_list = optim.Momentum([np.ones(2), np.ones(3)])
    assert [v.shape for v in of_list.velocity] == [(2,), (3,)]
    of_dict = optim.Momentum({"W": np.ones(2)})
    of_dict.step({"W": np.array([1.0, 2.0])})
    np.testing.assert_array_equal(of_dict.velocity["W"], [1.0, 2.0])


def test_the_form_of_an_objectives_gradient():
    X, y = np.random.default_rng(0).standard_normal((50, 4)), np.arange(50) % 3
    objective = deeprob.Objective(X, y)
    W = np.zeros((3, 4))
    optimizer = deeprob.optim.Adam(W, lr=0.05)
    first, dW = objective(W)
    for _ in range(50):
        loss, _ = objective(W, out=dW)
        optimizer.step(dW)
    assert loss < first


def test_what_they_look_like():
    w = np.zeros((10, 3073), np.float32)
    assert repr(optim.SGD(w)) == "SGD(lr=0.001; 30730 parameters, t=0)"
    assert repr(optim.Adam([w, np.zeros(10)], lr=1e-3)) == (
        "Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-07, bias_correction=True; 30740 parameters, t=0)"
    )
    optimizer = optim.Momentum(w, formulation="displacement")
    optimizer.step(w.copy())
    assert repr(optimizer).endswith("formulation='displacement'; 30730 parameters, t=1)")


# ---- hyperparameters ------------------------------------------------------------------------


def test_a_new_lr_is_heard_at_the_next_step():
    w = np.zeros(1)
    optimizer = optim.SGD(w, lr=1.0)
    for lr in (1.0, 0.5, 0.0, np.float32(0.25), 2):
        optimizer.lr = lr
        before = w[0]
        optimizer.step(np.ones(1))
        assert before - w[0] == lr == optimizer.lr
    assert optimizer.t == 5


@pytest.mark.parametrize(
    ("name", "attribute", "value", "error"),
    [
        ("sgd", "lr", -1.0, ValueError),
        ("sgd", "lr", np.nan, ValueError),
        ("sgd", "lr", "0.1", TypeError),
        ("momentum", "momentum", 1.1, ValueError),
        ("momentum", "momentum", -0.1, ValueError),
        ("adam", "betas", (0.9, 1.0), ValueError),
        ("adam", "betas", (-0.1, 0.9), ValueError),
        ("adam", "betas", 0.9, TypeError),
        ("adam", "betas", (0.9, 0.99, 0.999), TypeError),
        ("adam", "eps", -1e-8, ValueError),
        ("adam", "bias_correction", 1, TypeError),
        ("adam", "t", -1, ValueError),
        ("adam", "t", 1.0, TypeError),
    ],
)
def test_a_wrong_value_is_refused_and_the_old_one_stays(name, attribute, value, error):
    optimizer = optim.REGISTRY[name](np.zeros(2))
    before = getattr(optimizer, attribute)
    with pytest.raises(error, match=attribute):
        setattr(optimizer, attribute, value)
    assert getattr(optimizer, attribute) == before
    optimizer.step(np.zeros(2))


def test_the_formulation_stays():
    with pytest.raises(AttributeError):
        optim.Momentum(np.zeros(2)).formulation = "displacement"
    with pytest.raises(ValueError, match="'velocity', 'displacement'"):
        optim.Momentum(np.zeros(2), formulation="nesterov")


def test_t_may_be_set_up_to_the_end_of_its_range():
    optimizer = optim.Adam(np.zeros(2))
    optimizer.t = 2**63 - 1
    with pytest.raises(OverflowError):
        optimizer.step(np.ones(2))
    assert optimizer.t == 2**63 - 1


# ---- errors: nothing is changed -------------------------------------------------------------


def test_all_gradients_are_checked_before_the_first_array_changes():
    params = [np.ones(3), np.ones(4)]
    optimizer = optim.Adam(params)
    for grads in ([np.ones(3), np.ones(5)], [np.ones(3), np.ones(4, np.float32)], [np.ones(3), [1] * 4]):
        with pytest.raises((TypeError, ValueError), match=r"grads\[1\]"):
            optimizer.step(grads)
    assert optimizer.t == 0
    assert all((w == 1).all() for w in params)
    assert all((m == 0).all() for m in optimizer.moment1)


def test_the_forms_must_agree():
    w = np.ones(3)
    of_one, of_list, of_dict = optim.SGD(w.copy()), optim.SGD([w.copy()]), optim.SGD({"W": w.copy()})
    for optimizer, grads, message in [
        (of_one, [w], "grads is a list"),
        (of_one, (w,), "grads is a tuple"),
        (of_one, (1.0, w), r"grads is a tuple; .* of \(loss, gradient\) the gradient alone"),
        (of_one, {"W": w}, "grads is a dict"),
        (of_list, w, "grads is a ndarray; expected a list"),
        (of_list, {"W": w}, "grads is a dict; expected a list"),
        (of_list, [w, w], "grads has 2 arrays; expected 1"),
        (of_list, [], "grads has 0 arrays; expected 1"),
        (of_dict, [w], "grads is a list; expected a dict"),
        (of_dict, {"w": w}, r"grads has the keys \['w'\]; expected those of params, \['W'\]"),
        (of_dict, {"W": w, "b": w}, "grads has the keys"),
        (of_dict, {"W": [1.0]}, r"grads\['W'\] is a list"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            optimizer.step(grads)
        assert optimizer.t == 0


def test_a_schedule_is_no_learning_rate():
    optimizer = optim.SGD(np.ones(3), lr=0.1)
    with pytest.raises(TypeError, match="lr is half_cosine.*: of a schedule its number at a step"):
        optimizer.lr = deeprob.schedules.half_cosine(0.1, 10)
    assert optimizer.lr == 0.1


def test_params_that_share_memory_are_refused():
    w = np.ones((4, 6))
    for params in ([w, w], [w, w[1:]], [w[:, ::2], w[:, 2:4]], [w, w.T], {"a": w[0], "b": w[:, 0]}):
        with pytest.raises(ValueError, match=r"params\[.*shares memory with params\["):
            optim.SGD(params)
    optim.SGD([w[:, ::2], w[:, 1::2]]).step([np.ones((4, 3)), np.ones((4, 3))])


@pytest.mark.parametrize("params", [[], (), {}])
def test_no_arrays_at_all(params):
    with pytest.raises(ValueError, match="params is an empty"):
        optim.SGD(params)


def test_gradients_that_share_memory_are_refused():
    W = np.ones((4, 6))
    optimizer = optim.Momentum(W)
    shared = [W, W[::-1], W[:, ::-1], optimizer.velocity]
    for g in shared:
        with pytest.raises(ValueError, match="grads shares memory"):
            optimizer.step(g)
    two = optim.SGD([W[:2], W[2:]])
    with pytest.raises(ValueError, match=r"grads\[1\] shares memory"):
        two.step([np.ones((2, 6)), W[:2]])
    assert (W == 1).all()


def test_an_array_that_was_resized_or_frozen_is_refused():
    for change in (
        lambda w: w.resize(100_000, refcheck=False),
        lambda w: w.resize(2, refcheck=False),
        lambda w: setattr(w.flags, "writeable", False),
    ):
        w = np.ones(10)
        optimizer = optim.Adam(w)
        change(w)
        for n in (10, w.size):
            with pytest.raises(ValueError, match="make a new one|expected the parameters' shape"):
                optimizer.step(np.ones(n))
        assert (w[:2] == 1).all()
    optimizer = optim.Adam(np.ones(10))
    optimizer.moment1.resize(2, refcheck=False)
    with pytest.raises(ValueError, match="params has a state"):
        optimizer.step(np.ones(10))


def test_a_step_within_a_step_is_refused():
    w = np.ones(3)
    optimizer = optim.SGD(w)

    seen = []

    class Sly(np.ndarray):
        filled = 1

        @property
        def mask(self):
            with pytest.raises(RuntimeError, match="is taking a step"):
                optimizer.step(np.ones(3))
            seen.append(True)

    with pytest.raises(TypeError, match="Sly"):
        optimizer.step(np.ones(3).view(Sly))
    assert seen
    assert (w == 1).all()
    optimizer.step(np.ones(3))


# ---- as objects -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_on_where_the_first_was(name, clone):
    for make in (lambda: np.ones((4, 3)).T, lambda: {"W": np.ones((2, 3)), "b": np.ones(shaped(name, (3,)))}):
        rng = np.random.default_rng(0)

        def grads(like, rng=rng):
            if isinstance(like, dict):
                return {key: rng.standard_normal(w.shape) for key, w in like.items()}
            return rng.standard_normal(like.shape)

        first = optim.REGISTRY[name](make(), lr=0.1)
        first.step(grads(first.params))
        second = clone(first)
        g = grads(first.params)
        for optimizer in (first, second):
            optimizer.step(g)
        assert repr(first) == repr(second)
        for (a, mine), (b, theirs) in zip(first._arrays(), second._arrays(), strict=True):
            assert not np.shares_memory(a, b)
            np.testing.assert_array_equal(a, b)
            for x, y in zip(mine, theirs, strict=True):
                np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("name", NAMES)
def test_references_come_and_go(name):
    w, b, g = (np.ones(shaped(name, (n,))) for n in (5, 3, 5))
    counts = [sys.getrefcount(a) for a in (w, b, g)]
    for _ in range(3):
        optimizer = optim.REGISTRY[name]({"W": w, "b": b})
        with pytest.raises(ValueError, match="shape"):
            optimizer.step({"W": g, "b": g})
        optimizer.step({"W": g, "b": g[:3]})
        with pytest.raises(ValueError, match="shares"):
            optim.REGISTRY[name]([w, b, w])
        with pytest.raises(TypeError):
            optim.REGISTRY[name]([w, b, [1.0]])
    gone = weakref.ref(optimizer)
    del optimizer
    gc.collect()
    assert gone() is None
    assert [sys.getrefcount(a) for a in (w, b, g)] == counts


def test_the_parameters_live_as_long_as_the_optimizer():
    optimizer = optim.SGD(np.ones(5), lr=1.0)
    gc.collect()
    optimizer.step(np.ones(5))
    np.testing.assert_array_equal(optimizer.params, np.zeros(5))


def test_the_textbooks_loop_and_the_class_agree():
    W, X, y = np.zeros((3, 4)), np.random.default_rng(1).standard_normal((30, 4)), np.arange(30) % 3
    mine, theirs, state = W.copy(), W.copy(), (W, W)
    optimizer = optim.Adam(mine, lr=0.1)
    for t in range(1, 21):
        optimizer.step(deeprob.softmax_loss(mine, X, y)[1])
        dW = reference.linear_loss("softmax", theirs, X, y)[1]
        theirs, state = reference.adam(theirs, dW, state, t, *optimizer._hyper())
    np.testing.assert_allclose(mine, theirs, rtol=1e-9)


def test_a_subclass_may_have_a_constructor_of_its_own():
    class Mine(optim.Adam):
        def __init__(self, params, *, warm_up=10, **keywords):
            self.warm_up = warm_up
            super().__init__(params, **keywords)

    class Named(Mine):
        def __init__(self, params, **keywords):
            super().__init__(params, **keywords)

    w, v = np.ones(3), np.ones(3)
    for kind in (Mine, Named):
        mine, adam = kind(w, lr=0.1, warm_up=5, weight_decay=0.5), optim.Adam(v, lr=0.1, weight_decay=0.5)
        assert mine.warm_up == 5
        mine.step(np.ones(3))
        adam.step(np.ones(3))
        assert w.tolist() == v.tolist()
        assert f"{kind.__name__}(" in repr(mine)
        assert "lr=0.1" in repr(mine)
        with pytest.raises(TypeError, match="did you mean 'lr'"):
            kind(w, learning_rate=0.1)
    assert deeprob.minimize(lambda x: (x @ x, 2 * x), np.ones(2), method=Named, lr=0.1, steps=2).nit == 2
