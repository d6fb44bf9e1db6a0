"""What regularizers do to the weights of features that do not matter: zeros by L1, shrinkage by L2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arguments import Rng, as_random
from ..descent import L1Step, gradient_descent
from ..objective import Objective
from ..regularizers import RegType
from ._inputs import Labels, Vector
from ._text import aligned, number

Array = npt.NDArray[np.float64]

METHODS = ("L1, proximal", "L1, subgradient", "L2")
_HOW: dict[str, tuple[RegType, L1Step]] = {
    "L1, proximal": ("l1", "proximal"),
    "L1, subgradient": ("l1", "subgradient"),
    "L2": ("l2", "subgradient"),
}
# A data set that is small enough to overfit: 5 features that matter, more and less, and 15 that do not.
_N, _D = 100, 20
_TRUE = (2.0, -1.5, 1.0, -1.0, 0.5)


@dataclass(frozen=True, eq=False)
class Sparsity:
    """Weights of a two-class softmax classifier, trained with several lambda by each method.

    The methods, M = 3 of them, are "L1, proximal", "L1, subgradient" and "L2"; R is the number of the lambda.

    Attributes
    ----------
    X, y : (N, D) and (N,) arrays
        The data.
    relevant : (D,) array of bool, or None
        Which features have to do with y, if that is known.
    methods : tuple of M str
    reg : (R,) array
        Lambda, ascending.
    W : (M, R, 2, D) array
        The weights.
    zeros : (M, R) array of int
        How many of the 2 D weights are exactly 0.
    norm : (M, R) array
        The Euclidean norm of all weights.
    data_loss : (M, R) array
        The loss without lambda R(W).
    learning_rate, num_steps
        Of gradient descent from 0.
    """

    X: Array
    y: Labels
    relevant: npt.NDArray[np.bool_] | None
    methods: tuple[str, ...]
    reg: Vector
    W: Array
    zeros: npt.NDArray[np.int64]
    norm: Array
    data_loss: Array
    learning_rate: float
    num_steps: int

    def __repr__(self) -> str:
        weights = self.W.shape[2] * self.W.shape[3]
        title = f"Weights that are exactly 0, of {weights} ({self.X.shape[1]} features), and |W|"
        head = ["lambda", *[cell for method in self.methods for cell in (method, "|W|")]]
        rows = [
            [f"{reg:g}", *[cell for k in range(len(self.methods)) for cell in self._cells(k, r)]]
            for r, reg in enumerate(self.reg)
        ]
        return "\n".join([title, *aligned([head, *rows])])

    def _cells(self, method: int, r: int) -> tuple[str, str]:
        return str(self.zeros[method, r]), number(self.norm[method, r], 3)


def irrelevant_features(rng: Rng) -> tuple[Array, Labels, npt.NDArray[np.bool_]]:
    """Return X, y and which features matter: X is standard normal, y = 1 with log odds 2 (X w)."""
    random: Any = as_random(rng)
    X = random.standard_normal((_N, _D))
    w = np.append(_TRUE, np.zeros(_D - len(_TRUE)))
    odds = 2 * (X @ w)
    y = (random.uniform(size=_N) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return X, y, w != 0


def sparsity(
    X: Array,
    y: Labels,
    relevant: npt.NDArray[np.bool_] | None,
    reg: Vector,
    learning_rate: float,
    num_steps: int,
) -> Sparsity:
    """Train with every lambda by every method."""
    W = np.array(
        [
            [_trained(X, y, strength, method, learning_rate, num_steps) for strength in reg]
            for method in METHODS
        ]
    )
    data = Objective(X, y)
    return Sparsity(
        X=X,
        y=y,
        relevant=relevant,
        methods=METHODS,
        reg=reg,
        W=W,
        zeros=np.sum(W == 0, axis=(2, 3)),
        norm=np.sqrt(np.sum(W**2, axis=(2, 3))),
        data_loss=np.stack([data.values(of_method) for of_method in W]),
        learning_rate=learning_rate,
        num_steps=num_steps,
    )


def _trained(X: Array, y: Labels, reg: float, method: str, rate: float, steps: int) -> Any:
    """Return the weights after gradient descent from 0."""
    reg_type, l1_step = _HOW[method]
    objective = Objective(X, y, reg=reg, reg_type=reg_type)
    with np.errstate(over="ignore", invalid="ignore"):
        result = gradient_descent(objective, learning_rate=rate, num_steps=steps, l1_step=l1_step)
    if result.num_steps < steps:
        raise KeyboardInterrupt  # which gradient_descent answers with what there is: too little for a demo
    if not np.isfinite(result.w).all():
        raise ValueError(f"learning_rate {rate:g} is too large: with reg {reg:g} the weights overflow")
    return result.w
