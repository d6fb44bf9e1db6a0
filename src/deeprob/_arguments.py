"""Checks that several modules share, and answers to wrong keywords."""

import difflib
import functools
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, SupportsFloat, SupportsIndex, TypeVar

import numpy as np
import numpy.typing as npt

from . import _core

P = ParamSpec("P")
R = TypeVar("R")

Rng = np.random.Generator | np.random.RandomState | SupportsIndex | None
FloatArray = npt.NDArray[np.floating]

# What people call these things elsewhere (PyTorch, scikit-learn, the course's assignments).
_SYNONYMS = {
    "learning_rate": "lr step_size eta",
    "lr": "learning_rate step_size eta alpha",
    "momentum": "rho mu beta decay",
    "betas": "beta beta1 beta2 beta_1 beta_2 b1 b2",
    "eps": "epsilon h",
    "eps_mode": "eps_in_sqrt eps_inside_sqrt eps_root eps_hat",
    "dampening": "damping",
    "initial_accumulator_value": "initial_accumulator",
    "weight_decay": "wd lam lambda_ reg weight_decay_rate",
    "decay": "weight_decay_mode decay_mode decoupled_weight_decay",
    "decay_rate": "alpha rho beta smoothing",
    "rho": "decay_rate smoothing",
    "beta": "momentum b1 beta1",
    "momentum_decay": "psi schedule_decay",
    "warmup_steps": "warmup num_warmup_steps",
    "scale": "adjust_lr_fn",
    "clip_norm": "max_norm grad_clip clipnorm",
    "clip_value": "clipvalue clip",
    "bias_correction": "unbias debias correct_bias",
    "formulation": "form",
    "params": "parameters param w W weights",
    "num_steps": "steps n_steps num_iters max_iter iterations epochs",
    "num_iters": "steps n_steps num_steps max_iter iterations epochs",
    "rng": "seed random_state generator",
    "seed": "rng random_state",
    "hvp": "hessp hessian_vector_product",
    "atol": "tol",
    "func": "f fn function",
    "inputs": "x input",
    "reg": "alpha lambda_ lam weight_decay",
    "reg_type": "penalty",
    "b": "bias",
    "index": "indices idx",
    "num_classes": "n_classes C",
    "num_tries": "tries n_tries n_iter",
    "example_axis": "axis",
    "delta": "margin",
    "label_smoothing": "smoothing epsilon",
    "threads": "n_jobs num_threads",
    "h": "eps epsilon",
    "p": "prob probability",
    "size": "length output_size",
    "padding": "pad",
    "fill": "value fill_value",
    "alpha": "beta mixup_alpha",
    "image_shape": "shape",
    "x0": "w0 start init",
    "jac": "grad gradient fprime",
    "hess": "hessian",
    "hessp": "hvp",
    "steps": "num_steps n_steps num_iters max_iter maxiter iterations epochs maxfun",
    "gtol": "tol tolerance pgtol tol_grad tolerance_grad",
    "xtol": "xrtol",
    "max_time": "timeout time_limit seconds",
    "record": "trace trajectory return_all history",
    "m": "maxcor history_size memory",
    "c1": "ftol armijo",
    "c2": "wolfe",
    "max_evals": "maxls max_ls max_linesearch",
}


def by_name(given: Any, name: str) -> Mapping[str, Any]:
    """Return what was given by name, as it is, or a single one by this name; a result is a single one."""
    single = not isinstance(given, Mapping) or hasattr(given, "trajectory") or hasattr(given, "w")
    return {name: given} if single else given


def points_of(given: Any, name: str) -> Any:
    """Return the points of a way: a result's, a trajectory's ``w``, or what was given."""
    found = getattr(given, "trajectory", given)
    found = getattr(found, "w", found)
    if found is None and given is not None:
        raise ValueError(
            f"{name} has kept no points; expected what minimize(..., record=True), or gradient_descent or "
            "compare(..., record='trajectory'), returned"
        )
    return found


def answers_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that a wrong keyword is answered with the right one.

    Where it takes ``**parameters``, those of every loss are right.
    """
    signature = inspect.signature(function).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in signature.values())
    known = [name for name, p in signature.items() if name != "self" and p.kind is not p.VAR_KEYWORD]
    losses = {name for parameters in _core.losses().values() for name in parameters} if open_ended else set()
    name = function.__qualname__.removesuffix(".__init__")

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for given in kwargs:
            if given not in known and given not in losses:
                raise TypeError(answer(name, given, known))
        return function(*args, **kwargs)

    return wrapper


def with_keywords(function: Callable[P, R], keywords: Mapping[str, tuple[Any, Any]]) -> Callable[P, R]:
    """Let the signature of a function with ``**keywords`` show them: name -> (annotation, default)."""
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = {p.name for p in own}
    own += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in keywords.items()
        if name not in names
    ]
    function.__signature__ = signature.replace(parameters=own)  # type: ignore[attr-defined]
    return function


def answer(function: str, given: str, known: list[str]) -> str:
    """Return the message about an argument that a function does not take."""
    return f"{function}() has no argument {given!r}; {hint(given, known)}"


def hint(given: str, known: list[str]) -> str:
    """Return what to say of a name that is none of the known ones: the one that was meant, or all."""
    meant = [name for name in known if given in _SYNONYMS.get(name, "").split()]
    meant = meant or difflib.get_close_matches(given, known, n=1)
    return f"did you mean {' or '.join(map(repr, meant))}?" if meant else f"it takes {', '.join(known)}"


def as_random(rng: Rng) -> np.random.Generator | np.random.RandomState:
    """Return the generator that ``rng`` stands for.

    A Generator or RandomState is used as it is; an int n means ``RandomState(n)``, whose stream is frozen
    for ever and is the lecture's ``np.random.seed(n)``; None draws fresh entropy.
    """
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, np.random.Generator | np.random.RandomState):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, SupportsIndex):
        raise TypeError(
            f"rng is a {type(rng).__name__}; expected a numpy.random.Generator, a RandomState, an integer "
            "seed or None"
        )
    seed = operator.index(rng)
    if not 0 <= seed < 2**32:
        raise ValueError(f"rng is {rng}; expected a seed in 0..2**32 - 1")
    return np.random.RandomState(seed)


def as_count(value: SupportsIndex, name: str, at_least: int = 0) -> int:
    """Return ``value`` as an int of at least ``at_least``."""
    if type(value) is int and value >= at_least:
        return value  # nearly always, and a check of a protocol takes longer than a small kernel
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(f"{name} is {value!r}; expected an integer")
    count = operator.index(value)
    if count < at_least:
        raise ValueError(f"{name} is {value}; expected at least {at_least}")
    return count


def as_flag(value: bool, name: str) -> bool:
    """Return ``value`` as a bool."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} is {value!r}; expected True or False")
    return bool(value)


def as_callable(value: object, name: str) -> None:
    """Raise unless ``value`` can be called."""
    if not callable(value):
        raise TypeError(f"{name} is a {type(value).__name__}; expected a function")


def as_real(value: float, name: str, *, negative: bool = False) -> float:
    """Return ``value`` as a finite float, not negative unless that is allowed."""
    if type(value) is float and 0.0 <= value < np.inf:
        return value  # nearly always, and the checks below take longer than a small pass
    if callable(value):
        raise TypeError(f"{name} is {value!r}; expected a real number: of a schedule its number at a step")
    if getattr(value, "ndim", 0):  # a message of all its values would bury itself
        raise TypeError(f"{name} is an array of shape {np.shape(value)}; expected a real number")
    if not isinstance(value, SupportsFloat) or np.ndim(value) != 0:
        raise TypeError(f"{name} is {value!r}; expected a real number")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}; expected a real number") from None
    if not np.isfinite(number) or (number < 0 and not negative):
        raise ValueError(f"{name} is {value}; expected a finite number{'' if negative else ' of at least 0'}")
    return number


def as_positive(value: float, name: str) -> float:
    """Return ``value`` as a finite float larger than 0."""
    number = as_real(value, name, negative=True)
    if number <= 0.0:
        raise ValueError(f"{name} is {value}; expected a finite number larger than 0")
    return number


def as_floats(x: Any, name: str) -> FloatArray:
    """Return a copy of x as float32 or float64 in native byte order, of at least one value."""
    copy = np.array(_core.as_array(x, name, True), order="C", subok=False)
    if copy.dtype.kind in "iub":
        copy = copy.astype(np.float64)
    copy = copy.astype(copy.dtype.newbyteorder("="))
    if copy.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name} has dtype {copy.dtype}; expected float32 or float64")
    if copy.size == 0:
        raise ValueError(f"{name} has shape {copy.shape}; expected at least one value")
    return copy


def one_of(value: str, name: str, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is {value!r}; expected {', '.join(map(repr, choices))}")
    return value
