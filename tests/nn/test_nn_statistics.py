"""Dropout, stochastic depth and the initializations keep what their papers say, within bounds for 5 sigma."""

import math

import numpy as np
import pytest
from nets import rng_for

from deeprob import nn

SIGMA = 5.0
RNGS = [lambda: np.random.default_rng(0), lambda: np.random.RandomState(0), lambda: 0]


def within(count, n, p):
    """Whether a binomial count is at most 5 standard deviations (and one value) away from its mean."""
    return abs(count - n * p) <= SIGMA * math.sqrt(n * p * (1 - p)) + 1


@pytest.mark.parametrize("make", RNGS)
@pytest.mark.parametrize("p", [1e-6, 1e-4, 0.1, 0.3, 0.5, 1 / 65536, 0.9, 1 - 1e-6])
def test_the_drop_rate_is_p_and_the_expectation_is_kept(p, make):
    n = 4_000_000
    y = nn.Dropout(p, rng=make())(np.ones((2000, 2000), np.float32))
    kept = int(np.count_nonzero(y))
    assert within(n - kept, n, p)
    assert set(np.unique(y)) <= {0, np.float32(1 / (1 - p))}
    error = abs(y.mean(dtype=np.float64) - 1)
    assert error <= SIGMA * math.sqrt(p / (1 - p) / n) + 2 / n / (1 - p) + 1e-7


@pytest.mark.parametrize("p", [1e-6, 0.3, 1 - 1e-6])
def test_the_undecided_bits_make_the_rate_exact(p):
    """Of 2^16 values of the bits and a further uniform number, those that are dropped have the measure p."""

    class Every:
        """Draws each value of 16 bits once, and then evenly spaced numbers."""

        def __init__(self, u):
            self.u = u

        def bytes(self, n):
            return np.arange(n // 2, dtype=np.uint16).tobytes()

        def random(self, n):
            return np.full(n, self.u)

    layer = nn.Dropout(p)
    rates = []
    for u in (np.arange(1000) + 0.5) / 1000:
        layer.rng = Every(u)
        rates.append(np.mean(layer(np.ones((256, 256))) == 0))
    assert abs(np.mean(rates) - p) < 1 / 65536 / 1000


def test_masks_of_places_and_of_calls_are_independent():
    layer = nn.Dropout(0.3, rng=np.random.default_rng(1))
    masks = np.array([layer(np.ones((500, 400))).ravel() == 0 for _ in range(3)])
    n = masks.shape[1]
    for a, b in [(masks[0], masks[1]), (masks[0], masks[2]), (masks[0][:-1], masks[0][1:])]:
        assert within(int((a & b).sum()), n, 0.09)
    assert within(
        int((masks[1].reshape(500, 400)[1:] & masks[1].reshape(500, 400)[:-1]).sum()), 499 * 400, 0.09
    )


def test_two_layers_of_one_network_have_masks_of_their_own():
    net = nn.MLP((4, 300, 300, 2), dropout=0.5, rng=0)
    net(np.ones((50, 4)))
    first, second = (layer._bits for layer in net if isinstance(layer, nn.Dropout))
    assert within(int(((first < 32768) & (second < 32768)).sum()), first.size, 0.25)


@pytest.mark.parametrize("survival", [0.1, 0.5, 0.9, 1.0])
def test_stochastic_depth_keeps_the_expectation(survival):
    block = nn.Residual(nn.Linear(3, 3, rng=0, dtype="f8"), survival=survival, rng=np.random.default_rng(2))
    x, n = rng_for("depth").standard_normal((4, 3)), 4000
    outputs = np.array([block(x) for _ in range(n)])
    alive = int((outputs != x).any(axis=(1, 2)).sum())
    assert within(alive, n, survival)
    fx = block._f(x)
    block.eval()
    np.testing.assert_allclose(block(x), x + survival * fx, rtol=1e-14)
    bound = (SIGMA * math.sqrt(survival * (1 - survival) / n) + 1 / n) * np.abs(fx) + 1e-12
    assert (np.abs(outputs.mean(axis=0) - block(x)) <= bound).all()


@pytest.mark.parametrize(("depth", "last"), [(1, 0.5), (4, 0.5), (5, 0.2), (10, 1.0), (3, 0.8)])
def test_survival_decays_linearly_to_that_of_the_last_block(depth, last):
    net = nn.ResidualMLP(3, 4, depth, 2, survival=last, rng=0)
    found = [block.survival for block in net if isinstance(block, nn.Residual)]
    np.testing.assert_allclose(found, [1 - k / depth * (1 - last) for k in range(1, depth + 1)], rtol=1e-15)
    assert found[-1] == pytest.approx(last, abs=1e-15)


def test_blocks_of_one_network_are_left_out_independently():
    net = nn.ResidualMLP(2, 2, 2, 2, survival=0.5, batch_norm=False, rng=np.random.default_rng(0))
    blocks = [block for block in net if isinstance(block, nn.Residual)]
    assert [block.survival for block in blocks] == [0.75, 0.5]
    n, drawn = 3000, []
    for _ in range(n):
        net(np.ones((1, 2)))
        drawn.append([block._alive for block in blocks])
    a, b = np.array(drawn).T
    assert within(int(a.sum()), n, 0.75)
    assert within(int(b.sum()), n, 0.5)
    assert within(int((a & b).sum()), n, 0.375)


NORMAL = {"lecture": lambda n, m: 1e-4, "xavier_normal": lambda n, m: math.sqrt(2 / (n + m))}
NORMAL["kaiming"] = lambda n, m: math.sqrt(2 / n)
UNIFORM = {"xavier": lambda n, m: math.sqrt(6 / (n + m)), "kaiming_uniform": lambda n, m: math.sqrt(6 / n)}


@pytest.mark.parametrize("make", RNGS)
@pytest.mark.parametrize("name", [*NORMAL, *UNIFORM])
def test_initial_weights_have_their_formulas_distribution(peer, name, make):
    stats = peer("scipy.stats")
    n, m = 300, 200
    W = getattr(nn.init, name)(n, m, rng=make(), dtype="f8")
    assert W.shape == (m, n) and W.dtype == np.float64
    if name in NORMAL:
        law = stats.norm(scale=NORMAL[name](n, m))
    else:
        law = stats.uniform(-UNIFORM[name](n, m), 2 * UNIFORM[name](n, m))
    assert stats.kstest(W.ravel(), law.cdf).pvalue > 1e-4
    assert W.std() == pytest.approx(law.std(), rel=0.02)


@pytest.mark.parametrize("name", nn.init.__all__)
def test_initial_weights_are_those_of_the_layer_by_name_and_by_function(name):
    function = getattr(nn.init, name)
    W = function(5, 3, rng=7)
    assert W.shape == (3, 5) and W.dtype == np.float32 and W.flags.carray
    assert nn.Linear(5, 3, init=name, rng=7).W.tobytes() == W.tobytes()
    assert nn.Linear(5, 3, init=function, rng=7).W.tobytes() == W.tobytes()
    assert function(5, 3, rng=7, dtype="f8").astype("f4").tobytes() == W.tobytes()
    with pytest.raises(ValueError, match="fan_in is 0; expected at least 1"):
        function(0, 3)
    with pytest.raises(TypeError, match="fan_out is 1.5; expected an integer"):
        function(3, 1.5)
    with pytest.raises(TypeError, match="dtype is 'i4'; expected float32 or float64"):
        function(3, 1, dtype="i4")
    with pytest.raises(TypeError, match="has no argument 'seed'; did you mean 'rng'"):
        function(3, 1, seed=0)


def test_the_lectures_initial_weights_are_its_own():
    np.random.seed(3)
    expected = np.random.randn(4, 6) * 0.0001
    assert nn.init.lecture(6, 4, rng=3, dtype="f8").tobytes() == expected.tobytes()
    assert not nn.init.zeros(6, 4).any()
    with pytest.raises(ValueError, match="scale is -1; expected a finite number of at least 0"):
        nn.init.lecture(6, 4, scale=-1)


def test_an_init_of_ones_own():
    layer = nn.Linear(3, 2, init=lambda n, m, *, rng, dtype: np.arange(6).reshape(m, n))
    assert layer.W.tolist() == [[0, 1, 2], [3, 4, 5]] and layer.W.dtype == np.float32
    with pytest.raises(ValueError, match=r"init returned an array of shape \(3, 2\)"):
        nn.Linear(3, 2, init=lambda n, m, **_: np.ones((n, m)))
    with pytest.raises(ValueError, match="init is 'he'; expected 'kaiming', .* or a function"):
        nn.Linear(3, 2, init="he")


@pytest.mark.parametrize("survival", [1e-300, 1e-20, 0.1, 0.3, 0.7, 1.0])
def test_survival_decays_linearly_to_the_very_number_asked_for(survival):
    net = nn.ResidualMLP(2, 3, 7, 2, survival=survival)
    decay = [layer.survival for layer in net if isinstance(layer, nn.Residual)]
    expected = [1 - block / 7 * (1 - survival) for block in range(1, 8)]
    np.testing.assert_allclose(decay, expected, atol=1e-15)
    assert decay[-1] == survival
