"""AdaMax: Adam by the largest gradient."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas


class AdaMax(Optimizer):
    r"""AdaMax (Kingma and Ba 2015, Algorithm 2): Adam whose root of squares is the largest |g|, fading.

    m <- beta1 m + (1 - beta1) g, u <- max(beta2 u, \|g\| + eps), w <- w - lr / (1 - beta1^t) m / u.

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time.
    eps : float
        Added to \|g\|, as in PyTorch, at least 0; may be set at any time. The paper has none.
    <common>

    Attributes
    ----------
    moment1, infinity_norm : array, or list or dict of arrays
        m and u, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. No gradient is too
    large or too small for u, as it is never squared. ``eps=0`` gives 0 / 0, NaN, where the gradient has
    always been 0.

    Examples
    --------
    The first step is lr, whatever the gradient:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.AdaMax(w, lr=0.1).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.9, 0.9])
    """

    _kernel = "adamax"
    moment1 = State(0)
    infinity_norm = State(1)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 2e-3,
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
