"""Nesterov momentum, in the lecture's two formulations and PyTorch's."""

from typing import Any, Literal, Unpack, get_args

import numpy as np

from .._arguments import as_real, one_of
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_decay

Formulation = Literal["lookahead", "rearranged", "torch"]


class Nesterov(Optimizer):
    r"""Nesterov momentum (lecture, L4-39 and L4-40; Nesterov 1983, Sutskever et al. 2013).

    With rho = ``momentum``, "lookahead": v <- rho v - lr g, w <- w + v, where g is the gradient at
    w + rho v, `lookahead_point`; "rearranged": old v, v <- rho v - lr g,
    w <- w - (rho old v - (1 + rho) v), where w is the lecture's w~ = w + rho v, the point that gradients
    are taken at: `unshifted` gives w. After that change of variables both are the same sequence, also when
    lr changes. "torch" is PyTorch's: v <- rho v + g, w <- w - lr (g + rho v), the same as "rearranged"
    while lr stays the same.

    Parameters
    ----------
    <params>
    momentum : float
        rho, in 0 .. 1, typically 0.9 or 0.99; may be set at any time.
    formulation : {"rearranged", "lookahead", "torch"}
        Which of the three.
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
    The bowl (x^2 + 25 y^2) / 2, in both of the lecture's formulations:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> H = np.array([1.0, 25.0])
    >>> w = np.array([1.0, 1.0])
    >>> opt = optim.Nesterov(w, lr=0.02)
    >>> for _ in range(2):
    ...     opt.step(H * w)
    >>> w
    array([ 0.909244, -0.4025  ])
    >>> x = np.array([1.0, 1.0])
    >>> ahead = optim.Nesterov(x, lr=0.02, formulation="lookahead")
    >>> for _ in range(2):
    ...     ahead.step(lambda point: H * point)
    >>> np.allclose(x, opt.unshifted(), rtol=0, atol=1e-15)
    True
    """

    _kernel = "nesterov"
    velocity = State(0)
    lr = Hyper(as_real)
    momentum = Hyper(as_decay)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        momentum: float = 0.9,
        formulation: Formulation = "rearranged",
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.momentum = momentum
        self._formulation = one_of(formulation, "formulation", get_args(Formulation))
        super().__init__(params, **common)

    @property
    def formulation(self) -> str:
        """Which formulation; it gives v its meaning, so it stays."""
        return self._formulation

    def _point(self) -> Any:
        return self.lookahead_point() if self.formulation == "lookahead" else self.params

    def lookahead_point(self) -> Any:
        """Return w + rho v, new arrays in the form of ``params``: where "lookahead" wants the gradient."""
        return self._moved([own.momentum for own in self._owners()])

    def unshifted(self) -> Any:
        """Return the lecture's w: for "rearranged" w~ - rho v, else the parameters; new arrays."""
        return self._moved([own._back() for own in self._owners()])

    def _back(self) -> float:
        """Return how much of v leads from the parameters to the lecture's w."""
        return {"lookahead": 0.0, "rearranged": -self.momentum, "torch": self.lr * self.momentum}[
            self.formulation
        ]

    def _moved(self, factors: list[float]) -> Any:
        arrays = zip(factors, self._arrays(), strict=True)
        return self._formed([np.asarray(w + np.asarray(f, w.dtype) * v) for f, (w, (v,)) in arrays])

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.momentum, float(get_args(Formulation).index(self.formulation)))
