"""What a layer's saved state must be."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def as_state(state: Mapping[str, npt.ArrayLike], own: Mapping[str, Array]) -> dict[str, Array]:
    """Return the values of a saved state in the dtypes of a layer's own arrays; raise if one does not fit."""
    if not isinstance(state, Mapping):
        raise TypeError(f"state is a {type(state).__name__}; expected a dict of names and arrays")
    missing, unknown = own.keys() - state.keys(), [name for name in state if name not in own]
    if missing or unknown:
        told = [f"lacks {', '.join(name for name in own if name in missing)}"] if missing else []
        told += [f"has {', '.join(map(str, unknown))}, which the layer has not"] if unknown else []
        raise ValueError(f"state {' and '.join(told)}; expected {', '.join(own) or 'nothing'}")
    return {name: _fitting(f"state[{name!r}]", state[name], value) for name, value in own.items()}


def _fitting(name: str, given: npt.ArrayLike, own: Array) -> Array:
    try:
        value = np.asarray(given)
    except ValueError as error:
        raise ValueError(f"{name} is no array: {error}") from None
    whole = own.dtype.kind == "i"
    if value.shape != own.shape or value.dtype.kind not in ("iu" if whole else "fiub"):
        raise ValueError(
            f"{name} has shape {value.shape} and dtype {value.dtype}; expected "
            f"{'integers' if whole else 'real numbers'} of shape {own.shape}"
        )
    with np.errstate(over="ignore"):
        made = value.astype(own.dtype)
    if not whole and (np.isinf(made) & np.isfinite(value)).any():
        raise ValueError(f"{name} has values that are too large for {own.dtype}")
    return made
