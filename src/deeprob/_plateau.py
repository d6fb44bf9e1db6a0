"""The learning rate that falls when the loss does not: the one schedule that remembers."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from ._arguments import answers_keywords, as_count, as_real, one_of

Mode = Literal["min", "max"]
ThresholdMode = Literal["rel", "abs"]


class Plateau:
    """What `reduce_on_plateau` returns: told every loss, it says the learning rate.

    Attributes
    ----------
    lr : float
        The learning rate now.
    best : float
        The best loss so far.
    bad_steps : int
        How many losses in a row were no better.
    cooldown_left : int
        How many losses more are not counted.
    reductions : list of int
        Before which losses, counted from 0, the learning rate was lowered.
    """

    def __init__(
        self,
        lr: float,
        *,
        factor: float,
        patience: int,
        cooldown: int,
        min_lr: float,
        eps: float,
        better: Callable[[float, float], bool],
        worst: float,
        text: str,
    ) -> None:
        self.lr, self.best = lr, worst
        self.bad_steps = self.cooldown_left = self._told = 0
        self.reductions: list[int] = []
        self._factor, self._patience, self._cooldown = factor, patience, cooldown
        self._min_lr, self._eps, self._better, self._text = min_lr, eps, better, text

    def step(self, loss: float) -> float:
        """Hear of a loss, and return the learning rate from here on."""
        value = float(loss)
        self._told += 1
        if self._better(value, self.best):
            self.best, self.bad_steps = value, 0
        else:
            self.bad_steps += 1
        if self.cooldown_left > 0:
            self.cooldown_left, self.bad_steps = self.cooldown_left - 1, 0
        if self.bad_steps > self._patience:
            self._reduce()
        return self.lr

    def _reduce(self) -> None:
        self.cooldown_left, self.bad_steps = self._cooldown, 0
        lower = max(self.lr * self._factor, self._min_lr)
        if self.lr - lower > self._eps:
            self.lr = lower
            self.reductions.append(self._told)

    def __call__(self, t: int) -> float:
        """Return the learning rate now, whatever the step ``t``: to be a ``learning_rate``."""
        as_count(t, "t")
        return self.lr

    def callback(self, t: int, w: Any, loss: float) -> None:  # noqa: ARG002  what gradient_descent passes
        """Hear of a step's loss: to be `gradient_descent`'s ``callback``."""
        self.step(loss)

    def state_dict(self) -> dict[str, Any]:
        """Return what it remembers, for `load_state_dict`."""
        names = ("lr", "best", "bad_steps", "cooldown_left")
        return {
            **{name: getattr(self, name) for name in names},
            "told": self._told,
            "reductions": [*self.reductions],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.lr, self.best = float(state["lr"]), float(state["best"])
        self.bad_steps, self.cooldown_left = int(state["bad_steps"]), int(state["cooldown_left"])
        self._told, self.reductions = int(state["told"]), list(state["reductions"])

    def __repr__(self) -> str:
        return f"{self._text} at {self.lr!r}"


@answers_keywords
def reduce_on_plateau(
    lr: float,
    *,
    mode: Mode = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: ThresholdMode = "rel",
    cooldown: int = 0,
    min_lr: float = 0.0,
    eps: float = 1e-8,
) -> Plateau:
    """Return a learning rate that is multiplied by ``factor`` when the loss stops getting better.

    PyTorch's ``ReduceLROnPlateau``. Unlike the schedules of this module it is no function of the step: it has
    to be told the losses, by ``step(loss)`` after every step or epoch, which returns the learning rate.

    Parameters
    ----------
    lr : float
        The learning rate at first.
    mode : {"min", "max"}
        Whether lower ones are better, losses, or higher ones, accuracies.
    factor : float
        What the learning rate is multiplied by, at least 0 and below 1.
    patience : int
        So many losses in a row may be no better; the next one lowers the learning rate.
    threshold : float
        By how much a loss must be better than the best.
    threshold_mode : {"rel", "abs"}
        A share of the best, or a difference.
    cooldown : int
        After a reduction, so many losses are not counted.
    min_lr : float
        The learning rate does not fall below it.
    eps : float
        A reduction by less than this is none.

    Returns
    -------
    Plateau
        ``step(loss)`` -> lr. It may be the ``learning_rate`` of `gradient_descent` with its ``callback`` as
        the ``callback``, and the ``schedule`` of `compare`.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range; the message names it.

    Examples
    --------
    >>> from deeprob import schedules
    >>> plateau = schedules.reduce_on_plateau(0.1, factor=0.5, patience=1)
    >>> [plateau.step(loss) for loss in (3.0, 2.0, 2.0, 2.0, 1.0)]
    [0.1, 0.1, 0.1, 0.05, 0.05]

    Vanilla gradient descent on (x^2 + 25 y^2) / 2, with a learning rate that is too large at first:

    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> plateau = schedules.reduce_on_plateau(0.09, factor=0.5, patience=3)
    >>> result = deeprob.gradient_descent(
    ...     bowl, [1.0, 1.0], learning_rate=plateau, callback=plateau.callback, num_steps=60
    ... )
    >>> plateau.lr, plateau.reductions, result.loss < 0.01
    (0.045, [5], True)
    """
    rate, share = as_real(lr, "lr"), as_real(factor, "factor")
    if share >= 1:
        raise ValueError(f"factor is {factor}; expected a number in 0..1, below 1")
    one_of(mode, "mode", ("min", "max"))
    one_of(threshold_mode, "threshold_mode", ("rel", "abs"))
    by, sign = as_real(threshold, "threshold"), 1.0 if mode == "min" else -1.0
    relative = threshold_mode == "rel"

    def better(loss: float, best: float) -> bool:
        return sign * loss < sign * (best * (1 - sign * by) if relative else best - sign * by)

    return Plateau(
        rate,
        factor=share,
        patience=as_count(patience, "patience"),
        cooldown=as_count(cooldown, "cooldown"),
        min_lr=as_real(min_lr, "min_lr"),
        eps=as_real(eps, "eps"),
        better=better,
        worst=sign * np.inf,
        text=f"reduce_on_plateau({lr!r}, factor={factor!r}, patience={patience!r})",
    )
