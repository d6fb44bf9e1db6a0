"""What all layers share: modes, named arrays through the tree of layers, and their saving."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Self

import numpy.typing as npt

from .._arguments import FloatArray, as_flag
from ._arrays import Array, Arrays
from ._as_function import LayerFunction, for_gradcheck
from ._rows import DTypeLike, as_dtype
from ._state import as_state


class Layer(Arrays):
    """The base of all layers; one of your own defines ``forward`` and ``backward``.

    Its parameters are made by `add_parameter`, and layers that are its attributes belong to it: modes,
    `parameters`, `state_dict` and `frozen` reach them. ``__init__`` of this class need not be called.

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
    The layers here return new arrays. ``forward`` keeps its input and output for ``backward``, so neither may
    be changed in between, nor may another ``forward`` (of `Sequential.predict`, say) come between the two.

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

    With a parameter, whose gradient ``backward`` writes into ``grads``:

    >>> class Scale(deeprob.nn.Layer):
    ...     def __init__(self, features):
    ...         self.add_parameter("a", np.ones(features))
    ...
    ...     def forward(self, x):
    ...         self.x = x
    ...         return self.a * x
    ...
    ...     def backward(self, grad):
    ...         self.grads["a"][...] = (grad * self.x).sum(axis=0)
    ...         return self.a * grad
    >>> bool(deeprob.gradcheck(Scale(3), np.ones((2, 3))))
    True
    """

    training: bool
    _saved: Any
    _frozen: bool

    def __new__(cls, *_: Any, **__: Any) -> Self:
        layer = super().__new__(cls)  # here, so that no layer needs to call __init__ of this class
        vars(layer).update(training=True, _saved=None, _frozen=False)
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
        mode = as_flag(mode, "mode")
        for _, layer in self.walk():
            layer.training = mode
        return self

    def eval(self) -> Self:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def children(self) -> tuple[tuple[str, "Layer"], ...]:
        """Return the layers within this one, with their names: by default those that are attributes."""
        return tuple((name, one) for name, one in self._within.items() if isinstance(one, Layer))

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
        """Return copies of all parameters and buffers, by name: what `load_state_dict` takes.

        Examples
        --------
        >>> from deeprob import nn
        >>> list(nn.BatchNorm(3).state_dict())
        ['gamma', 'beta', 'running_mean', 'running_var', 'num_batches_tracked']
        """
        return {name: value.copy() for name, value in self._state().items()}

    def load_state_dict(self, state: Mapping[str, npt.ArrayLike]) -> Self:
        """Write such a dict's values into all parameters and buffers, and return the layer.

        Parameters
        ----------
        state : dict of str to array
            A value of the right shape for each name, and no others.

        Raises
        ------
        ValueError, TypeError
            If one is missing, unknown or does not fit, with its name; nothing has changed then.

        Examples
        --------
        >>> from deeprob import nn
        >>> one, other = nn.Linear(2, 3, rng=0), nn.Linear(2, 3, rng=1)
        >>> bool((other.load_state_dict(one.state_dict()).W == one.W).all())
        True
        """
        own = self._state()
        for name, value in as_state(state, own).items():
            own[name][...] = value
        return self

    def astype(self, dtype: DTypeLike) -> Self:
        """Return a copy whose parameters and buffers are float32 or float64.

        Raises
        ------
        TypeError
            If dtype is neither.

        Examples
        --------
        >>> from deeprob import nn
        >>> nn.Linear(2, 3).astype("float64").W.dtype
        dtype('float64')
        """
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

        Raises
        ------
        ValueError
            If the layer is of float32, whose rounding hides mistakes, or there are more than two inputs.
        """
        return for_gradcheck(self, inputs)

    @contextmanager
    def frozen(self) -> Iterator[Self]:
        """Let training mode be a function of its input: for gradient checks.

        Within, dropout and stochastic depth keep the masks of their last forward pass (or of the first one
        within, where there is none of this shape), and running statistics do not move.

        Examples
        --------
        >>> import numpy as np
        >>> from deeprob import nn
        >>> layer, x = nn.Dropout(0.5), np.ones((10, 10))
        >>> with layer.frozen():
        ...     bool((layer(x) == layer(x)).all())
        True
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
        """Let this layer and all below be in evaluation mode, and then in the modes they had.

        Examples
        --------
        >>> from deeprob import nn
        >>> layer = nn.ReLU()
        >>> with layer.evaluating():
        ...     layer.training
        False
        >>> layer.training
        True
        """
        before = [(layer, layer.training) for _, layer in self.walk()]
        try:
            for layer, _ in before:
                layer.training = False
            yield self
        finally:
            for layer, was in before:
                layer.training = was

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

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_saved": None, "_frozen": False}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
