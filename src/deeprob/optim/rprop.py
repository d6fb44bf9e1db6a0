"""Rprop: step sizes by the gradient's sign alone."""

from typing import Unpack

from .._arguments import as_real
from ._base import Arrays, Common, Optimizer, State
from ._hyper import Hyper, as_pair


def as_etas(value: tuple[float, float], name: str) -> tuple[float, float]:
    """Return ``value`` as a pair of floats, the first in 0..1, the second at least 1."""
    less, more = as_pair(value, name, "(eta_minus, eta_plus)")
    if not 0 < less < 1 < more:
        raise ValueError(
            f"{name} is {value}; expected (eta_minus, eta_plus) with 0 < eta_minus < 1 < eta_plus"
        )
    return less, more


def as_bounds(value: tuple[float, float], name: str) -> tuple[float, float]:
    """Return ``value`` as a pair of floats of at least 0 in ascending order."""
    low, high = as_pair(value, name, "(smallest, largest)")
    if low > high:
        raise ValueError(f"{name} is {value}; expected (smallest, largest), the smallest first")
    return low, high


class Rprop(Optimizer):
    r"""Resilient backpropagation (Riedmiller and Braun 1993), as PyTorch has it.

    Every value has a step size s, lr at first. While g keeps its sign, s <- eta_plus s; when it turns,
    s <- eta_minus s and g is taken as 0; s stays between its bounds, and w <- w - s sign(g).

    Parameters
    ----------
    <params>
        It is the step size of step 1, and means nothing to the steps after that.
    etas : (float, float)
        eta_minus in 0 .. 1 and eta_plus above 1; may be set at any time.
    step_sizes : (float, float)
        The smallest and the largest step size; may be set at any time.
    <common>

    Attributes
    ----------
    previous_gradient, step_size : array, or list or dict of arrays
        The gradient of the last step, 0 where it had turned; and s; in the form of ``params``, 0 before the
        first step.

    Raises
    ------
    <raises>

    Notes
    -----
    Made for gradients of all the data: those of minibatches turn by noise. In the dtype of each array; signs
    are compared, so that no gradient is too small. After a turn w stays: the step before is not taken back.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import optim
    >>> w = np.array([1.0, 1.0])
    >>> opt = optim.Rprop(w, lr=0.1)
    >>> for _ in range(2):
    ...     opt.step(np.array([1.0, 25.0]) * w)  # the bowl (x^2 + 25 y^2) / 2
    >>> w.round(6)
    array([0.78, 0.78])
    """

    _kernel = "rprop"
    previous_gradient = State(0)
    step_size = State(1)
    lr = Hyper(as_real)
    etas = Hyper(as_etas)
    step_sizes = Hyper(as_bounds)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.etas = etas
        self.step_sizes = step_sizes
        super().__init__(params, **common)

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, *self.etas, *self.step_sizes)
