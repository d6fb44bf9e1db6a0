"""Layers and networks that the tests share, and what they do alike with all of them."""

import zlib

import numpy as np

import deeprob
from deeprob import nn

N, F, C = 6, 4, 3


def rng_for(*key):
    """A generator of its own for each test, the same on every run."""
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def batch(n=N, f=F, c=C, dtype=np.float64):
    """Examples and labels; the values are far enough from 0 for a ReLU to have no kink there."""
    rng = rng_for(n, f)
    return rng.standard_normal((n, f)).astype(dtype), rng.integers(0, c, n)


def soft(n=N, c=C):
    """Probabilities of the classes, (n, c)."""
    q = rng_for("soft", n, c).random((n, c))
    return q / q.sum(axis=1, keepdims=True)


def warm(layer, x=None):
    """The layer after some batches: statistics, gamma, beta and b that are not the initial ones."""
    rng = rng_for("warm")
    for name, value in layer.parameters().items():
        if name.endswith(("gamma", "beta", "b")):
            value += rng.uniform(-0.4, 0.4, value.shape)
    for _ in range(3):
        layer(rng.standard_normal((8, F)) * 2 + 1 if x is None else x)
    return layer


f8 = np.float64
LAYERS = {
    "linear": lambda: nn.Linear(F, 3, rng=0, dtype=f8),
    "linear without bias": lambda: nn.Linear(F, 5, bias=False, init="xavier", rng=0, dtype=f8),
    "relu": lambda: nn.ReLU(),
    "batch norm": lambda: nn.BatchNorm(F, dtype=f8),
    "batch norm, eps": lambda: nn.BatchNorm(F, eps=0.1, momentum=None, dtype=f8),
    "dropout": lambda: nn.Dropout(0.4, rng=1),
    "dropout of none": lambda: nn.Dropout(0.0, rng=1),
    "residual": lambda: nn.Residual(nn.Linear(F, F, rng=0, dtype=f8)),
    "residual, deep": lambda: nn.Residual(
        nn.Linear(F, F, rng=0, dtype=f8), nn.BatchNorm(F, dtype=f8), survival=0.7, rng=3
    ),
    "residual within residual": lambda: nn.Residual(
        nn.Residual(nn.Linear(F, F, rng=0, dtype=f8), survival=0.9, rng=0),
        nn.Dropout(0.2, rng=0),
        survival=0.8,
        rng=0,
    ),
}
NETWORKS = {
    "softmax": lambda: nn.MLP((F, C), rng=0, dtype=f8),
    "mlp": lambda: nn.MLP((F, 5, 4, C), rng=0, dtype=f8),
    "mlp with all": lambda: nn.MLP((F, 4, 3, C), batch_norm=True, dropout=0.3, rng=0, dtype=f8),
    "residual mlp": lambda: nn.ResidualMLP(F, 3, 2, C, survival=0.5, rng=1, dtype=f8),
    "residual mlp, plain": lambda: nn.ResidualMLP(F, 4, 2, C, batch_norm=False, rng=0, dtype=f8),
    "sequential": lambda: nn.Sequential(
        nn.BatchNorm(F, dtype=f8),
        nn.Linear(F, 6, rng=0, dtype=f8),
        nn.ReLU(),
        nn.Linear(6, C, rng=1, dtype=f8),
    ),
}
ALL = LAYERS | NETWORKS


class Square(nn.Layer):
    """A layer of one's own without parameters."""

    def forward(self, x):
        self.x = np.asarray(x)
        return self.x * self.x

    def backward(self, grad):
        return 2 * self.x * grad


class Scale(nn.Layer):
    """A layer of one's own with a parameter and a buffer."""

    def __init__(self, features, dtype=np.float64):
        self.add_parameter("a", np.linspace(0.5, 2, features, dtype=dtype))
        self.buffers["seen"] = np.zeros((), np.int64)

    def forward(self, x):
        self.x = x
        self.seen[...] += self.training and not self._frozen
        return self.a * x

    def backward(self, grad):
        self.grads["a"][...] = (grad * self.x).sum(axis=0)
        return self.a * grad


class Identity(nn.Layer):
    """A layer that returns what it is given, and not a copy."""

    def forward(self, x):
        return x

    def backward(self, grad):
        return grad


def bits(state):
    """The bytes of each array of a dict."""
    return {name: (value.dtype.str, value.shape, value.tobytes()) for name, value in state.items()}


def checked(function, *inputs, **keywords):
    """gradcheck, as a report that is printed if it is no success."""
    result = deeprob.gradcheck(function, *inputs, raise_exception=False, **keywords)
    assert result, str(result)
    return result
