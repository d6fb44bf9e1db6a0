"""The lecture's optimizers by its own numbers, L4-39 to L4-51, and weight decay in its four meanings."""

import functools

import numpy as np
import pytest

import deeprob
from deeprob import optim

H = np.array([1.0, 25.0])  # the bowl (x^2 + 25 y^2) / 2


def bowl_path(optimizer_of, steps, change=None, start=(1.0, 1.0)):
    """Points of a descent on the bowl; ``change(t, optimizer)`` is called before step t."""
    w = np.array(start)
    optimizer = optimizer_of(w)
    path = [w.copy()]
    for t in range(1, steps + 1):
        if change is not None:
            change(t, optimizer)
        optimizer.step(H * w)
        path.append(w.copy())
    return np.array(path)


# ---- Nesterov, L4-39 and L4-40 ---------------------------------------------------------


def test_l4_40_nesterov_on_the_bowl():
    path = bowl_path(lambda w: optim.Nesterov(w, lr=0.02), 3)
    expected = [(0.962, 0.05), (0.909244, -0.4025), (0.844528328, -0.404875)]
    np.testing.assert_allclose(path[1:], expected, rtol=1e-13)


@pytest.mark.parametrize("change", [None, lambda t, o: setattr(o, "lr", 0.02 if t <= 5 else 0.002)])
def test_l4_40_both_formulations_are_one_sequence_after_the_change_of_variables(change):
    x, w = np.array([1.0, 1.0]), np.array([1.0, 1.0])
    ahead = optim.Nesterov(x, lr=0.02, formulation="lookahead")
    shifted = optim.Nesterov(w, lr=0.02)
    largest = 0.0
    for t in range(1, 101):
        for optimizer in (ahead, shifted):
            if change is not None:
                change(t, optimizer)
        np.testing.assert_allclose(ahead.lookahead_point(), w, rtol=0, atol=1e-15)
        ahead.step(lambda point: H * point)
        shifted.step(H * w)
        largest = max(largest, np.abs(shifted.unshifted() - x).max())
    assert largest < 5e-16


def test_pytorchs_form_is_rearranged_while_lr_stays_and_its_unshifted_too():
    rearranged, torchs = (
        bowl_path(lambda w, f=f: optim.Nesterov(w, lr=0.02, formulation=f), 100)
        for f in ("rearranged", "torch")
    )
    np.testing.assert_allclose(rearranged, torchs, rtol=0, atol=5e-16)
    w = np.array([1.0, 1.0])
    one, other = optim.Nesterov(w.copy(), lr=0.02), optim.Nesterov(w.copy(), lr=0.02, formulation="torch")
    for optimizer in (one, other):
        optimizer.step(lambda point: H * point)
    np.testing.assert_allclose(one.unshifted(), other.unshifted(), rtol=1e-15)


def test_the_loop_refuses_the_lookahead():
    with pytest.raises(ValueError, match="rearranged"):
        deeprob.gradient_descent(
            lambda w: (0.5 * np.sum(H * w**2), H * w),
            [1.0, 1.0],
            learning_rate=0.02,
            num_steps=1,
            optimizer=functools.partial(optim.Nesterov, formulation="lookahead"),
        )


# ---- AdaGrad and RMSProp, L4-41 to L4-43 -------------------------------------------------


def test_l4_41_adagrad_on_the_bowl():
    path = bowl_path(lambda w: optim.AdaGrad(w, lr=0.5), 10)
    np.testing.assert_allclose(path[[1, 2, 10], 0], [0.50000005, 0.27639325, 0.00310561], atol=6e-9)
    np.testing.assert_allclose(path[:, 0], path[:, 1], atol=6e-7)


def test_l4_42_adagrads_step_under_a_constant_gradient():
    w = np.zeros(1)
    optimizer = optim.AdaGrad(w, lr=0.1)
    steps = []
    for _ in range(100):
        before = w[0]
        optimizer.step(np.array([-3.0]))
        steps.append(w[0] - before)
    np.testing.assert_allclose(np.array(steps)[[0, 3, 99]], [0.1, 0.05, 0.01], rtol=1e-6)


@pytest.mark.parametrize(("decay_rate", "first"), [(0.9, 3.1623), (0.99, 10.0)])
def test_l4_43_rmsprops_first_step(decay_rate, first):
    w = np.zeros(1)
    optim.RMSProp(w, lr=1e-3, decay_rate=decay_rate).step(np.array([-7.0]))
    assert w[0] / 1e-3 == pytest.approx(first, abs=5e-5)


def test_l4_43_rmsprop_on_the_bowl():
    path = bowl_path(lambda w: optim.RMSProp(w, lr=0.1), 10)
    np.testing.assert_allclose(path[[1, 2, 10], 0], [0.68377233, 0.49887074, 0.03211713], atol=6e-9)


# ---- weight decay, L4-50 -------------------------------------------------------------------

DECAYED = {
    "SGD": (functools.partial(optim.SGD, lr=0.02), 0.0),
    "Momentum": (functools.partial(optim.Momentum, lr=0.02), 0.0566),
    "AdaGrad": (functools.partial(optim.AdaGrad, lr=0.1), 0.0847),
    "RMSProp": (functools.partial(optim.RMSProp, lr=0.1), 0.0173),
    "Adam": (functools.partial(optim.Adam, lr=0.1), 0.0451),
}


@pytest.mark.parametrize("name", DECAYED)
def test_l4_50_l2_against_weight_decay(name):
    """The same for SGD; and, an erratum, not for momentum; nor for the adaptive ones."""
    make, difference = DECAYED[name]
    l2, decay = (bowl_path(lambda w, d=d: make(w, weight_decay=0.05, decay=d), 50) for d in ("l2", "lecture"))
    found = np.abs(l2 - decay).max()
    assert found == pytest.approx(difference, abs=6e-5 if difference else 1e-15)


def test_l4_50_momentum_step_by_step():
    make, _ = DECAYED["Momentum"]
    l2, decay = (bowl_path(lambda w, d=d: make(w, weight_decay=0.05, decay=d), 10) for d in ("l2", "lecture"))
    np.testing.assert_allclose(l2[1], decay[1], rtol=1e-15)
    np.testing.assert_allclose(np.abs(l2[2] - decay[2]), 0.02 * 0.9 * 2 * 0.05, rtol=1e-12)
    np.testing.assert_allclose(l2[10], (0.251513, 0.077607), atol=6e-7)
    np.testing.assert_allclose(decay[10], (0.296708, 0.083104), atol=6e-7)


@pytest.mark.parametrize(
    ("decay", "left"),
    [("l2", 1 - 0.25 * 0.1), ("lecture", 1 - 0.25 * 0.1), ("torch", 1 - 0.25 * 0.05), ("paper", 0.95)],
)
@pytest.mark.parametrize("maximize", [False, True])
def test_the_four_meanings_of_lambda(decay, left, maximize):
    w = np.ones(3)
    optim.SGD(w, lr=0.25, weight_decay=0.05, decay=decay, maximize=maximize).step(np.zeros(3))
    np.testing.assert_allclose(w, left, rtol=1e-15)


# ---- AdamW, L4-51 ----------------------------------------------------------------------------


def algorithm2(eta, steps, alpha=0.1, weight=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    """The listing, line by line, without line 6's + lambda theta."""
    theta = np.array([1.0, 1.0])
    m, v = np.zeros(2), np.zeros(2)
    path = [theta.copy()]
    for t in range(1, steps + 1):
        g = H * theta
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta(t) * (alpha * m_hat / (np.sqrt(v_hat) + eps) + weight * theta)
        path.append(theta.copy())
    return np.array(path)


@pytest.mark.parametrize(
    "eta", [lambda t: 1.0, lambda t: 0.5 * (1 + np.cos(np.pi * t / 100))], ids=["1", "cosine"]
)
def test_l4_51_adamw_is_algorithm_2_line_by_line(eta):
    path = bowl_path(
        lambda w: optim.AdamW(w, lr=0.1, weight_decay=0.01), 100, lambda t, o: setattr(o, "eta", eta(t))
    )
    np.testing.assert_allclose(path, algorithm2(eta, 100), rtol=0, atol=1e-14)


def test_l4_51_its_numbers():
    path = bowl_path(lambda w: optim.AdamW(w, lr=0.1, weight_decay=0.01), 10)
    np.testing.assert_allclose(path[[1, 10], 0], [0.890000001, 0.033605556], atol=6e-10)


def test_l4_51_the_listing_followed_to_the_letter_decays_twice():
    one, zero = np.ones(1), np.zeros(1)
    adamw, l2 = one.copy(), one.copy()
    optim.AdamW(adamw, lr=0.1, weight_decay=0.01).step(zero)
    optim.Adam(l2, lr=0.1, eps=1e-8, weight_decay=0.005).step(zero)  # lambda theta is that of lambda / 2
    assert adamw[0] == pytest.approx(0.99, abs=1e-12)
    assert l2[0] == pytest.approx(0.90, abs=1e-6)
    both = one.copy()
    optim.AdamW(both, lr=0.1, weight_decay=0.01).step(0.01 * one)  # line 6's g, line 12's decay
    assert both[0] == pytest.approx(0.89, abs=1e-6)


# ---- PyTorch -----------------------------------------------------------------------------------

CONFIGURATIONS = {
    "SGD": lambda r: {
        "momentum": r.uniform(0.1, 0.99),
        **[{"nesterov": True}, {"dampening": r.uniform(0, 1)}, {}][r.integers(3)],
    },
    "Adagrad": lambda r: {"lr_decay": r.uniform(0, 0.1), "initial_accumulator_value": r.uniform(0, 0.1)},
    "RMSprop": lambda r: {
        "alpha": r.uniform(0.9, 0.999),
        "momentum": r.choice([0.0, r.uniform(0, 0.99)]),
        "centered": bool(r.integers(2)),
    },
    "Adam": lambda r: {
        "betas": (r.uniform(0, 0.95), r.uniform(0.5, 0.9999)),
        "decoupled_weight_decay": bool(r.integers(2)),
        "amsgrad": bool(r.integers(2)),
    },
    "AdamW": lambda r: {
        "betas": (r.uniform(0, 0.95), r.uniform(0.5, 0.9999)),
        "amsgrad": bool(r.integers(2)),
    },
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_from_torch_takes_pytorchs_steps(peer, name, dtype):
    """100 random configurations; the tolerance is a few eps of the length of the path."""
    torch = peer("torch")
    eps = np.finfo(dtype).eps
    for seed in range(100):
        rng = np.random.default_rng(seed)
        keywords = {
            "lr": 10 ** rng.uniform(-4, -1),
            "weight_decay": rng.choice([0.0, 10 ** rng.uniform(-4, -1)]),
            "maximize": bool(rng.integers(2)),
            **CONFIGURATIONS[name](rng),
        }
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
        difference = np.abs(w - tensor.detach().numpy())
        assert (difference <= 10 * eps * length).all(), (seed, keywords)


def test_from_torch_names_what_it_does_not_know():
    w = np.zeros(2)
    with pytest.raises(ValueError, match="expected 'SGD'"):
        optim.from_torch("Adagad", w)
    with pytest.raises(TypeError, match="no argument 'learning_rate'"):
        optim.from_torch("SGD", w, learning_rate=1)
    with pytest.raises(ValueError, match="no dampening"):
        optim.from_torch("SGD", w, momentum=0.9, nesterov=True, dampening=0.5)
    with pytest.raises(ValueError, match="weight_decay is -0.1"):
        optim.from_torch("Adam", w, weight_decay=-0.1)
    optim.from_torch("Adam", w, foreach=True, fused=None)


# ---- the loop in C knows all of it ---------------------------------------------------------------


@pytest.mark.parametrize("name", optim.NAMES)
@pytest.mark.parametrize(
    "common",
    [
        {},
        {"weight_decay": 0.01},
        {"weight_decay": 0.01, "decay": "lecture", "maximize": True},
        {"clip_norm": 0.1},
    ],
    ids=str,
)
def test_gradient_descent_takes_the_same_steps(name, common):
    rng = np.random.default_rng(0)
    X, y, W = rng.standard_normal((90, 7)), rng.integers(0, 3, 90), rng.standard_normal((3, 7))
    objective = deeprob.Objective(X, y, reg=0.1)
    make = functools.partial(optim.REGISTRY[name], **common)
    result = deeprob.gradient_descent(
        objective, W, learning_rate=lambda t: 0.05 / (1 + t), num_steps=20, optimizer=make
    )
    w = W.copy()
    optimizer = make(w)
    for t in range(20):
        optimizer.lr = 0.05 / (1 + t)
        optimizer.step(objective(w)[1])
    np.testing.assert_array_equal(result.w, w)
