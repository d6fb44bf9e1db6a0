"""Schedule-free SGD."""

from typing import Unpack

from ._averaged import ScheduleFree
from ._base import Arrays, Common, State
from ._hyper import as_decay


class ScheduleFreeSGD(ScheduleFree):
    r"""Schedule-free SGD (Defazio et al. 2024): no schedule, and no last step to know of.

    z <- z - lr g, x <- x + c (z - x), and the parameters are y = (1 - beta) z + beta x, where gradients are
    taken. x, the weighted average of all z, is what to evaluate: `averaged`. At first all three are the
    parameters as they are.

    Parameters
    ----------
    <params>
    beta : float
        How near y is to the average, in 0 .. 1; stays, as it gives y its meaning. 0 is Polyak averaging, 1
        primal averaging.
    warmup_steps : int
        The rate of step t <= warmup_steps is lr t / warmup_steps; may be set at any time.
    weight_lr_power : float
        c = s_t / (s_1 + ... + s_t) with s = (the largest rate so far)^weight_lr_power, at least 0; may be set
        at any time. While lr stays the same, c = 1 / t.
    <common>

    Attributes
    ----------
    z, average : array, or list or dict of arrays
        z and x, in the form of ``params``; 0 before the first step.
    weight_sum, largest_rate : float
        s_1 + ... + s_t in units of s_t, and the largest rate so far; of groups a list.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. What moves the
    parameters between two steps - weight decay, which is taken at y as the authors recommend, a projection,
    an assignment - moves z as far. lr is large: the authors' range is 10 to 50 times that of SGD with
    momentum.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> y = np.array([1.0, 1.0])
    >>> opt = optim.ScheduleFreeSGD(y, lr=0.05)
    >>> for _ in range(100):
    ...     opt.step(np.array([1.0, 25.0]) * y)  # the bowl (x^2 + 25 y^2) / 2
    >>> bool(np.abs(opt.averaged()).max() < 0.06 < abs(opt.z[0]))
    True
    """

    _kernel = "schedule_free_sgd"
    z = State(0)
    average = State(1)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1.0,
        beta: float = 0.9,
        warmup_steps: int = 0,
        weight_lr_power: float = 2.0,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self._beta = as_decay(beta, "beta")
        self.warmup_steps = warmup_steps
        self.weight_lr_power = weight_lr_power
        super().__init__(params, **common)

    @property
    def beta(self) -> float:
        """How near y is to the average; it gives y its meaning, so it stays."""
        return self._beta

    def _hyper(self) -> tuple[float, ...]:
        return (self._rate(self.lr), self.beta, 1 / self._weights_then()[0])
