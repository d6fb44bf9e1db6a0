"""The verdicts of torch.autograd.gradcheck on the same functions; SciPy's numeric gradients."""

import numpy as np
import pytest

import deeprob


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_vjp(x, g):
    p = softmax(x)
    return p * (g - (g * p).sum(axis=-1, keepdims=True))


A = np.random.default_rng(1).standard_normal((4, 4))

# name: (f, vjp); x is (3, 4), away from kinks and edges of domains.
FUNCTIONS = {
    "square": (lambda x: x**2, lambda x, g: 2 * x * g),
    "cube": (lambda x: x**3, lambda x, g: 3 * x**2 * g),
    "exp": (np.exp, lambda x, g: np.exp(x) * g),
    "log": (lambda x: np.log(3 + x), lambda x, g: g / (3 + x)),
    "sin": (np.sin, lambda x, g: np.cos(x) * g),
    "tanh": (np.tanh, lambda x, g: (1 - np.tanh(x) ** 2) * g),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x, g: np.exp(-x) / (1 + np.exp(-x)) ** 2 * g),
    "softplus": (lambda x: np.log1p(np.exp(x)), lambda x, g: g / (1 + np.exp(-x))),
    "relu": (lambda x: np.maximum(x, 0), lambda x, g: g * (x > 0)),
    "abs": (np.abs, lambda x, g: np.sign(x) * g),
    "sqrt": (lambda x: np.sqrt(3 + x), lambda x, g: g / (2 * np.sqrt(3 + x))),
    "reciprocal": (lambda x: 1 / (3 + x), lambda x, g: -g / (3 + x) ** 2),
    "matmul": (lambda x: x @ A, lambda x, g: g @ A.T),
    "softmax": (softmax, softmax_vjp),
    "sum": (lambda x: x.sum(), lambda x, g: g * np.ones_like(x)),
    "mean of rows": (lambda x: x.mean(axis=1), lambda x, g: np.repeat(g[:, None], 4, axis=1) / 4),
    "norm": (lambda x: np.sqrt((x**2).sum()), lambda x, g: g * x / np.sqrt((x**2).sum())),
    "product with itself": (lambda x: x @ x.T, lambda x, g: (g + g.T) @ x),
    "cumsum": (lambda x: x.cumsum(axis=1), lambda x, g: g[:, ::-1].cumsum(axis=1)[:, ::-1].copy()),
    "transpose": (lambda x: x.T.copy(), lambda x, g: g.T.copy()),
}

# What is done to the gradient: most of it wrong, some of it below the tolerances. What is added to it for no
# grad_output at all is wrong for both, however little.
CHANGES = {
    "right": lambda d: d,
    "twice": lambda d: 2 * d,
    "minus": lambda d: -d,
    "nothing": lambda d: 0 * d,
    "one entry": lambda d: d + 0.1 * (np.arange(d.size).reshape(d.shape) == 5),
    "1.002": lambda d: 1.002 * d,
    "1.0005": lambda d: 1.0005 * d,
    "1e-9 more": lambda d: d + 1e-9,
    "1e-3 more": lambda d: d + 1e-3,
    "shifted": lambda d: np.roll(d, 1, axis=0),
}


def test_there_are_two_hundred():
    assert len(FUNCTIONS) * len(CHANGES) == 200


def torchs_verdict(torch, f, vjp, x):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            ctx.save_for_backward(t)
            return torch.from_numpy(np.asarray(f(t.detach().numpy())))

        @staticmethod
        def backward(ctx, g):
            (t,) = ctx.saved_tensors
            return torch.from_numpy(np.asarray(vjp(t.detach().numpy(), g.numpy())))

    t = torch.from_numpy(x.copy()).requires_grad_()
    # Undefined gradients are torch's own matter.
    return torch.autograd.gradcheck(Function.apply, (t,), raise_exception=False, check_undefined_grad=False)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_verdict_is_torchs(peer, name, change):
    torch = peer("torch")
    f, vjp = FUNCTIONS[name]
    x = np.random.default_rng(0).standard_normal((3, 4))
    x += 0.1 * np.sign(x)

    def changed(x, g):
        return CHANGES[change](vjp(x, g))

    ours = deeprob.gradcheck(lambda x: (f(x), lambda g: changed(x, g)), x, raise_exception=False)
    theirs = torchs_verdict(torch, f, changed, x)
    assert bool(ours) == theirs, ours
    assert theirs or change != "right"


@pytest.mark.parametrize("change", ["right", "twice", "nothing"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_verdict_of_a_random_projection(name, change):
    f, vjp = FUNCTIONS[name]
    x = np.random.default_rng(0).standard_normal((3, 4))
    x += 0.1 * np.sign(x)
    result = deeprob.gradcheck(
        lambda x: (f(x), lambda g: CHANGES[change](vjp(x, g))), x, fast_mode=True, raise_exception=False
    )
    assert bool(result) == (change == "right")
    if result:
        assert result.evaluations <= 6


def test_what_torch_calls_wrong_in_float32_and_at_kinks_is_explained(peer):
    """pytorch/pytorch#5351 and #114234, BVLC/caffe#1334: right gradients that torch's check refuses."""
    torch = peer("torch")
    x = np.random.default_rng(0).standard_normal(5)

    def cube(x):
        return float(np.sum(x.astype(np.float32) ** 3)), 3 * x**2

    result = deeprob.gradcheck(cube, x)
    assert result.kind == "float32" and "round-off" in str(result)
    t = torch.tensor(x, dtype=torch.float32, requires_grad=True)
    with pytest.warns(UserWarning, match="double precision"):
        assert not torch.autograd.gradcheck(lambda t: (t**3).sum(), (t,), raise_exception=False)

    def relu(x):
        return np.maximum(x, 0), lambda g: g * (x > 0)

    at_kinks = np.array([1.0, 0.0, 3e-7, -3e-7, -1.0])
    result = deeprob.gradcheck(relu, at_kinks)
    assert result.kind == "kink" and result.comparisons[0].n_excused == 3
    t = torch.tensor(at_kinks, requires_grad=True)
    assert not torch.autograd.gradcheck(torch.relu, (t,), raise_exception=False)


@pytest.mark.parametrize("method", ["2-point", "3-point", "cs"])
def test_scipys_derivatives_are_ours_within_their_errors(peer, method):
    numdiff = peer("scipy.optimize._numdiff")
    x = np.random.default_rng(0).standard_normal(20)

    def f(x):
        return np.sum(np.sin(x) * np.exp(x / 3)) + x[0] * x[5]

    ours = {"2-point": "forward", "3-point": "central", "cs": "complex"}[method]
    found = deeprob.numeric_gradient(f, x, method=ours, full_output=True)
    theirs = numdiff.approx_derivative(f, x, method=method)
    exact = deeprob.numeric_gradient(f, x, method="complex")
    # Each is as far from the truth as its estimate says; SciPy's step is within a factor 2 of ours.
    assert np.all(np.abs(found.gradient - exact) <= found.error)
    assert np.all(np.abs(found.gradient - theirs) <= 4 * found.error + 1e-15)


def test_scipys_check_grad(peer):
    optimize = peer("scipy.optimize")
    rng = np.random.default_rng(0)
    objective = deeprob.Objective(rng.standard_normal((20, 4)), rng.integers(0, 3, 20), reg=0.2)
    W = rng.standard_normal((3, 4))
    result = deeprob.gradcheck(objective, W)
    theirs = optimize.check_grad(
        lambda w: objective.value(w.reshape(3, 4)), lambda w: objective(w.reshape(3, 4))[1].ravel(), W.ravel()
    )
    assert theirs < 1e-6 and np.linalg.norm(result.comparisons[0].absolute_error) < 1e-6
