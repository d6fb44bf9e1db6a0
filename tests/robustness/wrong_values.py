"""Values that are refused, with the words of the message and the error: what the wrong calls are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from public_calls import C, Call, D, N

BOTH = (TypeError, ValueError)


@dataclass
class Refused:
    """A call that is an error, and the words its message must hold besides the argument's name."""

    what: str
    call: Call
    argument: str
    error: type | tuple[type, ...]
    words: tuple[str, ...] = ()

    def __str__(self):
        return f"{self.call.function}-{self.argument}-{self.what}"


def wrong_dtypes(a, *, bytes_too=False):
    """(what, the same array in a dtype that is refused, words of the message)."""
    fields = np.zeros(a.shape, [("a", "f4"), ("b", "i2")])
    for dtype in ["float16", "longdouble", "complex64", "complex128", "int64", "int32", "int8", "bool"]:
        yield dtype, a.astype(dtype), (str(np.dtype(dtype)),)
    if bytes_too:
        yield "uint8", a.astype(np.uint8), ("uint8",)
    yield "objects", a.astype(object), ("object",)
    yield "texts", a.astype(str), ("<U",)
    yield "byte-strings", a.astype("S4"), ("S4",)
    yield "dates", a.astype("M8[s]"), ("datetime64",)
    yield "durations", a.astype("m8[s]"), ("timedelta64",)
    yield "swapped", a.astype(a.dtype.newbyteorder()), ("byte order",)
    yield "structured", fields, ("'a'",)


def wrong_matrices(a, *, bytes_too=False):
    """(what, a matrix that is refused, words, error)."""
    for what, value, words in wrong_dtypes(a, bytes_too=bytes_too):
        yield what, value, words, TypeError
    yield "masked", np.ma.masked_array(a, mask=a > 0.5), ("mask",), TypeError
    yield "None", None, ("None",), TypeError
    yield "text", "abc", (), BOTH
    yield "dict", {}, (), BOTH
    yield "number", 1.5, ("()",), ValueError
    yield "0-D", np.array(1.0, a.dtype), ("()",), ValueError
    yield "1-D", a.ravel(), (f"({a.size},)",), ValueError
    yield "3-D", a[None], (str(a[None].shape),), ValueError
    yield "9-D", a.reshape((1,) * 7 + a.shape), ("(1, 1, 1, 1, 1, 1, ...)",), ValueError
    yield "ragged", [[1.0, 2.0], [3.0]], (), ValueError


def wrong_labels(y):
    for what, value, words in wrong_integers(y):
        yield what, value, words, TypeError
    for what, label in [("-1", -1), ("-2**63", -(2**63))]:
        yield what, changed(y, 1, label), (f"y[1] is {label}",), ValueError
    yield "None", None, ("None",), BOTH
    yield "number", 1, ("()",), ValueError
    yield "column", y[:, None], ("(5, 1)", "y.ravel()"), ValueError
    yield "row", y[None], ("(1, 5)", "y.ravel()"), ValueError
    yield "3-D", y[None, None], ("(1, 1, 5)",), ValueError
    yield "too few", y[:-1], ("(4,)", "N = 5"), ValueError
    yield "too many", np.append(y, 0), ("(6,)", "N = 5"), ValueError
    yield "ragged", [[0], [1, 2]], (), ValueError


def wrong_soft_labels(q):
    """(what, probabilities that are refused, words); BOTH errors."""
    for what, value, words in wrong_dtypes(q):
        # What is of no float dtype is taken for labels, whose shape is wrong.
        floating = what in ("float16", "longdouble", "swapped")
        yield what, value, words if floating else (str(q.shape), "(N,)")
    yield "masked", np.ma.masked_array(q, mask=q > 0), ("mask",)
    yield "too few", q[:-1], (str(q[:-1].shape), f"N = {len(q)}")
    yield "a class too few", q[:, 1:], (str(q[:, 1:].shape), f"C = {q.shape[1]}")
    yield "transposed", q.T.copy(), (str(q.T.shape),)
    yield "3-D", q[None], (str(q[None].shape),)
    for value in (-0.5, np.nan, -np.inf):
        wrong = q.copy()
        wrong[2, 1] = value
        yield str(value), wrong, (f"y[2, 1] is {value}", "expected probabilities")
    wrong = q.copy()
    wrong[3] = 1.0
    yield "a row that sums to more", wrong, ("y[3] sums to", "expected probabilities")
    wrong[3, 0] = np.inf
    yield "infinite", wrong, ("y[3] sums to inf",)


def wrong_integers(a):
    yield "float64", a.astype(float), ("float64", "astype(np.int64)")
    yield "float32", a.astype(np.float32), ("float32", "astype(np.int64)")
    yield "whole floats in a list", [float(i) for i in a], ("float64",)
    yield "NaN", np.where(a > 0, np.nan, 0.0), ("float64",)
    yield "complex", a.astype(complex), ("complex128",)
    yield "bool", a.astype(bool), ("bool",)
    yield "objects", a.astype(object), ("object",)
    yield "texts", a.astype(str), ("<U",)
    yield "durations", a.astype("m8[s]"), ("timedelta64",)
    yield "swapped", a.astype(a.dtype.newbyteorder()), ("byte order",)
    yield "structured", np.zeros(a.shape, [("label", "i8")]), ("label",)
    yield "masked", np.ma.masked_array(a, mask=a > 0), ("mask",)
    yield "integers beyond 64 bits", [*map(int, a[:-1]), 2**70], ("object",)


def changed(a, at, value):
    a = a.astype(np.uint64) if value >= 2**63 else a.copy()
    a[at] = value
    return a


def wrong_outs(shape, dtype):
    good = np.zeros(shape, dtype)
    other = np.float64 if good.dtype == np.float32 else np.float32
    last = good.ndim - 1
    yield "list", good.tolist(), ("list", "ndarray"), TypeError
    yield "text", "out", ("str",), TypeError
    yield "number", 0.0, ("float",), TypeError
    yield "another float dtype", good.astype(other), (np.dtype(other).name, good.dtype.name), TypeError
    yield "int32", good.astype(np.int32), ("int32", good.dtype.name), TypeError
    yield "complex", good.astype(complex), ("complex128",), TypeError
    yield "swapped", good.astype(good.dtype.newbyteorder()), ("byte order",), TypeError
    yield "masked", np.ma.masked_array(good, mask=np.ones(shape, bool)), ("mask",), TypeError
    yield "one too few", good[:-1], (str(good[:-1].shape), str(shape)), ValueError
    yield "one axis more", good[None], (str(good[None].shape), str(shape)), ValueError
    yield "0-D", np.array(0, dtype), ("()", str(shape)), ValueError
    if good.ndim == 2:
        yield "transposed", np.ascontiguousarray(good.T), (str(good.T.shape), str(shape)), ValueError
    frozen = good.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen, ("read-only",), ValueError
    flat = np.zeros(good.size, dtype)
    item = good.itemsize
    zero = (0,) if good.ndim == 1 else (0, item)
    yield "stride 0", as_strided(flat, shape, zero), ("stride 0",), ValueError
    overlapping = (item // 2,) if good.ndim == 1 else (item, item)
    yield "overlapping itself", as_strided(flat, shape, overlapping), (), ValueError
    yield "backwards over itself", as_strided(flat[last:], shape, overlapping), (), ValueError


def out_of(function):
    """Shape and dtype of a right call's out."""
    if function == "predict":
        return (N,), np.int64
    if function in ("scores", "softmax_cross_entropy", "multiclass_hinge"):
        return (N, C), np.float32
    return (C, D), np.float32


WRONG_AXES = [2, -1, "0", True, None, 0.0, (0,), 2**70]
WRONG_THREADS = [
    (0, ValueError),
    (-1, ValueError),
    (-(2**70), ValueError),
    ("2", TypeError),
    (2.0, TypeError),
    (True, TypeError),
    ([2], TypeError),
]
WRONG_NUMBERS = [
    (float("nan"), ValueError),
    ("0.1", TypeError),
    (None, TypeError),
    (1j, TypeError),
    ([0.1], TypeError),
    (np.array([0.1]), TypeError),
    (np.array([0.1, 0.2]), TypeError),
    (10**400, BOTH),
]
WRONG_WEIGHTS = [*WRONG_NUMBERS, (-1.0, ValueError), (-1e-300, ValueError), (float("inf"), ValueError)]
WRONG_COUNTS = [(-1, ValueError), (1.5, TypeError), ("3", TypeError), (None, TypeError), (True, TypeError)]


def short(value):
    return repr(value) if len(repr(value)) < 40 else "10**400"
