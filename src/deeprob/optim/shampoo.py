"""Shampoo: AdaGrad with a full matrix for every axis."""

from typing import Any, Unpack

import numpy as np

from .._arguments import FloatArray, as_count, as_real
from ._base import Arrays, Common
from ._directed import Directed, States
from ._hyper import Hyper


def inverse_root(H: FloatArray, power: float, least: float) -> FloatArray:
    """Return H^-power of a symmetric matrix, or of a diagonal one, a vector.

    No eigenvalue is below ``least`` but by rounding. With ``least`` 0 those that are nothing but rounding
    stay 0: the pseudo-inverse. What is not finite gives NaN.
    """
    if not np.isfinite(H).all():
        return np.full_like(H, np.nan)
    values, vectors = (H, None) if H.ndim == 1 else np.linalg.eigh(H)
    nothing = np.finfo(H.dtype).eps * len(H) * np.max(values, initial=0.0) if least == 0 else 0.0
    values = np.maximum(values, least)
    roots = np.zeros_like(values)
    np.power(values, -power, out=roots, where=values > nothing)
    return roots if vectors is None else (vectors * roots) @ vectors.T


class Shampoo(Directed):
    r"""Shampoo (Gupta, Koren and Singer 2018, Algorithms 1 and 2).

    For a matrix: L <- L + g g^T, R <- R + g^T g, w <- w - lr L^(-1/4) g R^(-1/4), from L = eps I, R = eps I.
    For an array with k axes each axis has such a matrix, of the sums over all others, to the power -1/(2k):
    for a vector that is AdaGrad with its full matrix, (sum g g^T)^(-1/2) g.

    Parameters
    ----------
    <params>
    eps : float
        What the matrices begin with, at least 0; it stays. With 0, directions that no gradient had are left
        alone: the pseudo-inverse.
    update_interval : int
        Roots are computed at steps 1, 1 + update_interval, ...; may be set at any time.
    max_size : int
        A longer axis has the diagonal of its matrix alone.
    <common>

    Attributes
    ----------
    preconditioners : list of arrays, or list or dict of such lists
        The matrix of each axis, or its diagonal, in float64.

    Raises
    ------
    <raises>

    Notes
    -----
    Matrices and their roots, by eigenvalues, are float64 whatever the dtype; they are LAPACK's and BLAS's by
    way of NumPy, as are their bits and threads. An axis of n values takes n^2 numbers twice and, when roots
    are computed, some 10 n^3 operations. A gradient that is not finite gives NaN from then on.

    Examples
    --------
    The direction of the first step has no long and no short axes:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> W = np.zeros((2, 2))
    >>> opt = optim.Shampoo(W, lr=0.1)
    >>> opt.step(np.diag([100.0, 1.0]))
    >>> W.round(3) + 0.0
    array([[-0.1,  0. ],
           [ 0. , -0.1]])
    >>> opt.preconditioners[0].round(3)
    array([[1.e+04, 0.e+00],
           [0.e+00, 1.e+00]])
    """

    update_interval = Hyper(lambda value, name: as_count(value, name, 1))

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 1e-2,
        eps: float = 1e-4,
        update_interval: int = 1,
        max_size: int = 1024,
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.eps = as_real(eps, "eps")
        self.update_interval = update_interval
        self._max_size = as_count(max_size, "max_size")
        super().__init__(params, **common)

    @property
    def max_size(self) -> int:
        """The longest axis with a matrix; it gives the states their shapes, so it stays."""
        return self._max_size

    @property
    def preconditioners(self) -> Any:
        """The matrix of each axis of each array, or its diagonal; the arrays themselves, not copies."""
        return self._formed([list(states[::2]) for _, states in self._arrays()])  # type: ignore[misc]

    def _begin(self, w: FloatArray, _name: str) -> States:
        states = []
        for n in w.shape or (1,):
            H = np.full(n, self.eps) if n > self.max_size else self.eps * np.eye(n)
            states += [H, self._root(H, w.ndim)]
        return tuple(states)

    def _root(self, H: FloatArray, axes: int) -> FloatArray:
        return inverse_root(H, 1 / (2 * max(axes, 1)), self.eps)

    def _direction(self, g: FloatArray, states: States, t: int) -> tuple[FloatArray, States]:
        G = np.atleast_1d(g).astype(np.float64)
        along, new = G, []
        for axis in range(G.ndim):
            H, root = states[2 * axis : 2 * axis + 2]
            rows = np.moveaxis(G, axis, 0).reshape(G.shape[axis], G.size // max(G.shape[axis], 1))
            H = H + (np.sum(rows * rows, axis=1) if H.ndim == 1 else rows @ rows.T)
            if (t - 1) % self.update_interval == 0:
                root = self._root(H, g.ndim)
            new += [H, root]
            turned = np.moveaxis(along, axis, -1)
            along = np.moveaxis(turned * root if root.ndim == 1 else turned @ root, -1, axis)
        return along.reshape(g.shape), tuple(new)
