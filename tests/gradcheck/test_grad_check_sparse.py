"""grad_check_sparse: the course's entries and lines, what rounding explains, and wrong gradients."""

import random

import numpy as np
import pytest

import deeprob


def cube(x):
    return np.sum(x**3)


def course_indices(shape, num_checks):
    """As the course's function draws them after ``random.seed(0)``."""
    random.seed(0)
    return [tuple(random.randrange(m) for m in shape) for _ in range(num_checks)]


def course_lines(f, x, analytic_grad, num_checks, h):
    """The course's function, statement by statement; what it prints."""
    lines = []
    for ix in course_indices(x.shape, num_checks):
        oldval = x[ix]
        x[ix] = oldval + h
        fxph = f(x)
        x[ix] = oldval - h
        fxmh = f(x)
        x[ix] = oldval
        grad_numerical = (fxph - fxmh) / (2 * h)
        grad_analytic = analytic_grad[ix]
        rel_error = abs(grad_numerical - grad_analytic) / (abs(grad_numerical) + abs(grad_analytic))
        lines.append(
            f"numerical: {grad_numerical:f} analytic: {grad_analytic:f}, relative error: {rel_error:e}"
        )
    return lines


@pytest.mark.parametrize("shape", [(7,), (10, 3073), (3, 4, 5), ()])
def test_the_entries_are_the_courses(shape):
    x = np.ones(shape)
    result = deeprob.grad_check_sparse(cube, x, 3 * x**2, h=1e-5)
    assert result and result.indices.shape == (10, len(shape))
    assert [tuple(row) for row in result.indices.tolist()] == course_indices(shape, 10)


@pytest.mark.parametrize("h", [1e-7, 1e-5])
def test_the_lines_are_the_courses(capsys, h):
    x = np.random.default_rng(0).standard_normal((10, 30)) + 2
    before = x.tobytes()
    result = deeprob.grad_check_sparse(cube, x, 3 * x**2, 7, h)
    ours = capsys.readouterr().out.splitlines()
    theirs = course_lines(cube, x, 3 * x**2, 7, h)
    numbers = [[float(part.split()[0].rstrip(",")) for part in line.split(": ")[1:]] for line in ours]
    assert len(ours) == len(theirs) == 7
    for line, other, row, error in zip(ours, theirs, numbers, result.errors, strict=True):
        numeric, analytic, relative = row
        # Ours is the quotient by the step that was made, x + h - x; the course divides by h.
        assert numeric == pytest.approx(float(other.split()[1]), rel=1e-15 / h + 1e-7)
        assert f"analytic: {analytic:f}," in other
        assert line == f"numerical: {numeric:f} analytic: {analytic:f}, relative error: {relative:e}"
        assert relative == pytest.approx(error, rel=1e-5)
        assert relative == pytest.approx(float(other.split()[-1]), abs=1e-7 if h == 1e-7 else 1e-9)
    assert x.tobytes() == before


def test_seed():
    x = np.random.default_rng(0).standard_normal((10, 30))
    default, zero, other = (
        deeprob.grad_check_sparse(cube, x, 3 * x**2, h=1e-5, seed=seed).indices for seed in (None, 0, 1)
    )
    np.testing.assert_array_equal(default, zero)
    assert not np.array_equal(zero, other)
    random.seed(5)
    expected = random.random()
    random.seed(5)
    deeprob.grad_check_sparse(cube, x, 3 * x**2, h=1e-5)
    assert random.random() == expected  # the caller's own sequence goes on


def test_entries_that_come_twice_are_evaluated_once_and_printed_twice(capsys):
    x = np.array([1.0, 2.0])
    calls = []
    result = deeprob.grad_check_sparse(lambda x: calls.append(1) or cube(x), x, 3 * x**2, 6, 1e-5)
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert result.evaluations == len(calls) == 4
    assert result.numeric.shape == result.analytic.shape == result.errors.shape == (6,)


def test_of_a_tuple_the_first_and_the_net_itself():
    x = np.array([1.0, 2.0])
    assert deeprob.grad_check_sparse(lambda x: (cube(x), "cache"), x, 3 * x**2, h=1e-5)
    assert deeprob.grad_check_sparse(lambda _: cube(x), x, 3 * x**2, h=1e-5)  # lambda _: net.loss()
    objective = deeprob.Objective(np.random.default_rng(0).standard_normal((6, 4)), [0, 1, 2, 0, 1, 2])
    W = np.random.default_rng(1).standard_normal((3, 4))
    assert deeprob.grad_check_sparse(objective, W, objective(W)[1], h=1e-5)


# ---- what rounding explains -----------------------------------------------------------------------


def images(scale=1.0):
    rng = np.random.default_rng(0)
    X = np.hstack([scale * rng.random((50, 3072)), np.ones((50, 1))])
    return X, rng.integers(0, 10, 50), 1e-4 * rng.standard_normal((10, 3073))


def test_the_slides_h_on_pixels_of_0_to_1():
    """With h = 1e-7 a quotient has about 7 digits, of gradients of 0.01 fewer: rounding, and it is said."""
    X, y, W = images()
    objective = deeprob.Objective(X, y)
    gradient = objective(W)[1] * 1e-3
    result = deeprob.grad_check_sparse(lambda W: 1e-3 * objective.value(W) + 7.0, W, gradient, 50)
    assert result.errors.max() > 1e-5  # the course would call that an error
    assert result, result
    assert "by the quotient's rounding or truncation with h = 1e-07, not by a mistake" in str(result)
    better = deeprob.grad_check_sparse(lambda W: 1e-3 * objective.value(W) + 7.0, W, gradient, 50, 1e-4)
    assert better and better.errors.max() < result.errors.max()


def test_float32():
    x = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    before = x.tobytes()
    gradient = 3 * x**2
    result = deeprob.grad_check_sparse(lambda w: np.sum(w**3), x, gradient, 20, 1e-4)
    assert result and result.comparisons[0].numeric.dtype == np.float64
    assert x.tobytes() == before
    # Values of float32: what they cannot show is no mistake, what they can is one.
    noisy = deeprob.grad_check_sparse(lambda w: np.float32(np.sum(w**3)), x, gradient, 20, 1e-3)
    assert noisy and "float32" in noisy.kinds and "float32" in str(noisy)
    assert not deeprob.grad_check_sparse(lambda w: np.float32(np.sum(w**3)), x, 2 * gradient, 20, 1e-3)


def test_a_kink():
    x = np.array([0.0, 1.0, -2.0])
    for at_0 in (-1.0, 0.0, 0.3, 1.0):
        result = deeprob.grad_check_sparse(lambda x: np.abs(x).sum(), x, np.array([at_0, 1.0, -1.0]), 20)
        assert result
        assert ("kink" in result.kinds) == (at_0 != 0.0)
    assert not deeprob.grad_check_sparse(lambda x: np.abs(x).sum(), x, np.array([1.5, 1.0, -1.0]), 20)


# ---- wrong gradients --------------------------------------------------------------------------------


@pytest.mark.parametrize("h", [1e-7, 1e-5, 1e-3])
@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (lambda g: 2 * g, "factor"),
        (lambda g: -g, "factor"),
        (lambda g: g / 50, "factor"),
        (lambda g: 0 * g, None),
        (lambda g: g + 1e-3, None),
        (lambda g: 1.0001 * g, None),
        (lambda g: np.roll(g, 1), None),
        (lambda g: np.where(np.arange(g.size).reshape(g.shape) % 2, g, np.nan), "not finite"),
    ],
    ids=["twice", "minus", "1/N", "nothing", "more", "1.0001", "shifted", "NaN"],
)
def test_wrong_gradients_are_caught(wrong, kind, h):
    x = np.random.default_rng(0).standard_normal((6, 5)) + 2
    result = deeprob.grad_check_sparse(cube, x, wrong(3 * x**2), 20, h)
    assert not result
    if kind is not None:
        assert result.kind == kind, result
    if kind == "factor":
        assert result.factor == pytest.approx(wrong(1.0))


def test_a_missing_penalty():
    X, y, W = images()
    objective = deeprob.Objective(X, y, reg=0.1)
    data = deeprob.Objective(X, y)(W)[1]
    W = W + 1e-2
    result = deeprob.grad_check_sparse(objective, W, data, 20, 1e-5)
    assert not result


# ---- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"f": 3}, TypeError, "f is a"),
        (
            {"x": np.ones(0), "analytic_grad": np.ones(0)},
            ValueError,
            r"x has shape \(0,\); expected at least",
        ),
        ({"x": np.ones(3) + 1j}, TypeError, "x has dtype complex128"),
        ({"analytic_grad": np.ones((3, 1))}, ValueError, r"analytic_grad has shape \(3, 1\)"),
        ({"analytic_grad": np.ones(3) * 1j}, ValueError, "analytic_grad has .* dtype complex128"),
        ({"analytic_grad": None}, TypeError, "analytic_grad is None"),
        ({"num_checks": 0}, ValueError, "num_checks is 0"),
        ({"num_checks": 2.5}, TypeError, "num_checks is"),
        ({"h": 0.0}, ValueError, "h is 0"),
        ({"h": np.nan}, ValueError, "h is nan"),
        ({"seed": "x"}, TypeError, "seed is"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"f": lambda x: None}, TypeError, "returned a NoneType"),
        ({"f": lambda x: x}, TypeError, "f returned 3 numbers; expected one"),
        ({"f": lambda x: 1j}, TypeError, "returned a complex"),
        ({"n_checks": 3}, TypeError, "did you mean 'num_checks'"),
    ],
    ids=lambda one: str(one)[:20] if isinstance(one, dict) else "",
)
def test_errors(changes, error, message, capsys):
    call = {"f": cube, "x": np.ones(3), "analytic_grad": 3 * np.ones(3), **changes}
    with pytest.raises(error, match=message):
        deeprob.grad_check_sparse(**call)
    assert not capsys.readouterr().out


def test_an_exception_comes_through_and_x_is_restored():
    x = np.array([1.0, 2.0, 3.0])
    before = x.tobytes()

    def fails(w):
        if w[1] != 2.0:
            raise KeyError("mine")
        return cube(w)

    with pytest.raises(KeyError, match="mine"):
        deeprob.grad_check_sparse(fails, x, 3 * x**2)
    assert x.tobytes() == before


def test_integers_and_lists_are_copied():
    assert deeprob.grad_check_sparse(cube, np.array([1, 2, 3]), np.array([3, 12, 27]), h=1e-5)
    assert deeprob.grad_check_sparse(cube, [1.0, 2.0, 3.0], [3, 12, 27], h=1e-5)
    frozen = np.array([1.0, 2.0])
    frozen.flags.writeable = False
    assert deeprob.grad_check_sparse(cube, frozen, 3 * frozen**2, h=1e-5)
