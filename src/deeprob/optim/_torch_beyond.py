"""PyTorch's optimizers beyond the lecture's, for `from_torch`."""

from collections.abc import Callable
from typing import Any

from ._base import Arrays, Optimizer
from .adadelta import AdaDelta
from .adamax import AdaMax
from .asgd import ASGD
from .muon import COEFFICIENTS, Muon, Scale
from .nadam import NAdam
from .radam import RAdam
from .rprop import Rprop


def _may_be_decoupled(make: Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    """Return the maker that takes ``decoupled_weight_decay``."""

    def made(params: Arrays, decoupled_weight_decay: bool, **keywords: Any) -> Optimizer:
        return make(params, decay="torch" if decoupled_weight_decay else "l2", **keywords)

    return made


def _muon(params: Arrays, adjust_lr_fn: Scale | None, **keywords: Any) -> Optimizer:
    return Muon(params, scale=adjust_lr_fn or "original", **keywords)


_ADAM = {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
# By name: what makes it, and PyTorch's keywords with their defaults.
BEYOND: dict[str, tuple[Callable[..., Optimizer], dict[str, Any]]] = {
    "Adamax": (AdaMax, {"lr": 2e-3, **_ADAM}),
    "NAdam": (
        _may_be_decoupled(NAdam),
        {"lr": 2e-3, **_ADAM, "momentum_decay": 4e-3, "decoupled_weight_decay": False},
    ),
    "RAdam": (_may_be_decoupled(RAdam), {"lr": 1e-3, **_ADAM, "decoupled_weight_decay": False}),
    "Adadelta": (AdaDelta, {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0}),
    "Rprop": (Rprop, {"lr": 1e-2, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50.0)}),
    "ASGD": (ASGD, {"lr": 1e-2, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0.0}),
    "Muon": (
        _muon,
        {
            "lr": 1e-3,
            "weight_decay": 0.1,
            "momentum": 0.95,
            "nesterov": True,
            "ns_coefficients": COEFFICIENTS,
            "eps": 1e-7,
            "ns_steps": 5,
            "adjust_lr_fn": None,
        },
    ),
}
