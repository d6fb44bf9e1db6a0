"""The optimizers beside their peers: PyTorch's published paths and groups, CS231n's arrays, optax."""

import math

import numpy as np
import pytest

from deeprob import optim

H = np.array([1.0, 25.0])  # the bowl (x^2 + 25 y^2) / 2

# ---- PyTorch 2.13's paths on the bowl from (1, 1), in float64 ------------------------------------

MOMENTUM = {"lr": 0.02, "momentum": 0.9}
PATHS = [  # (x, y) at t = 1, 2, 3, 10, 100, or as far as given
    ("SGD", {**MOMENTUM, "nesterov": True},
     [(0.962, 0.05), (0.909244, -0.4025), (0.844528328, -0.404875),
      (0.2631485934780603, -0.016298459312597664)]),
    ("SGD", {**MOMENTUM, "dampening": 0.5},
     [(0.98, 0.5), (0.9522, -0.075), (0.917658, -0.57375), (0.56651853590249845, 0.62618387109082052),
      (-0.0029871754848045631, -0.0024743544748370588)]),
    ("SGD", {**MOMENTUM, "weight_decay": 0.1},
     [(0.978, 0.498), (0.936684, -0.203796), (0.878892552, -0.733106808),
      (0.25151256864717791, 0.077607305013313033), (0.00063148593755604277, 0.0035685540829720496)]),
    ("Adagrad", {"lr": 0.5},
     [(0.50000000005, 0.50000000000199996), (0.27639320230213249, 0.27639320225210545),
      (0.15639873606768326, 0.15639873602595084), (0.0031056034492080073, 0.0031056034464615251)]),
    ("RMSprop", {"lr": 0.1, "alpha": 0.9, "eps": 1e-7},
     [(0.68377233398313031, 0.683772237983162), (0.4988707391005095, 0.49887061218501721),
      (0.36918069587998514, 0.36918055886431278), (0.032117133807836346, 0.032117080662417197),
      (0.023651506721585093, 0.023653051160754522)]),
    ("RMSprop", {"lr": 0.1, "alpha": 0.9, "momentum": 0.9, "centered": True},
     [(0.66666667777777733, 0.66666666711111111), (0.16556769906023439, 0.16556767519224563),
      (-0.33806428623740525, -0.33806431627479483), (0.35743467021130909, 0.35743470496486413),
      (-0.024271218216814744, -0.024274395083226288)]),
    ("Adam", {"lr": 0.1, "amsgrad": True},
     [(0.900000001, 0.90000000004), (0.80041222971233816, 0.80041222775289123),
      (0.70158627450441502, 0.70158627151231634), (0.076249160619755327, 0.076249150995096701),
      (0.0026258695162706528, 0.0026258708565556443)]),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1},
     [(0.90000000090909094, 0.90000000003984071), (0.80041222952678448, 0.80041222775256604),
      (0.70158627422107234, 0.70158627151181974), (0.076249159708329281, 0.076249150993499035),
      (0.0029366751265300682, 0.002936676304904498)]),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1},
     [(0.89000000099999999, 0.89000000004), (0.78157185695416098, 0.78157185500026105),
      (0.67510122318920063, 0.67510122021486918), (0.033605555961075742, 0.033605546837960618),
      (0.0027706306906169825, 0.0027706310273630155)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "keywords", "expected"), PATHS, ids=lambda v: str(v)[:60])
def test_pytorchs_paths(name, keywords, expected):
    w = np.array([1.0, 1.0])
    opt = optim.from_torch(name, w, **keywords)
    path = [w.copy()]
    for _ in range(100):
        opt.step(H * w)
        path.append(w.copy())
    found = np.array(path)[[1, 2, 3, 10, 100][: len(expected)]]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-15)


# ---- PyTorch's groups ------------------------------------------------------------------------------

GROUPED = {
    "SGD": [{}, {"lr": 0.03, "momentum": 0.5}, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}],
    "Adagrad": [{}, {"lr": 0.03, "eps": 0.1}, {"lr_decay": 0.2, "weight_decay": 0.1}],
    "RMSprop": [{}, {"momentum": 0.5, "alpha": 0.9}, {"weight_decay": 0.1, "maximize": True}],
    "Adam": [{}, {"betas": (0.5, 0.6), "decoupled_weight_decay": True}, {"weight_decay": 0.1}],
    "AdamW": [{"weight_decay": 0.0}, {"lr": 0.1}, {"eps": 0.1, "maximize": True}],
}


@pytest.mark.parametrize("name", GROUPED)
@pytest.mark.parametrize("common", [{}, {"lr": 0.02, "weight_decay": 0.3}], ids=str)
def test_groups_as_pytorchs(peer, name, common):
    torch = peer("torch")
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(shape) for shape in [(3, 2), (4,), (2,)]]
    params, tensors = [w.copy() for w in starts], [torch.tensor(w, requires_grad=True) for w in starts]
    settings = GROUPED[name]
    groups = [{"params": w, **own} for w, own in zip(params, settings, strict=True)]
    opt = optim.from_torch(name, groups, **common)
    other = getattr(torch.optim, name)(
        [{"params": [p], **s} for p, s in zip(tensors, settings, strict=True)], **{"lr": 1e-2, **common}
    )
    if "lr" not in common:
        opt.lr = 1e-2
    for _ in range(30):
        grads = [rng.standard_normal(w.shape) + 0.5 for w in params]
        opt.step(grads)
        for tensor, g in zip(tensors, grads, strict=True):
            tensor.grad = torch.tensor(g)
        other.step()
    for w, tensor in zip(params, tensors, strict=True):
        np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_what_groups_of_pytorchs_cannot_have():
    a, b = np.zeros(2), np.zeros(3)
    for name, group, message in [
        ("SGD", {"nesterov": True, "momentum": 0.9}, r"params\[1\], with .*nesterov.*of another kind"),
        ("Adam", {"amsgrad": True}, r"params\[1\], with params, amsgrad, is of another kind"),
        ("RMSprop", {"centered": True}, "of another kind"),
        ("Adagrad", {"initial_accumulator_value": 1.0}, "of another kind"),
        ("Adam", {"lr": -1.0}, r"params\[1\]: lr is -1.0"),
        ("Adam", {"lrr": 1.0}, r"params\[1\]: Adam has no argument 'lrr'; did you mean 'lr'"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            optim.from_torch(name, [{"params": a}, {"params": b, **group}])
    with pytest.raises(TypeError, match=r"params\[1\] is a ndarray; expected a dict"):
        optim.from_torch("SGD", [{"params": a}, b])
    plain = optim.from_torch("SGD", [{"params": a}, {"params": b, "lr": 1.0}])
    assert type(plain) is optim.SGD  # no group has momentum: none has a velocity


# ---- centered RMSProp ---------------------------------------------------------------------------------


def test_centered_rmsprop_of_a_constant_gradient_is_never_nan():
    """In float32 PyTorch's E[g^2] - E[g]^2 of one turns negative, and w NaN, after some 1,200 steps."""
    rng = np.random.default_rng(0)
    g = rng.standard_normal(1000).astype(np.float32)
    w = np.zeros(1000, np.float32)
    opt = optim.RMSProp(w, lr=0.01, decay_rate=0.99, eps=1e-8, centered=True)
    for _ in range(5000):
        opt.step(g)
        assert (opt.grad_variance >= 0).all()
    assert np.isfinite(w).all()
    assert (np.sign(w) == -np.sign(g)).all()
    stall = np.finfo(np.float32).eps / (1 - 0.99)  # what is left when a leaky mean no longer moves
    np.testing.assert_allclose(opt.grad_mean, g, rtol=2 * stall)
    np.testing.assert_allclose(opt.grad_squared, g * g, rtol=4 * stall)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_centered_rmsprops_variance_is_the_difference_in_longdouble(dtype):
    rng = np.random.default_rng(1)
    w = np.zeros(50, dtype)
    opt = optim.RMSProp(w, decay_rate=0.95, centered=True)
    square = mean = np.zeros(50, np.longdouble)
    decay = np.longdouble(0.95)
    for _ in range(300):
        g = (rng.standard_normal(50) + 3).astype(dtype)
        opt.step(g)
        square = decay * square + (1 - decay) * g.astype(np.longdouble) ** 2
        mean = decay * mean + (1 - decay) * g
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(opt.grad_variance, (square - mean**2).astype(float), rtol=200 * eps)
    np.testing.assert_allclose(opt.grad_squared, square.astype(float), rtol=50 * eps)


# ---- CS231n, assignment 2, FullyConnectedNets.ipynb: its cells that check update rules ----------------

N, D = 4, 5


def spaced(first, last):
    return np.linspace(first, last, num=N * D).reshape(N, D)


def check_printed(found, printed):
    np.testing.assert_allclose(found, np.array(printed).reshape(N, D), rtol=0, atol=5.0001e-9)


def test_cs231n_sgd_momentum():
    w = spaced(-0.4, 0.6)
    opt = optim.Momentum(w, lr=1e-3, momentum=0.9, formulation="displacement")
    opt.velocity[...] = spaced(0.6, 0.9)
    opt.step(spaced(-0.6, 0.4))
    check_printed(w, [
        0.1406,     0.20738947, 0.27417895, 0.34096842, 0.40775789,
        0.47454737, 0.54133684, 0.60812632, 0.67491579, 0.74170526,
        0.80849474, 0.87528421, 0.94207368, 1.00886316, 1.07565263,
        1.14244211, 1.20923158, 1.27602105, 1.34281053, 1.4096])  # fmt: skip
    check_printed(opt.velocity, [
        0.5406,     0.55475789, 0.56891579, 0.58307368, 0.59723158,
        0.61138947, 0.62554737, 0.63970526, 0.65386316, 0.66802105,
        0.68217895, 0.69633684, 0.71049474, 0.72465263, 0.73881053,
        0.75296842, 0.76712632, 0.78128421, 0.79544211, 0.8096])  # fmt: skip


def test_cs231n_rmsprop():
    w = spaced(-0.4, 0.6)
    opt = optim.RMSProp(w, lr=1e-2, decay_rate=0.99, eps=1e-8)
    opt.grad_squared[...] = spaced(0.6, 0.9)
    opt.step(spaced(-0.6, 0.4))
    check_printed(w, [
        -0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247,
        -0.132737,   -0.08078555, -0.02881884,  0.02316247,  0.07515774,
         0.12716641,  0.17918792,  0.23122175,  0.28326742,  0.33532447,
         0.38739248,  0.43947102,  0.49155973,  0.54365823,  0.59576619])  # fmt: skip
    check_printed(opt.grad_squared, [
        0.5976,     0.6126277,  0.6277108,  0.64284931, 0.65804321,
        0.67329252, 0.68859723, 0.70395734, 0.71937285, 0.73484377,
        0.75037008, 0.7659518,  0.78158892, 0.79728144, 0.81302936,
        0.82883269, 0.84469141, 0.86060554, 0.87657507, 0.8926])  # fmt: skip


def test_cs231n_adam():
    w = spaced(-0.4, 0.6)
    opt = optim.Adam(w, lr=1e-2, eps=1e-8)
    opt.moment1[...] = spaced(0.6, 0.9)
    opt.moment2[...] = spaced(0.7, 0.5)
    opt.t = 5
    opt.step(spaced(-0.6, 0.4))
    check_printed(w, [
        -0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977,
        -0.1380274,  -0.08544591, -0.03286534,  0.01971428,  0.0722929,
         0.1248705,   0.17744702,  0.23002243,  0.28259667,  0.33516969,
         0.38774145,  0.44031188,  0.49288093,  0.54544852,  0.59801459])  # fmt: skip
    check_printed(opt.moment1, [
        0.48,       0.49947368, 0.51894737, 0.53842105, 0.55789474,
        0.57736842, 0.59684211, 0.61631579, 0.63578947, 0.65526316,
        0.67473684, 0.69421053, 0.71368421, 0.73315789, 0.75263158,
        0.77210526, 0.79157895, 0.81105263, 0.83052632, 0.85])  # fmt: skip
    check_printed(opt.moment2, [
        0.69966,    0.68908382, 0.67851319, 0.66794809, 0.65738853,
        0.64683452, 0.63628604, 0.6257431,  0.61520571, 0.60467385,
        0.59414753, 0.58362676, 0.57311152, 0.56260183, 0.55209767,
        0.54159906, 0.53110598, 0.52061845, 0.51013645, 0.49966])  # fmt: skip


# ---- where eps stands ----------------------------------------------------------------------------------


def first_step(make, g, **keywords):
    w = np.zeros(1)
    make(w, lr=1.0, **keywords).step(np.array([g]))
    return -w[0]


@pytest.mark.parametrize(
    ("g", "eps", "mode", "expected"),
    [
        (1e-7, 1e-8, "outside", 0.909),
        (1e-7, 1e-8, "hat", 0.240),
        (1e-8, 1e-8, "outside", 0.5),
        (1e-8, 1e-8, "hat", 0.0307),
        (1e-6, 1e-7, "hat", 0.240),  # Keras's default eps
        (1e-4, 1e-8, "inside", 1 / math.sqrt(2)),  # eps beside g^2, not g
    ],
)
def test_adams_first_step_by_where_eps_stands(g, eps, mode, expected):
    assert first_step(optim.Adam, g, eps=eps, eps_mode=mode) == pytest.approx(expected, abs=5.1e-4)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ((optim.RMSProp, {"decay_rate": 0.9, "eps": 1e-2, "eps_mode": "inside"}),
         ("rmsprop", {"decay": 0.9, "eps": 1e-2, "eps_in_sqrt": True})),
        ((optim.RMSProp, {"decay_rate": 0.9, "eps": 1e-2}),
         ("rmsprop", {"decay": 0.9, "eps": 1e-2, "eps_in_sqrt": False})),
        ((optim.RMSProp, {"decay_rate": 0.9, "eps": 1e-2, "eps_mode": "inside", "momentum": 0.8}),
         ("rmsprop", {"decay": 0.9, "eps": 1e-2, "momentum": 0.8})),
        ((optim.RMSProp, {"decay_rate": 0.9, "eps": 1e-2, "eps_mode": "inside", "centered": True}),
         ("rmsprop", {"decay": 0.9, "eps": 1e-2, "centered": True})),
        ((optim.AdaGrad, {"eps": 1e-2, "eps_mode": "inside", "initial_accumulator_value": 0.1}),
         ("adagrad", {"eps": 1e-2, "initial_accumulator_value": 0.1})),
        ((optim.Adam, {"eps": 1e-2, "eps_mode": "inside"}), ("adam", {"eps": 0.0, "eps_root": 1e-2})),
        ((optim.Adam, {"eps": 1e-2}), ("adam", {"eps": 1e-2})),
        ((optim.AdamW, {"decay": "torch", "weight_decay": 1e-2}), ("adamw", {"weight_decay": 1e-2})),
    ],
    ids=lambda v: f"{v[0] if isinstance(v[0], str) else ''} {v[1]}",
)  # fmt: skip
def test_optax_takes_the_same_steps(peer, mine, theirs):
    optax, jax = peer("optax"), peer("jax")
    rng = np.random.default_rng(0)
    w = rng.standard_normal(40)
    opt = mine[0](w, lr=0.05, **mine[1])
    with jax.enable_x64(True):
        x = jax.numpy.asarray(w.copy())
        other = getattr(optax, theirs[0])(0.05, **theirs[1])
        state = other.init(x)
        for _ in range(30):
            g = rng.standard_normal(40) + 0.3
            opt.step(g)
            updates, state = other.update(jax.numpy.asarray(g), state, x)
            x = optax.apply_updates(x, updates)
        np.testing.assert_allclose(w, np.asarray(x), rtol=1e-11, atol=1e-13)
