"""Schedule-free AdamW."""

from typing import ClassVar, Unpack

from .._arguments import as_real
from ._averaged import ScheduleFree
from ._base import Arrays, Common, State
from ._hyper import Hyper, as_betas


class ScheduleFreeAdamW(ScheduleFree):
    r"""Schedule-free AdamW (Defazio et al. 2024, Algorithm 1): no schedule, and no last step to know of.

    `ScheduleFreeSGD` along g / (sqrt(v / (1 - beta2^t)) + eps), v <- beta2 v + (1 - beta2) g^2: beta1 is
    its beta, and the average is in the place of `Adam`'s m. The parameters are y, where gradients are taken;
    `averaged` is x, what to evaluate.

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; they stay, as beta1 gives y its meaning.
    eps : float
        Added to the root, at least 0; may be set at any time.
    warmup_steps : int
        The rate of step t <= warmup_steps is lr t / warmup_steps; may be set at any time.
    weight_lr_power : float
        c = s_t / (s_1 + ... + s_t) with s = (the largest rate so far)^weight_lr_power, at least 0; may be set
        at any time. While lr stays the same, c = 1 / t.
    <common>

    Attributes
    ----------
    z, average, moment2 : array, or list or dict of arrays
        z, x and v, in the form of ``params``; 0 before the first step.
    weight_sum, largest_rate : float
        s_1 + ... + s_t in units of s_t, and the largest rate so far; of groups a list.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. The default decay is
    "torch", lr lambda y, taken at y as the authors recommend. What else moves the parameters between two
    steps moves z as far.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> y = np.array([1.0, 1.0])
    >>> opt = optim.ScheduleFreeAdamW(y, lr=0.1)
    >>> for _ in range(100):
    ...     opt.step(np.array([1.0, 25.0]) * y)  # the bowl (x^2 + 25 y^2) / 2
    >>> bool(np.abs(opt.averaged()).max() < 0.1)
    True
    """

    _kernel = "schedule_free_adamw"
    _defaults: ClassVar[Common] = {**ScheduleFree._defaults, "decay": "torch"}
    z = State(0)
    average = State(1)
    moment2 = State(2)
    eps = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 2.5e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        warmup_steps: int = 0,
        weight_lr_power: float = 2.0,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self._betas = as_betas(betas, "betas")
        self.eps = eps
        self.warmup_steps = warmup_steps
        self.weight_lr_power = weight_lr_power
        super().__init__(params, **common)

    @property
    def betas(self) -> tuple[float, float]:
        """beta1 and beta2; beta1 gives y its meaning, so they stay."""
        return self._betas

    def _hyper(self) -> tuple[float, ...]:
        return (self._rate(self.lr), *self.betas, self.eps, 1 / self._weights_then()[0])
