"""Checks of gradients: the loop over a Python function against calling it, and the complete gradcheck.

The loop: 3,073 values, central differences, 6,146 calls; asked are at most 1.1 times the calls themselves, a
ratio of 0.91. The check: 500 examples, 3,073 features, 10 classes, float64, all 30,730 weights.
"""

import numpy as np

import deeprob

from .. import data
from ..work import Answer, Case, Form, Work

H = 1e-5
VALUES = {"full": 3073, "quick": 3073, "tiny": 23}
# Examples, features, and the weights that peers check one by one, scaled to all.
SIZES = {"full": (500, 3073, 300), "quick": (500, 3073, 60), "tiny": (7, 11, 20)}


def build_loop(size: str) -> Work:
    """Return the loop's case with its data: the course's function and x, perturbed in place."""
    n = VALUES[size]
    rng = np.random.default_rng(0)
    w, s = rng.standard_normal(n), rng.standard_normal(n)

    def f(w: np.ndarray) -> float:
        return float(np.log1p(np.exp(s * w)).sum())

    def ours() -> Answer:
        return (deeprob.numeric_gradient(f, w, h=H),)

    def calls() -> dict[str, Form]:
        again = range(2 * n)

        def run() -> None:
            for _ in again:
                f(w)

        # It computes nothing: its answer is the gradient itself.
        return {"as many calls of f": Form(run, lambda: (s / (1 + np.exp(-s * w)),))}

    def lecture() -> dict[str, Form]:
        from ..peers import numpy_numeric

        return {"loop": Form(lambda: (numpy_numeric.course(f, w, H),))}

    def scipy() -> dict[str, Form]:
        from ..peers import scipy_numeric

        return {"approx_derivative, 3-point": Form(lambda: (scipy_numeric.central(f, w, H),))}

    return Work(
        ours=Form(ours),
        peers={"calls": calls, "lecture": lecture, "scipy": scipy},
        rtol=1e-6,
        sizes=f"{n:,} values, {2 * n:,} calls",
        unit="gradient",
        note="asked of the loop: at most 1.1 times the calls of f, a ratio of 0.91",
    )


def build_check(size: str) -> Work:
    """Return the check's case with its data; every answer is the verdict."""
    N, D, entries = SIZES[size]
    W, X, y = data.linear(N, "float64", D=D)
    objective = deeprob.Objective(X, y)
    at = np.linspace(0, W.size - 1, entries).astype(int)

    def ours() -> Answer:
        return (float(bool(deeprob.gradcheck(objective, W))),)

    def torch() -> dict[str, Form]:
        from ..peers import torch_checks

        check = torch_checks.slow(W, X, y, at)
        return {f"gradcheck, {entries} weights": Form(lambda: (check(),), units=entries / W.size)}

    def scipy() -> dict[str, Form]:
        from ..peers import scipy_numeric

        check = scipy_numeric.check(W, X, y, at)
        return {f"check_grad, {entries} weights": Form(lambda: (check(),), units=entries / W.size)}

    return Work(
        ours=Form(ours),
        peers={"torch": torch, "scipy": scipy},
        rtol=0.0,
        sizes=f"N = {N}, D = {D}, C = {data.CLASSES}, float64",
        unit="check",
        note=f"peers check {entries} weights, scaled to {W.size:,}; SciPy's differences are forward",
    )


def build_fast(size: str) -> Work:
    """Return the case of one random projection, torch's fast_mode."""
    N, D, _ = SIZES[size]
    W, X, y = data.linear(N, "float64", D=D)
    objective = deeprob.Objective(X, y)

    def torch() -> dict[str, Form]:
        from ..peers import torch_checks

        check = torch_checks.fast(W, X, y)
        return {"gradcheck, fast_mode": Form(lambda: (check(),))}

    return Work(
        ours=Form(lambda: (float(bool(deeprob.gradcheck(objective, W, fast_mode=True))),)),
        peers={"torch": torch},
        rtol=0.0,
        sizes=f"N = {N}, D = {D}, C = {data.CLASSES}, float64",
        unit="check",
    )


CASES = [
    Case(
        "gradcheck/loop", "numeric gradient of a Python function", ("calls", "lecture", "scipy"), build_loop
    ),
    Case("gradcheck/all", "gradcheck, all weights", ("torch", "scipy"), build_check),
    Case("gradcheck/fast", "gradcheck, fast_mode", ("torch",), build_fast),
]
