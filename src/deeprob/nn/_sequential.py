"""Layers one after another, and what a network of them is asked as a classifier."""

from collections.abc import Callable, Iterator
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count
from ..losses import labels_array, softmax_cross_entropy
from ..regularizers import RegType, penalty_weights
from ._layer import Array, Layer, check_apart

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
        name = type(self).__name__
        if not layers:
            raise ValueError(f"{name}() has no layers; expected at least one")
        check_apart(layers, f"{name}(...)")
        self._layers = layers
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
        for layer in self._layers[:0:-1]:
            grad = layer.backward(grad)
        return grad

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
        """Return the loss in evaluation mode; arguments are as of `loss_and_grads`."""
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
            If an argument is wrong; running statistics are then as before.
        """
        penalties = penalty_weights(reg, reg_type, l1_ratio)
        before = [(value, value.copy()) for _, layer in self.walk() for value in layer.buffers.values()]
        try:
            loss, ds = softmax_cross_entropy(self.forward(X), y, label_smoothing=label_smoothing)
        except BaseException:  # Ctrl-C too
            for value, kept in before:
                value[...] = kept
            raise
        self.backward_params(ds)
        return loss + self._penalty(penalties, grad=True), self.gradients()

    @answers_keywords
    def scores(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> FloatArray:
        """Return the scores (N, C) of examples in evaluation mode, computed a batch at a time."""
        return self._each(X, batch_size, self.forward)

    @answers_keywords
    def predict_proba(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> FloatArray:
        """Return the probabilities (N, C), softmax of `scores`."""
        return self._each(X, batch_size, lambda x: softmax(self.forward(x)))

    @answers_keywords
    def predict(self, X: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> npt.NDArray[np.int64]:
        """Return for each example the class with the largest of its `scores`, the first one of several."""
        return self._each(X, batch_size, lambda x: np.argmax(self.forward(x), axis=1).astype(np.int64))

    @answers_keywords
    def accuracy(self, X: npt.ArrayLike, y: npt.ArrayLike, *, batch_size: SupportsIndex = BATCH) -> float:
        """Return the share of examples whose label y (N,) is predicted."""
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
            if "W" in layer.params and grad:
                W, dW = layer.params["W"], layer.grads["W"]
                value, slope = _core.penalty(W, *weights, True, None)
                _core.add_scaled(dW, slope, 1.0, dW, None)
                total += value
            elif "W" in layer.params:
                total += _core.penalty(layer.params["W"], *weights, False, None)
        return total

    def __getitem__(self, i: SupportsIndex) -> Layer:
        return self._layers[i]

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        lines = [f"  {i}: {layer!r}".replace("\n", "\n  ") for i, layer in enumerate(self._layers)]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


def softmax(s: FloatArray) -> FloatArray:
    """Return exp(s_k) / sum_j exp(s_j) of each row, in float64, rounded to the dtype of s."""
    wide = s.astype(np.float64)
    p = np.exp(wide - wide.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rounded: FloatArray = p.astype(s.dtype)
    return rounded
