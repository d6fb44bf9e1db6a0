"""numeric_gradient: the quotients of the slides, and what it does to x."""

import numpy as np
import pytest

import deeprob
from deeprob import reference


def test_it_is_the_twin():
    rng = np.random.default_rng(0)
    A, x = rng.standard_normal((6, 6)), rng.standard_normal((2, 3))
    f = lambda x: float(x.ravel() @ A @ x.ravel() + np.sin(x).sum())  # noqa: E731
    np.testing.assert_allclose(deeprob.numeric_gradient(f, x), reference.numeric_gradient(f, x), atol=1e-9)


def test_forward_differences_take_one_evaluation_more_than_entries_and_central_twice_as_many():
    """L4-21."""
    calls = []

    def f(x):
        calls.append(x.copy())
        return float(x.sum())

    deeprob.numeric_gradient(f, np.zeros(5), 1e-4, method="forward")
    assert len(calls) == 6
    calls.clear()
    deeprob.numeric_gradient(f, np.zeros(5))
    assert len(calls) == 10


def test_the_slides_first_three_entries():
    """L4-19 to L4-21, on a linear function made to have that gradient; losses rounded to five decimals."""
    gradient = np.array([-2.5, 0.6, 0.0])
    W = np.array([0.34, -1.11, 0.78])
    f = lambda w: round(1.25347 + float(gradient @ (w - [0.34, -1.11, 0.78])), 5)  # noqa: E731
    np.testing.assert_allclose(deeprob.numeric_gradient(f, W, 1e-4, method="forward"), gradient, atol=1e-9)


def test_x_is_perturbed_in_place_and_restored_to_its_bits():
    x = np.array([0.1, 0.2, 0.3])
    before = x.tobytes()
    seen = []
    deeprob.numeric_gradient(lambda _: seen.append(x.copy()) or float(x.sum()), x)
    assert any(not np.array_equal(s, x) for s in seen)
    assert x.tobytes() == before

    def fails(_):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        deeprob.numeric_gradient(fails, x)
    assert x.tobytes() == before


def test_a_read_only_x_and_integers_are_copied():
    x = np.arange(3.0)
    x.flags.writeable = False
    np.testing.assert_allclose(deeprob.numeric_gradient(lambda w: float((w**2).sum()), x), 2 * x, atol=1e-9)
    ints = np.arange(3)
    np.testing.assert_allclose(
        deeprob.numeric_gradient(lambda w: float((w**2).sum()), ints), 2.0 * ints, atol=1e-9
    )


def test_losses_and_objectives_may_be_passed_as_they_are():
    rng = np.random.default_rng(0)
    objective = deeprob.Objective(rng.standard_normal((9, 4)), rng.integers(0, 3, 9), reg=0.1)
    W = rng.standard_normal((3, 4))
    np.testing.assert_allclose(deeprob.numeric_gradient(objective, W), objective(W)[1], atol=1e-8)


@pytest.mark.parametrize("h", [0.0, -1e-5, np.nan, np.inf])
def test_a_wrong_h(h):
    with pytest.raises(ValueError, match="h is"):
        deeprob.numeric_gradient(lambda w: 0.0, np.ones(2), h)


def test_scipy_agrees(peer):
    optimize = peer("scipy.optimize")
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 4)), rng.integers(0, 3, 20)
    objective = deeprob.Objective(X, y, reg=0.2)
    W = rng.standard_normal(12)
    error = optimize.check_grad(
        lambda w: objective.value(w.reshape(3, 4)), lambda w: objective(w.reshape(3, 4))[1].ravel(), W
    )
    assert error < 1e-6


def test_an_objective_of_a_matrix_is_not_called_and_only_its_own_class_is_seen_through(monkeypatch):
    rng = np.random.default_rng(0)
    X, y, W = rng.standard_normal((9, 4)), rng.integers(0, 3, 9), rng.standard_normal((3, 4))

    class Twice(deeprob.Objective):
        def __call__(self, W, index=None, *, out=None):
            return 2 * self.value(W, index), W

    doubled = deeprob.numeric_gradient(Twice(X, y), W)
    objective = deeprob.Objective(X, y)
    for name in ("__call__", "value", "value_and_grad"):
        monkeypatch.setattr(deeprob.Objective, name, None)
    W.flags.writeable = False
    np.testing.assert_allclose(doubled, 2 * deeprob.numeric_gradient(objective, W), atol=1e-8)


def test_float32_weights_are_perturbed_in_float64():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((3, 4)).astype(np.float32)
    objective = deeprob.Objective(rng.standard_normal((9, 4)).astype(np.float32), rng.integers(0, 3, 9))
    before = W.tobytes()
    np.testing.assert_allclose(deeprob.numeric_gradient(objective, W), objective(W)[1], rtol=1e-5, atol=1e-6)
    assert W.tobytes() == before


@pytest.mark.parametrize("shape", [(3,), (3, 5), (2, 4), (0, 4), (1, 3, 4)])
def test_a_wrong_shape_is_the_error_of_the_objective(shape):
    objective = deeprob.Objective(np.ones((6, 4)), [0, 1, 2, 0, 1, 2])
    W = np.ones(shape)
    with pytest.raises(ValueError, match="W|x") as called:
        objective(W)
    with pytest.raises(ValueError, match="W|x") as checked:
        deeprob.numeric_gradient(objective, W)
    assert str(checked.value) == str(called.value)


# ---- every method: its order of error, its calls ---------------------------------------------

ORDERS = {"central": 2, "forward": 1, "backward": 1, "complex": 2, "richardson": 8}


@pytest.mark.parametrize("method", ORDERS)
def test_the_error_falls_with_the_order_of_the_method(method):
    def f(x):
        return np.exp(x[0]) * np.cos(x[1])

    x = np.array([0.3, -0.7])
    truth = np.exp(0.3) * np.array([np.cos(0.7), np.sin(0.7)])
    # Steps at which truncation is all: rounding is far below.
    wide = 1.0 if method == "richardson" else 2.0**-6
    errors = [np.abs(deeprob.numeric_gradient(f, x, h, method=method) - truth) for h in (wide, wide / 2)]
    order = np.log2(errors[0] / errors[1])
    assert np.all(np.abs(order - ORDERS[method]) < (1.0 if method == "richardson" else 0.1)), order


@pytest.mark.parametrize("full_output", [False, True])
@pytest.mark.parametrize("method", ORDERS)
def test_the_number_of_calls(method, full_output):
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x * x)

    n = 5
    found = deeprob.numeric_gradient(f, np.ones(n), method=method, full_output=full_output)
    once = {"central": 2 * n, "forward": n + 1, "backward": n + 1, "complex": n, "richardson": 8 * n + 16}
    more = {"central": 2 * n + 16, "forward": n + 16, "backward": n + 16, "complex": 0, "richardson": 0}
    assert len(calls) == once[method] + full_output * more[method]
    if full_output:
        assert found.evaluations == len(calls) and found.method == method
        assert found.gradient.tobytes() == deeprob.numeric_gradient(f, np.ones(n), method=method).tobytes()


@pytest.mark.parametrize("method", ORDERS)
def test_polynomials_that_a_method_has_no_truncation_for(method):
    """On a quadratic, one-sided quotients err by h, the rest by nothing."""
    found = deeprob.numeric_gradient(lambda x: x @ x, np.array([1.0, -2.0]), 2.0**-8, method=method)
    shift = {"forward": 2.0**-8, "backward": -(2.0**-8)}.get(method, 0.0)
    np.testing.assert_array_equal(found, np.array([2.0, -4.0]) + shift)


# ---- the step of each entry -----------------------------------------------------------------


@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_step_grows_with_large_entries_alone(method, dtype):
    x = np.array([0.0, -0.0, 1e-300, 1e-3, 1.0, -1.9, 2.0, -1000.0, 2.0**30], dtype)
    found = deeprob.numeric_gradient(lambda x: x.sum(), x, method=method, dtype=dtype, full_output=True)
    h = found.h
    np.testing.assert_array_equal(h / h[0], [1, 1, 1, 1, 1, 1, 2, 512, 2.0**30])
    assert np.all(np.log2(h) % 1 == 0)


def test_mixed_scales_are_right_to_the_digits_that_each_can_have():
    x = np.array([1e8, 1e-8, 1.0, -1e4, 0.0])
    for method in ORDERS:
        found = deeprob.numeric_gradient(lambda x: np.sum(np.sin(x / 1e4)), x, method=method)
        np.testing.assert_allclose(found, np.cos(x / 1e4) / 1e4, atol=2e-3, rtol=1e-2)
    # A step that suits 1 would be lost in 1e17.
    large = np.array([1e17, 3e300])
    np.testing.assert_array_equal(
        deeprob.numeric_gradient(lambda x: x[0] / 1e17 + x[1] / 3e300, large) > 0, True
    )


def test_float32_values_move_by_steps_they_can_make_and_are_evaluated_in_float64():
    x = np.array([1.0, 100.0, 1e-3, 30.0], np.float32)
    seen = []

    def f(w):
        seen.append((w.dtype, w.copy(), x.copy()))
        return np.sum(w**2)

    found = deeprob.numeric_gradient(f, x, full_output=True)
    for dtype, w, moved in seen[: 4 * x.size]:
        assert dtype == np.float64
        np.testing.assert_array_equal(w, moved)  # float32 numbers, both
    assert np.all(found.h >= np.spacing(x))
    assert np.all(np.abs(found.gradient - 2.0 * x.astype(np.float64)) <= found.error)
    assert np.all(found.error < 1e-4)
    # A step that is given is at least the distance to the next float32.
    given = deeprob.numeric_gradient(f, x, 1e-9, full_output=True)
    np.testing.assert_array_equal(given.h, np.maximum(1e-9, np.spacing(x).astype(float)))
    np.testing.assert_allclose(given.gradient, 2.0 * x, rtol=1e-2, atol=1e-3)


def test_dtype_float32_evaluates_in_float32():
    x = np.array([0.5, -2.0], np.float32)
    kinds = set()

    def f(w):
        kinds.add(w.dtype)
        return np.sum(np.sin(w))

    found = deeprob.numeric_gradient(f, x, dtype=np.float32, full_output=True)
    assert kinds == {np.dtype(np.float32)} and found.gradient.dtype == np.float64
    np.testing.assert_allclose(found.gradient, np.cos(x), atol=1e-3)
    assert np.all(np.abs(found.gradient - np.cos(x.astype(float))) < found.error)
    # Of float64 x a float32 copy moves.
    kinds.clear()
    deeprob.numeric_gradient(f, x.astype(float), dtype="float32")
    assert kinds == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="dtype is float16; expected float64 or float32"):
        deeprob.numeric_gradient(f, x, dtype=np.float16)


# ---- how well it is known --------------------------------------------------------------------

# f (that takes complex arrays, too) and its gradient.
SMOOTH = {
    "sin": (lambda x: np.sin(x).sum(), np.cos),
    "exp": (lambda x: np.exp(x / 3).sum(), lambda x: np.exp(x / 3) / 3),
    "cube": (lambda x: (x**3).sum(), lambda x: 3 * x**2),
    "tanh": (lambda x: np.tanh(x).sum(), lambda x: np.cosh(x) ** -2),
    "log": (lambda x: np.log(1 + x * x).sum(), lambda x: 2 * x / (1 + x * x)),
    "neighbours": (lambda x: (x * np.roll(x, 1)).sum(), lambda x: np.roll(x, 1) + np.roll(x, -1)),
    "far from 0": (lambda x: 1e6 + x @ x, lambda x: 2 * x),
    "softmax": (lambda x: np.log(np.exp(x).sum()), lambda x: np.exp(x) / np.exp(x).sum()),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ORDERS)
@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_is_below_its_estimate(name, method, dtype):
    f, gradient = SMOOTH[name]
    rng = np.random.default_rng(0)
    relative = []
    for _ in range(25):
        x = rng.choice([-1, 1], n := rng.integers(1, 30)) * rng.uniform(0.1, 4.0, n)
        x = x.astype(dtype)
        found = deeprob.numeric_gradient(f, x, method=method, dtype=dtype, full_output=True)
        error = np.abs(found.gradient - gradient(x.astype(np.float64)))
        assert np.all((error <= found.error) | (error == 0)), (x, error, found.error)
        relative.append(np.median(found.error) / np.abs(gradient(x.astype(np.float64))).max())
    # And no estimate is worthless.
    limits = {"complex": 1e-14, "richardson": 1e-8, "central": 1e-7, "forward": 1e-4, "backward": 1e-4}
    if dtype == np.float64 and name != "far from 0":
        assert np.median(relative) < limits[method]


def test_the_error_of_a_noisy_function_is_seen():
    """Rounded to six decimals: eps abs(f) knows nothing of that."""
    x = np.random.default_rng(0).standard_normal(20)
    found = deeprob.numeric_gradient(lambda x: round(float(np.sin(x).sum()), 6), x, full_output=True)
    assert np.all(np.abs(found.gradient - np.cos(x)) <= found.error)
    assert np.abs(found.gradient - np.cos(x)).max() > 1e-3


def test_the_estimate_stays_on_the_side_of_the_method():
    """math.sqrt raises below 0: a forward quotient at 0 does not go there, nor does its estimate."""
    import math

    x = np.array([0.0, 1.0])
    found = deeprob.numeric_gradient(
        lambda x: math.sqrt(x[0]) ** 4 + x[1], x, method="forward", full_output=True
    )
    assert np.all(np.abs(found.gradient - [0.0, 1.0]) <= found.error)
    found = deeprob.numeric_gradient(
        lambda x: math.sqrt(-x[0]) ** 4 + x[1], x, method="backward", full_output=True
    )
    assert np.all(np.abs(found.gradient - [0.0, 1.0]) <= found.error)
    # Entries that are not asked for stay where they are.
    assert (
        deeprob.numeric_gradient(lambda x: math.sqrt(x[0]) + x[1], x, index=[1], full_output=True).error
        < 1e-6
    )


# ---- some entries ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ORDERS)
def test_index_in_its_three_forms(method):
    x = np.random.default_rng(0).standard_normal((3, 4))
    calls = []

    def f(w):
        calls.append(1)
        return np.sum(np.sin(w))

    whole = deeprob.numeric_gradient(f, x, method=method)
    mask = x > 0.3
    for index, at in [
        ([0, -1, 5, 5], np.array([0, 11, 5, 5])),
        (7, np.array([7])),
        (np.uint8([3]), np.array([3])),
        ((np.array([0, 2]), np.array([-1, 1])), np.array([3, 9])),
        ((1, [0, 1, 2]), np.array([4, 5, 6])),
        (np.nonzero(mask), np.flatnonzero(mask)),
        (mask, np.flatnonzero(mask)),
        ([], np.zeros(0, int)),
        (np.zeros((3, 4), bool), np.zeros(0, int)),
    ]:
        calls.clear()
        found = deeprob.numeric_gradient(f, x, method=method, index=index, full_output=True)
        assert found.gradient.shape == found.h.shape == found.error.shape == at.shape
        assert len(calls) == found.evaluations
        if method != "richardson":  # which chooses by the noise along the entries asked for
            np.testing.assert_array_equal(found.gradient, whole.ravel()[at])
        np.testing.assert_allclose(found.gradient, whole.ravel()[at], rtol=1e-7)


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ([12], IndexError, "index has 12; expected positions in -12..11"),
        ([-13], IndexError, "index has -13"),
        ([0.5], TypeError, "index has dtype float64; expected integers"),
        ("a", TypeError, "index has dtype <U1"),
        (np.ones(12, bool), IndexError, r"mask of shape \(12,\); expected x's \(3, 4\)"),
        ((0,), IndexError, "index has 1 arrays; expected one for each of x's 2 axes"),
        ((0, 4), IndexError, r"index has 4; expected positions in -4..3"),
        ((0, 1.5), TypeError, "index has dtype float64"),
        ([2**70], TypeError, "index has dtype object"),
        (([0, 1], [0, 1, 2]), ValueError, "shape mismatch|broadcast"),
    ],
)
def test_a_wrong_index(index, error, message):
    with pytest.raises(error, match=message):
        deeprob.numeric_gradient(np.sum, np.zeros((3, 4)), index=index)
    objective = deeprob.Objective(np.ones((6, 4)), [0, 1, 2, 0, 1, 2])
    with pytest.raises(error, match=message):
        deeprob.numeric_gradient(objective, np.zeros((3, 4)), index=index)


# ---- an Objective, seen through ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("class_axis", [0, 1])
@pytest.mark.parametrize("loss", deeprob.losses.NAMES)
@pytest.mark.parametrize("method", ["central", "forward", "backward", "richardson"])
def test_an_objectives_own_way_is_the_loops(method, loss, class_axis, dtype):
    rng = np.random.default_rng(0)
    # 60 weights of mixed sizes: more than those that are evaluated one by one.
    W = (rng.standard_normal((5, 12)) * 10.0 ** rng.integers(-6, 3, (5, 12))).astype(dtype)
    W = W.T.copy() if class_axis else W
    X, y = rng.standard_normal((20, 12)), rng.integers(0, 5, 20)
    objective = deeprob.Objective(X, y, loss=loss, reg=0.1, reg_type="elastic", class_axis=class_axis)
    index = rng.integers(0, 60, 40)
    before = W.tobytes()
    for options in ({}, {"h": 1e-4}, {"index": index.tolist()}, {"index": [3, 50]}):
        own = deeprob.numeric_gradient(objective, W, method=method, full_output=True, **options)
        loop = deeprob.numeric_gradient(
            lambda w: objective.value(w), W, method=method, full_output=True, **options
        )
        assert own.gradient.shape == loop.gradient.shape and own.method == method
        np.testing.assert_array_equal(own.h, loop.h)
        gap = np.abs(own.gradient - loop.gradient)
        assert np.all(gap <= own.error + loop.error), (gap, own.error, loop.error)
        # Few entries are cheaper one by one.
        assert own.evaluations == (loop.evaluations if options.get("index") == [3, 50] else 0)
        assert W.tobytes() == before


def test_the_error_of_an_objectives_quotients_is_below_its_estimate():
    rng = np.random.default_rng(0)
    for _ in range(20):
        X, y, W = rng.standard_normal((30, 9)), rng.integers(0, 4, 30), rng.standard_normal((4, 9))
        objective = deeprob.Objective(X, y, reg=float(rng.choice([0.0, 5e-6, 1.0])))
        truth = objective(W)[1]
        for method in ("central", "forward", "backward", "richardson"):
            found = deeprob.numeric_gradient(objective, W, method=method, full_output=True)
            assert np.all(np.abs(found.gradient - truth) <= found.error), method


def test_an_objective_takes_no_complex_weights():
    objective = deeprob.Objective(np.ones((6, 4)), [0, 1, 2, 0, 1, 2])
    with pytest.raises(
        ValueError, match="method is 'complex'; expected another: an Objective takes real weights"
    ):
        deeprob.numeric_gradient(objective, np.zeros((3, 4)), method="complex")
