"""Wrong calls of the course's functions, `deeprob.cs231n`; see `refused_calls`."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided
from public_calls import COURSE_LOSSES, COURSE_UPDATES, C, D, N, floats, labels, right
from wrong_values import BOTH, WRONG_WEIGHTS, Refused, short

# What a rule's config holds: numbers (and what is too large of them), arrays.
NUMBERS = {
    "cs231n.sgd": {"learning_rate": None},
    "cs231n.sgd_momentum": {"learning_rate": None, "momentum": 1.5},
    "cs231n.rmsprop": {"learning_rate": None, "decay_rate": 1.5, "epsilon": None},
    "cs231n.adam": {"learning_rate": None, "beta1": 1.0, "beta2": 1.0, "epsilon": None},
}
STATES = {"cs231n.sgd_momentum": "velocity", "cs231n.rmsprop": "cache", "cs231n.adam": "m"}
NOT_REAL = [
    ("None", None),
    ("text", "abc"),
    ("complex", np.ones((C, D), complex)),
    ("objects", np.full((C, D), None)),
    ("masked", np.ma.masked_array(floats(C, D), mask=True)),
    ("ragged", [[1.0], [1.0, 2.0]]),
]


def refused_course_calls() -> Iterator[Refused]:
    """Every wrong call of the course's functions."""
    yield from _wrong_sizes()
    yield from _wrong_updates()
    yield from _wrong_configs()
    yield from _wrong_gradients()


def _wrong_sizes():
    for function in COURSE_LOSSES:
        call = right(function)
        for what, changes, words in [
            ("(C, D)", {"W": floats(C, D)}, ("(3, 4)", "(D, C) with D = 4", "pass W.T")),
            ("columns", {"X": floats(D, N)}, ("(4, 3)", "D = 5", "pass X.T")),
            ("mismatch", {"W": floats(D + 1, C)}, ("(5, 3)", "D = 4")),
        ]:
            yield Refused(what, call.but(**changes), "W", ValueError, words)
        yield Refused("no classes", call.but(W=floats(D, 0)), "W", ValueError, ("(4, 0)", "class"))
        no_features = call.but(W=floats(0, C), X=floats(N, 0))
        yield Refused("no features", no_features, "X", ValueError, ("(5, 0)", "feature"))
        nobody = call.but(X=floats(0, D), y=labels(0))
        yield Refused("no examples", nobody, "X", ValueError, ("example",))


def _wrong_updates():
    for function in COURSE_UPDATES:
        call = right(function)
        for what, value in NOT_REAL:
            yield Refused(what, call.but(w=value), "w", BOTH)
            yield Refused(what, call.but(dw=value), "dw", BOTH)
        for dtype in ["int64", "float16", "longdouble", ">f4"]:
            yield Refused(dtype, call.but(w=floats(C, D).astype(dtype)), "w", TypeError)
        for dw in [floats(D, C), floats(C * D), floats(1, C, D), np.float32(1), 1.0]:
            words = (str(np.shape(dw)), "(3, 4)")
            yield Refused(f"shape {np.shape(dw)}", call.but(dw=dw), "dw", ValueError, words)
    frozen = floats(C, D)
    frozen.flags.writeable = False
    call = right("cs231n.sgd")
    yield Refused("read-only", call.but(w=frozen), "w", TypeError, ("read-only",))
    yield Refused("a list", call.but(w=floats(C, D).tolist()), "w", TypeError, ("list", "in place"))
    repeated = as_strided(floats(D), (C, D), (0, 4))
    yield Refused("stride 0", call.but(w=repeated), "w", ValueError, ("stride 0",))


def _wrong_configs():
    for function, numbers in NUMBERS.items():
        call = right(function)
        for config in [3, "adam", [("learning_rate", 1.0)]]:
            yield Refused(repr(config)[:9], call.but(config=config), "config", TypeError, ("dict",))
        for name, too_large in numbers.items():
            wrong = [*WRONG_WEIGHTS, *([] if too_large is None else [(too_large, ValueError)])]
            for value, error in wrong:
                what = f"{name} {short(value)}"
                yield Refused(what, call.but(config={name: value}), "config", error, (name,))
        for other, name in [("lr", "learning_rate"), ("rho", "momentum"), ("eps", "epsilon")]:
            if name in numbers:
                yield Refused(other, call.but(config={other: 0.1}), "config", ValueError, (repr(name),))
    for function, state in STATES.items():
        call = right(function)
        for what, value in NOT_REAL[1:]:
            yield Refused(f"{state} {what}", call.but(config={state: value}), "config", BOTH, (state,))
        for value in [floats(D, C), floats(C), 0.0]:
            what = f"{state} of shape {np.shape(value)}"
            words = (state, str(np.shape(value)), "(3, 4)")
            yield Refused(what, call.but(config={state: value}), "config", ValueError, words)
    for t in [-1, 1.5, "3", None, True]:
        yield Refused(f"t {t!r}", right("cs231n.adam").but(config={"t": t}), "config", BOTH, ("t",))


def _wrong_gradients():
    numeric = [
        "cs231n.eval_numerical_gradient",
        "cs231n.eval_numerical_gradient_array",
        "cs231n.compute_numeric_gradient",
    ]
    for function in numeric:
        call = right(function)
        for h, error in [*WRONG_WEIGHTS, (0.0, ValueError)]:
            if h is not None:  # numeric_gradient may choose its step
                yield Refused(short(h), call.but(h=h), "h", error)
        for what, x in NOT_REAL:
            yield Refused(what, call.but(x=x), "x", BOTH)
        for f in [None, 3, "f"]:
            yield Refused(repr(f), call.but(f=f), "f", TypeError)
        for what, returned in [("None", None), ("a text", "a"), ("()", ()), ("1j", 1j)]:
            wrong = call.but(f=lambda x, returned=returned: returned)  # noqa: ARG005
            yield Refused(f"returns {what}", wrong, "f", TypeError, ("returned",))
    for function, name in [(numeric[1], "df"), (numeric[2], "dLdf")]:
        call = right(function)
        for value in [floats(2), floats(1, 3), 1.0]:
            words = (str(np.shape(value)), "f(x)", "(3,)")
            yield Refused(f"shape {np.shape(value)}", call.but(**{name: value}), name, ValueError, words)
        for what, value in NOT_REAL[1:] if name == "dLdf" else NOT_REAL:
            yield Refused(what, call.but(**{name: value}), name, BOTH)
    shrinking = right(numeric[2]).but(f=lambda x: x[: 3 if x[0] == 0 else 2])
    yield Refused("f of another shape", shrinking, "f", ValueError, ("(3,)", "(2,)"))
    call = right("cs231n.rel_error")
    for what, value in NOT_REAL:
        for name in "xy":
            yield Refused(what, call.but(**{name: value}), name, BOTH)
    yield Refused("shapes", call.but(y=floats(1, 3)), "y", ValueError, ("(1, 3)", "(3,)"))
    yield Refused("empty", call.but(x=floats(0), y=floats(0)), "x", ValueError, ("(0,)",))
    for eps, error in [*WRONG_WEIGHTS, (0.0, ValueError)]:
        yield Refused(short(eps), call.but(eps=eps), "eps", error)
