"""Averaged stochastic gradient descent."""

from typing import Unpack

from .._arguments import as_real
from ._averaged import Averaged
from ._base import Arrays, Common, State
from ._hyper import Hyper


class ASGD(Averaged):
    r"""Averaged SGD (Polyak and Juditsky 1992), as PyTorch has it.

    w <- w - eta (lambd w + g) with eta = lr / (1 + lambd lr (t - 1))^alpha, and
    A <- A + (w - A) / max(1, t - 1 - t0): w itself up to step t0 + 2, from there on the mean.

    Parameters
    ----------
    <params>
    lambd : float
        How fast eta falls, and w with it, at least 0; may be set at any time.
    alpha : float
        The power of eta, at least 0; may be set at any time.
    t0 : float
        Where averaging begins, at least 0; may be set at any time.
    <common>

    Attributes
    ----------
    average : array, or list or dict of arrays
        A, in the form of ``params``; 0 before the first step. `averaged` gives copies of it.

    Raises
    ------
    <raises>

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine. PyTorch's default t0
    averages nothing in the first million steps: give the step where noise is all that is left. `EMA` averages
    the points of any optimizer.

    Examples
    --------
    A gradient with noise at the bottom of (x - 3)^2 / 2, w and the average of all w:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> rng = np.random.default_rng(0)
    >>> w = np.array([3.0])
    >>> opt = optim.ASGD(w, lr=0.5, t0=0.0)
    >>> for _ in range(1000):
    ...     opt.step(w - 3 + rng.standard_normal(1))
    >>> bool(abs(opt.averaged() - 3)[0] < 0.1 < abs(w - 3)[0])
    True
    """

    _kernel = "asgd"
    average = State(0)
    lr = Hyper(as_real)
    lambd = Hyper(as_real)
    alpha = Hyper(as_real)
    t0 = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.lambd = lambd
        self.alpha = alpha
        self.t0 = t0
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.lambd, self.alpha, self.t0)
