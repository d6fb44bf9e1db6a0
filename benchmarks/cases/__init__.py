"""The cases, by subject; `ALL` is their order in the tables."""

from ..work import Case
from . import (
    empty_call,
    gradient_check,
    hvp,
    loss_gradient,
    mlp_step,
    numeric_gradient,
    optimizer_step,
    random_search,
    thread_scaling,
    train_step,
)

ALL: list[Case] = [
    *loss_gradient.CASES,
    *hvp.CASES,
    *random_search.CASES,
    *train_step.CASES,
    *mlp_step.CASES,
    *optimizer_step.CASES,
    *numeric_gradient.CASES,
    *gradient_check.CASES,
    *empty_call.CASES,
    *thread_scaling.CASES,
]


def by_name() -> dict[str, Case]:
    """Return the cases by their names."""
    return {case.name: case for case in ALL}
