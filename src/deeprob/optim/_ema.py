"""The average of the points that an optimizer goes through."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count, as_flag
from ._base import Arrays, Optimizer
from ._hyper import as_decay
from ._state import Saving, check_like


class EMA(Saving):
    r"""An optimizer whose points are averaged: exponentially, or all alike (Polyak and Juditsky 1992).

    After every step a <- a + c (w - a), with c = (1 - decay) / (1 - decay^n) at the n-th: the weights decay^k
    of the last points add up to 1 from the first step on. Without ``bias_correction`` c = 1 - decay, and a
    begins as w before the first step. With ``decay=None`` c = 1 / n: the mean of all points.

    Parameters
    ----------
    optimizer : Optimizer
        Any of `deeprob.optim`. Its ``lr`` and the rest are still its own: ``ema.optimizer.lr = 0.1``.
    decay : float or None
        How much of the average stays, at least 0 and below 1; or None.
    bias_correction : bool
        Whether w before the first step is left out; of no meaning with ``decay=None``, which leaves it out.

    Attributes
    ----------
    average : array, or list or dict of arrays
        a, in the form of the parameters, which stay where the optimizer is; w before the first step.
    n : int
        How many points are in it.
    optimizer : Optimizer
        The optimizer.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or no optimizer; the message names it.

    Notes
    -----
    The update is SGD's step on \|a - w\|^2 / 2 with the learning rate c: one pass, by the same kernel, in
    the dtype of each array. A model is evaluated at ``average``; nothing needs to be swapped.

    Examples
    --------
    A gradient with noise at the bottom of (x - 3)^2 / 2, the point and the mean of all:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> rng = np.random.default_rng(0)
    >>> w = np.array([3.0])
    >>> ema = optim.EMA(optim.SGD(w, lr=0.5), decay=None)
    >>> for _ in range(1000):
    ...     ema.step(w - 3 + rng.standard_normal(1))
    >>> bool(abs(ema.average - 3)[0] < 0.1 < abs(w - 3)[0])
    True
    >>> ema
    EMA(SGD(lr=0.5; 1 parameters, t=1000), decay=None)
    """

    @answers_keywords
    def __init__(
        self, optimizer: Optimizer, decay: float | None = 0.999, *, bias_correction: bool = True
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"optimizer is a {type(optimizer).__name__}; expected an optimizer of deeprob.optim, such as "
                "deeprob.optim.Adam(params)"
            )
        self.optimizer = optimizer
        self._decay = None if decay is None else as_decay(decay, "decay", 1)
        self._bias_correction = as_flag(bias_correction, "bias_correction")
        self.n = 0
        self._averages = tuple(np.array(w, order="K") for w, _ in optimizer._arrays())
        self._prepare()

    def _prepare(self) -> None:
        names = tuple(self.optimizer._form.names("average"))
        self._plan, _ = _core.step_plan("sgd", self._averages, None, names, names, False)

    @property
    def decay(self) -> float | None:
        """How much of the average stays at a step."""
        return self._decay

    @property
    def bias_correction(self) -> bool:
        """Whether w before the first step is left out."""
        return self._bias_correction

    @property
    def average(self) -> Any:
        """The average, in the form of the parameters; the arrays themselves, not copies."""
        return self.optimizer._formed(list(self._averages))

    @property
    def params(self) -> Any:
        """The optimizer's parameters."""
        return self.optimizer.params

    @property
    def t(self) -> int:  # type: ignore[override]
        """The optimizer's steps."""
        return self.optimizer.t

    def _weight(self, n: int) -> float:
        if self._decay is None:
            return 1 / n
        if not self._bias_correction:
            return 1 - self._decay
        if n == 1 or self._decay == 0:
            return 1.0  # the quotient may miss it by a rounding error, which a huge w before would show
        return (1 - self._decay) / -math.expm1(n * math.log(self._decay))

    def step(self, grads: Arrays | Callable[[Any], Arrays]) -> None:
        """Take the optimizer's step, see `Optimizer.step`, and the point that it leads to into the average.

        Parameters
        ----------
        grads : array, or list or dict of arrays, or callable
            As for the optimizer.

        Raises
        ------
        ValueError, TypeError
            As of the optimizer; nothing is changed then.
        """
        self.optimizer.step(grads)
        n = self.n + 1
        c, points = self._weight(n), tuple(w for w, _ in self.optimizer._arrays())
        if c == 1:  # a - 1 (a - w) need not be w
            for a, w in zip(self._averages, points, strict=True):
                a[...] = w
        else:  # the gradient is a - w: -1 w, and "l2" adds 1 a
            hyper = (c, -1.0, np.inf, 1.0, 0.0, 0.0)
            _core.step(self._plan, n, hyper, points, self.optimizer.threads)
        self.n = n

    def _arrays(self) -> list[tuple[FloatArray, tuple[FloatArray, ...]]]:
        pairs = zip(self.optimizer._arrays(), self._averages, strict=True)
        return [(w, (*states, a)) for (w, states), a in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return what makes the next step what it is, beside the parameters: copies, for `load_state_dict`.

        Returns
        -------
        dict
            That of the optimizer as "of", without its "states"; these and, last of each, the average as
            "states"; and "optimizer", "hyper", "n", "t".
        """
        of = self.optimizer.state_dict()
        pairs = zip(of.pop("states"), self._averages, strict=True)
        states = [[*own, average.copy()] for own, average in pairs]
        return {
            "optimizer": "EMA",
            "hyper": self._hyper(),
            "n": self.n,
            "t": self.t,
            "of": of,
            "states": states,
        }

    def _hyper(self) -> dict[str, Any]:
        return {"decay": self._decay, "bias_correction": self._bias_correction}

    def _take_over(self, state: Mapping[str, Any], params: tuple[Any, ...]) -> None:
        if state["optimizer"] != "EMA":
            raise ValueError(f"state is of {state['optimizer']}; expected one of EMA")
        if state["hyper"] != self._hyper():
            raise ValueError(f"state is of EMA with {state['hyper']}; this one has {self._hyper()}")
        n, given = as_count(state["n"], "state['n']"), state["states"]
        for k, (states, mine) in enumerate(zip(given, self._averages, strict=False)):
            check_like(states[-1] if states else None, mine, f"state['states'][{k}][-1]")
        self.optimizer._take_over({**state["of"], "states": [states[:-1] for states in given]}, params)
        for states, mine in zip(given, self._averages, strict=True):
            mine[...] = states[-1]
        self.n = n

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def __repr__(self) -> str:
        kept = "" if self._decay is None or self._bias_correction else ", bias_correction=False"
        return f"EMA({self.optimizer!r}, decay={self._decay!r}{kept})"
