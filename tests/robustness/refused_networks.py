"""Wrong calls of `deeprob.nn`; see `refused_calls`. Messages word by word are in tests/nn."""

import numpy as np
from public_calls import INITIALIZATIONS, LAYERS, C, D, N, right
from wrong_values import BOTH, WRONG_COUNTS, WRONG_WEIGHTS, Refused, short, wrong_soft_labels

RNGS = [-1, 2**32, 0.5, "0", True]
DTYPES = [None, int, "f2", ">f4", "c8", "qqq"]
SIZES = [(0, ValueError), *WRONG_COUNTS]


def refused_networks():
    for function, argument in [*((name, "x") for name in LAYERS), ("nn.MLP.loss_and_grads", "X")]:
        call = right(function)
        for what, value, words in _wrong_batches(call.arguments[argument]):
            # Layers have the word: of a network it is the first one's.
            yield Refused(what, call.but(**{argument: value}), "x", BOTH, words)
    for function in LAYERS:
        call = right(function)
        for what, value, words in _wrong_batches(call.arguments["grad"]):
            yield Refused(what, call.but(grad=value), "grad", BOTH, words)
    yield from _wrong_numbers()
    yield from _wrong_choices()
    yield from _wrong_losses()


def _wrong_batches(x):
    yield "objects", x.astype(object), ("object",)
    yield "complex", x.astype(complex), ("complex128",)
    yield "texts", x.astype(str), ("<U",)
    yield "masked", np.ma.masked_array(x, mask=x > 0.5), ("mask",)
    yield "None", None, ("None",)
    yield "1-D", x[0], (str(x[0].shape), "(N, F)")
    yield "3-D", x[None], (str(x[None].shape), "(N, F)")
    yield "no examples", x[:0], (str(x[:0].shape),)
    yield "no features", x[:, :0], (str(x[:, :0].shape),)
    yield "ragged", [[1.0, 2.0], [3.0]], ()


def _wrong_numbers():
    for function, names in [
        ("nn.Linear", "in_features out_features"),
        ("nn.BatchNorm", "features"),
        ("nn.ResidualMLP", "in_features width depth out_features"),
        *((name, "fan_in fan_out") for name in INITIALIZATIONS),
    ]:
        for name in names.split():
            for value, error in SIZES:
                yield Refused(repr(value), right(function).but(**{name: value}), name, error)
    for function, name in [("nn.Dropout", "p"), ("nn.MLP", "dropout")]:
        for value, error in [*WRONG_WEIGHTS, (1.0, ValueError), (1, ValueError)]:
            yield Refused(short(value), right(function).but(**{name: value}), name, error)
    for function in ["nn.Residual", "nn.ResidualMLP"]:
        for value, error in [*WRONG_WEIGHTS, (0.0, ValueError), (1.0000001, ValueError)]:
            yield Refused(short(value), right(function).but(survival=value), "survival", error)
    for value, error in [*WRONG_WEIGHTS, (0.0, ValueError)]:
        yield Refused(short(value), right("nn.BatchNorm").but(eps=value), "eps", error)
        yield Refused(short(value), right("nn.KFAC").but(damping=value), "damping", error)
    for value, error in WRONG_COUNTS:
        yield Refused(repr(value), right("nn.KFAC").but(update_interval=value), "update_interval", error)
    for value, error in [*WRONG_WEIGHTS, (1.0000001, ValueError)]:
        if value is not None:
            yield Refused(short(value), right("nn.BatchNorm").but(momentum=value), "momentum", error)
    for value, error in WRONG_WEIGHTS:
        yield Refused(short(value), right("nn.init.lecture").but(scale=value), "scale", error)


def _wrong_choices():
    for function in ["nn.Linear", "nn.MLP", "nn.ResidualMLP"]:
        for init in [None, "he", "", 3]:
            yield Refused(repr(init), right(function).but(init=init), "init", ValueError, ("'kaiming'",))
    for function in ["nn.Linear", "nn.Dropout", "nn.Residual", "nn.MLP", "nn.ResidualMLP", *INITIALIZATIONS]:
        for rng in RNGS if function != "nn.init.zeros" else []:
            yield Refused(repr(rng), right(function).but(rng=rng), "rng", BOTH)
    for function in ["nn.Linear", "nn.BatchNorm", "nn.MLP", "nn.ResidualMLP", *INITIALIZATIONS]:
        for dtype in DTYPES:
            yield Refused(repr(dtype), right(function).but(dtype=dtype), "dtype", TypeError, ("float32",))
    for function, name in [("nn.Linear", "bias"), ("nn.MLP", "batch_norm"), ("nn.ResidualMLP", "batch_norm")]:
        for value in [None, 1, "no"]:
            yield Refused(
                repr(value), right(function).but(**{name: value}), name, TypeError, ("True or False",)
            )
    for sizes in [3, (3,), (), None, (3, 0), (3, 2.5), (3, "2"), {3, 2}]:
        yield Refused(repr(sizes), right("nn.MLP").but(sizes=sizes), "sizes", BOTH)


def _wrong_losses():
    call = right("nn.MLP.loss_and_grads")
    for what, value, words in wrong_soft_labels(np.full((N, C), 1 / C)):
        yield Refused(what, call.but(y=value), "y", BOTH, words)
    for y in [np.arange(N) - 1, np.arange(N) + C, np.zeros(N - 1, int), np.zeros(N), None, 0]:
        yield Refused(repr(y), call.but(y=y), "y", BOTH)
    for reg, error in WRONG_WEIGHTS:
        yield Refused(short(reg), call.but(reg=reg), "reg", error)
    for ratio, error in [*WRONG_WEIGHTS, (2, ValueError)]:
        yield Refused(short(ratio), call.but(reg=0.1, reg_type="elastic", l1_ratio=ratio), "l1_ratio", error)
    for share, error in [*WRONG_WEIGHTS, (2, ValueError)]:
        yield Refused(short(share), call.but(label_smoothing=share), "label_smoothing", error)
    for reg_type in ["L2", "l3", None, 2]:
        yield Refused(
            repr(reg_type), call.but(reg_type=reg_type), "reg_type", BOTH, ("'l2', 'l1', 'elastic'",)
        )
    call = right("nn.MLP.scores")
    for size, error in SIZES:
        yield Refused(repr(size), call.but(batch_size=size), "batch_size", error)
    for what, value in [("1-D", np.ones(D)), ("none", np.ones((0, D))), ("None", None)]:
        yield Refused(what, call.but(X=value), "X", BOTH)
    state = right("nn.load_state_dict").arguments["state"]
    for what, value, error in [
        ("list", [state], TypeError),
        ("None", None, TypeError),
        ("nothing", {}, ValueError),
        ("one more", state | {"c": np.ones(C)}, ValueError),
        ("another shape", state | {"W": np.ones((D, C))}, ValueError),
        ("complex", state | {"W": state["W"] * 1j}, ValueError),
        ("too large", state | {"W": np.full((C, D), 1e300)}, ValueError),
    ]:
        yield Refused(what, right("nn.load_state_dict").but(state=value), "state", error)
