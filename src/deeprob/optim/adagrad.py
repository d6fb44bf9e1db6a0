"""AdaGrad: steps divided by the root of all squared gradients."""

from typing import Any, ClassVar, Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_choice


class AdaGrad(Optimizer):
    r"""AdaGrad (lecture, L4-41; Duchi et al. 2011): G <- G + g^2, w <- w - lr g / (sqrt(G) + eps).

    Parameters
    ----------
    <params>
    eps : float
        Added to the root, at least 0; may be set at any time. The default is the lecture's; PyTorch's
        is ``eps=1e-10``.
    eps_mode : {"outside", "inside"}
        sqrt(G) + eps, or sqrt(G + eps), as in Keras and optax; may be set at any time.
    lr_decay : float
        Step t takes lr / (1 + (t - 1) lr_decay), as PyTorch's; may be set at any time.
    initial_accumulator_value : float
        What G starts from, at least 0.
    <common>

    Attributes
    ----------
    grad_squared : array, or list or dict of arrays
        G, in the form of ``params``.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. In float32, G does not
    see gradients below 1e-23. ``eps=0`` gives 0 / 0, NaN, where the gradient has always been 0.

    Examples
    --------
    Under a constant gradient the step shrinks as lr / sqrt(t):

    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.zeros(1)
    >>> opt = optim.AdaGrad(w, lr=0.5)
    >>> for _ in range(4):
    ...     before = w.copy()
    ...     opt.step(np.array([3.0]))
    >>> (before - w).round(6)
    array([0.25])
    """

    _kernel = "adagrad"
    grad_squared = State(0)
    _usual: ClassVar[dict[str, Any]] = {"eps_mode": "outside"}
    lr = Hyper(as_real)
    eps = Hyper(as_real)
    eps_mode = Hyper(as_choice("outside", "inside"))
    lr_decay = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        eps: float = 1e-7,
        lr_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps_mode: str = "outside",
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.eps = eps
        self.eps_mode = eps_mode
        self.lr_decay = lr_decay
        self.initial_accumulator_value = as_real(initial_accumulator_value, "initial_accumulator_value")
        super().__init__(params, **common)
        for _, (squared,) in self._arrays():
            squared[...] = self.initial_accumulator_value

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.eps, self.lr_decay, float(self.eps_mode == "inside"))
