"""What all layers share: modes, named arrays through the tree of layers, and their saving."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray
from ._checked import LayerFunction, for_gradcheck
from ._rows import DTypeLike, as_dtype

Array = npt.NDArray[Any]


class Layer:
    """The base of all layers; one of your own defines ``forward`` and ``backward``.

    Attributes
    ----------
    training : bool
        The mode: True at first; `train` and `eval` change it.
    params : dict of str to array
        The layer's own parameters; changed in place, never replaced. Each is an attribute too: ``layer.W``.
    grads : dict of str to array
        Under the same names the gradients, which ``backward`` writes (it does not add to them).
    buffers : dict of str to array
        What is kept and saved but not trained, such as running statistics.

    Notes
    -----
    Arrays that ``forward`` and ``backward`` return are new ones; ``forward`` keeps its input and output for
    ``backward``, so neither may be changed in between.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> class Square(deeprob.nn.Layer):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x * x
    ...
    ...     def backward(self, grad):
    ...         return 2 * self.x * grad
    >>> net = deeprob.nn.Sequential(deeprob.nn.Linear(3, 4, rng=0, dtype=np.float64), Square())
    >>> bool(deeprob.gradcheck(net, np.ones((2, 3))))
    True
    """

    training: bool
    params: dict[str, FloatArray]
    grads: dict[str, FloatArray]
    buffers: dict[str, Array]
    _saved: Any
    _frozen: bool

    def __new__(cls, *_: Any, **__: Any) -> Self:
        layer = super().__new__(cls)  # here, so that no layer needs to call __init__ of this class
        vars(layer).update(training=True, params={}, grads={}, buffers={}, _saved=None, _frozen=False)
        return layer

    def forward(self, x: npt.ArrayLike) -> FloatArray:
        """Return the layer's output for a batch (N, F), and keep what `backward` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(x)")

    def backward(self, grad: npt.ArrayLike) -> FloatArray:
        """Take a loss's gradient by the last output; write ``grads``, return the gradient by the input."""
        raise NotImplementedError(f"{type(self).__name__} has no backward(grad)")

    def backward_params(self, grad: npt.ArrayLike) -> None:
        """Write ``grads`` alone: what the first layer of a network is asked for."""
        self.backward(grad)

    def __call__(self, x: npt.ArrayLike) -> FloatArray:
        """Return ``forward(x)``."""
        return self.forward(x)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of this layer and all below: training, or with False evaluation. Returns the layer."""
        if not isinstance(mode, bool | np.bool_):
            raise TypeError(f"mode is {mode!r}; expected True (training) or False (evaluation)")
        for _, layer in self.walk():
            layer.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def children(self) -> tuple[tuple[str, "Layer"], ...]:
        """Return the layers within this one, with their names."""
        return ()

    def walk(self, prefix: str = "") -> list[tuple[str, "Layer"]]:
        """Return this layer and all below, each with its name and a dot, as names of parameters have them."""
        found = [(prefix, self)]
        for name, child in self.children():
            found += child.walk(f"{prefix}{name}.")
        return found

    def parameters(self) -> dict[str, FloatArray]:
        """Return all parameters by name, such as "0.W": the arrays themselves, for an optimizer."""
        return {prefix + name: p for prefix, layer in self.walk() for name, p in layer.params.items()}

    def gradients(self) -> dict[str, FloatArray]:
        """Return the gradients under the names of `parameters`: the arrays that backward writes."""
        return {prefix + name: g for prefix, layer in self.walk() for name, g in layer.grads.items()}

    def state_dict(self) -> dict[str, Array]:
        """Return copies of all parameters and buffers, by name."""
        return {name: value.copy() for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, npt.ArrayLike]) -> Self:
        """Take all parameters and buffers from such a dict; nothing changes if one is missing or wrong."""
        if not isinstance(state, Mapping):
            raise TypeError(f"state is a {type(state).__name__}; expected a dict of names and arrays")
        own = self._state()
        missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unknown:
            told = [f"lacks {', '.join(sorted(missing))}"] if missing else []
            told += (
                [f"has {', '.join(sorted(map(str, unknown)))}, which the layer has not"] if unknown else []
            )
            raise ValueError(f"state {' and '.join(told)}; expected {', '.join(own) or 'nothing'}")
        given = {name: np.asarray(state[name]) for name in own}
        for name, value in given.items():
            if value.shape != own[name].shape or value.dtype.kind not in "fiub":
                raise ValueError(
                    f"state[{name!r}] has shape {value.shape} and dtype {value.dtype}; expected numbers of "
                    f"shape {own[name].shape}"
                )
        for name, value in given.items():
            own[name][...] = value
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Return a copy whose parameters and buffers are float32 or float64."""
        dtype = as_dtype(dtype)
        made = copy.deepcopy(self)
        for _, layer in made.walk():
            layer._saved = None
            for kept in (layer.params, layer.grads, layer.buffers):
                kept.update({name: v.astype(dtype) for name, v in kept.items() if v.dtype.kind == "f"})
        return made

    def num_parameters(self) -> int:
        """Return how many numbers the parameters are."""
        return sum(p.size for p in self.parameters().values())

    def vjp(self, x: npt.ArrayLike) -> tuple[FloatArray, Callable[[npt.ArrayLike], FloatArray]]:
        """Return ``forward(x)``, and `backward` for it: from a gradient by the output to one by x."""
        return self.forward(x), self.backward

    def for_gradcheck(self, inputs: Any) -> AbstractContextManager[tuple[LayerFunction, tuple[Any, ...]]]:
        """Let `deeprob.gradcheck` see the layer as a function of its input and its parameters.

        ``gradcheck(layer, x)`` checks the gradients of the output by both, ``gradcheck(net, (X, y))`` those
        of the softmax loss; in the layer's mode, with masks and running statistics `frozen`.
        """
        return for_gradcheck(self, inputs)

    @contextmanager
    def frozen(self) -> Iterator[Self]:
        """Let training mode be a function of its input: for gradient checks.

        Within, dropout and stochastic depth keep the masks of their last forward pass (or of the first one
        within, where there is none of this shape), and running statistics do not move.
        """
        before = [(layer, layer._frozen) for _, layer in self.walk()]
        try:
            for layer, _ in before:
                layer._frozen = True
            yield self
        finally:
            for layer, was in before:
                layer._frozen = was

    @contextmanager
    def evaluating(self) -> Iterator[Self]:
        """Let this layer and all below be in evaluation mode, and then in the modes they had."""
        before = [(layer, layer.training) for _, layer in self.walk()]
        try:
            for layer, _ in before:
                layer.training = False
            yield self
        finally:
            for layer, was in before:
                layer.training = was

    def add_parameter(self, name: str, value: FloatArray) -> FloatArray:
        """Let the layer have a parameter, and zeros as its gradient; return it."""
        self.params[name], self.grads[name] = value, np.zeros_like(value)
        return value

    def _state(self) -> dict[str, Array]:
        return {
            prefix + name: value
            for prefix, layer in self.walk()
            for name, value in (layer.params | layer.buffers).items()
        }

    def _kept(self) -> Any:
        """Return what forward has kept."""
        if self._saved is None:
            raise RuntimeError(f"backward of {self!r} came before its forward")
        return self._saved

    def __getattr__(self, name: str) -> Any:
        own = vars(self)
        for kept in ("params", "buffers"):
            if name in own.get(kept, ()):
                return own[kept][name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.params.get(name, self.buffers.get(name))
        if own is None:
            super().__setattr__(name, value)
        elif own is not value:  # which it is after layer.W += ...
            raise AttributeError(f"{name} cannot be replaced; write into its array: {name}[...] = value")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.params, *self.buffers})

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_saved": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def check_apart(layers: tuple[Any, ...], where: str) -> None:
    """Raise unless these are layers, none of which is there twice."""
    seen: dict[int, str] = {}
    for i, one in enumerate(layers):
        if not isinstance(one, Layer):
            raise TypeError(f"{where}: layer {i} is a {type(one).__name__}; expected a Layer")
        for prefix, layer in one.walk(f"{i}."):
            if id(layer) in seen:
                raise ValueError(
                    f"{where}: layer {prefix[:-1]} is layer {seen[id(layer)]} again; expected a layer of its "
                    "own at each place, which keeps what its backward needs"
                )
            seen[id(layer)] = prefix[:-1]
