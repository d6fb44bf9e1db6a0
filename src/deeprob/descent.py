"""Gradient descent in the lecture's vocabulary: vanilla, full batch, stochastic."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_random, as_real, one_of
from .objective import Objective

Sampling = Literal["shuffle", "replacement"]
Record = Literal["loss", "trajectory"]
# (step, w, loss) -> True to stop
Callback = Callable[[int, FloatArray, float], "bool | None"]


@dataclass
class GradientDescentResult:
    """What `gradient_descent` did.

    Attributes
    ----------
    w : array
        The point reached; of w0's shape.
    losses : (num_steps,) array of float64
        ``losses[t]`` is the loss that step t started from: at w_t, over the examples of that step.
    times : (num_steps,) array of float64
        Seconds from the start to the end of each step.
    trajectory : (num_steps + 1, ...) array, or None
        Every point, w0 first; with ``record="trajectory"``.
    num_steps : int
        Steps taken.
    message : str
        Why it ended.
    """

    w: FloatArray = field(repr=False)
    losses: npt.NDArray[np.float64] = field(repr=False)
    times: npt.NDArray[np.float64] = field(repr=False)
    trajectory: FloatArray | None = field(repr=False)
    num_steps: int
    message: str

    @property
    def loss(self) -> float:
        """The loss that the last step started from (NaN when no step was taken)."""
        return float(self.losses[-1]) if self.losses.size else float("nan")


@answers_keywords
def gradient_descent(
    loss_fn: Callable[..., Any],
    w0: npt.ArrayLike,
    data: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    *,
    learning_rate: float | Callable[[int], float],
    num_steps: int,
    batch_size: int | None = None,
    sampling: Sampling = "shuffle",
    rng: Rng = None,
    callback: Callback | None = None,
    record: Record = "loss",
) -> GradientDescentResult:
    r"""Gradient descent: ``dw = compute_gradient(...)``, ``w -= learning_rate * dw``, num_steps times.

    Without ``batch_size`` every step uses all the data (batch gradient descent); with it each step uses a
    minibatch, 32, 64 or 128 commonly (stochastic gradient descent).

    Parameters
    ----------
    loss_fn : callable or Objective
        ``loss_fn(w)``, or ``loss_fn(w, X, y)`` when ``data`` is given, returns ``(loss, dw)``. An
        `Objective` brings its own data, and its minibatches are not copied.
    w0 : array
        Where to start; left unchanged. Integers are taken as float64.
    data : (X, y), optional
        Examples along the first axis of both.
    learning_rate : float or callable
        The step size, or a schedule t -> step size.
    num_steps : int
        How many steps.
    batch_size : int, optional
        Examples per step. Needs ``data`` or an `Objective`.
    sampling : {"shuffle", "replacement"}
        "shuffle": every example once an epoch, in random order; the epoch's last batch may be smaller.
        "replacement": each batch is drawn from all examples with ``rng.choice``, as in the course.
    rng : numpy.random.Generator, RandomState or int, optional
        An int n means ``RandomState(n)``; None draws fresh entropy.
    callback : callable, optional
        Called as ``callback(t, w, loss)`` after step t, with the loss it started from; True stops.
        ``w`` is the array that the next step changes: copy it to keep it.
    record : {"loss", "trajectory"}
        "trajectory" keeps a copy of every point as well.

    Returns
    -------
    GradientDescentResult
        With ``.w``, ``.losses``, ``.times``, ``.trajectory``, ``.message``. Ctrl-C ends the descent and
        returns what there is, with the message saying so.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape or range, or ``loss_fn`` does not return (loss, gradient).

    Examples
    --------
    The bowl (x^2 + 25 y^2) / 2 from (1, 1):

    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> bowl = lambda w: (0.5 * np.sum(H * w**2), H * w)
    >>> result = deeprob.gradient_descent(bowl, [1.0, 1.0], learning_rate=0.079, num_steps=100)
    >>> round(float(abs(result.w[1])), 4)  # just below the limit 2 / 25
    0.0795
    """
    steps = as_count(num_steps, "num_steps")
    one_of(record, "record", ("loss", "trajectory"))
    schedule = _schedule(learning_rate)
    evaluate = _evaluator(loss_fn, data, batch_size, sampling, rng)
    w = _start(w0)
    if callback is not None:
        as_callable(callback, "callback")
    losses, times = np.empty(steps), np.empty(steps)
    trajectory = [w.copy()] if record == "trajectory" else None
    message = f"took all {steps} steps"
    t = 0
    begin = time.perf_counter()
    try:
        for t in range(steps):
            losses[t], dw = evaluate(w)
            if dw.shape != w.shape:
                raise ValueError(f"loss_fn returned a gradient of shape {dw.shape}; expected {w.shape}")
            w -= (schedule(t) * dw).astype(w.dtype, copy=False)
            times[t] = time.perf_counter() - begin
            if trajectory is not None:
                trajectory.append(w.copy())
            if callback is not None and callback(t, w, float(losses[t])):
                message = f"stopped by the callback after step {t}"
                steps = t + 1
                break
    except KeyboardInterrupt:
        message = f"interrupted during step {t}"
        steps = t
    points = None if trajectory is None else np.stack(trajectory[: steps + 1])
    return GradientDescentResult(w, losses[:steps], times[:steps], points, steps, message)


def _start(w0: npt.ArrayLike) -> FloatArray:
    w = np.array(_core.as_array(w0, "w0", True))
    if w.dtype.kind not in "fiub":
        raise TypeError(f"w0 has dtype {w.dtype}; expected real numbers")
    return w if w.dtype.kind == "f" else w.astype(np.float64)


def _schedule(learning_rate: float | Callable[[int], float]) -> Callable[[int], float]:
    if callable(learning_rate):
        return learning_rate
    rate = as_real(learning_rate, "learning_rate")
    return lambda _t: rate


def _evaluator(
    loss_fn: Callable[..., Any],
    data: tuple[npt.ArrayLike, npt.ArrayLike] | None,
    batch_size: int | None,
    sampling: Sampling,
    rng: Rng,
) -> Callable[[FloatArray], tuple[float, FloatArray]]:
    """Return w -> (loss, gradient), each call on the next step's examples."""
    as_callable(loss_fn, "loss_fn")
    if isinstance(loss_fn, Objective):
        if data is not None:
            raise ValueError("data is given, but the Objective loss_fn has its own")
        if batch_size is None:
            return lambda w: _loss_and_gradient(loss_fn(w))
        batches = minibatches(loss_fn.n_examples, batch_size, sampling=sampling, rng=rng)
        return lambda w: _loss_and_gradient(loss_fn(w, next(batches)))
    if data is None:
        if batch_size is not None:
            raise ValueError("batch_size needs data=(X, y) or an Objective to draw the batches from")
        return lambda w: _loss_and_gradient(loss_fn(w))
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise TypeError(f"data is a {type(data).__name__}; expected the tuple (X, y)")
    X, y = (_core.as_array(part, f"data[{k}]", False) for k, part in enumerate(data))
    if X.ndim == 0 or y.ndim == 0 or X.shape[0] != y.shape[0]:
        raise ValueError(f"data has shapes {X.shape} and {y.shape}; expected as many labels as examples")
    if batch_size is None:
        return lambda w: _loss_and_gradient(loss_fn(w, X, y))
    batches = minibatches(X.shape[0], batch_size, sampling=sampling, rng=rng)

    def on_batch(w: FloatArray) -> tuple[float, FloatArray]:
        index = next(batches)
        return _loss_and_gradient(loss_fn(w, X[index], y[index]))

    return on_batch


def _loss_and_gradient(result: Any) -> tuple[float, FloatArray]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"loss_fn returned a {type(result).__name__}; expected the tuple (loss, gradient)")
    try:
        return float(result[0]), np.asarray(result[1])
    except (TypeError, ValueError):
        kind = type(result[0]).__name__
        raise TypeError(f"loss_fn returned a {kind} as the loss; expected a number") from None


def minibatches(
    N: int, batch_size: int, *, sampling: Sampling = "shuffle", rng: Rng = None
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the positions of minibatch after minibatch, without end; see `gradient_descent`."""
    examples = as_count(N, "N", 1)
    size = as_count(batch_size, "batch_size", 1)
    one_of(sampling, "sampling", ("shuffle", "replacement"))
    random = as_random(rng)
    return _drawn(examples, size, random) if sampling == "replacement" else _shuffled(examples, size, random)


def _drawn(N: int, size: int, random: Any) -> Iterator[npt.NDArray[np.int64]]:
    while True:
        yield random.choice(N, size)


def _shuffled(N: int, size: int, random: Any) -> Iterator[npt.NDArray[np.int64]]:
    while True:
        order = random.permutation(N)
        for begin in range(0, N, size):
            yield order[begin : begin + size]
