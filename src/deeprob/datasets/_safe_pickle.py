"""Read the pickles of CIFAR-10 and PROPS as data: nothing in them is ever executed or imported.

A pickle is a program for a small stack machine, and Python's own reader lets it call anything. The files
read here need few of its instructions: numbers, strings, lists, dicts, sets, and the fixed phrase with which
NumPy writes an array. This interpreter knows those and refuses the rest. Names of classes and functions are
compared with a short list and stand for themselves as inert markers; no object is looked up.

Bounds: every length is checked against the bytes that are left before it is used, the number of instructions
is limited (so is, with it, the number of objects), instructions that copy draw on a budget of the file's own
size, and only strings and numbers may be keys (hashing a deeply nested tuple would overflow the C stack).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ._pickled_arrays import GLOBALS, Array, Dtype, Malformed, Marker, build, call

# A CIFAR-10 batch takes 30,000: labels, file names and memo entries (90,000 with NumPy numbers as labels).
MAX_INSTRUCTIONS = 200_000

_KEYS = (str, bytes, int)
_MAX_NAME = 100


def read_pickle(data: bytes | bytearray | memoryview, name: str) -> Any:
    """Return what a pickle (protocol 2 to 5) of plain values and numeric arrays holds.

    Parameters
    ----------
    data : bytes-like
        The whole file.
    name : str
        What error messages call it.

    Returns
    -------
    object
        Built of None, bool, int, float, str, bytes, list, tuple, set, frozenset, dict and `numpy.ndarray`
        (read-only numeric arrays). Strings written by Python 2 come as bytes, but as str (Latin-1) where
        they are keys of a dict.

    Raises
    ------
    ValueError
        If the file is truncated, goes on after its end, or uses anything else; with the position in the file.
    """
    return _Machine(bytes(data), name).run()


class _Machine:
    """The stack machine; a fresh one for each file."""

    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        self.at = 0
        self.start = 0  # of the current instruction
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks below each MARK
        self.memo: dict[int, Any] = {}
        self.budget = len(data) + (1 << 16)

    def run(self) -> Any:
        if self.data[:1] != b"\x80" or self.data[1:2] not in (b"\2", b"\3", b"\4", b"\5"):
            self.fail(f"expected a pickle of protocol 2 to 5, got {self.data[:2].hex(' ') or 'no bytes'}")
        self.at = 2
        for _ in range(MAX_INSTRUCTIONS):
            self.start = self.at
            if self.at >= len(self.data):
                self.fail("the data end before the pickle does (truncated?)")
            code = self.data[self.at]
            self.at += 1
            if code == 0x2E:  # STOP
                return self.finish()
            instruction = _INSTRUCTIONS.get(code)
            if instruction is None:
                self.fail(f"instruction {bytes([code])!r} is not one that image files need")
            try:
                instruction(self)
            except Malformed as error:
                self.fail(str(error))
        return self.fail(f"expected at most {MAX_INSTRUCTIONS:,} instructions, got more")

    def fail(self, what: str) -> NoReturn:
        raise ValueError(f"{self.name}: byte {self.start:,}: {what}")

    def finish(self) -> Any:
        if self.below or len(self.stack) != 1:
            raise ValueError(f"{self.name}: byte {self.start:,}: expected one value at the end of the pickle")
        if self.at != len(self.data):
            self.fail(
                f"expected the end of the file after the pickle, got {len(self.data) - self.at:,} bytes more"
            )
        value = self.stack.pop()
        if isinstance(value, (Marker, Array, Dtype)):
            self.fail("expected a value, got a part of one")
        return value

    # Reading arguments

    def take(self, count: int) -> bytes:
        left = len(self.data) - self.at
        if count > left:
            raise Malformed(f"expected {count:,} bytes, {left:,} are left (truncated?)")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def line(self) -> str:
        end = self.data.find(b"\n", self.at, self.at + _MAX_NAME)
        if end < 0:
            raise Malformed(f"expected a name of at most {_MAX_NAME} bytes and a line end")
        text = self.data[self.at : end].decode("latin-1")
        self.at = end + 1
        return text

    # The stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack:
            raise Malformed("takes a value from an empty stack")
        return self.stack.pop()

    def pop_mark(self) -> list[Any]:
        if not self.below:
            raise Malformed("goes back to a mark that was not set")
        items, self.stack = self.stack, self.below.pop()
        return items

    def top(self, kind: type) -> Any:
        if not self.stack or type(self.stack[-1]) is not kind:
            raise Malformed(f"expected a {kind.__name__} on the stack")
        return self.stack[-1]

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    # Strings and numbers

    def text(self, size: int) -> None:
        try:
            self.push(self.take(self.number(size)).decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError as error:
            raise Malformed(f"expected UTF-8 text ({error.reason})") from error

    def blob(self, size: int) -> None:
        self.push(self.take(self.number(size)))

    def float(self) -> None:
        self.push(float(np.frombuffer(self.take(8), ">f8")[0]))

    def long(self) -> None:
        size = self.number(1)
        if size > 16:
            raise Malformed(f"expected a number of at most 16 bytes, got {size}")
        self.push(int.from_bytes(self.take(size), "little", signed=True))

    # Containers

    def extend(self, items: list[Any]) -> None:
        self.top(list).extend(items)

    def set_item(self) -> None:
        value, key = self.pop(), self.pop()
        self.store([key, value])

    def store(self, items: list[Any]) -> None:
        target = self.top(dict)
        if len(items) % 2:
            raise Malformed("expected keys and values in pairs")
        for key, value in zip(items[::2], items[1::2], strict=True):
            text = key.decode("latin-1") if type(key) is bytes else key
            target[self.key(text)] = value

    def key(self, value: Any) -> Any:
        if type(value) not in _KEYS:
            raise Malformed(f"expected a string or a number as a key, got a {type(value).__name__}")
        return value

    def tuple(self, count: int) -> None:
        if count > len(self.stack):
            raise Malformed("takes a value from an empty stack")
        items = tuple(self.stack[-count:])
        self.stack[-count:] = [items]

    def add_items(self) -> None:
        items = [self.key(item) for item in self.pop_mark()]
        self.top(set).update(items)

    # The memo, names and calls

    def put(self, index: int) -> None:
        if not self.stack:
            raise Malformed("memorises a value of an empty stack")
        self.memo[index] = self.stack[-1]

    def get(self, index: int) -> None:
        if index not in self.memo:
            raise Malformed(f"uses entry {index} of the memo, which was not written")
        value = self.memo[index]
        # entries are written before the array is filled: afterwards they stand for the array
        self.push(value.value if isinstance(value, Array) and value.value is not None else value)

    def name_marker(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str:
            raise Malformed("expected the name of a module and of something in it")
        marker = GLOBALS.get((module, name))
        if marker is None:
            what = f"{module[:_MAX_NAME]}.{name[:_MAX_NAME]}"
            raise Malformed(f"refers to {what!r}, which image files do not need")
        self.push(marker)

    def stack_global(self) -> None:
        name, module = self.pop(), self.pop()
        self.name_marker(module, name)

    def reduce(self) -> None:
        arguments, function = self.pop(), self.pop()
        value, copied = call(function, arguments)
        self.budget -= copied
        if self.budget < 0:
            raise Malformed("makes more data than the file holds")
        self.push(value)

    def build(self) -> None:
        state, target = self.pop(), self.pop()
        self.push(build(target, state))

    def frame(self) -> None:
        size = self.number(8)
        if size > len(self.data) - self.at:
            raise Malformed(
                f"expected a frame of {size:,} bytes, {len(self.data) - self.at:,} are left (truncated?)"
            )


_M = _Machine
_INSTRUCTIONS: dict[int, Callable[[_Machine], None]] = {
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("K"): lambda m: m.push(m.number(1)),
    ord("M"): lambda m: m.push(m.number(2)),
    ord("J"): lambda m: m.push(int.from_bytes(m.take(4), "little", signed=True)),
    0x8A: _M.long,
    ord("G"): _M.float,
    # text
    0x8C: lambda m: m.text(1),
    ord("X"): lambda m: m.text(4),
    0x8D: lambda m: m.text(8),
    # bytes, and the strings of Python 2
    ord("U"): lambda m: m.blob(1),
    ord("T"): lambda m: m.blob(4),
    ord("C"): lambda m: m.blob(1),
    ord("B"): lambda m: m.blob(4),
    0x8E: lambda m: m.blob(8),
    0x96: lambda m: m.blob(8),
    # containers
    ord("("): _M.mark,
    ord("]"): lambda m: m.push([]),
    ord("a"): lambda m: m.extend([m.pop()]),
    ord("e"): lambda m: m.extend(m.pop_mark()),
    ord("}"): lambda m: m.push({}),
    ord("s"): _M.set_item,
    ord("u"): lambda m: m.store(m.pop_mark()),
    ord(")"): lambda m: m.push(()),
    ord("t"): lambda m: m.push(tuple(m.pop_mark())),
    0x85: lambda m: m.tuple(1),
    0x86: lambda m: m.tuple(2),
    0x87: lambda m: m.tuple(3),
    0x8F: lambda m: m.push(set()),
    0x90: _M.add_items,
    0x91: lambda m: m.push(frozenset([m.key(item) for item in m.pop_mark()])),
    # memo
    ord("q"): lambda m: m.put(m.number(1)),
    ord("r"): lambda m: m.put(m.number(4)),
    0x94: lambda m: m.put(len(m.memo)),
    ord("h"): lambda m: m.get(m.number(1)),
    ord("j"): lambda m: m.get(m.number(4)),
    # names and calls
    ord("c"): lambda m: m.name_marker(m.line(), m.line()),
    0x93: _M.stack_global,
    ord("R"): _M.reduce,
    ord("b"): _M.build,
    0x95: _M.frame,
}
