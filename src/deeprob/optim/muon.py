"""Muon: momentum made orthogonal."""

import functools
import math
from typing import ClassVar, Literal, Unpack, get_args

import numpy as np

from .._arguments import FloatArray, as_count, as_flag, as_real, one_of
from ._base import Arrays, Common, State
from ._directed import Directed, States
from ._hyper import Hyper, as_decay

Scale = Literal["original", "match_rms_adamw", "none"]
Coefficients = tuple[float, float, float]
# Jordan's: chosen to be steep at 0, for the price of ending near 1 and not at it.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def as_coefficients(value: Coefficients, name: str) -> Coefficients:
    """Return ``value`` as three finite floats."""
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 3:
        raise TypeError(f"{name} is {value!r}; expected three numbers, (a, b, c)")
    a, b, c = (as_real(x, f"{name}[{k}]", negative=True) for k, x in enumerate(value))
    return a, b, c


def as_scale(value: Scale, name: str) -> Scale:
    """Return ``value`` if it is one of the scales."""
    one_of(value, name, get_args(Scale))
    return value


def newton_schulz(
    G: FloatArray, steps: int = 5, coefficients: Coefficients = COEFFICIENTS, eps: float = 1e-7
) -> FloatArray:
    """Return nearly U V^T of G = U S V^T, by matrix products alone, in G's dtype.

    X = G / max(|G|_F, eps), then ``steps`` times X <- a X + (b X X^T + c (X X^T)^2) X, which takes each
    singular value x to a x + b x^3 + c x^5: to 0.68 .. 1.21 from all that are above 0.002.

    Parameters
    ----------
    G : (m, n) array
        Any matrix.
    steps : int
        How many times.
    coefficients : (float, float, float)
        a, b and c.
    eps : float
        G is divided by at least this.

    Returns
    -------
    (m, n) array
        Of G's dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob.optim.muon import newton_schulz
    >>> np.linalg.svd(newton_schulz(np.diag([3.0, 2.0, 0.1])), compute_uv=False).round(2)
    array([1.12, 1.07, 0.68])
    """
    wide = G.shape[0] <= G.shape[1]
    largest = float(np.max(np.abs(G), initial=0.0))
    unit = G / largest if largest > 0 else G  # so that no square leaves the range
    size = largest * math.sqrt(float(np.sum(np.square(unit, dtype=np.float64))))
    X = unit * (largest / max(size, eps)) if largest > 0 else unit
    X = X if wide else X.T
    a, b, c = coefficients
    for _ in range(steps):
        A = X @ X.T
        X = a * X + (b * A + c * (A @ A)) @ X
    return X if wide else X.T


class Muon(Directed):
    r"""Muon, "momentum orthogonalized by Newton-Schulz" (Jordan et al. 2024), for matrices.

    m <- mu m + (1 - mu) g, u = mu m + (1 - mu) g with ``nesterov`` or m without, O = `newton_schulz` (u),
    w <- w - lr (scale O + lambda w).

    Parameters
    ----------
    <params>
        Each is a matrix; vectors want another optimizer, such as `AdamW`.
    momentum : float
        mu, at least 0 and below 1; may be set at any time.
    nesterov : bool
        Whether g counts once more; may be set at any time.
    ns_steps : int
        Newton-Schulz steps; may be set at any time.
    ns_coefficients : (float, float, float)
        a, b, c of these steps; may be set at any time.
    eps : float
        The least norm that u is divided by, at least 0; may be set at any time.
    scale : {"original", "match_rms_adamw", "none"}
        "original": sqrt(max(1, rows / columns)); "match_rms_adamw": 0.2 sqrt(max(rows, columns)), whose steps
        are as large as `AdamW`'s (Liu et al. 2025); "none": 1. May be set at any time.
    <common>

    Attributes
    ----------
    moment1 : array, or list or dict of arrays
        m, in the form of ``params``; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    In the dtype of each array, where Jordan and PyTorch have bfloat16. The matrix products are NumPy's BLAS:
    their bits, and their threads, are that library's. Jordan's text sums up m <- mu m + g, which is the same
    direction; this is his code's mean, and PyTorch's. The default decay is "torch": lr lambda w.

    Examples
    --------
    A badly scaled gradient moves W as much in the direction of its small singular value:

    >>> import numpy as np
    >>> from deeprob import optim
    >>> W = np.zeros((2, 2))
    >>> optim.Muon(W, lr=0.1).step(np.diag([100.0, 1.0]))
    >>> W.round(3)
    array([[-0.07,  0.  ],
           [ 0.  , -0.07]])
    """

    _defaults: ClassVar[Common] = {**Directed._defaults, "decay": "torch"}
    moment1 = State(0)
    momentum = Hyper(functools.partial(as_decay, below=1))
    nesterov = Hyper(as_flag)
    ns_steps = Hyper(as_count)
    ns_coefficients = Hyper(as_coefficients)
    eps = Hyper(as_real)
    scale = Hyper(as_scale)

    def __init__(
        self,
        params: Arrays,
        *,
        lr: float = 0.02,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_steps: int = 5,
        ns_coefficients: Coefficients = COEFFICIENTS,
        eps: float = 1e-7,
        scale: Scale = "original",
        **common: Unpack[Common],
    ) -> None:
        self.lr = lr
        self.momentum = momentum
        self.nesterov = nesterov
        self.ns_steps = ns_steps
        self.ns_coefficients = ns_coefficients
        self.eps = eps
        self.scale = scale
        super().__init__(params, **common)

    def _begin(self, w: FloatArray, name: str) -> States:
        if w.ndim != 2:
            raise ValueError(
                f"{name} has shape {w.shape}; Muon expects matrices, arrays with 2 axes: give the others to "
                "another optimizer"
            )
        return (np.zeros_like(w),)

    def _direction(self, g: FloatArray, states: States, _t: int) -> tuple[FloatArray, States]:
        mu = self.momentum
        m = mu * states[0] + (1 - mu) * g
        u = mu * m + (1 - mu) * g if self.nesterov else m
        orthogonal = newton_schulz(u, self.ns_steps, self.ns_coefficients, self.eps)
        return self._factor(*g.shape) * orthogonal, (m,)

    def _factor(self, rows: int, columns: int) -> float:
        if self.scale == "original":
            return math.sqrt(max(1.0, rows / max(columns, 1)))
        return 0.2 * math.sqrt(max(rows, columns)) if self.scale == "match_rms_adamw" else 1.0
