"""Wrong calls of the demos; see `refused_calls`."""

from collections.abc import Iterator

import numpy as np
from public_calls import right
from wrong_values import BOTH, WRONG_COUNTS, WRONG_WEIGHTS, Refused, short

NAN, INF = float("nan"), float("inf")
WRONG_SEEDS = [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), ("0", TypeError), (True, TypeError)]


def refused_demos() -> Iterator[Refused]:
    """Every wrong call of a demo that takes arguments."""
    yield from _wrong_overfitting()
    yield from _wrong_prefer_simpler()
    yield from _wrong_preferences()
    for function in ["demos.overfitting", "demos.prefer_simpler", "demos.preferences"]:
        for rng, error in WRONG_SEEDS:
            yield Refused(repr(rng), right(function).but(rng=rng), "rng", error)


def wrong_vectors(n):
    yield "None", None, TypeError
    yield "text", "abc", BOTH
    yield "complex", np.ones(n, complex), TypeError
    yield "objects", np.ones(n, object), TypeError
    yield "longdouble", np.ones(n, np.longdouble), TypeError
    yield "masked", np.ma.masked_array(np.ones(n), mask=[True] * n), TypeError
    yield "number", 1.0, ValueError
    yield "2-D", np.ones((n, 1)), ValueError
    yield "empty", [], ValueError
    yield "NaN", [NAN] * n, ValueError
    yield "infinite", [INF] + [0.0] * (n - 1), ValueError
    yield "ragged", [[1.0], [1.0, 2.0]], ValueError


def wrong_classes(n):
    half = np.arange(n) % 2
    yield "None", None, BOTH
    yield "floats", half.astype(float), TypeError
    yield "bools", half.astype(bool), TypeError
    yield "one class", np.zeros(n, int), ValueError
    yield "three classes", np.arange(n) % 3, ValueError
    yield "-1 and 1", 2 * half - 1, ValueError
    yield "too few", half[:-1], ValueError
    yield "column", half[:, None], ValueError


def _wrong_numbers(function, names, values):
    for name in names:
        for value, error in values:
            yield Refused(short(value), right(function).but(**{name: value}), name, error)


def _wrong_strengths(function, name):
    for value in (-1.0, NAN, INF, [0.1, -0.1], [], [[0.1]], np.ones((2, 2))):
        yield Refused(repr(value)[:30], right(function).but(**{name: value}), name, ValueError)
    for value in ("0.1", None, 1j, [None], {}):
        yield Refused(repr(value), right(function).but(**{name: value}), name, BOTH)


def _wrong_overfitting():
    function = "demos.overfitting"
    call = right(function)
    for what, value, error in wrong_vectors(4):
        yield Refused(what, call.but(x=value), "x", error)
        if value is not None:
            yield Refused(what, call.but(x_test=value, y_test=[0, 1]), "x_test", error)
            yield Refused(what, call.but(grid=value), "grid", error)
    for what, value, error in wrong_classes(4):
        yield Refused(what, call.but(y=value), "y", error)
        if value is not None:
            yield Refused(what, call.but(x_test=np.arange(4.0), y_test=value), "y_test", error)
    yield Refused("alone", call.but(x_test=[1.0, 2.0]), "x_test", ValueError, ("y_test is not",))
    yield Refused("alone", call.but(y_test=[0, 1]), "y_test", ValueError, ("x_test is not",))
    yield from _wrong_strengths(function, "reg")
    yield from _wrong_numbers(function, ["learning_rate"], [*WRONG_WEIGHTS, (0.0, ValueError)])
    yield from _wrong_numbers(function, ["num_steps"], [*WRONG_COUNTS, (0, ValueError)])
    yield from _wrong_numbers(function, ["num_test"], [*WRONG_COUNTS, (1, ValueError)])
    yield from _wrong_numbers(function, ["at"], [(NAN, ValueError), (INF, ValueError), ("0", TypeError)])
    huge = call.but(learning_rate=1e300, reg=1e300)
    yield Refused("too large", huge, "learning_rate", ValueError, ("1e+300", "overflow at step 2"))


def _wrong_prefer_simpler():
    function = "demos.prefer_simpler"
    call = right(function)
    yield from _wrong_numbers(function, ["noise", "reg"], WRONG_WEIGHTS)
    names = ["num_points", "degree", "simple_degree", "num_test", "num_seeds"]
    yield from _wrong_numbers(function, names, WRONG_COUNTS)
    yield from _wrong_numbers(function, ["num_points", "degree", "num_test", "num_seeds"], [(0, ValueError)])
    yield Refused("10", call.but(degree=10), "degree", ValueError, ("at most num_points - 1 = 9",))
    yield Refused("9", call.but(simple_degree=9), "simple_degree", ValueError, ("less than degree, 9",))


def _wrong_preferences():
    function = "demos.preferences"
    call = right(function)
    for what, value, error in wrong_vectors(4):
        for name in ("x", "w1", "w2"):
            yield Refused(what, call.but(**{name: value}), name, error)
    for name in ("w1", "w2"):
        yield Refused("too long", call.but(**{name: np.ones(5)}), name, ValueError, ("(5,)", "(4,), as x"))
    yield from _wrong_numbers(function, ["reg", "l1_ratio"], WRONG_WEIGHTS)
    yield from _wrong_numbers(function, ["l1_ratio"], [(1.5, ValueError)])
    yield from _wrong_strengths(function, "regs")
    yield from _wrong_numbers(function, ["learning_rate"], [*WRONG_WEIGHTS, (0.0, ValueError)])
    yield from _wrong_numbers(function, ["num_steps"], [*WRONG_COUNTS, (0, ValueError)])
    X, y = np.eye(4), np.arange(4) % 2
    yield Refused("alone", call.but(X=X), "X", ValueError, ("y is not",))
    yield Refused("alone", call.but(y=y), "y", ValueError, ("X is not",))
    for what, value, error in wrong_classes(4):
        if value is not None:
            yield Refused(what, call.but(X=X, y=value), "y", error)
    for what, value in [("1-D", np.ones(4)), ("3-D", X[None]), ("empty", np.ones((4, 0))), ("NaN", X * NAN)]:
        yield Refused(what, call.but(X=value, y=y), "X", ValueError)
    huge = call.but(learning_rate=1e300, regs=1e300)
    yield Refused("too large", huge, "learning_rate", ValueError, ("1e+300", "overflow"))
