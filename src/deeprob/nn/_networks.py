"""The networks that are compared: a perceptron of several layers, and one of residual blocks."""

import itertools
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np

from .._arguments import Rng, answers_keywords, as_count, as_flag, as_random, as_real
from ._batch_norm import BatchNorm
from ._dropout import Dropout
from ._layer import Layer
from ._linear import Linear, ReLU
from ._residual import Residual
from ._rows import DTypeLike
from ._sequential import Sequential
from .init import Init


class MLP(Sequential):
    r"""A multilayer perceptron: Linear, [BatchNorm,] ReLU, [Dropout,] ..., Linear.

    Parameters
    ----------
    sizes : sequence of int
        The numbers of features, from the input's to the classes': (784, 256, 256, 10) has two hidden layers.
    batch_norm : bool
        Whether each hidden layer has a `BatchNorm`, and then no bias, which beta is.
    dropout : float
        With which probability hidden values are dropped, in 0 <= dropout < 1.
    init : str or function
        As of `Linear`.
    rng : Generator, RandomState, int or None
        Where weights and masks come from: one stream for all layers.
    dtype : float32 or float64
        The parameters' dtype, in which the network computes.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Examples
    --------
    >>> from deeprob import nn
    >>> nn.MLP((784, 256, 10), batch_norm=True, dropout=0.5, rng=0)
    MLP(
      0: Linear(784, 256, bias=False)
      1: BatchNorm(256)
      2: ReLU()
      3: Dropout(0.5)
      4: Linear(256, 10)
    )
    """

    @answers_keywords
    def __init__(
        self,
        sizes: Sequence[SupportsIndex],
        *,
        batch_norm: bool = False,
        dropout: float = 0.0,
        init: str | Init = "kaiming",
        rng: Rng = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        rng = as_random(rng)
        counts, dropout = _as_sizes(sizes), as_real(dropout, "dropout")
        if dropout >= 1:
            raise ValueError(f"dropout is {dropout}; expected a probability in 0 <= dropout < 1")
        as_flag(batch_norm, "batch_norm")
        layers: list[Layer] = []
        for n, m in itertools.pairwise(counts[:-1]):
            layers += _linear(n, m, batch_norm, init, rng, dtype)
            layers.append(ReLU())
            if dropout:
                layers.append(Dropout(dropout, rng=rng))
        layers.append(Linear(counts[-2], counts[-1], init=init, rng=rng, dtype=dtype))
        super().__init__(*layers)


class ResidualMLP(Sequential):
    r"""A perceptron of residual blocks: Linear, ReLU, depth times (Residual, ReLU), Linear.

    Each block is x + f(x) with f = Linear, [BatchNorm,] ReLU, Linear[, BatchNorm]. The blocks' survival
    decays linearly over depth, p_l = 1 - l / L (1 - p_L) (Huang et al. 2016, equation 4, whose blocks these
    are, without convolutions).

    Parameters
    ----------
    in_features, width, depth, out_features : int
        The input's features, those within, the number of blocks, and the classes.
    survival : float
        p_L, the probability of the last block; in 0 < survival <= 1.
    batch_norm : bool
        Whether there is `BatchNorm`, also after the first Linear; layers before one have no bias.
    init, rng, dtype
        As of `MLP`.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong; the message names it.

    Examples
    --------
    >>> from deeprob import nn
    >>> net = nn.ResidualMLP(784, 64, 2, 10, survival=0.5, rng=0)
    >>> [block.survival for block in net if isinstance(block, nn.Residual)]
    [0.75, 0.5]
    """

    @answers_keywords
    def __init__(
        self,
        in_features: SupportsIndex,
        width: SupportsIndex,
        depth: SupportsIndex,
        out_features: SupportsIndex,
        *,
        survival: float = 1.0,
        batch_norm: bool = True,
        init: str | Init = "kaiming",
        rng: Rng = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        rng = as_random(rng)
        F, L = as_count(width, "width", 1), as_count(depth, "depth", 1)
        last = as_real(survival, "survival")
        if not 0 < last <= 1:
            raise ValueError(f"survival is {survival}; expected a probability in 0 < survival <= 1")
        as_flag(batch_norm, "batch_norm")
        layers: list[Layer] = [*_linear(in_features, F, batch_norm, init, rng, dtype), ReLU()]
        for block in range(1, L + 1):
            f = [
                *_linear(F, F, batch_norm, init, rng, dtype),
                ReLU(),
                *_linear(F, F, batch_norm, init, rng, dtype),
            ]
            # 1 - l / L (1 - p_L), so that the last one is p_L itself
            layers += [Residual(*f, survival=last + (L - block) / L * (1 - last), rng=rng), ReLU()]
        layers.append(Linear(F, out_features, init=init, rng=rng, dtype=dtype))
        super().__init__(*layers)


def _linear(
    n: SupportsIndex, m: SupportsIndex, batch_norm: bool, init: str | Init, rng: Rng, dtype: DTypeLike
) -> list[Layer]:
    linear = Linear(n, m, bias=not batch_norm, init=init, rng=rng, dtype=dtype)
    return [linear, BatchNorm(m, dtype=dtype)] if batch_norm else [linear]


def _as_sizes(sizes: Sequence[SupportsIndex]) -> list[int]:
    counts = list(sizes) if isinstance(sizes, Sequence | np.ndarray) else []
    if len(counts) < 2:
        raise ValueError(f"sizes is {sizes!r}; expected at least the input's features and the classes")
    return [as_count(one, f"sizes[{i}]", 1) for i, one in enumerate(counts)]
