"""Adam: momentum and RMSProp, with bias correction."""

from typing import Any, ClassVar, Literal, Unpack, get_args

import numpy as np

from .._arguments import as_flag, as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_betas, as_choice

EpsMode = Literal["outside", "inside", "hat"]
_EPS_MODES = get_args(EpsMode)


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
    amsgrad : bool
        Divide by the largest v so far (Reddi et al. 2018), before its correction, as PyTorch.
    eps_mode : {"outside", "inside", "hat"}
        Where eps stands; may be set at any time. "outside" is the lecture's and PyTorch's
        sqrt(v / c2) + eps; "inside" is sqrt(v / c2 + eps), optax's ``eps_root``; "hat" is the eps-hat of
        Kingma and Ba's second form, TensorFlow's and Keras's: lr sqrt(c2) / c1 m / (sqrt(v) + eps), whose
        eps weighs 1 / sqrt(c2) as much: 32 times at the first step.
    <common>

    Attributes
    ----------
    moment1, moment2 : array, or list or dict of arrays
        m and v, in the form of ``params``; 0 at first.
    max_moment2 : array, or list or dict of arrays
        The largest v so far, with ``amsgrad``.
    moment1_unbias, moment2_unbias : array, or list or dict of arrays
        m / c1 and v / c2, whatever ``bias_correction``; new arrays, 0 before the first step.

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
    >>> opt.moment1, opt.moment1_unbias  # after one step: 0.1 g, g
    (array([0.1, 2.5]), array([ 1., 25.]))
    """

    _kernel = "adam"
    moment1 = State(0)
    moment2 = State(1)
    max_moment2 = State(2, "amsgrad")
    _usual: ClassVar[dict[str, Any]] = {"amsgrad": False, "eps_mode": "outside"}
    lr = Hyper(as_real)
    betas = Hyper(as_betas)
    eps = Hyper(as_real)
    bias_correction = Hyper(as_flag)
    eps_mode = Hyper(as_choice(*_EPS_MODES))

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
        bias_correction: bool = True,
        amsgrad: bool = False,
        eps_mode: EpsMode = "outside",
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction
        self.eps_mode = eps_mode
        self._amsgrad = as_flag(amsgrad, "amsgrad")
        super().__init__(params, **common)

    @property
    def amsgrad(self) -> bool:
        """Whether the largest v is divided by; it takes a state of its own, so it stays."""
        return self._amsgrad

    @property
    def moment1_unbias(self) -> Any:
        """The lecture's moment1 / (1 - beta1^t) (L4-46); new arrays, 0 before the first step."""
        return self._unbiased(0)

    @property
    def moment2_unbias(self) -> Any:
        """The lecture's moment2 / (1 - beta2^t) (L4-46); new arrays, 0 before the first step."""
        return self._unbiased(1)

    def _unbiased(self, which: int) -> Any:
        weights = [1.0 - own.betas[which] ** self.t if self.t else 1.0 for own in self._owners()]
        arrays = zip(weights, self._arrays(), strict=True)
        return self._formed([np.asarray(s[which] / np.asarray(c, w.dtype)) for c, (w, s) in arrays])

    def _chosen(self) -> str:
        return "amsgrad" if self._amsgrad else "adam"

    def _hyper(self) -> tuple[float, ...]:
        flags = (float(self.bias_correction), float(_EPS_MODES.index(self.eps_mode)))
        return (self._rate(self.lr), *self.betas, self.eps, *flags)
