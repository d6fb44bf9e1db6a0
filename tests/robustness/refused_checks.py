"""Wrong calls of numeric gradients and gradient checks; see `refused_calls`."""

from collections.abc import Iterator

import numpy as np
from public_calls import C, D, N, floats, right
from wrong_values import BOTH, WRONG_COUNTS, WRONG_THREADS, WRONG_WEIGHTS, Refused, short

NO_NUMBERS = [
    ("None", None),
    ("text", "abc"),
    ("complex", [1j]),
    ("objects", [None]),
    ("dict", {}),
]


def refused_checks() -> Iterator[Refused]:
    """Every wrong call of what checks gradients."""
    yield from _wrong_numeric_gradients()
    yield from _wrong_checks()
    yield from _wrong_second_derivatives()
    yield from _wrong_sparse_checks()
    for name in ["half", "", None, 3, ["half_penalty"]]:
        call = right("bug_zoo.get").but(name=name)
        yield Refused(repr(name), call, "name", BOTH, ("'half_penalty'",))


def _wrong_numeric_gradients():
    masked = np.ma.masked_array(floats(3), mask=[True, False, False])
    call = right("numeric_gradient")
    for h, error in [*WRONG_WEIGHTS, (0.0, ValueError), (0, ValueError)]:
        if h is None:  # the steps are chosen then
            continue
        yield Refused(short(h), call.but(h=h), "h", error)
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
    for dtype in ["float16", "int64", "complex128", "longdouble"]:
        words = (dtype if dtype != "longdouble" else "float128", "float64 or float32")
        yield Refused(dtype, call.but(dtype=dtype), "dtype", ValueError, words[1:])
    on_objective = right("numeric_gradient, Objective")
    yield Refused("(D, C)", on_objective.but(W=floats(D, C)), "W", ValueError, ("(4, 3)",))
    for what, index, error, word in [
        ("too large", [3], IndexError, "3"),
        ("too small", [-4], IndexError, "-4"),
        ("floats", [0.5], TypeError, "float64"),
        ("a text", "a", TypeError, "<U1"),
        ("a mask of another shape", np.ones(4, bool), IndexError, "(4,)"),
        ("two axes", (0, 0), IndexError, "2 arrays"),
        ("beyond 64 bits", [2**70], TypeError, "object"),
        ("a set", {1}, TypeError, "object"),
    ]:
        yield Refused(what, call.but(index=index), "index", error, (word,))
    for method in ["forward", "backward", "richardson", "complex"]:
        wrong = call.but(method=method, full_output=True)
        for what, returned in [("None", None), ("a text", "a"), ("an array", np.zeros(2))]:
            lazy = wrong.but(f=lambda x, returned=returned: returned)  # noqa: ARG005
            yield Refused(f"{method}, returns {what}", lazy, "f", TypeError, ("returned",))
        yield Refused(f"{method}, changes x", wrong.but(f=_changes), "x", BOTH)
    real = call.but(f=lambda x: x.real.sum(), method="complex")
    yield Refused("of a function of real numbers", real, "f", TypeError, ("complex",))
    yield Refused("raises", call.but(f=_raises, x=floats(3)), "f", ZeroDivisionError)
    yield Refused("changes shape", call.but(f=_grows()), "f", BOTH, ("shape",))


def _changes(x):
    x[0] = 7
    return x.sum()


def _raises(x):
    if x[1] > 0.1:
        raise ZeroDivisionError("in f")
    return 0.0


def _grows():
    values = [np.zeros(()), np.zeros((1, 1))]

    def f(_):
        values.reverse()
        return values[0]

    return f


def _wrong_checks():
    for function in ["gradcheck", "gradgradcheck"]:
        call = right(function)
        for func in [None, 3, "f"]:
            yield Refused(repr(func), call.but(func=func), "func", TypeError)
        for what, inputs in [("None", None), ("text", "abc"), ("integers", np.arange(3)), ("()", ())]:
            yield Refused(what, call.but(inputs=inputs), "inputs", BOTH, ("floating-point",))
        for eps, error in [*WRONG_WEIGHTS, (0.0, ValueError)]:
            if eps is not None:  # the steps are chosen then
                yield Refused(short(eps), call.but(eps=eps), "eps", error)
        for name in ["atol", "rtol", "nondet_tol"]:
            for value, error in WRONG_WEIGHTS:
                # Any number of torch's: infinite tolerances let everything pass.
                if not (isinstance(value, float) and value == np.inf):
                    yield Refused(short(value), call.but(**{name: value}), name, error)
        for rng, error in [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), ("0", TypeError)]:
            yield Refused(repr(rng), call.but(rng=rng), "rng", error)
    call = right("gradcheck")
    for what, returned in [
        ("None", None),
        ("a number", 1.0),
        ("one", (1.0,)),
        ("an array with a gradient", (np.ones(3), np.ones(3))),
        ("a text", ("a", np.ones(3))),
        ("a text as the gradient", (1.0, "a")),
        ("a complex output", (1j, np.ones(3))),
        ("too many gradients", (1.0, np.ones(3), np.ones(3))),
    ]:
        for options in ({}, {"strict": True}, {"fast_mode": True}):
            wrong = call.but(func=lambda x, returned=returned: returned, **options)  # noqa: ARG005
            yield Refused(f"returns {what} {options}", wrong, "func", TypeError, ("returned",))
    on_objective = right("gradcheck, Objective")
    yield Refused("(D, C)", on_objective.but(W=floats(D, C)), "W", ValueError, ("(4, 3)",))
    yield Refused("labels", on_objective.but(y=np.arange(N)), "y", ValueError)
    yield Refused("shape", on_objective.but(W=floats(1, C, D)), "W", ValueError)


def _wrong_second_derivatives():
    call = right("gradgradcheck")
    for hvp in [3, "hvp"]:
        yield Refused(repr(hvp), call.but(hvp=hvp), "hvp", TypeError)
    yield Refused("without", call.but(hvp=None), "func", TypeError, ("hvp",))
    twice = call.but(func=lambda x: (x**2, lambda g: (2 * g * x, lambda u: (2 * g * u, 2 * u * x))), hvp=None)
    for grad_outputs in [floats(2), floats(1, 3), 1.0]:
        what = f"shape {np.shape(grad_outputs)}"
        words = (str(np.shape(grad_outputs)), "(3,)")
        yield Refused(what, twice.but(grad_outputs=grad_outputs), "grad_outputs", ValueError, words)
    for what, value in [("text", "abc"), ("complex", np.ones(3) * 1j), ("objects", [None, {}, 3])]:
        yield Refused(what, twice.but(grad_outputs=value), "grad_outputs", BOTH)


def _wrong_sparse_checks():
    call = right("grad_check_sparse")
    for f in [None, 3, "f"]:
        yield Refused(repr(f), call.but(f=f), "f", TypeError)
    for what, x in NO_NUMBERS:
        yield Refused(what, call.but(x=x), "x", TypeError)
    yield Refused("empty", call.but(x=floats(0), analytic_grad=floats(0)), "x", ValueError, ("(0,)",))
    for value in [floats(2), floats(1, 3), 1.0, None, "abc", np.ones(3) * 1j]:
        yield Refused(short(value), call.but(analytic_grad=value), "analytic_grad", BOTH)
    for value, error in [*WRONG_COUNTS, (0, ValueError)]:
        yield Refused(repr(value), call.but(num_checks=value), "num_checks", error)
    for h, error in [*WRONG_WEIGHTS, (0.0, ValueError)]:
        yield Refused(short(h), call.but(h=h), "h", error)
    for seed, error in WRONG_THREADS:
        if seed not in (0,):
            yield Refused(repr(seed), call.but(seed=seed), "seed", error)
    for what, returned in [("None", None), ("a text", "a"), ("an array", np.zeros(2)), ("1j", 1j)]:
        wrong = call.but(f=lambda x, returned=returned: returned)  # noqa: ARG005
        yield Refused(f"returns {what}", wrong, "f", BOTH, ("returned",))
