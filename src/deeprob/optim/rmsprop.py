"""RMSProp: AdaGrad that forgets."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_decay


class RMSProp(Optimizer):
    r"""RMSProp, "leaky AdaGrad" (lecture, L4-43; Tieleman and Hinton 2012).

    G <- decay_rate G + (1 - decay_rate) g^2, w <- w - lr g / (sqrt(G) + eps).

    Parameters
    ----------
    <params>
    decay_rate : float
        How much of G stays, in 0 .. 1; may be set at any time. PyTorch's default is 0.99, its ``alpha``.
    eps : float
        Added to the root, at least 0; may be set at any time. The default is the lecture's; PyTorch's
        is ``eps=1e-8``.
    <common>

    Attributes
    ----------
    grad_squared : array, or list or dict of arrays
        G, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. The first step is
    lr / sqrt(1 - decay_rate), 3.16 lr by default, whatever the gradient: G starts at 0 and nothing corrects
    for it. In float32, G is 0 for gradients below 1e-22. ``eps=0`` gives 0 / 0, NaN, where the gradient has
    always been 0.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> optim.RMSProp(w, lr=0.1).step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.683772, 0.683772])
    """

    _kernel = "rmsprop"
    grad_squared = State(0)
    lr = Hyper(as_real)
    decay_rate = Hyper(as_decay)
    eps = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        decay_rate: float = 0.9,
        eps: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.decay_rate = decay_rate
        self.eps = eps
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.decay_rate, self.eps)
