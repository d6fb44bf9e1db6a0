"""AdaBelief: Adam by how far gradients are from what was expected."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas


class AdaBelief(Optimizer):
    r"""AdaBelief (Zhuang et al. 2020, Algorithm 2).

    m <- beta1 m + (1 - beta1) g, s <- beta2 s + (1 - beta2) (g - m)^2 + eps_root,
    w <- w - lr (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + eps).

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time.
    eps : float
        Added to the root, at least 0; may be set at any time.
    eps_root : float
        Added to s at every step, at least 0; may be set at any time. The paper's listing has one number for
        both, optax two; these are optax's defaults.
    <common>

    Attributes
    ----------
    moment1, belief : array, or list or dict of arrays
        m and s, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. Where all gradients are
    the same, s fades to nothing and steps grow until eps_root stops them: the larger the belief, the larger
    the step.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.AdaBelief(w, lr=0.1).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.888889, 0.888889])
    """

    _kernel = "adabelief"
    moment1 = State(0)
    belief = State(1)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)
    eps_root = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-16,
        eps_root: float = 1e-16,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.eps_root = eps_root
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, *self.betas, self.eps, self.eps_root)
