"""Regularizers compared in one call: what each does to the gap between training and test."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import answers_keywords, as_count, as_positive
from .._image_batches import as_batch
from .._plateau import Plateau
from ..losses import labels_array
from .progress import Progress
from .result import RegularizerComparison, RegularizerRuns
from .run import Labels, Run, Task, check, train
from .settings import METHODS, Regularizer, chosen, named


@answers_keywords
def compare_regularizers(
    X_train: npt.ArrayLike,
    y_train: npt.ArrayLike,
    X_test: npt.ArrayLike,
    y_test: npt.ArrayLike,
    methods: Any = METHODS,
    *,
    image_shape: tuple[int, ...] | None = None,
    train_size: SupportsIndex | None = None,
    hidden: Sequence[SupportsIndex] = (256, 256),
    width: SupportsIndex = 128,
    depth: SupportsIndex = 4,
    epochs: SupportsIndex = 40,
    batch_size: SupportsIndex = 50,
    lr: float | Callable[[int], float] = 1e-3,
    optimizer: Any = "adam",
    seeds: SupportsIndex | Iterable[SupportsIndex] = 5,
    l2: float = 4e-3,
    l1: float = 3e-4,
    elastic: float = 5e-4,
    l1_ratio: float = 0.5,
    dropout: float = 0.5,
    cutout: SupportsIndex | None = None,
    mixup: float = 0.4,
    survival: float = 0.5,
    label_smoothing: float = 0.1,
    progress: bool = True,
) -> RegularizerComparison:
    r"""Train a network with each regularizer and with none, for several seeds, and measure the gaps.

    A network that is large for its training examples learns them by heart: its training loss goes to 0, its
    test loss rises, and it is surer than it should be. How much of that each of the lecture's regularizers
    (L4-10, L4-11) takes away is measured beside a network without, seed by seed: the same examples, in the
    same order, and the same first weights.

    Parameters
    ----------
    X_train, X_test : (N, D) arrays of numbers, or (N, H, W)
        Examples, or images. Pixels of dtype uint8 are divided by 255; everything else is taken as it is, in
        float32.
    y_train, y_test : (N,) arrays of integers
        Labels 0 .. C - 1.
    methods : sequence of str, or dict of name to str or Regularizer
        Names: "none", "l2", "l1", "elastic", "dropout", "batch_norm", "cutout", "mixup", "stochastic_depth",
        "label_smoothing". A dict gives own settings a name: ``{"both": Regularizer(dropout=0.5,
        reg=1e-3)}``. What a method is held against is run too, whether it is asked for or not: "none", or for
        what needs residual blocks "none, residual".
    image_shape : tuple of int, optional
        (H, W) or (C, H, W) of an image in a row; for cutout. Not needed of (N, H, W).
    train_size : int, optional
        So many training examples, drawn anew for each seed and the same for all methods. Default: all of
        them, for every seed.
    hidden : sequence of int
        The hidden layers of the `deeprob.nn.MLP` that all methods have but "stochastic_depth".
    width, depth : int
        Width and number of blocks of the `deeprob.nn.ResidualMLP` of "stochastic_depth" and its baseline;
        both have no batch normalization.
    epochs, batch_size, optimizer
        As of `deeprob.nn.Sequential.fit`, for all methods alike; an optimizer by name or as a function.
    lr : float or callable
        The first learning rate, which falls along half a cosine to 0, so that the last steps' noise is not
        measured; or another schedule, step -> learning rate.
    seeds : int or iterable of int
        How many seeds, 0 .. seeds - 1, or which. A seed decides first weights, masks, the order of the
        examples, what is done to images, and with ``train_size`` which examples there are.
    l2, l1, elastic : float
        Strengths of the penalties, lambda of lambda R(W) with R the sum of W^2, of abs(W), of a mixture.
    l1_ratio : float
        The share of L1 in "elastic", in 0..1.
    dropout : float
        The probability of a hidden value to be dropped.
    cutout : int, optional
        The side of the square cut out. Default: half of the shorter side of the images.
    mixup : float
        alpha of the weights' distribution Beta(alpha, alpha).
    survival : float
        The survival probability of the last residual block in "stochastic_depth"; linear decay.
    label_smoothing : float
        The share of the label that goes to all classes alike.
    progress : bool
        Print a line for each method.

    Returns
    -------
    RegularizerComparison
        Prints as a table; ``result["dropout"]`` is one method's runs, ``result.plot()`` a figure.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range; the message names it, and nothing has been
        trained.

    Notes
    -----
    Everything is measured in evaluation mode after the last epoch, on examples as they are: losses are the
    mean cross-entropy, without penalty and label smoothing, the loss gap is test minus training loss, and ECE
    is `calibration_error` of the test examples. Intervals are 95 % t-intervals over the seeds, those of
    changes of the differences to the baseline seed by seed; each stands for itself: of many, 1 in 20 misses.
    They tell what another seed would change, with ``train_size`` what other training examples would; not what
    other test examples, another strength or another number of epochs would. All seeds share the test
    examples: M of them leave an accuracy a uncertain by 1.96 sqrt(a (1 - a) / M). Strengths that were tuned
    on the test examples flatter.

    Equal arguments give equal numbers on one machine with one number of BLAS threads, whichever other methods
    are compared. An own ``augment`` is called once more for each method, with two examples, to see that it
    works. Penalties are of weights W alone.

    Examples
    --------
    >>> import deeprob
    >>> data = deeprob.datasets.load("fashion-mnist-subset")
    >>> result = deeprob.compare_regularizers(
    ...     data.X_train[:200], data.y_train[:200], data.X_test, data.y_test,
    ...     ["l2", "dropout"], hidden=(32,), epochs=30, seeds=3, progress=False,
    ... )
    >>> result.names
    ('none', 'l2', 'dropout')
    >>> result.mean("none", "train_accuracy").mean > result.mean("none", "test_accuracy").mean + 0.1
    True
    >>> result.change("l2", "loss_gap").high < 0  # less of a gap
    True
    """
    shape, (X, X_other) = _examples(X_train, X_test, image_shape)
    y, y_other = _labels(y_train, "y_train", len(X)), _labels(y_test, "y_test", len(X_other))
    known = named(
        l2=l2,
        l1=l1,
        elastic=elastic,
        l1_ratio=l1_ratio,
        dropout=dropout,
        cutout=_side(cutout, shape),
        mixup=mixup,
        survival=survival,
        label_smoothing=label_smoothing,
    )
    entrants = chosen(methods, known)
    if shape is None and any(one.cutout for one in entrants.values()):
        raise ValueError("image_shape is None; expected (H, W) or (C, H, W) of the images, for cutout")
    if isinstance(lr, Plateau):
        raise TypeError(
            "lr is a reduce_on_plateau, which remembers; expected a number or a function of the step"
        )
    task = Task(
        X_train=X,
        y_train=y,
        X_test=X_other,
        y_test=y_other,
        classes=int(max(y.max(), y_other.max())) + 1,
        image_shape=shape,
        hidden=_hidden(hidden),
        width=as_count(width, "width", 1),
        depth=as_count(depth, "depth", 1),
        epochs=as_count(epochs, "epochs", 1),
        batch_size=as_count(batch_size, "batch_size", 1),
        lr=lr if callable(lr) else as_positive(lr, "lr"),
        optimizer=optimizer,
        train_size=_train_size(train_size, len(X)),
    )
    chosen_seeds = _seeds(seeds)
    check(task, entrants)
    runs = _run_all(task, entrants, chosen_seeds, progress)
    return RegularizerComparison(
        runs=runs,
        seeds=chosen_seeds,
        train_size=task.train_size,
        test_size=len(X_other),
        redrawn=task.train_size < len(X),
        networks={False: (X.shape[1], *task.hidden, task.classes), True: (task.width, task.depth)},
        epochs=task.epochs,
        batch_size=task.batch_size,
    )


def _run_all(
    task: Task, methods: dict[str, Regularizer], seeds: tuple[int, ...], progress: bool
) -> dict[str, RegularizerRuns]:
    """Run every method with every seed; tell how far it is."""
    found = {}
    told = Progress(progress, len(methods) * len(seeds))
    for name, method in methods.items():
        runs: list[Run] = []
        for seed in seeds:
            runs.append(train(task, method, seed))
            told.after_run(name, seed)
        found[name] = RegularizerRuns.of(name, method, runs)
        told.after_method(found[name])
    return found


def _examples(
    X_train: npt.ArrayLike, X_test: npt.ArrayLike, image_shape: Any
) -> tuple[tuple[int, ...] | None, list[npt.NDArray[np.float32]]]:
    """Return the images' shape, and both sets as rows of float32."""
    given = [_core.as_array(X, name, True) for X, name in ((X_train, "X_train"), (X_test, "X_test"))]
    for array, name in zip(given, ("X_train", "X_test"), strict=True):
        if array.ndim not in (2, 3) or array.size == 0:
            raise ValueError(f"{name} has shape {array.shape}; expected (N, D) or (N, H, W), not empty")
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{name} has dtype {array.dtype}; expected real numbers")
    train, test = given
    if train.shape[1:] != test.shape[1:]:
        raise ValueError(f"X_test has shape {test.shape}; expected examples as of X_train, {train.shape}")
    if (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise TypeError(
            f"X_test has dtype {test.dtype} and X_train {train.dtype}; expected uint8, which is divided by "
            "255, of both or of neither"
        )
    if image_shape is None and train.ndim == 3:
        image_shape = train.shape[1:]
    with np.errstate(over="ignore"):  # what overflows is refused
        rows = [np.ascontiguousarray(array.reshape(len(array), -1), np.float32) for array in given]
    for name, array in zip(("X_train", "X_test"), rows, strict=True):
        if not np.isfinite(array).all():
            raise ValueError(f"{name} has values that are not finite in float32; expected finite numbers")
    if train.dtype == np.uint8:
        rows = [array / np.float32(255) for array in rows]
    if image_shape is None:
        return None, rows
    as_batch(rows[0], None, image_shape)
    return tuple(int(n) for n in image_shape), rows


def _labels(y: npt.ArrayLike, name: str, N: int) -> Labels:
    try:
        labels = labels_array(y)
    except (ValueError, TypeError) as error:
        raise type(error)(str(error).replace("y", name, 1)) from None
    if len(labels) != N:
        raise ValueError(f"{name} has {len(labels)} labels; expected {N}, one per example of X{name[1:]}")
    return labels


def _side(cutout: SupportsIndex | None, shape: tuple[int, ...] | None) -> SupportsIndex:
    if cutout is not None:
        return cutout
    return 1 if shape is None else max(1, min(shape[-2:]) // 2)


def _hidden(hidden: Any) -> tuple[int, ...]:
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        raise TypeError(f"hidden is {hidden!r}; expected the sizes of the hidden layers, such as (256, 256)")
    return tuple(as_count(one, f"hidden[{i}]", 1) for i, one in enumerate(hidden))


def _train_size(train_size: SupportsIndex | None, N: int) -> int:
    if train_size is None:
        return N
    size = as_count(train_size, "train_size", 1)
    if size > N:
        raise ValueError(f"train_size is {size}; expected at most the {N} examples of X_train")
    return size


def _seeds(seeds: Any) -> tuple[int, ...]:
    if isinstance(seeds, int | np.integer):
        return tuple(range(as_count(seeds, "seeds", 1)))
    if isinstance(seeds, str | bytes) or not isinstance(seeds, Iterable):
        raise TypeError(f"seeds is {seeds!r}; expected how many, or an iterable of integers")
    found = tuple(as_count(seed, f"seeds[{i}]") for i, seed in enumerate(seeds))
    if not found or len(set(found)) < len(found):
        raise ValueError(f"seeds is {seeds!r}; expected at least one seed, each once")
    for i, seed in enumerate(found):
        if seed >= 2**32:
            raise ValueError(f"seeds[{i}] is {seed}; expected a seed in 0..2**32 - 1")
    return found
