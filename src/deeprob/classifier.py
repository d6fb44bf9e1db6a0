"""The linear classifier with the methods that students of the course know."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from . import _core, linear
from ._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_random, as_real
from .descent import OptimizerLike, Sampling, descend, make_loop, start
from .losses import labels_array, loss_parameter
from .objective import Objective
from .regularizers import RegType, penalty_weights


class LinearClassifier:
    r"""A linear classifier s = W x, trained by stochastic gradient descent.

    The bias is part of W: give X a last column of ones with `deeprob.datasets.bias_trick`.

    Parameters
    ----------
    loss : {"softmax", "svm"}
        A name in ``deeprob.losses.NAMES``.
    reg_type, l1_ratio, class_axis, threads
        As for `softmax_loss`.
    scale : float
        The standard deviation of the first W, drawn when training starts without one: the lecture's 1e-4.
    **parameters : float
        The loss's own parameter, for instance ``delta=1.0`` of "svm".

    Attributes
    ----------
    W : (C, D) array or None
        The weights; (D, C) with ``class_axis=1``. May be set before training, and then is where it starts.

    Examples
    --------
    >>> import deeprob
    >>> from deeprob import datasets
    >>> data = datasets.load("fashion-mnist")
    >>> X = datasets.bias_trick(data.X_train / 255.0)
    >>> classifier = deeprob.LinearClassifier("softmax")
    >>> losses = classifier.train(X, data.y_train, learning_rate=0.1, num_iters=200, rng=0)
    >>> bool(losses[-1] < losses[0])
    True
    """

    @answers_keywords
    def __init__(
        self,
        loss: str = "softmax",
        *,
        reg_type: RegType = "l2",
        l1_ratio: float = 0.5,
        class_axis: int = 0,
        scale: float = 1e-4,
        threads: int | None = None,
        **parameters: float,
    ) -> None:
        _core.check_options(0, class_axis, threads)
        loss_parameter(loss, parameters)
        penalty_weights(0.0, reg_type, l1_ratio)
        self.loss_name = loss
        self.reg_type: RegType = reg_type
        self.l1_ratio = l1_ratio
        self.class_axis = class_axis
        self.scale = as_real(scale, "scale")
        self.threads = threads
        self.parameters = parameters
        self.W: FloatArray | None = None

    def __repr__(self) -> str:
        shape = "untrained" if self.W is None else f"W of shape {self.W.shape}"
        return f"LinearClassifier({self.loss_name!r}: {shape})"

    def objective(self, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.0) -> Objective:
        """Return the `Objective` that training on X, y minimizes."""
        return Objective(
            X,
            y,
            loss=self.loss_name,
            reg=reg,
            reg_type=self.reg_type,
            l1_ratio=self.l1_ratio,
            example_axis=0,
            class_axis=self.class_axis,
            threads=self.threads,
            **self.parameters,
        )

    @answers_keywords
    def train(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        learning_rate: float | Callable[[int], float] = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int | None = 200,
        verbose: bool = False,
        *,
        rng: Rng = None,
        num_classes: int | None = None,
        sampling: Sampling = "replacement",
        optimizer: OptimizerLike = "sgd",
        callback: Callable[[int, FloatArray, float], bool | None] | None = None,
    ) -> list[float]:
        """Train by stochastic gradient descent; go on from ``W`` when there is one.

        Parameters
        ----------
        X : (N, D) array of float32, float64 or uint8
            Examples, with a last column of ones for the bias.
        y : (N,) array of integers
            Labels 0 .. C - 1.
        learning_rate : float or callable
            The step size, or a schedule t -> step size.
        reg : float
            Regularization strength; the gradient of L2 is 2 reg W.
        num_iters : int
            Steps.
        batch_size : int or None
            Examples per step; None uses all.
        verbose : bool
            Print the course's line, ``iteration %d / %d: loss %f``, every 100 steps.
        rng : numpy.random.Generator, RandomState or int, optional
            For the first W and the batches; an int n means ``RandomState(n)``.
        num_classes : int, optional
            C of a new W; default the largest label + 1.
        sampling : {"replacement", "shuffle"}
            How batches are drawn; with replacement as in the course.
        optimizer, callback
            As for `gradient_descent`. Training runs in C where it can, many steps a call without a callback.

        Returns
        -------
        list of float
            The loss at every step. After Ctrl-C those so far, and ``W`` is where it stood.

        Raises
        ------
        ValueError, TypeError
            If an argument has the wrong shape, dtype or range; ``W`` is unchanged then.
        """
        objective = self.objective(X, y, reg)
        if callback is not None:
            as_callable(callback, "callback")
        iterations = as_count(num_iters, "num_iters")
        random = as_random(rng)
        w = start(self._first_W(objective, random, num_classes))

        def report(t: int, losses: npt.NDArray[np.float64]) -> bool:
            if verbose and t % 100 == 0:
                print(f"iteration {t:d} / {iterations:d}: loss {losses[t]:f}")
            return callback is not None and bool(callback(t, w, float(losses[t])))

        loop = make_loop(objective, w, None, learning_rate, batch_size, sampling, random, optimizer)
        every = 1 if callback is not None else 100
        result = descend(loop, w, iterations, report, every)
        self.W = result.w
        return [float(loss) for loss in result.losses]

    def _first_W(
        self,
        objective: Objective,
        random: np.random.Generator | np.random.RandomState,
        num_classes: int | None,
    ) -> FloatArray:
        if self.W is not None:
            return self.W
        C = objective.classes(num_classes)
        D = objective.n_features
        dtype = np.float64 if objective.X.dtype == np.float64 else np.float32
        W = random.standard_normal((D, C) if self.class_axis == 1 else (C, D)) * self.scale
        return W.astype(dtype)

    def _weights(self) -> FloatArray:
        if self.W is None:
            raise ValueError("W is None; train the classifier or set W first")
        return self.W

    def loss(self, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.0) -> tuple[float, FloatArray]:
        """Return the loss on X, y with regularization strength ``reg``, and its gradient dW."""
        W = self._weights()
        return self.objective(X, y, reg)(W)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the predicted class of each example of X."""
        return linear.predict(self._weights(), X, class_axis=self.class_axis, threads=self.threads)

    def accuracy(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the share of examples of X predicted as y says."""
        W = self._weights()
        return linear.accuracy(W, X, labels_array(y), class_axis=self.class_axis, threads=self.threads)

    def templates(
        self,
        image_shape: tuple[int, ...],
        *,
        layout: Literal["HW", "HWC", "CHW"] | None = None,
        scaling: Literal["common", "class"] = "common",
    ) -> npt.NDArray[np.float64]:
        """Return the classes' weights as images, ready for ``imshow`` (lecture, the visual viewpoint).

        Parameters
        ----------
        image_shape : tuple of int
            (H, W) or (H, W, 3).
        layout : {"HW", "HWC", "CHW"}, optional
            How a row of X holds the image; "CHW" is planes R, G, B as in CIFAR-10. Default "HW" or "HWC".
        scaling : {"common", "class"}
            Values are scaled to 0..1 by the smallest and largest weight of all classes, as in the course,
            or of each class.

        Returns
        -------
        (C, H, W) or (C, H, W, 3) array of float64
            In 0..1. A last weight beyond the image, the bias, is left out.

        Raises
        ------
        ValueError
            If there is no W, or it does not fit the image.
        """
        W = self._weights()
        return weight_templates(
            W.T if self.class_axis == 1 else W, image_shape, layout=layout, scaling=scaling
        )


def weight_templates(
    W: npt.ArrayLike,
    image_shape: tuple[int, ...],
    *,
    layout: Literal["HW", "HWC", "CHW"] | None = None,
    scaling: Literal["common", "class"] = "common",
) -> npt.NDArray[np.float64]:
    """Return the rows of W (C, D) as images; see `LinearClassifier.templates`."""
    from .datasets import to_images

    rows = np.asarray(W, dtype=np.float64)
    pixels = int(np.prod(image_shape))
    if rows.ndim != 2 or rows.shape[1] not in (pixels, pixels + 1):
        raise ValueError(
            f"W has shape {rows.shape}; expected (C, {pixels}) or, with a bias, (C, {pixels + 1}) "
            f"for images of shape {tuple(image_shape)}"
        )
    if scaling not in ("common", "class"):
        raise ValueError(f"scaling is {scaling!r}; expected 'common' or 'class'")
    rows = rows[:, :pixels]
    axis = None if scaling == "common" else 1
    low = rows.min(axis=axis, keepdims=True)
    span = rows.max(axis=axis, keepdims=True) - low
    scaled = (rows - low) / np.where(span > 0, span, 1.0)
    if layout is None:
        layout = "HW" if len(image_shape) == 2 else "HWC"
    images: npt.NDArray[np.float64] = to_images(scaled, image_shape, layout)
    return images
