"""Which weights a loss prefers (L4-14), and what that does to many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._arguments import Rng, answers_keywords, as_count, as_positive, as_real
from ..linear import scores
from ..losses import softmax_loss
from ..regularizers import elastic_net, l1, l2
from ._inputs import Vector, as_matrix, as_points, as_strengths, as_two_classes
from ._sparsity import Sparsity, irrelevant_features, sparsity
from ._text import aligned, number

if TYPE_CHECKING:
    from ..plots import PreferencesDisplay

_REGS = (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3)
_TIE = 1e-12  # values that differ by less, in proportion, differ by rounding


@dataclass(frozen=True, eq=False)
class Preferences:
    """Two weights under the data loss and the regularizers; and the weights of many features.

    To prefer is to have a lower loss with (the slide's hint).

    Attributes
    ----------
    x : (D,) array
        The example.
    w1, w2 : (D,) arrays
        The two weights.
    scores : (2,) array
        w1 . x and w2 . x.
    reg, l1_ratio : float
        Lambda of the totals; the share of L1 in the elastic net.
    values : dict of str to (2,) array
        Of both weights: "data loss", "L2", "L1", "elastic net", and with lambda "data loss + L2", ...
    preferred : dict of str to str
        "w1", "w2" or "tie", by the same names.
    sparsity : Sparsity
        What L1, by the proximal step and by the subgradient, and L2 do to the weights of features most of
        which do not matter.
    """

    x: Vector
    w1: Vector
    w2: Vector
    scores: Vector
    reg: float
    l1_ratio: float
    values: dict[str, Vector]
    preferred: dict[str, str]
    sparsity: Sparsity

    def __repr__(self) -> str:
        rows = [(name, number(a), number(b), self.preferred[name]) for name, (a, b) in self.values.items()]
        first = ("score", *map(number, self.scores), "")
        return "\n".join(
            [
                "Expressing preferences (lecture, L4-14): the lower loss is preferred",
                *(f"{name} = {_listed(vector)}" for name, vector in self._vectors()),
                *aligned([("", "w1", "w2", "preferred"), first, *rows]),
                "",
                repr(self.sparsity),
            ]
        )

    def _vectors(self) -> tuple[tuple[str, Vector], ...]:
        return ("x", self.x), ("w1", self.w1), ("w2", self.w2)

    def plot(self, ax: Any = None, **keywords: Any) -> PreferencesDisplay:
        """Draw it: `deeprob.plots.PreferencesDisplay`."""
        from ..plots import PreferencesDisplay

        return PreferencesDisplay.from_result(self).plot(ax, **keywords)


@answers_keywords
def preferences(
    x: npt.ArrayLike = (1.0, 1.0, 1.0, 1.0),
    w1: npt.ArrayLike = (1.0, 0.0, 0.0, 0.0),
    w2: npt.ArrayLike = (0.25, 0.25, 0.25, 0.25),
    *,
    reg: float = 1.0,
    l1_ratio: float = 0.5,
    X: npt.ArrayLike | None = None,
    y: npt.ArrayLike | None = None,
    regs: float | Sequence[float] | npt.ArrayLike = _REGS,
    learning_rate: float = 0.1,
    num_steps: int = 2000,
    rng: Rng = 0,
) -> Preferences:
    r"""Ask which of two weights the data loss and the regularizers prefer (L4-14), and what follows for many.

    The lecture's x = [1, 1, 1, 1], w_1 = [1, 0, 0, 0] and w_2 = [.25, .25, .25, .25] have the same score, and
    so the same data loss; L2 prefers the second, which uses all of x; L1 has a tie. The second half trains a
    softmax classifier on features of which only some matter: L1 makes weights exactly 0, if its proximal step
    is taken (the subgradient step only comes near 0), L2 makes all of them small and none 0.

    Parameters
    ----------
    x : (D,) array
        The example.
    w1, w2 : (D,) arrays
        Two weights for it.
    reg : float
        Lambda of the totals "data loss + L2", ...
    l1_ratio : float
        The share of L1 in the elastic net, in 0..1.
    X, y : (N, D) and (N,) arrays, optional
        Data of the second half, labels 0 and 1. Default: 100 examples of 20 standard normal features; 5 of
        them decide about y by log odds 2 w . x, w = (2, -1.5, 1, -1, 0.5), 15 have nothing to do with it.
    regs : float or (R,) array
        Lambda of the second half: one, or several, which are put in order.
    learning_rate, num_steps
        Of gradient descent from 0, in the second half.
    rng : numpy.random.Generator, RandomState or int, optional
        For the data. An int n means ``RandomState(n)``; None draws fresh entropy.

    Returns
    -------
    Preferences
        ``print`` shows tables, ``.plot()`` a figure.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, type or range, if only one of ``X`` and ``y`` is given, or if the
        learning rate is so large that the weights overflow.

    Notes
    -----
    The data loss is softmax's for two classes of scores w . x and 0, the first being right. Values that
    differ by at most 1e-12 of the larger are a tie.

    Examples
    --------
    >>> from deeprob import demos
    >>> demos.preferences(regs=[0.01, 0.1])
    Expressing preferences (lecture, L4-14): the lower loss is preferred
    x = [1, 1, 1, 1]
    w1 = [1, 0, 0, 0]
    w2 = [0.25, 0.25, 0.25, 0.25]
                                 w1      w2  preferred
                      score  1.0000  1.0000
                  data loss  0.3133  0.3133        tie
                         L2  1.0000  0.2500         w2
                         L1  1.0000  1.0000        tie
                elastic net  1.0000  0.6250         w2
             data loss + L2  1.3133  0.5633         w2
             data loss + L1  1.3133  1.3133        tie
    data loss + elastic net  1.3133  0.9383         w2
    <BLANKLINE>
    Weights that are exactly 0, of 40 (20 features), and |W|
    lambda  L1, proximal    |W|  L1, subgradient    |W|  L2    |W|
      0.01            14  2.711                0  2.712   0  2.350
       0.1            32  0.555                0  0.555   0  0.942
    """
    example = as_points(x, "x", "(D,), one example")
    pair = _two_weights(w1, w2, example)
    strength = as_real(reg, "reg")
    values = _values(pair, example, strength, l1_ratio)
    strengths = as_strengths(regs, "regs")
    rate, steps = as_positive(learning_rate, "learning_rate"), as_count(num_steps, "num_steps", 1)
    return Preferences(
        x=example,
        w1=pair[0],
        w2=pair[1],
        scores=np.asarray(scores(pair, example[None])[0], np.float64),
        reg=strength,
        l1_ratio=float(l1_ratio),
        values=values,
        preferred={name: _preferred(*both) for name, both in values.items()},
        sparsity=sparsity(*_data(X, y, rng), strengths, rate, steps),
    )


def _two_weights(w1: npt.ArrayLike, w2: npt.ArrayLike, x: Vector) -> npt.NDArray[np.float64]:
    pair = [as_points(w, name, f"{x.shape}, as x") for w, name in ((w1, "w1"), (w2, "w2"))]
    for w, name in zip(pair, ("w1", "w2"), strict=True):
        if w.shape != x.shape:
            raise ValueError(f"{name} has shape {w.shape}; expected {x.shape}, as x")
    return np.stack(pair)


def _values(
    pair: npt.NDArray[np.float64], x: Vector, reg: float, l1_ratio: float
) -> dict[str, npt.NDArray[np.float64]]:
    """Return data loss, regularizers and their totals of both weights."""
    other = np.zeros_like(x)
    data = np.array([softmax_loss([w, other], x[None], [0], grad=False) for w in pair])
    penalties = {
        "L2": np.array([l2(w[None])[0] for w in pair]),
        "L1": np.array([l1(w[None])[0] for w in pair]),
        "elastic net": np.array([elastic_net(w[None], l1_ratio)[0] for w in pair]),
    }
    totals = {f"data loss + {name}": data + reg * penalty for name, penalty in penalties.items()}
    return {"data loss": data, **penalties, **totals}


def _preferred(first: float, second: float) -> str:
    if abs(first - second) <= _TIE * max(abs(first), abs(second)):
        return "tie"
    return "w1" if first < second else "w2"


def _data(X: npt.ArrayLike | None, y: npt.ArrayLike | None, rng: Rng) -> tuple[Any, Any, Any]:
    """Return the caller's data, or drawn ones with which features matter."""
    drawn = irrelevant_features(rng)
    if X is None and y is None:
        return drawn
    if X is None or y is None:
        given, missing = ("X", "y") if y is None else ("y", "X")
        raise ValueError(f"{given} is given and {missing} is not; expected both or neither")
    matrix = as_matrix(X, "X")
    return matrix, as_two_classes(y, "y", len(matrix)), None


def _listed(vector: Vector) -> str:
    return "[" + ", ".join(f"{value:g}" for value in vector) + "]"
