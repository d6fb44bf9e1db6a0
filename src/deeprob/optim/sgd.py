"""Stochastic gradient descent."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer
from ._hyper import Hyper


class SGD(Optimizer):
    r"""Stochastic gradient descent: w <- w - lr g (lecture, L4-36).

    Parameters
    ----------
    <params>
    <common>

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> opt = optim.SGD(w, lr=0.02)
    >>> opt.step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w
    array([0.98, 0.5 ])
    """

    _kernel = "sgd"
    lr = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr,)
