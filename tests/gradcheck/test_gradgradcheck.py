"""gradgradcheck: the verdicts of torch's, Hessians of deeprob, and what is wrong with a wrong one."""

import numpy as np
import pytest
from random_cases import TWO_VARIABLES

import deeprob
from deeprob import landscapes

# name: f, f', f'' of one variable, elementwise; x is (2, 3), away from edges of domains.
ELEMENTWISE = {
    "square": (lambda x: x**2, lambda x: 2 * x, lambda x: 2 + 0 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
    "exp": (np.exp, np.exp, np.exp),
    "log": (lambda x: np.log(3 + x), lambda x: 1 / (3 + x), lambda x: -1 / (3 + x) ** 2),
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "tanh": (
        np.tanh,
        lambda x: 1 - np.tanh(x) ** 2,
        lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
    ),
    "linear": (lambda x: 5 * x, lambda x: 5 + 0 * x, lambda x: 0 * x),
    "reciprocal": (lambda x: 1 / (3 + x), lambda x: -((3 + x) ** -2.0), lambda x: 2 * (3 + x) ** -3.0),
}
# What is done to both second derivatives, by x and by grad_output.
CHANGES = {
    "right": (lambda by_x: by_x, lambda by_g: by_g),
    "twice": (lambda by_x: 2 * by_x + 1e-2, lambda by_g: by_g),
    "minus": (lambda by_x: -by_x - 1e-2, lambda by_g: by_g),
    "wrong by grad_output": (lambda by_x: by_x, lambda by_g: 0.5 * by_g),
    "one entry": (lambda by_x: by_x + 0.1 * (np.arange(6).reshape(2, 3) == 4), lambda by_g: by_g),
    "1e-9 more": (lambda by_x: by_x + 1e-9, lambda by_g: by_g),
}


def twice_differentiable(name, change="right"):
    f, first, second = ELEMENTWISE[name]
    by_x, by_g = CHANGES[change]

    def func(x):
        def vjp(g):
            # vjp2 is linear in u: what is added is added for u = 1.
            return g * first(x), lambda u: (by_x(u * g * second(x)) * (u != 0), by_g(u * first(x)))

        return f(x), vjp

    return func


def torchs_verdict(torch, name, change, x, grad_output):
    _, first, second = ELEMENTWISE[name]
    by_x, by_g = CHANGES[change]

    def tensor(value):
        return torch.from_numpy(np.ascontiguousarray(value))

    class Gradient(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t, g):
            ctx.save_for_backward(t, g)
            return tensor(g.detach().numpy() * first(t.detach().numpy()))

        @staticmethod
        def backward(ctx, u):
            t, g = (a.detach().numpy() for a in ctx.saved_tensors)
            u = u.detach().numpy()
            return tensor(by_x(u * g * second(t)) * (u != 0)), tensor(by_g(u * first(t)))

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t):
            ctx.save_for_backward(t)
            return tensor(ELEMENTWISE[name][0](t.detach().numpy()))

        @staticmethod
        def backward(ctx, g):
            return Gradient.apply(ctx.saved_tensors[0], g)

    t = torch.from_numpy(x.copy()).requires_grad_()
    g = torch.from_numpy(grad_output.copy()).requires_grad_()
    return torch.autograd.gradgradcheck(
        Function.apply, (t,), (g,), raise_exception=False, check_undefined_grad=False
    )


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_verdict_is_torchs(peer, name, change):
    torch = peer("torch")
    rng = np.random.default_rng(0)
    x, g = rng.uniform(0.2, 1.5, (2, 3)), rng.uniform(0.5, 1.5, (2, 3))
    ours = deeprob.gradgradcheck(twice_differentiable(name, change), x, g, raise_exception=False)
    assert bool(ours) == torchs_verdict(torch, name, change, x, g), ours
    # 2 * 0 + 1e-9 is nothing, and a factor of 0 is none.
    assert bool(ours) == (change in ("right", "1e-9 more"))


@pytest.mark.parametrize("strict", [False, True])
def test_strict_sees_what_the_tolerances_let_pass(strict):
    x = np.random.default_rng(0).uniform(0.2, 1.5, (2, 3))
    result = deeprob.gradgradcheck(
        twice_differentiable("sin", "1e-9 more"), x, strict=strict, raise_exception=False
    )
    assert bool(result) == (not strict)
    assert deeprob.gradgradcheck(twice_differentiable("sin"), x, strict=strict)


def test_it_looks_at_inputs_and_grad_output():
    x = np.random.default_rng(0).uniform(0.2, 1.5, (2, 3))
    result = deeprob.gradgradcheck(twice_differentiable("cube"), x)
    assert [made.name for made in result.comparisons] == ["x", "grad_output"]
    assert result.settings["check"] == "gradgradcheck"
    wrong = deeprob.gradgradcheck(
        twice_differentiable("cube", "wrong by grad_output"), x, raise_exception=False
    )
    assert [made.ok for made in wrong.comparisons] == [True, False]
    assert (wrong.kind, wrong.factor) == ("factor", 0.5)


def test_two_inputs():
    """f = a b: second derivatives between them, each gradient a function of a, b and grad_output."""

    def product(a, b, wrong=1.0):
        def vjp(g):
            return (g * b, g * a), lambda u: (wrong * u[1] * g, u[0] * g, u[0] * b + u[1] * a)

        return a * b, vjp

    a, b = np.random.default_rng(0).uniform(0.5, 2.0, (2, 4))
    result = deeprob.gradgradcheck(product, (a, b))
    assert [(one.name, one.output) for one in result.comparisons] == [
        (name, which) for which in (0, 1) for name in ("a", "b", "grad_output")
    ]
    wrong = deeprob.gradgradcheck(lambda a, b: product(a, b, 3.0), (a, b), raise_exception=False)
    assert (wrong.kind, wrong.factor) == ("factor", 3.0)
    assert [(one.name, one.output) for one in wrong.comparisons if not one.ok] == [("a", 1)]


# ---- grad_outputs ---------------------------------------------------------------------------


def seen_grad_outputs(**options):
    seen = []

    def func(x):
        def vjp(g):
            seen.append(np.array(g) if options.get("copied") else g)
            return 2 * g * x, lambda u: (2 * u * g, 2 * u * x)

        return x**2, vjp

    options.pop("copied", None)
    assert deeprob.gradgradcheck(func, np.arange(1.0, 7.0).reshape(2, 3), **options)
    return seen


def test_grad_outputs_are_what_vjp_is_called_with():
    given = np.arange(6.0).reshape(2, 3) + 1
    before = given.tobytes()
    seen = seen_grad_outputs(grad_outputs=given, copied=True)
    np.testing.assert_array_equal(seen[0], given)
    assert all(np.abs(one - given).max() < 1e-5 for one in seen)
    assert given.tobytes() == before
    seen = seen_grad_outputs(grad_outputs=given.tolist(), copied=True)
    np.testing.assert_array_equal(seen[0], given)


def test_random_grad_outputs_are_those_of_rng():
    first, again, other = (seen_grad_outputs(rng=seed, copied=True)[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_non_contiguous_grad_outputs():
    assert all(one.flags.c_contiguous for one in seen_grad_outputs())
    seen = seen_grad_outputs(gen_non_contig_grad_outputs=True)
    assert all(one.shape == (2, 3) and not one.flags.c_contiguous for one in seen)
    # A function that reads the memory as if it were contiguous is found by it alone.

    def careless(x):
        def vjp(g):
            memory = np.lib.stride_tricks.as_strided(g, g.shape, np.zeros(g.shape).strides)
            return 2 * memory * x, lambda u: (2 * u * g, 2 * u * x)

        return x**2, vjp

    x = np.arange(1.0, 7.0).reshape(2, 3)
    assert deeprob.gradgradcheck(careless, x)
    assert not deeprob.gradgradcheck(careless, x, gen_non_contig_grad_outputs=True, raise_exception=False)


def test_a_number_as_output():
    def func(x):
        return (x**3).sum(), lambda g: (3 * g * x**2, lambda u: (6 * g * u * x, 3 * (u * x**2).sum()))

    assert deeprob.gradgradcheck(func, np.array([0.5, -1.0, 2.0]))
    assert deeprob.gradgradcheck(func, np.array([0.5, -1.0, 2.0]), gen_non_contig_grad_outputs=True)


# ---- Hessians of deeprob ----------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("axes", [(0, 0), (1, 1)])
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
@pytest.mark.parametrize("loss", ["softmax", "squared_hinge"])
def test_the_smooth_losses(loss, reg_type, axes, strict):
    rng = np.random.default_rng(0)
    X, y, W = rng.standard_normal((12, 4)), rng.integers(0, 3, 12), rng.standard_normal((3, 4))
    example_axis, class_axis = axes
    objective = deeprob.Objective(
        X.T.copy() if example_axis else X,
        y,
        loss=loss,
        reg=0.1,
        reg_type=reg_type,
        example_axis=example_axis,
        class_axis=class_axis,
    )
    result = deeprob.gradgradcheck(objective, W.T.copy() if class_axis else W, strict=strict)
    assert result and result.comparisons[0].numeric.size == W.size**2


def test_a_loss_with_kinks_has_no_second_derivatives():
    objective = deeprob.Objective(np.ones((6, 4)), [0, 1, 2, 0, 1, 2], loss="svm")
    with pytest.raises(TypeError, match="squared_hinge"):
        deeprob.gradgradcheck(objective, np.zeros((3, 4)))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", TWO_VARIABLES)
def test_the_landscapes(name, strict):
    landscape = getattr(landscapes, name)()
    rng = np.random.default_rng(0)
    limits = np.array(landscape.limits)
    for _ in range(5):
        w = rng.uniform(limits[:, 0], limits[:, 1])
        assert deeprob.gradgradcheck(landscape, w, strict=strict)


@pytest.mark.parametrize("problem", landscapes.more_garbow_hillstrom(), ids=lambda one: one.name)
def test_the_problems_of_more_garbow_and_hillstrom(problem):
    rng = np.random.default_rng(0)
    w = problem.start * (1.0 + 0.1 * rng.standard_normal(problem.n))
    result = deeprob.gradgradcheck(problem, w, raise_exception=False)
    assert result, result


# ---- wrong Hessians -----------------------------------------------------------------------------

SHEAR = np.array([[0.0, 0.3, 0.0], [0.0, 0.0, 0.3], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("hvp", "kind", "factor"),
    [
        (lambda x, v: 3 * x * v, "factor", 0.5),
        (lambda x, v: 12 * x * v, "factor", 2.0),
        (lambda x, v: -6 * x * v, "factor", -1.0),
        (lambda x, v: 6 * x * v + SHEAR @ v, "asymmetric", None),
        (lambda x, v: 6 * x * v + 0.2 * (np.arange(3) == 1) * v, "other", None),
        (lambda x, v: 6 * x, "grad_output", None),
        (lambda x, v: 6 * x * v**2, "grad_output", None),
        (lambda x, v: (6 * x * v)[:2], "shape", None),
        (lambda x, v: np.full(3, np.nan), None, None),
    ],
    ids=["half", "twice", "minus", "asymmetric", "one entry", "no v", "v squared", "shape", "NaN"],
)
def test_wrong_products_are_named(hvp, kind, factor, strict):
    result = deeprob.gradgradcheck(
        lambda x: (np.sum(x**3), 3 * x**2),
        np.array([1.0, -0.5, 2.0]),
        hvp=hvp,
        strict=strict,
        raise_exception=False,
    )
    assert not result
    if kind is not None:
        assert result.kind == kind, result
        assert result.factor == factor
    else:
        assert "not finite" in result.kinds or "nondeterministic" in result.kinds
    with pytest.raises(deeprob.GradcheckError) as caught:
        deeprob.gradgradcheck(
            lambda x: (np.sum(x**3), 3 * x**2), np.array([1.0, -0.5, 2.0]), hvp=hvp, strict=strict
        )
    assert caught.value.result.kind == result.kind


def test_a_wrong_hvp_of_a_subclass():
    class Forgetful(deeprob.Objective):
        def hvp(self, W, V, index=None):
            return super().hvp(W, V, index) - 2 * self.reg * V

    rng = np.random.default_rng(0)
    objective = Forgetful(rng.standard_normal((12, 4)), rng.integers(0, 3, 12), reg=0.1)
    result = deeprob.gradgradcheck(objective, rng.standard_normal((3, 4)), raise_exception=False)
    assert not result
    # Given apart, it goes before the function's own.
    right = deeprob.Objective(objective.X, objective.y, reg=0.1)
    W = rng.standard_normal((3, 4))
    assert deeprob.gradgradcheck(objective, W, hvp=right.hvp)
    assert not deeprob.gradgradcheck(right, W, hvp=objective.hvp, raise_exception=False)


# ---- a large Hessian ----------------------------------------------------------------------------


def test_fast_mode_on_the_lectures_weights():
    """A Hessian of 30,730 weights has 944 million entries: one projection of it takes two products."""
    rng = np.random.default_rng(0)
    X, y = rng.random((50, 3073)) - 0.5, rng.integers(0, 10, 50)
    objective = deeprob.Objective(X, y, reg=0.1)
    W = 1e-2 * rng.standard_normal((10, 3073))
    before = W.tobytes()
    result = deeprob.gradgradcheck(objective, W, fast_mode=True)
    assert result.evaluations <= 6 and result.settings["mode"] == "fast"
    for wrong in (
        lambda W, V: 2 * objective.hvp(W, V),
        lambda W, V: objective.hvp(W, V) + 0.1 * V,
    ):
        # There are too many entries to look at all of them: the projection has to do.
        result = deeprob.gradgradcheck(objective, W, hvp=wrong, fast_mode=True, raise_exception=False)
        assert not result and "random projection" in str(result)
    with pytest.raises(ValueError, match="use fast_mode=True"):
        deeprob.gradgradcheck(objective, W)
    assert W.tobytes() == before


# ---- errors ---------------------------------------------------------------------------------------


def test_errors():
    x = np.ones(3)
    with pytest.raises(TypeError, match="func offers no second derivatives; expected hvp"):
        deeprob.gradgradcheck(lambda x: (np.sum(x**2), 2 * x), x)
    with pytest.raises(TypeError, match="vjp returned no second derivatives; expected"):
        deeprob.gradgradcheck(lambda x: (x**2, lambda g: 2 * x * g), x)
    with pytest.raises(ValueError, match=r"grad_outputs has shape \(2,\); expected the output's \(3,\)"):
        deeprob.gradgradcheck(
            lambda x: (x**2, lambda g: (2 * x * g, lambda u: (2 * u * g, 2 * u * x))), x, np.ones(2)
        )
    with pytest.raises(TypeError, match="hvp is a float"):
        deeprob.gradgradcheck(lambda x: (np.sum(x**2), 2 * x), x, hvp=2.0)
    with pytest.raises(TypeError, match="hvp is for .value, gradient."):
        deeprob.gradgradcheck(lambda x: (x**2, lambda g: 2 * x * g), x, hvp=lambda x, v: 2 * v)
    with pytest.raises(TypeError, match="func returned 2 gradients; hvp is for"):
        deeprob.gradgradcheck(lambda x, y: (0.0, (x, y)), (x, x), hvp=lambda x, y, v: v)
    with pytest.raises(TypeError, match="func returned a float|func has|hvp is for"):
        deeprob.gradgradcheck(lambda x: 1.0, x, hvp=lambda x, v: v)
    with pytest.raises(TypeError, match="did you mean 'hvp'"):
        deeprob.gradgradcheck(lambda x: 1.0, x, hpv=None)
    with pytest.raises(ZeroDivisionError):
        deeprob.gradgradcheck(lambda x: (np.sum(x**2), 2 * x), x, hvp=lambda x, v: 1 / 0)
    np.testing.assert_array_equal(x, 1.0)
