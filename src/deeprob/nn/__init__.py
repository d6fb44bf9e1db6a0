"""Small networks to regularize: layers on C kernels, with ``forward``, ``backward``, ``train`` and ``eval``.

=========================================  =============================================================
layers                                     `Linear`, `ReLU`, `BatchNorm`, `Dropout`, `Residual`
networks                                   `Sequential`, `MLP`, `ResidualMLP`
initial weights                            `deeprob.nn.init`
natural gradients                          `KFAC`
layers of your own                         `Layer`
=========================================  =============================================================

A batch is an array (N, F), one example a row. Large matrix products are NumPy's BLAS, everything else is C.
Parameters are named arrays that every optimizer of `deeprob.optim` takes:

>>> import numpy as np
>>> import deeprob
>>> from deeprob import nn, optim
>>> rng = np.random.default_rng(0)
>>> X, y = rng.standard_normal((256, 20)), rng.integers(0, 3, 256)
>>> net = nn.MLP((20, 32, 32, 3), batch_norm=True, dropout=0.1, rng=0)
>>> opt = optim.Adam(net.parameters(), lr=1e-2)
>>> for _ in range(100):
...     loss, grads = net.loss_and_grads(X, y)
...     opt.step(grads)
>>> net.accuracy(X, y) > 0.9
True
"""

from . import init
from ._batch_norm import BatchNorm
from ._dropout import Dropout
from ._fit import FitResult
from ._kfac import KFAC
from ._layer import Layer
from ._linear import Linear, ReLU
from ._networks import MLP, ResidualMLP
from ._residual import Residual
from ._sequential import Sequential

__all__ = [
    "KFAC",
    "MLP",
    "BatchNorm",
    "Dropout",
    "FitResult",
    "Layer",
    "Linear",
    "ReLU",
    "Residual",
    "ResidualMLP",
    "Sequential",
    "init",
]
