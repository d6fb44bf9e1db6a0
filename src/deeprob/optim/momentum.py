"""SGD with momentum, in the lecture's two formulations."""

from typing import Any, ClassVar, Literal, Unpack

from .._arguments import as_real, one_of
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_decay

Formulation = Literal["velocity", "displacement"]


class Momentum(Optimizer):
    r"""SGD + Momentum (lecture, L4-36 and L4-37).

    With rho = ``momentum``, "velocity": v <- rho v + g, w <- w - lr v, PyTorch's SGD;
    "displacement": v <- rho v - lr g, w <- w + v. The same sequence of w while lr stays the same: after a
    change of lr, "velocity" uses the new one at once, "displacement" as fast as v forgets. With
    ``dampening``, g counts (1 - dampening) g from the second step on: PyTorch's, whose first v is g.

    Parameters
    ----------
    <params>
    momentum : float
        rho, in 0 .. 1, typically 0.9 or 0.99; may be set at any time.
    formulation : {"velocity", "displacement"}
        Which of the two.
    dampening : float
        In 0 .. 1; may be set at any time. With ``dampening=momentum``, v is a mean of the gradients.
    <common>

    Attributes
    ----------
    velocity : array, or list or dict of arrays
        v, in the form of ``params``; 0 at first.

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
    >>> opt = optim.Momentum(w, lr=0.02, momentum=0.9)
    >>> for _ in range(2):
    ...     opt.step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w
    array([ 0.9424, -0.2   ])
    >>> opt
    Momentum(lr=0.02, momentum=0.9, formulation='velocity'; 2 parameters, t=2)
    """

    _kernel = "momentum"
    velocity = State(0)
    _usual: ClassVar[dict[str, Any]] = {"dampening": 0.0}
    lr = Hyper(as_real)
    momentum = Hyper(as_decay)
    dampening = Hyper(as_decay)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        momentum: float = 0.9,
        formulation: Formulation = "velocity",
        dampening: float = 0.0,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.momentum = momentum
        self.dampening = dampening
        self._formulation = one_of(formulation, "formulation", ("velocity", "displacement"))
        super().__init__(params, **common)

    @property
    def formulation(self) -> str:
        """Which formulation; it gives v its meaning, so it stays."""
        return self._formulation

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.momentum, float(self.formulation == "displacement"), self.dampening)
