"""The layers' kernels against their NumPy twins, longdouble and PyTorch; memory and messages."""

from functools import partial

import numpy as np
import pytest
from cases import DTYPES, rng_for

from deeprob import _core, reference

# Around the vectors (2 to 16 values), the rows summed at once (2, 4, 256) and the block of features (256).
SHAPES = [(1, 1), (1, 40), (2, 3), (3, 16), (4, 17), (7, 31), (128, 10), (64, 64), (255, 5), (257, 33)]
SHAPES += [(259, 1), (9, 255), (8, 256), (6, 257), (5, 530), (1030, 2), (2, 0)]
# N F is enough for several threads, by rows, by values and by blocks of features.
LARGE = [((1600, 700), "float32"), ((45_001, 24), "float64"), ((2, 600_003), "float32")]

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def same_bits(a, b):
    """Equal to the bit, but for which NaN a NaN is."""
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    np.testing.assert_array_equal(a, b)
    number = ~np.isnan(a)
    np.testing.assert_array_equal(np.signbit(a[number]), np.signbit(b[number]))


def values(rng, shape, dtype):
    """Many magnitudes, and now and then exactly 0."""
    x = rng.standard_normal(shape) * 10.0 ** rng.uniform(-3, 2, shape)
    return np.where(rng.random(shape) < 0.1, 0.0, x).astype(dtype)


def batch(shape, dtype, *key):
    """x, grad, y, gamma, beta; features with a mean and a spread of their own."""
    rng = rng_for(*shape, *key)
    F = shape[1]
    x = (rng.standard_normal(shape) * rng.uniform(0.5, 4, F) + 10 * rng.standard_normal(F)).astype(dtype)
    gamma, beta = rng.standard_normal((2, F)).astype(dtype)
    return x, values(rng, shape, dtype), values(rng, shape, dtype), gamma, beta


def relu(x):
    out = np.full_like(x, 7)
    _core.relu(x, out, None)
    return out


def elementwise(x, grad, y, b, threads=None, place=np.empty_like):
    """Each elementwise function's result, and its twin to be called; place makes the output of the input."""
    biased = x.copy()
    _core.add_bias(biased, b, threads)
    yield biased, partial(reference.add_bias, x, b)
    calls = [("relu", x), ("relu_backward", grad, y)]
    bits = rng_for(*x.shape).integers(0, 65536, x.shape, dtype=np.uint16)
    calls += [("dropout", x, bits, p, 65536 / (65536 - p)) for p in (0, 1, 19_661, 65_535)]
    calls += [("add_scaled", x, y, scale) for scale in (1.0, 0.3, -2.0, 0.0)]
    for name, first, *others in calls:
        source = first.copy()
        out = place(source)
        getattr(_core, name)(source, *others, out, threads)
        yield out, partial(getattr(reference, name), first, *others)


def batch_norm(x, gamma, beta, eps=1e-5, threads=None):
    out, mean, inv_std = np.full_like(x, 7), np.full(x.shape[1], 7.0), np.full(x.shape[1], 7.0)
    _core.batch_norm(x, gamma, beta, eps, mean, inv_std, out, threads)
    return out, mean, inv_std


def batch_norm_backward(grad, x, gamma, mean, inv_std, training, threads=None):
    out, dgamma, dbeta = np.full_like(x, 7), np.full_like(gamma, 7), np.full_like(gamma, 7)
    _core.batch_norm_backward(grad, x, gamma, mean, inv_std, dgamma, dbeta, out, training, threads)
    return out, dgamma, dbeta


def batch_norm_apply(x, gamma, beta, mean, inv_std, threads=None):
    out = np.full_like(x, 7)
    _core.batch_norm_apply(x, gamma, beta, mean, inv_std, out, threads)
    return out


def sum_rows(grad, threads=None):
    out = np.full(grad.shape[1], 7, grad.dtype)
    _core.sum_rows(grad, out, threads)
    return out


# ---- values ---------------------------------------------------------------------------


@each_dtype
@each_shape
def test_elementwise_ones_have_numpys_bits_also_in_place(shape, dtype):
    x, grad, y, b, _ = batch(shape, dtype)
    for place in (np.empty_like, lambda first: first):
        for ours, twin in elementwise(x, grad, y, b, place=place):
            same_bits(ours, twin())


@each_dtype
@each_shape
def test_batch_norm_and_sums_have_the_bits_of_the_twins_that_compute_in_their_order(shape, dtype):
    x, grad, _, gamma, beta = batch(shape, dtype)
    same_bits(sum_rows(grad), reference.sum_rows_as_computed(grad))
    done = batch_norm(x, gamma, beta)
    for ours, twins in zip(done, reference.batch_norm_as_computed(x, gamma, beta, 1e-5), strict=True):
        same_bits(ours, twins)
    _, mean, inv_std = done
    same_bits(batch_norm_apply(x, gamma, beta, mean, inv_std), done[0])
    for training in (True, False):
        given = (grad, x, gamma, mean, inv_std, training)
        twin = reference.batch_norm_backward_as_computed(*given)
        for ours, twins in zip(batch_norm_backward(*given), twin, strict=True):
            same_bits(ours, twins)


@each_dtype
@pytest.mark.parametrize("shape", [*SHAPES[:-1], (20_000, 3)], ids=str)
def test_batch_norm_is_the_textbooks_in_longdouble(shape, dtype):
    """Of the size of what each is computed from: a few roundings of the dtype, and of float64 in the sums."""
    x, grad, _, gamma, beta = batch(shape, dtype)
    N, few = shape[0], 6 * float(np.finfo(dtype).eps)
    sums = (4 + N / 256 + 2 * np.log2(N + 1)) * np.finfo(np.float64).eps
    wide = [a.astype(np.longdouble) for a in (x, gamma, beta, grad)]
    y, mean, inv_std = reference.batch_norm(*wide[:3], 1e-5)
    mine, my_mean, my_inv_std = batch_norm(x, gamma, beta)
    assert (np.abs(my_mean - mean) <= sums * np.abs(x).mean(axis=0)).all()
    # The mean's own error enters by its square, and stands beside eps.
    assert (np.abs(my_inv_std - inv_std) <= 4 * sums * inv_std).all()
    size = np.abs((wide[0] - mean) * inv_std * wide[1]) + np.abs(wide[2])
    shift = sums * np.abs(x).mean(axis=0) * np.abs(inv_std * wide[1])
    assert (np.abs(mine - y) <= few * size + shift).all()
    for training in (True, False):
        dx, dgamma, dbeta = reference.batch_norm_backward(
            wide[3],
            wide[0],
            wide[1],
            my_mean.astype(np.longdouble),
            my_inv_std.astype(np.longdouble),
            training,
        )
        own = batch_norm_backward(grad, x, gamma, my_mean, my_inv_std, training)
        xhat = np.abs((wide[0] - my_mean) * my_inv_std)
        g = np.abs(wide[3])
        assert (np.abs(own[2] - dbeta) <= few * np.abs(dbeta) + sums * g.sum(axis=0)).all()
        assert (np.abs(own[1] - dgamma) <= few * np.abs(dgamma) + 4 * sums * (g * xhat).sum(axis=0)).all()
        size = g + (np.abs(dbeta) + xhat * np.abs(dgamma)) / N
        slack = 4 * sums * (g.mean(axis=0) + xhat * (g * xhat).mean(axis=0))
        assert (np.abs(own[0] - dx) <= (few * size + slack) * np.abs(my_inv_std * wide[1])).all()


@each_dtype
def test_sums_are_exact_to_a_rounding_of_the_dtype(dtype):
    grad = batch((20_000, 5), dtype)[1]
    total = grad.astype(np.longdouble).sum(axis=0)
    bound = np.finfo(dtype).eps * np.abs(total) + 1e-14 * np.abs(grad.astype(float)).sum(axis=0)
    assert (np.abs(sum_rows(grad) - total) <= bound).all()
    np.testing.assert_array_equal(sum_rows(np.empty((0, 3), dtype)), np.zeros(3, dtype))


def test_a_large_mean_costs_no_digits():
    """E[x^2] - E[x]^2 would leave none, and a x + (beta - a mean) in float32 three."""
    rng = rng_for(3)
    x = (1e6 + rng.standard_normal((500, 7))).astype(np.float32)
    gamma, beta = np.ones(7, np.float32), np.zeros(7, np.float32)
    mine, _, inv_std = batch_norm(x, gamma, beta)
    y, _, expected = reference.batch_norm(x.astype(np.longdouble), np.ones(7), np.zeros(7), 1e-5)
    np.testing.assert_allclose(inv_std, expected.astype(float), rtol=1e-14)
    np.testing.assert_allclose(mine, y.astype(float), rtol=4e-7, atol=4e-7)


@each_dtype
def test_the_edges_of_the_dtype(dtype):
    info = np.finfo(dtype)
    edges = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, info.max, -info.max, info.tiny]
    edges += [info.smallest_subnormal, -info.smallest_subnormal, info.eps]
    x, grad = (a.astype(dtype) for a in np.meshgrid(edges, edges))
    b = np.asarray(edges[::-1], dtype)
    with np.errstate(all="ignore"):
        for ours, twin in elementwise(x, grad, x, b):
            same_bits(ours, twin())
        same_bits(sum_rows(grad), reference.sum_rows_as_computed(grad))
        done = batch_norm(x, b, b)
        for ours, twins in zip(done, reference.batch_norm_as_computed(x, b, b, 1e-5), strict=True):
            same_bits(ours, twins)
        for training in (True, False):
            given = (grad, x, b, *done[1:], training)
            twin = reference.batch_norm_backward_as_computed(*given)
            for ours, twins in zip(batch_norm_backward(*given), twin, strict=True):
                same_bits(ours, twins)
    assert np.isnan(relu(np.full((1, 3), np.nan, dtype))).all()


def test_a_nan_stays_in_its_feature():
    x, _, _, gamma, beta = batch((40, 6), "float32")
    clean, *_ = batch_norm(x, gamma, beta)
    x[3, 2] = np.nan
    done, mean, inv_std = batch_norm(x, gamma, beta)
    others = np.arange(6) != 2
    same_bits(done[:, others], clean[:, others])
    assert np.isnan(done[:, 2]).all()
    assert np.isnan([mean[2], inv_std[2]]).all()


def test_one_example_and_equal_ones_have_the_variance_0():
    for N in (1, 3, 300):
        out, mean, inv_std = batch_norm(np.full((N, 2), 0.1), np.ones(2), np.array([0.0, 5.0]), eps=0.25)
        np.testing.assert_allclose(mean, 0.1, rtol=1e-15)
        np.testing.assert_allclose(inv_std, 2.0, rtol=1e-15)
        np.testing.assert_allclose(out, np.tile([0.0, 5.0], (N, 1)), atol=1e-15)


def test_dropout_at_its_ends():
    x = np.full((2, 65536), 3.0)
    x[1] = np.inf
    bits = np.tile(np.arange(65536, dtype=np.uint16), (2, 1))
    for threshold in (0, 1, 32768, 65535, 65536):
        out = np.full_like(x, 7)
        _core.dropout(x, bits, threshold, 2.0, out, None)
        assert (out[:, :threshold] == 0).all()
        assert (out[0, threshold:] == 6).all()
        assert (out[1, threshold:] == np.inf).all()


@pytest.mark.parametrize("shape", [(2, 1), (5, 3), (128, 256), (1000, 17)], ids=str)
def test_batch_norm_is_pytorchs_in_float64(peer, shape):
    torch = peer("torch")
    x, grad, _, gamma, beta = batch(shape, "float64")
    mean, var = x.mean(axis=0) + 0.1, 1.5 * x.var(axis=0) + 0.1
    for training in (True, False):
        leaves = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
        running = torch.tensor(mean), torch.tensor(var)
        y = torch.nn.functional.batch_norm(leaves[0], *running, *leaves[1:], training=training, eps=1e-5)
        y.backward(torch.tensor(grad))
        if training:
            mine, my_mean, inv_std = batch_norm(x, gamma, beta)
        else:
            my_mean, inv_std = mean, 1 / np.sqrt(var + 1e-5)
            mine = batch_norm_apply(x, gamma, beta, my_mean, inv_std)
        own = batch_norm_backward(grad, x, gamma, my_mean, inv_std, training)
        for a, theirs in zip((mine, *own), (y.detach(), *(leaf.grad for leaf in leaves)), strict=True):
            theirs = theirs.numpy()
            np.testing.assert_allclose(a, theirs, rtol=1e-12, atol=1e-12 * max(1, np.abs(theirs).max()))


def test_relu_and_the_sum_of_rows_are_pytorchs(peer):
    torch = peer("torch")
    x, grad, *_ = batch((33, 20), "float64")
    leaf = torch.tensor(x, requires_grad=True)
    y = torch.relu(leaf)
    y.backward(torch.tensor(grad))
    mine, out = relu(x), np.empty_like(x)
    _core.relu_backward(grad, mine, out, None)
    np.testing.assert_array_equal(mine, y.detach().numpy())
    np.testing.assert_array_equal(out, leaf.grad.numpy())


# ---- threads, memory ------------------------------------------------------------------


def everything(x, grad, y, gamma, beta, threads):
    done = [ours for ours, _ in elementwise(x, grad, y, beta, threads)]
    forward = batch_norm(x, gamma, beta, threads=threads)
    done += [sum_rows(grad, threads), *forward, batch_norm_apply(x, gamma, beta, *forward[1:], threads)]
    for training in (True, False):
        done += batch_norm_backward(grad, x, gamma, *forward[1:], training, threads)
    return done


@pytest.mark.parametrize(("shape", "dtype"), LARGE, ids=str)
def test_any_number_of_threads_gives_the_same_bits(shape, dtype):
    arrays = batch(shape, dtype)
    one = everything(*arrays, 1)
    for threads in (2, 7):
        for a, b in zip(one, everything(*arrays, threads), strict=True):
            assert a.tobytes() == b.tobytes()


@each_dtype
def test_batch_norm_in_place(dtype):
    x, grad, _, gamma, beta = batch((37, 270), dtype)
    expected, mean, inv_std = batch_norm(x, gamma, beta)
    backward = batch_norm_backward(grad, x, gamma, mean, inv_std, True)
    for own, other in ((0, 1), (1, 0)):
        arrays = [grad.copy(), x.copy()]
        dgamma, dbeta = np.empty_like(gamma), np.empty_like(gamma)
        _core.batch_norm_backward(*arrays, gamma, mean, inv_std, dgamma, dbeta, arrays[own], np.True_, None)
        for a, b in zip((arrays[own], dgamma, dbeta), backward, strict=True):
            same_bits(a, b)
        same_bits(arrays[other], (grad, x)[other])
    for function in (
        lambda a: _core.batch_norm(a, gamma, beta, 1e-5, mean, inv_std, a, None),
        lambda a: _core.batch_norm_apply(a, gamma, beta, mean, inv_std, a, None),
    ):
        own = x.copy()
        function(own)
        same_bits(own, expected)


def test_what_is_around_an_output_stays():
    memory = np.full((12, 5), 7.0, np.float32)
    x, _, _, gamma, beta = batch((10, 5), "float32")
    mean, inv_std = np.full(9, 7.0), np.full(9, 7.0)
    _core.batch_norm(x, gamma, beta, 1e-5, mean[2:7], inv_std[2:7], memory[1:-1], None)
    for a in (memory[0], memory[-1], mean[:2], mean[7:], inv_std[:2], inv_std[7:]):
        assert (a == 7).all()
    assert np.isfinite(memory).all()
