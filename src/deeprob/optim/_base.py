"""What all optimizers share: parameters and their forms, states, hyperparameters, the step."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, Self, TypeVar, overload

import numpy as np

from .. import _core
from .._arguments import FloatArray, as_count, as_real

T = TypeVar("T")

# One array, or several by position or by name.
Arrays = FloatArray | Sequence[FloatArray] | Mapping[Any, FloatArray]


def as_decay(value: float, name: str, below: float = np.inf) -> float:
    """Return ``value`` as a float in 0..1, smaller than ``below``."""
    number = as_real(value, name)
    if number > 1 or number >= below:
        raise ValueError(f"{name} is {value}; expected a number in 0..1{', below 1' if below == 1 else ''}")
    return number


def as_betas(value: tuple[float, float], name: str) -> tuple[float, float]:
    """Return ``value`` as a pair of floats in 0..1, smaller than 1."""
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2:
        raise TypeError(f"{name} is {value!r}; expected a pair of numbers, (beta1, beta2)")
    return as_decay(value[0], f"{name}[0]", 1), as_decay(value[1], f"{name}[1]", 1)


def as_flag(value: bool, name: str) -> bool:
    """Return ``value`` as a bool."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}; expected True or False")
    return bool(value)


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

    def __set__(self, optimizer: "Optimizer", value: T) -> None:
        optimizer.__dict__["_" + self.name] = self.check(value, self.name)
        optimizer._hypers = None


class State:
    """The state arrays of one kind, in the form of the parameters; the arrays themselves, not copies."""

    def __init__(self, number: int) -> None:
        self.number = number

    @overload
    def __get__(self, optimizer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, optimizer: "Optimizer", owner: type) -> Any: ...
    def __get__(self, optimizer: "Optimizer | None", owner: type) -> Any:
        if optimizer is None:
            return self
        return optimizer._formed([states[self.number] for _, states in optimizer._arrays()])

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, optimizer: "Optimizer", value: Any) -> None:
        raise AttributeError(
            f"{self.name} cannot be replaced; write into its arrays: {self.name}[...] = value"
        )


class Optimizer:
    """The base of all optimizers.

    What a training loop in C needs of one: ``_kernel``, the name of its step; ``_hyper()``, the step's
    hyperparameters now; ``_arrays()``, its parameters with their states; and ``t``, which the loop sets to
    the number of steps taken.

    Attributes
    ----------
    t : int
        Steps taken; may be set, at least 0. The next step is number ``t + 1``.
    lr : float
        The learning rate; may be set at any time.
    threads : int or None
        At most this many threads.
    """

    _kernel = ""
    _hypers: tuple[float, ...] | None
    lr: Hyper[float]

    def __init__(self, params: Arrays, threads: int | None) -> None:
        self.threads = threads
        _core.check_options(0, 0, threads)
        self._keys = list(params) if isinstance(params, Mapping) else None
        self._single = not isinstance(params, list | tuple | Mapping)
        self._params = (params,) if self._single else self._in_order(params, "params")
        if not self._params:
            raise ValueError(f"params is an empty {type(params).__name__}; expected at least one array")
        self._t = 0
        self._prepare(None)

    def _prepare(self, states: tuple[FloatArray, ...] | None) -> None:
        names = tuple(f"[{key!r}]" for key in self._keys or range(len(self._params)))
        if self._single:
            names = ("",)
        self._plan, self._states = _core.step_plan(self._kernel, self._params, states, names, self._single)

    def _in_order(self, arrays: Any, name: str) -> tuple[Any, ...]:
        """Return the arrays of a list or dict as a tuple, in the order of the parameters."""
        if self._keys is None:
            if not isinstance(arrays, list | tuple):
                raise TypeError(f"{name} is a {type(arrays).__name__}; expected a list of arrays, as params")
            if name == "grads" and len(arrays) != len(self._params):
                raise ValueError(
                    f"{name} has {len(arrays)} arrays; expected {len(self._params)}, one for each of params"
                )
            return tuple(arrays)
        if not isinstance(arrays, Mapping):
            raise TypeError(f"{name} is a {type(arrays).__name__}; expected a dict of arrays, as params")
        if arrays.keys() != set(self._keys):
            raise ValueError(f"{name} has the keys {list(arrays)}; expected those of params, {self._keys}")
        return tuple(arrays[key] for key in self._keys)

    def _formed(self, arrays: list[FloatArray]) -> Any:
        """Return arrays, one for each of the parameters, in the form of the parameters."""
        if self._single:
            return arrays[0]
        return arrays if self._keys is None else dict(zip(self._keys, arrays, strict=True))

    def _hyper(self) -> tuple[float, ...]:
        """Return the hyperparameters as the step takes them, lr first."""
        raise NotImplementedError

    def _arrays(self) -> list[tuple[FloatArray, tuple[FloatArray, ...]]]:
        """Return the parameters, each with its states."""
        each = len(self._states) // len(self._params)
        return [(w, self._states[k * each : (k + 1) * each]) for k, w in enumerate(self._params)]

    def step(self, grads: Arrays) -> None:
        """Change the parameters in place, by one step along their gradients.

        Parameters
        ----------
        grads : array, or list or dict of arrays
            In the form, shapes and dtypes of ``params``, with memory of their own; any strides.

        Raises
        ------
        ValueError, TypeError
            If a gradient has the wrong shape, dtype or memory, or an array of ``params`` was resized; the
            message names it. Nothing is changed then.
        """
        if self._hypers is None:
            self._hypers = self._hyper()
        given = grads if self._single else self._in_order(grads, "grads")
        self._t = _core.step(self._plan, self._t + 1, self._hypers, given, self.threads)

    @property
    def t(self) -> int:
        """Steps taken; may be set."""
        return self._t

    @t.setter
    def t(self, steps: int) -> None:
        self._t = as_count(steps, "t")

    @property
    def params(self) -> Any:
        """The parameters, as they were passed: the arrays that steps change."""
        return self._formed(list(self._params))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare(self._states)

    def __repr__(self) -> str:
        names = [
            name for name in inspect.signature(type(self)).parameters if name not in ("params", "threads")
        ]
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        count = sum(np.size(w) for w in self._params)
        return f"{type(self).__name__}({shown}; {count} parameters, t={self.t})"
