"""Wrong calls of `deeprob.compare_regularizers` and `deeprob.calibration_error`; see `refused_calls`."""

import numpy as np
from public_calls import C, N, floats, labels, right
from wrong_values import BOTH, WRONG_COUNTS, WRONG_WEIGHTS, Refused, short, wrong_labels

import deeprob


def refused_regularizers():
    yield from _wrong_comparisons()
    yield from _wrong_calibrations()
    yield from _wrong_fits()


def _wrong_examples(call, names):
    for name in names:
        for what, value in [
            ("None", None),
            ("a number", 1.0),
            ("texts", floats(N, 4).astype(str)),
            ("complex", floats(N, 4) * 1j),
            ("objects", floats(N, 4).astype(object)),
            ("1-D", floats(4)),
            ("9-D", floats(*[1] * 9)),
            ("no examples", floats(0, 4)),
        ]:
            yield Refused(what, call.but(**{name: value}), name, BOTH)


def _wrong_comparisons():
    call = right("compare_regularizers")
    yield from _wrong_examples(call, ("X_train", "X_test"))
    for name in ("y_train", "y_test"):
        for what, value in [("None", None), ("floats", floats(N)), ("2-D", np.eye(N)), ("short", labels(2))]:
            yield Refused(what, call.but(**{name: value}), name, BOTH)
        yield Refused("negative", call.but(**{name: labels() - 1}), name, ValueError, ("is -1",))
    for methods in [None, 3, [], ["l3"], [None], ["l2", "l2"], {"a": 0.5}, {3: "l2"}, {"none": "l2"}]:
        yield Refused(repr(methods), call.but(methods=methods), "methods", BOTH)
    for shape in [3, (5,), (1, 1, 1, 1), (2.0, 2)]:
        yield Refused(repr(shape), call.but(image_shape=shape), "image_shape", BOTH)
    for name in ("width", "depth", "epochs", "batch_size"):
        for value, error in [*WRONG_COUNTS, (0, ValueError)]:
            yield Refused(repr(value), call.but(**{name: value}), name, error)
    for value in [0, N + 1, 1.5, "1", True]:
        yield Refused(repr(value), call.but(train_size=value), "train_size", BOTH)
    for value in [3, None, "34", (0,), (1.5,)]:
        yield Refused(repr(value), call.but(hidden=value), "hidden", BOTH)
    for value in [0, -1, None, 1.5, "3", [], [1, 1], [-1], [2**32], [0.5], True]:
        yield Refused(repr(value), call.but(seeds=value), "seeds", BOTH)
    for value, _ in WRONG_WEIGHTS:
        for name in ("lr", "l2", "l1", "elastic", "l1_ratio", "dropout", "mixup", "survival"):
            yield Refused(short(value), call.but(**{name: value}), name, BOTH)
    for value in [0, 1.5, "1", True]:
        yield Refused(repr(value), call.but(cutout=value), "cutout", BOTH)
    for value in ["adamm", 3, lambda p: p, deeprob.optim.SGD(floats(3))]:
        yield Refused(short(value), call.but(optimizer=value), "optimizer", BOTH)


def _wrong_calibrations():
    call = right("calibration_error")
    good = call.arguments["probabilities"]
    for what, value in [
        ("None", None),
        ("1-D", good[0]),
        ("empty", good[:0]),
        ("integers", np.eye(N, dtype=int)),
        ("complex", good * 1j),
        ("scores", 2 * good),
        ("NaN", good * np.nan),
    ]:
        yield Refused(what, call.but(probabilities=value), "probabilities", BOTH)
    for what, value, words, error in wrong_labels(call.arguments["y"]):
        yield Refused(what, call.but(y=value), "y", error, words)
    yield Refused("a class more", call.but(y=labels() + 1), "y", ValueError, (f"0..{C - 1}",))
    for value, error in [*WRONG_COUNTS, (0, ValueError)]:
        yield Refused(repr(value), call.but(bins=value), "bins", error)


def _wrong_fits():
    call = right("nn.Sequential.fit")
    yield from _wrong_examples(call, ("X",))
    for what, value, words, error in wrong_labels(call.arguments["y"]):
        yield Refused(what, call.but(y=value), "y", error, words)
    for name in ("epochs", "batch_size"):
        for value, error in [*WRONG_COUNTS, (0, ValueError)]:
            yield Refused(repr(value), call.but(**{name: value}), name, error)
    for value, error in WRONG_WEIGHTS:
        yield Refused(short(value), call.but(reg=value), "reg", error)
        yield Refused(short(value), call.but(label_smoothing=value), "label_smoothing", error)
        if value is not None:
            yield Refused(short(value), call.but(lr=value), "lr", error)
    for rng in [-1, 2**32, 0.5, "0", True]:
        yield Refused(repr(rng), call.but(rng=rng), "rng", BOTH)
    for name in ("augment", "callback", "optimizer"):
        for value in [3, "x"]:
            yield Refused(repr(value), call.but(**{name: value}), name, BOTH)
