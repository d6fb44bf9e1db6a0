"""Named arrays: a layer's parameters, gradients and buffers, which are its attributes too."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray

Array = npt.NDArray[Any]


class Arrays:
    """What has parameters with gradients, and buffers, by name; and others like it as attributes."""

    params: dict[str, FloatArray]
    grads: dict[str, FloatArray]
    buffers: dict[str, Array]
    _within: dict[str, "Arrays"]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        made = super().__new__(cls)
        vars(made).update(params={}, grads={}, buffers={}, _within={})
        return made

    def add_parameter(self, name: str, value: FloatArray) -> FloatArray:
        """Let the layer have a parameter, and zeros as its gradient; return it.

        Parameters
        ----------
        name : str
            Its name; `Sequential.loss_and_grads` regularizes those that are called "W".
        value : array of float32 or float64
            The parameter itself, no copy: contiguous and writeable.

        Raises
        ------
        ValueError, TypeError
            If an argument is wrong, or the name is taken.
        """
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"name is {name!r}; expected a name as of an attribute")
        if name in dir(self):
            raise ValueError(f"name is {name!r}, which {type(self).__name__} has already; expected another")
        if type(value) is not np.ndarray or value.dtype not in (np.float32, np.float64):
            kind = f"an array of {value.dtype}" if type(value) is np.ndarray else f"a {type(value).__name__}"
            raise TypeError(f"value is {kind}; expected an array of float32 or float64")
        if not value.flags.carray:
            raise ValueError("value is not contiguous, aligned and writeable; expected an array that is")
        self.params[name], self.grads[name] = value, np.zeros_like(value)
        return value

    def __getattr__(self, name: str) -> Any:
        own = vars(self)
        for kept in ("params", "buffers"):
            if name in own.get(kept, ()):
                return own[kept][name]
        names = ", ".join([*own.get("params", ()), *own.get("buffers", ())])
        hint = f"; its arrays are {names}" if names else ""
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}")

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.params.get(name, self.buffers.get(name))
        if own is None:
            super().__setattr__(name, value)
            if isinstance(value, Arrays):
                self._within[name] = value
            elif name in self._within:
                del self._within[name]
        elif own is not value:  # which it is after layer.W += ...
            raise AttributeError(f"{name} cannot be replaced; write into its array: {name}[...] = value")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.params, *self.buffers})
