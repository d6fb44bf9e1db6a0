"""Muon and Shampoo against their formulas by other means; a step is taken as a whole or not at all."""

import math

import numpy as np
import pytest

from deeprob import optim
from deeprob.optim.muon import COEFFICIENTS, newton_schulz

DTYPES = ["float64", "float32"]


# ---- Newton-Schulz and Muon --------------------------------------------------------------


def by_singular_values(G, steps=5, coefficients=COEFFICIENTS):
    """The same polynomial of each singular value of G / |G|."""
    U, s, Vt = np.linalg.svd(np.asarray(G, np.float64), full_matrices=False)
    s = s / np.sqrt(np.sum(s**2))
    a, b, c = coefficients
    for _ in range(steps):
        s = a * s + b * s**3 + c * s**5
    return (U * s) @ Vt


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (20, 20), (1, 9), (64, 10)])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_newton_schulz_is_its_polynomial_of_the_singular_values(shape, dtype, size):
    rng = np.random.default_rng(0)
    G = (rng.standard_normal(shape) * size).astype(dtype)
    for steps in (1, 5):
        found = newton_schulz(G, steps, eps=0.0)
        assert found.dtype == dtype
        # Errors at small singular values grow by a = 3.4 a step.
        atol = 20 * 3.5**steps * np.finfo(dtype).eps
        np.testing.assert_allclose(found, by_singular_values(G, steps), rtol=0, atol=atol)
    values = np.linalg.svd(newton_schulz(G, eps=0.0), compute_uv=False)
    assert (values < 1.21).all()
    assert (values[: len(values) // 2] > 0.68).all()


def test_newton_schulz_of_nothing():
    assert (newton_schulz(np.zeros((3, 4))) == 0).all()
    assert newton_schulz(np.zeros((0, 4))).shape == (0, 4)
    assert np.isnan(newton_schulz(np.full((2, 2), np.nan))).all()
    tiny = newton_schulz(np.full((2, 2), 1e-12), 1, eps=1e-7)  # divided by eps, not by its norm
    np.testing.assert_allclose(tiny, 3.4445e-5, rtol=1e-6)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_muon_takes_pytorchs_steps(peer, monkeypatch, shape):
    """100 random configurations of PyTorch's own lines, in float64 where it rounds to bfloat16."""
    torch = peer("torch")
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        keywords = {
            "lr": 10 ** rng.uniform(-4, -1),
            "weight_decay": rng.choice([0.0, 10 ** rng.uniform(-4, -1)]),
            "momentum": rng.uniform(0, 0.99),
            "nesterov": bool(rng.integers(2)),
            "ns_steps": int(rng.integers(1, 6)),
            "adjust_lr_fn": rng.choice([None, "original", "match_rms_adamw"]),
            "eps": rng.choice([1e-7, 10.0]),
        }
        W = rng.standard_normal(shape)
        tensor = torch.tensor(W.copy(), requires_grad=True)
        optimizer, other = optim.from_torch("Muon", W, **keywords), torch.optim.Muon([tensor], **keywords)
        length = 0.0
        for _ in range(10):
            g = rng.standard_normal(shape) + 0.5
            before = W.copy()
            optimizer.step(g)
            tensor.grad = torch.tensor(g)
            other.step()
            length += np.abs(W - before).max()
        # As above: 3.5^5 = 525 for what Newton-Schulz makes of rounding.
        assert np.abs(W - tensor.detach().numpy()).max() <= 4e-16 * (np.abs(W).max() + 525 * length), seed


def test_muon_is_near_pytorchs_bfloat16(peer):
    torch = peer("torch")
    rng = np.random.default_rng(0)
    W = rng.standard_normal((30, 20))
    tensor = torch.tensor(W.copy(), requires_grad=True)
    optimizer, other = optim.from_torch("Muon", W, lr=0.01), torch.optim.Muon([tensor], lr=0.01)
    for _ in range(20):
        g = rng.standard_normal(W.shape)
        optimizer.step(g)
        tensor.grad = torch.tensor(g)
        other.step()
    assert np.abs(W - tensor.detach().numpy()).max() < 0.02 * 20 * 0.01


@pytest.mark.parametrize(
    ("scale", "factor"), [("original", math.sqrt(3)), ("match_rms_adamw", 0.6), ("none", 1)]
)
def test_muons_scales(scale, factor):
    g = np.random.default_rng(0).standard_normal((9, 3))
    W = np.zeros((9, 3))
    optim.Muon(W, lr=0.5, scale=scale).step(g)
    np.testing.assert_allclose(W, -0.5 * factor * by_singular_values(g), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4)])
def test_muon_wants_matrices(shape):
    with pytest.raises(ValueError, match=r"params has shape .*matrices"):
        optim.Muon(np.zeros(shape))
    with pytest.raises(ValueError, match=r"params\['b'\] has shape"):
        optim.Muon({"W": np.zeros((2, 3)), "b": np.zeros(shape)})


@pytest.mark.parametrize(
    ("attribute", "value", "error"),
    [
        ("momentum", 1.0, ValueError),
        ("nesterov", 1, TypeError),
        ("ns_steps", -1, ValueError),
        ("ns_steps", 1.5, TypeError),
        ("ns_coefficients", (1.0, 2.0), TypeError),
        ("ns_coefficients", (1.0, np.nan, 2.0), ValueError),
        ("eps", -1.0, ValueError),
        ("scale", "paper", ValueError),
    ],
)
def test_muons_hyperparameters_are_checked(attribute, value, error):
    optimizer = optim.Muon(np.zeros((2, 2)))
    with pytest.raises(error, match=attribute):
        setattr(optimizer, attribute, value)
    with pytest.raises(error, match=attribute):
        optim.Muon(np.zeros((2, 2)), **{attribute: value})


# ---- Shampoo -----------------------------------------------------------------------------


def power(H, p):
    """H^p of a symmetric matrix, by its singular values."""
    U, s, Vt = np.linalg.svd(H)
    return (U * s**p) @ Vt


def shampoo(W, grads, lr, eps):
    """Algorithm 1, line by line."""
    L, R = eps * np.eye(W.shape[0]), eps * np.eye(W.shape[1])
    for g in grads:
        L, R = L + g @ g.T, R + g.T @ g
        W = W - lr * power(L, -1 / 4) @ g @ power(R, -1 / 4)
    return W, L, R


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (1, 5), (5, 5)])
def test_shampoo_is_its_algorithm_1(shape):
    rng = np.random.default_rng(0)
    W, grads = rng.standard_normal(shape), rng.standard_normal((20, *shape))
    expected, L, R = shampoo(W, grads, 0.1, 0.01)
    optimizer = optim.Shampoo(W, lr=0.1, eps=0.01)
    for g in grads:
        optimizer.step(g)
    np.testing.assert_allclose(W, expected, rtol=0, atol=1e-12)
    for mine, theirs in zip(optimizer.preconditioners, (L, R), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("dtype", DTYPES)
def test_shampoo_of_a_vector_is_adagrad_with_its_full_matrix(dtype):
    rng = np.random.default_rng(0)
    w, grads = rng.standard_normal(6).astype(dtype), rng.standard_normal((15, 6)).astype(dtype)
    optimizer, expected, H = optim.Shampoo(w, lr=0.1, eps=1e-3), w.astype(float), 1e-3 * np.eye(6)
    for g in grads.astype(float):
        optimizer.step(g.astype(dtype))
        H = H + np.outer(g, g)
        expected = expected - 0.1 * power(H, -1 / 2) @ g
    np.testing.assert_allclose(w, expected, rtol=0, atol=100 * np.finfo(dtype).eps)


def test_shampoo_of_one_number_and_of_long_axes_is_adagrad():
    rng = np.random.default_rng(0)
    for shape in [(), (1,), (7,)]:
        w, grads = rng.standard_normal(shape), rng.standard_normal((15, *shape))
        other = w.copy()
        mine = optim.Shampoo(w, lr=0.1, eps=0.25, max_size=1)
        adagrad = optim.AdaGrad(other, lr=0.1, eps=0.0, initial_accumulator_value=0.25)
        for g in grads:
            mine.step(np.asarray(g))
            adagrad.step(np.asarray(g))
        np.testing.assert_allclose(w, other, rtol=1e-13)


def test_shampoo_of_three_axes_is_its_algorithm_2():
    rng = np.random.default_rng(0)
    w, grads = rng.standard_normal((3, 4, 2)), rng.standard_normal((8, 3, 4, 2))
    expected = w.copy()
    optimizer = optim.Shampoo(w, lr=0.1, eps=0.1)
    H = [0.1 * np.eye(n) for n in w.shape]
    for g in grads:
        optimizer.step(g)
        H[0] = H[0] + np.einsum("iab,jab->ij", g, g)
        H[1] = H[1] + np.einsum("aib,ajb->ij", g, g)
        H[2] = H[2] + np.einsum("abi,abj->ij", g, g)
        roots = [power(h, -1 / 6) for h in H]
        expected = expected - 0.1 * np.einsum("abc,ai,bj,ck->ijk", g, *roots)
    np.testing.assert_allclose(w, expected, rtol=0, atol=1e-13)


def test_shampoo_with_one_long_axis():
    rng = np.random.default_rng(0)
    W, grads = rng.standard_normal((3, 9)), rng.standard_normal((5, 3, 9))
    expected, L, R = W.copy(), 0.1 * np.eye(3), np.full(9, 0.1)
    optimizer = optim.Shampoo(W, lr=0.1, eps=0.1, max_size=8)
    for g in grads:
        optimizer.step(g)
        L, R = L + g @ g.T, R + np.sum(g**2, axis=0)
        expected = expected - 0.1 * power(L, -1 / 4) @ g * R ** (-1 / 4)
    np.testing.assert_allclose(W, expected, rtol=0, atol=1e-13)
    assert [H.shape for H in optimizer.preconditioners] == [(3, 3), (9,)]


def test_shampoo_computes_roots_now_and_then_and_resumes_between(tmp_path):
    rng = np.random.default_rng(0)
    W, grads = rng.standard_normal((3, 4)), rng.standard_normal((11, 3, 4))
    L, R, expected = 0.1 * np.eye(3), 0.1 * np.eye(4), W.copy()
    optimizer = optim.Shampoo(W, lr=0.1, eps=0.1, update_interval=4)
    for t, g in enumerate(grads, 1):
        optimizer.step(g)
        L, R = L + g @ g.T, R + g.T @ g
        if t in (1, 5, 9):
            left, right = power(L, -1 / 4), power(R, -1 / 4)
        expected = expected - 0.1 * left @ g @ right
        if t == 6:
            optimizer.save(tmp_path / "six.npz")
    np.testing.assert_allclose(W, expected, rtol=0, atol=1e-13)
    other = optim.Shampoo(np.zeros((3, 4)), eps=0.1)
    other.load(tmp_path / "six.npz")
    for g in grads[6:]:
        other.step(g)
    assert other.params.tobytes() == W.tobytes()


def test_shampoo_without_eps_takes_the_pseudo_inverse():
    g = np.outer([3.0, 0.0, 4.0], [1.0, 0.0])
    W = np.zeros((3, 2))
    optimizer = optim.Shampoo(W, lr=1.0, eps=0.0)
    for _ in range(3):
        optimizer.step(g)
        assert np.isfinite(W).all()
    # L^-1/4 g R^-1/4 = g / (|g| sqrt(t))
    np.testing.assert_allclose(W, -g / 5 * sum(t**-0.5 for t in (1, 2, 3)), rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("attribute", "value", "error"),
    [
        ("eps", -1.0, ValueError),
        ("update_interval", 0, ValueError),
        ("max_size", -1, ValueError),
        ("max_size", 1.5, TypeError),
    ],
)
def test_shampoos_hyperparameters_are_checked(attribute, value, error):
    with pytest.raises(error, match=attribute):
        optim.Shampoo(np.zeros((2, 2)), **{attribute: value})


def test_states_of_other_shapes_are_refused():
    full, diagonal = optim.Shampoo(np.zeros((3, 4))), optim.Shampoo(np.zeros((3, 4)), max_size=3)
    with pytest.raises(ValueError, match=r"\[0\]\[2\] is of shape \(4, 4\)"):
        diagonal.load_state_dict(full.state_dict())


# ---- both --------------------------------------------------------------------------------

each = pytest.mark.parametrize("name", ["muon", "shampoo"])


def tracks(optimizer):
    return [w.tobytes() for w in optimizer.params], [
        [s.tobytes() for s in states] for _, states in optimizer._arrays()
    ]


@each
def test_all_gradients_are_checked_before_anything_changes(name):
    optimizer = optim.REGISTRY[name]([np.ones((3, 2)), np.ones((4, 2))])
    optimizer.step([np.ones((3, 2)), np.ones((4, 2))])
    before = tracks(optimizer)
    good = np.ones((3, 2))
    for grads, message in [
        ([good, np.ones((2, 4))], r"grads\[1\] has shape \(2, 4\); expected .* \(4, 2\)"),
        ([good, np.ones((4, 2), np.float32)], r"grads\[1\] has dtype float32"),
        ([good, [[1.0, 1.0]] * 4], r"grads\[1\] is a list"),
        ([good, optimizer.params[1]], r"grads\[1\] shares memory"),
        ([good], "grads has 1 arrays; expected 2"),
        (good, "grads is a ndarray; expected a list"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            optimizer.step(grads)
        assert optimizer.t == 1
        assert tracks(optimizer) == before
    optimizer.t = 2**63 - 1
    with pytest.raises(OverflowError):
        optimizer.step([good, np.ones((4, 2))])
    assert tracks(optimizer) == before


@each
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_comes_before_the_step(name, dtype):
    """The gradient that is handed on, and the decay, as all others have them."""
    rng = np.random.default_rng(0)
    W, g = rng.standard_normal((2, 3, 4)).astype(dtype)
    make = optim.REGISTRY[name]

    def stepped(g, **common):
        w = W.copy()
        make(w, lr=0.125, **common).step(g)
        return w

    l2 = (g + np.asarray(2 * 0.05, dtype) * W).astype(dtype)
    for common, same in [
        ({"maximize": True}, -g),
        ({"clip_value": 0.5}, np.clip(g, -0.5, 0.5)),
        ({"weight_decay": 0.05, "decay": "l2"}, l2),
    ]:
        np.testing.assert_array_equal(stepped(g, **common), stepped(same))
    clipped = stepped(g, clip_norm=0.5)
    np.testing.assert_allclose(clipped, stepped((g * (0.5 / np.linalg.norm(g))).astype(dtype)), rtol=1e-5)
    for decay, left in [("torch", 1 - 0.125 * 0.5), ("lecture", 1 - 0.125), ("paper", 0.5)]:
        decayed = stepped(g, weight_decay=0.5, decay=decay)
        np.testing.assert_allclose(decayed - W * left, stepped(g) - W, rtol=0, atol=4 * np.finfo(dtype).eps)


@each
def test_layouts_forms_and_callables(name):
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal((4, 6)), rng.standard_normal((3, 4, 6))
    plain = start.copy()
    optimizer = optim.REGISTRY[name](plain, lr=0.1)
    for g in grads:
        optimizer.step(g)
    wide = np.full((8, 12), 7.0)
    layouts = {"columns": start.copy("F"), "reversed": start[::-1].copy()[::-1], "strided": wide[::2, ::2]}
    wide[::2, ::2] = start
    for layout, w in layouts.items():
        other = optim.REGISTRY[name]({"W": w}, lr=0.1)
        for g in grads:
            other.step(lambda params, g=g, w=w: {"W": np.asfortranarray(g)} if params["W"] is w else None)
        np.testing.assert_allclose(w, plain, rtol=0, atol=1e-13, err_msg=layout)
    assert (wide[1::2] == 7).all()
    empty = np.zeros((3, 0))
    optim.REGISTRY[name](empty).step(empty.copy())


@each
def test_a_gradient_that_is_not_finite_does_not_crash(name):
    for bad in (np.nan, np.inf, -np.inf):
        W = np.ones((3, 3))
        optimizer = optim.REGISTRY[name](W)
        g = np.ones((3, 3))
        g[1, 1] = bad
        with np.errstate(all="ignore"):
            optimizer.step(g)
            optimizer.step(np.ones((3, 3)))
        assert np.isnan(W).any()
