"""The optimizers' steps against their NumPy twins: to the bit, for every layout, size and thread count."""

import numpy as np
import pytest
from cases import DTYPES, rng_for
from numpy.lib.stride_tricks import as_strided

from deeprob import _core, optim, reference

# Every step of the core, with its other ways besides the defaults.
VARIANTS = {
    "momentum": [
        {"formulation": "displacement"},
        {"momentum": 0.0},
        {"momentum": 1.0},
        {"dampening": 0.9},
        {"dampening": 0.5, "formulation": "displacement"},
    ],
    "nesterov": [{"formulation": "lookahead"}, {"formulation": "torch"}, {"momentum": 0.0}],
    "adagrad": [{"lr_decay": 0.1}, {"eps": 1e-3}, {"eps": 1e-3, "eps_mode": "inside"}],
    "rmsprop": [
        {"decay_rate": 0.99, "eps": 1e-8},
        {"decay_rate": 0.0},
        {"eps": 1e-3, "eps_mode": "inside"},
        {"momentum": 0.9},
        {"momentum": 0.5, "eps_mode": "inside"},
        {"centered": True},
        {"centered": True, "momentum": 0.9, "decay_rate": 0.99},
    ],
    "adam": [
        {"bias_correction": False},
        {"betas": (0.0, 0.0)},
        {"betas": (0.99, 0.9), "eps": 1e-3},
        {"eps_mode": "inside", "eps": 1e-3},
        {"eps_mode": "hat"},
        {"amsgrad": True},
        {"amsgrad": True, "eps_mode": "hat", "betas": (0.5, 0.6)},
    ],
    "adamax": [{"betas": (0.0, 0.5)}],
    "nadam": [{"betas": (0.0, 0.9), "momentum_decay": 0.0}, {"momentum_decay": 3.0}],
    "radam": [{"betas": (0.5, 0.6)}, {"betas": (0.9, 0.9)}],
    "adadelta": [{"rho": 0.0, "eps": 1e-3}],
    "rprop": [{"etas": (0.1, 3.0), "step_sizes": (1e-3, 0.1)}],
    "asgd": [{"lambd": 0.1, "alpha": 1.0, "t0": 3.0}],
    "lion": [{"betas": (0.0, 0.0)}],
    "adabelief": [{"betas": (0.5, 0.9), "eps": 1e-3, "eps_root": 0.0}],
    "schedule_free_sgd": [{"beta": 0.0, "warmup_steps": 5}, {"beta": 1.0, "weight_lr_power": 0.0}],
    "schedule_free_adamw": [{"betas": (0.5, 0.9), "warmup_steps": 5}],
}
CASES = [(name, {}) for name in optim.NAMES if name in _core.steps()]
CASES += [(name, keywords) for name, variants in VARIANTS.items() for keywords in variants]
# States that are points, by their numbers, between which w is: any of them may cross 0.
POINTS = {"schedule_free_sgd": (0, 1), "schedule_free_adamw": (0, 1)}
# Around the vectors (2 to 16 values, unrolled or not) and the tile of what is strided (256).
SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 127, 129, 255, 256, 257, 1000]
STEPS = 1000


def made(name, params, lr=0.01, **keywords):
    return optim.REGISTRY[name](params, lr=lr, **keywords)


# Each kernel once, by the first way that leads to it.
KERNELS = {made(name, np.zeros(1), **keywords)._kernel: (name, keywords) for name, keywords in CASES[::-1]}

each_case = pytest.mark.parametrize(("name", "keywords"), CASES, ids=lambda v: str(v))
each_kernel = pytest.mark.parametrize(("name", "keywords"), KERNELS.values(), ids=list(KERNELS))
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def gradient(rng, shape, dtype):
    """Many magnitudes, and now and then exactly 0."""
    g = rng.standard_normal(shape) * 10.0 ** rng.uniform(-4, 2, shape)
    return np.where(rng.random(shape) < 0.1, 0.0, g).astype(dtype)


def same_bits(a, b):
    """Equal to the bit, but for which NaN a NaN is."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_array_equal(a, b)
    number = ~np.isnan(a)
    np.testing.assert_array_equal(np.signbit(a[number]), np.signbit(b[number]))


def largest(before, after):
    """The size of what a step from one point to another is computed with."""
    return np.maximum(np.maximum(np.abs(before), np.abs(after)), np.abs(after - before))


def check_states(optimizer, states):
    for (_, mine), theirs in zip(optimizer._arrays(), states, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            same_bits(a, b)


def zeros(optimizer, like):
    """States of the optimizer's kernel for an array."""
    return tuple(np.zeros_like(like) for _ in range(_core.steps()[optimizer._kernel][0]))


def twin_of(optimizer, kind="_as_computed"):
    return getattr(reference, optimizer._kernel + kind)


def test_every_step_of_the_core_has_its_class_and_both_twins():
    assert set(KERNELS) == set(_core.steps())
    for name, (states, hypers) in _core.steps().items():
        way, keywords = KERNELS[name]
        optimizer = made(way, np.zeros(3), **keywords)
        ((_, own),) = optimizer._arrays()
        assert (len(own), len(optimizer._hyper())) == (states, hypers)
        assert optimizer._hyper()[0] == optimizer.lr
        assert callable(getattr(reference, name))
        assert callable(getattr(reference, f"{name}_as_computed"))


@each_case
@each_dtype
def test_the_bits_are_numpys_over_1000_steps(name, keywords, dtype):
    rng = rng_for(name)
    params = [rng.standard_normal(n).astype(dtype) for n in SIZES]
    optimizer = made(name, params, **keywords)
    twin = twin_of(optimizer)
    # The twins see all sizes at once: elementwise is elementwise.
    w = np.concatenate(params)
    states = zeros(optimizer, w)
    ends = np.cumsum(SIZES)[:-1]
    for t in range(1, STEPS + 1):
        if t == STEPS // 2:
            optimizer.lr = 0.003
        g = gradient(rng, w.size, dtype)
        w, states = twin(w, g, states, t, *optimizer._hyper())
        optimizer.step(np.split(g, ends))
        if t < 20 or t % 100 == 0:
            same_bits(np.concatenate(params), w)
    assert optimizer.t == STEPS
    check_states(
        optimizer, zip(*(np.split(s, ends) for s in states), strict=True) if states else [()] * len(SIZES)
    )


@each_case
def test_a_step_is_the_textbooks_to_8_ulp(name, keywords):
    rng = rng_for(name)
    w = rng.standard_normal(200)
    optimizer = made(name, w, **keywords)
    twin = twin_of(optimizer, "")
    ((_, states),) = optimizer._arrays()
    for t in range(1, STEPS + 1):
        g = gradient(rng, w.size, "float64")
        before, olds = w.copy(), tuple(s.copy() for s in states)
        expected, new = twin(w, g, olds, t, *optimizer._hyper())
        optimizer.step(g)
        points = POINTS.get(name, ())
        size = np.max([largest(before, expected), *(largest(olds[k], new[k]) for k in points)], axis=0)
        assert (np.abs(w - expected) <= 8 * np.spacing(size)).all()
        for k, (mine, theirs) in enumerate(zip(states, new, strict=True)):
            own = size if k in points else np.abs(theirs)
            assert (np.abs(mine - theirs) <= 8 * np.spacing(own)).all()


@each_case
@each_dtype
def test_the_edges_of_the_dtype(name, keywords, dtype):
    info = np.finfo(dtype)
    edges = [0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, info.max, -info.max, info.tiny, info.smallest_subnormal]
    edges += [np.sqrt(info.max), np.sqrt(info.tiny), 1e-3 * info.tiny, info.eps]
    g, w = (a.ravel().astype(dtype) for a in np.meshgrid(edges, edges))
    mine = w.copy()
    optimizer = made(name, mine, **keywords)
    twin, states = twin_of(optimizer), zeros(optimizer, w)
    with np.errstate(all="ignore"):
        for t in range(1, 4):
            w, states = twin(w, g, states, t, *optimizer._hyper())
            optimizer.step(g)
            same_bits(mine, w)
    check_states(optimizer, [states])


# ---- what comes before every step ------------------------------------------------------

COMMON = [
    {"weight_decay": 0.05},
    {"weight_decay": 0.05, "decay": "lecture"},
    {"weight_decay": 0.05, "decay": "torch", "maximize": True},
    {"weight_decay": 0.05, "decay": "paper", "clip_value": 0.5},
    {"clip_value": 0.25, "maximize": True, "weight_decay": 0.1},
]


@pytest.mark.parametrize("common", COMMON, ids=str)
@each_kernel
@each_dtype
def test_what_all_have_in_common_is_the_twins(name, keywords, dtype, common):
    rng = rng_for(name)
    start = [rng.standard_normal(n).astype(dtype) for n in SIZES]
    dense, spread = [w.copy() for w in start], [np.repeat(w, 2)[::2] for w in start]
    optimizers = [made(name, params, **keywords, **common) for params in (dense, spread)]
    w, ends = np.concatenate(start), np.cumsum(SIZES)[:-1]
    twin, states = twin_of(optimizers[0]), zeros(optimizers[0], w)
    for t in range(1, 30):
        g = gradient(rng, w.size, dtype)
        own = optimizers[0]._hyper()
        w, dw = reference.prepared(w, g, own[0], *optimizers[0]._common())
        w, states = twin(w, dw, states, t, *own)
        for optimizer, params in zip(optimizers, (dense, spread), strict=True):
            optimizer.step(np.split(g, ends))
            same_bits(np.concatenate(params), w)


@each_dtype
def test_gradients_are_scaled_to_a_norm(dtype):
    rng = rng_for(1)
    shapes = [(3, 5), (40,), ()]
    start, grads = ([rng.standard_normal(s).astype(dtype) for s in shapes] for _ in range(2))
    size = np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in grads))
    for most in (0.5, 2 * size):
        params = [w.copy() for w in start]
        optim.SGD(params, lr=1.0, clip_norm=most).step(grads)
        scale = min(1.0, most / size)
        for w, w0, g in zip(params, start, grads, strict=True):
            same_bits(w, w0 - np.asarray(scale, dtype) * g)


@each_dtype
def test_moments_that_fade_to_nothing_keep_numpys_bits(dtype):
    w = np.ones(40, dtype)
    optimizer = made("adam", w, betas=(0.5, 0.6))
    expected, states = w.copy(), (np.zeros_like(w), np.zeros_like(w))
    for t in range(1, 2500):
        g = np.full(40, 1.0 if t == 1 else 0.0, dtype)
        expected, states = reference.adam_as_computed(expected, g, states, t, *optimizer._hyper())
        optimizer.step(g)
    same_bits(w, expected)
    check_states(optimizer, [states])


@pytest.mark.parametrize("t", [1, 2, 1000, 2**24 + 1, 2**31, 2**40, 2**62])
def test_adam_at_any_step_number(t):
    rng = rng_for(t)
    for betas in [(0.9, 0.999), (1 - 1e-12, 1 - 1e-15), (0.0, 0.5)]:
        w, g = rng.standard_normal((2, 33))
        optimizer = made("adam", w, betas=betas)
        optimizer.t = t - 1
        expected, _ = reference.adam_as_computed(w, g, (0 * w, 0 * w), t, *optimizer._hyper())
        optimizer.step(g)
        same_bits(w, expected)
        assert optimizer.t == t


# ---- memory ---------------------------------------------------------------------------

LAYOUTS = {
    "rows": lambda a: a.copy(),
    "columns": lambda a: a.copy("F"),
    "transposed": lambda a: a.T.copy().T,
    "strided": lambda a: strided(a),
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "half reversed": lambda a: a[:, ::-1].copy()[:, ::-1],
    "offset": lambda a: offset(a),
    "wide": lambda a: strided(a, 1, 3),
    "tall": lambda a: strided(np.ascontiguousarray(a.T), 2, 1).T,
}


def strided(a, down=2, right=3):
    wide = np.full((down * a.shape[0], right * a.shape[1]), 7, a.dtype)
    view = wide[::down, ::right]
    view[...] = a
    return view


def offset(a):
    """One byte off: no value is aligned."""
    shifted = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    shifted[...] = a
    return shifted


@each_dtype
@each_kernel
@pytest.mark.parametrize("g_layout", LAYOUTS)
@pytest.mark.parametrize("w_layout", LAYOUTS)
def test_any_strides_of_parameters_and_gradients(w_layout, g_layout, name, keywords, dtype):
    for shape in [(1, 1), (3, 5), (10, 73), (300, 2), (2, 300), (17, 40)]:
        rng = rng_for(*shape)
        start = rng.standard_normal(shape).astype(dtype)
        expected = start.copy()
        plain = made(name, expected, **keywords)
        w = LAYOUTS[w_layout](start)
        memory = w
        while memory.base is not None:
            memory = memory.base
        optimizer = made(name, w, **keywords)
        around = memory.copy()
        for _ in range(3):
            g = gradient(rng, shape, dtype)
            plain.step(g)
            optimizer.step(LAYOUTS[g_layout](g))
        same_bits(w, expected)
        w[...] = start  # what lies between the parameters is as it was
        assert memory.tobytes() == around.tobytes()


@each_kernel
def test_more_axes_and_none(name, keywords):
    rng = rng_for(name)
    for axes in [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)]:
        start, g = rng.standard_normal((2, 3, 1, 5, 7))
        expected = start.copy()
        made(name, expected, **keywords).step(g)
        w = start.transpose(axes).copy().transpose(np.argsort(axes))
        made(name, w, **keywords).step(g)
        same_bits(w, expected)
        cube = np.zeros((6, 2, 10, 14))
        cube[::2, ::2, ::2, ::-2] = start
        made(name, cube[::2, ::2, ::2, ::-2], **keywords).step(g)
        same_bits(cube[::2, ::2, ::2, ::-2], expected)
        assert np.count_nonzero(cube[1::2]) == 0
    point = np.array(1.0)
    made(name, point, **keywords).step(np.array(2.0))
    one = np.array([1.0])
    made(name, one, **keywords).step(np.array([2.0]))
    assert point == one[0] != 1.0
    made(name, np.zeros((3, 0, 2)), **keywords).step(np.zeros((3, 0, 2)))


def test_one_number_for_all_gradients_and_columns_of_one_matrix():
    W = np.ones((4, 6))
    weights, bias = W[:, :-1], W[:, -1]
    dW = np.ones((4, 6))
    optim.SGD({"W": weights, "b": bias}, lr=0.5).step({"W": dW[:, :-1], "b": dW[:, -1]})
    np.testing.assert_array_equal(W, np.full((4, 6), 0.5))
    optim.SGD(W, lr=0.5).step(np.broadcast_to(np.float64(1), W.shape))
    np.testing.assert_array_equal(W, np.zeros((4, 6)))


@each_kernel
@each_dtype
def test_any_number_of_threads_gives_the_same_bits(name, keywords, dtype):
    shapes = [(1_100_003,), (10, 7), (0,), (400_000,), (3,), (500, 300)]
    rng = rng_for(name)
    starts = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    grads = [gradient(rng, shape, dtype) for shape in shapes]
    ends = []
    for threads in (1, 2, 7):
        params = [a.copy("F") for a in starts]
        optimizer = made(name, params, threads=threads, **keywords)
        hypers = []
        for _ in range(2):
            hypers.append(optimizer._hyper())
            optimizer.step(grads)
        ends.append(params)
    for k, (start, g) in enumerate(zip(starts, grads, strict=True)):
        expected, states = start, zeros(optimizer, start)
        for t in (1, 2):
            expected, states = twin_of(optimizer)(expected, g, states, t, *hypers[t - 1])
        for params in ends:
            same_bits(params[k], expected)


def test_gradients_with_a_stride_of_0_in_one_axis():
    W, row = np.zeros((300, 5)), np.arange(5.0)
    optim.SGD(W, lr=1.0).step(as_strided(row, (300, 5), (0, 8)))
    np.testing.assert_array_equal(W, np.tile(-row, (300, 1)))
