"""RAdam: Adam that waits until its second moment can be trusted."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas


class RAdam(Optimizer):
    r"""RAdam (Liu et al. 2020), as PyTorch has it.

    `Adam`'s m and v. With rho_inf = 2 / (1 - beta2) - 1 and rho = rho_inf - 2 t beta2^t / (1 - beta2^t),
    w <- w - lr m / (1 - beta1^t) while rho <= 5, which is t <= 5 by default; after that this step times
    sqrt(1 - beta2^t) / (sqrt(v) + eps) and the rectification
    sqrt((rho - 4)(rho - 2) rho_inf / ((rho_inf - 4)(rho_inf - 2) rho)).

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time. With beta2 up to 2/3, rho is never
        more than 5.
    eps : float
        Added to the root, at least 0; may be set at any time.
    <common>

    Attributes
    ----------
    moment1, moment2 : array, or list or dict of arrays
        m and v, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. The first steps are
    momentum's, as long as the gradients are: on a steep function they need a small lr. v's range is that of
    `Adam`. PyTorch's ``decoupled_weight_decay`` is ``decay="torch"``.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.RAdam(w, lr=0.1).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([ 0.9, -1.5])
    """

    _kernel = "radam"
    moment1 = State(0)
    moment2 = State(1)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        self.eps = eps
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, *self.betas, self.eps)
