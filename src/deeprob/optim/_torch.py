"""Optimizers by PyTorch's names, with PyTorch's meaning of every keyword."""

from collections.abc import Callable
from typing import Any

from ._base import Arrays, Optimizer
from ._torch_beyond import BEYOND
from .adagrad import AdaGrad
from .adam import Adam
from .adamw import AdamW
from .momentum import Momentum
from .nesterov import Nesterov
from .rmsprop import RMSProp
from .sgd import SGD

Keywords = dict[str, Any]


def _sgd(params: Arrays, momentum: float, nesterov: bool, **keywords: Any) -> Optimizer:
    if nesterov and not momentum:
        raise ValueError("nesterov=True needs a momentum above 0, as in PyTorch")
    if nesterov:
        return Nesterov(params, momentum=momentum, formulation="torch", **keywords)
    return Momentum(params, momentum=momentum, **keywords) if momentum else SGD(params, **keywords)


def _rmsprop(params: Arrays, alpha: float, **keywords: Any) -> Optimizer:
    return RMSProp(params, decay_rate=alpha, **keywords)


def _adam(params: Arrays, decoupled_weight_decay: bool, **keywords: Any) -> Optimizer:
    return Adam(params, **{**keywords, "decay": "torch"} if decoupled_weight_decay else keywords)


def _adamw(params: Arrays, **keywords: Any) -> Optimizer:
    return AdamW(params, **{**keywords, "decay": "torch"})


_BETAS = (0.9, 0.999)
# By name: what makes it, and PyTorch's keywords with their defaults.
_MAKERS: dict[str, tuple[Callable[..., Optimizer], Keywords]] = {
    "SGD": (_sgd, {"lr": 1e-3, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}),
    "Adagrad": (
        AdaGrad,
        {"lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
    ),
    "RMSprop": (_rmsprop, {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0}),
    "Adam": (
        _adam,
        {"lr": 1e-3, "betas": _BETAS, "eps": 1e-8, "weight_decay": 0.0, "decoupled_weight_decay": False},
    ),
    "AdamW": (_adamw, {"lr": 1e-3, "betas": _BETAS, "eps": 1e-8, "weight_decay": 1e-2}),
}
_MAKERS |= BEYOND
# Whose weight_decay is always lr lambda w.
_DECOUPLED = ("AdamW", "Muon")
# What is taken at this value alone.
_FIXED: dict[str, Keywords] = {
    "SGD": {"dampening": 0},
    "RMSprop": {"momentum": 0, "centered": False},
    "Adam": {"amsgrad": False},
    "AdamW": {"amsgrad": False},
}
# What changes how PyTorch computes, and not what.
_IGNORED = ("foreach", "fused", "capturable", "differentiable")


def from_torch(name: str, params: Arrays, **keywords: Any) -> Optimizer:
    """Return the optimizer that PyTorch calls ``name``, with PyTorch's defaults and meanings.

    Parameters
    ----------
    name : {"SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adadelta", "Rprop", \
        "ASGD", "Muon"}
        A class of ``torch.optim``.
    params : array of float32 or float64, or list or dict of them
        What steps change in place.
    **keywords
        That class's own: ``weight_decay`` is PyTorch's (g + lambda w in the gradient, half of the lecture's,
        and lr lambda w for AdamW and Muon), ``eps`` too. ``foreach``, ``fused``, ``capturable`` and
        ``differentiable`` change nothing here.

    Returns
    -------
    Optimizer
        That takes PyTorch's steps, to rounding.

    Raises
    ------
    ValueError, TypeError
        If the name or a keyword is not known, or asks for what is not there: ``dampening``, ``amsgrad``,
        RMSprop's ``momentum`` and ``centered``.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> optim.from_torch("SGD", np.zeros(2), lr=0.1, momentum=0.9, nesterov=True)
    Nesterov(lr=0.1, momentum=0.9, formulation='torch'; 2 parameters, t=0)
    """
    if name not in _MAKERS:
        raise ValueError(f"name is {name!r}; expected {', '.join(map(repr, _MAKERS))}")
    make, defaults = _MAKERS[name]
    given = {key: value for key, value in keywords.items() if key not in _IGNORED}
    for key, only in _FIXED.get(name, {}).items():
        if given.pop(key, only) != only:
            raise ValueError(f"{name}'s {key} is {keywords[key]!r}; expected {only!r}: it has no other here")
    unknown = given.keys() - defaults.keys() - {"maximize"}
    if unknown:
        raise TypeError(f"{name} has no argument {min(unknown)!r}; it takes {', '.join(defaults)}, maximize")
    given = {**defaults, **given}
    if "weight_decay" in given and name not in _DECOUPLED and not given.get("decoupled_weight_decay"):
        given["weight_decay"] = given["weight_decay"] / 2  # "l2" is the lecture's: 2 lambda w
    return make(params, **given)
