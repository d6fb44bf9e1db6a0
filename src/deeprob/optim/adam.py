"""Adam: momentum and RMSProp, with bias correction."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas, as_flag


class Adam(Optimizer):
    r"""Adam (lecture, L4-44 to L4-46; Kingma and Ba 2015).

    m <- beta1 m + (1 - beta1) g, v <- beta2 v + (1 - beta2) g^2,
    w <- w - lr (m / c1) / (sqrt(v / c2) + eps) with c1 = 1 - beta1^t and c2 = 1 - beta2^t, or without
    ``bias_correction`` c1 = c2 = 1 ("Adam (almost)").

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time.
    eps : float
        Added to the root, at least 0; may be set at any time. The default is the lecture's; PyTorch's
        is ``eps=1e-8``.
    bias_correction : bool
        False is the lecture's first version, whose first step is sqrt(10) lr; may be set at any time.
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
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine; beta^t in float64. In
    float32, v is 0 for gradients below 1e-21 and infinite for those above 5e20. ``eps=0`` gives 0 / 0, NaN,
    where the gradient has always been 0.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> opt = optim.Adam(w, lr=0.1)
    >>> opt.step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.9, 0.9])
    >>> opt
    Adam(lr=0.1, betas=(0.9, 0.999), eps=1e-07, bias_correction=True; 2 parameters, t=1)
    """

    _kernel = "adam"
    moment1 = State(0)
    moment2 = State(1)
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)
    bias_correction = Hyper(as_flag)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
        bias_correction: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self._rate(self.lr), *self.betas, self.eps, float(self.bias_correction))
