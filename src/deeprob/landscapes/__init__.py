"""Landscapes: functions that show what is hard about optimization (lecture, L4-33 to L4-35, L4-38).

Each function here makes a `Landscape`: called with w it gives ``(f, g)``; it has ``value``, ``gradient``,
``hessian``, ``hvp``, and for two variables ``grid``; it knows where to start, its minima and what a figure
should show.

=====================================  =================================================================
bad conditioning (L4-33)               `bowl`, `ravine`, `booth`, `matyas`; `condition_number`
curved and flat valleys, plateaus      `rosenbrock`, `beale`, `plateau`
local minima (L4-34)                   `local_minimum`, `himmelblau`, `styblinski_tang`, `rastrigin`
saddle points (L4-34)                  `saddle`, `monkey_saddle`
noise (L4-35)                          `noisy`
a classifier's own loss                `loss_slice`
35 test problems, sums of squares      `mgh`, `more_garbow_hillstrom`
=====================================  =================================================================

Examples
--------
>>> from deeprob import landscapes
>>> bowl = landscapes.get("bowl", condition_number=10)
>>> w = bowl.start.copy()
>>> steps = 0
>>> while (w @ w) ** 0.5 > 1e-6 * (bowl.start @ bowl.start) ** 0.5:
...     w -= 2 / (1 + 10) * bowl.gradient(w)
...     steps += 1
>>> steps
69
"""

from collections.abc import Callable
from typing import Any

from .._arguments import one_of
from ._base import Landscape
from ._condition import condition_number
from ._least_squares import LeastSquares
from ._many_minima import himmelblau, local_minimum, rastrigin, styblinski_tang
from ._mgh import MGH_NAMES, mgh, more_garbow_hillstrom
from ._noise import NoisyLandscape, noisy
from ._quadratics import booth, bowl, matyas, saddle
from ._slice import LossSlice, loss_slice
from ._valleys import beale, monkey_saddle, plateau, ravine, rosenbrock

_FUNCTIONS: dict[str, Callable[..., Landscape]] = {
    function.__name__: function
    for function in (
        bowl,
        ravine,
        rosenbrock,
        himmelblau,
        beale,
        booth,
        matyas,
        styblinski_tang,
        rastrigin,
        saddle,
        monkey_saddle,
        local_minimum,
        plateau,
    )
}

NAMES = tuple(_FUNCTIONS)
"""The names of all landscapes of this module, for `get`."""

__all__ = [
    "MGH_NAMES",
    "NAMES",
    "Landscape",
    "LeastSquares",
    "LossSlice",
    "NoisyLandscape",
    "beale",
    "booth",
    "bowl",
    "condition_number",
    "get",
    "himmelblau",
    "local_minimum",
    "loss_slice",
    "matyas",
    "mgh",
    "monkey_saddle",
    "more_garbow_hillstrom",
    "noisy",
    "plateau",
    "rastrigin",
    "ravine",
    "rosenbrock",
    "saddle",
    "styblinski_tang",
]


def get(name: str, **parameters: Any) -> Landscape:
    """Return the landscape called ``name``, one of `NAMES`, with the parameters of its function.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> landscapes.get("ravine", steepness=10)
    ravine(steepness=10.0)
    """
    return _FUNCTIONS[one_of(name, "name", NAMES)](**parameters)
