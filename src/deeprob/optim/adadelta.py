"""AdaDelta: steps in the units of the parameters."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_decay


class AdaDelta(Optimizer):
    r"""AdaDelta (Zeiler 2012, Algorithm 1).

    G <- rho G + (1 - rho) g^2, d = sqrt(D + eps) / sqrt(G + eps) g, D <- rho D + (1 - rho) d^2,
    w <- w - lr d.

    Parameters
    ----------
    <params>
    rho : float
        How much of G and D stays, in 0 .. 1; may be set at any time.
    eps : float
        Inside both roots, at least 0; may be set at any time. With 0 no step is ever taken, as D starts
        at 0.
    <common>

    Attributes
    ----------
    grad_squared, delta_squared : array, or list or dict of arrays
        G and D, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    The paper has no lr: 1. Computed in the dtype of each array, without FMA: NumPy's bits, on every machine.
    The first step is lr sqrt(eps / (1 - rho)), some 0.003, and steps grow from there.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.AdaDelta(w).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.996838, 0.996838])
    """

    _kernel = "adadelta"
    grad_squared = State(0)
    delta_squared = State(1)
    lr = Hyper(as_real)
    rho = Hyper(as_decay)
    eps = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.rho = rho
        self.eps = eps
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.rho, self.eps)
