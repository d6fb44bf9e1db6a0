"""Optimizers that change NumPy arrays in place, one memory pass a step.

``opt = Adam(W)`` once, then ``opt.step(dW)`` for every gradient. Parameters are one array, or a list or dict
of arrays; gradients have the same form. Names and defaults are the lecture's and PyTorch's.
"""

import importlib

from .. import _core
from ._base import Optimizer
from ._torch import from_torch
from .adagrad import AdaGrad
from .adam import Adam
from .adamw import AdamW
from .momentum import Momentum
from .nesterov import Nesterov
from .rmsprop import RMSProp
from .sgd import SGD

__all__ = [
    "NAMES",
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "from_torch",
]

# By name: every step of the C core has the module of its name with its class, and so have the variants of
# them. Adding a step changes nothing here.
REGISTRY: dict[str, type[Optimizer]] = {}
for _name in (*_core.steps(), "adamw"):
    _module = importlib.import_module(f"{__name__}.{_name}")
    for _class in vars(_module).values():
        if (
            isinstance(_class, type)
            and issubclass(_class, Optimizer)
            and _class.__module__ == _module.__name__
        ):
            REGISTRY[_name] = globals()[_class.__name__] = _class
            if _class.__name__ not in __all__:
                __all__ += [_class.__name__]

NAMES = tuple(REGISTRY)
