"""Slices of a loss: directions, values and derivatives of the plane, trajectories."""

import copy

import numpy as np
import pytest

import deeprob
from deeprob import landscapes

N, D, C = 40, 7, 3


class WithProducts(deeprob.Objective):
    """A softmax objective with Hessian-vector products, from the formula, class by class and in float64."""

    def hvp(self, W, V, index=None):
        X, reg = self.X.astype(np.float64), self.reg
        s, ds = X @ W.T, X @ V.T
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        G = p * (ds - (p * ds).sum(axis=1, keepdims=True))
        return G.T @ X / len(X) + 2 * reg * V


def make(dtype=np.float64, kind=deeprob.Objective, **options):
    random = np.random.RandomState(0)
    X = random.standard_normal((N, D)).astype(dtype)
    W = random.standard_normal((C, D)).astype(dtype)
    return kind(X, np.arange(N) % C, reg=0.1, **options), W


@pytest.fixture(scope="module")
def walk():
    """A descent's weights."""
    objective, W = make()
    Ws = [W]
    for _ in range(30):
        Ws.append(Ws[-1] - 0.3 * objective(Ws[-1])[1])
    return objective, np.array(Ws)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_the_objectives_at_the_planes_points(dtype):
    objective, W = make(dtype)
    plane = landscapes.loss_slice(objective, W, rng=0)
    d1, d2 = plane.directions
    x, y = np.linspace(-1.0, 1.0, 11), np.linspace(-0.5, 2.0, 9)
    grid = plane.grid(x, y)
    expected = [[objective.value((W + a * d1 + b * d2).astype(dtype)) for a in x] for b in y]
    np.testing.assert_array_equal(grid, expected)
    np.testing.assert_array_equal(grid, [[plane.value([a, b]) for a in x] for b in y])
    assert plane.value([0.0, 0.0]) == objective.value(W)
    assert plane.weights([0.5, -1.0]).dtype == dtype
    np.testing.assert_array_equal(plane.weights([0.0, 0.0]), W)


def test_threads_and_many_points_give_the_same_bits():
    random = np.random.RandomState(1)
    objective = deeprob.Objective(random.standard_normal((2000, 50)), np.arange(2000) % 10)
    W = random.standard_normal((10, 50))
    plane = landscapes.loss_slice(objective, W, rng=0)
    points = random.standard_normal((150, 2))
    alone = plane.values(points, threads=1)
    np.testing.assert_array_equal(plane.values(points, threads=2), alone)
    np.testing.assert_array_equal([plane.value(w) for w in points], alone)
    assert objective.threads is None
    assert plane.values(np.zeros((0, 2))).shape == (0,)


def test_gradients_are_projected_and_hessians_symmetric():
    for kind in (deeprob.Objective, WithProducts):
        objective, W = make(kind=kind)
        plane = landscapes.loss_slice(objective, W, rng=0)
        for w in np.random.RandomState(0).standard_normal((5, 2)):
            f, g = plane(w)
            assert f == plane.value(w)
            steps = 1e-6 * np.eye(2)
            numeric = [(plane.value(w + e) - plane.value(w - e)) / 2e-6 for e in steps]
            np.testing.assert_allclose(g, numeric, rtol=1e-6, atol=1e-8)
            H = plane.hessian(w)
            numeric = [(plane.gradient(w + e) - plane.gradient(w - e)) / 2e-6 for e in steps]
            np.testing.assert_allclose(H, numeric, rtol=1e-6, atol=1e-8)
            np.testing.assert_array_equal(H, H.T)
            assert np.linalg.eigvalsh(H)[0] > 0  # softmax regression with L2 is convex
            np.testing.assert_allclose(plane.hvp(w, [1.0, 2.0]), H @ [1.0, 2.0])


def test_hessians_from_products_are_exact():
    objective, W = make(kind=WithProducts)
    plane = landscapes.loss_slice(objective, W, rng=0)
    d1, d2 = plane.directions
    w = np.array([0.3, -0.2])
    expected = [[np.sum(a * objective.hvp(plane.weights(w), b)) for b in (d1, d2)] for a in (d1, d2)]
    np.testing.assert_allclose(plane.hessian(w), expected, rtol=1e-14)


@pytest.mark.parametrize("class_axis", [0, 1])
def test_random_directions_have_each_classs_length(class_axis):
    objective, W = make(class_axis=class_axis)
    W = W.T.copy() if class_axis else W
    W[(0, slice(None)) if class_axis == 0 else (slice(None), 0)] = 0.0
    plane = landscapes.loss_slice(objective, W, rng=3)
    axis = 1 - class_axis
    for d in plane.directions:
        np.testing.assert_allclose(np.linalg.norm(d, axis=axis), np.linalg.norm(W, axis=axis), rtol=1e-14)
    random = np.random.RandomState(3)
    for d in plane.directions:
        drawn = random.standard_normal(W.shape)
        lengths = np.linalg.norm(W, axis=axis, keepdims=True) / np.linalg.norm(
            drawn, axis=axis, keepdims=True
        )
        np.testing.assert_array_equal(d, drawn * lengths)
    again = landscapes.loss_slice(objective, W, rng=np.random.RandomState(3))
    np.testing.assert_array_equal(again.directions, plane.directions)
    assert plane.explained is None
    assert plane.trajectory is None
    assert plane.limits == ((-1.0, 1.0), (-1.0, 1.0))


def test_principal_directions_are_those_of_the_centred_points(walk):
    objective, Ws = walk
    plane = landscapes.loss_slice(objective, Ws[-1], "principal", trajectory=Ws)
    flat = Ws.reshape(len(Ws), -1)
    covariance = np.cov(flat.T)
    values, vectors = np.linalg.eigh(covariance)
    for k in range(2):
        d = plane.directions[k].ravel()
        assert abs(d @ vectors[:, -1 - k]) == pytest.approx(1.0, rel=1e-9)
        assert plane.explained[k] == pytest.approx(values[-1 - k] / values.sum(), rel=1e-9)
        assert d[np.abs(d).argmax()] > 0
    assert abs(plane.directions[0].ravel() @ plane.directions[1].ravel()) < 1e-14
    expected = (flat - flat[-1]) @ plane.directions.reshape(2, -1).T
    np.testing.assert_allclose(plane.trajectory, expected, atol=1e-14)
    np.testing.assert_array_equal(plane.start, plane.trajectory[0])
    (a0, a1), (b0, b1) = plane.limits
    assert (plane.trajectory >= [a0, b0]).all()
    assert (plane.trajectory <= [a1, b1]).all()
    assert plane.explained.sum() > 0.9


def test_trajectories_in_the_plane_are_found_again():
    objective, W = make()
    random = np.random.RandomState(5)
    d1, d2 = random.standard_normal((2, C, D))
    known = random.standard_normal((6, 2))
    Ws = W + known[:, 0, None, None] * d1 + known[:, 1, None, None] * d2

    class Recorded:
        w = Ws.reshape(6, -1)

    class Result:
        trajectory = Recorded()

    for trajectory in (Ws, list(Ws), Recorded(), Result()):
        plane = landscapes.loss_slice(objective, W, (d1, d2), trajectory=trajectory)
        np.testing.assert_allclose(plane.trajectory, known, rtol=1e-12)
        np.testing.assert_allclose(plane.coordinates(Ws), known, rtol=1e-12)
    np.testing.assert_array_equal(plane.directions, [d1, d2])
    principal = landscapes.loss_slice(objective, W, "principal", trajectory=Ws)
    assert principal.explained.sum() == pytest.approx(1.0)
    a, b = principal.explained
    assert repr(plane) == f"loss_slice({objective!r})"
    assert repr(principal) == f"loss_slice({objective!r}, explained=({a:.3f}, {b:.3f}))"
    np.testing.assert_allclose(principal.values(principal.trajectory), objective.values(Ws), rtol=1e-13)


def test_a_subset_of_the_examples():
    objective, W = make()
    index = [1, 5, 8]
    plane = landscapes.loss_slice(objective, W, rng=0, index=index)
    at = plane.weights([0.1, 0.2])
    assert plane.value([0.1, 0.2]) == objective.value(at, index)
    assert plane.values([[0.1, 0.2]])[0] == objective.value(at, index)
    assert plane([0.1, 0.2])[0] == objective.value(at, index)
    assert np.isfinite(plane.hessian([0.1, 0.2])).all()


def test_a_landscape_of_many_variables_is_cut_too():
    valley, limits = landscapes.rosenbrock(6), ((0.0, 1.0), (0.0, 2.0))
    plane = landscapes.loss_slice(valley, valley.minima[0], np.eye(6)[[0, 3]], limits=limits)
    w = np.array([0.2, -0.1])
    at = np.array([1.2, 1, 1, 0.9, 1, 1])
    assert plane.value(w) == pytest.approx(valley.value(at), rel=1e-14)
    np.testing.assert_allclose(plane.gradient(w), valley.gradient(at)[[0, 3]], rtol=1e-13)
    np.testing.assert_allclose(plane.hessian(w), valley.hessian(at)[np.ix_([0, 3], [0, 3])], rtol=1e-13)
    np.testing.assert_allclose(plane.grid([0.2], [-0.1]), [[valley.value(at)]], rtol=1e-14)
    assert plane.limits == limits
    assert landscapes.condition_number(plane, [0.0, 0.0]) > 1


def test_objectives_of_ones_own():
    class Quadratic:
        def value(self, W):
            return float(np.sum(W**2))

        def value_and_grad(self, W):
            return self.value(W), 2 * W

    plane = landscapes.loss_slice(Quadratic(), np.ones(4), rng=0)
    assert plane.grid([0.0, 1.0], [0.0]).shape == (1, 2)
    length = np.sum(plane.directions**2, axis=1)
    np.testing.assert_allclose(length, 4.0)
    np.testing.assert_allclose(np.diag(plane.hessian([0.0, 0.0])), 2 * length, rtol=1e-8)


def test_weights_are_copied_and_noise_may_be_added():
    objective, W = make()
    plane = landscapes.loss_slice(objective, W, rng=0)
    before = plane.value([0.0, 0.0])
    W[:] = 0.0
    assert plane.value([0.0, 0.0]) == before
    assert plane.noisy(1.0, 0).gradient([0.0, 0.0])[0] != plane.gradient([0.0, 0.0])[0]
    assert copy.deepcopy(plane).value([0.0, 0.0]) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": np.sum}, "objective is a "),
        ({"W": np.zeros((C, D), int)}, "W has dtype int64"),
        ({"W": np.zeros((0, D))}, r"W has shape \(0, 7\)"),
        ({"W": None}, "W is None"),
        ({"W": np.zeros((C, D))}, "W is 0; random directions have its size"),
        ({"directions": "filter"}, "directions is 'filter'; expected 'random', 'principal' or a pair"),
        ({"directions": [np.ones((C, D))]}, "directions is "),
        ({"directions": 3}, "directions is 3"),
        ({"directions": (np.ones((C, D)), np.ones((D, C)))}, r"directions\[1\] has shape \(7, 3\)"),
        ({"directions": (np.ones((C, D)), 2 * np.ones((C, D)))}, "directions span no plane"),
        ({"directions": (np.ones((C, D)), np.zeros((C, D)))}, "directions span no plane"),
        ({"directions": (np.ones((C, D)), np.full((C, D), np.nan))}, r"directions\[1\] has dtype float64; "),
        ({"directions": "principal"}, "trajectory is None"),
        ({"directions": "principal", "trajectory": np.ones((4, C, D))}, "trajectory lies on a line"),
        ({"directions": "principal", "trajectory": np.eye(2, C * D)}, "trajectory lies on a line"),
        ({"trajectory": np.ones((C, D))}, r"trajectory has shape \(3, 7\)"),
        ({"trajectory": np.full((4, C, D), np.inf)}, "trajectory holds NaN"),
        ({"rng": -1}, "rng is -1"),
        ({"seed": 1}, "'seed'; did you mean 'rng'"),
    ],
)
def test_errors_say_what_is_wrong(change, message):
    objective, W = make()
    with pytest.raises((ValueError, TypeError), match=message):
        landscapes.loss_slice(**{"objective": objective, "W": W, **change})
