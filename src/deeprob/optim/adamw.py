"""AdamW: Adam with decoupled weight decay."""

from typing import ClassVar, Unpack

from .._arguments import as_real
from ._base import Arrays, Common
from ._hyper import Hyper
from .adam import Adam, EpsMode


class AdamW(Adam):
    r"""AdamW, Algorithm 2 (lecture, L4-51; Loshchilov and Hunter 2019).

    `Adam`'s m and v, then w <- w - eta (lr (m / c1) / (sqrt(v / c2) + eps) + lambda w), with
    lambda = ``weight_decay``: line 12. Line 6's + lambda w in the gradient is that of the other algorithm
    that the listing shows, Adam with L2: followed to the letter it would decay twice.

    Parameters
    ----------
    <params>
    betas : (float, float)
        beta1 and beta2, at least 0 and below 1; may be set at any time.
    eps : float
        Added to the root, at least 0; may be set at any time. The default is the algorithm's, 1e-8.
    eta : float
        The schedule multiplier eta_t, at least 0; may be set at any time. It multiplies both terms. One of
        `deeprob.schedules` is asked before each step, ``opt.eta = schedule(opt.t)``; its t counts from 0,
        the algorithm's from 1. `deeprob.minimize` takes the schedule itself as ``eta``.
    amsgrad, eps_mode
        As `Adam`'s.
    <common>

    Attributes
    ----------
    moment1, moment2, max_moment2, moment1_unbias, moment2_unbias : array, or list or dict of arrays
        As `Adam`'s: m and v and what is made of them, in the form of ``params``.

    Raises
    ------
    <raises>

    Notes
    -----
    The default decay is "paper", lambda w a step and not times lr: PyTorch's ``AdamW(lr, weight_decay)``
    is ``decay="torch"``, whose default weight_decay is 1e-2.

    Examples
    --------
    Where the gradient is 0 nothing is left but the decay:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.ones(1)
    >>> optim.AdamW(w, lr=0.1, weight_decay=0.01).step(np.zeros(1))
    >>> w
    array([0.99])

    A half cosine as eta_t, on the bowl (x^2 + 25 y^2) / 2:

    >>> from deeprob import landscapes, schedules
    >>> bowl, schedule = landscapes.bowl(), schedules.half_cosine(1.0, 10)
    >>> w = bowl.start.copy()
    >>> opt = optim.AdamW(w, lr=0.1, weight_decay=0.01)
    >>> for _ in range(10):
    ...     opt.eta = schedule(opt.t)
    ...     opt.step(bowl.gradient)
    >>> w.round(6)
    array([0.424167, 0.424167])
    """

    _defaults: ClassVar[Common] = {**Adam._defaults, "weight_decay": 1e-5, "decay": "paper"}
    eta = Hyper(as_real)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        eta: float = 1.0,
        amsgrad: bool = False,
        eps_mode: EpsMode = "outside",
        **common: Unpack[Common],
    ) -> None:
        self.eta = eta
        super().__init__(params, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad, eps_mode=eps_mode, **common)

    def _rate(self, lr: float) -> float:
        return self.eta * lr
