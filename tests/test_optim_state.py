"""What an optimizer remembers: taken out, put back, in memory and in files, and resumed to the same bits."""

import numpy as np
import pytest

from deeprob import optim

each_name = pytest.mark.parametrize("name", optim.NAMES)
SETTINGS = {"lr": 0.02, "weight_decay": 0.01, "clip_value": 0.7}


def run(optimizer, rng, steps):
    for _ in range(steps):
        optimizer.step([rng.standard_normal(w.shape).astype(w.dtype) for w in optimizer.params])


def new_params(name=None):
    return [np.linspace(-1, 1, 12).reshape(3, 4), np.ones(5 if name != "muon" else (5, 1), np.float32)]


@each_name
def test_a_loaded_state_goes_on_with_the_same_bits(name):
    rng = np.random.default_rng(0)
    optimizer = optim.REGISTRY[name](new_params(name), **SETTINGS)
    run(optimizer, rng, 5)
    state, params = optimizer.state_dict(), [w.copy() for w in optimizer.params]
    kept = [[s.copy() for s in own] for own in state["states"]]
    other = optim.REGISTRY[name](params)
    run(optimizer, np.random.default_rng(1), 5)
    for own, was in zip(state["states"], kept, strict=True):  # copies: no later step reaches them
        for a, b in zip(own, was, strict=True):
            np.testing.assert_array_equal(a, b)
    other.load_state_dict(state)
    assert (other.t, other.lr, other.clip_value) == (5, 0.02, 0.7)
    run(other, np.random.default_rng(1), 5)
    assert [w.tobytes() for w in optimizer.params] == [w.tobytes() for w in other.params]


@each_name
def test_a_file_has_all_of_it(name, tmp_path):
    path = tmp_path / "optimizer.npz"
    optimizer = optim.REGISTRY[name](new_params(name), **SETTINGS)
    run(optimizer, np.random.default_rng(0), 5)
    optimizer.save(path)
    other = optim.REGISTRY[name]([np.zeros_like(w) for w in new_params(name)])
    other.load(path)
    for each in (optimizer, other):
        run(each, np.random.default_rng(1), 5)
    assert [w.tobytes() for w in optimizer.params] == [w.tobytes() for w in other.params]
    assert repr(optimizer) == repr(other)
    assert [p.name for p in tmp_path.iterdir()] == ["optimizer.npz"]
    with np.load(path, allow_pickle=False) as file:
        assert all(file[key].dtype != object for key in file.files)


def test_what_does_not_fit_is_refused_and_nothing_changes(tmp_path):
    adam = optim.Adam(new_params())
    run(adam, np.random.default_rng(0), 3)
    path = tmp_path / "adam.npz"
    adam.save(path)
    for other, message in [
        (optim.RMSProp(new_params()), "is of Adam; expected one of RMSProp"),
        (optim.Adam([np.ones(3)]), "other arrays"),
        (
            optim.Adam([np.ones((4, 3)), np.ones(5, np.float32)]),
            r"params\[0\] of the file is of shape \(3, 4\)",
        ),
        (optim.Adam([np.ones((3, 4)), np.ones(5)]), r"params\[1\].*dtype float32; expected.*float64"),
    ]:
        before = [w.tobytes() for w in other.params]
        with pytest.raises(ValueError, match=message):
            other.load(path)
        assert [w.tobytes() for w in other.params] == before
        assert other.t == 0
    state = adam.state_dict()
    state["states"][0][0] = state["states"][0][0].T
    fresh = optim.Adam(new_params())
    with pytest.raises(ValueError, match=r"state\['states'\]\[0\]\[0\] is of shape \(4, 3\)"):
        fresh.load_state_dict(state)
    velocity = optim.Momentum(np.ones(3)).state_dict()
    with pytest.raises(ValueError, match="formulation"):
        optim.Momentum(np.ones(3), formulation="displacement").load_state_dict(velocity)
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(ValueError, match="not written by"):
        fresh.load(tmp_path / "other.npz")


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "sgd.npz"
    optimizer = optim.SGD(np.ones(3))
    optimizer.save(path)
    before = path.read_bytes()

    def fail(*_args, **_keywords):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        optimizer.save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("attribute", "value", "error"),
    [
        ("weight_decay", -0.1, ValueError),
        ("decay", "l1", ValueError),
        ("maximize", 1, TypeError),
        ("clip_value", 0.0, ValueError),
        ("clip_norm", -1.0, ValueError),
    ],
)
def test_what_all_have_in_common_is_checked(attribute, value, error):
    optimizer = optim.SGD(np.zeros(2))
    with pytest.raises(error, match=attribute):
        setattr(optimizer, attribute, value)
    with pytest.raises(error, match=attribute):
        optim.SGD(np.zeros(2), **{attribute: value})


def test_one_way_of_clipping():
    with pytest.raises(ValueError, match="clip_value and clip_norm"):
        optim.SGD(np.zeros(2), clip_value=1.0, clip_norm=1.0)


# ---- states that are none: nothing changes -----------------------------------------------------------

MALFORMED = [
    ({"hyper": {"lr": -1.0}}, ValueError, r"state\['hyper'\]\['lr'\] is -1.0"),
    ({"hyper": {"lr": "x"}}, TypeError, r"state\['hyper'\]\['lr'\] is 'x'"),
    ({"hyper": {"lr": 0.5, "betas": (0.9,)}}, TypeError, r"\['betas'\] is \(0.9,\)"),
    ({"hyper": {"clip_value": 1.0, "clip_norm": 1.0}}, ValueError, "clip_value and clip_norm are both given"),
    ({"hyper": {"amsgrad": True}}, ValueError, "state has amsgrad=True; this optimizer has False"),
    ({"hyper": [0.1]}, TypeError, r"state\['hyper'\] is a list; expected a dict"),
    ({"t": -1}, ValueError, r"state\['t'\] is -1"),
    ({"t": 1.5}, TypeError, r"state\['t'\] is 1.5"),
    ({"t": None}, TypeError, r"state\['t'\] is None"),
    ({"states": []}, ValueError, "other arrays than this optimizer's 2"),
    ({"groups": [{"arrays": 2, "hyper": {}}]}, ValueError, "other groups"),
]


def as_it_was(optimizer):
    states = [s.tobytes() for _, own in optimizer._arrays() for s in own]
    return repr(optimizer), states, [w.tobytes() for w in optimizer.params], optimizer.state_dict()["hyper"]


@pytest.mark.parametrize(("change", "error", "message"), MALFORMED, ids=lambda v: str(v)[:40])
def test_a_malformed_state_changes_nothing(change, error, message):
    source = optim.Adam(new_params(), lr=0.5)
    run(source, np.random.default_rng(0), 3)
    adam = optim.Adam(new_params())
    run(adam, np.random.default_rng(1), 2)
    before = as_it_was(adam)
    with pytest.raises(error, match=message):
        adam.load_state_dict({**source.state_dict(), **change})
    assert as_it_was(adam) == before


@pytest.mark.parametrize("missing", ["optimizer", "t", "hyper", "states"])
def test_a_state_with_something_missing_changes_nothing(missing):
    adam = optim.Adam(new_params(), lr=0.5)
    state = adam.state_dict()
    run(adam, np.random.default_rng(1), 2)
    before = as_it_was(adam)
    del state[missing]
    with pytest.raises(KeyError, match=missing):
        adam.load_state_dict(state)
    assert as_it_was(adam) == before


def test_states_that_are_no_arrays_like_ours_change_nothing():
    adam = optim.Adam(new_params())
    before = as_it_was(adam)
    for other in (None, [0.0] * 5, np.zeros(5), np.zeros(4, np.float32), np.zeros(5, ">f4")):
        state = adam.state_dict()
        state["states"][1][1] = other
        with pytest.raises(ValueError, match=r"state\['states'\]\[1\]\[1\] is .*expected of shape \(5,\)"):
            adam.load_state_dict({**state, "t": 7, "hyper": {"lr": 0.9}})
        assert as_it_was(adam) == before


def test_files_that_are_none(tmp_path):
    path, adam = tmp_path / "adam.npz", optim.Adam(new_params())
    adam.save(path)
    whole = path.read_bytes()
    with np.load(path) as file:
        arrays = dict(file)
    before = as_it_was(adam)

    def refused(error, message):
        with pytest.raises(error, match=message):
            adam.load(path)
        assert as_it_was(adam) == before

    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        refused(ValueError, "not written by an optimizer's save, or is broken|pickled")
    path.write_bytes(b"text")
    refused(ValueError, "pickled")
    np.save(tmp_path / "one.npy", np.zeros(3))
    path.write_bytes((tmp_path / "one.npy").read_bytes())
    refused(ValueError, "not written by")
    for about, error, message in [
        ("[]", ValueError, "not written by"),
        ("{", ValueError, "property name"),
        ("{}", KeyError, "optimizer"),
        ('{"optimizer": "Adam", "t": 1, "hyper": {"lr": -1}}', ValueError, "lr"),
    ]:
        np.savez(path, **{**arrays, "about": np.array(about)})
        refused(error, message)
    np.savez(path, **{key: a for key, a in arrays.items() if key != "state_1_1"})
    refused(ValueError, "other arrays")
    np.savez(path, **{**arrays, "state_1_1": np.zeros(3, np.float32)})
    refused(ValueError, r"state\['states'\]\[1\]\[1\]")
    with pytest.raises(OSError, match="nowhere"):
        adam.load(tmp_path / "nowhere.npz")


def test_states_of_kernels_with_more_of_them(tmp_path):
    for make in (
        lambda p: optim.RMSProp(p, centered=True, momentum=0.9),
        lambda p: optim.AdamW(p, amsgrad=True, eps_mode="hat"),
    ):
        first, second = make(new_params()), make(new_params())
        run(first, np.random.default_rng(0), 3)
        first.save(tmp_path / "o.npz")
        second.load(tmp_path / "o.npz")
        for optimizer in (first, second):
            run(optimizer, np.random.default_rng(1), 3)
        assert as_it_was(first)[:3] == as_it_was(second)[:3]
    plain = optim.AdamW(new_params())
    with pytest.raises(ValueError, match="other arrays"):
        plain.load(tmp_path / "o.npz")
