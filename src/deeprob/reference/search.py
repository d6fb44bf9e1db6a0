"""The lecture's random search, gradient descent and numeric gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def random_search(
    L: Callable[[Array, Array, Array], float],
    X_train: Array,
    Y_train: Array,
    shape: tuple[int, int],
    num_tries: int,
) -> tuple[Array, float]:
    """Run the lecture's loop, in Python 3: columns of X_train are examples; seed with np.random.seed."""
    bestloss = float("inf")
    for num in range(num_tries):
        W = np.random.randn(*shape) * 0.0001  # generate random parameters
        loss = L(X_train, Y_train, W)  # get the loss over the entire training set
        if loss < bestloss:  # keep track of the best solution
            bestloss = loss
            bestW = W
        print("in attempt %d the loss was %f, best %f" % (num, loss, bestloss))  # noqa: UP031 (the slide's)
    return bestW, bestloss


def gradient_descent(
    compute_gradient: Callable[[Array], Array], w: Array, learning_rate: float, num_steps: int
) -> Array:
    """Run the lecture's vanilla gradient descent."""
    for _ in range(num_steps):
        dw = compute_gradient(w)
        w = w - learning_rate * dw
    return w


def numeric_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """(f(x + h) - f(x - h)) / 2h, entry by entry."""
    gradient = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[at] = h
        gradient[at] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
