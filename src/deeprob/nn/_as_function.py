"""A layer as a function of its input and its parameters, for `deeprob.gradcheck`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from .._arguments import FloatArray
from ..losses import softmax_cross_entropy

if TYPE_CHECKING:
    from ._layer import Layer


class LayerFunction:
    """(output, vjp) of a layer as a function of x and all parameters; with labels y the softmax loss.

    ``input_names`` are those of the arguments, as messages have them.
    """

    def __init__(self, layer: "Layer", y: Any = None) -> None:
        self.layer, self.y = layer, y
        self.input_names = ("x", *layer.parameters())
        self.calls = 0

    def __call__(self, x: FloatArray, *params: FloatArray) -> tuple[Any, Callable[[Any], list[FloatArray]]]:
        output, slope = self._forward(x, params)
        now = self.calls

        def vjp(grad: Any) -> list[FloatArray]:
            if self.calls != now:  # the layer has been elsewhere since
                self._forward(x, params)
            dx = self.layer.backward(grad if slope is None else grad * slope)
            return [dx, *(g.copy() for g in self.layer.gradients().values())]

        return output, vjp

    def _forward(self, x: FloatArray, params: tuple[FloatArray, ...]) -> tuple[Any, FloatArray | None]:
        self.calls += 1
        for own, given in zip(self.layer.parameters().values(), params, strict=True):
            own[...] = given
        output = self.layer.forward(x).copy()
        if self.y is None:
            return output, None
        loss, slope = softmax_cross_entropy(output, self.y)
        return loss, slope


@contextmanager
def for_gradcheck(layer: "Layer", inputs: Any) -> Iterator[tuple[LayerFunction, tuple[Any, ...]]]:
    """Yield a layer as a function, and its inputs: x, or (x, y), and copies of the parameters.

    Masks and running statistics are frozen meanwhile, and the parameters' values are put back.
    """
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    if len(given) not in (1, 2):
        raise ValueError(f"inputs has {len(given)} values; expected x, or (x, y) with labels for the loss")
    params = layer.parameters()
    for name, value in params.items():
        if value.dtype != np.float64:
            raise ValueError(
                f"{name} is {value.dtype}, whose rounding hides mistakes; expected a layer of float64: check "
                "layer.astype(np.float64)"
            )
    x = (
        given[0]
        if isinstance(given[0], np.ndarray) and given[0].dtype.kind == "f"
        else np.array(given[0], float)
    )
    before = [value.copy() for value in params.values()]
    try:
        with layer.frozen():
            yield LayerFunction(layer, *given[1:]), (x, *(value.copy() for value in before))
    finally:
        for value, kept in zip(params.values(), before, strict=True):
            value[...] = kept
