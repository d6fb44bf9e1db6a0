"""The computation: random search, gradient check, descents. No printing, no files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import Objective, accuracy, gradient_descent, numeric_gradient, random_search
from ..datasets import ImageDataset, standardize
from .settings import Recipe

BYTES = "0..255 - mean"
UNIT = "0..1 - mean"

FloatArray = npt.NDArray[np.floating]
Pixels = npt.NDArray[np.float32]
OnAttempt = Callable[[int, float, float], None]
OnStep = Callable[[int, float], None]


@dataclass(frozen=True)
class Split:
    """Training and test examples ready for a classifier: standardized, ones last."""

    X_train: Pixels = field(repr=False)
    y_train: npt.NDArray[np.int64] = field(repr=False)
    X_test: Pixels = field(repr=False)
    y_test: npt.NDArray[np.int64] = field(repr=False)
    num_classes: int
    pixels: str


@dataclass(frozen=True)
class Run:
    """One method's way and what it reached: a row of the table.

    Attributes
    ----------
    method, loss, pixels : str
        What was done, which loss was minimized, on which pixel scale.
    seed, steps : int
        The seed; attempts or steps taken.
    learning_rate, reg, batch_size : float, float, int, or None
        Where the method has them.
    train_accuracy, test_accuracy : float
        Shares of images classified right.
    data_loss, penalty : float
        The data loss over all training images at W, and reg R(W).
    seconds : float
        What the search or the descent took.
    best_attempt : int or None
        Of a random search.
    W, losses : arrays
        The weights reached, and the loss of each attempt or step.
    """

    method: str
    loss: str
    pixels: str
    seed: int
    steps: int
    learning_rate: float | None
    reg: float
    batch_size: int | None
    train_accuracy: float
    test_accuracy: float
    data_loss: float
    penalty: float
    seconds: float
    best_attempt: int | None = None
    W: FloatArray = field(repr=False, default_factory=lambda: np.empty((0, 0)))
    losses: npt.NDArray[np.float64] = field(repr=False, default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class GradientCheck:
    """Numeric against analytic gradient.

    Attributes
    ----------
    loss : str
    reg, h : float
        Strength of the L2 penalty; step of the central difference.
    entries, kinks : int
        Entries of W compared; entries left out as a margin passes 0 between w - h and w + h.
    max_error, median_error : float
        Of abs(n - a) / (abs(n) + abs(a) + 1e-12).
    forgotten : float
        The median error if the analytic gradient lacked the penalty: that the check sees the penalty.
    agree : bool
        Whether every entry is right to 1e-5, apart from what rounding does to the difference.
    """

    loss: str
    reg: float
    h: float
    entries: int
    kinks: int
    max_error: float
    median_error: float
    forgotten: float
    agree: bool


def byte_pixels(data: ImageDataset) -> Split:
    """Return pixels in 0..255 minus the mean training image: the scale of the slide's random search."""
    X_train, X_test = standardize(data.X_train, data.X_test, mean="image", bias=True)
    return Split(X_train, data.y_train, X_test, data.y_test, data.num_classes, BYTES)


def unit_pixels(data: ImageDataset) -> Split:
    """Return pixels in 0..1 minus the mean of each channel: the course's scale for descents."""
    options: dict[str, Any] = {"mean": "channel", "scale": 255.0, "layout": data.layout, "bias": True}
    X_train, X_test = standardize(data.X_train, data.X_test, **options)
    return Split(X_train, data.y_train, X_test, data.y_test, data.num_classes, UNIT)


def search(split: Split, num_tries: int, seed: int, on_attempt: OnAttempt) -> Run:
    """Search at random as the slide L4-16 does, and test the best weights as L4-17 does."""

    def callback(attempt: int, loss: float, best: float) -> None:
        on_attempt(attempt, loss, best)

    begin = time.perf_counter()
    result = random_search(
        split.X_train,
        split.y_train,
        loss="svm",
        num_tries=num_tries,
        scale=1e-4,
        num_classes=split.num_classes,
        rng=seed,
        callback=callback,
    )
    return Run(
        method="random search",
        loss="svm",
        pixels=split.pixels,
        seed=seed,
        steps=num_tries,
        learning_rate=None,
        reg=0.0,
        batch_size=None,
        train_accuracy=accuracy(result.W, split.X_train, split.y_train),
        test_accuracy=accuracy(result.W, split.X_test, split.y_test),
        data_loss=result.loss,
        penalty=0.0,
        seconds=time.perf_counter() - begin,
        best_attempt=result.attempt,
        W=result.W,
        losses=result.losses,
    )


def descend(
    split: Split, recipe: Recipe, batch_size: int | None, num_steps: int, seed: int, on_step: OnStep
) -> Run:
    """Descend from small random weights, on all examples at once or on minibatches."""
    objective = Objective(split.X_train, split.y_train, loss=recipe.loss, reg=recipe.reg)
    start = np.random.RandomState(seed).standard_normal((split.num_classes, objective.n_features)) * 1e-4

    def callback(t: int, _W: FloatArray, loss: float) -> None:
        on_step(t, loss)

    begin = time.perf_counter()
    result = gradient_descent(
        objective,
        start.astype(np.float32),
        learning_rate=recipe.learning_rate,
        num_steps=num_steps,
        batch_size=batch_size,
        rng=seed,
        callback=callback,
    )
    seconds = time.perf_counter() - begin
    if result.num_steps < num_steps:
        raise KeyboardInterrupt  # gradient_descent keeps what it has after Ctrl-C; here it ends the job
    data_loss, penalty = objective.terms(result.w)
    return Run(
        method="gradient descent" if batch_size is None else f"SGD, batch {batch_size}",
        loss=recipe.loss,
        pixels=split.pixels,
        seed=seed,
        steps=num_steps,
        learning_rate=recipe.learning_rate,
        reg=recipe.reg,
        batch_size=batch_size,
        train_accuracy=objective.accuracy(result.w),
        test_accuracy=accuracy(result.w, split.X_test, split.y_test),
        data_loss=data_loss,
        penalty=penalty,
        seconds=seconds,
        W=result.w,
        losses=result.losses,
    )


def check_gradient(
    data: ImageDataset,
    loss: str,
    seed: int,
    *,
    reg: float = 0.1,
    h: float = 1e-5,
    entries: int = 36,
    num_examples: int = 200,
) -> GradientCheck:
    """Compare the analytic gradient with central differences in float64, at random entries of random W.

    The weights (standard deviation 0.1) are large enough that some margins of the SVM are kept and others
    not, and reg is large enough that a wrong penalty would show.
    """
    random = np.random.RandomState(seed)
    chosen = random.permutation(len(data.X_train))[:num_examples]
    X = standardize(
        data.X_train[chosen], mean="channel", scale=255.0, layout=data.layout, bias=True, dtype=np.float64
    )
    y = data.y_train[chosen]
    objective = Objective(X, y, loss=loss, reg=reg)
    W = random.standard_normal((data.num_classes, X.shape[1])) * 0.1
    value, analytic = objective(W)
    places, kinks = _smooth_places(W, X, y, h, random.permutation(W.size), entries, loss)
    a = np.array([analytic[at] for at in places])
    w = np.array([W[at] for at in places])
    n = np.array([_numeric(objective, W, at, h) for at in places])
    errors = _relative_error(n, a)
    rounding = 4 * np.finfo(np.float64).eps * abs(value) / h
    return GradientCheck(
        loss=loss,
        reg=reg,
        h=h,
        entries=len(places),
        kinks=kinks,
        max_error=float(errors.max()),
        median_error=float(np.median(errors)),
        forgotten=float(np.median(_relative_error(n, a - 2 * reg * w))),
        agree=bool(np.all(np.abs(n - a) <= 1e-5 * (np.abs(n) + np.abs(a)) + rounding)),
    )


def _numeric(objective: Objective, W: FloatArray, at: tuple[int, int], h: float) -> float:
    """Return the numeric gradient at one entry of W, which is put back."""
    old = W[at]

    def along(values: FloatArray) -> float:
        W[at] = values[0]
        return objective.value(W)

    try:
        return float(numeric_gradient(along, np.array([old]), h)[0])
    finally:
        W[at] = old


def _relative_error(n: FloatArray, a: FloatArray) -> FloatArray:
    error: FloatArray = np.abs(n - a) / (np.abs(n) + np.abs(a) + 1e-12)
    return error


def _smooth_places(
    W: FloatArray,
    X: FloatArray,
    y: npt.NDArray[np.int64],
    h: float,
    order: npt.NDArray[np.int64],
    entries: int,
    loss: str,
) -> tuple[list[tuple[int, int]], int]:
    """Return the first places where the loss is smooth between w - h and w + h, and how many were skipped.

    The SVM loss has kinks: where a margin is 0 there is no derivative to compare with.
    """
    scores = X @ W.T
    places: list[tuple[int, int]] = []
    kinks = 0
    for flat in order:
        k, j = divmod(int(flat), W.shape[1])
        if loss == "svm" and _passes_kink(scores, y, k, h * X[:, j]):
            kinks += 1
            continue
        places.append((k, j))
        if len(places) == entries:
            break
    return places, kinks


def _passes_kink(scores: FloatArray, y: npt.NDArray[np.int64], k: int, shift: FloatArray) -> bool:
    """Tell whether the set of violated margins changes as class k's scores go from -shift to +shift."""

    def violated(sign: int) -> npt.NDArray[np.bool_]:
        moved = scores.copy()
        moved[:, k] += sign * shift
        return np.asarray(moved - moved[np.arange(len(y)), y][:, None] + 1 > 0)

    return bool(np.any(violated(-1) != violated(1)))
