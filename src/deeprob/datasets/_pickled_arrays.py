"""How NumPy writes arrays into pickles: the few calls there are, understood without calling anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt


class Malformed(Exception):
    """What is wrong with the current instruction; the interpreter adds the file and the position."""


class Marker(Enum):
    """A name a pickle may refer to: a word, never the object it names."""

    RECONSTRUCT = "an empty array, to be filled"
    FROM_BUFFER = "an array of bytes"
    SCALAR = "one number of an array's type"
    NDARRAY = "the array type"
    DTYPE = "the type of an array's elements"
    ENCODE = "bytes, which protocol 2 writes as text"
    BYTES = "no bytes, in protocol 2"
    BYTEARRAY = "bytes that can be changed"
    SET = "a set, before protocol 4"
    FROZENSET = "a frozen set, before protocol 4"


_NUMPY = ("numpy.core", "numpy._core")  # before and since NumPy 2
_BUILTINS = ("builtins", "__builtin__")  # Python 3 and 2

GLOBALS: dict[tuple[str, str], Marker] = {
    ("numpy", "ndarray"): Marker.NDARRAY,
    ("numpy", "dtype"): Marker.DTYPE,
    ("_codecs", "encode"): Marker.ENCODE,
    **{(f"{core}.multiarray", "_reconstruct"): Marker.RECONSTRUCT for core in _NUMPY},
    **{(f"{core}.multiarray", "scalar"): Marker.SCALAR for core in _NUMPY},
    **{(f"{core}.numeric", "_frombuffer"): Marker.FROM_BUFFER for core in _NUMPY},
    **{(module, "bytes"): Marker.BYTES for module in _BUILTINS},
    **{(module, "bytearray"): Marker.BYTEARRAY for module in _BUILTINS},
    **{(module, "set"): Marker.SET for module in _BUILTINS},
    **{(module, "frozenset"): Marker.FROZENSET for module in _BUILTINS},
}

_TYPES = ("b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")
_ORDERS: dict[str, Literal["<", ">", "|"]] = {"<": "<", ">": ">", "|": "|"}
_MAX_DIMENSIONS = 8
_ITEM_COST = 64  # bytes a set takes for one of its items, about


@dataclass
class Dtype:
    """A type of elements; `order` is filled in by the BUILD that follows."""

    code: str
    order: Literal["<", ">", "|"] = "|"

    def numpy(self) -> np.dtype[Any]:
        """Return NumPy's type."""
        return np.dtype(self.code).newbyteorder(self.order)  # "|" changes nothing


@dataclass
class Array:
    """An array before (`value` None) and after the BUILD that fills it."""

    value: npt.NDArray[Any] | None = None


def call(function: Any, arguments: Any) -> tuple[Any, int]:
    """Do what REDUCE asks for, if it is one of the known calls.

    Returns
    -------
    tuple
        The result, and the bytes copied to make it.
    """
    if type(function) is not Marker or type(arguments) is not tuple:
        raise Malformed("expected a call of one of the names that arrays need")
    known = [type(argument) for argument in arguments]
    if function is Marker.RECONSTRUCT and known == [Marker, tuple, bytes] and arguments[0] is Marker.NDARRAY:
        return Array(), 0
    if function is Marker.DTYPE and len(known) in (1, 3):
        return Dtype(_type_code(arguments[0])), 0
    if function is Marker.FROM_BUFFER and known == [bytes, Dtype, tuple, str]:
        data, dtype, shape, order = arguments
        return _array(dtype.numpy(), shape, data, fortran=order == "F"), 0
    if function is Marker.SCALAR and known == [Dtype, bytes]:
        return _array(arguments[0].numpy(), (), arguments[1], fortran=False).item(), 0
    if function is Marker.ENCODE and known == [str, str] and arguments[1] in ("latin1", "latin-1"):
        return _latin1(arguments[0]), len(arguments[0])
    if function in (Marker.BYTES, Marker.BYTEARRAY) and known in ([], [bytes]):
        return (arguments[0] if arguments else b""), 0
    if function in (Marker.SET, Marker.FROZENSET) and known in ([], [list]):
        items = arguments[0] if arguments else []
        return _set(items, function), _ITEM_COST * len(items)
    raise Malformed(f"expected the usual arguments for {function.value}")


def build(target: Any, state: Any) -> Any:
    """Do what BUILD asks for: complete a `Dtype` or an `Array`; nothing else has a state."""
    if type(target) is Dtype and type(state) is tuple and len(state) >= 5:
        order = _text(state[1])
        if order not in _ORDERS or any(part is not None for part in state[2:5]):
            raise Malformed("expected a plain numeric array type")
        target.order = _ORDERS[order]
        return target
    if type(target) is Array and target.value is None and type(state) is tuple and len(state) == 5:
        _, shape, dtype, fortran, data = state
        if type(dtype) is not Dtype or type(fortran) not in (bool, int):
            raise Malformed("expected the state of a plain numeric array")
        target.value = _array(dtype.numpy(), shape, data, fortran=bool(fortran))
        return target.value
    raise Malformed("expected the state of an array or of its type")


def _array(dtype: np.dtype[Any], shape: Any, data: Any, *, fortran: bool) -> npt.NDArray[Any]:
    """Make an array that is a view of `data`, which must have exactly its size."""
    if type(shape) is int:  # _frombuffer of one dimension
        shape = (shape,)
    if (
        type(shape) is not tuple
        or len(shape) > _MAX_DIMENSIONS
        or any(type(n) is not int or n < 0 for n in shape)
    ):
        raise Malformed("expected an array's shape")
    if type(data) is not bytes:
        raise Malformed(f"expected the bytes of an array, got a {type(data).__name__}")
    size = prod(shape) * dtype.itemsize
    if size != len(data) or (shape and max(shape) > max(len(data), 1 << 31)):
        raise Malformed(
            f"expected {size:,} bytes for a {dtype.name} array of shape {shape}, got {len(data):,}"
        )
    return np.ndarray(shape, dtype, buffer=data, order="F" if fortran else "C")


def _type_code(code: Any) -> str:
    text = _text(code)
    if text not in _TYPES:
        raise Malformed(f"expected a numeric array type, got {text[:20]!r}")
    return text


def _text(value: Any) -> str:
    if type(value) is bytes:  # a string of Python 2
        return value.decode("latin-1")
    if type(value) is not str:
        raise Malformed(f"expected text, got a {type(value).__name__}")
    return value


def _latin1(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise Malformed("expected text of single bytes") from error


def _set(items: list[Any], function: Marker) -> set[Any] | frozenset[Any]:
    for item in items:
        if type(item) not in (str, bytes, int):
            raise Malformed(f"expected strings or numbers in a set, got a {type(item).__name__}")
    return set(items) if function is Marker.SET else frozenset(items)
