"""Hyperparameters: attributes that are checked when they are set."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, get_args, overload

import numpy as np

from .._arguments import as_real, one_of

if TYPE_CHECKING:
    from ._base import Optimizer

T = TypeVar("T")

# What weight_decay means: see Optimizer.
Decay = Literal["l2", "lecture", "torch", "paper"]


def as_decay(value: float, name: str, below: float = np.inf) -> float:
    """Return ``value`` as a float in 0..1, smaller than ``below``."""
    number = as_real(value, name)
    if number > 1 or number >= below:
        raise ValueError(f"{name} is {value}; expected a number in 0..1{', below 1' if below == 1 else ''}")
    return number


def as_pair(value: tuple[float, float], name: str, parts: str) -> tuple[float, float]:
    """Return ``value`` as a pair of floats of at least 0; ``parts`` says of what."""
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2:
        raise TypeError(f"{name} is {value!r}; expected a pair of numbers, {parts}")
    return as_real(value[0], f"{name}[0]"), as_real(value[1], f"{name}[1]")


def as_betas(value: tuple[float, float], name: str) -> tuple[float, float]:
    """Return ``value`` as a pair of floats in 0..1, smaller than 1."""
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2:
        raise TypeError(f"{name} is {value!r}; expected a pair of numbers, (beta1, beta2)")
    return as_decay(value[0], f"{name}[0]", 1), as_decay(value[1], f"{name}[1]", 1)


def as_limit(value: float | None, name: str) -> float | None:
    """Return ``value`` as a float above 0, or None."""
    if value is None:
        return None
    number = as_real(value, name)
    if number == 0:
        raise ValueError(f"{name} is 0; expected a number above 0, or None")
    return number


def as_meaning(value: Decay, name: str) -> Decay:
    """Return ``value`` if it is one of the meanings of weight_decay."""
    one_of(value, name, get_args(Decay))
    return value


def as_choice(*choices: str) -> Callable[[Any, str], str]:
    """Return a check that lets these values pass."""
    return lambda value, name: one_of(value, name, choices)


class Hyper(Generic[T]):
    """A hyperparameter: an attribute that is checked when it is set, and heard at the next step."""

    def __init__(self, check: Callable[[Any, str], T]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, optimizer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, optimizer: "Optimizer", owner: type) -> T: ...
    def __get__(self, optimizer: "Optimizer | None", owner: type) -> Self | T:
        if optimizer is None:
            return self
        value: T = optimizer.__dict__["_" + self.name]
        return value

    def checked(self, optimizer: "Optimizer", value: Any, name: str) -> T:  # noqa: ARG002
        """Return ``value`` as ``optimizer`` or a group of it may have it; messages call it ``name``."""
        return self.check(value, name)

    def __set__(self, optimizer: "Optimizer", value: T) -> None:
        optimizer.__dict__["_" + self.name] = self.check(value, self.name)
        optimizer._hypers = None
