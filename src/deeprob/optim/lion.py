"""Lion: the sign of a mixed momentum."""

from typing import ClassVar, Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas


class Lion(Optimizer):
    r"""Lion, "evolved sign momentum" (Chen et al. 2023, Algorithm 2).

    w <- w - lr (sign(beta1 m + (1 - beta1) g) + lambda w), then m <- beta2 m + (1 - beta2) g, with
    lambda = ``weight_decay``.

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1, which mixes m with g for the step, and beta2, which lets m fade; at least 0 and below 1; may be
        set at any time.
    <common>

    Attributes
    ----------
    moment1 : array, or list or dict of arrays
        m, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    The default decay is the paper's, "torch": lr lambda w. Every value moves by lr or, where the mixture is
    0, not at all: the paper's lr is 3 to 10 times smaller than `AdamW`'s, its lambda as many times larger.
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0, 1.0])
    >>> optim.Lion(w, lr=0.25).step(np.array([3.0, -0.001, 0.0]))
    >>> w
    array([0.75, 1.25, 1.  ])
    """

    _kernel = "lion"
    _defaults: ClassVar[Common] = {**Optimizer._defaults, "decay": "torch"}
    moment1 = State(0)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, *self.betas)
