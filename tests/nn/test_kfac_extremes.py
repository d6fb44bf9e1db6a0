"""nn.KFAC where a factor is 0, tiny or singular."""

import numpy as np
import pytest

from deeprob import nn
from deeprob._kronecker import damped


def data(N=32, D=4, C=3, seed=0):
    rng = np.random.RandomState(seed)
    return rng.randn(N, D), rng.randint(0, C, N)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("what", ["zeros", "dead", "sure", "one class", "huge inputs"])
def test_layers_that_no_gradient_of_the_fisher_reaches(what, dtype):
    # their G is 0: inverses beyond float32, times the gradient 0, would be NaN
    X, y = data()
    net = nn.MLP((4, 5, 1 if what == "one class" else 3), rng=0, dtype=dtype)
    if what == "zeros":
        net[2].W[...] = 0
    elif what == "dead":
        net[0].b[...] = -1e3
    elif what == "sure":
        net[2].b[0] = 1e3
    elif what == "one class":
        y[...] = 0
    else:
        X *= 1e6
    before = net[0].W.copy()
    opt = nn.KFAC(net, rng=0)
    _, grads = net.loss_and_grads(X, y)
    opt.step(grads)
    assert not opt.factors()["0"][1].any()
    assert all(np.isfinite(value).all() for value in net.parameters().values())
    if not grads["0.W"].any():
        np.testing.assert_array_equal(net[0].W, before)


@pytest.mark.parametrize(
    ("a", "g", "pi"), [(1, 4, 0.5), (1, 0, 1), (0, 1, 1), (0, 0, 1), (1, 1e-200, 1e15), (1e-200, 1, 1e-15)]
)
def test_pi_shares_out_the_damping_within_bounds(a, g, pi):
    A, G = damped(a * np.eye(3), g * np.eye(2), 0.01)
    np.testing.assert_allclose(A, (a + pi * 0.1) * np.eye(3), rtol=1e-15)
    np.testing.assert_allclose(G, (g + 0.1 / pi) * np.eye(2), rtol=1e-15)


def test_singular_factors_are_told_and_nothing_changes():
    net = nn.MLP((4, 3), rng=0, dtype=np.float64)
    opt = nn.KFAC(net, damping=5e-324, rng=0)
    _, grads = net.loss_and_grads(np.ones((2, 4)), [0, 1])
    before = net[0].W.copy()
    with pytest.raises(
        ValueError, match=r"damping is 5e-324; with it the factors of Linear\(4, 3\) are sing"
    ):
        opt.step(grads)
    np.testing.assert_array_equal(net[0].W, before)
    assert opt.t == 0
    assert not opt.factors()["0"][0].any()


def test_what_is_not_finite_stays_so():
    net = nn.MLP((4, 3), rng=0, dtype=np.float64)
    opt = nn.KFAC(net, rng=0)
    _, grads = net.loss_and_grads(np.full((2, 4), 1e160), [0, 1])  # whose squares overflow
    opt.step(grads)
    assert not np.isfinite(net[0].W).any()
