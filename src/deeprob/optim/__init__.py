"""Optimizers that change NumPy arrays in place, one memory pass a step.

``opt = Adam(W)`` once, then ``opt.step(dW)`` for every gradient. Parameters are one array, or a list or dict
of arrays, or groups of these with hyperparameters of their own; gradients have the same form. Names and
defaults are the lecture's and PyTorch's.
"""

import importlib
import pkgutil

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


def _found() -> dict[str, type[Optimizer]]:
    """Return the class of every module beside this one whose name has no underscore in front.

    In the order of the kernels' list, which is the lecture's. Adding an optimizer changes nothing here.
    """
    classes = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if (
                isinstance(value, type)
                and issubclass(value, Optimizer)
                and value.__module__.endswith(f".{module.name}")
            ):
                classes[module.name] = value
    kernels = list(_core.steps())
    return dict(sorted(classes.items(), key=lambda item: kernels.index(item[1]._kernel)))


REGISTRY = _found()
NAMES = tuple(REGISTRY)
for _class in REGISTRY.values():
    globals()[_class.__name__] = _class
    if _class.__name__ not in __all__:
        __all__ += [_class.__name__]
