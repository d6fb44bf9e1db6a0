"""The problems of More, Garbow and Hillstrom: published values, minima that SciPy finds, derivatives."""

import pickle

import numpy as np
import pytest

from deeprob import landscapes

USUAL = {p.name: p for p in landscapes.more_garbow_hillstrom()}
MORE = [
    ("jennrich_sampson", {"m": 5}),
    ("gulf", {"m": 40}),
    ("box", {"m": 3}),
    ("brown_dennis", {"m": 7}),
    ("biggs_exp6", {"m": 6}),
    ("watson", {"n": 9}),
    ("watson", {"n": 12}),
    ("extended_rosenbrock", {"n": 4}),
    ("extended_powell_singular", {"n": 8}),
    ("penalty_1", {"n": 4}),
    ("penalty_2", {"n": 4}),
    ("variably_dimensioned", {"n": 3}),
    ("trigonometric", {"n": 5}),
    ("brown_almost_linear", {"n": 2}),
    ("discrete_boundary_value", {"n": 1}),
    ("discrete_integral_equation", {"n": 1}),
    ("broyden_tridiagonal", {"n": 1}),
    ("broyden_banded", {"n": 3}),
    ("linear_full_rank", {"n": 4, "m": 4}),
    ("linear_rank_1", {"n": 1, "m": 7}),
    ("linear_rank_1_zero", {"n": 3, "m": 6}),
    ("chebyquad", {"n": 1, "m": 1}),
    ("chebyquad", {"n": 4, "m": 9}),
    ("chebyquad", {"n": 10, "m": 10}),
]
PROBLEMS = [*USUAL.values(), *(landscapes.mgh(name, **sizes) for name, sizes in MORE)]

# f at the standard start. What other implementations of Algorithm 566 print, to their three digits, ...
PUBLISHED = [
    ("helical_valley", {}, 2.50e3),
    ("biggs_exp6", {}, 7.79e-1),
    ("gaussian", {}, 3.89e-6),
    ("powell_badly_scaled", {}, 1.14),
    ("box", {}, 1.03e3),
    ("variably_dimensioned", {"n": 40}, 9.39e10),
    ("watson", {"n": 9}, 30.0),
    ("penalty_1", {"n": 60}, 5.45e9),
    ("penalty_2", {"n": 65}, 2.87e5),
    ("brown_badly_scaled", {}, 1.00e12),
    ("brown_dennis", {}, 7.93e6),
    ("gulf", {}, 12.1),
    ("trigonometric", {"n": 40}, 2.01e-3),
    ("extended_rosenbrock", {"n": 40}, 484.0),
    ("extended_powell_singular", {"n": 60}, 3.23e3),
    ("beale", {}, 14.2),
    ("wood", {}, 1.92e4),
    ("chebyquad", {"n": 50, "m": 50}, 1.39e-2),
]
# ... and what can be computed by hand.
BY_HAND = {
    "rosenbrock": 24.2,
    "freudenstein_roth": 400.5,
    "beale": 14.203125,
    "helical_valley": 2500.0,
    "brown_badly_scaled": 999998000003.0 - 4e-6 + 4e-12,
    "powell_singular": 215.0,
    "wood": 19192.0,
    "watson": 30.0,
    "extended_rosenbrock": 121.0,
    "extended_powell_singular": 645.0,
    "broyden_tridiagonal": 21.0,
    "broyden_banded": 360.0,
    "linear_full_rank": 25.0,
    "linear_rank_1": sum((15 * i - 1) ** 2 for i in range(1, 11)),
    "linear_rank_1_zero": 2 + sum((9 * i - 1) ** 2 for i in range(1, 9)),
}

# The minima that the paper prints (it cuts digits off), with the local ones it mentions.
PAPER = {
    ("rosenbrock", 2): [0.0],
    ("freudenstein_roth", 2): [0.0, 48.9842],
    ("powell_badly_scaled", 2): [0.0],
    ("brown_badly_scaled", 2): [0.0],
    ("beale", 2): [0.0],
    ("jennrich_sampson", 2): [124.362],
    ("helical_valley", 3): [0.0],
    ("bard", 3): [8.21487e-3, 17.4286],
    ("gaussian", 3): [1.12793e-8],
    ("meyer", 3): [87.9458],
    ("gulf", 3): [0.0],
    ("box", 3): [0.0],
    ("powell_singular", 4): [0.0],
    ("wood", 4): [0.0],
    ("kowalik_osborne", 4): [3.07505e-4, 1.02734e-3],
    ("brown_dennis", 4): [85822.2],
    ("osborne_1", 5): [5.46489e-5],
    ("biggs_exp6", 6): [0.0, 5.65565e-3],
    ("osborne_2", 11): [4.01377e-2],
    ("watson", 6): [2.28767e-3],
    ("watson", 9): [1.39976e-6],
    ("watson", 12): [4.72238e-10],
    ("extended_rosenbrock", 10): [0.0],
    ("extended_powell_singular", 12): [0.0],
    ("penalty_1", 4): [2.24997e-5],
    ("penalty_1", 10): [7.08765e-5],
    ("penalty_2", 4): [9.37629e-6],
    ("penalty_2", 10): [2.93660e-4],
    ("variably_dimensioned", 10): [0.0],
    ("trigonometric", 10): [0.0, 2.79506e-5],
    ("brown_almost_linear", 10): [0.0, 1.0],
    ("discrete_boundary_value", 10): [0.0],
    ("discrete_integral_equation", 10): [0.0],
    ("broyden_tridiagonal", 10): [0.0],
    ("broyden_banded", 10): [0.0],
    ("linear_full_rank", 5): [5.0],
    ("linear_rank_1", 5): [15 / 7],
    ("linear_rank_1_zero", 5): [62 / 17],
    ("chebyquad", 8): [3.51687e-3],
    ("chebyquad", 10): [6.50395e-3],
}
# From its start SciPy's quasi-Newton method ends in the local minimum that the paper gives.
QUASI_NEWTON = {"biggs_exp6"}


def points_of(problem, count=2):
    """The start and points around it, in longdouble."""
    random = np.random.RandomState(problem.number)
    start = problem.start.astype(np.longdouble)
    spread = 0.1 * np.maximum(np.abs(start), 0.1)
    return [start, *(start + spread * random.standard_normal(problem.n) for _ in range(count))]


def differences(f, w):
    """Derivatives of f at w by central differences in longdouble, their error h^2 cancelled."""
    h = np.longdouble(2.0) ** -16

    def central(e, h):
        return (f(w + h * e) - f(w - h * e)) / (2 * h)

    scaled = np.diag(np.maximum(np.abs(w), np.longdouble(0.01)))
    return np.stack([(4 * central(e, h) - central(e, 2 * h)) / 3 / e.max() for e in scaled], axis=1)


def agree(computed, expected, tolerance):
    """Each column, relative to its own largest value, or to rounding in the largest of all."""
    error = np.abs(computed.astype(float) - expected.astype(float))
    size = np.abs(expected.astype(float))
    assert (error <= tolerance * size.max(axis=0, keepdims=True) + 1e-13 * size.max()).all()


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_jacobians_and_hessians_are_the_residuals_derivatives(problem):
    for w in points_of(problem):
        J = problem._jacobian(w)
        agree(J, differences(problem._residuals, w), 1e-8)
        H = 2 * (J.T @ J + problem._curvature(w, problem._residuals(w)))
        agree(H, differences(lambda u: 2 * problem._residuals(u) @ problem._jacobian(u), w), 1e-8)
        assert (H == H.T).all() or np.abs(H - H.T).max() <= 1e-17 * np.abs(H).max()


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_values_gradients_and_hessians_belong_together(problem):
    w = problem.start + 0.01
    r, J, H = problem.residuals(w), problem.jacobian(w), problem.hessian(w)
    assert r.shape == (problem.m,)
    assert J.shape == (problem.m, problem.n)
    assert H.shape == (problem.n, problem.n)
    assert r.dtype == J.dtype == H.dtype == np.float64
    f, g = problem(w)
    assert f == problem.value(w) == r @ r
    np.testing.assert_array_equal(g, 2 * (r @ J))
    expected = 2 * (J.T @ J + problem._curvature(w, r))
    np.testing.assert_array_equal(H, expected)
    np.testing.assert_array_equal(problem.hvp(w, w), H @ w)
    np.testing.assert_array_equal(problem.values([w, problem.start]), [f, problem.value(problem.start)])


@pytest.mark.parametrize(("name", "sizes", "published"), PUBLISHED)
def test_the_starts_values_are_the_published_ones(name, sizes, published):
    problem = landscapes.mgh(name, **sizes)
    assert problem.value(problem.start) == pytest.approx(published, rel=5e-3)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_starts_values_are_those_computed_by_hand(name):
    assert USUAL[name].value(USUAL[name].start) == pytest.approx(BY_HAND[name], rel=1e-14)


@pytest.mark.parametrize("problem", PROBLEMS, ids=repr)
def test_minima_are_the_papers_and_stationary(problem):
    published = PAPER.get((problem.name, problem.n))
    if problem is USUAL.get(problem.name):
        assert published is not None
    if published and not np.isnan(problem.minimum):
        assert problem.minimum == pytest.approx(published[0], rel=1e-5)
    for w in problem.minima:
        assert problem.value(w) == pytest.approx(problem.minimum, rel=1e-11, abs=1e-25)
        J, r = problem.jacobian(w), problem.residuals(w)
        assert np.abs(problem.gradient(w)).max() <= 1e-13 * (
            1 + np.abs(J).max() * (np.abs(r).max() + np.abs(w).max())
        )
        eigenvalues = np.linalg.eigvalsh(problem.hessian(w))
        assert eigenvalues[0] >= -1e-12 * eigenvalues[-1]


def is_in_the_paper(problem):
    return (problem.name, problem.n) in PAPER and problem.m == landscapes.mgh(problem.name, problem.n).m


@pytest.mark.parametrize("problem", list(filter(is_in_the_paper, PROBLEMS)), ids=repr)
def test_scipy_finds_a_minimum_of_the_paper_from_the_start(problem):
    """Right data and formulas: six digits that nothing here was typed in from."""
    optimize = pytest.importorskip("scipy.optimize")
    if problem.name in QUASI_NEWTON:
        found = optimize.minimize(problem, problem.start, jac=True, method="BFGS").fun
    else:
        options = {"method": "lm", "xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "max_nfev": 5000}
        found = 2 * optimize.least_squares(problem.residuals, problem.start, problem.jacobian, **options).cost
    assert found >= problem.minimum * (1 - 1e-9) - 1e-17  # to rounding in the residuals
    assert any(found == pytest.approx(f, rel=1e-5, abs=1e-20) for f in PAPER[problem.name, problem.n])


def test_the_papers_order_and_numbers():
    assert len(landscapes.MGH_NAMES) == len(USUAL) == 35
    for number, name in enumerate(landscapes.MGH_NAMES, start=1):
        problem = landscapes.mgh(number)
        assert problem.name == name
        assert problem.number == number
        assert repr(problem) == repr(USUAL[name])
        assert repr(pickle.loads(pickle.dumps(problem))) == repr(problem)


def test_the_extended_problems_are_the_small_ones_repeated():
    for large, small in [
        ("extended_rosenbrock", "rosenbrock"),
        ("extended_powell_singular", "powell_singular"),
    ]:
        problem, block = USUAL[large], USUAL[small]
        w = np.random.RandomState(0).standard_normal(problem.n)
        parts = w.reshape(-1, block.n)
        assert problem.value(w) == pytest.approx(block.values(parts).sum(), rel=1e-14)
        np.testing.assert_array_equal(problem.gradient(w).reshape(-1, block.n), block.gradients(parts))
    two = landscapes.rosenbrock()
    for name, same in [("rosenbrock", two), ("beale", landscapes.beale())]:
        w = np.array([0.3, -1.7])
        assert USUAL[name].value(w) == pytest.approx(same.value(w), rel=1e-14)
        np.testing.assert_allclose(USUAL[name].hessian(w), same.hessian(w), rtol=1e-13)


def test_helical_valley_turns_all_around():
    problem = USUAL["helical_valley"]
    angles = np.array([-0.2499, -0.1, 0.0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7499])
    for turns in angles:
        w = [2 * np.cos(2 * np.pi * turns), 2 * np.sin(2 * np.pi * turns), 10 * turns + 1]
        np.testing.assert_allclose(problem.residuals(w), [10.0, 10.0, w[2]], rtol=1e-13)


def test_grids_of_the_problems_of_two_variables():
    for problem in (p for p in USUAL.values() if p.n == 2):
        (x0, x1), (y0, y1) = problem.limits
        x, y = np.linspace(x0, x1, 3), np.linspace(y0, y1, 2)
        expected = [[problem.value([a, b]) for a in x] for b in y]
        np.testing.assert_array_equal(problem.grid(x, y), expected)
    with pytest.raises(ValueError, match="grid needs a landscape of 2 variables; wood has 4"):
        USUAL["wood"].grid([0.0], [0.0])


def test_overflow_is_infinite_without_a_warning():
    problem = USUAL["jennrich_sampson"]
    assert problem.value([1e3, 1e3]) == np.inf
    assert problem([1e3, 1e3])[0] == np.inf
    assert problem.hessian([1e3, 1e3]).shape == (2, 2)
    assert not np.isfinite(problem.residuals([1e3, 1e3])).all()
    assert not np.isfinite(problem.jacobian([1e3, 1e3])).all()


def test_minima_of_other_sizes_are_unknown():
    assert np.isnan(landscapes.mgh("jennrich_sampson", m=20).minimum)
    assert landscapes.mgh("jennrich_sampson", m=20).minima.shape == (0, 2)
    assert np.isnan(landscapes.mgh("watson", n=7).minimum)
    assert landscapes.mgh("watson", n=9).minima.shape == (0, 9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rosenbrok",), "problem is 'rosenbrok'; expected one of 'rosenbrock'"),
        ((0,), "problem is 0; expected a name in MGH_NAMES, or 1 to 35"),
        ((36,), "problem is 36"),
        ((1.0,), r"problem is 1\.0"),
        (("wood", 5), "n is 5; wood has n = 4"),
        (("wood", 4, 7), "m is 7; wood has m = 6"),
        (("watson", 1), "n is 1; watson expects 2 to 31"),
        (("watson", 32), "n is 32; watson expects 2 to 31"),
        (("extended_rosenbrock", 3), "n is 3; extended_rosenbrock expects 2 to 10000 and a multiple of 2"),
        (("chebyquad", 8, 7), "m is 7; chebyquad expects n = 8 to 100"),
        (("gulf", 3, 101), "m is 101; gulf expects n = 3 to 100"),
        (("gulf", "a"), "n is 'a'; expected an integer"),
        (("linear_rank_1_zero", 2), "n is 2; linear_rank_1_zero expects 3 to"),
        (("penalty_1", 4, 4), "m is 4; penalty_1 has m = 5"),
        (("penalty_1", 4, 2.0), r"m is 2\.0; expected an integer"),
    ],
)
def test_errors_say_what_is_wrong(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        landscapes.mgh(*arguments)


def test_wrong_points_are_refused():
    with pytest.raises(ValueError, match=r"w has shape \(3,\); expected \(2,\)"):
        USUAL["beale"].residuals(np.zeros(3))
    with pytest.raises(TypeError, match="w has dtype int64"):
        USUAL["beale"].jacobian(np.zeros(2, np.int64))
