"""The training loop of networks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, as_callable, as_count, as_random, as_real
from .._plateau import Plateau
from ..losses import labels_array
from ..optim import NAMES, REGISTRY, Adam, Nesterov, Optimizer
from ..regularizers import RegType, penalty_weights
from ._arrays import Array
from ._batch_norm import BatchNorm
from ._layer import Layer

if TYPE_CHECKING:
    from ._sequential import Sequential

Random = np.random.Generator | np.random.RandomState
# (X, y, random) of a batch -> X and y to train on
Augment = Callable[[Array, Array, Any], tuple[npt.ArrayLike, npt.ArrayLike]]
# (epoch, network, loss) -> True to stop
Callback = Callable[[int, Any, float], "bool | None"]


@dataclass
class FitResult:
    """What `Sequential.fit` did.

    Attributes
    ----------
    losses : (epochs,) array of float64
        Of each epoch the mean loss of its examples, each as it was trained on: in training mode, augmented,
        with the penalty, before the step of its batch.
    times : (epochs,) array of float64
        Seconds from the start to the end of each epoch.
    epochs, steps : int
        Epochs and steps taken.
    message : str
        Why it ended.
    """

    losses: npt.NDArray[np.float64] = field(repr=False)
    times: npt.NDArray[np.float64] = field(repr=False)
    epochs: int
    steps: int
    message: str

    @property
    def loss(self) -> float:
        """The last epoch's loss (NaN when there was none)."""
        return float(self.losses[-1]) if self.losses.size else float("nan")


@dataclass(frozen=True)
class Training:
    """The arguments of a training, checked."""

    X: Array
    y: Array
    epochs: int
    batch_size: int
    optimizer: Optimizer
    schedule: Callable[[int], float] | None
    penalty: dict[str, Any]
    augment: Augment | None
    random: Random
    joins: bool  # a last batch of one example joins the one before


def prepare(
    net: "Sequential",
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    reg: float,
    *,
    epochs: SupportsIndex,
    batch_size: SupportsIndex,
    optimizer: Any,
    lr: float | Callable[[int], float] | None,
    reg_type: RegType,
    l1_ratio: float,
    label_smoothing: float,
    augment: Augment | None,
    rng: Rng,
) -> Training:
    """Check everything before anything is trained."""
    joins = any(isinstance(layer, BatchNorm) for _, layer in net.walk())
    size, count = as_count(batch_size, "batch_size", 1), as_count(epochs, "epochs", 1)
    examples, labels = _examples(net, X, y)
    if joins and (size == 1 or len(examples) == 1):
        name, told = ("batch_size", "1") if size == 1 else ("X", f"of shape {examples.shape}")
        raise ValueError(f"{name} is {told}; the network's batch normalization expected at least 2 examples")
    penalty_weights(reg, reg_type, l1_ratio)
    smoothing = as_real(label_smoothing, "label_smoothing")
    if smoothing > 1:
        raise ValueError(f"label_smoothing is {label_smoothing}; expected a share in 0..1")
    if augment is not None:
        as_callable(augment, "augment")
    if lr is not None and not callable(lr):
        as_real(lr, "lr")
    random = as_random(rng)
    made = _optimizer(net, optimizer)
    if lr is not None and not callable(lr):
        made.lr = lr
    return Training(
        X=examples,
        y=labels,
        epochs=count,
        batch_size=size,
        optimizer=made,
        schedule=lr if callable(lr) else None,
        penalty={"reg": reg, "reg_type": reg_type, "l1_ratio": l1_ratio, "label_smoothing": smoothing},
        augment=augment,
        random=random,
        joins=joins,
    )


def run(net: "Sequential", training: Training, callback: Callback | None, progress: bool) -> FitResult:
    """Train, epoch after epoch; the modes of the layers are then what they were."""
    begin = time.perf_counter()
    losses: list[float] = []
    times: list[float] = []
    steps = 0
    message = f"trained for all {training.epochs} epochs"
    for epoch in range(training.epochs):
        with _training(net):
            loss, steps = _epoch(net, training, steps)
        losses.append(loss)
        times.append(time.perf_counter() - begin)
        if isinstance(training.schedule, Plateau):
            training.schedule.step(loss)
        if progress:
            print(f"epoch {epoch + 1} / {training.epochs}: loss {loss:f}", flush=True)
        if callback is not None and callback(epoch, net, loss):
            message = f"stopped by the callback after {epoch + 1} of {training.epochs} epochs"
            break
        if not np.isfinite(loss):
            message = f"diverged in epoch {epoch + 1} of {training.epochs}: the loss is {loss}"
            break
    return FitResult(np.array(losses), np.array(times), len(losses), steps, message)


def _epoch(net: "Sequential", training: Training, steps: int) -> tuple[float, int]:
    """Take a step with each batch; return the examples' mean loss and the number of steps so far."""
    total = 0.0
    N = len(training.X)
    for batch in batches(N, training.batch_size, training.random, training.joins):
        X, y = training.X[batch], training.y[batch]
        if training.augment is not None:
            X, y = augmented(training.augment, X, y, training.random)
        loss, grads = net.loss_and_grads(X, y, **training.penalty)
        if training.schedule is not None:
            training.optimizer.lr = training.schedule(steps)
        training.optimizer.step(grads)
        total += loss * len(batch)
        steps += 1
    return total / N, steps


def batches(N: int, size: int, random: Random, joins: bool) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the positions of an epoch's batches: every example once, in random order.

    The last batch may be smaller; with ``joins`` a single example left over belongs to the one before.
    """
    order = random.permutation(N).astype(np.int64, copy=False)
    end = N - 1 if joins and size < N and N % size == 1 else N
    for first in range(0, end, size):
        last = first + size
        yield order[first : N if last >= end else last]


@contextmanager
def _training(net: Layer) -> Iterator[None]:
    """Let all layers be in training mode, and then in the modes they had."""
    before = [(layer, layer.training) for _, layer in net.walk()]
    try:
        net.train()
        yield
    finally:
        for layer, was in before:
            layer.training = was


def augmented(augment: Augment, X: Array, y: Array, random: Random) -> tuple[Any, Any]:
    """Return what ``augment`` makes of a batch."""
    made = augment(X, y, random)
    if not isinstance(made, tuple) or len(made) != 2:
        raise TypeError(f"augment returned a {type(made).__name__}; expected the tuple (X, y) of a batch")
    if np.shape(made[0])[:1] != np.shape(made[1])[:1]:
        raise ValueError(
            f"augment returned arrays of shapes {np.shape(made[0])} and {np.shape(made[1])}; expected as "
            "many examples as labels"
        )
    return made


def _examples(net: "Sequential", X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
    """Return examples and labels that the network can take."""
    examples = _core.as_array(X, "X", True)
    if examples.ndim != 2 or len(examples) == 0:
        raise ValueError(f"X has shape {examples.shape}; expected (N, D) with at least one example a row")
    if examples.dtype.kind not in "fiub":
        raise TypeError(f"X has dtype {examples.dtype}; expected real numbers")
    labels = _core.as_array(y, "y", True)
    soft = labels.ndim == 2 and labels.dtype.kind == "f"
    if not soft:
        labels = labels_array(labels)
    if len(labels) != len(examples):
        N = len(examples)
        raise ValueError(
            f"y has shape {labels.shape}; expected (N,) or (N, C) with N = {N}, as X has examples"
        )
    C = net.scores(examples[:1]).shape[1]
    if soft:
        _check_soft(labels, C)
    elif labels.max() >= C:
        at = int(np.argmax(labels >= C))
        raise ValueError(
            f"y[{at}] is {labels[at]}; expected labels in 0..{C - 1}, of the network's {C} scores"
        )
    return examples, labels


def _check_soft(labels: FloatArray, C: int) -> None:
    from .._soft_labels import as_soft_labels

    as_soft_labels(labels, len(labels), C, labels.dtype)


def _optimizer(net: "Sequential", optimizer: Any) -> Optimizer:
    """Return the optimizer of the network's parameters; None stands for Adam."""
    parameters = net.parameters()
    if not parameters:
        raise ValueError("the network has no parameters; expected at least one to train")
    if isinstance(optimizer, Optimizer):
        made = optimizer
    elif optimizer is None:
        made = Adam(parameters)
    elif isinstance(optimizer, str):
        if optimizer not in NAMES:
            raise ValueError(f"optimizer is {optimizer!r}; expected {', '.join(map(repr, NAMES))}")
        made = REGISTRY[optimizer](parameters)
    else:
        as_callable(optimizer, "optimizer")
        made = optimizer(parameters)
        if not isinstance(made, Optimizer):
            raise TypeError(
                f"optimizer returned a {type(made).__name__}; expected an optimizer of deeprob.optim"
            )
    if isinstance(made, Nesterov) and made.formulation == "lookahead":
        raise ValueError(
            "optimizer is Nesterov's lookahead, which wants the gradient at w + rho v, not at w: expected "
            "formulation='rearranged', whose w is that point"
        )
    own = made.params
    if not isinstance(own, dict) or own.keys() != parameters.keys():
        raise ValueError("optimizer has other parameters; expected one of the network's parameters()")
    if any(own[name] is not parameters[name] for name in parameters):
        raise ValueError("optimizer has other arrays; expected one of this network's parameters()")
    return made
