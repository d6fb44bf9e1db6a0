"""Idea 1: random search (a bad idea, as the slide says), with the lecture's own numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ._arguments import Rng, answers_keywords, as_callable, as_count, as_random, as_real
from .objective import Objective


@dataclass
class RandomSearchResult:
    """What `random_search` found.

    Attributes
    ----------
    W : (C, D) array of float64
        The best weights.
    loss : float
        Their loss.
    attempt : int
        The attempt that drew them, counted from 0.
    losses : (num_tries,) array of float64
        Every attempt's loss.
    """

    W: npt.NDArray[np.float64] = field(repr=False)
    loss: float
    attempt: int
    losses: npt.NDArray[np.float64] = field(repr=False)

    @property
    def best_so_far(self) -> npt.NDArray[np.float64]:
        """The best loss up to and including each attempt."""
        return np.fmin.accumulate(self.losses)


@answers_keywords
def random_search(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: str = "svm",
    num_tries: int = 1000,
    scale: float = 1e-4,
    num_classes: int | None = None,
    rng: Rng = None,
    example_axis: int = 0,
    verbose: bool = False,
    callback: Callable[[int, float, float], bool | None] | None = None,
    threads: int | None = None,
) -> RandomSearchResult:
    r"""Draw random weights again and again and keep the best (lecture, "Idea 1: Random Search").

    Attempt k uses the very numbers of the lecture's loop, ``np.random.randn(C, D) * scale``: with
    ``rng=0`` those that follow ``np.random.seed(0)``.

    Parameters
    ----------
    X : (N, D) array of float32, float64 or uint8
        Examples; (D, N), the lecture's columns, with ``example_axis=1``. A bias wants its column of ones
        (`deeprob.datasets.bias_trick`).
    y : (N,) array of integers
        Labels.
    loss : {"svm", "softmax"}
        The slide does not say which; its printout fits the SVM loss on pixels in 0..255 minus the mean
        image. On pixels in 0..1 every attempt reads 9.00.
    num_tries : int
        Attempts, at least 1.
    scale : float
        Standard deviation of the weights.
    num_classes : int, optional
        C; default the largest label + 1.
    rng : numpy.random.Generator, RandomState or int, optional
        An int n means ``RandomState(n)``; None draws fresh entropy.
    example_axis : {0, 1}
        Which axis of X counts the examples.
    verbose : bool
        Print the lecture's line for each attempt.
    callback : callable, optional
        Called as ``callback(attempt, loss, best)``; True stops the search.
    threads : int, optional
        At most this many threads.

    Returns
    -------
    RandomSearchResult
        With ``.W``, ``.loss``, ``.attempt`` and ``.losses``.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range, or no attempt had a loss (all NaN).

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> X = np.array([[255.0, 0.0, 1.0], [0.0, 255.0, 1.0]])
    >>> result = deeprob.random_search(X, [0, 1], num_tries=3, rng=0, verbose=True)
    in attempt 0 the loss was 0.987370, best 0.987370
    in attempt 1 the loss was 0.989355, best 0.987370
    in attempt 2 the loss was 0.977053, best 0.977053
    >>> result.attempt, round(result.loss, 6)
    (2, 0.977053)
    """
    if callback is not None:
        as_callable(callback, "callback")
    tries = as_count(num_tries, "num_tries", 1)
    sigma = as_real(scale, "scale")
    objective = Objective(X, y, loss=loss, example_axis=example_axis, threads=threads)
    C = objective.classes(num_classes)
    random = as_random(rng)
    losses = np.empty(tries)
    best_loss, best_attempt = float("inf"), -1
    best_W: npt.NDArray[np.float64] | None = None
    for attempt in range(tries):
        W = random.standard_normal((C, objective.n_features)) * sigma
        losses[attempt] = value = objective.value(W)
        if value < best_loss:
            best_loss, best_attempt, best_W = value, attempt, W
        if verbose:
            print(f"in attempt {attempt:d} the loss was {value:f}, best {best_loss:f}")
        if callback is not None and callback(attempt, value, best_loss):
            losses = losses[: attempt + 1]
            break
    if best_W is None:
        raise ValueError("no attempt had a finite loss: X holds NaN or infinite values")
    return RandomSearchResult(best_W, best_loss, best_attempt, losses)
