"""Inputs and functions of all kinds: what is checked, what is refused, and that x has its bits again."""

import warnings

import numpy as np
import pytest

import deeprob


def cube(x):
    return float(np.sum(x**3)), 3 * x**2


def twice(x):
    return float(np.sum(x**3)), 6 * x**2


def values(n=6):
    return np.random.default_rng(0).standard_normal(n)


LAYOUTS = {
    "rows": lambda: values().reshape(2, 3),
    "Fortran": lambda: np.asfortranarray(values().reshape(2, 3)),
    "every other": lambda: values(12)[::2],
    "backwards": lambda: values()[::-1],
    "transposed": lambda: values().reshape(3, 2).T,
    "0-d": lambda: np.array(1.5),
    "one": lambda: values(1),
    "four axes": lambda: values().reshape(1, 2, 1, 3),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_and_dtypes(layout, dtype):
    x = LAYOUTS[layout]().astype(dtype, order="K")
    x = LAYOUTS[layout]() if dtype == np.float64 else x
    before = x.tobytes()
    assert deeprob.gradcheck(cube, x)
    assert deeprob.gradcheck(cube, x, strict=True)
    wrong = deeprob.gradcheck(twice, x, raise_exception=False)
    assert not wrong and wrong.kind in ("factor", "other")
    assert x.tobytes() == before


def test_it_is_perturbed_in_place():
    """The course's ``lambda _: net.loss()`` relies on it."""
    W = values()

    def loss(_):
        return cube(W)

    assert deeprob.gradcheck(loss, W)
    assert not deeprob.gradcheck(lambda _: twice(W), W, raise_exception=False)
    w32 = W.astype(np.float32)
    assert deeprob.gradcheck(lambda _: cube(w32.astype(np.float64)), w32)


@pytest.mark.parametrize(
    "x",
    [
        np.broadcast_to(values(1), 4),
        np.lib.stride_tricks.as_strided(values(), (3, 3), (8, 8)),
        values().astype(">f8"),
        values().tolist(),
    ],
    ids=["read-only", "overlapping", "byte order", "list"],
)
def test_what_cannot_be_perturbed_is_copied(x):
    before = np.array(x).tobytes()
    assert deeprob.gradcheck(cube, x)
    assert np.array(x).tobytes() == before


def test_read_only():
    x = values()
    x.flags.writeable = False
    assert deeprob.gradcheck(cube, x)


def test_nothing_to_check_passes():
    assert deeprob.gradcheck(lambda x: (x**2, lambda g: 2 * x * g), np.zeros((0, 3)))
    assert deeprob.gradcheck(cube, np.zeros(0))


@pytest.mark.parametrize(
    "inputs",
    [np.arange(3), (np.arange(3), 2.0), (), "text", (1, None)],
    ids=["ints", "number", "()", "str", "None"],
)
def test_inputs_without_floating_point_arrays(inputs):
    with pytest.raises(ValueError, match="at least one input that is an array of floating-point numbers"):
        deeprob.gradcheck(cube, inputs)


def test_complex_inputs():
    with pytest.raises(TypeError, match="x has dtype complex128; expected real numbers"):
        deeprob.gradcheck(cube, values() + 0j)


def test_constants():
    """Integers and numbers are no inputs to differentiate, nor are arrays beyond the last gradient."""
    X, y, W = values(12).reshape(4, 3), np.array([0, 1, 1, 0]), values().reshape(2, 3)
    result = deeprob.gradcheck(deeprob.softmax_loss, (W, X, y, 0.1))
    assert [made.name for made in result.comparisons] == ["W"]
    assert result.notes == ("inputs[1] (X) was not checked: no gradient came for it",)
    result = deeprob.gradcheck(
        lambda a, b: (float(np.sum(a * b**2)), None, 2 * a * b), (values(), values() + 1)
    )
    assert [made.name for made in result.comparisons] == ["b"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (1.0, "func returned a float; expected .value, gradient."),
        ((1.0,), "func returned a tuple of 1"),
        ((np.ones(3), np.ones(6)), "output of shape .3,. with gradients"),
        ((1.0, "text"), "as the gradient of x; expected real"),
        ((1.0 + 1j, np.ones(6)), "output of dtype complex128"),
        (("text", np.ones(6)), "func returned a str as its output"),
        ((1.0, np.ones(6), np.ones(6)), "func returned 2 gradients; expected at most one"),
        (None, "func returned a NoneType"),
    ],
)
def test_what_is_no_gradient_is_an_error(returned, message):
    with pytest.raises(TypeError, match=message):
        deeprob.gradcheck(lambda x: returned, values())


def test_an_exception_comes_through_and_x_is_restored():
    x = values()
    before = x.tobytes()
    calls = []

    def fails(x):
        calls.append(x.copy())
        if len(calls) == 7:
            raise KeyError("mine")
        return cube(x)

    with pytest.raises(KeyError, match="mine"):
        deeprob.gradcheck(fails, x)
    assert x.tobytes() == before and not np.array_equal(calls[-1], x)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(bad):
    result = deeprob.gradcheck(lambda x: (bad, 3 * x**2), values(), raise_exception=False)
    assert not result and result.kind == "not finite"
    result = deeprob.gradcheck(
        lambda x: (cube(x)[0], np.where(np.arange(6) == 2, bad, 3 * x**2)), values(), raise_exception=False
    )
    assert not result and result.kind == "not finite" and result.comparisons[0].n_wrong == 1


def test_the_edge_of_a_domain():
    """At 0 the function exists on one side only; its slope there is the gradient."""

    def f(x):
        with np.errstate(invalid="ignore"):
            return float(np.sum(np.power(x, 1.5))), 1.5 * np.sqrt(x)

    assert deeprob.gradcheck(f, np.array([0.0, 1.0]))
    assert not deeprob.gradcheck(
        lambda x: (f(x)[0], 1 + f(x)[1]), np.array([0.0, 1.0]), raise_exception=False
    )


def test_a_function_that_changes_its_input():
    def centred(x):
        x -= x.mean()
        return float(np.sum(x**2)), 2 * x

    x = values()
    before = x.tobytes()
    result = deeprob.gradcheck(centred, x, raise_exception=False)
    assert result.kind == "input changed" and "x" in str(result)
    assert x.tobytes() == before
    with pytest.raises(ValueError, match="f changed x"):
        deeprob.numeric_gradient(centred, x)
    assert x.tobytes() == before


def test_a_function_that_changes_another_input():
    def f(x, X):
        X *= 2
        return float(np.sum(x * X)), X

    X = values()
    before = X.tobytes()
    result = deeprob.gradcheck(f, (values(), X), raise_exception=False)
    assert result.kind == "input changed" and X.tobytes() == before


def test_a_function_whose_output_changes_shape():
    calls = []

    def grows(x):
        calls.append(None)
        return np.ones(len(calls)), lambda g: np.zeros_like(x)

    assert deeprob.gradcheck(grows, values(), raise_exception=False).kind == "shape"

    def later(x):
        calls.append(None)
        return np.ones(3 + (len(calls) > 5)), lambda g: np.zeros_like(x)

    calls.clear()
    with pytest.raises(ValueError, match=r"shape \(4,\) after one of shape \(3,\)"):
        deeprob.gradcheck(later, values())


def test_a_function_that_reshapes_or_resizes_its_argument():
    def reshapes(x):
        x.shape = (2, 3)
        return cube(x)

    x = values()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of NumPy 2.5
        result = deeprob.gradcheck(reshapes, x, raise_exception=False)
    assert not result and x.shape == (6,)
    x = values()
    with pytest.raises(ValueError, match=r"f resized x|f changed x|own its data|size"):
        deeprob.numeric_gradient(lambda w: x.resize(20000, refcheck=False) or 1.0, x)


def test_a_random_function():
    rng = np.random.default_rng(0)
    result = deeprob.gradcheck(
        lambda x: (cube(x)[0] + rng.random(), 3 * x**2), values(), raise_exception=False
    )
    assert result.kind == "nondeterministic"
    result = deeprob.gradcheck(
        lambda x: (cube(x)[0], 3 * x**2 + rng.random()), values(), raise_exception=False
    )
    assert result.kind == "nondeterministic"
    noisy = deeprob.gradcheck(
        lambda x: (cube(x)[0], 3 * x**2 + 1e-9 * rng.random()), values(), nondet_tol=1e-8
    )
    assert noisy


def test_wrong_shapes():
    result = deeprob.gradcheck(lambda x: (cube(x)[0], 3.0), values(), raise_exception=False)
    assert result.kind == "shape"
    x = values().reshape(2, 3)
    result = deeprob.gradcheck(lambda x: (cube(x)[0], (3 * x**2).T), x, raise_exception=False)
    assert result.kind in ("shape", "transposed") and "transpose" in str(result).lower()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eps": 0}, "eps is 0; expected"),
        ({"eps": -1e-6}, "eps is -1e-06"),
        ({"atol": -1}, "atol is -1"),
        ({"rtol": np.nan}, "rtol is nan"),
        ({"nondet_tol": "x"}, "nondet_tol is 'x'"),
        ({"epsilon": 1}, "did you mean 'eps'"),
        ({"rng": "x"}, "rng is a str"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        deeprob.gradcheck(cube, values(), **options)


def test_what_is_no_function():
    with pytest.raises(TypeError, match="func is a float"):
        deeprob.gradcheck(1.0, values())


def test_the_same_array_twice_moves_apart():
    x = values()
    assert deeprob.gradcheck(lambda a, b: (float(np.sum(a**2 * b)), 2 * a * b, a**2), (x, x))


def test_a_jacobian_that_is_too_large_is_refused():
    x = np.ones(5000)
    with pytest.raises(ValueError, match="use fast_mode=True"):
        deeprob.gradcheck(lambda x: (x**2, lambda g: 2 * x * g), x)
