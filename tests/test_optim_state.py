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
