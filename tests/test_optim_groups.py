"""Groups of parameters with hyperparameters of their own: as so many optimizers, in one call."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import deeprob
from deeprob import optim
from deeprob.optim._hyper import Hyper

each_name = pytest.mark.parametrize("name", optim.NAMES)


def arrays(seed=0, name=None):
    """Four arrays; Muon's are matrices."""
    rng = np.random.default_rng(seed)
    shapes = [(3, 4), (3,), (), (2, 5)] if name != "muon" else [(3, 4), (3, 1), (1, 1), (2, 5)]
    return [rng.standard_normal(shape) for shape in shapes]


def grouped(W, b, c, d, **first):
    """Four arrays in three groups of three forms."""
    return [{"params": W, **first}, {"params": [b, c]}, {"params": {"d": d}, "lr": 0.3, "maximize": True}]


def regrouped(W, b, c, d):
    return [W, [b, c], {"d": d}]


def same(a, b):
    assert [x.tobytes() for x in a] == [x.tobytes() for x in b]


OTHERS = [{"weight_decay": 0.1}, {"weight_decay": 0.1, "decay": "torch", "lr": 0.02}, {"clip_value": 0.5}]


@each_name
@pytest.mark.parametrize("first", OTHERS, ids=str)
def test_groups_are_so_many_optimizers(name, first):
    make, mine, alone = optim.REGISTRY[name], arrays(name=name), arrays(name=name)
    opt = make(grouped(*mine, **first), lr=0.05)
    W, b, c, d = alone
    others = [make(W, **{"lr": 0.05, **first}), make([b, c], lr=0.05), make([d], lr=0.3, maximize=True)]
    for t in range(12):
        if t == 6:  # the optimizer's own is heard where no group has set its own
            opt.lr = 0.01
            others[1].lr = 0.01
            others[0].lr = first.get("lr", 0.01)
            opt.groups[1].weight_decay = 0.2
            others[1].weight_decay = 0.2
        g = arrays(t, name)
        opt.step(regrouped(*g))
        for other, part in zip(others, (g[0], g[1:3], g[3:]), strict=True):
            other.step(part)
        same(mine, alone)
    states = [s for other in others for _, own in other._arrays() for s in own]
    same([s for _, own in opt._arrays() for s in own], states)


def test_the_norm_is_of_all_groups_together():
    mine, flat = arrays(), arrays()
    opt = optim.Adam([{"params": a} for a in mine], clip_norm=0.7)
    other = optim.Adam(flat, clip_norm=0.7)
    for t in range(3):
        opt.step(arrays(t))
        other.step(arrays(t))
    same(mine, flat)


def test_threads_and_strides():
    big = [np.ones(400_000), np.ones((700, 500))[:, ::-1], np.ones(70_000)]
    params = [w.copy("K") for w in big]
    opt = optim.SGD([{"params": w, "lr": 0.1 * (k + 1)} for k, w in enumerate(params)], threads=2)
    opt.step([np.ones(w.shape) for w in big])
    for k, w in enumerate(params):
        np.testing.assert_array_equal(w, 1 - 0.1 * (k + 1))


# ---- reading and setting -------------------------------------------------------------------


def test_what_is_not_set_follows_the_optimizers_own():
    opt = optim.Adam([{"params": np.ones(2), "lr": 0.1}, {"params": np.ones(3)}], lr=0.01)
    first, second = opt.groups
    assert (first.lr, second.lr, second.betas) == (0.1, 0.01, (0.9, 0.999))
    opt.lr, opt.betas = 0.5, (0.5, 0.6)
    assert (first.lr, second.lr, second.betas) == (0.1, 0.5, (0.5, 0.6))
    second.lr = 0.25
    del first.lr
    del first.eps  # had none: nothing to forget
    opt.lr = 1.0
    assert (first.lr, second.lr) == (1.0, 0.25)
    assert first.params is opt.params[0]
    assert "lr" in dir(first) and "clip_norm" not in dir(first)
    assert repr(second).startswith("Group(betas=(0.5, 0.6), bias_correction=True, ")
    assert "; groups {}, {'lr': 0.25}; 5 parameters, t=0)" in repr(opt)


def test_without_groups_there_is_one_which_is_the_optimizer():
    opt = optim.SGD(np.ones(2), lr=0.5)
    (group,) = opt.groups
    group.lr = 0.25
    assert (opt.lr, group.lr) == (0.25, 0.25)
    assert group.params is opt.params
    opt.step(np.ones(2))
    np.testing.assert_array_equal(opt.params, 0.75)
    with pytest.raises(AttributeError, match="no groups"):
        del group.lr


def test_forms_of_states_params_and_points():
    mine = arrays()
    opt = optim.Nesterov(grouped(*mine), lr=0.1, formulation="lookahead")
    opt.groups[2].momentum = 0.5
    assert opt.params[0] is mine[0] and opt.params[1][1] is mine[2] and opt.params[2]["d"] is mine[3]
    opt.step(lambda point: copy.deepcopy(point))  # the bowl |w|^2 / 2
    ahead, v = opt.lookahead_point(), opt.velocity
    np.testing.assert_array_equal(ahead[1][0], mine[1] + 0.9 * v[1][0])
    np.testing.assert_array_equal(ahead[2]["d"], mine[3] + 0.5 * v[2]["d"])
    torchs = optim.Nesterov([{"params": np.ones(2), "lr": 0.5}], formulation="torch", momentum=0.5)
    torchs.step([np.ones(2)])
    np.testing.assert_array_equal(torchs.unshifted()[0], torchs.params[0] + 0.25 * torchs.velocity[0])


# ---- lives ----------------------------------------------------------------------------------


@each_name
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o)), "state", "file"])
def test_all_of_it_goes_on_with_the_same_bits(name, clone, tmp_path):
    make = optim.REGISTRY[name]
    first = make(grouped(*arrays(name=name), weight_decay=0.1), lr=0.05)
    first.groups[1].lr = 0.2
    for t in range(3):
        first.step(regrouped(*arrays(t, name)))
    if isinstance(clone, str):
        flat = [w.copy() if clone == "state" else np.zeros_like(w) for w in first._params]
        second = make(grouped(*flat))
        if clone == "state":
            second.load_state_dict(first.state_dict())
        else:
            first.save(tmp_path / "o.npz")
            second.load(tmp_path / "o.npz")
    else:
        second = clone(first)
    assert repr(first) == repr(second)
    assert [g.lr for g in second.groups] == [0.05, 0.2, 0.3]
    for opt in (first, second):
        for t in range(3):
            opt.step(regrouped(*arrays(t, name)))
    same(first._params, second._params)
    second.groups[0].lr = 1.0  # each has its own groups
    assert first.groups[0].lr == 0.05


def test_states_of_other_groups_are_refused():
    W, b, c, d = arrays()
    opt = optim.Adam(grouped(W, b, c, d))
    state = opt.state_dict()
    flat = optim.Adam(arrays())
    with pytest.raises(ValueError, match=r"other groups of arrays than this optimizer's, \[\]"):
        flat.load_state_dict(state)
    with pytest.raises(ValueError, match=r"than this optimizer's, \[1, 2, 1\]"):
        opt.load_state_dict(flat.state_dict())
    del state["groups"]  # of an older version, which had none
    with pytest.raises(ValueError, match="other groups"):
        opt.load_state_dict(state)
    old = flat.state_dict()
    del old["groups"]
    flat.load_state_dict(old)


# ---- refused ----------------------------------------------------------------------------------

W, B = np.ones((2, 3)), np.ones(3)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([{"params": W, "lr": -1.0}], ValueError, r"params\[0\]\['lr'\] is -1.0"),
        ([{"params": W}, {"params": B, "betas": 0.9}], TypeError, r"params\[1\]\['betas'\] is 0.9"),
        ([{"params": W, "learning_rate": 1}], TypeError, r"params\[0\] has no hyper.*; did you mean 'lr'"),
        ([{"params": W, "clip_norm": 1.0}], TypeError, r"params\[0\] has no hyperparameter 'clip_norm'"),
        ([{"params": W, "amsgrad": 1.0}], TypeError, r"params\[0\] has no hyperparameter 'amsgrad'"),
        ([{"params": W}, B], TypeError, r"params\[1\] is a ndarray; expected a dict with 'params'"),
        ([{"W": W}], TypeError, r"params\[0\] is a dict with \['W'\]; expected a dict with 'params'"),
        ([{"params": []}], ValueError, r"params\[0\]\['params'\] is an empty list"),
        ([{"params": W}, {"params": {}}], ValueError, r"params\[1\]\['params'\] is an empty dict"),
        ([{"params": [W, [1.0]]}], TypeError, r"params\[0\]\['params'\]\[1\] is a list"),
        ([{"params": {"a": np.ones(3, int)}}], TypeError, r"params\[0\]\['params'\]\['a'\] has dtype int"),
        (
            [{"params": W}, {"params": [B, W[0]]}],
            ValueError,
            r"params\[1\]\['params'\]\[1\] shares memory with params\[0\]\['params'\]; expected",
        ),
        ([{"params": W, "clip_value": 1.0}], ValueError, "clip_value and clip_norm are both"),
    ],
)
def test_groups_that_are_none(params, error, message):
    keywords = {"clip_norm": 2.0} if "clip_value" in params[0] else {}
    with pytest.raises(error, match=message):
        optim.Adam(params, **keywords)


@pytest.mark.parametrize(
    ("grads", "error", "message"),
    [
        (W, TypeError, "grads is a ndarray; expected a list with an entry for each group"),
        ([W], ValueError, "grads has 1 entries; expected 2"),
        (
            [W, B],
            TypeError,
            r"grads\[1\] is a ndarray; expected a list of arrays, as params\[1\]\['params'\]",
        ),
        ([W, [B, B]], ValueError, r"grads\[1\] has 2 arrays; expected 1, one for each of params\[1\]"),
        ([[W], [B]], TypeError, r"grads\[0\] is a list; expected a numpy.ndarray"),
        ([W + 1, [np.ones(4)]], ValueError, r"grads\[1\]\[0\] has shape \(4,\)"),
        ([W + 1, [np.ones(3, np.float32)]], TypeError, r"grads\[1\]\[0\] has dtype float32"),
    ],
)
def test_gradients_that_do_not_fit_change_nothing(grads, error, message):
    params = [np.zeros((2, 3)), np.zeros(3)]
    opt = optim.Adam([{"params": params[0]}, {"params": [params[1]], "lr": 1.0}])
    with pytest.raises(error, match=message):
        opt.step(grads)
    assert opt.t == 0
    assert all((w == 0).all() for w in params)


def test_a_wrong_value_is_refused_and_the_old_one_stays():
    opt = optim.Adam([{"params": np.ones(2)}, {"params": np.ones(3), "lr": 0.5}])
    with pytest.raises(ValueError, match=r"groups\[1\].lr is -1"):
        opt.groups[1].lr = -1
    with pytest.raises(AttributeError, match="a group has no 'rate'"):
        opt.groups[1].rate = 1
    with pytest.raises(AttributeError, match="a group has no 'learning_rate'; did you mean 'lr'"):
        opt.groups[1].learning_rate  # noqa: B018
    assert opt.groups[1].lr == 0.5


def test_the_core_checks_its_numbers():
    plan, _ = deeprob._core.step_plan("sgd", (W, B), None, ("a", "b"), ("c", "d"), False)
    for hyper in (((0.1,),), ((0.1,), 0.1), ((0.1,), (0.1, 0.2)), ((0.1,), ("x",)), ()):
        with pytest.raises(TypeError):
            deeprob._core.step(plan, 1, hyper, (W + 1, B + 1), None)
    assert (W == 1).all()
    for names in (("a",), ("a", 1), ["a", "b"]):
        with pytest.raises(TypeError, match="tuples that fit"):
            deeprob._core.step_plan("sgd", (W, B), None, names, ("c", "d"), False)


def test_the_loops_take_one_array():
    with pytest.raises(ValueError, match="other parameters"):
        deeprob.gradient_descent(
            lambda w: (0.0, w),
            np.ones(3),
            learning_rate=0.1,
            num_steps=1,
            optimizer=lambda w: optim.SGD([{"params": w}]),
        )


@each_name
def test_every_hyperparameter_may_be_a_groups(name):
    make, arrays = optim.REGISTRY[name], [np.ones((2, 1)), np.ones((3, 1))]
    opt, plain = make([{"params": w.copy()} for w in arrays]), make(arrays)
    for key in inspect.signature(make).parameters:
        if isinstance(getattr(make, key, None), Hyper) and key != "clip_norm":
            setattr(opt.groups[0], key, getattr(opt, key))
            assert getattr(opt.groups[0], key) == getattr(opt, key)
    for _ in range(3):
        for each in (opt, plain):
            each.step([np.ones((2, 1)), np.ones((3, 1))])
    first, second = (group.params for group in opt.groups)
    assert first.tolist() == plain.params[0].tolist() != np.ones((2, 1)).tolist()
    assert second.tolist() == plain.params[1].tolist()
