"""Checks that several modules share, and answers to wrong keywords."""

import difflib
import functools
import inspect
import operator
from collections.abc import Callable
from typing import ParamSpec, SupportsFloat, SupportsIndex, TypeVar

import numpy as np
import numpy.typing as npt

P = ParamSpec("P")
R = TypeVar("R")

Rng = np.random.Generator | np.random.RandomState | SupportsIndex | None
FloatArray = npt.NDArray[np.floating]

# What people call these things elsewhere (PyTorch, scikit-learn, the course's assignments).
_SYNONYMS = {
    "lr": "learning_rate",
    "step_size": "learning_rate",
    "steps": "num_steps",
    "n_steps": "num_steps",
    "num_iters": "num_steps",
    "max_iter": "num_steps",
    "iterations": "num_steps",
    "seed": "rng",
    "random_state": "rng",
    "generator": "rng",
    "alpha": "reg",
    "lambda_": "reg",
    "lam": "reg",
    "weight_decay": "reg",
    "penalty": "reg_type",
    "bias": "b",
    "indices": "index",
    "idx": "index",
    "n_classes": "num_classes",
    "tries": "num_tries",
    "n_tries": "num_tries",
    "axis": "example_axis",
    "margin": "delta",
    "n_jobs": "threads",
    "num_threads": "threads",
    "eps": "h",
}


def answers_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function so that a wrong keyword is answered with the right one."""
    known = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                raise TypeError(_answer(function.__name__, name, known))
        return function(*args, **kwargs)

    return wrapper


def _answer(function: str, name: str, known: list[str]) -> str:
    meant = _SYNONYMS.get(name)
    if meant not in known:
        meant = next(iter(difflib.get_close_matches(name, known, n=1)), None)
    hint = f"; did you mean {meant!r}?" if meant else f"; it takes {', '.join(known)}"
    return f"{function}() has no argument {name!r}{hint}"


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
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise TypeError(f"{name} is {value!r}; expected an integer")
    count = operator.index(value)
    if count < at_least:
        raise ValueError(f"{name} is {value}; expected at least {at_least}")
    return count


def as_real(value: float, name: str, *, negative: bool = False) -> float:
    """Return ``value`` as a finite float, not negative unless that is allowed."""
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


def one_of(value: str, name: str, choices: tuple[str, ...]) -> str:
    """Return ``value`` if it is one of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} is {value!r}; expected {', '.join(map(repr, choices))}")
    return value
