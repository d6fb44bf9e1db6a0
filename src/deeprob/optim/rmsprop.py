"""RMSProp: AdaGrad that forgets."""

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import numpy as np

from .._arguments import as_flag, as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_choice, as_decay


class _Momentum(Hyper[float]):
    """rho, which needs a velocity to be more than 0."""

    def checked(self, optimizer: Optimizer, value: Any, name: str) -> float:
        rho = super().checked(optimizer, value, name)
        if rho and optimizer._kernel == "rmsprop" and "_plan" in optimizer.__dict__:
            raise ValueError(f"{name} is {value}; expected 0: this RMSProp was made without a velocity")
        return rho

    def __set__(self, optimizer: Optimizer, value: float) -> None:
        super().__set__(optimizer, self.checked(optimizer, value, self.name))


class _GradSquared(State):
    """E[g^2]: a state, or computed from those of a centered one."""

    if not TYPE_CHECKING:

        def __get__(self, optimizer: Optimizer | None, owner: type) -> Any:
            if optimizer is None or not optimizer._centered:
                return super().__get__(optimizer, owner)
            return optimizer._formed(
                [np.asarray(variance + mean * mean) for _, (variance, _, mean) in optimizer._arrays()]
            )


class RMSProp(Optimizer):
    r"""RMSProp, "leaky AdaGrad" (lecture, L4-43; Tieleman and Hinton 2012).

    G <- decay_rate G + (1 - decay_rate) g^2, w <- w - lr g / (sqrt(G) + eps). With rho = ``momentum``, as
    PyTorch: v <- rho v + g / (sqrt(G) + eps), w <- w - lr v. ``centered`` divides by the gradient's leaky
    standard deviation instead, sqrt(E[g^2] - E[g]^2) (Graves 2013), which is computed so that it never is the
    root of something negative: sigma^2 <- decay_rate (sigma^2 + (1 - decay_rate) (g - mu)^2),
    mu <- decay_rate mu + (1 - decay_rate) g.

    Parameters
    ----------
    <params>
    decay_rate : float
        How much of G stays, in 0 .. 1; may be set at any time. PyTorch's default is 0.99, its ``alpha``.
    eps : float
        Added to the root, at least 0; may be set at any time. The default is the lecture's; PyTorch's
        is ``eps=1e-8``.
    eps_mode : {"outside", "inside"}
        sqrt(G) + eps, or sqrt(G + eps), as in Keras and optax; may be set at any time.
    momentum : float
        rho, in 0 .. 1; may be set at any time if the optimizer or one of its groups was made with one above
        0, or is centered: what is made without has no velocity.
    centered : bool
        Divide by the standard deviation.
    <common>

    Attributes
    ----------
    grad_squared : array, or list or dict of arrays
        G, in the form of ``params``; 0 at first. Of a centered one sigma^2 + mu^2, new arrays.
    velocity : array, or list or dict of arrays
        v; of one with momentum, or centered.
    grad_variance, grad_mean : array, or list or dict of arrays
        sigma^2 and mu, of a centered one.

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
    _usual: ClassVar[dict[str, Any]] = {"eps_mode": "outside", "momentum": 0.0, "centered": False}
    grad_squared = _GradSquared(0)
    velocity = State(1, "rmsprop_momentum", "rmsprop_centered")
    grad_variance = State(0, "rmsprop_centered")
    grad_mean = State(2, "rmsprop_centered")
    lr = Hyper(as_real)
    decay_rate = Hyper(as_decay)
    eps = Hyper(as_real)
    eps_mode = Hyper(as_choice("outside", "inside"))
    momentum = _Momentum(as_decay)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        decay_rate: float = 0.9,
        eps: float = 1e-7,
        eps_mode: str = "outside",
        momentum: float = 0.0,
        centered: bool = False,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.decay_rate = decay_rate
        self.eps = eps
        self.eps_mode = eps_mode
        self.momentum = momentum
        self._centered = as_flag(centered, "centered")
        super().__init__(params, **common)

    @property
    def centered(self) -> bool:
        """Whether the standard deviation is divided by; it takes states of its own, so it stays."""
        return self._centered

    def _chosen(self) -> str:
        if self._centered:
            return "rmsprop_centered"
        return "rmsprop_momentum" if any(own.momentum for own in self._owners()) else "rmsprop"

    def _hyper(self) -> tuple[float, ...]:
        hyper = (self.lr, self.decay_rate, self.eps, float(self.eps_mode == "inside"))
        return hyper if self._kernel == "rmsprop" else (*hyper, self.momentum)
