"""What all optimizers share: parameters and their forms, states, hyperparameters, the step."""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, TypedDict, Unpack, overload

import numpy as np

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count, as_flag, as_real, with_keywords
from ._form import Arrays as Arrays
from ._form import Form, Groups, are_groups
from ._groups import Group, read_groups
from ._hyper import Decay, Hyper, as_limit, as_meaning
from ._state import Saving

Hypers = tuple[float, ...] | tuple[tuple[float, ...], ...]

# What all classes document alike, in the place of <params>, <common> and <raises>.
_DOCS = {
    "<params>": """params : array of float32 or float64, or list or dict of them, or groups
        What steps change in place; any shapes and strides. Kept, not copied. Groups are a list of dicts
        with "params", one of the former, and what hyperparameters the group has for itself; see
        `Optimizer.groups`.
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
        number.
    keep_update : bool
        Whether ``last_update`` is kept, which costs a copy of the parameters a step; may be set at any
        time.""",
    "<raises>": """ValueError, TypeError
        If params are not such arrays, share memory, or a number is out of range; the message names it.""",
}


def norm(grads: Any) -> float:
    """Return the Euclidean norm of all values of some arrays, in float64."""
    with np.errstate(over="ignore", under="ignore"):
        squared = math.fsum(float(np.sum(np.square(g, dtype=np.float64))) for g in grads)
    if 1e-280 < squared < math.inf or math.isnan(squared):
        return math.sqrt(squared)
    largest = max((float(np.max(np.abs(g))) for g in grads if np.size(g)), default=0.0)
    if largest in (0.0, math.inf):
        return largest
    return largest * math.sqrt(math.fsum(float(np.sum(np.square(g / largest))) for g in grads))


class State:
    """The state arrays of one kind, in the form of the parameters; the arrays themselves, not copies.

    The kernel's state of that number; of an optimizer that chooses among kernels, only those named have it.
    """

    def __init__(self, number: int, *kernels: str) -> None:
        self.number, self.kernels = number, kernels

    @overload
    def __get__(self, optimizer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, optimizer: "Optimizer", owner: type) -> Any: ...
    def __get__(self, optimizer: "Optimizer | None", owner: type) -> Any:
        if optimizer is None:
            return self
        if self.kernels and optimizer._kernel not in self.kernels:
            raise AttributeError(f"this {type(optimizer).__name__} was made without {self.name}")
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
    keep_update: bool


class Optimizer(Saving):
    """The base of all optimizers.

    What a training loop in C needs of one: ``_kernel``, the name of its step; ``_all_hypers()``, all
    hyperparameters now; ``_rate(lr)``; ``_arrays()``, its parameters with their states; and ``t``, which the
    loop sets to the number of steps taken. It takes none whose parameters come in groups: ``_in_c()``.

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
    _hypers: Hypers | None
    _clip_norm: float | None
    _form: Form | Groups
    _overrides: list[dict[str, Any]]  # each group's own hyperparameters; empty where there are no groups
    _update: list[FloatArray] | None
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
        "keep_update": False,
    }
    # Of these, what is no hyperparameter: it changes nothing that a step computes.
    _aside: tuple[str, ...] = ("threads", "keep_update")
    # Other keywords that are shown only where they are not this.
    _usual: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        for name, text in _DOCS.items():
            cls.__doc__ = (cls.__doc__ or "").replace(name, text)
        if "__init__" in vars(cls):
            cls.__init__ = answers_keywords(  # type: ignore[method-assign]
                with_keywords(cls.__init__, cls._passed_on())
            )

    @classmethod
    def _passed_on(cls) -> dict[str, tuple[Any, Any]]:
        """Return what ``**keywords`` of its constructor stand for: name -> (annotation, default).

        The common ones where it says so; otherwise, as in a subclass of somebody's own, all of its base.
        """
        kinds = Common.__annotations__
        common = {name: (kinds[name], value) for name, value in cls._defaults.items()}
        keywords = [p for p in inspect.signature(cls.__init__).parameters.values() if p.kind is p.VAR_KEYWORD]
        if not keywords or keywords[0].annotation == Unpack[Common]:
            return common
        of_base = inspect.signature(super(cls, cls).__init__).parameters.values()
        return {p.name: (p.annotation, p.default) for p in of_base if p.kind is p.KEYWORD_ONLY} | common

    def __init__(self, params: Arrays, **common: Unpack[Common]) -> None:
        given: Any = {**self._defaults, **common}
        self.threads = given.pop("threads")
        for name, value in given.items():
            setattr(self, name, value)
        self._check_clips()
        _core.check_options(0, 0, self.threads)
        self._read(params)
        self._single = self._form.single
        self._kernel = self._chosen()
        self._t = 0
        self._prepare(None)

    def _read(self, params: Arrays) -> None:
        """Take the parameters, and what hyperparameters their groups have."""
        if callable(getattr(params, "parameters", None)):
            raise TypeError(
                f"params is a {type(params).__name__}; expected its arrays, which its parameters() returns"
            )
        if are_groups(params):
            self._form, self._params, self._overrides = read_groups(self, params)
            for owner in self._owners():
                owner._check_clips()
        else:
            self._form, self._overrides = Form(params, "params"), []
            self._params = self._form.flat(params, "params")

    def _chosen(self) -> str:
        """Return the name of the kernel, which the hyperparameters may decide; it stays."""
        return self._kernel

    def _prepare(self, states: tuple[FloatArray, ...] | None) -> None:
        names, of_grads = (tuple(self._form.names(name)) for name in ("params", "grads"))
        self._plan, self._states = _core.step_plan(
            self._kernel, self._params, states, names, of_grads, self._single
        )

    def _formed(self, arrays: list[FloatArray]) -> Any:
        """Return arrays, one for each of the parameters, in the form of the parameters."""
        return self._form.formed(arrays)

    def _hyper(self) -> tuple[float, ...]:
        """Return the hyperparameters as the step takes them, lr first."""
        raise NotImplementedError

    def _rate(self, lr: float) -> float:
        """Return what a step multiplies by when the learning rate is ``lr``."""
        return lr

    def _in_c(self) -> bool:
        """Whether a loop in C can take the steps: nothing of a gradient is asked for first."""
        plain = type(self).step is Optimizer.step and not self._overrides
        return plain and self.clip_norm is None and not self.keep_update

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

    def _with(self, changes: Mapping[str, Any]) -> Self:
        """Return this optimizer as it is with other hyperparameters, only to be asked for what they give."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, **changes)
        return other

    def _views(self) -> list[Self]:
        """Return, for each group of parameters, this optimizer as it is for it."""
        return [self._with(own) for own in self._overrides]

    def _owners(self) -> list[Self]:
        """Return, for each array of parameters, this optimizer as it is for the array's group."""
        if not isinstance(self._form, Groups):
            return [self] * len(self._params)
        owners = self._views()
        return [owners[k] for k in self._form.of]

    def _hypers_at(self, scale: float) -> Hypers:
        """Return all hyperparameters for gradients times ``scale``: a tuple, or one for each array."""
        if not isinstance(self._form, Groups):
            return self._hyper() + self._common(scale)
        each = [view._hyper() + view._common(scale) for view in self._views()]
        return tuple(each[k] for k in self._form.of)

    def _all_hypers(self) -> Hypers:
        """Return the step's own hyperparameters and, if there are any, those that all have in common."""
        if self._hypers is None:
            self._plain = self.clip_norm is None and not self.keep_update
            self._hypers = self._hypers_at(1.0)
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
        given = grads if self._single else self._form.flat(grads, "grads")
        if not self._plain:
            self._step_aside(given)
            return
        self._t = _core.step(self._plan, self._t + 1, hypers, given, self.threads)

    def _step_aside(self, given: Any) -> None:
        """Take a step that clips by the norm or whose update is kept."""
        hypers = self._clipped(given) if self._clip_norm is not None else self._all_hypers()
        before = [w.copy() for w in self._params] if self.keep_update else None
        self._advance(hypers, given)
        if before is not None:
            with np.errstate(all="ignore"):  # infinite weights may have been before
                pairs = zip(self._params, before, strict=True)
                self._update = [np.subtract(w, old, out=old) for w, old in pairs]

    def _advance(self, hypers: Hypers, given: Any) -> None:
        """Take the step itself."""
        self._t = _core.step(self._plan, self._t + 1, hypers, given, self.threads)

    def _clipped(self, given: Any) -> Hypers:
        """Return the hyperparameters of a step whose gradients are scaled down to the norm asked for."""
        size, most = norm([given] if self._single else given), self.clip_norm
        return self._hypers_at(most / size if most is not None and size > most else 1.0)

    @property
    def keep_update(self) -> bool:
        """Whether ``last_update`` is kept, which costs a copy of the parameters a step; may be set."""
        return self._keep_update

    @keep_update.setter
    def keep_update(self, keep: bool) -> None:
        self._keep_update = as_flag(keep, "keep_update")
        self._update = None
        self._hypers = None

    @property
    def last_update(self) -> Any:
        """What the last step added to the parameters, in their form: w after it minus w before it.

        All of it, weight decay too; rounded once to the dtype. 0 before the first step that ``keep_update``
        saw. AttributeError unless it is True.
        """
        if not self._keep_update:
            raise AttributeError(
                "last_update is kept only with keep_update=True, which may be set at any time"
            )
        return self._formed(self._update or [np.zeros_like(w) for w in self._params])

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups of parameters: of each ``params``, and its hyperparameters, to read and to set.

        What a group has not set for itself follows the optimizer's own at any time; ``del`` makes it follow
        again. clip_norm is of all groups together.

        >>> import numpy as np
        >>> from deeprob import optim
        >>> W, b = np.ones((2, 3)), np.ones(2)
        >>> opt = optim.SGD([{"params": W, "weight_decay": 0.05}, {"params": b}], lr=0.5)
        >>> opt.step([np.zeros((2, 3)), np.ones(2)])  # w (1 - 0.5 2 0.05); b - 0.5
        >>> float(W[0, 0]), float(b[0])
        (0.95, 0.5)
        >>> opt.groups[1].lr = 0.0
        >>> opt.groups[0].lr, opt.groups[1].lr
        (0.5, 0.0)
        """
        return tuple(Group(self, k) for k in range(max(1, len(self._overrides))))

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
        return {name: getattr(self, name) for name in names if name not in ("params", *self._aside)}

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare(self._states)

    def __repr__(self) -> str:
        usual = {**self._defaults, **self._usual}
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in self._named_hypers().items()
            if name not in usual or value != usual[name]
        )
        own = [{name[1:]: value for name, value in each.items()} for each in self._overrides]
        groups = f"; groups {', '.join(map(repr, own))}" if own else ""
        count = sum(np.size(w) for w in self._params)
        return f"{type(self).__name__}({shown}{groups}; {count} parameters, t={self.t})"
