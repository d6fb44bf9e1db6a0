"""Wrong calls of `deeprob.augment`; see `refused_calls`."""

import numpy as np
from public_calls import AUGMENTATIONS, C, D, N, right
from wrong_values import (
    BOTH,
    WRONG_NUMBERS,
    WRONG_WEIGHTS,
    Refused,
    changed,
    short,
    wrong_labels,
    wrong_matrices,
    wrong_outs,
)

SIZES = [
    (0, ValueError),
    (-1, ValueError),
    (1.0, TypeError),
    ("1", TypeError),
    (None, TypeError),
    (True, TypeError),
]


def refused_augmentations():
    for function in AUGMENTATIONS:
        yield from _wrong_images(function)
        yield from _wrong_outs(function)
        for rng in [-1, 2**32, 0.5, "0", True]:
            yield Refused(repr(rng), right(function).but(rng=rng), "rng", BOTH)
    yield from _wrong_choices()
    yield from _wrong_mixups()


def _wrong_images(function):
    call = right(function)
    for what, value, words, error in wrong_matrices(call.arguments["images"]):
        if function == "augment.mixup" and what == "3-D":
            continue  # one image of two axes, and five labels
        words = (str(value.shape),) if what == "9-D" else words
        yield Refused(what, call.but(images=value), "images", error, words)


def _wrong_outs(function):
    call = right(function)
    for what, value, words, error in wrong_outs((N, D), np.float32):
        if function == "augment.mixup" and what == "another float dtype":
            continue  # that is what is computed in, then
        yield Refused(what, call.but(out=value), "out", error, words)
    wide = np.zeros((N, D + 1), np.float32)
    call = call.but(images=wide[:, 1:], out=wide[:, :-1])
    yield Refused("over a part of images", call, "out", ValueError, ("shares memory with images",))


def _wrong_choices():
    for function in ["augment.cutout", "augment.flip"]:
        for p, error in [*WRONG_WEIGHTS, (1.0000001, ValueError), (2, ValueError)]:
            yield Refused(short(p), right(function).but(p=p), "p", error)
    for function in ["augment.cutout", "augment.flip", "augment.crop"]:
        for axis in [0, 2, -2, "1", True, 0.0, (1,), 2**70]:
            yield Refused(repr(axis), right(function).but(channel_axis=axis), "channel_axis", BOTH)
        for shape in [
            4,
            (4,),
            (2, 3),
            (1, 2, 3),
            (1, 1, 2, 2),
            (0, 4),
            (-2, -2),
            (2.0, 2),
            "22",
            (2**40, 2**40),
        ]:
            named = "images" if shape in [(2, 3), (1, 2, 3), (2**40, 2**40)] else "image_shape"
            yield Refused(repr(shape), right(function).but(image_shape=shape), named, BOTH)
    for axis in [0, 1, 2, -3, "-1", None, True, -1.0]:
        yield Refused(repr(axis), right("augment.flip").but(axis=axis), "axis", ValueError, (repr(axis),))
    for size, error in SIZES:
        yield Refused(repr(size), right("augment.cutout").but(size=size), "size", error)
        if size is not None:
            yield Refused(repr(size), right("augment.crop").but(size=size), "size", error)
        if size != 0 or size is True:
            yield Refused(repr(size), right("augment.crop").but(padding=size), "padding", error)
    for size in [5, (1, 5), (5, 1), (1,), (1, 1, 1), 2**70]:
        yield Refused(repr(size), right("augment.crop").but(size=size), "size", ValueError)
    for fill, _ in WRONG_NUMBERS:
        if not isinstance(fill, list) and np.shape(fill) != (1,):
            yield Refused(short(fill), right("augment.cutout").but(fill=fill), "fill", BOTH)
    for fill in [np.inf, 1e39, [], [1, 2], [[0]], {}]:
        yield Refused(repr(fill), right("augment.cutout").but(fill=fill), "fill", BOTH)
    call = right("augment.cutout").but(images=np.zeros((N, D), np.uint8))
    for fill in [-1, 256, 0.5, 1e300]:
        yield Refused(f"{fill} for bytes", call.but(fill=fill), "fill", ValueError, ("0..255",))


def _wrong_mixups():
    call = right("augment.mixup")
    for alpha, error in [*WRONG_WEIGHTS, (0, ValueError), (0.0, ValueError)]:
        yield Refused(short(alpha), call.but(alpha=alpha), "alpha", error)
    for what, value, words, error in wrong_labels(call.arguments["y"]):
        words = tuple(word for word in words if word != "y.ravel()")
        yield Refused(what, call.but(y=value), "y", error, words)
    for label in [C, 127, 2**31, 2**63 - 1, 2**63, 2**64 - 1]:
        bad = call.but(y=changed(call.arguments["y"], 2, label), num_classes=C)
        yield Refused(f"label {label}", bad, "y", ValueError, (f"y[2] is {label}", "0..2"))
    good = np.full((N, C), 1 / C)
    for what, value in [("of 2", 2 * good), ("negative", good - [1, 0, -1]), ("NaN", good * np.nan)]:
        yield Refused(f"probabilities {what}", call.but(y=value), "y", ValueError, ("y[0]", "add up to 1"))
    for value in [good[:-1], good[:, :0]]:
        yield Refused(f"shape {value.shape}", call.but(y=value), "y", ValueError, (str(value.shape),))
    yield Refused("more classes", call.but(y=good, num_classes=C + 1), "y", ValueError, (str(C + 1),))
    for count in [0, -1, 1.5, "3", True]:
        yield Refused(repr(count), call.but(num_classes=count), "num_classes", BOTH)
    for per in ["pair", "", None, 1, ["image"]]:
        yield Refused(repr(per), call.but(per=per), "per", ValueError, ("'image', 'batch'",))
    for dtype in [np.uint8, "f2", "c8", ">f4", int]:
        yield Refused(repr(dtype), call.but(dtype=dtype), "dtype", ValueError, ("float32 or float64",))
