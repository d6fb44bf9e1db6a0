"""Idea 1: random search (a bad idea, as the slide says), with the lecture's own numbers."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_random, as_real
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


# Candidates drawn and scored at a time: at most this many, of at most so many bytes. Where somebody follows
# the attempts their number grows until a pass takes so many seconds, and shrinks when it takes twice as long,
# but not below _LEAST: one at a time a pass costs nearly as much as four.
_MOST = 16
_LEAST = 4
_BYTES = 16_000_000
_SECONDS = 0.2


class _Candidates:
    """Weights drawn some at a time, from the stream that drawing one by one gives.

    After `rewind` the generator is where it would be, had only the candidates used been drawn.
    """

    def __init__(
        self,
        random: np.random.Generator | np.random.RandomState,
        shape: tuple[int, int],
        scale: float,
        dtype: np.dtype[Any],
    ) -> None:
        self.random, self.shape, self.scale, self.dtype = random, shape, scale, dtype
        self.state: Any = None
        self.drawn = self.used = 0

    def draw(self, count: int) -> tuple[npt.NDArray[np.float64], FloatArray]:
        """Return the next candidates, (count, C, D), and the same rounded to what they are scored in."""
        if count > 1:
            self.state = self._get_state()
        self.drawn = count
        self.used = 1  # a loop that is interrupted from here on has drawn one
        Ws = self._normal(count)
        Ws *= self.scale
        return Ws, Ws.astype(self.dtype, copy=False)

    def rewind(self) -> None:
        """Take back the candidates of the last `draw` beyond the first ``used``."""
        if self.used < self.drawn:
            self._set_state(self.state)
            self._normal(self.used)
            self.drawn = self.used

    def _normal(self, count: int) -> npt.NDArray[np.float64]:
        return self.random.standard_normal((count, *self.shape))

    def _get_state(self) -> Any:
        if isinstance(self.random, np.random.RandomState):
            return self.random.get_state(legacy=False)
        return self.random.bit_generator.state

    def _set_state(self, state: Any) -> None:
        if isinstance(self.random, np.random.RandomState):
            self.random.set_state(state)
        else:
            self.random.bit_generator.state = state


def _scoring_dtype(dtype: npt.DTypeLike | None, X: npt.NDArray[Any]) -> np.dtype[Any]:
    """Return the dtype that weights are rounded to before they are scored."""
    try:
        chosen = np.dtype(np.float64 if dtype is None else dtype)
    except TypeError:
        chosen = np.dtype(object)
    if chosen not in (np.float32, np.float64):
        raise TypeError(f"dtype is {dtype!r}; expected np.float32, np.float64 or None")
    if chosen == np.float32 and X.dtype == np.float64:
        raise TypeError(
            "dtype is float32, but X has dtype float64, in which scores would be computed: "
            "convert it with X.astype(np.float32)"
        )
    return chosen


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
    dtype: npt.DTypeLike | None = None,
    example_axis: int = 0,
    verbose: bool = False,
    callback: Callable[[int, float, float], bool | None] | None = None,
    threads: int | None = None,
) -> RandomSearchResult:
    r"""Draw random weights again and again and keep the best (lecture, "Idea 1: Random Search").

    Attempt k uses the very numbers of the lecture's loop, ``np.random.randn(C, D) * scale``: with
    ``rng=0`` those that follow ``np.random.seed(0)``. Several attempts are drawn and scored in one pass over
    X (`Objective.values`); numbers, losses and the generator's state afterwards are the loop's nevertheless,
    also when the search is stopped early.

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
        An int n means ``RandomState(n)``; None draws fresh entropy. A callback must not draw from it.
    dtype : {None, np.float32, np.float64}
        What the weights, drawn in float64, are rounded to before they are scored. None: float64. With float32
        and X of float32 or uint8 the scores are computed in float32: twice as fast, the losses within some
        1e-6 of those in float64, relatively. ``.W`` is as drawn in either case.
    example_axis : {0, 1}
        Which axis of X counts the examples.
    verbose : bool
        Print the lecture's line for each attempt.
    callback : callable, optional
        Called as ``callback(attempt, loss, best)`` for every attempt in turn, soon after it was scored; True
        stops the search.
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
    shape = (C, objective.n_features)
    candidates = _Candidates(as_random(rng), shape, sigma, _scoring_dtype(dtype, objective.X))
    most = max(1, min(_MOST, _BYTES // (8 * C * objective.n_features)))
    followed = verbose or callback is not None
    losses = np.empty(tries)
    best_loss, best_attempt = float("inf"), -1
    best_W: npt.NDArray[np.float64] | None = None
    attempt, stopped = 0, False
    count = min(_LEAST, most) if followed else most
    try:
        while attempt < tries and not stopped:
            begin = time.perf_counter()
            Ws, rounded = candidates.draw(min(count, tries - attempt))
            values = objective.values(rounded).tolist()
            seconds = time.perf_counter() - begin
            if followed and seconds < _SECONDS:
                count = min(most, count + max(1, count // 2))
            elif followed and seconds > 2 * _SECONDS:
                count = max(min(_LEAST, most), count // 2)
            for k, value in enumerate(values):
                candidates.used = k + 1
                losses[attempt] = value
                if value < best_loss:
                    best_loss, best_attempt, best_W = value, attempt, Ws[k].copy()
                if verbose:
                    print(f"in attempt {attempt:d} the loss was {value:f}, best {best_loss:f}")
                attempt += 1
                if callback is not None and callback(attempt - 1, value, best_loss):
                    stopped = True
                    break
    finally:
        candidates.rewind()
    if best_W is None:
        raise ValueError("no attempt had a finite loss: X holds NaN, infinite or very large values")
    return RandomSearchResult(best_W, best_loss, best_attempt, losses[:attempt])
