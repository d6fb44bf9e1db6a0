"""Every public function with arguments that are right, and every way to get one of them wrong.

`test_bad_input` says what the errors must be; `test_memory` repeats the same calls and watches the memory.
"""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

import deeprob

N, D, C = 5, 4, 3
MINIMIZERS = ["lbfgs", "bfgs", "cg", "adam", "nesterov"]


@dataclass
class Call:
    """A call of a public function, by keywords."""

    function: str
    arguments: dict[str, Any]

    def run(self):
        return FUNCTIONS[self.function](**self.arguments)

    def but(self, **changes):
        return Call(self.function, {**self.arguments, **changes})


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


# ---- right calls --------------------------------------------------------------------------


def _classifier(**keywords):
    classifier = deeprob.LinearClassifier(**keywords)
    classifier.W = floats(C, D)
    return classifier


def _bowl(w):
    return float(np.sum(w**2)), 2 * w


def _train(X, y, **keywords):
    return deeprob.LinearClassifier().train(X, y, **keywords)


def _objective_of(X, y, W, index=None, out=None, **keywords):
    return deeprob.Objective(X, y, **keywords)(W, index, out=out)


def _optimizer(name):
    """Make an optimizer of ``params`` and, when ``grads`` is given, take two steps."""

    def make(params, grads=None, **keywords):
        optimizer = deeprob.optim.REGISTRY[name](params, **keywords)
        for _ in range(0 if grads is None else 2):
            optimizer.step(grads)
        return optimizer

    return make


def _lbfgs(x0, f=1.0, g=None, **keywords):
    """Make an LBFGS and tell it three values."""
    solver = deeprob.LBFGS(x0, **keywords)
    for k in range(3):
        solver.tell(f if k == 0 else 1.0 - k, np.ones_like(solver.ask()) if g is None else g)
    return solver.x, solver.pairs, solver.direction, repr(solver)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "scores": deeprob.scores,
    "predict": deeprob.predict,
    "accuracy": deeprob.accuracy,
    "softmax_loss": deeprob.softmax_loss,
    "svm_loss": deeprob.svm_loss,
    "softmax_cross_entropy": deeprob.softmax_cross_entropy,
    "multiclass_hinge": deeprob.multiclass_hinge,
    "l2": deeprob.l2,
    "l1": deeprob.l1,
    "elastic_net": deeprob.elastic_net,
    "Objective": deeprob.Objective,
    "Objective.value_and_grad": _objective_of,
    "Objective.value": lambda X, y, W, index=None, **k: deeprob.Objective(X, y, **k).value(W, index),
    "Objective.values": lambda X, y, Ws, index=None, out=None, **k: deeprob.Objective(X, y, **k).values(
        Ws, index, out=out
    ),
    "Objective.terms": lambda X, y, W, index=None, **k: deeprob.Objective(X, y, **k).terms(W, index),
    "Objective.predict": lambda X, y, W: deeprob.Objective(X, y).predict(W),
    "Objective.accuracy": lambda X, y, W: deeprob.Objective(X, y).accuracy(W),
    "random_search": deeprob.random_search,
    "gradient_descent": deeprob.gradient_descent,
    **{f"minimize, {method}": functools.partial(deeprob.minimize, method=method) for method in MINIMIZERS},
    "LBFGS": _lbfgs,
    "numeric_gradient": deeprob.numeric_gradient,
    "numeric_gradient, Objective": lambda X, y, W: deeprob.numeric_gradient(deeprob.Objective(X, y), W),
    "LinearClassifier": deeprob.LinearClassifier,
    "LinearClassifier.train": _train,
    "LinearClassifier.loss": lambda X, y, reg=0.0: _classifier().loss(X, y, reg),
    "LinearClassifier.predict": lambda X: _classifier().predict(X),
    "LinearClassifier.accuracy": lambda X, y: _classifier().accuracy(X, y),
    "set_num_threads": deeprob.set_num_threads,
    **{f"optim.{name}": _optimizer(name) for name in deeprob.optim.NAMES},
    "landscapes.bowl": deeprob.landscapes.bowl,
    "landscapes.noisy": lambda **k: deeprob.landscapes.noisy(deeprob.landscapes.bowl(), **k),
    "landscapes.condition_number": deeprob.landscapes.condition_number,
    "landscapes.loss_slice": deeprob.landscapes.loss_slice,
    "landscapes.mgh": lambda w, **k: deeprob.landscapes.mgh("beale", **k).hessian(w),
    "Landscape": lambda w: deeprob.landscapes.himmelblau()(w),
    "Landscape.hvp": lambda w, v: deeprob.landscapes.himmelblau().hvp(w, v),
    "Landscape.values": lambda **k: deeprob.landscapes.himmelblau().values(**k),
    "Landscape.grid": lambda **k: deeprob.landscapes.himmelblau().grid(**k),
}


def floats(*shape, dtype=np.float32):
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7 / 7).astype(dtype)


def labels(n=N):
    return np.arange(n) % C


def right(function):
    """A call with fresh arguments that are right."""
    W, X, y, s = floats(C, D), floats(N, D), labels(), floats(N, C)
    arguments = {
        "scores": {"W": W, "X": X, "b": floats(C)},
        "predict": {"W": W, "X": X, "b": floats(C)},
        "accuracy": {"W": W, "X": X, "y": y, "b": floats(C)},
        "softmax_loss": {"W": W, "X": X, "y": y, "b": floats(C)},
        "svm_loss": {"W": W, "X": X, "y": y, "b": floats(C)},
        "softmax_cross_entropy": {"s": s, "y": y},
        "multiclass_hinge": {"s": s, "y": y},
        "l2": {"W": W},
        "l1": {"W": W},
        "elastic_net": {"W": W},
        "Objective": {"X": X, "y": y},
        "Objective.value_and_grad": {"X": X, "y": y, "W": W},
        "Objective.value": {"X": X, "y": y, "W": W},
        "Objective.values": {"X": X, "y": y, "Ws": np.array([W, W])},
        "Objective.terms": {"X": X, "y": y, "W": W},
        "Objective.predict": {"X": X, "y": y, "W": W},
        "Objective.accuracy": {"X": X, "y": y, "W": W},
        "random_search": {"X": X, "y": y, "num_tries": 2, "rng": 0},
        "gradient_descent": {"loss_fn": _bowl, "w0": floats(3), "learning_rate": 0.1, "num_steps": 2},
        **{f"minimize, {method}": {"fun": _bowl, "x0": floats(3), "steps": 3} for method in MINIMIZERS},
        "LBFGS": {"x0": floats(C, D), "g": floats(C, D)},
        "numeric_gradient": {"f": lambda x: float(np.sum(x)), "x": floats(3, dtype=np.float64)},
        "numeric_gradient, Objective": {"X": X, "y": y, "W": W},
        "LinearClassifier": {},
        "LinearClassifier.train": {"X": X, "y": y, "num_iters": 2, "rng": 0},
        "LinearClassifier.loss": {"X": X, "y": y},
        "LinearClassifier.predict": {"X": X},
        "LinearClassifier.accuracy": {"X": X, "y": y},
        "set_num_threads": {"threads": deeprob.get_num_threads()},
        **{f"optim.{name}": {"params": floats(C, D), "grads": floats(C, D)} for name in deeprob.optim.NAMES},
        "landscapes.bowl": {},
        "landscapes.noisy": {"scale": 0.1, "rng": 0},
        "landscapes.condition_number": {"H": np.diag([1.0, 2.0])},
        "landscapes.loss_slice": {"objective": deeprob.Objective(X, y), "W": W, "rng": 0},
        "landscapes.mgh": {"w": floats(2)},
        "Landscape": {"w": floats(2)},
        "Landscape.hvp": {"w": floats(2), "v": floats(2)},
        "Landscape.values": {"points": floats(N, 2)},
        "Landscape.grid": {"x": floats(N), "y": floats(D)},
    }[function]
    return Call(function, arguments)


TAKE_W = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss", "l2", "l1", "elastic_net"]
TAKE_W += ["Objective.value_and_grad", "Objective.value", "Objective.terms"]
TAKE_W += ["Objective.predict", "Objective.accuracy"]
TAKE_X = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss", "Objective", "random_search"]
TAKE_X += ["LinearClassifier.train", "LinearClassifier.loss", "LinearClassifier.predict"]
TAKE_X += ["LinearClassifier.accuracy"]
TAKE_Y = ["accuracy", "softmax_loss", "svm_loss", "softmax_cross_entropy", "multiclass_hinge", "Objective"]
TAKE_Y += ["random_search", "LinearClassifier.train", "LinearClassifier.loss", "LinearClassifier.accuracy"]
# For these a label C is one class more, not an error.
FIND_C = ["Objective", "random_search", "LinearClassifier.train"]
TAKE_B = ["scores", "predict", "accuracy", "softmax_loss", "svm_loss"]
TAKE_INDEX = [*TAKE_B, "Objective.value_and_grad", "Objective.value", "Objective.terms"]
TAKE_OUT = ["scores", "predict", "softmax_loss", "svm_loss", "softmax_cross_entropy", "multiclass_hinge"]
TAKE_OUT += ["l2", "l1", "elastic_net", "Objective.value_and_grad"]
TAKE_EXAMPLE_AXIS = [*TAKE_B, "softmax_cross_entropy", "multiclass_hinge", "Objective", "random_search"]
TAKE_CLASS_AXIS = [*TAKE_B, "Objective", "LinearClassifier"]
TAKE_THREADS = [*TAKE_B, "Objective", "random_search", "LinearClassifier", "set_num_threads"]
OPTIMIZERS = [f"optim.{name}" for name in deeprob.optim.NAMES]
TAKE_THREADS += [*OPTIMIZERS, "Landscape.values", "Landscape.grid"]
TAKE_REG = ["softmax_loss", "svm_loss", "Objective", "LinearClassifier.train", "LinearClassifier.loss"]
TAKE_REG_TYPE = ["softmax_loss", "svm_loss", "Objective", "LinearClassifier"]

# ---- wrong arguments ------------------------------------------------------------------------

BOTH = (TypeError, ValueError)


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


# ---- the list -------------------------------------------------------------------------------


def refused_calls() -> Iterator[Refused]:
    """Every wrong call."""
    yield from _wrong_arrays()
    yield from _wrong_sizes()
    yield from _wrong_labels_and_positions()
    yield from _wrong_outs()
    yield from _wrong_choices()
    yield from _wrong_numbers()
    yield from _wrong_descents_and_searches()
    yield from _wrong_optimizers()
    yield from _wrong_minimizers()
    yield from _wrong_landscapes()


def _wrong_arrays():
    for function in TAKE_W:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["W"], bytes_too=True):
            yield Refused(what, call.but(W=value), "W", error, words)
    for function in TAKE_X:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["X"]):
            # An Objective makes arrays of its arguments, and says what it made of them.
            of_objective = what in ("None", "text") and function in (*FIND_C, "LinearClassifier.loss")
            yield Refused(
                what,
                call.but(X=value),
                "X",
                BOTH if of_objective else error,
                () if of_objective else words,
            )
    for function in ["softmax_cross_entropy", "multiclass_hinge"]:
        call = right(function)
        for what, value, words, error in wrong_matrices(call.arguments["s"], bytes_too=True):
            yield Refused(what, call.but(s=value), "s", error, words)
    for function in TAKE_B:
        call = right(function)
        b = call.arguments["b"]
        for what, value, words in wrong_dtypes(b, bytes_too=True):
            yield Refused(what, call.but(b=value), "b", TypeError, words)
        for value in [b[:-1], np.append(b, b), b[:, None], b[None], np.float32(1)]:
            what = f"shape {np.shape(value)}"
            yield Refused(what, call.but(b=value), "b", ValueError, (str(np.shape(value)), "C = 3"))
        yield Refused("masked", call.but(b=np.ma.masked_array(b, mask=b > 0)), "b", TypeError, ("mask",))
        yield Refused("text", call.but(b="0"), "b", BOTH)


def _wrong_sizes():
    W_T, hint = floats(3073, 10), "If your W is (D, C), as in the course's assignments, pass class_axis=1"
    words = ("W has shape (3073, 10); expected (C, D) with D = 3073", hint)
    for function in [*TAKE_B, "Objective.value", "Objective.value_and_grad", "Objective.predict"]:
        call = right(function).but(W=W_T, X=floats(N, 3073))
        call.arguments.pop("b", None)
        yield Refused("transposed", call, "W", ValueError, words)
    for function in TAKE_B:
        call = right(function)
        call.arguments.pop("b")
        lecture = "If your W is (C, D), as in the lecture, leave out class_axis=1"
        shapes = [
            ({"class_axis": 1}, ("(3, 4)", "(D, C)", "D = 4", lecture)),
            ({"X": floats(D, N)}, ("D = 5", "pass example_axis=1")),
            ({"example_axis": 1}, ("D = 5", "leave out example_axis=1")),
            ({"W": floats(C, D + 1)}, ("(3, 5)", "D = 4")),
        ]
        for k, (changes, words) in enumerate(shapes):
            yield Refused(f"mismatch {k}", call.but(**changes), "W", ValueError, words)
        no_class, no_feature = call.but(W=floats(0, D)), call.but(W=floats(C, 0), X=floats(N, 0))
        yield Refused("no classes", no_class, "W", ValueError, ("(0, 4)", "at least one class"))
        yield Refused("no features", no_feature, "X", ValueError, ("(5, 0)", "at least one feature"))
    for function in ["softmax_loss", "svm_loss", "accuracy", "LinearClassifier.loss"]:
        call = right(function).but(X=floats(0, D), y=labels(0))
        argument = "y" if "Classifier" in function else "X"
        yield Refused("no examples", call, argument, ValueError, ("example",))
    for function in FIND_C:
        call = right(function).but(X=floats(0, D), y=labels(0))
        yield Refused("no examples", call, "y", ValueError, ("(0,)", "at least one example"))
    for function in ["softmax_cross_entropy", "multiclass_hinge"]:
        for s, y in [(floats(0, C), labels(0)), (floats(N, 0), np.zeros(N, int))]:
            yield Refused(f"shape {s.shape}", right(function).but(s=s, y=y), "s", ValueError, (str(s.shape),))


def _wrong_labels_and_positions():
    for function in TAKE_Y:
        call = right(function)
        for what, value, words, error in wrong_labels(call.arguments["y"]):
            if what == "None" and function in (*FIND_C, "LinearClassifier.loss", "LinearClassifier.accuracy"):
                words = ()
            if "Classifier" in function or function in FIND_C:
                words = tuple(w for w in words if w not in ("N = 5",))
            yield Refused(what, call.but(y=value), "y", error, words)
        if function in FIND_C:
            continue
        for label in [C, C + 1, 127, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1]:
            bad = call.but(y=changed(call.arguments["y"], 2, label))
            words = (f"y[2] is {label}", "0..2", "C = 3")
            yield Refused(f"label {label}", bad, "y", ValueError, words)
    for function in TAKE_INDEX:
        call = right(function)
        index = np.array([0, 1, 2])
        for what, value, words in wrong_integers(index):
            if what == "bool":
                words = ("boolean", "np.flatnonzero(index)")
            yield Refused(what, call.but(index=value), "index", TypeError, words)
        for position in [N, -N - 1, 2**31, -(2**63), 2**63 - 1, 2**63, 2**64 - 1]:
            bad = call.but(index=changed(index, 1, position))
            words = (f"index[1] is {position}", "0..4", "N = 5")
            yield Refused(f"position {position}", bad, "index", IndexError, words)
        for value in [index[None], index[:, None], np.int64(0), index[None, None]]:
            what = f"shape {value.shape}"
            yield Refused(what, call.but(index=value), "index", ValueError, (str(value.shape),))
        yield Refused("ragged", call.but(index=[[0], [1, 2]]), "index", ValueError)
    for function in ["accuracy", "softmax_loss", "svm_loss", "Objective.value"]:
        call = right(function).but(index=np.array([], int))
        yield Refused("no examples", call, "index", ValueError, ("example",))
    for function in ["accuracy", "softmax_loss", "svm_loss"]:
        call = right(function).but(y=changed(labels(), 3, C), index=np.array([0, -2]))
        yield Refused("label C by index", call, "y", ValueError, ("y[3] is 3",))


def _wrong_outs():
    for function in TAKE_OUT:
        call = right(function)
        for what, value, words, error in wrong_outs(*out_of(function)):
            yield Refused(what, call.but(out=value), "out", error, words)
    for function, given in [
        ("scores", ("W", "X", "b")),
        ("predict", ("W", "X", "b")),
        ("softmax_cross_entropy", ("s", "y")),
        ("multiclass_hinge", ("s", "y")),
        ("softmax_loss", ("y",)),
        ("svm_loss", ("y",)),
    ]:
        for argument in given:
            out, view = out_over(right(function).arguments[argument], *out_of(function))
            call = right(function).but(out=out, **{argument: view})
            yield Refused(f"over {argument}", call, "out", ValueError, ("shares memory with", argument))
    for function in ["scores", "predict", "softmax_loss", "svm_loss"]:
        out, view = out_over(np.arange(N), *out_of(function))
        call = right(function).but(out=out, index=view)
        yield Refused("over index", call, "out", ValueError, ("shares memory with", "index"))
    for function in ["l2", "l1", "elastic_net"]:
        wide = floats(C, D + 1)
        call = right(function).but(W=wide[:, 1:], out=wide[:, :-1])
        yield Refused("over a part of W", call, "out", ValueError, ("shares memory with W",))


def out_over(values, shape, dtype):
    """An array for a result, and `values` in the same memory from its second byte on."""
    values = np.asarray(values)
    size = max(values.nbytes + 8, int(np.prod(shape)) * np.dtype(dtype).itemsize)
    memory = np.zeros(size, np.uint8)
    out = memory[: int(np.prod(shape)) * np.dtype(dtype).itemsize].view(dtype).reshape(shape)
    view = memory[8 : 8 + values.nbytes].view(values.dtype).reshape(values.shape)
    view[...] = values
    return out, view


def _wrong_choices():
    for name, functions in [("example_axis", TAKE_EXAMPLE_AXIS), ("class_axis", TAKE_CLASS_AXIS)]:
        for function in functions:
            for axis in WRONG_AXES:
                call = right(function).but(**{name: axis})
                yield Refused(repr(axis), call, name, BOTH, (repr(axis), "0", "1"))
    for function in TAKE_THREADS:
        for threads, error in WRONG_THREADS:
            yield Refused(repr(threads), right(function).but(threads=threads), "threads", error)
    for function in TAKE_REG_TYPE:
        for reg_type in ["L2", "l3", "", None, 2, ["l2"], np.array(["l1", "l2"])]:
            call = right(function).but(reg_type=reg_type)
            yield Refused(repr(reg_type), call, "reg_type", BOTH, ("'l2', 'l1', 'elastic'",))
    for function in ["Objective", "random_search", "LinearClassifier"]:
        for loss in ["hinge", "SVM", "", None, 0, ["svm"], {}]:
            call = right(function).but(loss=loss)
            yield Refused(repr(loss), call, "loss", BOTH, (repr(loss), "'softmax'", "'svm'"))


def _wrong_numbers():
    for function in TAKE_REG:
        for reg, error in WRONG_WEIGHTS:
            yield Refused(_short(reg), right(function).but(reg=reg), "reg", error)
    wrong_ratios = [*WRONG_WEIGHTS, (1.0000001, ValueError), (2, ValueError)]
    for ratio, error in wrong_ratios:
        yield Refused(_short(ratio), right("elastic_net").but(l1_ratio=ratio), "l1_ratio", error)
        for function in TAKE_REG_TYPE:
            call = right(function).but(l1_ratio=ratio, reg_type="elastic")
            yield Refused(_short(ratio), call, "l1_ratio", error)
    for function in TAKE_REG_TYPE:
        call = right(function).but(l1_ratio=2.0)
        yield Refused("2.0, not used", call, "l1_ratio", ValueError, ("2.0",))
    for function in ["svm_loss", "multiclass_hinge", "Objective", "LinearClassifier"]:
        for delta, error in WRONG_NUMBERS:
            call = right(function).but(delta=delta)
            if "O" in function or "C" in function:
                call = call.but(loss="svm")
            yield Refused(_short(delta), call, "delta", error)
    for function, name in [("random_search", "scale"), ("LinearClassifier", "scale")]:
        for value, error in WRONG_WEIGHTS:
            yield Refused(_short(value), right(function).but(**{name: value}), name, error)


def _short(value):
    return repr(value) if len(repr(value)) < 40 else "10**400"


def _wrong_descents_and_searches():
    for function, name in [
        ("random_search", "num_tries"),
        ("gradient_descent", "num_steps"),
        ("LinearClassifier.train", "num_iters"),
    ]:
        for value, error in WRONG_COUNTS:
            yield Refused(repr(value), right(function).but(**{name: value}), name, error)
    yield Refused("0", right("random_search").but(num_tries=0), "num_tries", ValueError, ("at least 1",))
    for function in ["random_search", "LinearClassifier.train"]:
        for value, error in [c for c in WRONG_COUNTS if c[0] is not None] + [(0, ValueError)]:
            yield Refused(repr(value), right(function).but(num_classes=value), "num_classes", error)
    for function in ["random_search", "LinearClassifier.train", "gradient_descent"]:
        call = right(function)
        if function == "gradient_descent":
            call = call.but(loss_fn=deeprob.Objective(floats(N, D), labels()), w0=floats(C, D), batch_size=2)
        wrong_seeds = [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), ("0", TypeError)]
        for rng, error in [*wrong_seeds, (True, TypeError), ([0], TypeError)]:
            yield Refused(repr(rng), call.but(rng=rng), "rng", error)
        yield Refused("callback", call.but(callback=3), "callback", TypeError, ("int",))
        if function != "random_search":
            sizes = [c for c in WRONG_COUNTS if c[0] is not None]
            for value, error in [*sizes, (0, ValueError)]:
                yield Refused(repr(value), call.but(batch_size=value), "batch_size", error)
            for value in ["random", None, ["shuffle"]]:
                words = ("'shuffle', 'replacement'",)
                yield Refused(repr(value), call.but(sampling=value), "sampling", BOTH, words)
            for value, error in WRONG_WEIGHTS[:-1]:
                yield Refused(_short(value), call.but(learning_rate=value), "learning_rate", error)
    call = right("gradient_descent")
    yield Refused("without data", call.but(batch_size=2), "batch_size", ValueError, ("data",))
    for value in [None, 3, "svm", (0.0, floats(3))]:
        yield Refused(repr(value)[:12], call.but(loss_fn=value), "loss_fn", TypeError)
    for what, returned in [
        ("a number", 1.0),
        ("None", None),
        ("a list", [1.0, floats(3)]),
        ("three", (1.0, floats(3), 0)),
        ("a text", ("a", floats(3))),
        ("no gradient", (1.0, None)),
    ]:
        wrong = call.but(loss_fn=lambda w, returned=returned: returned)  # noqa: ARG005
        yield Refused(f"returns {what}", wrong, "loss_fn", BOTH, ("returned",))
    wrong = call.but(loss_fn=lambda w: (1.0, np.zeros((w.size, 1))))
    yield Refused("another shape", wrong, "loss_fn", ValueError, ("(3, 1)", "(3,)"))
    for what, w0 in [("None", None), ("text", "abc"), ("complex", [1j]), ("objects", [None]), ("dict", {})]:
        yield Refused(what, call.but(w0=w0), "w0", TypeError)
    yield Refused("ragged", call.but(w0=[[1.0], [1.0, 2.0]]), "w0", ValueError)
    masked = np.ma.masked_array(floats(3), mask=[True, False, False])
    yield Refused("masked", call.but(w0=masked), "w0", TypeError, ("mask",))
    for what, data in [
        ("a number", 5),
        ("one array", (floats(N, D),)),
        ("three arrays", (floats(N, D), labels(), labels())),
        ("unequal", (floats(N, D), labels(N + 1))),
        ("0-D", (floats(), labels(1)[0])),
    ]:
        yield Refused(what, call.but(data=data), "data", BOTH)
    objective = deeprob.Objective(floats(N, D), labels())
    both = call.but(loss_fn=objective, w0=floats(C, D), data=(floats(N, D), labels()))
    yield Refused("and an Objective", both, "data", ValueError)
    for value in ["losses", None, ["loss"]]:
        yield Refused(repr(value), call.but(record=value), "record", BOTH, ("'loss', 'trajectory'",))

    call = right("numeric_gradient")
    for h, error in [*WRONG_WEIGHTS, (0.0, ValueError), (0, ValueError)]:
        yield Refused(_short(h), call.but(h=h), "h", error)
    for what, x in [("None", None), ("text", "abc"), ("complex", [1j]), ("objects", [None]), ("dict", {})]:
        yield Refused(what, call.but(x=x), "x", TypeError)
    yield Refused("ragged", call.but(x=[[1.0], [1.0, 2.0]]), "x", ValueError)
    yield Refused("masked", call.but(x=masked), "x", TypeError, ("mask",))
    for f in [None, 3, "f"]:
        yield Refused(repr(f), call.but(f=f), "f", TypeError)
    for what, returned in [
        ("None", None),
        ("a text", "a"),
        ("()", ()),
        ("an array", np.zeros(2)),
        ("1j", 1j),
    ]:
        wrong = call.but(f=lambda x, returned=returned: returned)  # noqa: ARG005
        yield Refused(f"returns {what}", wrong, "f", TypeError, ("returned",))
    for method in ["centre", None, ["central"]]:
        words = ("'central', 'forward'",)
        yield Refused(repr(method), call.but(method=method), "method", BOTH, words)


def _wrong_optimizers():
    for function in OPTIMIZERS:
        call = right(function)
        for what, value, words in wrong_dtypes(call.arguments["params"], bytes_too=True):
            yield Refused(what, call.but(params=value), "params", TypeError, words)
            second = call.but(params=[floats(3), value])
            yield Refused(f"second {what}", second, "params", TypeError, ("params[1]", *words))
            grads = value if value.shape == (C, D) else value.reshape(C, D)
            yield Refused(what, call.but(grads=grads), "grads", TypeError, words)
        masked = np.ma.masked_array(floats(C, D), mask=True)
        frozen = floats(C, D)
        frozen.flags.writeable = False
        for what, value, words in [
            ("None", None, ("NoneType",)),
            ("number", 1.5, ("float", "ndarray")),
            ("NumPy's number", np.float32(1.5), ("float32", "ndarray")),
            ("text", "abc", ("str",)),
            ("generator", (a for a in [floats(3)]), ("generator",)),
            ("numbers", [1.0, 2.0], ("params[0] is a float",)),
            ("masked", masked, ("MaskedArray",)),
            ("read-only", frozen, ("read-only",)),
        ]:
            yield Refused(what, call.but(params=value), "params", TypeError, words)
        for what, value in [
            ("stride 0", as_strided(floats(D), (C, D), (0, 4))),
            ("overlapping itself", as_strided(floats(C * D), (C, D), (4, 4))),
            ("three axes", as_strided(floats(C * D), (2, 2, 2), (8, 4, 8))),
            ("empty", []),
        ]:
            yield Refused(what, call.but(params=value), "params", ValueError)
        for what, value, words, error in [
            ("number", 1.5, ("float", "(3, 4)"), TypeError),
            ("list", floats(C, D).tolist(), ("list",), TypeError),
            ("masked", masked, ("MaskedArray",), TypeError),
            ("float64", floats(C, D, dtype=np.float64), ("float64", "float32"), TypeError),
            ("transposed", floats(D, C), ("(4, 3)", "(3, 4)"), ValueError),
            ("one axis more", floats(1, C, D), ("(1, 3, 4)", "(3, 4)"), ValueError),
            ("0-D", np.array(1, np.float32), ("()", "(3, 4)"), ValueError),
        ]:
            yield Refused(what, call.but(grads=value), "grads", error, words)
        params = floats(C, D)
        yield Refused(
            "itself", call.but(params=params, grads=params), "grads", ValueError, ("shares memory",)
        )
        for lr, error in WRONG_WEIGHTS:
            yield Refused(_short(lr), call.but(lr=lr), "lr", error)
    for value, error in [*WRONG_WEIGHTS, (1.5, ValueError)]:
        yield Refused(_short(value), right("optim.momentum").but(momentum=value), "momentum", error)
    for value in ["lookahead", None, 1]:
        call = right("optim.momentum").but(formulation=value)
        yield Refused(repr(value), call, "formulation", BOTH, ("'velocity', 'displacement'",))
    for value, error in [*WRONG_WEIGHTS, (1.0, ValueError)]:
        for betas in [(value, 0.5), (0.5, value)]:
            yield Refused(_short(value), right("optim.adam").but(betas=betas), "betas", error)
    for value, error in WRONG_WEIGHTS:
        yield Refused(_short(value), right("optim.adam").but(eps=value), "eps", error)
    for value in [0.9, None, (0.9,), "ab "]:
        yield Refused(repr(value), right("optim.adam").but(betas=value), "betas", TypeError)
    for value in [None, 1, "yes", np.array([True])]:
        for function, key in [
            ("optim.adam", "bias_correction"),
            ("optim.adam", "amsgrad"),
            ("optim.adamw", "amsgrad"),
            ("optim.rmsprop", "centered"),
            ("optim.sgd", "keep_update"),
        ]:
            yield Refused(f"{key} {value!r}", right(function).but(**{key: value}), key, TypeError)
    for function in ["optim.adam", "optim.adamw", "optim.rmsprop", "optim.adagrad"]:
        for value in ["hats", None, 1, ["inside"]]:
            call = right(function).but(eps_mode=value)
            yield Refused(repr(value), call, "eps_mode", BOTH, ("'outside', 'inside'",))
    for value, error in [*WRONG_WEIGHTS, (1.5, ValueError)]:
        yield Refused(_short(value), right("optim.momentum").but(dampening=value), "dampening", error)
        yield Refused(_short(value), right("optim.rmsprop").but(momentum=value), "momentum", error)


def _wrong_minimizers():
    for method in MINIMIZERS:
        call = right(f"minimize, {method}")
        for steps, error in [(-1, ValueError), (1.5, TypeError), ("3", TypeError), (True, TypeError)]:
            yield Refused(repr(steps), call.but(steps=steps), "steps", error)
        for name in ["gtol", "ftol", "xtol", "max_time"]:
            for value, error in WRONG_WEIGHTS:
                if value is not None:
                    yield Refused(_short(value), call.but(**{name: value}), name, error)
        for name in ["fun", "jac", "hess", "hessp", "callback"]:
            yield Refused("3", call.but(**{name: 3}), name, TypeError, ("3" if name == "jac" else "int",))
        for x0, error in _wrong_starts():
            yield Refused(_short(x0), call.but(x0=x0), "x0", error)
        yield Refused("a wrong name", call.but(record="x"), "record", ValueError, ("'grad_norm'",))
        yield Refused("batches", call.but(batch_size=2), "batch_size", TypeError, ("Objective",))
        for what, returned, error in [
            ("None", None, TypeError),
            ("a text", "a", TypeError),
            ("an array", np.zeros(2), TypeError),
            ("three", (1.0, 2.0, 3.0), TypeError),
            ("a text as the gradient", (1.0, "abc"), TypeError),
            ("a gradient of another shape", (1.0, np.zeros(4)), ValueError),
        ]:
            wrong = call.but(fun=lambda x, returned=returned: returned)  # noqa: ARG005
            yield Refused(f"returns {what}", wrong, "fun", error, ("returned",))
    call = right("LBFGS")
    for x0, error in _wrong_starts():
        yield Refused(_short(x0), call.but(x0=x0), "x0", error)
    for g in [floats(D, C), floats(C * D), 1.0, "abc", None, floats(C, D).astype(complex)]:
        if g is not None:
            yield Refused(_short(g), call.but(g=g), "g", BOTH)
    for f in ["x", None, 1j, [1.0, 2.0]]:
        yield Refused(repr(f), call.but(f=np.array(f, object)), "f", BOTH)
    for m, error in WRONG_COUNTS:
        yield Refused(repr(m), call.but(m=m), "m", error)


def _wrong_starts():
    yield np.zeros((0, 3)), ValueError
    yield np.zeros(3, np.float16), TypeError
    yield np.zeros(3, complex), TypeError
    yield np.ma.masked_array(floats(3), mask=True), TypeError
    yield "abc", BOTH
    yield [[1.0], [1.0, 2.0]], ValueError


def _wrong_landscapes():
    for function, argument in [
        ("Landscape", "w"),
        ("Landscape.hvp", "v"),
        ("Landscape.values", "points"),
        ("Landscape.grid", "x"),
        ("Landscape.grid", "y"),
        ("landscapes.mgh", "w"),
        ("landscapes.loss_slice", "W"),
    ]:
        call = right(function)
        good = call.arguments[argument]
        for what, value, words in wrong_dtypes(good, bytes_too=True):
            yield Refused(what, call.but(**{argument: value}), argument, TypeError, words)
        for what, value in [
            ("None", None),
            ("text", "abc"),
            ("masked", np.ma.masked_array(good, mask=True)),
            ("ragged", [[1.0], [1.0, 2.0]]),
        ]:
            yield Refused(what, call.but(**{argument: value}), argument, BOTH)
        if function != "landscapes.loss_slice":
            for value in [np.float32(1), good[None, None]]:
                what = f"shape {value.shape}"
                yield Refused(what, call.but(**{argument: value}), argument, ValueError, (str(value.shape),))
    for value, error in WRONG_WEIGHTS:
        yield Refused(_short(value), right("landscapes.noisy").but(scale=value), "scale", error)
        call = right("landscapes.bowl").but(condition_number=value)
        yield Refused(_short(value), call, "condition_number", error)
    for value, error in WRONG_COUNTS:
        yield Refused(repr(value), right("landscapes.bowl").but(n=value), "n", error)
    for H in [np.zeros((2, 0)), np.zeros(3), np.full((2, 2), np.nan), None, "abc", np.eye(2) * 1j]:
        yield Refused(repr(H)[:20], right("landscapes.condition_number").but(H=H), "H", BOTH)


# (function, wrong keyword, the right one)
KEYWORDS = [
    ("minimize, lbfgs", "maxiter", "steps"),
    ("minimize, lbfgs", "tol", "gtol"),
    ("minimize, lbfgs", "history_size", "m"),
    ("minimize, adam", "learning_rate", "lr"),
    ("minimize, adam", "seed", "rng"),
    ("LBFGS", "maxcor", "m"),
    ("LBFGS", "maxls", "max_evals"),
    ("landscapes.bowl", "rotaton", "rotation"),
    ("landscapes.loss_slice", "seed", "rng"),
    ("Landscape.grid", "n_jobs", "threads"),
    ("gradient_descent", "lr", "learning_rate"),
    ("gradient_descent", "step_size", "learning_rate"),
    ("gradient_descent", "learning_rte", "learning_rate"),
    ("gradient_descent", "num_iters", "num_steps"),
    ("gradient_descent", "max_iter", "num_steps"),
    ("gradient_descent", "steps", "num_steps"),
    ("gradient_descent", "iterations", "num_steps"),
    ("gradient_descent", "batchsize", "batch_size"),
    ("gradient_descent", "seed", "rng"),
    ("gradient_descent", "random_state", "rng"),
    ("LinearClassifier.train", "lr", "learning_rate"),
    ("LinearClassifier.train", "num_steps", "num_iters"),
    ("LinearClassifier.train", "steps", "num_iters"),
    ("LinearClassifier.train", "iterations", "num_iters"),
    ("LinearClassifier.train", "max_iter", "num_iters"),
    ("LinearClassifier.train", "lambda_", "reg"),
    ("LinearClassifier.train", "seed", "rng"),
    ("softmax_loss", "lambda_", "reg"),
    ("softmax_loss", "alpha", "reg"),
    ("softmax_loss", "weight_decay", "reg"),
    ("softmax_loss", "penalty", "reg_type"),
    ("softmax_loss", "bias", "b"),
    ("softmax_loss", "indices", "index"),
    ("softmax_loss", "n_jobs", "threads"),
    ("svm_loss", "margin", "delta"),
    ("svm_loss", "num_threads", "threads"),
    ("scores", "axis", "example_axis"),
    ("scores", "idx", "index"),
    ("predict", "bias", "b"),
    ("accuracy", "n_jobs", "threads"),
    ("softmax_cross_entropy", "axis", "example_axis"),
    ("multiclass_hinge", "margin", "delta"),
    ("elastic_net", "ratio", "l1_ratio"),
    ("l2", "output", "out"),
    ("l1", "outs", "out"),
    ("Objective", "lambda_", "reg"),
    ("Objective", "alpha", "reg"),
    ("Objective", "penalty", "reg_type"),
    ("Objective", "n_jobs", "threads"),
    ("Objective", "axis", "example_axis"),
    ("LinearClassifier", "penalty", "reg_type"),
    ("LinearClassifier", "regtype", "reg_type"),
    ("LinearClassifier", "num_threads", "threads"),
    ("random_search", "seed", "rng"),
    ("random_search", "tries", "num_tries"),
    ("random_search", "n_classes", "num_classes"),
    ("numeric_gradient", "eps", "h"),
    ("optim.sgd", "learning_rate", "lr"),
    ("optim.sgd", "step_size", "lr"),
    ("optim.momentum", "learning_rate", "lr"),
    ("optim.momentum", "rho", "momentum"),
    ("optim.momentum", "formulaton", "formulation"),
    ("optim.adam", "alpha", "lr"),
    ("optim.adam", "beta1", "betas"),
    ("optim.adam", "beta_2", "betas"),
    ("optim.adam", "epsilon", "eps"),
    ("optim.adam", "num_threads", "threads"),
    ("optim.adam", "eps_root", "eps_mode"),
    ("optim.rmsprop", "rho", "decay_rate"),
]
