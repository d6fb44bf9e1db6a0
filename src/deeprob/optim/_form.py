"""The forms in which parameters and gradients are passed: one array, a list or dict of them, groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from .._arguments import FloatArray

# One array, or several by position or by name; or groups: a list of dicts with "params", which is one of
# these, and whose gradients are a list of them.
Arrays = FloatArray | Sequence[Any] | Mapping[Any, Any]


class Form:
    """One array, or a list or dict of arrays."""

    def __init__(self, params: Any, name: str) -> None:
        self.name = name
        self.single = not isinstance(params, list | tuple | Mapping)
        self.keys = list(params) if isinstance(params, Mapping) else None
        self.sizes: list[int] = []  # of groups, of which there are none
        self.n = 1 if self.single else len(params)
        if self.n == 0:
            raise ValueError(f"{name} is an empty {type(params).__name__}; expected at least one array")

    def flat(self, arrays: Any, name: str) -> tuple[Any, ...]:
        """Return arrays of this form as a tuple, in the order of the parameters."""
        if self.single:
            return (arrays,)
        if self.keys is None:
            if not isinstance(arrays, list | tuple):
                kind = type(arrays).__name__
                raise TypeError(f"{name} is a {kind}; expected a list of arrays, as {self.name}")
            if len(arrays) != self.n:
                raise ValueError(
                    f"{name} has {len(arrays)} arrays; expected {self.n}, one for each of {self.name}"
                )
            return tuple(arrays)
        if not isinstance(arrays, Mapping):
            raise TypeError(f"{name} is a {type(arrays).__name__}; expected a dict of arrays, as {self.name}")
        if arrays.keys() != set(self.keys):
            raise ValueError(
                f"{name} has the keys {list(arrays)}; expected those of {self.name}, {self.keys}"
            )
        return tuple(arrays[key] for key in self.keys)

    def formed(self, arrays: list[Any]) -> Any:
        """Return arrays, one for each of the parameters, in this form."""
        if self.single:
            return arrays[0]
        return arrays if self.keys is None else dict(zip(self.keys, arrays, strict=True))

    def names(self, name: str) -> list[str]:
        """Return what to call each array of this form, which is itself called ``name``."""
        if self.single:
            return [name]
        return [f"{name}[{key!r}]" for key in (range(self.n) if self.keys is None else self.keys)]


class Groups:
    """Several groups of arrays, each of a form of its own."""

    single = False

    def __init__(self, parts: list[Form]) -> None:
        self.parts = parts
        self.sizes = [part.n for part in parts]
        self.of = [k for k, part in enumerate(parts) for _ in range(part.n)]  # each array's group

    def flat(self, arrays: Any, name: str) -> tuple[Any, ...]:
        """Return the arrays of all groups as a tuple, in order."""
        if not isinstance(arrays, list | tuple):
            raise TypeError(
                f"{name} is a {type(arrays).__name__}; expected a list with an entry for each group of params"
            )
        if len(arrays) != len(self.parts):
            raise ValueError(
                f"{name} has {len(arrays)} entries; expected {len(self.parts)}, one for each group of params"
            )
        flat: list[Any] = []
        for k, part in enumerate(self.parts):
            if part.single:
                flat.append(arrays[k])
            else:
                flat.extend(part.flat(arrays[k], f"{name}[{k}]"))
        return tuple(flat)

    def formed(self, arrays: list[Any]) -> Any:
        """Return arrays, one for each of the parameters, as a list with an entry for each group."""
        rest = iter(arrays)
        return [part.formed([next(rest) for _ in range(part.n)]) for part in self.parts]

    def names(self, name: str) -> list[str]:
        """Return what to call each array."""
        inner = "['params']" if name == "params" else ""
        return [each for k, part in enumerate(self.parts) for each in part.names(f"{name}[{k}]{inner}")]


def are_groups(params: Any) -> bool:
    """Whether parameters come in groups, as PyTorch's: a list of dicts."""
    return isinstance(params, list | tuple) and any(isinstance(each, Mapping) for each in params)
