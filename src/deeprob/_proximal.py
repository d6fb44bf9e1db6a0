"""Proximal gradient descent on the L1 term of an Objective: what `gradient_descent` does with it."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _core, optim
from ._arguments import FloatArray
from .objective import Objective

Evaluate = Callable[[FloatArray], tuple[float, FloatArray]]


class ProximalL1:
    """The two halves of f(w) + l1 sum abs(w), f smooth: a step along f's gradient, then L1's proximal step.

    ISTA, or proximal gradient descent (Parikh and Boyd 2014, section 4.2).

    Parameters
    ----------
    loss_fn : Objective
        With an L1 term.
    w : array
        What is stepped.
    opt : Optimizer or None
        Plain gradient descent alone is half of that method.
    """

    def __init__(self, loss_fn: Any, w: FloatArray, opt: optim.Optimizer | None) -> None:
        if not isinstance(loss_fn, Objective):
            raise ValueError(
                f"l1_step is 'proximal' and loss_fn a {type(loss_fn).__name__}; expected an Objective, which "
                "knows its L1 term (of another function the steps can be taken by deeprob.proximal_l1)"
            )
        if loss_fn.reg_type == "l2":
            raise ValueError(
                "l1_step is 'proximal', but loss_fn has no L1 term; expected reg_type='l1' or 'elastic'"
            )
        _check_plain(opt)
        if w.ndim != 2 or w.dtype not in (np.float32, np.float64):
            raise ValueError(
                f"w0 is of dtype {w.dtype} and shape {w.shape}; expected float32 or float64 and W's two axes"
            )
        self.weight, l2 = loss_fn._penalties
        self.smooth = copy.copy(loss_fn)
        self.smooth._penalties = (0.0, l2)

    def whole(self, evaluate: Evaluate) -> Evaluate:
        """Return ``evaluate`` of the smooth half with the L1 term's value, but not its gradient, added."""

        def loss_and_smooth_gradient(w: FloatArray) -> tuple[float, FloatArray]:
            loss, dw = evaluate(w)
            return loss + _core.penalty(w, self.weight, 0.0, False, None), dw

        return loss_and_smooth_gradient

    def after(self, w: FloatArray, lr: float) -> None:
        """Take L1's half of a step, in place."""
        _core.proximal_l1(w, lr * self.weight, w)  # which takes a product that overflows, too: all is 0


def _check_plain(opt: optim.Optimizer | None) -> None:
    """Raise unless the steps are w - lr g: any other needs another proximal step, in its own metric."""
    if type(opt) is not optim.SGD:
        name = "it" if opt is None else f"a {type(opt).__name__}"
        raise ValueError(f"l1_step is 'proximal', but optimizer makes {name}; expected plain 'sgd'")
    options = {"clip_value": opt.clip_value, "clip_norm": opt.clip_norm, "maximize": opt.maximize}
    for option, value in options.items():
        if value not in (None, False):
            raise ValueError(
                f"l1_step is 'proximal', but the optimizer has {option}={value}; expected plain 'sgd'"
            )
