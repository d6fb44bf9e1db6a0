"""Fail every single allocation of every C entry point once: run by test_memory in a process of its own.

Prints JSON: "wrong" (what was neither the right result nor a MemoryError), "failures" (MemoryErrors a call).
"""

import _testcapi
import json

import numpy as np

from deeprob import _core

N, D, C = 40, 9, 3
rng = np.random.default_rng(0)
W, X, b = rng.standard_normal((C, D)), rng.standard_normal((N, D)), rng.standard_normal(C)
X32, y, index, s = X.astype("f4"), rng.integers(0, C, N), rng.integers(-N, N, 20), rng.standard_normal((N, C))
images, draws = rng.integers(0, 256, (4, 3, 8, 8)).astype("u1"), np.arange(16).reshape(4, 4) % 3
far = draws[:, :2] + 9
sixteen = rng.integers(0, 65536, (N, D)).astype("u2")
bad_y, bad_index = np.where(y == 1, C, y), index + N
lists = [a.tolist() for a in (W, X, b, y, index)]
wide = np.zeros((C, 2 * D))
moved, moved32, twin = np.arange(12.0).reshape(3, 4)[::-1, ::2], np.ones(3, "f4"), np.ones(3)
points = (moved, moved32, twin)
unmoved = [a.tobytes() for a in points]
soft = np.eye(C)[y] * 0.5 + 0.5 / C

ADAM, SEARCH = (1e-3, 0.9, 0.999, 1e-8, 1.0, 0.0), (1e-4, 0.9, 0.1, 0.0, 1e10, 20)


def stepped(hyper, threads):
    """Two arrays after a step, with what says which is which, and their states."""
    params = (W.copy(), b.copy())
    names = ("params[0]", "params[1]"), ("grads[0]", "grads[1]")
    plan, states = _core.step_plan("adam", params, None, *names, False)
    _core.check_gradients(plan, (W, b))
    _core.step(plan, 1, hyper, (W, b), threads)
    return params + states


def augmented(name, out, *arguments):
    """What a function of images writes."""
    getattr(_core, name)(images, out, *arguments, 2)
    return out


def layered(name, *arguments, written=1):
    """What a function of a layer writes: its last arrays."""
    made = [np.zeros_like(X) if shape == 2 else np.zeros(D) for shape in np.atleast_1d(written)]
    getattr(_core, name)(*arguments, *made, None)
    return tuple(made)


def descended(m):
    """Four points of L-BFGS, and what it remembers."""
    solver = _core.lbfgs(s[0], m, False, SEARCH)
    for _ in range(4):
        x = _core.lbfgs_array(solver, "trial")
        _core.lbfgs_tell(solver, float(np.sum(x**4)), 4 * x**3)
    return tuple(_core.lbfgs_array(solver, name) for name in ("x", "g", "S", "Y")) + _core.lbfgs_numbers(
        solver
    )


def around(f, base=False, *, shadowed=False, scalar=True, imaginary=False):
    """The values of f around a point, and whether the point is what it was."""
    memory, shadow = (b.astype("f4"), b.astype("f4").astype("f8")) if shadowed else (b.copy(), None)
    given = memory if shadow is None else shadow
    at = np.arange(2), np.ones((2, 3))
    call = (f, (given.view(),), memory, shadow, *at, base, scalar, imaginary)
    return restored(call, memory, given)


def restored(call, *arrays):
    """Values around a point whose arrays must have their bits again; a short frame.

    (CPython 3.11 loops for ever where it has no memory for the position of a handler beyond its 256th.)
    """
    before = [a.tobytes() for a in arrays]
    try:
        return _core.values_around(*call)
    finally:
        if [a.tobytes() for a in arrays] != before:
            raise AssertionError("the point was changed")


CALLS = {
    "scores": lambda: _core.scores(W, X, b, index, None, 0, 0, 2),
    "scores of lists": lambda: _core.scores(lists[0], lists[1], lists[2], lists[4], None, 0, 0, 1),
    "scores of integers in lists": lambda: _core.scores([[1, 2]], [[3, 4]], None, None, None, 0, 0, 1),
    "scores, columns": lambda: _core.scores(W.T, X32.T, b, None, None, 1, 1, 1),
    "predict": lambda: _core.predict(W, X, b, None, None, None, 0, 0, 1),
    "accuracy": lambda: _core.predict(W, X, b, y, index, None, 0, 0, 1),
    "loss": lambda: _core.linear_loss("softmax", W, X, y, None, None, None, 0.0, 0.1, 0.2, False, 0, 0, 1),
    "gradient": lambda: _core.linear_loss("svm", W, X32, y, b, index, None, 1.0, 0.0, 0.2, True, 0, 0, 2),
    "gradient, class_axis": lambda: _core.linear_loss(
        "softmax", W.T, X, lists[3], None, None, None, 0.0, 0.1, 0.0, True, 0, 1, 1
    ),
    "gradient into out": lambda: _core.linear_loss(
        "softmax", W, X, y, b, None, wide[:, ::2], 0.0, 0.1, 0.0, True, 0, 0, 1
    ),
    "score loss": lambda: _core.score_loss("softmax", s, y, None, 0.0, True, 0),
    "score loss, soft labels": lambda: _core.score_loss("softmax", s, soft, None, 0.1, True, 0),
    "score loss, wrong row": lambda: _core.score_loss("softmax", s, s, None, 0.1, True, 0),
    "score loss, wrong smoothing": lambda: _core.score_loss("softmax", s, y, None, 2.0, True, 0),
    "gradient, soft labels": lambda: _core.linear_loss(
        "softmax", W, X, soft.tolist(), b, index, None, 0.1, 0.0, 0.2, True, 0, 0, 2
    ),
    "score loss, columns": lambda: _core.score_loss("svm", s.T, lists[3], None, 1.0, True, 1),
    "penalty": lambda: _core.penalty(W, 0.5, 0.5, True, None),
    "penalty, value": lambda: _core.penalty(lists[0], 0.5, 0.5, False, None),
    "naive loss": lambda: _core.naive_loss("svm", W.T, X, y, 0.1),
    "naive loss, float32": lambda: _core.naive_loss("softmax", W.T.astype("f4"), X32[::-1], lists[3], 0.1),
    "wrong naive loss": lambda: _core.naive_loss("hinge", W.T, X, y, 0.1),
    "values around": lambda: around(lambda w: w[0]),
    "values around, floats": lambda: around(lambda w: 2.0),
    "values around, with the base": lambda: around(lambda w: (w.sum(), None), True),
    "values around, a shadow": lambda: around(lambda w: w[0], True, shadowed=True),
    "values around, arrays": lambda: around(lambda w: W, scalar=False),
    "values around, lists": lambda: around(lambda w: [1.0, 2.0], scalar=False),
    "values around, complex": lambda: around(lambda w: 1j * w[0], imaginary=True),
    "values around, wrong values": lambda: around(lambda w: w),
    "values around, wrong types": lambda: around(lambda w: "1"),
    "values around, no values": lambda: around(lambda w: ()),
    "values around, other shapes": lambda: around(lambda w: w[: 1 + int(w[1] != b[1])], True, scalar=False),
    "values around, raises": lambda: around(int),
    "values around, changes": lambda: around(lambda w: w.fill(3.0) or 1.0),
    "values around, wrong index": lambda: _core.values_around(
        np.sum, (b,), b, None, [3], np.ones((1, 1)), False, True, False
    ),
    "values around, wrong offsets": lambda: _core.values_around(
        np.sum, (b,), b, None, [0], np.ones(1), False, True, False
    ),
    "values around, wrong memory": lambda: _core.values_around(
        np.sum, (b,), b[::-1].astype(int), None, [0], np.ones((1, 1)), False, True, False
    ),
    "values around, two entries": lambda: _core.values_around(
        lambda x: x[0], (moved,), moved.view(), None, [1, 4], [[0.5], [-0.5]], True, False, False
    ),
    "values around, one value and a shadow": lambda: _core.values_around(
        lambda x: float(x[0]), (twin,), moved32.view(), twin.view(), [2], [[0.5]], False, True, False
    ),
    "values around, lists of complex": lambda: _core.values_around(
        lambda x: [1j], (moved,), moved.view(), None, [1], [[0.5]], True, True, True
    ),
    "values around, changed at once": lambda: _core.values_around(
        lambda x: x.fill(3.0), (moved,), moved.view(), None, [1], [[0.5]], True, True, False
    ),
    "losses": _core.losses,
    "targets": _core.targets,
    "elementwise": lambda: _core.elementwise("exp", s.ravel()),
    "landscapes": _core.landscapes,
    "landscape, grid": lambda: _core.landscape_grid("saddle", (), s[:, 0].copy(), s[:, 1].copy(), 2),
    "landscape, point": lambda: _core.landscape_at("ravine", (2.0,), s[0, :2].copy(), 1, None),
    "landscape, points": lambda: _core.landscape_at("beale", (), s[:, :2].copy(), 1, None),
    "landscape, Hessians": lambda: _core.landscape_at("beale", (), s[:, :2].copy(), 2, None),
    "wrong landscape": lambda: _core.landscape_grid("sadle", (), s[:, 0].copy(), s[:, 1].copy(), 2),
    "Hessian's products": lambda: _core.linear_hvp(
        "softmax", np.stack([W, W, W]), X, y, index, 0.0, 0.1, 0, 0, 2
    ),
    "Hessian's products, class_axis": lambda: _core.linear_hvp(
        "squared_hinge", np.stack([W.T, W.T]), X32, lists[3], None, 1.0, 0.1, 0, 1, 1
    ),
    "no second derivative": lambda: _core.linear_hvp("svm", np.stack([W, W]), X, y, None, 1.0, 0.0, 0, 0, 1),
    "steps": _core.steps,
    "step": lambda: stepped((ADAM, ADAM), 1),
    "step, hyperparameters of each": lambda: stepped(((*ADAM, 1.0, 1.0, 0.0, 0.0, 0.1), ADAM), 2),
    "wrong hyperparameters": lambda: stepped((ADAM, ADAM[1:]), 1),
    "line search": lambda: _core.line_search_tell(_core.line_search(1.0, -1.0, 1.0, SEARCH), 0.5, 0.1),
    "L-BFGS": lambda: descended(2),
    "wrong L-BFGS": lambda: _core.lbfgs(s[0], 0, False, SEARCH),
    "BFGS": lambda: _core.bfgs_update(np.eye(C), s[0], s[0] + 0.1, s[1]),
    "dot": lambda: _core.dot(s[0], s[1]),
    "cutout": lambda: augmented("cutout", np.zeros_like(images), np.sort(draws, axis=1), np.zeros(3, "u1")),
    "flip": lambda: augmented("flip", np.zeros_like(images), draws[0].copy(), True),
    "crop": lambda: augmented("crop", np.zeros_like(images), draws[:, :2].copy()),
    "mixup": lambda: augmented("mixup", np.zeros(images.shape, "f4"), draws[0].copy(), np.ones(4)),
    "relu": lambda: layered("relu", X, written=2),
    "relu, backward": lambda: layered("relu_backward", X, X, written=2),
    "sum of rows": lambda: layered("sum_rows", X),
    "residual sum": lambda: layered("add_scaled", X, X, 0.5, written=2),
    "dropout": lambda: layered("dropout", X, sixteen, 9, 1.5, written=2),
    "batch norm": lambda: layered("batch_norm", X, X[0], X[1], 1e-5, written=[1, 1, 2]),
    "wrong batch norm": lambda: layered("batch_norm", X, b, X[1], 1e-5, written=[1, 1, 2]),
    "wrong draws": lambda: augmented("crop", np.zeros_like(images), far),
    "wrong images": lambda: _core.flip(images, images[0], None, True, 1),
    "wrong label": lambda: _core.score_loss("svm", s, bad_y, None, 1.0, True, 0),
    "wrong position": lambda: _core.scores(W, X, b, bad_index, None, 0, 0, 1),
    "wrong shape": lambda: _core.scores(W.T, X, None, None, None, 0, 0, 1),
    "wrong dtype": lambda: _core.scores(W, y.reshape(-1, 1), None, None, None, 0, 0, 1),
    "wrong axis": lambda: _core.scores(W, X, None, None, None, 2, 0, 1),
    "wrong out": lambda: _core.scores(W, X, None, None, X, 0, 0, 1),
    "wrong out dtype": lambda: _core.scores(W, X, None, None, s.astype("f4"), 0, 0, 1),
    "wrong loss": lambda: _core.score_loss("hinge", s, y, None, 1.0, True, 0),
    "wrong threads": lambda: _core.scores(W, X, None, None, None, 0, 0, "2"),
}


def outcome(call):
    """The result as bytes, or the error's class and text."""
    try:
        result = call()
    except Exception as error:
        return type(error).__name__, str(error)
    parts = result if isinstance(result, tuple) else (result,)
    return tuple(p.tobytes() if isinstance(p, np.ndarray) else repr(p) for p in parts)


def failing(call, n, stop):
    """`outcome` with the allocations from n on failing (up to `stop`, 0: all)."""
    _testcapi.set_nomemory(n, stop)
    try:
        result = call()
    except Exception as error:
        _testcapi.remove_mem_hooks()
        return type(error).__name__, str(error)
    finally:
        _testcapi.remove_mem_hooks()
    return outcome(lambda: result)


# The interpreter has a SystemError of its own: on the way from any error to its handler, here of 1 / 0.
INTERPRETERS = {failing(lambda: 1 / 0, n, n + 1) for n in range(20)} - {outcome(lambda: 1 / 0)}

wrong, failures = [], {}
for name, call in CALLS.items():
    right = outcome(call)
    for once in (True, False):
        failures[name] = clean = n = 0
        while clean < 5:
            print(name, once, n, flush=True)  # so that a crash says where
            got = failing(call, n, n + 1 if once else 0)
            if got[0] == "MemoryError" or got in INTERPRETERS:
                failures[name] += 1
                clean = 0
            elif got == right:
                clean += 1
            else:
                wrong.append([name, n, repr(got)[:200]])
                clean = 0
            if [a.tobytes() for a in points] != unmoved:
                wrong.append([name, n, "x was not restored"])
            if outcome(call) != right:
                wrong.append([name, n, "the next call was wrong"])
            n += 1
            if n > 2000:
                wrong.append([name, n, "no end"])
                break
print(json.dumps({"wrong": wrong, "failures": failures}))
