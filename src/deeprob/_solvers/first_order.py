"""Any optimizer of `deeprob.optim` as a method of `minimize`."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .._arguments import FloatArray, as_callable
from ..optim import REGISTRY, Optimizer
from ..optim._base import State
from ..optim._hyper import Hyper
from ._problem import Options, Outcome, Point, Problem, Status, Watch
from ._solver import Solver

Make = Callable[..., Optimizer]


def descend(
    make: Make, problem: Problem, x: FloatArray, _options: Options, watch: Watch, **keywords: Any
) -> Outcome:
    """Take the optimizer's steps on x; a hyperparameter may be a schedule, t -> number, t = 0, 1, 2 ..."""
    w = x.reshape(problem.shape)  # matrix methods see the shape
    schedules = {name: value for name, value in keywords.items() if callable(value)}
    now = {name: schedule(0) for name, schedule in schedules.items()}
    opt = make(w, **{**keywords, **now})
    _check(opt, w, schedules)

    def gradient(point: FloatArray) -> FloatArray:
        return problem.value_and_grad(point.ravel())[1].reshape(problem.shape)

    def state() -> Mapping[str, Any]:
        return {**state_of(opt), **{name: getattr(opt, name) for name in schedules}}

    f, g = problem.value_and_grad(x)
    stop = watch(x, f, g, state)
    while stop is None:
        for name, schedule in schedules.items():
            setattr(opt, name, schedule(watch.nit))
        # Nesterov's lookahead and the like want the gradient elsewhere: one evaluation more
        own = opt._point() is w
        opt.step(g.reshape(problem.shape) if own else gradient)
        f, g = problem.value_and_grad(x)
        stop = watch(x, f, g, state)
    if stop.status is Status.NOT_FINITE:
        return Outcome(stop, best=True)
    averaged = getattr(opt, "averaged", None)
    if averaged is None or opt.t == 0:
        return Outcome(stop)
    problem.notes.append("x is the average of the points, as the method has it")
    at = averaged().ravel()
    return Outcome(stop, Point(at, *problem.value_and_grad(at), watch.nit))


def state_of(opt: Optimizer) -> Mapping[str, Any]:
    """Return the optimizer's arrays and its hyperparameters by name."""
    kinds = [name for name in dir(type(opt)) if isinstance(getattr(type(opt), name), State)]
    arrays = {name: getattr(opt, name) for name in kinds if hasattr(opt, name)}  # some depend on options
    return {**arrays, "lr": opt.lr, "t": opt.t}


def _check(opt: Any, w: FloatArray, schedules: Mapping[str, Any]) -> None:
    if not isinstance(opt, Optimizer):
        raise TypeError(f"method returned a {type(opt).__name__}; expected an optimizer of deeprob.optim")
    if opt.params is not w:
        raise ValueError(
            "method returned an optimizer of other parameters; expected one of those it was given"
        )
    for name in schedules:
        if not isinstance(getattr(type(opt), name, None), Hyper):
            raise TypeError(f"{name} is a function; expected a value: it is set once, not at every step")


def _options_of(make: Any) -> tuple[str, ...]:
    """Return the names of the keywords that the class takes; of a function, none: it brings its own."""
    if not isinstance(make, type):
        return ()
    return tuple(
        name for name in inspect.signature(make).parameters if name not in ("params", "maximize")
    )  # that would turn the problem round


def solver_of(make: Any) -> Solver:
    """Return the method that an optimizer's class is, or a function of the parameters that returns one."""
    as_callable(make, "method")
    return Solver(functools.partial(descend, make), _options_of(make), steps=1000)


SOLVERS = {name: solver_of(make) for name, make in REGISTRY.items()}
