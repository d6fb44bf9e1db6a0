"""What all optimizers share: parameters and their forms, states, hyperparameters, the step."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypedDict, Unpack, overload

import numpy as np

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count, as_real, with_keywords
from ._hyper import Decay, Hyper, as_flag, as_limit, as_meaning
from ._state import Saving

# One array, or several by position or by name.
Arrays = FloatArray | Sequence[FloatArray] | Mapping[Any, FloatArray]


# What all classes document alike, in the place of <params>, <common> and <raises>.
_DOCS = {
    "<params>": """params : array of float32 or float64, or list or dict of them
        What steps change in place; any shapes and strides. Kept, not copied.
    lr : float
        The learning rate, at least 0. ``opt.lr`` may be set at any time.""",
    "<common>": """weight_decay : float
        lambda, at least 0; may be set at any time.
    decay : {"l2", "lecture", "torch", "paper"}
        What lambda means; may be set at any time. "l2": g + 2 lambda w is the gradient, as of the
        lecture's lambda sum(w^2). The others shrink w itself (w as it was before the step), by
        "lecture": lr 2 lambda w (L4-50), "torch": lr lambda w, "paper": lambda w (L4-51).
    maximize : bool
        Climb: the gradient's sign is turned; may be set at any time.
    clip_value, clip_norm : float, optional
        Gradients are cut to -clip_value .. clip_value; or, if the Euclidean norm of all of them together
        is more than clip_norm, scaled down to it. One of the two; may be set at any time.
    threads : int, optional
        At most this many threads; default `get_num_threads()`. The result has the same bits for any
        number.""",
    "<raises>": """ValueError, TypeError
        If params are not such arrays, share memory, or a number is out of range; the message names it.""",
}


def norm(grads: Any) -> float:
    """Return the Euclidean norm of all values of some arrays, in float64."""
    return math.sqrt(math.fsum(float(np.sum(np.square(g, dtype=np.float64))) for g in grads))


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


class Common(TypedDict, total=False):
    """The keywords that all optimizers take."""

    weight_decay: float
    decay: Decay
    maximize: bool
    clip_value: float | None
    clip_norm: float | None
    threads: int | None


class Optimizer(Saving):
    """The base of all optimizers.

    What a training loop in C needs of one: ``_kernel``, the name of its step; ``_all_hypers()``, all
    hyperparameters now; ``_rate(lr)``; ``_arrays()``, its parameters with their states; and ``t``, which the
    loop sets to the number of steps taken.

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
    _clip_norm: float | None
    lr: Hyper[float]
    weight_decay = Hyper(as_real)
    decay = Hyper(as_meaning)
    maximize = Hyper(as_flag)
    clip_value = Hyper(as_limit)
    clip_norm = Hyper(as_limit)

    # What the common keywords are when they are not given.
    _defaults: ClassVar[Common] = {
        "weight_decay": 0.0,
        "decay": "l2",
        "maximize": False,
        "clip_value": None,
        "clip_norm": None,
        "threads": None,
    }

    def __init_subclass__(cls) -> None:
        for name, text in _DOCS.items():
            cls.__doc__ = (cls.__doc__ or "").replace(name, text)
        if "__init__" in vars(cls):
            kinds = Common.__annotations__
            cls.__init__ = answers_keywords(  # type: ignore[method-assign]
                with_keywords(
                    cls.__init__, {name: (kinds[name], value) for name, value in cls._defaults.items()}
                )
            )

    def __init__(self, params: Arrays, **common: Unpack[Common]) -> None:
        given: Any = {**self._defaults, **common}
        self.threads = given.pop("threads")
        for name, value in given.items():
            setattr(self, name, value)
        self._check_clips()
        _core.check_options(0, 0, self.threads)
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

    def _rate(self, lr: float) -> float:
        """Return what a step multiplies by when the learning rate is ``lr``."""
        return lr

    def _in_c(self) -> bool:
        """Whether a loop in C can take the steps: nothing of a gradient is asked for first."""
        return self.clip_norm is None and type(self).step is Optimizer.step

    def _check_clips(self) -> None:
        if self.clip_value is not None and self.clip_norm is not None:
            raise ValueError("clip_value and clip_norm are both given; expected one of them, or neither")

    def _common(self, scale: float = 1.0) -> tuple[float, ...]:
        """Return what comes before the step, as it takes it: nothing where nothing is asked for."""
        self._check_clips()
        scale = -scale if self.maximize else scale
        clip = np.inf if self.clip_value is None else self.clip_value
        weight = self.weight_decay
        terms = {
            "l2": (2 * weight, 0.0, 0.0),
            "lecture": (0.0, 2 * weight, 0.0),
            "torch": (0.0, weight, 0.0),
            "paper": (0.0, 0.0, self._rate(1.0) * weight),
        }[self.decay]
        common = (scale, clip, *terms)
        return () if common == (1.0, np.inf, 0.0, 0.0, 0.0) else common

    def _all_hypers(self) -> tuple[float, ...]:
        """Return the step's own hyperparameters and, if there are any, those that all have in common."""
        if self._hypers is None:
            self._hypers = self._hyper() + self._common()
        return self._hypers

    def _arrays(self) -> list[tuple[FloatArray, tuple[FloatArray, ...]]]:
        """Return the parameters, each with its states."""
        each = len(self._states) // len(self._params)
        return [(w, self._states[k * each : (k + 1) * each]) for k, w in enumerate(self._params)]

    def _point(self) -> Any:
        """Return where the gradient of the next step is to be taken, in the form of ``params``."""
        return self.params

    def step(self, grads: Arrays | Callable[[Any], Arrays]) -> None:
        """Change the parameters in place, by one step along their gradients.

        Parameters
        ----------
        grads : array, or list or dict of arrays, or callable
            In the form, shapes and dtypes of ``params``, with memory of their own; any strides. Or a function
            that returns them at the point it is given: ``params``, or what Nesterov looks ahead to.

        Raises
        ------
        ValueError, TypeError
            If a gradient has the wrong shape, dtype or memory, or an array of ``params`` was resized; the
            message names it. Nothing is changed then.
        """
        hypers = self._hypers or self._all_hypers()
        if callable(grads):
            grads = grads(self._point())
        given = grads if self._single else self._in_order(grads, "grads")
        if self._clip_norm is not None:
            hypers = self._clipped(given)
        self._t = _core.step(self._plan, self._t + 1, hypers, given, self.threads)

    def _clipped(self, given: Any) -> tuple[float, ...]:
        """Return the hyperparameters of a step whose gradients are scaled down to the norm asked for."""
        size, most = norm([given] if self._single else given), self.clip_norm
        scale = most / size if most is not None and size > most else 1.0
        return self._hyper() + self._common(scale)

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

    def _named_hypers(self) -> dict[str, Any]:
        """Return the hyperparameters by the names of the constructor's arguments."""
        names = inspect.signature(type(self)).parameters
        return {name: getattr(self, name) for name in names if name not in ("params", "threads")}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare(self._states)

    def __repr__(self) -> str:
        usual: Any = self._defaults
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in self._named_hypers().items()
            if name not in usual or value != usual[name]
        )
        count = sum(np.size(w) for w in self._params)
        return f"{type(self).__name__}({shown}; {count} parameters, t={self.t})"
