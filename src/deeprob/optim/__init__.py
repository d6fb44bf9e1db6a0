"""Optimizers that change NumPy arrays in place, one memory pass a step.

``opt = Adam(W)`` once, then ``opt.step(dW)`` for every gradient. Parameters are one array, or a list or dict
of arrays; gradients have the same form. Names and defaults are the lecture's and PyTorch's.
"""

import importlib

from .. import _core
from ._base import Optimizer
from .adam import Adam
from .momentum import Momentum
from .sgd import SGD

__all__ = ["NAMES", "SGD", "Adam", "Momentum", "Optimizer"]

# By the names of the steps in the C core. Every step has the module of its name, with the class that says
# it is its kernel: adding one changes nothing here.
REGISTRY: dict[str, type[Optimizer]] = {}
for _step in _core.steps():
    for _class in vars(importlib.import_module(f"{__name__}.{_step}")).values():
        if isinstance(_class, type) and issubclass(_class, Optimizer) and _class._kernel == _step:
            REGISTRY[_step] = globals()[_class.__name__] = _class
            if _class.__name__ not in __all__:
                __all__ += [_class.__name__]

NAMES = tuple(REGISTRY)
