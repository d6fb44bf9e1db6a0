"""Stochastic gradient descent."""

from .._arguments import answers_keywords, as_real
from ._base import Arrays, Hyper, Optimizer


class SGD(Optimizer):
    r"""Stochastic gradient descent: w <- w - lr g (lecture, L4-36).

    Parameters
    ----------
    params : array of float32 or float64, or list or dict of them
        What steps change in place; any shapes and strides. Kept, not copied.
    lr : float
        The learning rate, at least 0. ``opt.lr`` may be set at any time.
    threads : int, optional
        At most this many threads; default `get_num_threads()`. The result has the same bits for any number.

    Raises
    ------
    ValueError, TypeError
        If params are not such arrays, share memory, or a number is out of range; the message names it.

    Notes
    -----
    Computed in the dtype of each array, without FMA: NumPy's bits, on every machine.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> opt = optim.SGD(w, lr=0.02)
    >>> opt.step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w
    array([0.98, 0.5 ])
    """

    _kernel = "sgd"
    lr = Hyper(as_real)

    @answers_keywords
    def __init__(self, params: Arrays, *, lr: float = 1e-3, threads: int | None = None) -> None:
        self.lr = lr
        super().__init__(params, threads)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr,)
