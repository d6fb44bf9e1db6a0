"""One training of a network with one method and one seed, and what is measured of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import augment
from .._arguments import FloatArray
from .._calibration import calibration_error
from ..nn import MLP, ResidualMLP, Sequential
from ..nn._fit import augmented, prepare, run
from ..schedules import half_cosine
from .settings import Regularizer

Labels = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Task:
    """What every method is trained on, and how."""

    X_train: FloatArray
    y_train: Labels
    X_test: FloatArray
    y_test: Labels
    classes: int
    image_shape: tuple[int, ...] | None
    hidden: tuple[int, ...]
    width: int
    depth: int
    epochs: int
    batch_size: int
    lr: float | Callable[[int], float]
    optimizer: Any
    train_size: int

    def network(self, method: Regularizer, seed: int) -> Sequential:
        """Return a method's network: for one seed all have the same first weights."""
        features = self.X_train.shape[1]
        if method.residual:
            return ResidualMLP(
                features,
                self.width,
                self.depth,
                self.classes,
                survival=method.survival,
                batch_norm=method.batch_norm,
                rng=seed,
            )
        return MLP(
            (features, *self.hidden, self.classes),
            batch_norm=method.batch_norm,
            dropout=method.dropout,
            rng=seed,
        )

    @property
    def steps(self) -> int:
        """Return how many steps a training has, or one an epoch less."""
        return self.epochs * -(-self.train_size // self.batch_size)

    def drawn(self, seed: int) -> tuple[FloatArray, Labels]:
        """Return the training examples of a seed: all, or so many of them, the same for all methods."""
        if self.train_size == len(self.X_train):
            return self.X_train, self.y_train
        index = _stream(seed, 0).choice(len(self.X_train), self.train_size, replace=False)
        return self.X_train[index], self.y_train[index]


@dataclass(frozen=True)
class Run:
    """What one training reached; NaN where it diverged."""

    train_accuracy: float
    test_accuracy: float
    train_loss: float
    test_loss: float
    ece: float
    seconds: float
    message: str


def train(task: Task, method: Regularizer, seed: int) -> Run:
    """Train a network and measure it: in evaluation mode, on images as they are, without penalty."""
    X, y = task.drawn(seed)
    net = task.network(method, seed)
    begin = time.perf_counter()
    training = _training(task, net, method, X, y, seed)
    with np.errstate(all="ignore"):  # a divergence is a result
        done = run(net, training, None, False)
        seconds = time.perf_counter() - begin
        p = net.predict_proba(task.X_test)
    if not np.isfinite(p).all() or not np.isfinite(done.loss):
        return Run(*(float("nan"),) * 5, seconds, done.message)
    return Run(
        train_accuracy=net.accuracy(X, y),
        test_accuracy=float(np.mean(p.argmax(axis=1) == task.y_test)),
        train_loss=net.loss(X, y),
        test_loss=net.loss(task.X_test, task.y_test),
        ece=calibration_error(p, task.y_test),
        seconds=seconds,
        message=done.message,
    )


def check(task: Task, methods: dict[str, Regularizer]) -> None:
    """Raise what would be raised later: make every network, ask for its training, try its images."""
    for method in methods.values():
        net = task.network(method, 0)
        X, y = task.X_train[: task.train_size], task.y_train[: task.train_size]
        training = _training(task, net, method, X, y, 0)
        if training.augment is not None:
            net.loss(*augmented(training.augment, X[:2].copy(), y[:2].copy(), training.random))


def _training(task: Task, net: Sequential, method: Regularizer, X: FloatArray, y: Labels, seed: int) -> Any:
    return prepare(
        net,
        X,
        y,
        method.reg,
        epochs=task.epochs,
        batch_size=task.batch_size,
        optimizer=task.optimizer,
        lr=task.lr if callable(task.lr) else half_cosine(task.lr, task.steps),
        reg_type=method.reg_type,
        l1_ratio=method.l1_ratio,
        label_smoothing=method.label_smoothing,
        augment=_augment(task, method, X, seed),
        rng=_stream(seed, 1),  # not the images' own: all methods see the examples in the same order
    )


def _augment(task: Task, method: Regularizer, X: FloatArray, seed: int) -> Any:
    """Return what is done to each batch, with a stream of its own; None for nothing."""
    if method.augment is None and not method.cutout and not method.mixup:
        return None
    random = _stream(seed, 2)
    fill: Any = _channel_means(X, task.image_shape) if method.cutout else 0

    def changed(X: Any, y: Any, _: Any) -> tuple[Any, Any]:
        if method.augment is not None:
            X, y = augmented(method.augment, X, y, random)
        if method.cutout:
            X = augment.cutout(X, method.cutout, fill=fill, image_shape=task.image_shape, rng=random)
        if method.mixup:
            X, y = augment.mixup(X, y, method.mixup, num_classes=task.classes, rng=random)
        return X, y

    return changed


def _channel_means(X: FloatArray, image_shape: tuple[int, ...] | None) -> npt.NDArray[np.float64]:
    channels = image_shape[0] if image_shape is not None and len(image_shape) == 3 else 1
    means: npt.NDArray[np.float64] = X.reshape(len(X), channels, -1).mean(axis=(0, 2), dtype=np.float64)
    return means


def _stream(seed: int, part: int) -> np.random.Generator:
    """Return one of a seed's independent streams: 0 chooses examples, 1 their order, 2 their changes."""
    return np.random.default_rng([seed, part])
