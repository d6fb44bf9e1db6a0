"""Optimizers that change NumPy arrays in place, one memory pass a step.

``opt = Adam(W)`` once, then ``opt.step(dW)`` for every gradient. Parameters are one array, or a list or dict
of arrays; gradients have the same form. Names and defaults are the lecture's and PyTorch's.
"""

from ._base import Optimizer
from .adam import Adam
from .momentum import Momentum
from .sgd import SGD

# By the names of the steps in the C core, which the training loop uses too.
REGISTRY: dict[str, type[Optimizer]] = {cls._kernel: cls for cls in (SGD, Momentum, Adam)}
NAMES = tuple(REGISTRY)

__all__ = ["NAMES", "SGD", "Adam", "Momentum", "Optimizer"]
