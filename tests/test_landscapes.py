"""Landscapes: values and derivatives against their formulas, grids, the lecture's numbers, bad input."""

import copy
import pickle

import numpy as np
import pytest

import deeprob
from deeprob import _core, landscapes
from deeprob.landscapes import reference

PARAMETERS = {
    "bowl": [
        {},
        {"condition_number": 1e4, "rotation": 0.7},
        {"n": 5, "rotation": -2.0},
        {"n": 1, "condition_number": 1},
    ],
    "ravine": [{}, {"steepness": 3.0}],
    "rosenbrock": [{}, {"b": 7.0}, {"n": 3}, {"n": 6, "b": 10.0}],
    "styblinski_tang": [{}, {"n": 1}, {"n": 4}],
    "rastrigin": [{}, {"n": 1}, {"n": 3}],
}
CASES = [(name, k) for name in landscapes.NAMES for k in PARAMETERS.get(name, [{}])]
IDS = [f"{name}-{k}" for name, k in CASES]
TWO = [name for name in landscapes.NAMES if landscapes.get(name).n == 2]


def formula(name, parameters):
    known = {k: v for k, v in parameters.items() if k != "n"}
    return lambda w: getattr(reference, name)(w, **known)


def points_of(landscape, count=20):
    """Random points all over what a figure shows, and the start."""
    low, high = np.array(landscape.limits).T
    random = np.random.RandomState(landscape.n)
    return np.vstack([landscape.start, random.uniform(low, high, (count, landscape.n))])


def by_complex_step(f, w):
    """The gradient of f at w, to rounding: Im f(w + ih) / h subtracts nothing."""
    h = 1e-30
    return np.array([f(w + 1j * h * e).imag / h for e in np.eye(w.size)])


def test_every_kernel_has_a_function_a_twin_and_the_other_way_round():
    assert set(_core.landscapes()) == set(TWO)
    for name in landscapes.NAMES:
        assert callable(getattr(reference, name))
        assert name in landscapes.__all__
        assert landscapes.get(name).name == name


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_values_are_the_formulas(name, parameters):
    landscape = landscapes.get(name, **parameters)
    f = formula(name, parameters)
    for w in points_of(landscape):
        # What rounding may do to the formula's terms: no more than to a sum of their absolute values.
        scale = 1 + abs(f(w)) + np.sum(abs(w)) ** 2
        tolerance = 64 * np.finfo(float).eps * scale
        assert abs(landscape.value(w) - f(w.astype(np.longdouble))) <= tolerance
        assert landscape(w)[0] == landscape.value(w)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_gradients_are_the_formulas_derivatives(name, parameters):
    landscape = landscapes.get(name, **parameters)
    f = formula(name, parameters)
    for w in points_of(landscape):
        g, expected = landscape.gradient(w), by_complex_step(f, w)
        scale = 1 + abs(expected).max() + abs(w).max() * abs(landscape.hessian(w)).max()
        np.testing.assert_allclose(g, expected, rtol=0, atol=64 * np.finfo(float).eps * scale)
        assert g.dtype == np.float64
        assert g.shape == (landscape.n,)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_hessians_are_second_differences(name, parameters):
    """Against longdouble differences of the complex step's gradient: exact to some 1e-12."""
    landscape = landscapes.get(name, **parameters)
    f, h = formula(name, parameters), np.longdouble(2.0) ** -14
    eye = np.eye(landscape.n, dtype=np.longdouble)
    for w in points_of(landscape, 6):
        at = w.astype(np.longdouble).astype(np.clongdouble)

        def slope(w, i):
            return f(w + 1j * np.longdouble(1e-40) * eye[i]).imag / np.longdouble(1e-40)

        def central(i, j, h):
            return (slope(at + h * eye[j], i) - slope(at - h * eye[j], i)) / (2 * h)

        # Richardson's extrapolation: the error is of order h^4.
        expected = [
            [(4 * central(i, j, h) - central(i, j, 2 * h)) / 3 for j in range(landscape.n)]
            for i in range(landscape.n)
        ]
        H = landscape.hessian(w)
        scale = 1 + abs(H).max()
        np.testing.assert_allclose(H, np.array(expected, float), rtol=0, atol=2e-11 * scale)
        np.testing.assert_array_equal(H, H.T)
        v = np.random.RandomState(1).standard_normal(landscape.n)
        np.testing.assert_allclose(landscape.hvp(w, v), H @ v, rtol=0, atol=1e-14 * scale)


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=IDS)
def test_minima_are_minima(name, parameters):
    landscape = landscapes.get(name, **parameters)
    assert landscape.minima.shape[1] == landscape.n
    assert (len(landscape.minima) == 0) == (landscape.minimum == -np.inf)
    for w in landscape.minima:
        H = landscape.hessian(w)
        assert np.abs(landscape.gradient(w)).max() <= 1e-14 * (1 + abs(H).max())
        assert np.linalg.eigvalsh(H).min() > 0
        assert landscape.value(w) == pytest.approx(landscape.minimum, rel=1e-14, abs=1e-27)
        assert all(low <= x <= high for (low, high), x in zip(landscape.limits, w, strict=True))
    everywhere = landscape.values(points_of(landscape, 500))
    assert (everywhere >= landscape.minimum).all()
    assert all(low <= x <= high for (low, high), x in zip(landscape.limits, landscape.start, strict=True))


@pytest.mark.parametrize("name", TWO)
def test_a_grid_has_the_points_bits_and_so_have_many_points(name):
    landscape = landscapes.get(name)
    (x0, x1), (y0, y1) = landscape.limits
    x, y = np.linspace(x0, x1, 37), np.linspace(y0, y1, 23)
    grid = landscape.grid(x, y)
    assert grid.shape == (23, 37)
    one_by_one = np.array([[landscape.value([a, b]) for a in x] for b in y])
    np.testing.assert_array_equal(grid, one_by_one)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(landscape.values(points).reshape(23, 37), one_by_one)
    np.testing.assert_array_equal(landscape.gradients(points), [landscape.gradient(w) for w in points])
    np.testing.assert_array_equal(landscape.hessians(points), [landscape.hessian(w) for w in points])


@pytest.mark.parametrize("shape", [(1, 100_003), (100_003, 1), (700, 301)])
@pytest.mark.parametrize("name", ["rosenbrock", "rastrigin"])
def test_threads_give_the_same_bits(name, shape):
    landscape = landscapes.get(name)
    y, x = (np.linspace(-3.0, 3.0, n) for n in shape)
    alone = landscape.grid(x, y, threads=1)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(landscape.values(points, threads=1).reshape(alone.shape), alone)
    for threads in (2, 3, 7):
        np.testing.assert_array_equal(landscape.grid(x, y, threads=threads), alone)
        np.testing.assert_array_equal(landscape.values(points, threads=threads).reshape(alone.shape), alone)


def test_empty_grids_and_points():
    for name in ("bowl", "local_minimum"):
        landscape = landscapes.get(name)
        empty = np.zeros((0, landscape.n))
        assert landscape.values(empty).shape == (0,)
        assert landscape.gradients(empty).shape == (0, landscape.n)
        assert landscape.hessians(empty).shape == (0, landscape.n, landscape.n)
    assert landscapes.bowl().grid([], [1.0]).shape == (1, 0)
    assert landscapes.bowl().grid([1.0, 2.0], []).shape == (0, 2)


@pytest.mark.parametrize("name", ["himmelblau", "local_minimum"])
def test_any_layout_and_float32(name):
    landscape = landscapes.get(name)
    w = np.linspace(0.1, 0.7, landscape.n)
    expected = landscape(w)
    apart = np.zeros(3 * landscape.n)[::3]
    apart[:] = w
    raw = np.zeros(8 * landscape.n + 1, np.uint8)[1:].view(np.float64)
    raw[:] = w
    for same in (apart, raw, w.tolist(), w[::-1].copy()[::-1]):
        f, g = landscape(same)
        assert f == expected[0]
        np.testing.assert_array_equal(g, expected[1])
    f, g = landscape(w.astype(np.float32))
    assert g.dtype == np.float32
    assert f == landscape.value(w.astype(np.float32).astype(np.float64))
    assert landscape.hvp(w.astype(np.float32), w).dtype == np.float32
    assert landscape.hessian(w.astype(np.float32)).dtype == np.float64


def test_results_are_new_and_arguments_stay():
    for name in landscapes.NAMES:
        landscape = landscapes.get(name)
        w = landscape.start.copy()
        _, g = landscape(w)
        H = landscape.hessian(w)
        g[:], H[:] = np.nan, np.nan
        np.testing.assert_array_equal(w, landscape.start)
        assert np.isfinite(landscape(w)[1]).all()
        assert np.isfinite(landscape.hessian(w)).all()
        assert not landscape.start.flags.writeable
        assert not landscape.minima.flags.writeable


@pytest.mark.parametrize("name", landscapes.NAMES)
def test_copies_and_pickles(name):
    landscape = landscapes.get(name)
    for twin in (copy.deepcopy(landscape), pickle.loads(pickle.dumps(landscape))):
        assert twin(landscape.start)[0] == landscape(landscape.start)[0]
        assert repr(twin) == repr(landscape)


def test_far_and_not_finite_points_are_computed_with():
    assert landscapes.ravine().value([1e300, 0.0]) == 1e300
    assert landscapes.plateau()([1e200, 0.0])[0] == 1.0
    for name in landscapes.NAMES:
        landscape = landscapes.get(name)
        assert np.isnan(landscape.value(np.full(landscape.n, np.nan)))


# ---- the lecture's numbers ------------------------------------------------------------------


def test_the_bowls_condition_number_is_25():
    assert landscapes.condition_number(landscapes.bowl()) == 25.0
    for k in (1.0, 10.0, 1e6):
        for parameters in ({}, {"rotation": 1.0}, {"n": 7}, {"n": 7, "rotation": -0.3}):
            bowl = landscapes.bowl(k, **parameters)
            assert landscapes.condition_number(bowl) == pytest.approx(k, rel=1e-9)
            eigenvalues = np.linalg.eigvalsh(bowl.hessian(bowl.start))
            np.testing.assert_allclose(eigenvalues, np.geomspace(1.0, k, bowl.n), rtol=1e-9)


@pytest.mark.parametrize(("k", "steps"), [(10, 69), (100, 691), (1000, 6908)])
def test_gradient_descents_steps_follow_the_condition_number(k, steps):
    """L4-33: theory says log 1e-6 / log((k - 1) / (k + 1)) = 68.8, 690.8, 6907.8."""
    bowl = landscapes.bowl(condition_number=k)
    w, count = bowl.start.copy(), 0
    while np.linalg.norm(w) > 1e-6 * np.linalg.norm(bowl.start):
        w -= 2 / (1 + k) * bowl(w)[1]
        count += 1
    assert count == steps
    assert count == np.ceil(np.log(1e-6) / np.log((k - 1) / (k + 1)))


def test_gradient_descent_is_stuck_on_the_saddles_ridge():
    """L4-34: from (1, 0), lr 0.1."""
    saddle = landscapes.saddle()
    w = np.array([1.0, 0.0])
    for _ in range(10_000):
        w -= 0.1 * saddle(w)[1]
        assert w[1] == 0.0
    assert abs(w[0]) < 1e-300


def test_noise_leaves_the_saddles_ridge_in_0_92_and_100_of_100_runs():
    """L4-35: N(0, 0.01^2) added to the gradient, RandomState(0..99), after 25, 50, 100 steps."""
    left = np.zeros(101, int)
    for seed in range(100):
        saddle = landscapes.saddle().noisy(0.01, np.random.RandomState(seed))
        w = np.array([1.0, 0.0])
        for t in range(1, 101):
            w -= 0.1 * saddle(w)[1]
            left[t] += abs(w[1]) > 1
    assert left[[25, 50, 100]].tolist() == [0, 92, 100]


def test_gradient_descent_is_stuck_in_the_local_minimum_and_momentum_is_not():
    curve = landscapes.local_minimum()
    w = curve.start.copy()
    for _ in range(1000):
        w -= 0.05 * curve(w)[1]
    assert w[0] == pytest.approx(-1.0)
    w = curve.start.copy()
    momentum = deeprob.optim.Momentum(w, lr=0.05, momentum=0.9)
    for _ in range(1000):
        momentum.step(curve(w)[1])
    assert w[0] == pytest.approx(2.0)


def test_newtons_step_reaches_the_bowls_minimum():
    """L4-53; on the saddle, from (1, .5), it lands on the saddle point."""
    tilted = landscapes.bowl(1e4, 0.5, 6)
    for landscape, w in [
        (landscapes.bowl(), [1.0, 1.0]),
        (tilted, tilted.start),
        (landscapes.saddle(), [1.0, 0.5]),
    ]:
        step = np.linalg.solve(landscape.hessian(w), landscape.gradient(w))
        np.testing.assert_allclose(w - step, 0.0, atol=1e-11)


def test_descents_and_numeric_gradients_take_landscapes():
    bowl = landscapes.bowl()
    result = deeprob.gradient_descent(bowl, bowl.start, learning_rate=0.079, num_steps=100)
    assert abs(result.w[1]) == pytest.approx(0.0795, rel=1e-3)  # L4-27
    for name in landscapes.NAMES:
        landscape = landscapes.get(name)
        w = landscape.start + 0.1
        numeric = deeprob.numeric_gradient(landscape.value, w)
        np.testing.assert_allclose(numeric, landscape.gradient(w), rtol=1e-5, atol=1e-6)


def test_scipys_rosenbrock():
    optimize = pytest.importorskip("scipy.optimize")
    for n in (2, 3, 7):
        landscape = landscapes.rosenbrock(n)
        for w in points_of(landscape, 5):
            assert landscape.value(w) == pytest.approx(optimize.rosen(w), rel=1e-14)
            np.testing.assert_allclose(landscape.gradient(w), optimize.rosen_der(w), rtol=1e-12, atol=1e-11)
            np.testing.assert_allclose(landscape.hessian(w), optimize.rosen_hess(w), rtol=1e-14)


# ---- noise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [np.random.RandomState, np.random.default_rng])
def test_noise_is_what_numpy_draws(make):
    bowl = landscapes.bowl(n=3)
    noisy = landscapes.noisy(bowl, 0.5, make(3))
    random = make(3)
    for _ in range(4):
        f, g = noisy(bowl.start)
        assert f == bowl.value(bowl.start)
        np.testing.assert_array_equal(g, bowl.gradient(bowl.start) + 0.5 * random.standard_normal(3))
    points = np.ones((5, 3))
    expected = bowl.gradients(points) + 0.5 * random.standard_normal((5, 3))
    np.testing.assert_array_equal(noisy.gradients(points), expected)


def test_noise_repeats_with_a_seed_and_after_restart():
    noisy = landscapes.saddle().noisy(0.1, 7)
    first = [noisy.gradient(noisy.start) for _ in range(3)]
    noisy.restart()
    np.testing.assert_array_equal([noisy.gradient(noisy.start) for _ in range(3)], first)
    again = landscapes.noisy(landscapes.saddle(), 0.1, np.random.RandomState(7))
    np.testing.assert_array_equal([again.gradient(again.start) for _ in range(3)], first)
    assert not np.array_equal(first[0], first[1])


def test_noise_is_in_the_gradient_alone():
    noisy, clean = landscapes.himmelblau().noisy(1.0), landscapes.himmelblau()
    assert repr(noisy) == "noisy_himmelblau(scale=1.0)"
    w = np.array([0.3, -1.0])
    assert noisy.value(w) == clean.value(w)
    np.testing.assert_array_equal(noisy.hessian(w), clean.hessian(w))
    np.testing.assert_array_equal(noisy.hvp(w, w), clean.hvp(w, w))
    np.testing.assert_array_equal(noisy.hessians([w]), clean.hessians([w]))
    np.testing.assert_array_equal(noisy.values([w]), clean.values([w]))
    np.testing.assert_array_equal(noisy.grid(w, w), clean.grid(w, w))
    np.testing.assert_array_equal(noisy.minima, clean.minima)
    assert landscapes.himmelblau().noisy(0.0).gradient(w).tolist() == clean.gradient(w).tolist()


# ---- the condition number --------------------------------------------------------------------


def test_condition_number_is_the_ratio_of_singular_values():
    random = np.random.RandomState(0)
    for shape in [(3, 3), (4, 2), (1, 1)]:
        A = random.standard_normal(shape)
        values = np.linalg.svd(A, compute_uv=False)
        assert landscapes.condition_number(A) == values[0] / values[-1]
        assert landscapes.condition_number(A) == np.linalg.cond(A)


def test_the_condition_number_of_a_function_says_what_to_pass():
    with pytest.raises(TypeError, match="H is a function, hessian; expected a matrix, or what has"):
        landscapes.condition_number(landscapes.bowl().hessian)


@pytest.mark.parametrize("H", [np.ones((3, 3)), np.zeros((2, 2)), [[1.0, 2.0], [2.0, 4.0]]])
def test_the_condition_number_of_a_singular_matrix_is_infinite(H):
    assert landscapes.condition_number(H) == np.inf


def test_condition_number_of_a_landscape_at_a_point():
    assert landscapes.condition_number(landscapes.saddle()) == 1.0
    assert landscapes.condition_number(landscapes.monkey_saddle(), [0.0, 0.0]) == np.inf
    H = landscapes.beale().hessian([3.0, 0.5])
    assert landscapes.condition_number(landscapes.beale(), [3.0, 0.5]) == landscapes.condition_number(H)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0],), r"H has shape \(2,\); expected a matrix"),
        ((np.zeros((0, 2)),), r"H has shape \(0, 2\)"),
        (([[1.0, np.nan]],), "H holds NaN"),
        (([[1j]],), "H has dtype complex128"),
        (([["a"]],), "H has dtype"),
        ((None,), "H is None"),
        (([[1.0]], [1.0]), "w is given, but H is a matrix"),
    ],
)
def test_condition_number_says_what_is_wrong(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        landscapes.condition_number(*arguments)


# ---- bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: f([1.0]), r"w has shape \(1,\); expected \(2,\)"),
        (lambda f: f.value(np.zeros((1, 2))), r"w has shape \(1, 2\)"),
        (lambda f: f.gradient(1.0), r"w has shape \(\)"),
        (lambda f: f.hessian(np.array([1, 2])), "w has dtype int64; expected float32 or float64"),
        (lambda f: f(np.zeros(2, ">f8")), "w has dtype >f8"),
        (lambda f: f(np.zeros(2, complex)), "w has dtype complex128"),
        (lambda f: f(None), "w is None"),
        (lambda f: f(np.ma.masked_array([1.0, 2.0])), "w is a masked array"),
        (lambda f: f(["a", "b"]), "w has dtype"),
        (lambda f: f.hvp([0.0, 0.0], [1.0]), r"v has shape \(1,\)"),
        (lambda f: f.values([1.0, 2.0]), r"points has shape \(2,\); expected \(k, 2\)"),
        (lambda f: f.gradients(np.zeros((3, 3))), r"points has shape \(3, 3\)"),
        (lambda f: f.hessians(np.zeros((3, 2), int)), "points has dtype int64"),
        (lambda f: f.grid([[0.0]], [0.0]), r"x has shape \(1, 1\)"),
        (lambda f: f.grid([0.0], 0.0), r"y has shape \(\)"),
        (lambda f: f.grid([0.0], [0.0], threads=0), "threads is 0"),
        (lambda f: f.values([[0.0, 0.0]], threads="a"), "threads is a str"),
        (lambda f: f.grid([0.0], [0.0], n_jobs=2), "'n_jobs'; did you mean 'threads'"),
        (lambda f: f.noisy(-1.0), "scale is -1.0"),
        (lambda f: f.noisy(1.0, rng="a"), "rng is a str"),
        (lambda f: landscapes.noisy(f.value, 1.0), "landscape is a method; expected a Landscape"),
        (lambda f: landscapes.bowl(0.5), "condition_number is 0.5; expected at least 1"),
        (lambda f: landscapes.bowl(np.nan), "condition_number is nan"),
        (lambda f: landscapes.bowl(2.0, n=1), "condition_number is 2.0; with n = 1"),
        (lambda f: landscapes.bowl(2.0, n=0), "n is 0; expected at least 1"),
        (lambda f: landscapes.bowl(2.0, "a"), "rotation is 'a'"),
        (lambda f: landscapes.ravine(0.0), "steepness is 0.0"),
        (lambda f: landscapes.rosenbrock(1), "n is 1; expected at least 2"),
        (lambda f: landscapes.rosenbrock(b=0.0), "b is 0"),
        (lambda f: landscapes.rastrigin(2.5), "n is 2.5; expected an integer"),
        (lambda f: landscapes.get("rosenbroc"), "name is 'rosenbroc'; expected 'bowl'"),
        (lambda f: landscapes.get("bowl", kappa=3), "'kappa'"),
        (lambda f: landscapes.local_minimum().grid([0.0], [0.0]), "grid needs a landscape of 2 variables"),
    ],
)
def test_errors_say_what_is_wrong(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(landscapes.bowl())


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (_core.landscape_grid, ("nothing", (), np.zeros(2), np.zeros(2), None)),
        (_core.landscape_grid, (None, (), np.zeros(2), np.zeros(2), None)),
        (_core.landscape_grid, ("saddle", (1.0,), np.zeros(2), np.zeros(2), None)),
        (_core.landscape_grid, ("bowl", [1.0, 0.0, 1.0], np.zeros(2), np.zeros(2), None)),
        (_core.landscape_grid, ("ravine", ("a",), np.zeros(2), np.zeros(2), None)),
        (_core.landscape_grid, ("saddle", (), np.zeros(4)[::2], np.zeros(2), None)),
        (_core.landscape_grid, ("saddle", (), np.zeros(2), np.zeros(2, np.float32), None)),
        (_core.landscape_grid, ("saddle", (), np.zeros((2, 2)), np.zeros(2), None)),
        (_core.landscape_grid, ("saddle", (), np.zeros(2), np.zeros(2))),
        (_core.landscape_at, ("saddle", (), np.zeros(3), 0, None)),
        (_core.landscape_at, ("saddle", (), np.zeros((1, 1, 2)), 0, None)),
        (_core.landscape_at, ("saddle", (), np.float64(1.0), 0, None)),
        (_core.landscape_at, ("saddle", (), np.zeros(2), 3, None)),
        (_core.landscape_at, ("saddle", (), np.zeros(2), "a", None)),
        (_core.landscape_at, ("saddle", (), [0.0, 0.0], 0, None)),
        (_core.landscapes, (1,)),
    ],
)
def test_the_bindings_refuse_what_kernels_cannot_take(function, arguments):
    with pytest.raises((ValueError, TypeError)):
        function(*arguments)


def test_a_grid_too_large_for_any_machine_is_an_error():
    x = np.zeros(2**23)  # never touched, so the system gives no memory for it
    with pytest.raises(MemoryError):
        landscapes.saddle().grid(x, x)


def test_a_landscape_of_ones_own():
    class Sphere(landscapes.Landscape):
        def _value_and_gradient(self, w):
            return float(w @ w), 2 * w

        def _hessian(self, w):
            return 2 * np.eye(w.size)

    sphere = Sphere("sphere", start=[1.0, 2.0], minima=[0.0, 0.0], minimum=0.0)
    assert sphere([1.0, 2.0])[0] == 5.0
    np.testing.assert_array_equal(sphere.grid([0.0, 1.0], [2.0]), [[4.0, 5.0]])
    np.testing.assert_array_equal(sphere.hvp([1.0, 2.0], [1.0, 0.0]), [2.0, 0.0])
    assert sphere.limits == ((-1.5, 2.5), (-1.0, 3.0))
    assert landscapes.condition_number(sphere) == 1.0
    assert np.isnan(Sphere("sphere", start=[1.0]).minimum)
    with pytest.raises(ValueError, match="start has shape"):
        Sphere("sphere", start=1.0)
