"""Layers one after another, and what a network of them is asked as a classifier."""

from collections.abc import Callable, Iterator
from typing import Any, SupportsIndex, overload

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, answers_keywords, as_callable, as_count, as_flag
from ..losses import labels_array, softmax_cross_entropy
from ..regularizers import RegType, penalty_weights
from ._arrays import Array
from ._check_layers import check_layers
from ._fit import Augment, Callback, FitResult, prepare, run
from ._layer import Layer
from ._passes import softmax, unmoved_if_wrong

# So many examples at a time in evaluation: the values between the layers stay in the cache.
BATCH = 1024


class Sequential(Layer):
    r"""Layers, one after another; as a classifier, the last one's output are the scores.

    Parameters
    ----------
    *layers : Layer
        In their order. ``net[i]`` is one of them, and its parameters' names begin with "i.".

    Raises
    ------
    ValueError, TypeError
        If there are none, one is no Layer, or one is there twice.

    Examples
    --------
    >>> from deeprob import nn
    >>> net = nn.Sequential(nn.Linear(4, 8, rng=0), nn.ReLU(), nn.Linear(8, 3, rng=1))
    >>> net
    Sequential(
      0: Linear(4, 8)
      1: ReLU()
      2: Linear(8, 3)
    )
    >>> list(net.parameters())
    ['0.W', '0.b', '2.W', '2.b']
    >>> net.predict([[1.0, 2.0, 3.0, 4.0]])
    array([0])
    """

    def __init__(self, *layers: Layer) -> None:
        check_layers(layers, type(self).__name__)
        self._layers = layers
        self._backed: Any = None  # the scores of the last pass that went backward, too
        self._named = tuple((str(i), layer) for i, layer in enumerate(layers))

    def children(self) -> tuple[tuple[str, Layer], ...]:
        """Return the layers, with their places as names."""
        return self._named

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return the last layer's output, the scores."""
        for i, layer in enumerate(self._layers):
            try:
                x = layer.forward(x)
            except Exception as error:
                error.add_note(f"in layer {i} of {type(self).__name__}: {layer!r}")
                raise
        self._saved = x
        return x  # type: ignore[return-value]

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Take the gradient by the scores; write all gradients, return the gradient by x."""
        return self._layers[0].backward(self._behind(grad))

    def backward_params(self, grad: npt.ArrayLike) -> None:
        """Write all gradients; the one by x is left out."""
        self._layers[0].backward_params(self._behind(grad))

    def _behind(self, grad: npt.ArrayLike) -> npt.ArrayLike:
        """Take the gradient by the scores; return the one by the first layer's output."""
        self._backed = self._saved
        for i in range(len(self._layers) - 1, 0, -1):
            try:
                grad = self._layers[i].backward(grad)
            except Exception as error:
                error.add_note(f"in layer {i} of {type(self).__name__}: {self._layers[i]!r}")
                raise
        return grad

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_backed": None}

    @answers_keywords
    def loss(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        reg: float = 0.0,
        *,
        reg_type: RegType = "l2",
        l1_ratio: float = 0.5,
        label_smoothing: float = 0.0,
    ) -> float:
        """Return the loss in evaluation mode; the arguments are those of `loss_and_grads`.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong; the message names it.

        Examples
        --------
        >>> from deeprob import nn
        >>> round(nn.MLP((2, 3), init="zeros").loss([[1.0, 2.0]], [0]), 4)  # log 3
        1.0986
        """
        loss: float = softmax_cross_entropy(self.scores(X), y, label_smoothing=label_smoothing, grad=False)
        return loss + self._penalty(penalty_weights(reg, reg_type, l1_ratio), grad=False)

    @answers_keywords
    def loss_and_grads(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        reg: float = 0.0,
        *,
        reg_type: RegType = "l2",
        l1_ratio: float = 0.5,
        label_smoothing: float = 0.0,
    ) -> tuple[float, dict[str, FloatArray]]:
        """Compute the softmax loss of the scores of a batch, in the present mode, and all gradients.

        Parameters
        ----------
        X : (N, D) array of numbers
            Examples; read in the dtype of the parameters.
        y : (N,) array of integers, or (N, C) array of floats
            Labels 0 .. C - 1; or probabilities of the classes, as `deeprob.augment.mixup` makes them.
        reg : float
            Strength lambda of the regularizer of all weights W; biases, gamma and beta have none.
        reg_type : {"l2", "l1", "elastic"}
            R is the sum of W^2, of abs(W), or ``l1_ratio`` times this and (1 - ``l1_ratio``) times that.
        l1_ratio : float
            The share of L1 in "elastic", in 0..1.
        label_smoothing : float
            Share of the label that goes to all classes alike, in 0..1.

        Returns
        -------
        loss : float
            mean_i L_i + reg R.
        grads : dict of str to array
            `gradients`: the arrays that the next backward pass writes again.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong. Whatever stops it, Ctrl-C too, running statistics are then as before.

        Examples
        --------
        >>> from deeprob import nn
        >>> loss, grads = nn.MLP((2, 3), init="zeros").loss_and_grads([[1.0, 2.0]], [0])
        >>> grads["0.b"].round(3)
        array([-0.667,  0.333,  0.333], dtype=float32)
        """
        penalties = penalty_weights(reg, reg_type, l1_ratio)
        with unmoved_if_wrong(self):
            loss, ds = softmax_cross_entropy(self.forward(X), y, label_smoothing=label_smoothing)
            self.backward_params(ds)
            return loss + self._penalty(penalties, grad=True), self.gradients()

    @answers_keywords
    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        reg: float = 0.0,
        *,
        epochs: SupportsIndex = 10,
        batch_size: SupportsIndex = 128,
        optimizer: Any = None,
        lr: float | Callable[[int], float] | None = None,
        reg_type: RegType = "l2",
        l1_ratio: float = 0.5,
        label_smoothing: float = 0.0,
        augment: Augment | None = None,
        rng: Rng = None,
        progress: bool = False,
        callback: Callback | None = None,
    ) -> FitResult:
        """Train the network on minibatches, in training mode.

        Every epoch takes each example once, in random order. The last batch may be smaller; a single example
        left over joins the batch before it if the network has batch normalization.

        Parameters
        ----------
        X : (N, D) array of numbers
            Examples; read in the dtype of the parameters, as they are: scale pixels 0..255 yourself, by
            255 for instance.
        y : (N,) array of integers, or (N, C) array of floats
            Labels 0 .. C - 1, or probabilities of the classes.
        reg, reg_type, l1_ratio, label_smoothing
            As of `loss_and_grads`.
        epochs, batch_size : int
            How often all examples are seen, and how many at a time.
        optimizer : str, callable or Optimizer, optional
            A name in ``deeprob.optim.NAMES``, a class or function of the parameters, or an optimizer of
            ``net.parameters()``, which goes on from its states. Default: Adam.
        lr : float or callable, optional
            The learning rate, or a schedule: step -> learning rate, with the steps of this call from 0 on. A
            `deeprob.schedules.reduce_on_plateau` is told every epoch's loss. Default: the optimizer's own.
        augment : callable, optional
            ``augment(X, y, rng)`` of each batch, a copy, returns ``(X, y)`` to train on; y may become
            probabilities. It may draw from rng, the generator that the order comes from.
        rng : Generator, RandomState, int or None
            Draws the order of every epoch. Masks come from the layers' own generators.
        progress : bool
            Print a line for each epoch.
        callback : callable, optional
            Called as ``callback(epoch, net, loss)`` after each epoch; True stops.

        Returns
        -------
        FitResult
            The loss of every epoch. A training whose loss is no longer finite ends with a message.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong; the message names it, and nothing has changed.
        KeyboardInterrupt
            After Ctrl-C: the parameters are then what the last complete step made them; running statistics
            may be a batch ahead.

        Examples
        --------
        >>> import numpy as np
        >>> from deeprob import augment, nn
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.standard_normal((200, 20)), rng.integers(0, 3, 200)
        >>> net = nn.MLP((20, 32, 3), dropout=0.1, rng=0)
        >>> mixed = lambda X, y, rng: augment.mixup(X, y, 0.2, num_classes=3, rng=rng)
        >>> result = net.fit(X, y, 1e-4, epochs=40, batch_size=32, lr=1e-2, augment=mixed, rng=0)
        >>> result
        FitResult(epochs=40, steps=280, message='trained for all 40 epochs')
        >>> bool(result.losses[-1] < result.losses[0]), net.accuracy(X, y) > 0.9
        (True, True)
        """
        if callback is not None:
            as_callable(callback, "callback")
        shown = as_flag(progress, "progress")
        training = prepare(
            self,
            X,
            y,
            reg,
            epochs=epochs,
            batch_size=batch_size,
            optimizer=optimizer,
            lr=lr,
            reg_type=reg_type,
            l1_ratio=l1_ratio,
            label_smoothing=label_smoothing,
            augment=augment,
            rng=rng,
        )
        return run(self, training, callback, shown)

    @answers_keywords
    def scores(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> FloatArray:
        """Return the scores (N, C) of examples in evaluation mode, computed a batch at a time.

        Parameters
        ----------
        X : (N, D) array of numbers
            Examples.
        batch_size : int
            How many at a time: what is between the layers then stays in the cache.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong; the message names it.

        Examples
        --------
        >>> from deeprob import nn
        >>> nn.MLP((2, 3), init="zeros").scores([[1.0, 2.0]])
        array([[0., 0., 0.]], dtype=float32)
        """
        return self._each(X, batch_size, self.forward)

    @answers_keywords
    def predict_proba(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> FloatArray:
        """Return the probabilities (N, C), softmax of `scores`, whose arguments these are.

        Examples
        --------
        >>> from deeprob import nn
        >>> nn.MLP((2, 4), init="zeros").predict_proba([[1.0, 2.0]])
        array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
        """
        return self._each(X, batch_size, lambda x: softmax(self.forward(x)))

    @answers_keywords
    def predict(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> npt.NDArray[np.int64]:
        """Return for each example the class with the largest of its `scores`, the first one of several.

        Arguments are those of `scores`.

        Examples
        --------
        >>> from deeprob import nn
        >>> net = nn.MLP((2, 3), init="zeros")
        >>> net[0].b[...] = 0, 2, 1
        >>> net.predict([[1.0, 2.0]])
        array([1])
        """
        return self._each(X, batch_size, lambda x: np.argmax(self.forward(x), axis=1).astype(np.int64))

    @answers_keywords
    def accuracy(self, X: npt.ArrayLike, y: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> float:
        """Return the share of examples whose label y (N,) is predicted; X and batch_size as of `scores`.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong; the message names it.

        Examples
        --------
        >>> from deeprob import nn
        >>> nn.MLP((2, 3), init="zeros").accuracy([[1.0, 2.0], [3.0, 4.0]], [0, 1])
        0.5
        """
        labels, predicted = labels_array(y), self.predict(X, batch_size=batch_size)
        if labels.shape != predicted.shape:
            raise ValueError(f"y has shape {labels.shape}; expected {predicted.shape}, a label per example")
        return float(np.mean(predicted == labels))

    def _each(self, X: npt.ArrayLike, batch_size: SupportsIndex, function: Callable[[Array], Array]) -> Array:
        size = as_count(batch_size, "batch_size", 1)
        array = _core.as_array(X, "X", True)
        if array.ndim != 2 or len(array) == 0:
            raise ValueError(f"X has shape {array.shape}; expected (N, D) with at least one example a row")
        with self.evaluating():
            return np.concatenate([function(array[i : i + size]) for i in range(0, len(array), size)])

    def _penalty(self, weights: tuple[float, float], *, grad: bool) -> float:
        """Return the weighted penalties of all W; with ``grad`` add their gradients to dW."""
        if weights == (0.0, 0.0):
            return 0.0
        total = 0.0
        for _, layer in self.walk():
            if "W" not in layer.params:
                continue
            W, dW = layer.params["W"], layer.grads["W"]
            if W.ndim != 2:  # of a layer of one's own
                W, dW = W.reshape(1, -1), dW.reshape(1, -1)
            if grad:
                value, slope = _core.penalty(W, *weights, True, None)
                _core.add_scaled(dW, slope, 1.0, dW, None)
            else:
                value = _core.penalty(W, *weights, False, None)
            total += value
        return total

    @overload
    def __getitem__(self, i: SupportsIndex) -> Layer: ...
    @overload
    def __getitem__(self, i: slice) -> "Sequential": ...
    def __getitem__(self, i: SupportsIndex | slice) -> "Layer | Sequential":
        if isinstance(i, slice):
            return Sequential(*self._layers[i])  # of the same layers
        if not isinstance(i, SupportsIndex):
            raise TypeError(f"index is {i!r}; expected an integer or a slice")
        try:
            return self._layers[i]
        except IndexError:
            raise IndexError(f"the net has {len(self)} layers, and none of index {i}") from None

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        lines = [f"  {i}: {layer!r}".replace("\n", "\n  ") for i, layer in enumerate(self._layers)]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])
