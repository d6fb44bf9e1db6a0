"""Wrong calls of descents, searches, optimizers, comparisons, minimizers, landscapes; see `refused_calls`."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided
from public_calls import MINIMIZERS, OPTIMIZERS, C, D, N, floats, labels, right
from wrong_values import BOTH, WRONG_COUNTS, WRONG_WEIGHTS, Refused, short, wrong_dtypes

import deeprob


def refused_walks() -> Iterator[Refused]:
    """Every wrong call of what walks."""
    yield from _wrong_descents_and_searches()
    yield from _wrong_optimizers()
    yield from _wrong_comparisons()
    yield from _wrong_minimizers()
    yield from _wrong_landscapes()


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
                yield Refused(short(value), call.but(learning_rate=value), "learning_rate", error)
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
    for value in ["prox", None, ["proximal"]]:
        yield Refused(repr(value), call.but(l1_step=value), "l1_step", BOTH, ("'subgradient', 'proximal'",))
    yield Refused("no Objective", call.but(l1_step="proximal"), "l1_step", ValueError, ("Objective",))


def _wrong_comparisons():
    call = right("compare")
    for value in [None, 3, "svm", (0.0, floats(3))]:
        yield Refused(repr(value)[:12], call.but(problem=value), "problem", TypeError)
    for what, returned in [("a number", 1.0), ("None", None), ("three", (1.0, floats(3), 0))]:
        wrong = call.but(problem=lambda w, returned=returned: returned)  # noqa: ARG005
        yield Refused(f"returns {what}", wrong, "problem", TypeError, ("returned", "(loss, gradient)"))
    wrong = call.but(problem=lambda w: (1.0, np.zeros((w.size, 1))))
    yield Refused("another shape", wrong, "problem", ValueError, ("(3, 1)", "(3,)"))
    yield Refused("infinite", call.but(problem=lambda w: (np.inf, w)), "x0", ValueError, ("inf",))
    for what, x0, error in [
        ("None", None, ValueError),
        ("text", "abc", TypeError),
        ("complex", [1j], TypeError),
        ("dict", {}, TypeError),
        ("ragged", [[1.0], [1.0, 2.0]], ValueError),
    ]:
        yield Refused(what, call.but(x0=x0), "x0", error)
    for value, error in [*WRONG_COUNTS, (0, ValueError)]:
        yield Refused(repr(value), call.but(steps=value), "steps", error)
        if value is not None:
            yield Refused(repr(value), call.but(every=value), "every", error)
    for value, error in [c for c in WRONG_WEIGHTS if np.ndim(c[0]) == 0 and c[0] is not None]:
        wrong = (error,) if isinstance(error, type) else error
        yield Refused(short(value), call.but(lr=value), "lr", (*wrong, ValueError))
        yield Refused(f"[{short(value)}]", call.but(lr=[0.1, value]), "lr", error)
        yield Refused(short(value), call.but(tol=value), "tol", error)
    yield Refused("empty", call.but(lr=[]), "lr", ValueError, ("at least one",))
    yield Refused("others' labels", call.but(lr={"adam": 0.1}), "lr", ValueError, ("'adam'", "'sgd'"))
    yield Refused("0.5", call.but(factor=0.5), "factor", ValueError, ("at least 1",))
    yield Refused("NaN", call.but(target=float("nan")), "target", ValueError)
    yield Refused("3", call.but(schedule=3), "schedule", TypeError)
    yield Refused("without minibatches", call.but(repeats=2), "repeats", ValueError, ("batch_size",))
    yield Refused("without an Objective", call.but(batch_size=2), "batch_size", ValueError, ("Objective",))
    for value in ["losses", 3]:
        yield Refused(repr(value), call.but(record=value), "record", BOTH, ("'loss', 'trajectory'",))
    on_data = call.but(problem=deeprob.Objective(floats(N, D), labels()), x0=None, batch_size=2)
    for rng, error in [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), ("0", TypeError)]:
        yield Refused(repr(rng), on_data.but(rng=rng), "rng", error)
    yield Refused("sampling", on_data.but(sampling="random"), "sampling", ValueError)
    yield Refused("0", on_data.but(batch_size=0), "batch_size", ValueError)
    for function in ["compare", "optim.comparison_table"]:
        for what, value, error in [
            ("unknown", ["sgdd"], ValueError),
            ("twice", ["sgd", "sgd"], ValueError),
            ("nobody", [], ValueError),
            ("a number", 3, TypeError),
            ("a number among them", [3], TypeError),
            ("no label", {1: "sgd"}, TypeError),
            ("nothing", {"a": None}, TypeError),
            ("an instance", {"a": deeprob.optim.SGD(floats(3))}, TypeError),
            ("no optimizer", {"a": lambda w: w}, TypeError),
            ("of others", {"a": lambda w: deeprob.optim.SGD(w.copy())}, ValueError),
        ]:
            yield Refused(what, right(function).but(optimizers=value), "optimizers", error)


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
            yield Refused(short(lr), call.but(lr=lr), "lr", error)
    for value, error in [*WRONG_WEIGHTS, (1.5, ValueError)]:
        yield Refused(short(value), right("optim.momentum").but(momentum=value), "momentum", error)
    for value in ["lookahead", None, 1]:
        call = right("optim.momentum").but(formulation=value)
        yield Refused(repr(value), call, "formulation", BOTH, ("'velocity', 'displacement'",))
    for value, error in [*WRONG_WEIGHTS, (1.0, ValueError)]:
        for betas in [(value, 0.5), (0.5, value)]:
            yield Refused(short(value), right("optim.adam").but(betas=betas), "betas", error)
    for value, error in WRONG_WEIGHTS:
        yield Refused(short(value), right("optim.adam").but(eps=value), "eps", error)
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
        yield Refused(short(value), right("optim.momentum").but(dampening=value), "dampening", error)
        yield Refused(short(value), right("optim.rmsprop").but(momentum=value), "momentum", error)


def _wrong_minimizers():
    for method in MINIMIZERS:
        call = right(f"minimize, {method}")
        for steps, error in [(-1, ValueError), (1.5, TypeError), ("3", TypeError), (True, TypeError)]:
            yield Refused(repr(steps), call.but(steps=steps), "steps", error)
        for name in ["gtol", "ftol", "xtol", "max_time"]:
            for value, error in WRONG_WEIGHTS:
                if value is not None:
                    yield Refused(short(value), call.but(**{name: value}), name, error)
        for name in ["fun", "jac", "hess", "hessp", "callback"]:
            yield Refused("3", call.but(**{name: 3}), name, TypeError, ("3" if name == "jac" else "int",))
        for x0, error in _wrong_starts():
            yield Refused(short(x0), call.but(x0=x0), "x0", error)
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
        yield Refused(short(x0), call.but(x0=x0), "x0", error)
    for g in [floats(D, C), floats(C * D), 1.0, "abc", None, floats(C, D).astype(complex)]:
        if g is not None:
            yield Refused(short(g), call.but(g=g), "g", BOTH)
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
        yield Refused(short(value), right("landscapes.noisy").but(scale=value), "scale", error)
        call = right("landscapes.bowl").but(condition_number=value)
        yield Refused(short(value), call, "condition_number", error)
    for value, error in WRONG_COUNTS:
        yield Refused(repr(value), right("landscapes.bowl").but(n=value), "n", error)
    for H in [np.zeros((2, 0)), np.zeros(3), np.full((2, 2), np.nan), None, "abc", np.eye(2) * 1j]:
        yield Refused(repr(H)[:20], right("landscapes.condition_number").but(H=H), "H", BOTH)
