"""What a network may be made of."""

from typing import Any

from ._layer import Layer


def check_layers(layers: tuple[Any, ...], where: str) -> None:
    """Raise unless these are layers, at least one, none of which is there twice."""
    if not layers:
        raise ValueError(f"{where}() has no layers; expected at least one")
    seen: dict[int, str] = {}
    for i, one in enumerate(layers):
        if not isinstance(one, Layer):
            more = f", as in {where}(*layers)" if isinstance(one, list | tuple) else ""
            raise TypeError(f"{where}(...): layer {i} is {_named(one)}; expected a Layer{more}")
        for prefix, layer in one.walk(f"{i}."):
            if id(layer) in seen:
                raise ValueError(
                    f"{where}(...): layer {prefix[:-1]} is layer {seen[id(layer)]} again; expected a layer "
                    "of its own at each place, which keeps what its backward needs"
                )
            seen[id(layer)] = prefix[:-1]


def _named(value: Any) -> str:
    """Return what a value is, for a message."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
