"""AdamW: Adam with decoupled weight decay."""

from .._arguments import answers_keywords, as_real
from ._base import Arrays
from ._hyper import Decay, Hyper
from .adam import Adam


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
        The schedule multiplier eta_t, at least 0; may be set at any time, for example to
        ``0.5 * (1 + np.cos(np.pi * t / T))``. It multiplies both terms.
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
    """

    eta = Hyper(as_real)

    @answers_keywords
    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        eta: float = 1.0,
        weight_decay: float = 1e-5,
        decay: Decay = "paper",
        maximize: bool = False,
        clip_value: float | None = None,
        clip_norm: float | None = None,
        threads: int | None = None,
    ) -> None:
        self.eta = eta
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            decay=decay,
            maximize=maximize,
            clip_value=clip_value,
            clip_norm=clip_norm,
            threads=threads,
        )

    def _rate(self, lr: float) -> float:
        return self.eta * lr
