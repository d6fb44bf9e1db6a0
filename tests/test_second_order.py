"""Newton's method and its kin: the lecture's step, indefinite Hessians, K-FAC, why each ended."""

import itertools

import numpy as np
import pytest

import deeprob
from deeprob import landscapes, minimize
from deeprob._solvers import kfac, newton, newton_cg

VARIANTS = ["damped", "pure", "saddle-free", "trust-region"]
H = np.diag([1.0, 25.0])


def bowl(w):
    """The lecture's: (x^2 + 25 y^2) / 2."""
    return float(0.5 * w @ H @ w), H @ w


def rosenbrock(w):
    x, y = w
    return 100 * (y - x**2) ** 2 + (1 - x) ** 2, np.array(
        [-400 * x * (y - x**2) - 2 * (1 - x), 200 * (y - x**2)]
    )


def rosenbrock_hessian(w):
    x, y = w
    return np.array([[1200 * x**2 - 400 * y + 2, -400 * x], [-400 * x, 200]])


def saddle(w):
    return w[0] ** 2 - w[1] ** 2, np.array([2 * w[0], -2 * w[1]])


def saddle_hessian(_w):
    return np.diag([2.0, -2.0])


class Circle:
    """Least squares: points on a circle, centre and radius sought."""

    def __init__(self, noise=0.0):
        t = np.linspace(0, 5, 40)
        self.points = np.array([2 + 3 * np.cos(t), -1 + 3 * np.sin(t)]).T
        self.points += noise * np.random.RandomState(0).randn(40, 2)

    def residuals(self, w):
        return np.hypot(*(self.points - w[:2]).T) - w[2]

    def jacobian(self, w):
        between = w[:2] - self.points
        return np.column_stack([between / np.hypot(*between.T)[:, None], -np.ones(40)])

    def __call__(self, w):
        r = self.residuals(w)
        return float(r @ r), 2 * self.jacobian(w).T @ r


def softmax(N=300, D=6, C=4, reg=1e-2):
    random = np.random.RandomState(0)
    X = random.randn(N, D)
    y = np.argmax(X @ random.randn(C, D).T + random.gumbel(size=(N, C)), axis=1)
    return deeprob.Objective(X, y, reg=reg)


class TestNewton:
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_a_quadratic_takes_one_step(self, variant):
        """L4-53: one step from (1, 1) reaches the bowl's minimum."""
        result = minimize(bowl, [1.0, 1.0], method="newton", hess=lambda _w: H, variant=variant, radius=9.0)
        assert result.nit == 1
        assert result.success
        np.testing.assert_array_equal(result.x, [0, 0])

    @pytest.mark.parametrize("n", [1, 3, 20])
    def test_any_convex_quadratic_takes_one_step(self, n):
        random = np.random.RandomState(n)
        A = random.randn(n, n)
        A = A @ A.T + np.eye(n)
        b = random.randn(n)
        result = minimize(
            lambda w: (0.5 * w @ A @ w - b @ w, A @ w - b),
            np.zeros(n),
            method="newton",
            hess=lambda _w: A,
            gtol=1e-9,
        )
        assert result.nit == 1
        np.testing.assert_allclose(result.x, np.linalg.solve(A, b), rtol=1e-10)

    def test_the_published_path_on_rosenbrock(self):
        result = minimize(
            rosenbrock,
            [-1.2, 1.0],
            method="newton",
            hess=rosenbrock_hessian,
            variant="pure",
            record=True,
            gtol=0.0,
            steps=7,
        )
        expected = [
            (-1.1752808988764043, 1.3806741573033703),
            (0.7631148711764728, -3.175033854748202),
            (0.7634296788840771, 0.5828247754971527),
            (0.9999953110850169, 0.9440273238533894),
            (0.9999956956536927, 0.9999913913257651),
        ]
        # two solves of a 2 x 2 system differ by its condition number, 2,500, times the unit roundoff
        np.testing.assert_allclose(result.trajectory.w[1:6], expected, rtol=3e-11)
        assert result.trajectory.fun[7] < 1e-25

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_rosenbrock(self, variant):
        result = minimize(
            rosenbrock, [-1.2, 1.0], method="newton", hess=rosenbrock_hessian, variant=variant, gtol=1e-8
        )
        assert result.success
        np.testing.assert_allclose(result.x, [1, 1], rtol=1e-6)
        assert result.nhev <= 30

    def test_the_slide_step_lands_on_the_saddle_and_says_so(self):
        """L4-53's erratum: a critical point need not be a minimum."""
        result = minimize(saddle, [1.0, 0.5], method="newton", hess=saddle_hessian, variant="pure")
        np.testing.assert_array_equal(result.x, [0, 0])
        assert (
            "the Hessian was not positive definite at 1 of 1 points (smallest eigenvalue -2)"
            in result.message
        )

    @pytest.mark.parametrize("variant", ["damped", "saddle-free", "trust-region"])
    def test_the_others_leave_it(self, variant):
        result = minimize(saddle, [1.0, 0.5], method="newton", hess=saddle_hessian, variant=variant, steps=30)
        assert abs(result.x[0]) < 0.1
        assert result.fun < -100
        assert "not positive definite at 30 of 30 points" in result.message

    def test_the_trust_region_leaves_a_saddle_where_the_gradient_is_0_along_it(self):
        """The hard case: nothing of the gradient points along the way down."""
        result = minimize(
            saddle, [1.0, 0.0], method="newton", hess=saddle_hessian, variant="trust-region", steps=9
        )
        assert result.fun < -100

    def test_the_state_tells_the_step(self):
        result = minimize(rosenbrock, [-1.2, 1.0], method="newton", hess=rosenbrock_hessian, record="state")
        state = result.trajectory.state[1]
        np.testing.assert_array_equal(state["hessian"], rosenbrock_hessian([-1.2, 1.0]))
        assert state["step_size"] == 1.0
        assert state["shift"] == 0.0

    def test_softmax_and_the_published_optimum(self):
        X = np.array([[1.0, 2], [-1, 0.5], [0.5, -1.5], [2, 0]])
        W = np.array([[0.1, -0.2, 0.3], [0, 0.25, -0.5]]).T
        objective = deeprob.Objective(X, [0, 1, 2, 1], reg=0.1)
        one = minimize(objective, W, method="newton", variant="pure", steps=1)
        assert one.fun == pytest.approx(0.80632970462077125, rel=1e-13)
        result = minimize(objective, W, method="newton", gtol=1e-13)
        assert result.fun == pytest.approx(0.8018753756559116, rel=1e-15)
        expected = [
            [0.023273059921650865, 0.12399319557666195, -0.14726625549831268],
            [0.6536707860122644, 0.134311808305051, -0.7879825943173149],
        ]
        np.testing.assert_allclose(result.x.T, expected, rtol=0, atol=2e-14)

    @pytest.mark.parametrize("method", ["newton", "newton-cg"])
    def test_squared_hinge(self, method):
        random = np.random.RandomState(1)
        X, y = random.randn(200, 5), random.randint(0, 3, 200)
        objective = deeprob.Objective(X, y, loss="squared_hinge", reg=1e-2)
        result = minimize(objective, np.zeros((3, 5)), method=method, gtol=1e-10)
        assert result.success
        assert result.nit <= 12

    def test_bad_input(self):
        with pytest.raises(ValueError, match="variant is 'full'; expected 'damped', 'pure'"):
            minimize(bowl, [1.0, 1.0], method="newton", hess=lambda _w: H, variant="full")
        with pytest.raises(ValueError, match="radius is 0"):
            minimize(bowl, [1.0, 1.0], method="newton", hess=lambda _w: H, radius=0)
        with pytest.raises(ValueError, match="damping is -1"):
            minimize(bowl, [1.0, 1.0], method="newton", hess=lambda _w: H, damping=-1)
        with pytest.raises(TypeError, match="needs the Hessian: pass hess="):
            minimize(bowl, [1.0, 1.0], method="newton")

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_a_hessian_with_nan_ends_it(self, variant):
        result = minimize(
            bowl, [1.0, 1.0], method="newton", hess=lambda _w: np.full((2, 2), np.nan), variant=variant
        )
        assert not result.success
        assert "the Hessian has NaN or inf" in result.message
        np.testing.assert_array_equal(result.x, [1, 1])

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_a_singular_hessian(self, variant):
        flat = np.diag([2.0, 0.0])
        result = minimize(
            lambda w: (w[0] ** 2, np.array([2 * w[0], 0.0])),
            [1.0, 3.0],
            method="newton",
            hess=lambda _w: flat,
            variant=variant,
        )
        assert result.success
        np.testing.assert_allclose(result.x, [0, 3], atol=1e-5)

    def test_float32(self):
        result = minimize(bowl32, np.float32([1, 1]), method="newton", hess=lambda _w: H)
        assert result.x.dtype == np.float32
        assert result.success


def bowl32(w):
    return float(0.5 * w @ H.astype(w.dtype) @ w), H.astype(w.dtype) @ w


class TestSteps:
    @pytest.mark.parametrize("seed", range(30))
    def test_the_trust_region_step_is_the_minimizer(self, seed):
        """Moré and Sorensen's conditions, necessary and sufficient."""
        random = np.random.RandomState(seed)
        n = random.randint(1, 8)
        A = random.randn(n, n)
        A = (A + A.T) / 2
        g = random.randn(n) * 10.0 ** random.randint(-3, 3)
        radius = 10.0 ** random.uniform(-3, 2)
        step = newton.trust_region(A, g, radius)
        s, values = step.shift, np.linalg.eigvalsh(A)
        assert np.linalg.norm(step.p) <= radius * (1 + 1e-9)
        assert s >= 0 and s >= -values[0] - 1e-12
        np.testing.assert_allclose(
            (A + s * np.eye(n)) @ step.p, -g, rtol=0, atol=1e-8 * (1 + np.abs(g).max())
        )
        if s > 0:
            assert np.linalg.norm(step.p) == pytest.approx(radius, rel=1e-9)
        assert step.indefinite == (values[0] < 0)

    def test_the_hard_case(self):
        step = newton.trust_region(np.diag([-2.0, 2.0]), np.array([0.0, 4.0]), 5.0)
        assert np.linalg.norm(step.p) == pytest.approx(5)
        assert step.p[1] == pytest.approx(-1)

    @pytest.mark.parametrize("part", [1e-6, 1e-10, 1e-13, 1e-15, 1e-17, 0.0])
    @pytest.mark.parametrize("radius", [1e-3, 1.0, 1e3, 1e8])
    @pytest.mark.parametrize("seed", range(6))
    def test_nearly_the_hard_case(self, seed, radius, part):
        """S is so near -smallest that their sum has no digits of what lies between them."""
        random = np.random.RandomState(seed)
        n = seed + 1
        Q, values, c = np.linalg.qr(random.randn(n, n))[0], random.randn(n), random.randn(n)
        values[0] = -1 - np.abs(values).max()
        c[0] *= part
        A = (Q * values) @ Q.T
        g = Q @ c
        step = newton.trust_region((A + A.T) / 2, g, radius)
        assert np.linalg.norm(step.p) == pytest.approx(radius, rel=1e-9)
        assert step.shift == pytest.approx(-values[0], rel=1e-9) or step.shift > -values[0]
        residual = np.linalg.norm(A @ step.p + step.shift * step.p + g)
        assert residual <= 1e-11 * (np.linalg.norm(g) + 1 + radius)

    @pytest.mark.parametrize("scale", [1e-290, 1e-150, 1e150, 1e290])
    def test_trust_region_steps_of_any_scale(self, scale):
        step = newton.trust_region(np.diag([-1.0, 2.0]) * scale, np.array([1.0, 1.0]) * scale, 1.0)
        one = newton.trust_region(np.diag([-1.0, 2.0]), np.array([1.0, 1.0]), 1.0)
        np.testing.assert_allclose(step.p, one.p, rtol=1e-9)
        steep = newton.trust_region(np.diag([-1e20, 1.0]), np.array([1.0, 1.0]), 1.0)
        np.testing.assert_allclose(steep.p, [-1.0, -1e-20], rtol=1e-9)

    @pytest.mark.parametrize("seed", range(10))
    def test_damped_and_saddle_free_go_down(self, seed):
        random = np.random.RandomState(seed)
        A = random.randn(5, 5)
        A = A + A.T
        g = random.randn(5)
        for step in (newton.damped(A, g, 0.0), newton.saddle_free(A, g, 0.0)):
            assert g @ step.p < 0
        values, Q = np.linalg.eigh(A)
        np.testing.assert_allclose(
            newton.saddle_free(A, g, 0.0).p, -Q @ ((Q.T @ g) / np.abs(values)), rtol=1e-9
        )

    @pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
    def test_the_conjugate_gradient_direction_of_any_scale(self, scale):
        bowl = lambda w: (scale * float(w @ H @ w) / 2, scale * (H @ w))  # noqa: E731
        result = minimize(
            bowl, [1.0, 1.0], method="newton-cg", hess=lambda _w: scale * H, gtol=1e-8 * scale, steps=40
        )
        assert result.success, result.message

    def test_the_conjugate_gradient_direction_is_the_newton_step(self):
        random = np.random.RandomState(0)
        A = random.randn(6, 6)
        A = A @ A.T + np.eye(6)
        g = 1e-9 * random.randn(6)  # so small that the forcing term asks for much

        class Quadratic:
            def hvp(self, _x, v):
                return A @ v

        p, products, curvature = newton_cg.direction(Quadratic(), np.zeros(6), g, 50)
        assert curvature > 0
        assert products <= 8
        np.testing.assert_allclose(A @ p, -g, rtol=0, atol=1e-4 * np.linalg.norm(g))


class TestNewtonCG:
    def test_rosenbrock(self):
        result = minimize(rosenbrock, [-1.2, 1.0], method="newton-cg", hess=rosenbrock_hessian)
        assert result.success
        np.testing.assert_allclose(result.x, [1, 1], rtol=1e-6)

    def test_products_are_differences_of_gradients_when_nothing_else_is_there(self):
        result = minimize(rosenbrock, [-1.2, 1.0], method="newton-cg")
        assert result.success
        assert "Hessian-vector products are differences of gradients" in result.message

    def test_softmax_is_solved_in_few_passes(self):
        result = minimize(softmax(), np.zeros((4, 6)), method="newton-cg", gtol=1e-9)
        assert result.success
        assert result.nit <= 10
        assert result.nhev <= 60

    def test_negative_curvature_is_reported(self):
        result = minimize(saddle, [1.0, 0.5], method="newton-cg", hess=saddle_hessian, steps=5)
        assert "negative curvature were met in" in result.message
        assert result.fun < -10


class TestGaussNewton:
    def test_zero_residuals_converge_quadratically(self):
        result = minimize(Circle(), [0.0, 0.0, 1.0], method="gauss-newton", gtol=1e-10)
        assert result.success
        np.testing.assert_allclose(result.x, [2, -1, 3], atol=1e-9)
        assert result.nit <= 10

    def test_scipy_agrees_with_noise(self):
        optimize = pytest.importorskip("scipy.optimize")
        circle = Circle(noise=0.1)
        theirs = optimize.least_squares(
            circle.residuals, [0.0, 0.0, 1.0], circle.jacobian, xtol=1e-14, ftol=1e-15
        )
        ours = minimize(circle, [0.0, 0.0, 1.0], method="gauss-newton", gtol=1e-8)
        np.testing.assert_allclose(ours.x, theirs.x, atol=1e-7)

    def test_it_asks_for_residuals(self):
        with pytest.raises(TypeError, match="needs the problem's residuals"):
            minimize(bowl, [1.0, 1.0], method="gauss-newton")


class TestKFAC:
    def test_it_reaches_newtons_optimum(self):
        objective = softmax()
        best = minimize(objective, np.zeros((4, 6)), method="newton", gtol=1e-12)
        result = minimize(objective, np.zeros((4, 6)), method="kfac", gtol=1e-8)
        assert result.success
        assert result.fun == pytest.approx(best.fun, rel=1e-12)

    def test_the_preconditioner_is_the_inverse_of_the_damped_factors(self):
        objective = softmax()
        A, G = objective.kronecker_factors(np.zeros((4, 6)))
        dW = np.random.RandomState(0).randn(4, 6)
        pi = np.sqrt((np.trace(A) / 6) / (np.trace(G) / 4))
        whole = np.kron(G + np.sqrt(0.01) / pi * np.eye(4), A + pi * np.sqrt(0.01) * np.eye(6))
        expected = np.linalg.solve(whole, dW.ravel()).reshape(4, 6)
        np.testing.assert_allclose(kfac.precondition(A, G, dW, 0.01), expected, rtol=1e-11)

    def test_fewer_steps_than_gradient_descent_where_features_are_ill_scaled(self):
        objective = softmax()
        objective = deeprob.Objective(objective.X * np.logspace(-1, 1, 6), objective.y, reg=1e-4)
        ours = minimize(objective, np.zeros((4, 6)), method="kfac", steps=30)
        largest = np.linalg.eigvalsh(objective.hessian(np.zeros((4, 6))))[-1]
        theirs = minimize(objective, np.zeros((4, 6)), method="sgd", lr=1 / largest, steps=30)
        best = minimize(objective, np.zeros((4, 6)), method="newton", gtol=1e-10).fun
        assert ours.fun - best < (theirs.fun - best) / 100

    def test_both_orders_of_the_axes(self):
        objective = softmax()
        turned = deeprob.Objective(objective.X.T.copy(), objective.y, reg=1e-2, example_axis=1, class_axis=1)
        ours = minimize(objective, np.zeros((4, 6)), method="kfac", steps=5)
        theirs = minimize(turned, np.zeros((6, 4)), method="kfac", steps=5)
        np.testing.assert_allclose(theirs.x.T, ours.x, rtol=1e-9)

    def test_minibatches_improve_the_loss(self):
        objective = softmax(N=2000)
        result = minimize(objective, np.zeros((4, 6)), method="kfac", batch_size=200, steps=30, rng=0)
        start = objective.value(np.zeros((4, 6)))
        best = minimize(objective, np.zeros((4, 6)), method="newton").fun
        assert result.fun - best < 0.05 * (start - best)

    def test_bad_input(self):
        with pytest.raises(TypeError, match="'kfac' needs a deeprob.Objective with loss='softmax'"):
            minimize(bowl, [1.0, 1.0], method="kfac")
        with pytest.raises(ValueError, match="damping is 0"):
            minimize(softmax(), np.zeros((4, 6)), method="kfac", damping=0)


class TestNoise:
    """L4-56: L-BFGS works very well in full batch, deterministic mode, and not with minibatches."""

    def objective(self):
        random = np.random.RandomState(0)
        X = random.randn(2000, 20)
        y = np.argmax(X @ random.randn(5, 20).T + random.gumbel(size=(2000, 5)), axis=1)
        return deeprob.Objective(X, y, reg=1e-3)

    def test_full_batch(self):
        result = minimize(self.objective(), np.zeros((5, 20)), steps=100, gtol=1e-8, ftol=0)
        assert result.success
        assert result.nfev <= 25
        result = minimize(self.objective(), np.zeros((5, 20)), steps=100, gtol=0, ftol=0)
        assert np.linalg.norm(result.jac) < 1e-15  # at the level of its own rounding

    @pytest.mark.parametrize("seed", range(5))
    def test_minibatches(self, seed):
        result = minimize(self.objective(), np.zeros((5, 20)), steps=100, gtol=0, batch_size=128, rng=seed)
        assert 0.05 < np.linalg.norm(result.jac) < 0.2
        assert not result.success


def test_the_bfgs_update_has_rank_two():
    """L4-55's erratum: the slide says rank 1."""
    random = np.random.RandomState(0)
    A = random.randn(6, 6)
    A = A @ A.T + np.eye(6)
    quadratic = minimize(lambda w: (0.5 * w @ A @ w, A @ w), random.randn(6), method="bfgs", record="state")
    inverses = [state["hess_inv"] for state in quadratic.trajectory.state]
    ranks = {np.linalg.matrix_rank(b - a, tol=1e-9) for a, b in itertools.pairwise(inverses[2:6])}
    assert ranks == {2}
    np.testing.assert_allclose(inverses[-1], inverses[-1].T, rtol=0, atol=1e-15 * np.abs(inverses[-1]).max())


@pytest.mark.parametrize("name", ["freudenstein_roth", "jennrich_sampson", "linear_rank_1"])
def test_gauss_newton_says_when_only_rounding_is_left(name):
    problem = next(p for p in landscapes.more_garbow_hillstrom() if p.name == name)
    result = minimize(problem, method="gauss-newton", gtol=0.0)
    assert result.success
    assert "rounding" in result.message
    uphill = lambda w: problem(w)  # noqa: E731
    uphill.residuals, uphill.jacobian = problem.residuals, lambda w: -problem.jacobian(w)
    result = minimize(uphill, problem.start, method="gauss-newton", gtol=0.0)
    assert result.status == 2
