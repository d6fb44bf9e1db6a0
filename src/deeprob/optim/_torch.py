"""Optimizers by PyTorch's names, with PyTorch's meaning of every keyword."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .._arguments import as_real, hint
from ._base import Arrays, Optimizer
from ._form import are_groups
from ._groups import hypers_of
from ._torch_beyond import BEYOND
from .adagrad import AdaGrad
from .adam import Adam
from .adamw import AdamW
from .momentum import Momentum
from .nesterov import Nesterov
from .rmsprop import RMSProp
from .sgd import SGD

Keywords = dict[str, Any]


def _momentum(
    params: Arrays, momentum: float, dampening: float, nesterov: bool, **keywords: Any
) -> Optimizer:
    if nesterov and (not momentum or dampening):
        raise ValueError("nesterov=True needs a momentum above 0 and no dampening, as in PyTorch")
    if nesterov:
        return Nesterov(params, momentum=momentum, formulation="torch", **keywords)
    # without momentum PyTorch dampens nothing
    return Momentum(params, momentum=momentum, dampening=dampening if momentum else 0.0, **keywords)


def _sgd(params: Arrays, momentum: float, dampening: float, nesterov: bool, **keywords: Any) -> Optimizer:
    if momentum or nesterov:
        return _momentum(params, momentum, dampening, nesterov, **keywords)
    return SGD(params, **keywords)


def _rmsprop(params: Arrays, alpha: float, **keywords: Any) -> Optimizer:
    return RMSProp(params, decay_rate=alpha, **keywords)


def _adam(params: Arrays, decoupled_weight_decay: bool, **keywords: Any) -> Optimizer:
    return Adam(params, **{**keywords, "decay": "torch"} if decoupled_weight_decay else keywords)


def _adamw(params: Arrays, **keywords: Any) -> Optimizer:
    return AdamW(params, **{**keywords, "decay": "torch"})


_BETAS = (0.9, 0.999)
# By name: what makes it, and PyTorch's keywords with their defaults.
_MAKERS: dict[str, tuple[Callable[..., Optimizer], Keywords]] = {
    "SGD": (_sgd, {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "weight_decay": 0.0}),
    "Adagrad": (
        AdaGrad,
        {"lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
    ),
    "RMSprop": (
        _rmsprop,
        {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False},
    ),
    "Adam": (
        _adam,
        {
            "lr": 1e-3,
            "betas": _BETAS,
            "eps": 1e-8,
            "weight_decay": 0.0,
            "amsgrad": False,
            "decoupled_weight_decay": False,
        },
    ),
    "AdamW": (
        _adamw,
        {"lr": 1e-3, "betas": _BETAS, "eps": 1e-8, "weight_decay": 1e-2, "amsgrad": False},
    ),
}
_MAKERS |= BEYOND
# Whose weight_decay is always lr lambda w.
_DECOUPLED = ("AdamW", "Muon")
# What makes it for several groups, where one group alone may be of a class that has no state.
_OF_GROUPS: dict[str, Callable[..., Optimizer]] = {"SGD": _momentum}
# What is taken at this value alone.
_FIXED: dict[str, Keywords] = {}
# What changes how PyTorch computes, and not what.
_IGNORED = ("foreach", "fused", "capturable", "differentiable")


def from_torch(name: str, params: Arrays, **keywords: Any) -> Optimizer:
    """Return the optimizer that PyTorch calls ``name``, with PyTorch's defaults and meanings.

    Parameters
    ----------
    name : {<names>}
        A class of ``torch.optim``.
    params : array of float32 or float64, or list or dict of them, or groups
        What steps change in place. Groups are PyTorch's: a list of dicts with "params" and that class's
        keywords. Those that decide which states there are must be the same for all groups: ``nesterov``,
        ``amsgrad``, ``centered``; and ``initial_accumulator_value``.
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
        If the name or a keyword is not known, or a value is none that it may have; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> optim.from_torch("SGD", np.zeros(2), lr=0.1, momentum=0.9, nesterov=True)
    Nesterov(lr=0.1, momentum=0.9, formulation='torch'; 2 parameters, t=0)
    >>> W, b = np.zeros((2, 3)), np.zeros(2)
    >>> optim.from_torch("AdamW", [{"params": W}, {"params": b, "weight_decay": 0.0}]).groups[1].weight_decay
    0.0
    """
    if name not in _MAKERS:
        raise ValueError(f"name is {name!r}; expected {', '.join(map(repr, _MAKERS))}")
    make, defaults = _MAKERS[name]
    given = {**defaults, **_known(name, keywords)}
    if not are_groups(params):
        return make(params, **_lectures(name, given))
    asked = [given] + [{**given, **_of_group(name, k, group)} for k, group in enumerate(params)]
    if len({type(one) for one in _alike(name, make, asked)}) > 1:
        make = _OF_GROUPS.get(name, make)
    own, *others = _alike(name, make, asked)
    groups = [_changed(k, group, others[k], own) for k, group in enumerate(params)]
    return make(groups, **_lectures(name, given))


def _alike(name: str, make: Callable[..., Optimizer], asked: list[Keywords]) -> list[Optimizer]:
    """Return optimizers of nothing with these keywords: the optimizer's own, then each group's."""
    made = []
    for k, keywords in enumerate(asked):
        try:
            made.append(make(np.zeros((0, 0)), **_lectures(name, keywords)))
        except (ValueError, TypeError) as error:
            raise type(error)(f"params[{k - 1}]: {error}" if k else str(error)) from None
    return made


def _known(name: str, keywords: Mapping[str, Any]) -> Keywords:
    """Return PyTorch's keywords without those that change nothing, if all are known."""
    given = {key: value for key, value in keywords.items() if key not in _IGNORED}
    for key, only in _FIXED.get(name, {}).items():
        if given.pop(key, only) != only:
            raise ValueError(f"{name}'s {key} is {keywords[key]!r}; expected {only!r}: it has no other here")
    known = [*_MAKERS[name][1], "maximize"]
    for key in given:
        if key not in known:
            raise TypeError(f"{name} has no argument {key!r}; {hint(key, known)}")
    return given


def _lectures(name: str, given: Keywords) -> Keywords:
    """Return keywords with weight_decay in the lecture's sense where it is L2: g + 2 lambda w."""
    if name in _DECOUPLED or given.get("decoupled_weight_decay") or "weight_decay" not in given:
        return given
    return {**given, "weight_decay": as_real(given["weight_decay"], "weight_decay") / 2}


def _of_group(name: str, k: int, group: Any) -> Keywords:
    """Return the keywords of a group, if all are known."""
    if not isinstance(group, Mapping) or "params" not in group:
        given = f"dict with {list(group)}" if isinstance(group, Mapping) else type(group).__name__
        raise TypeError(f"params[{k}] is a {given}; expected a dict with 'params', as groups are")
    try:
        return _known(name, {key: value for key, value in group.items() if key != "params"})
    except (ValueError, TypeError) as error:
        raise type(error)(f"params[{k}]: {error}") from None


def _changed(k: int, group: Mapping[str, Any], alike: Optimizer, own: Optimizer) -> Keywords:
    """Return a group with the hyperparameters that it asks for, from optimizers made with and without it."""
    known, theirs, usual = hypers_of(type(own)), alike._named_hypers(), own._named_hypers()
    if theirs.keys() != usual.keys() or any(theirs[key] != usual[key] for key in usual if key not in known):
        raise ValueError(
            f"params[{k}], with {', '.join(group)}, is of another kind than the optimizer; expected one "
            "nesterov, amsgrad, centered and initial_accumulator_value for all groups"
        )
    return {"params": group["params"]} | {
        key: theirs[key] for key in known if key in theirs and (key in group or theirs[key] != usual[key])
    }


from_torch.__doc__ = (from_torch.__doc__ or "").replace("<names>", ", ".join(f'"{name}"' for name in _MAKERS))
