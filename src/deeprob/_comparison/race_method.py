"""A method of `minimize` in a comparison: second order, without a learning rate."""

import functools
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._minimize import minimize
from .._solvers import SOLVERS
from ..optim import NAMES
from .race import Setting, Trial, own, value_of

METHODS = tuple(name for name in SOLVERS if name not in NAMES)
"""The methods of `minimize` that are no optimizers of `deeprob.optim`."""


@dataclass(frozen=True)
class Method:
    """A method of `minimize`, and its options."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)


def method_of(given: Any) -> Method | None:
    """Return the method that a name or a ``functools.partial(minimize, method=...)`` stands for, or None."""
    if isinstance(given, functools.partial) and given.func is minimize:
        options = dict(given.keywords)
        return Method(options.pop("method", "lbfgs"), options)
    return Method(given) if isinstance(given, str) and given in METHODS else None


def run_method(setting: Setting, label: str, method: Method) -> Trial:
    """Run a method for so many evaluations as others take steps.

    The loss recorded at step t is that of the last point after at most t evaluations of the gradient.
    """
    problem = own(setting.problem, setting.noise)
    total, value = int(setting.recorded[-1]), value_of(problem)
    # evaluations, loss and point after each step, and what the losses that are only recorded took
    begin = value(setting.x0.copy())
    seen: list[tuple[int, float, Any]] = [(0, begin, setting.x0.copy())]
    spent = 0.0

    def watch(state: Any) -> bool:
        nonlocal spent
        loss, started = state.fun, time.perf_counter()
        if setting.batch_size is not None:
            loss = value(state.x)
            spent += time.perf_counter() - started
        if state.nfev <= total:
            seen.append((state.nfev, loss, state.x))
        return bool(state.nfev >= total)

    with np.errstate(all="ignore"):
        result = minimize(
            problem,
            setting.x0,
            method=method.name,
            **{
                "steps": total,
                "gtol": 0.0,
                "ftol": 0.0,
                "xtol": 0.0,
                "batch_size": setting.batch_size,
                "rng": setting.seed,
                **method.options,
                "callback": watch,
            },
        )
    counts = np.array([evaluations for evaluations, _, _ in seen])
    at = np.searchsorted(counts, setting.recorded, side="right") - 1
    losses = np.array([loss for _, loss, _ in seen], dtype=np.float64)[at]
    lost = np.flatnonzero(~np.isfinite(losses))
    diverged = int(setting.recorded[lost[0]]) if lost.size else None
    losses[lost[:1].min(initial=losses.size) :] = np.nan
    early = "" if result.status == 99 else f"; {result.message}"
    return Trial(
        label=label,
        lr=float("nan"),
        steps=setting.recorded,
        losses=losses,
        trajectory=np.array([seen[k][2] for k in at]) if setting.keep_points else None,
        x=seen[-1][2],
        seconds=result.time - spent,
        diverged=diverged,
        evaluations=min(result.nfev, total),
        note=f"{len(seen) - 1} steps in {int(counts[-1])} evaluations{early}",
    )
