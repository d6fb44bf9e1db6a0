"""Long runs stay sane: denormals, zeros, huge and tiny numbers, late steps; and what an optimizer shows."""

import functools

import numpy as np
import pytest

import deeprob
from deeprob import _core, optim

WAYS = [(name, {}) for name in optim.NAMES] + [
    ("rmsprop", {"centered": True}),
    ("rmsprop", {"momentum": 0.9, "centered": True}),
    ("rmsprop", {"momentum": 0.9}),
    ("adam", {"amsgrad": True}),
    ("adam", {"bias_correction": False}),
    ("adam", {"eps_mode": "hat"}),
    ("adamw", {"amsgrad": True, "eps_mode": "inside"}),
    ("momentum", {"dampening": 0.9}),
]
each_way = pytest.mark.parametrize(("name", "keywords"), WAYS, ids=str)
each_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
SHAPE = (6, 8)


def gradients(kind, dtype):
    """Endless gradients of a kind."""
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    sign = np.where(rng.random(SHAPE) < 0.5, -1, 1).astype(dtype)
    # squares of these still are finite, in sums of 1000 of them
    huge = np.sqrt(info.max).astype(dtype) / 1000
    t = 0
    while True:
        t += 1
        noise = rng.standard_normal(SHAPE).astype(dtype)
        yield {
            "zero": 0 * sign,
            "zero after the first": sign if t == 1 else 0 * sign,
            "denormal": sign * info.smallest_subnormal * (1 + t % 3),
            "tiny": noise * info.tiny,
            "huge": noise * huge,
            "constant": sign * dtype(0.37),
            "all": noise * dtype(10) ** dtype(rng.uniform(-30, 15)),
        }[kind].astype(dtype)


def check_finite(opt, steps, kind, dtype):
    """Take steps, the weights' own decay and all; NaN and infinity would stay, so the end is enough."""
    source = gradients(kind, np.dtype(dtype).type)
    for _ in range(steps):
        opt.step(next(source))
    assert np.isfinite(opt.params).all(), kind
    for _, states in opt._arrays():
        assert all(np.isfinite(state).all() for state in states), kind


@each_way
@each_dtype
@pytest.mark.parametrize(
    "kind", ["zero", "zero after the first", "denormal", "tiny", "huge", "constant", "all"]
)
def test_many_steps_stay_finite(name, keywords, dtype, kind):
    w = np.linspace(-1, 1, 48, dtype=dtype).reshape(SHAPE)
    steps = 2000 if name in _core.steps() or name == "adamw" else 200  # matrices take their time
    check_finite(optim.REGISTRY[name](w, lr=1e-3, weight_decay=1e-3, **keywords), steps, kind, dtype)


@each_way
@each_dtype
@pytest.mark.parametrize("lr", [0.0, 1e-300, 1e-38, 1e10])
def test_huge_and_tiny_lr(name, keywords, dtype, lr):
    w = np.linspace(-1, 1, 48, dtype=dtype).reshape(SHAPE)
    check_finite(optim.REGISTRY[name](w, lr=lr, **keywords), 300, "all", dtype)


@each_way
@each_dtype
@pytest.mark.parametrize("t", [2**24 - 1, 2**31 - 1, 2**40])
def test_late_steps(name, keywords, dtype, t):
    w = np.linspace(-1, 1, 48, dtype=dtype).reshape(SHAPE)
    opt = optim.REGISTRY[name](w, lr=1e-3, **keywords)
    check_finite(opt, 3, "constant", dtype)
    opt.t = t
    check_finite(opt, 300, "constant", dtype)
    assert opt.t == t + 300


@pytest.mark.parametrize("eps", [1e-30, 1e-8, 0.0])
def test_a_zero_gradient_moves_nothing_where_there_is_no_decay(eps):
    for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"):
        w = np.ones(5, np.float32)
        keywords = {} if name in ("sgd", "momentum", "nesterov") else {"eps": max(eps, 1e-30)}
        opt = optim.REGISTRY[name](w, lr=1.0, **keywords)
        for _ in range(20):
            opt.step(np.zeros(5, np.float32))
        assert (w == 1).all()


@pytest.mark.parametrize(("name", "keywords"), [way for way in WAYS if way[1]], ids=str)
@each_dtype
def test_the_loop_in_c_takes_the_same_steps(name, keywords, dtype):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((90, 7)).astype(dtype), rng.integers(0, 3, 90)
    W = rng.standard_normal((3, 7)).astype(dtype)
    objective = deeprob.Objective(X, y, reg=0.1)
    make = functools.partial(optim.REGISTRY[name], weight_decay=0.01, **keywords)
    assert make(W)._in_c()
    result = deeprob.gradient_descent(
        objective, W, learning_rate=lambda t: 0.05 / (1 + t), num_steps=20, optimizer=make
    )
    w = W.copy()
    optimizer = make(w)
    for t in range(20):
        optimizer.lr = 0.05 / (1 + t)
        optimizer.step(objective(w)[1])
    np.testing.assert_array_equal(result.w, w)


@pytest.mark.parametrize("asked", [{"keep_update": True}, {"clip_norm": 0.1}], ids=str)
def test_what_the_loop_in_c_cannot_do_is_done_step_by_step(asked):
    X, y = np.random.default_rng(0).standard_normal((90, 7)), np.arange(90) % 3
    made = []

    def make(w):
        made.append(optim.Adam(w, **asked))
        return made[0]

    assert not make(np.ones((3, 7)))._in_c()
    made.clear()
    result = deeprob.gradient_descent(
        deeprob.Objective(X, y), np.zeros((3, 7)), learning_rate=0.1, num_steps=3, optimizer=make
    )
    assert made[0].t == 3
    if "keep_update" in asked:
        assert (made[0].last_update != 0).all()
    assert result.w.any()


# ---- the norm --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-320, 1e-200, 1e-150, 1.0, 1e150, 1e200, 1e308])
def test_norms_at_the_ends_of_the_range(size):
    """The square of a gradient may be 0 or infinite where its norm is neither."""
    w, g = np.zeros(4), np.array([size, -size, size, -size]) / 2
    optim.SGD(w, lr=1.0, clip_norm=size / 4).step(g)
    np.testing.assert_allclose(w, -g / 4, rtol=1e-13 if size > 1e-300 else 1e-2)
    w[...] = 0
    optim.SGD(w, lr=1.0, clip_norm=1.7e308).step(g)
    np.testing.assert_array_equal(w, -g)


# ---- what is open to read ---------------------------------------------------------------------------


@each_way
@each_dtype
def test_the_last_update_is_new_minus_old(name, keywords, dtype):
    w = np.linspace(-1, 1, 48, dtype=dtype).reshape(SHAPE)
    plain = w.copy()
    opt = optim.REGISTRY[name](w, lr=0.01, weight_decay=0.1, keep_update=True, **keywords)
    other = optim.REGISTRY[name](plain, lr=0.01, weight_decay=0.1, **keywords)
    assert (opt.last_update == 0).all()
    source = gradients("all", np.dtype(dtype).type)
    for _ in range(5):
        before, g = w.copy(), next(source)
        opt.step(g)
        other.step(g)
        np.testing.assert_array_equal(opt.last_update, w - before)
        assert opt.last_update.dtype == w.dtype
    assert w.tobytes() == plain.tobytes()  # watching changes nothing
    with pytest.raises(AttributeError, match="keep_update=True"):
        other.last_update  # noqa: B018
    opt.keep_update = False
    with pytest.raises(AttributeError, match="keep_update=True"):
        opt.last_update  # noqa: B018
    with pytest.raises(TypeError, match="keep_update is 1"):
        opt.keep_update = 1


def test_the_last_update_in_every_form_and_with_a_norm():
    a, b = np.ones((2, 2), np.float32), np.array(1.0)
    opt = optim.SGD({"a": a, "b": b}, lr=0.5, clip_norm=1.0, keep_update=True)
    opt.step({"a": np.full((2, 2), 2.0, np.float32), "b": np.array(0.0)})
    np.testing.assert_allclose(opt.last_update["a"], -0.25)
    assert opt.last_update["b"].shape == ()
    groups = optim.SGD([{"params": [a.copy()]}, {"params": b.copy()}], lr=0.5, keep_update=True)
    groups.step([[np.ones((2, 2), np.float32)], np.array(3.0)])
    np.testing.assert_array_equal(groups.last_update[0][0], np.full((2, 2), -0.5))
    assert groups.last_update[1] == -1.5


@pytest.mark.parametrize("keywords", [{}, {"amsgrad": True}, {"bias_correction": False}], ids=str)
def test_unbiased_moments_are_the_lectures(keywords):
    W, b = np.ones((2, 3)), np.array(1.0, np.float32)
    opt = optim.Adam([{"params": W, "betas": (0.8, 0.99)}, {"params": [b]}], **keywords)
    assert (opt.moment1_unbias[0] == 0).all()
    for _ in range(3):
        opt.step([np.full((2, 3), 0.5), [np.array(-2.0, np.float32)]])
    np.testing.assert_allclose(opt.moment1_unbias[0], 0.5, rtol=1e-15)  # of a constant gradient: itself
    np.testing.assert_allclose(opt.moment2_unbias[0], 0.25, rtol=1e-14)
    np.testing.assert_allclose(opt.moment2_unbias[1][0], 4.0, rtol=1e-5)
    np.testing.assert_array_equal(opt.moment1_unbias[0], opt.moment1[0] / (1 - 0.8**3))
    assert opt.moment1_unbias[1][0].dtype == np.float32
    adamw = optim.AdamW(np.ones(2))
    adamw.step(np.ones(2))
    np.testing.assert_allclose(adamw.moment1_unbias, 1.0, rtol=1e-15)


def test_states_that_an_optimizer_was_made_without():
    w = np.ones(3)
    for opt, missing in [
        (optim.Adam(w), "max_moment2"),
        (optim.RMSProp(w), "velocity"),
        (optim.RMSProp(w), "grad_mean"),
        (optim.RMSProp(w, momentum=0.5), "grad_variance"),
    ]:
        assert not hasattr(opt, missing)
        with pytest.raises(AttributeError, match=f"made without {missing}"):
            getattr(opt, missing)
    amsgrad = optim.Adam(w, amsgrad=True, betas=(0.9, 0.5))
    for g in (2.0, 0.0):
        amsgrad.step(np.full(3, g))
    np.testing.assert_array_equal(amsgrad.max_moment2, 2.0)
    np.testing.assert_array_equal(amsgrad.moment2, 1.0)
    with pytest.raises(AttributeError, match="cannot be replaced"):
        amsgrad.max_moment2 = w


def test_momentum_needs_a_velocity_that_is_there_from_the_first():
    without = optim.RMSProp(np.ones(3))
    with pytest.raises(ValueError, match=r"momentum is 0.9; expected 0: this RMSProp was made without"):
        without.momentum = 0.9
    grouped = optim.RMSProp([{"params": np.ones(3)}, {"params": np.ones(2)}])
    with pytest.raises(ValueError, match=r"groups\[1\].momentum is 0.9; expected 0"):
        grouped.groups[1].momentum = 0.9
    one_with = optim.RMSProp([{"params": np.ones(3)}, {"params": np.ones(2), "momentum": 0.5}])
    one_with.groups[0].momentum = 0.9
    one_with.step([np.ones(3), np.ones(2)])
    for key in ("centered", "amsgrad"):
        opt = optim.RMSProp(np.ones(3)) if key == "centered" else optim.Adam(np.ones(3))
        with pytest.raises(AttributeError):
            setattr(opt, key, True)
        with pytest.raises(TypeError, match=key):
            type(opt)(np.ones(3), **{key: 1})
