"""Hessian-vector products and Hessians of the linear losses: twins, published values, finite differences."""

import numpy as np
import pytest

import deeprob
from deeprob import _core, reference

SMOOTH = ["softmax", "squared_hinge"]


def problem(N, D, C, dtype, seed=0):
    random = np.random.default_rng(seed)
    W = random.standard_normal((C, D)).astype(dtype)
    V = random.standard_normal((C, D)).astype(dtype)
    X = (random.standard_normal((N, D)) * 2 / np.sqrt(D)).astype(dtype)
    return W, V, X, random.integers(0, C, N)


@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize(
    "size", [(1, 1, 1), (1, 4, 3), (7, 5, 2), (33, 100, 5), (40, 300, 49), (200, 785, 10)]
)
def test_products_are_the_twins(loss, dtype, layout, size):
    W, V, X, y = problem(*size, dtype)
    keywords = {"example_axis": 1} if layout == "columns" else {}
    objective = deeprob.Objective(X if layout == "rows" else X.T.copy(), y, loss=loss, reg=0.1, **keywords)
    product = objective.hvp(W, V)
    wide = [a.astype(np.longdouble) for a in (W, V, X)]
    expected = reference.linear_hvp(loss, *wide, y, reg=0.1)
    assert product.dtype == dtype
    assert product.shape == V.shape
    # a row whose margin is within rounding of 0 is a step of the second derivative
    s = reference.scores(wide[0], wide[2])
    margins = s - s[np.arange(len(y)), y][:, None] + 1
    tight = 64 * np.finfo(dtype).eps
    if loss == "squared_hinge" and (np.abs(margins - 1) > 0)[np.abs(margins) < tight].any():
        pytest.skip("a margin of 0 to rounding")
    scale = np.abs(expected).max() + 1
    np.testing.assert_allclose(product, expected.astype(float), rtol=0, atol=tight * float(scale))


def test_the_published_golden_values():
    X = np.array([[1.0, 2], [-1, 0.5], [0.5, -1.5], [2, 0]])
    W, V = np.array([[0.1, -0.2, 0.3], [0, 0.25, -0.5]]).T, np.array([[1.0, 0, -1], [0.5, 2, 0]]).T
    objective = deeprob.Objective(X, [0, 1, 2, 1], reg=0.1)
    expected = [
        [0.6561112837928385, 0.10313559949919461, -0.7592468832920329],
        [-0.07767204120939453, 0.9203800358693358, -0.3427079946599413],
    ]
    np.testing.assert_allclose(objective.hvp(W, V).T, expected, rtol=2e-15, atol=0)
    eigenvalues = np.linalg.eigvalsh(objective.hessian(W))
    expected = [0.2, 0.2, 0.5483083381093747, 0.633319855521781, 0.7244218130016417, 0.8352554256150215]
    np.testing.assert_allclose(eigenvalues, expected, rtol=4e-15)


@pytest.mark.parametrize("loss", SMOOTH)
def test_products_are_the_derivative_of_the_gradient(loss):
    W, V, X, y = problem(60, 12, 4, np.float64)
    objective = deeprob.Objective(X, y, loss=loss, reg=0.3)
    h = 1e-6
    difference = (objective(W + h * V)[1] - objective(W - h * V)[1]) / (2 * h)
    np.testing.assert_allclose(objective.hvp(W, V), difference, rtol=0, atol=1e-8)


@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("class_axis", [0, 1])
def test_the_hessian_is_symmetric_and_its_columns_are_products(loss, class_axis):
    W, V, X, y = problem(30, 7, 3, np.float64)
    turn = (lambda a: a.T) if class_axis else (lambda a: a)
    objective = deeprob.Objective(X, y, loss=loss, reg=0.2, class_axis=class_axis)
    H = objective.hessian(turn(W))
    np.testing.assert_array_equal(H, H.T)
    product = objective.hvp(turn(W), turn(V))
    assert product.shape == turn(V).shape
    np.testing.assert_allclose(H @ turn(V).ravel(), product.ravel(), rtol=0, atol=1e-14)
    assert np.linalg.eigvalsh(H)[0] > 0.39  # 2 reg, and convex beyond it


def test_directions_together_have_the_bits_of_each_alone():
    W, _, X, y = problem(300, 50, 6, np.float32)
    Vs = np.random.default_rng(1).standard_normal((5, 6, 50)).astype(np.float32)
    objective = deeprob.Objective(X, y, reg=0.1)
    together = objective.hvp(W, Vs)
    for V, product in zip(Vs, together, strict=True):
        np.testing.assert_array_equal(objective.hvp(W, V), product)


@pytest.mark.parametrize("threads", [2, 7])
def test_the_same_bits_for_any_number_of_threads(threads):
    W, V, X, y = problem(3000, 200, 10, np.float32)
    one = deeprob.Objective(X, y, threads=1).hvp(W, V)
    np.testing.assert_array_equal(deeprob.Objective(X, y, threads=threads).hvp(W, V), one)


def test_an_index_is_those_examples():
    W, V, X, y = problem(50, 9, 4, np.float64)
    index = np.array([3, -1, 7, 7])
    chosen = deeprob.Objective(X[index], y[index], reg=0.1)
    whole = deeprob.Objective(X, y, reg=0.1)
    np.testing.assert_array_equal(whole.hvp(W, V, index), chosen.hvp(W, V))
    np.testing.assert_array_equal(whole.hessian(W, index), chosen.hessian(W))


def test_it_is_the_fisher_information_of_softmax():
    """The expected outer product of the gradients, with labels drawn from the model itself."""
    W, V, X, _ = problem(8, 5, 3, np.float64)
    p = np.exp(reference.scores(W, X))
    p /= p.sum(axis=1, keepdims=True)
    expected = np.zeros_like(W)
    for c in range(3):
        for x, weight in zip(X, p[:, c], strict=True):
            g = deeprob.softmax_loss(W, x[None], [c])[1]
            expected += weight * np.sum(g * V) * g / len(X)
    np.testing.assert_allclose(deeprob.Objective(X, [0] * 8).hvp(W, V), expected, rtol=0, atol=1e-15)


class TestKroneckerFactors:
    X = np.array([[1.0, 2], [-1, 0.5], [0.5, -1.5], [2, 0]])
    W = np.array([[0.1, -0.2, 0.3], [0, 0.25, -0.5]]).T

    def test_the_published_golden_values(self):
        objective = deeprob.Objective(self.X, [0, 1, 2, 1])
        A, G = objective.kronecker_factors(self.W)
        np.testing.assert_array_equal(A, [[1.5625, 0.1875], [0.1875, 1.625]])
        first = [0.21516601016140086, -0.10533928287422091, -0.10982672728717996]
        np.testing.assert_allclose(G[0], first, rtol=4e-16)
        F = objective.hessian(self.W)
        distance = np.linalg.norm(F - np.kron(G, A)) / np.linalg.norm(F)
        assert distance == pytest.approx(0.15383436174921788, rel=1e-12)

    def test_of_one_example_they_are_the_fisher_information(self):
        objective = deeprob.Objective(self.X, [0, 1, 2, 1])
        A, G = objective.kronecker_factors(self.W, [2])
        np.testing.assert_allclose(np.kron(G, A), objective.hessian(self.W, [2]), rtol=0, atol=4e-16)

    def test_layouts_and_blocks(self, monkeypatch):
        W, _, X, y = problem(50, 6, 4, np.float32)
        A, G = deeprob.Objective(X, y).kronecker_factors(W)
        monkeypatch.setattr(deeprob.Objective, "_ROWS", 7)
        turned = deeprob.Objective(X.T.copy(), y, example_axis=1, class_axis=1)
        for ours, theirs in zip(turned.kronecker_factors(W.T), (A, G), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)

    def test_bad_input(self):
        with pytest.raises(ValueError, match="loss is 'svm'; expected 'softmax'"):
            deeprob.Objective(self.X, [0, 1, 2, 1], loss="svm").kronecker_factors(self.W)
        with pytest.raises(ValueError, match="index has no examples"):
            deeprob.Objective(self.X, [0, 1, 2, 1]).kronecker_factors(self.W, np.empty(0, int))


def test_a_confident_model_keeps_its_digits():
    """p_t is 1 to rounding, and 1 - p_t is what the product is made of."""
    X, W = np.eye(2), np.array([[50.0, 0], [0, 0], [-3, 0]])
    V = np.array([[0.25, 0], [1.0, 0], [-0.5, 0]])
    expected = reference.linear_hvp(
        "softmax", *(a.astype(np.longdouble) for a in (W, V, X[:1])), np.zeros(1, int)
    )
    product = deeprob.Objective(X[:1], [0]).hvp(W, V)
    # the twin's diag(p) - p p' loses p_0 (1 - p_0) at 1e-22 even in longdouble
    np.testing.assert_allclose(product[1:, 0], expected[1:, 0].astype(float), rtol=1e-14)
    assert product[0, 0] == -product[1:, 0].sum()
    assert 0 < abs(product[0, 0]) < 1e-21


def test_uint8_images_and_mixed_dtypes():
    random = np.random.default_rng(2)
    X = random.integers(0, 256, (40, 30), dtype=np.uint8)
    y = random.integers(0, 3, 40)
    W, V = random.standard_normal((2, 3, 30)).astype(np.float32) / 1000
    product = deeprob.Objective(X, y).hvp(W, V)
    expected = reference.linear_hvp("softmax", *(a.astype(float) for a in (W, V, X)), y)
    np.testing.assert_allclose(product, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert deeprob.Objective(X, y).hvp(W, V.astype(float)).dtype == np.float64


def test_bad_input():
    W, V, X, y = problem(5, 4, 3, np.float64)
    objective = deeprob.Objective(X, y)
    with pytest.raises(ValueError, match=r"V has shape \(2, 4\); expected W's \(3, 4\), or K"):
        objective.hvp(W, V[:2])
    with pytest.raises(ValueError, match=r"D = 4, the features of X"):
        objective.hvp(W[:, :3], V[:, :3])
    with pytest.raises(TypeError, match="'svm' has no second derivative: .*'squared_hinge'"):
        deeprob.Objective(X, y, loss="svm").hvp(W, V)
    with pytest.raises(IndexError):
        objective.hvp(W, V, [5])
    with pytest.raises(ValueError, match="no examples"):
        objective.hvp(W, V, np.empty(0, int))
    assert objective.hvp(W, np.empty((0, 3, 4))).shape == (0, 3, 4)
    with pytest.raises(ValueError, match="WV holds no directions"):
        _core.linear_hvp("softmax", W[None], X, y, None, 0.0, 0.0, 0, 0, 1)
