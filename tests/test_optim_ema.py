"""EMA: the average of the points, against sums in longdouble and PyTorch's and optax's."""

import copy
import pickle

import numpy as np
import pytest

from deeprob import optim


def walk(rng, shape, dtype, steps=60):
    return rng.standard_normal((steps, *shape)).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("decay", "bias_correction"),
    [(0.9, True), (0.9, False), (0.999, True), (0.0, True), (None, True), (None, False)],
)
def test_the_average_is_the_weighted_sum(dtype, decay, bias_correction):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((3, 5)).astype(dtype)
    points = [w.astype(np.longdouble)]
    ema = optim.EMA(optim.Adam(w, lr=0.1), decay, bias_correction=bias_correction)
    np.testing.assert_array_equal(ema.average, w)
    for n, g in enumerate(walk(rng, w.shape, dtype), 1):
        ema.step(g)
        points.append(w.astype(np.longdouble))
        if decay is None:
            weights = np.r_[0, np.ones(n)]
        else:
            d = np.longdouble(decay)
            first = d**n if not bias_correction else 0
            weights = np.r_[first, (1 - d) * d ** np.arange(n - 1, -1, -1)]
        weights = weights / weights.sum()
        expected = np.tensordot(weights, np.array(points), 1)
        np.testing.assert_allclose(ema.average, expected.astype(dtype), rtol=0, atol=20 * np.finfo(dtype).eps)
    assert ema.n == ema.t == 60


def test_the_update_is_a_minus_c_times_a_minus_w_to_the_bit():
    rng = np.random.default_rng(0)
    for dtype in ("float64", "float32"):
        w = rng.standard_normal(1000).astype(dtype)
        ema = optim.EMA(optim.SGD(w, lr=0.1), 0.99, bias_correction=False)
        expected = w.copy()
        for g in walk(rng, w.shape, dtype, 20):
            ema.step(g)
            expected = expected + -np.asarray(1 - 0.99, dtype) * (expected - w)
            np.testing.assert_array_equal(ema.average, expected)


def test_points_that_stay_are_their_average_to_the_bit():
    w = np.random.default_rng(0).standard_normal(100)
    for decay in (0.999, 0.5, None):
        ema = optim.EMA(optim.SGD(w.copy()), decay)
        for _ in range(1000):
            ema.step(np.zeros(100))
        np.testing.assert_array_equal(ema.average, w)


def test_pytorchs_averaged_model_and_optaxs_ema(peer):
    torch, optax, jax = peer("torch"), peer("optax"), peer("jax")
    rng = np.random.default_rng(0)
    w = rng.standard_normal(7)
    mean, ema = (optim.EMA(optim.SGD(v, lr=0.1), decay) for v, decay in ((w, None), (w.copy(), 0.95)))
    model = torch.nn.Linear(7, 1, bias=False).double()
    averaged = torch.optim.swa_utils.AveragedModel(model)
    with jax.enable_x64(True):
        debiased = optax.ema(0.95)
        state = debiased.init(w)
        for g in walk(rng, w.shape, "float64"):
            mean.step(g)
            ema.step(g)
            with torch.no_grad():
                model.weight.copy_(torch.tensor(w))
            averaged.update_parameters(model)
            expected, state = debiased.update(ema.params, state)
            np.testing.assert_allclose(
                mean.average, averaged.module.weight.detach().numpy()[0], rtol=1e-13, atol=1e-14
            )
            np.testing.assert_allclose(ema.average, expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", optim.NAMES)
def test_around_any_optimizer_saved_and_loaded_and_copied(name, tmp_path):
    rng = np.random.default_rng(0)
    grads = walk(rng, (3, 4), "float64", 20)

    def make(W, decay=0.9):
        return optim.EMA(optim.REGISTRY[name]({"W": W}, lr=0.05), decay)

    ema = make(np.ones((3, 4)))
    for g in grads[:10]:
        ema.step({"W": g})
    alone = optim.REGISTRY[name](np.ones((3, 4)), lr=0.05)
    for g in grads[:10]:
        alone.step(g)
    np.testing.assert_array_equal(ema.params["W"], alone.params)
    ema.save(tmp_path / "ema.npz")
    loaded, put = make(np.zeros((3, 4))), make(ema.params["W"].copy())
    loaded.load(tmp_path / "ema.npz")
    put.load_state_dict(ema.state_dict())
    others = [loaded, put, copy.deepcopy(ema), pickle.loads(pickle.dumps(ema))]
    for g in grads[10:]:
        for each in (ema, *others):
            each.step({"W": g})
    for other in others:
        assert repr(other) == repr(ema)
        assert (other.n, other.t) == (20, 20)
        assert not np.shares_memory(other.average["W"], ema.average["W"])
        np.testing.assert_array_equal(other.params["W"], ema.params["W"])
        np.testing.assert_array_equal(other.average["W"], ema.average["W"])


def test_lists_strides_and_dtypes():
    wide = np.ones((6, 8))
    params = [wide[::2, ::-2], np.ones(3, np.float32), np.array(1.0), np.ones((4, 3)).T]
    ema = optim.EMA(optim.SGD(params, lr=0.5), None)
    for _ in range(2):
        ema.step([np.ones_like(w) for w in params])
    assert [a.dtype for a in ema.average] == [w.dtype for w in params]
    for a, w in zip(ema.average, params, strict=True):
        assert (w == 0).all()
        np.testing.assert_array_equal(a, 0.25 * np.ones_like(w))
    assert (wide[1::2] == 1).all()


def test_what_is_wrong_is_refused_and_nothing_changes():
    with pytest.raises(TypeError, match="optimizer is a ndarray; expected an optimizer"):
        optim.EMA(np.ones(3))
    with pytest.raises(TypeError, match="optimizer is a EMA"):
        optim.EMA(optim.EMA(optim.SGD(np.ones(3))))
    for decay, error in [(1.0, ValueError), (-0.1, ValueError), ("0.9", TypeError), (np.nan, ValueError)]:
        with pytest.raises(error, match="decay"):
            optim.EMA(optim.SGD(np.ones(3)), decay)
    with pytest.raises(TypeError, match="no argument 'beta'"):
        optim.EMA(optim.SGD(np.ones(3)), beta=0.9)
    ema = optim.EMA(optim.Adam([np.ones(3), np.ones(2)]), 0.9)
    ema.step([np.ones(3), np.ones(2)])
    before = [a.tobytes() for a in (*ema.params, *ema.average)]
    with pytest.raises(ValueError, match=r"grads\[1\]"):
        ema.step([np.ones(3), np.ones(3)])
    state = ema.state_dict()
    for other in [
        optim.Adam([np.ones(3), np.ones(2)]),
        optim.EMA(optim.Adam([np.ones(3), np.ones(2)]), 0.99),
        optim.EMA(optim.SGD([np.ones(3), np.ones(2)]), 0.9),
        optim.EMA(optim.Adam([np.ones(2), np.ones(3)]), 0.9),
        optim.EMA(optim.Adam([np.ones(3)]), 0.9),
    ]:
        with pytest.raises(ValueError, match="state"):
            other.load_state_dict(state)
        assert other.t == 0
    assert [a.tobytes() for a in (*ema.params, *ema.average)] == before
    assert (ema.n, ema.t) == (1, 1)


def test_lr_and_a_function_go_through():
    H = np.array([1.0, 25.0])
    w = np.array([1.0, 1.0])
    ema = optim.EMA(optim.Nesterov(w, lr=0.02, formulation="lookahead"), 0.5)
    for _ in range(200):
        ema.step(lambda point: H * point)
    ema.optimizer.lr = 0.0
    assert np.abs(ema.average).max() < 1e-3
    assert "lr=0.0" in repr(ema)


def test_groups_are_averaged_in_their_form(tmp_path):
    W, b = np.ones((2, 3)), np.ones(2)
    ema = optim.EMA(optim.SGD([{"params": W, "lr": 0.5}, {"params": {"b": b}}], lr=1.0), None)
    for _ in range(2):
        ema.step([np.ones((2, 3)), {"b": np.ones(2)}])
    np.testing.assert_array_equal(ema.average[0], np.full((2, 3), 0.25))
    np.testing.assert_array_equal(ema.average[1]["b"], [-0.5, -0.5])
    ema.save(tmp_path / "ema.npz")
    other = optim.EMA(optim.SGD([{"params": W.copy()}, {"params": {"b": b.copy()}}]), None)
    other.load(tmp_path / "ema.npz")
    assert repr(other) == repr(ema)
    np.testing.assert_array_equal(other.average[1]["b"], ema.average[1]["b"])


@pytest.mark.parametrize("decay", [0.0, 0.0055022011005502755, 0.9, 0.99, *(1 - 10.0 ** -np.arange(3, 16))])
def test_nothing_is_left_of_w_before_the_first_step(decay):
    w = np.array([1e20])
    ema = optim.EMA(optim.SGD(w, lr=0.0), decay=float(decay))
    w[:] = 1.0
    ema.step(np.zeros(1))
    assert ema.average[0] == 1.0
