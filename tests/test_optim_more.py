"""The optimizers beyond the lecture's: PyTorch's and optax's numbers, what the papers say, long runs."""

import functools
import math

import numpy as np
import pytest

import deeprob
from deeprob import optim, reference

H = np.array([1.0, 25.0])  # the bowl (x^2 + 25 y^2) / 2
MORE = ["adamax", "nadam", "radam", "adadelta", "rprop", "asgd", "lion", "adabelief"]
MORE += ["schedule_free_sgd", "schedule_free_adamw", "muon", "shampoo"]
each_of_more = pytest.mark.parametrize("name", MORE)


def test_the_names():
    assert [name for name in optim.NAMES if name in MORE] == MORE
    classes = (
        "AdaMax NAdam RAdam AdaDelta Rprop ASGD Lion AdaBelief ScheduleFreeSGD ScheduleFreeAdamW Muon Shampoo"
    )
    assert [optim.REGISTRY[name].__name__ for name in MORE] == classes.split()
    assert set(classes.split()) <= set(optim.__all__)


# ---- PyTorch -----------------------------------------------------------------------------

PUBLISHED = {  # of PyTorch 2.13 in float64 on the bowl from (1, 1): w at t = 1, 2, 3, 10, 100
    ("NAdam", 0.1): [
        (0.89435482322091298, 0.89435482220671925),
        (0.81997307153157539, 0.81997306980615614),
        (0.75272926761554149, 0.75272926524439898),
        (0.32336402256097796, 0.32336401649571422),
        (6.0179490355072572e-07, 6.0179477007917438e-07),
    ],
    ("RAdam", 0.1): [
        (0.9, -1.5),
        (0.8052631578947369, -0.71052631578947367),
        (0.71577005243736647, 0.44309574674694119),
        (0.53474759471844846, 0.73227151925162981),
        (-0.013303475885826605, 0.016436394097372749),
    ],
    ("Adamax", 0.1): [
        (0.90000000099999999, 0.90000000004000003),
        (0.80516832811659023, 0.80516832629678314),
        (0.71549947473680553, 0.71549947215540932),
        (0.22879221315047937, 0.22879220774711462),
        (-0.0033258990607987842, -0.0033258990557346016),
    ],
    ("Adadelta", 1.0): [
        (0.99683773815110133, 0.9968377223651298),
        (0.99359819840765173, 0.99359816602036555),
        (0.99030908280083763, 0.99030903335627662),
        (0.9665971863702767, 0.96659701204043302),
        (0.65117007812459538, 0.65116816435900282),
    ],
    ("Rprop", 0.1): [
        (0.9, 0.9),
        (0.78, 0.78),
        (0.636, 0.636),
        (0.036867840000000124, 0.036867840000000124),
        (-6.9178859424776202e-07, -6.9178859424776202e-07),
    ],
    ("ASGD", 0.02): [
        (0.97999800000000004, 0.49999800000000005),
        (0.96039610940682862, 0.24999837500334371),
        (0.94118632405580049, 0.12499906250267183),
        (0.8170572577249906, 0.00097658935524352745),
        (0.13261258645476867, 7.94e-31),
    ],
}


@pytest.mark.parametrize(("name", "lr"), PUBLISHED)
def test_pytorchs_published_paths(name, lr):
    w = np.array([1.0, 1.0])
    optimizer = optim.from_torch(name, w, lr=lr)
    path = [w.copy()]
    for _ in range(100):
        optimizer.step(H * w)
        path.append(w.copy())
    expected = np.array(PUBLISHED[name, lr])
    if name == "ASGD":  # printed with 3 digits
        assert path[100][1] == pytest.approx(expected[4, 1], rel=1e-3)
        path[100][1] = expected[4, 1]
    # What is left of Rprop's steps is absolute.
    atol = 4e-16 if name == "Rprop" else 1e-16
    np.testing.assert_allclose(np.array(path)[[1, 2, 3, 10, 100]], expected, rtol=3e-13, atol=atol)


def betas(r):
    return r.uniform(0, 0.95), r.uniform(0.5, 0.9999)


CONFIGURATIONS = {
    "Adamax": lambda r: {"betas": betas(r), "eps": 10 ** r.uniform(-12, -3)},
    "NAdam": lambda r: {
        "betas": betas(r),
        "momentum_decay": r.choice([0.0, 10 ** r.uniform(-4, 0)]),
        "decoupled_weight_decay": bool(r.integers(2)),
    },
    "RAdam": lambda r: {"betas": betas(r), "decoupled_weight_decay": bool(r.integers(2))},
    "Adadelta": lambda r: {"rho": r.uniform(0, 0.99), "eps": 10 ** r.uniform(-8, -2)},
    "Rprop": lambda r: {"etas": (r.uniform(0.1, 0.9), r.uniform(1.1, 2)), "step_sizes": (1e-5, 0.05)},
    "ASGD": lambda r: {
        "lambd": 10 ** r.uniform(-4, 0),
        "alpha": r.uniform(0, 1),
        "t0": float(r.integers(0, 40)),
    },
}


@pytest.fixture
def torch_in_float64(peer):
    """PyTorch, which keeps NAdam's product and ASGD's rate in the default dtype, whatever the parameters'."""
    torch = peer("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_from_torch_takes_pytorchs_steps(torch_in_float64, name, dtype):
    """100 random configurations; the tolerance is a few eps of the length of the path."""
    torch = torch_in_float64
    eps = np.finfo(dtype).eps
    for seed in range(100):
        rng = np.random.default_rng(seed)
        keywords = {
            "lr": 10 ** rng.uniform(-4, -1),
            "weight_decay": rng.choice([0.0, 10 ** rng.uniform(-4, -1)]),
            "maximize": bool(rng.integers(2)),
            **CONFIGURATIONS[name](rng),
        }
        if name == "Rprop":
            del keywords["weight_decay"]
        w = rng.standard_normal(11).astype(dtype)
        tensor = torch.tensor(w.copy(), requires_grad=True)
        optimizer = optim.from_torch(name, w, **keywords)
        other = getattr(torch.optim, name)([tensor], **keywords)
        length = np.abs(w).astype(float)
        for _ in range(30):
            g = (rng.standard_normal(11) + 0.5).astype(dtype)
            before = w.copy()
            optimizer.step(g)
            tensor.grad = torch.tensor(g)
            other.step()
            length += np.abs(w - before)
        assert (np.abs(w - tensor.detach().numpy()) <= 40 * eps * length).all(), (seed, keywords)
        if name == "ASGD":
            mean = other.state[tensor]["ax"].numpy()
            assert (np.abs(optimizer.averaged() - mean) <= 40 * eps * length).all(), (seed, keywords)


@pytest.mark.parametrize("name", [*CONFIGURATIONS, "Muon"])
def test_from_torch_has_pytorchs_defaults(peer, name):
    torch = peer("torch")
    W = np.ones((3, 2))
    theirs = getattr(torch.optim, name)([torch.ones(3, 2, requires_grad=True)]).defaults
    mine = optim.from_torch(name, W)
    asked = {key: value for key, value in theirs.items() if value is not None}
    for key in asked.keys() - {
        "foreach",
        "maximize",
        "capturable",
        "differentiable",
        "decoupled_weight_decay",
    }:
        assert getattr(mine, key) == asked[key], key
    with pytest.raises(TypeError, match="no argument 'rate'"):
        optim.from_torch(name, W, rate=1)
    with pytest.raises(TypeError, match="no argument 'weight_decay'"):
        optim.from_torch("Rprop", W, weight_decay=0.1)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1, "lr": 0.05}),
        ("RAdam", {"betas": (0.5, 0.9), "weight_decay": 0.1}),
        ("Adamax", {"eps": 1e-3}),
        ("Adadelta", {"rho": 0.5, "maximize": True}),
        ("Rprop", {"etas": (0.3, 1.5), "lr": 0.02}),
        ("ASGD", {"lambd": 0.1, "t0": 2.0}),
        ("Muon", {"momentum": 0.5, "weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"}),
    ],
)
def test_pytorchs_groups(torch_in_float64, monkeypatch, name, own):
    torch = torch_in_float64
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    rng = np.random.default_rng(0)
    arrays = rng.standard_normal((2, 3, 4))
    tensors = [torch.tensor(w.copy(), requires_grad=True) for w in arrays]
    optimizer = optim.from_torch(name, [{"params": arrays[0]}, {"params": [arrays[1]], **own}], lr=0.01)
    other = getattr(torch.optim, name)([{"params": tensors[:1]}, {"params": tensors[1:], **own}], lr=0.01)
    for _ in range(20):
        g = rng.standard_normal((2, 3, 4)) + 0.5
        optimizer.step([g[0], [g[1]]])
        for tensor, each in zip(tensors, g, strict=True):
            tensor.grad = torch.tensor(each)
        other.step()
    for w, tensor in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(
            w, tensor.detach().numpy(), rtol=0, atol=1e-12 if name == "Muon" else 1e-14
        )


# ---- optax -------------------------------------------------------------------------------


def optax_of(optax, name, lr, b1, b2, extra, decay):
    """What optax calls so; ``extra`` is an eps or a power."""
    return {
        "lion": lambda: optax.lion(lr, b1, b2, weight_decay=decay),
        "adabelief": lambda: optax.adabelief(lr, b1, b2, eps=extra, eps_root=extra / 7),
        "schedule_free_sgd": lambda: optax.contrib.schedule_free_sgd(
            lr, b1=b1, weight_decay=decay, weight_lr_power=extra
        ),
        "schedule_free_adamw": lambda: optax.contrib.schedule_free_adamw(
            lr, b1=b1, b2=b2, eps=extra, weight_decay=decay
        ),
    }[name]()


def ours(name, w, lr, b1, b2, extra, decay):
    return {
        "lion": lambda: optim.Lion(w, lr=lr, betas=(b1, b2), weight_decay=decay),
        "adabelief": lambda: optim.AdaBelief(w, lr=lr, betas=(b1, b2), eps=extra, eps_root=extra / 7),
        "schedule_free_sgd": lambda: optim.ScheduleFreeSGD(
            w, lr=lr, beta=b1, weight_lr_power=extra, weight_decay=decay, decay="torch"
        ),
        "schedule_free_adamw": lambda: optim.ScheduleFreeAdamW(
            w, lr=lr, betas=(b1, b2), eps=extra, weight_decay=decay
        ),
    }[name]()


@pytest.mark.parametrize("name", ["lion", "adabelief", "schedule_free_sgd", "schedule_free_adamw"])
def test_optax_takes_the_same_steps(peer, name):
    """100 random configurations; a few eps of the path, 1 / beta1 times as many as it divides by that."""
    jax, optax = peer("jax"), peer("optax")

    def run(settings, w, grads):
        optimizer = optax_of(optax, name, *settings)

        def step(carry, g):
            w, state = carry
            updates, state = optimizer.update(g, state, w)
            return (optax.apply_updates(w, updates), state), None

        (w, state), _ = jax.lax.scan(step, (w, optimizer.init(w)), grads)
        free = name.startswith("schedule_free")
        return w, optax.contrib.schedule_free_eval_params(state, w) if free else w

    with jax.enable_x64(True):
        run = jax.jit(run)
        for seed in range(100):
            rng = np.random.default_rng(seed)
            lr, (b1, b2) = 10 ** rng.uniform(-4, -1), (rng.uniform(0.1, 0.95), rng.uniform(0.5, 0.9999))
            settings = (lr, b1, b2, 10 ** rng.uniform(-8, -2), rng.choice([0.0, 10 ** rng.uniform(-4, -1)]))
            w, grads = rng.standard_normal(11), rng.standard_normal((30, 11)) + 0.5
            theirs, evaluated = run(settings, w, grads)
            optimizer = ours(name, w, *settings)
            length = np.abs(w)
            for g in grads:
                before = w.copy()
                optimizer.step(g)
                length += np.abs(w - before)
            most = 40 * np.finfo(float).eps / b1 * length
            assert (np.abs(w - theirs) <= most).all(), (seed, settings)
            if hasattr(optimizer, "averaged"):
                assert (np.abs(optimizer.averaged() - evaluated) <= most / b1).all(), (seed, settings)


# ---- NAdam and RAdam ---------------------------------------------------------------------


@pytest.mark.parametrize("psi", [0.0, 1e-9, 4e-3, 0.1, 3.0, 1e4])
def test_nadams_product_in_closed_form_is_the_recursion(psi):
    q = np.longdouble(0.96) ** np.longdouble(psi)
    product = np.cumprod(1 - q ** np.arange(1, 2001, dtype=np.longdouble) / 2)
    for t in [1, 2, 3, 10, 100, 1000, 2000]:
        closed = reference.nadam_product(psi * math.log(0.96), float(t))
        assert closed == pytest.approx(float(product[t - 1]), rel=1e-12, abs=1e-14)
        if product[t - 1] > 1e-3:
            assert closed == pytest.approx(float(product[t - 1]), rel=1e-14)


def test_nadam_may_begin_at_any_step():
    rng = np.random.default_rng(0)
    through, w = rng.standard_normal((2, 7))
    grads = rng.standard_normal((41, 7))
    optimizer = optim.NAdam(through, lr=0.1)
    for g in grads[:40]:
        optimizer.step(g)
    later = optim.NAdam(through.copy(), lr=0.1)
    later.moment1[...], later.moment2[...], later.t = optimizer.moment1, optimizer.moment2, 40
    w = later.params
    for each in (optimizer, later):
        each.step(grads[40])
    assert w.tobytes() == through.tobytes()


def test_radam_is_momentum_until_step_6():
    w, m = np.zeros(3), np.zeros(3)
    optimizer = optim.RAdam(w, lr=1.0)
    for t in range(1, 8):
        before, g = w.copy(), np.array([1.0, -10.0, 100.0]) * t
        optimizer.step(g)
        m = 0.9 * m + 0.1 * g
        plain = np.allclose(before - w, m / (1 - 0.9**t), rtol=1e-13)
        assert plain == (t <= 5)


# ---- Rprop, Lion, ASGD -------------------------------------------------------------------


def test_rprop_sees_the_signs_of_gradients_whose_product_is_0():
    w = np.zeros(3, np.float32)
    optimizer = optim.Rprop(w, lr=0.5)
    for sign in (1, 1, -1):
        optimizer.step(np.array([1e-30, 1e-44, 0.0], np.float32) * np.float32(sign))
    np.testing.assert_allclose(optimizer.step_size, [0.3, 0.3, 0.5], rtol=1e-6)
    np.testing.assert_allclose(w, [-1.1, -1.1, 0.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"etas": (1.5, 2.0)}, ValueError),
        ({"etas": (0.5, 0.9)}, ValueError),
        ({"etas": (0.0, 2.0)}, ValueError),
        ({"etas": 0.5}, TypeError),
        ({"step_sizes": (1.0, 0.5)}, ValueError),
        ({"step_sizes": (-1.0, 0.5)}, ValueError),
        ({"step_sizes": ("a", 0.5)}, TypeError),
    ],
)
def test_rprops_pairs_are_checked(keywords, error):
    (name,) = keywords
    with pytest.raises(error, match=name):
        optim.Rprop(np.zeros(2), **keywords)
    optimizer = optim.Rprop(np.zeros(2))
    with pytest.raises(error, match=name):
        setattr(optimizer, name, keywords[name])


def test_lions_decay_is_the_papers():
    w = np.array([2.0, -4.0])
    optim.Lion(w, lr=0.1, weight_decay=0.5).step(np.zeros(2))
    np.testing.assert_allclose(w, [1.9, -3.8], rtol=1e-15)
    optim.Lion(w, lr=0.1).step(np.array([np.nan, 1.0]))
    assert np.isnan(w[0])


def test_asgds_average_is_w_and_then_the_mean_of_all_since():
    w = np.zeros(4)
    optimizer = optim.ASGD(w, lr=0.1, lambd=0.0, t0=10.0)
    np.testing.assert_array_equal(optimizer.averaged(), w)
    rng, points = np.random.default_rng(0), []
    for _ in range(50):
        optimizer.step(rng.standard_normal(4))
        points.append(w.copy())
        mean = points[-1] if len(points) <= 12 else np.mean(points[11:], axis=0)
        np.testing.assert_allclose(optimizer.averaged(), mean, rtol=1e-13, atol=1e-15)
    assert not np.shares_memory(optimizer.averaged(), optimizer.average)


# ---- schedule-free -----------------------------------------------------------------------


def listing(rates, grads, y, beta, power=2.0, decay=0.0, adam=None):
    """The authors' listing: z and x apart, c by sums of the rates' powers; decay at y."""
    z, x, v, total, largest = y.copy(), y.copy(), np.zeros_like(y), 0.0, 0.0
    path = []
    for t, (rate, g) in enumerate(zip(rates, grads, strict=True), 1):
        y = (1 - beta) * z + beta * x
        if adam is not None:
            v = adam * v + (1 - adam) * g**2
            g = g / (np.sqrt(v / (1 - adam**t)) + 1e-8)
        largest = max(largest, rate)
        total += largest**power
        c = largest**power / total if total else 0.0
        z = z - rate * (g + decay * y)
        x = (1 - c) * x + c * z
        path.append(((1 - beta) * z + beta * x, z, x))
    return path


@pytest.mark.parametrize("adam", [None, 0.99])
@pytest.mark.parametrize(
    ("warmup", "scale"),
    [
        (0, lambda t: 1.0),
        (10, lambda t: 1.0),
        (10, lambda t: 0.5 * (1 + math.cos(math.pi * t / 40))),
        (0, lambda t: 0.0 if t <= 3 else t / 40),
    ],
    ids=["constant", "warm-up", "warm-up and cosine", "0 at first"],
)
def test_schedule_free_is_the_authors_listing(adam, warmup, scale):
    rng = np.random.default_rng(0)
    y, grads = rng.standard_normal(9), rng.standard_normal((40, 9))
    lrs = [0.1 * scale(t) for t in range(1, 41)]
    rates = [lr * (min(1.0, t / warmup) if warmup else 1.0) for t, lr in enumerate(lrs, 1)]
    for power, decay in [(2.0, 0.0), (1.0, 0.05), (0.0, 0.05)]:
        if power == 0 and rates[0] == 0:
            continue  # 0^0: here points before the first that moves weigh nothing, whatever the power
        w = y.copy()
        common = {"weight_lr_power": power, "warmup_steps": warmup, "weight_decay": decay, "decay": "torch"}
        if adam is None:
            optimizer = optim.ScheduleFreeSGD(w, beta=0.8, **common)
        else:
            optimizer = optim.ScheduleFreeAdamW(w, betas=(0.8, adam), **common)
        np.testing.assert_array_equal(optimizer.averaged(), y)
        expected = listing(rates, grads, y, 0.8, power, decay, adam)
        for lr, g, (at, z, x) in zip(lrs, grads, expected, strict=True):
            optimizer.lr = lr
            optimizer.step(g)
            np.testing.assert_allclose(w, at, rtol=0, atol=1e-14)
            np.testing.assert_allclose(optimizer.z, z, rtol=0, atol=1e-14)
            np.testing.assert_allclose(optimizer.averaged(), x, rtol=0, atol=1e-14)


def test_schedule_free_groups_have_their_own_weights():
    lrs = [0.1, 0.2, 0.05, 0.4]
    together, alone = np.ones((2, 3)), np.ones((2, 3))
    opt = optim.ScheduleFreeSGD([{"params": together[0]}, {"params": together[1], "lr": 0.3}])
    others = [optim.ScheduleFreeSGD(w, lr=0.3) for w in alone]
    for lr in lrs:
        opt.lr = others[0].lr = lr
        for each, g in ((opt, [np.ones(3)] * 2), *((other, np.ones(3)) for other in others)):
            each.step(g)
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(opt.averaged(), [other.averaged() for other in others])
    assert opt.weight_sum == [other.weight_sum for other in others]
    assert opt.largest_rate == [0.4, 0.3]


def test_schedule_free_average_is_the_mean_of_z_while_lr_stays():
    y = np.array([1.0, -2.0])
    optimizer = optim.ScheduleFreeSGD(y, lr=0.03)
    points = []
    for _ in range(200):
        optimizer.step(H * y)
        points.append(optimizer.z.copy())
        assert optimizer.weight_sum == len(points)
    np.testing.assert_allclose(optimizer.averaged(), np.mean(points, axis=0), rtol=0, atol=1e-14)


def test_what_moves_the_parameters_moves_z():
    y = np.array([1.0, -2.0])
    optimizer = optim.ScheduleFreeSGD(y, lr=0.1, beta=0.5)
    optimizer.step(np.array([1.0, 1.0]))
    z = optimizer.z.copy()
    y += 0.25  # the caller's own
    optimizer.step(np.zeros(2))
    np.testing.assert_allclose(optimizer.z, z + 0.25, rtol=1e-15)


@pytest.mark.parametrize("lr", [1e-300, 1e-160, 1e160, 1e300])
def test_schedule_frees_weights_have_no_range(lr):
    y = np.zeros(2)
    optimizer = optim.ScheduleFreeSGD(y, lr=lr)
    for _ in range(4):
        optimizer.step(np.array([1.0, -1.0]))
    np.testing.assert_allclose(optimizer.averaged() / lr, [-2.5, 2.5], rtol=1e-14)


def test_what_gives_y_its_meaning_stays():
    sgd, adamw = optim.ScheduleFreeSGD(np.zeros(2)), optim.ScheduleFreeAdamW(np.zeros(2))
    with pytest.raises(AttributeError):
        sgd.beta = 0.5
    with pytest.raises(AttributeError):
        adamw.betas = (0.5, 0.5)
    with pytest.raises(ValueError, match="beta"):
        sgd.load_state_dict(optim.ScheduleFreeSGD(np.zeros(2), beta=0.5).state_dict())


@pytest.mark.parametrize("name", ["schedule_free_sgd", "schedule_free_adamw"])
def test_schedule_free_resumes_with_its_weights(name, tmp_path):
    rng = np.random.default_rng(0)
    w, grads = rng.standard_normal(5), rng.standard_normal((20, 5))
    optimizer = optim.REGISTRY[name](w, lr=0.1, warmup_steps=7)
    for t, g in enumerate(grads[:10]):
        optimizer.lr = 0.1 / (1 + t % 3)
        optimizer.step(g)
    optimizer.save(tmp_path / "state.npz")
    other = optim.REGISTRY[name](np.zeros(5))
    other.load(tmp_path / "state.npz")
    assert (other.weight_sum, other.largest_rate) == (optimizer.weight_sum, optimizer.largest_rate)
    for g in grads[10:]:
        optimizer.step(g)
        other.step(g)
    assert w.tobytes() == other.params.tobytes()


# ---- long runs and edges -----------------------------------------------------------------


@each_of_more
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_gradient_moves_nothing(name, dtype):
    W = np.linspace(-1, 1, 12, dtype=dtype).reshape(3, 4)
    start = W.copy()
    optimizer = optim.REGISTRY[name](W, **({"lambd": 0.0} if name == "asgd" else {}))
    for _ in range(300):
        optimizer.step(np.zeros_like(W))
    np.testing.assert_array_equal(W, start)
    optimizer.step(np.ones_like(W))
    assert np.isfinite(W).all()
    assert (start > W).any()


@each_of_more
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_long_runs_of_the_smallest_and_of_constant_gradients_stay_finite(name, dtype):
    info = np.finfo(dtype)
    for size in (info.smallest_subnormal, info.tiny, 1e-3, 1.0):
        W = np.zeros((3, 4), dtype)
        optimizer = optim.REGISTRY[name](W, lr=1e-3)
        g = np.full_like(W, size)
        g[1] = -g[1]
        for _ in range(3000 if name not in ("muon", "shampoo") else 300):
            optimizer.step(g)
        assert np.isfinite(W).all()
        assert all(np.isfinite(s).all() for _, states in optimizer._arrays() for s in states)
        optimizer.step(np.zeros_like(W))
        assert np.isfinite(W).all()


@each_of_more
@pytest.mark.parametrize("t", [2**20, 2**24, 2**31, 2**40])
def test_any_step_number(name, t):
    W = np.ones((3, 4))
    optimizer = optim.REGISTRY[name](W, lr=1e-3)
    for _ in range(3):
        optimizer.step(np.ones_like(W))
    optimizer.t = t - 1
    for k in range(3):
        before = W.copy()
        optimizer.step(np.ones_like(W))
        assert np.isfinite(W).all()
        assert (before > W).all()
        assert optimizer.t == t + k


@each_of_more
@pytest.mark.parametrize("lr", [0.0, 1e-300, 1e-30, 1e30, 1e300])
def test_huge_and_tiny_learning_rates(name, lr):
    W = np.ones((3, 4))
    optimizer = optim.REGISTRY[name](W, lr=lr)
    for _ in range(3):
        optimizer.step(np.ones_like(W))
    assert not np.isnan(W).any()
    if lr < 1e-20 and name != "rprop":  # which has a smallest step
        np.testing.assert_allclose(W, 1.0, rtol=1e-15)


# ---- by name -----------------------------------------------------------------------------


@each_of_more
def test_gradient_descent_knows_them_by_name(name):
    def bowl(W):
        return 0.5 * float(np.sum(W * H * W)), H * W

    lr = {"adadelta": 10.0, "lion": 0.02, "shampoo": 0.3, "rprop": 0.02}.get(name, 0.03)
    results = [
        deeprob.gradient_descent(bowl, np.ones((3, 2)), learning_rate=lr, num_steps=200, optimizer=optimizer)
        for optimizer in (name, functools.partial(optim.REGISTRY[name]))
    ]
    np.testing.assert_array_equal(results[0].w, results[1].w)
    assert results[0].losses[-1] < 0.1 * results[0].losses[0]
