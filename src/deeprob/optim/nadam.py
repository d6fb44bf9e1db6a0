"""NAdam: Adam with Nesterov's momentum."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas


class NAdam(Optimizer):
    r"""NAdam (Dozat 2016), as PyTorch has it.

    `Adam`'s m and v; with mu_t = beta1 (1 - 0.5 * 0.96^(t psi)) and P_t = mu_1 ... mu_t, the step is
    w <- w - lr (mu_{t+1} m / (1 - P_{t+1}) + (1 - mu_t) g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + eps).

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time.
    eps : float
        Added to the root, at least 0; may be set at any time.
    momentum_decay : float
        psi, at least 0; may be set at any time.
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
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. P_t is computed from t
    by its logarithm's series, not carried along: t may be set to anything, and betas and psi as if they had
    always been so. v's range is that of `Adam`. PyTorch's ``decoupled_weight_decay`` is ``decay="torch"``.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.NAdam(w, lr=0.1).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.894355, 0.894355])
    """

    _kernel = "nadam"
    moment1 = State(0)
    moment2 = State(1)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)
    momentum_decay = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        momentum_decay: float = 4e-3,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.momentum_decay = momentum_decay
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, *self.betas, self.eps, self.momentum_decay)
