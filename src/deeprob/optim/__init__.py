"""Optimizers that change NumPy arrays in place, one memory pass a step.

``opt = Adam(W)`` once, then ``opt.step(dW)`` for every gradient. Parameters are one array, or a list or dict
of arrays, or groups of these with hyperparameters of their own; gradients have the same form. Names and
defaults are the lecture's and PyTorch's.
"""

import importlib
import pkgutil

from .. import _core
from ._base import Optimizer
from ._directed import Directed
from ._ema import EMA
from ._torch import from_torch
from .adabelief import AdaBelief
from .adadelta import AdaDelta
from .adagrad import AdaGrad
from .adam import Adam
from .adamax import AdaMax
from .adamw import AdamW
from .asgd import ASGD
from .lion import Lion
from .momentum import Momentum
from .muon import Muon
from .nadam import NAdam
from .nesterov import Nesterov
from .radam import RAdam
from .rmsprop import RMSProp
from .rprop import Rprop
from .schedule_free_adamw import ScheduleFreeAdamW
from .schedule_free_sgd import ScheduleFreeSGD
from .sgd import SGD
from .shampoo import Shampoo

__all__ = [
    "ASGD",
    "EMA",
    "NAMES",
    "SGD",
    "AdaBelief",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "RAdam",
    "RMSProp",
    "Rprop",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "from_torch",
]


def _found() -> dict[str, type[Optimizer]]:
    """Return the class of every module beside this one whose name has no underscore in front.

    In the order of the kernels' list, which begins with the lecture's; those that NumPy directs come last.
    Adding an optimizer changes nothing here.
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

    def place(item: tuple[str, type[Optimizer]]) -> tuple[bool, int]:
        return issubclass(item[1], Directed), kernels.index(item[1]._kernel)

    return dict(sorted(classes.items(), key=place))


REGISTRY = _found()
NAMES = tuple(REGISTRY)
for _class in REGISTRY.values():
    globals()[_class.__name__] = _class
    if _class.__name__ not in __all__:
        __all__ += [_class.__name__]
