"""Each layer against its NumPy twin: to the bit where that is as computed."""

import numpy as np
import pytest
from nets import rng_for

from deeprob import nn, reference

DTYPES = [np.float32, np.float64]
SHAPES = [(2, 1), (3, 16), (31, 7), (128, 50), (300, 17)]
each = pytest.mark.parametrize(("shape", "dtype"), [(s, d) for s in SHAPES for d in DTYPES], ids=str)


def arrays(shape, dtype):
    rng = rng_for("twins", shape)
    x = rng.standard_normal(shape) * rng.uniform(0.5, 4, shape[1]) + 5 * rng.standard_normal(shape[1])
    return x.astype(dtype), rng.standard_normal(shape).astype(dtype)


def same(a, b):
    assert a.dtype == b.dtype and a.shape == b.shape
    assert a.tobytes() == b.tobytes()


@each
def test_linear(shape, dtype):
    x, _ = arrays(shape, dtype)
    layer = nn.Linear(shape[1], 5, rng=0, dtype=dtype)
    layer.b[...] = np.arange(5) - 2
    same(layer(x), reference.add_bias(x @ layer.W.T, layer.b))
    grad = rng_for(shape).standard_normal((shape[0], 5)).astype(dtype)
    same(layer.backward(grad), grad @ layer.W)
    same(layer.grads["b"], reference.sum_rows_as_computed(grad))
    same(layer.grads["W"], grad.T @ x)
    before = layer.grads["W"].copy()
    layer.backward_params(grad)  # written, not added to
    same(layer.grads["W"], before)


@each
def test_relu(shape, dtype):
    x, grad = arrays(shape, dtype)
    x[0, 0] = 0
    layer = nn.ReLU()
    same(layer(x), reference.relu(x))
    same(layer.backward(grad), reference.relu_backward(grad, x))
    assert layer.backward(grad)[0, 0] == 0


@each
def test_batch_norm_in_training(shape, dtype):
    x, grad = arrays(shape, dtype)
    layer = nn.BatchNorm(shape[1], eps=1e-3, momentum=0.3, dtype=dtype)
    layer.gamma[...], layer.beta[...] = rng_for(shape).standard_normal((2, shape[1]))
    y, mean, inv_std = reference.batch_norm_as_computed(x, layer.gamma, layer.beta, 1e-3)
    same(layer(x), y)
    dx, dgamma, dbeta = reference.batch_norm_backward_as_computed(grad, x, layer.gamma, mean, inv_std, True)
    same(layer.backward(grad), dx)
    same(layer.grads["gamma"], dgamma)
    same(layer.grads["beta"], dbeta)
    wide = x.astype(np.float64)
    tight = {"rtol": 1e-12 if dtype == np.float64 else 2e-7, "atol": 0 if dtype == np.float64 else 1e-9}
    np.testing.assert_allclose(layer.running_mean, 0.3 * wide.mean(axis=0), **tight)
    np.testing.assert_allclose(layer.running_var, 0.7 + 0.3 * wide.var(axis=0, ddof=1), **tight)


@each
def test_batch_norm_in_evaluation(shape, dtype):
    x, grad = arrays(shape, dtype)
    layer = nn.BatchNorm(shape[1], dtype=dtype)
    layer(x)
    layer.gamma[...] = 1.5
    mean = layer.running_mean.astype(np.float64)
    inv_std = 1 / np.sqrt(layer.running_var.astype(np.float64) + 1e-5)
    state = layer.state_dict()
    same(layer.eval()(x), reference.batch_norm_apply_as_computed(x, layer.gamma, layer.beta, mean, inv_std))
    dx, dgamma, dbeta = reference.batch_norm_backward_as_computed(grad, x, layer.gamma, mean, inv_std, False)
    same(layer.backward(grad), dx)
    same(layer.grads["gamma"], dgamma)
    same(layer.grads["beta"], dbeta)
    for name, value in layer.state_dict().items():
        same(value, state[name])


@each
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.99])
def test_dropout(shape, dtype, p):
    x, grad = arrays(shape, dtype)
    layer = nn.Dropout(p, rng=0)
    y = layer(x)
    mask = layer(x) if p == 0 else y != 0  # x has no zeros
    assert x.all()
    scaled = x * dtype(1 / (1 - p))
    same(y, np.where(mask, scaled, dtype(0)))
    same(layer.backward(grad), np.where(mask, grad * dtype(1 / (1 - p)), dtype(0)))
    threshold = int(p * 65536)
    same(y, reference.dropout(x, np.where(mask, threshold, threshold - 1), threshold, 1 / (1 - p)))
    same(layer.eval()(x), x)
    same(layer.backward(grad), grad)
    assert not np.shares_memory(layer(x), x)


@each
@pytest.mark.parametrize("survival", [1.0, 0.3])
def test_residual(shape, dtype, survival):
    x, grad = arrays(shape, dtype)
    block = nn.Residual(nn.Linear(shape[1], shape[1], rng=0, dtype=dtype), survival=survival, rng=5)
    inner = block._f[0]
    seen = set()
    for _ in range(20):
        y = block(x)
        alive = survival == 1.0 or not np.array_equal(y, x)
        seen.add(alive)
        fx = inner.forward(x)
        same(y, reference.add_scaled(x, fx, 1.0) if alive else x)
        inner.grads["W"][...] = 9
        dx = block.backward(grad)
        same(dx, reference.add_scaled(grad, grad @ inner.W, 1.0) if alive else grad)
        same(inner.grads["W"], grad.T @ x if alive else np.zeros_like(inner.W))
    assert seen == ({True} if survival == 1.0 else {True, False})
    block.eval()
    same(block(x), reference.add_scaled(x, fx, survival))
    along = grad * dtype(survival)
    same(block.backward(grad), reference.add_scaled(grad, along @ inner.W, 1.0))
    same(inner.grads["W"], along.T @ x)
