"""A minibatch training step: gather by random positions, softmax loss, gradient, Adam; float32.

Everybody draws the same batches within the timed run: one ``RandomState(0).permutation(N)`` for all its
steps, and slices of it.
"""

import inspect
from collections.abc import Callable

import numpy as np

import deeprob

from .. import data
from ..peers.adam import BETA1, BETA2, EPS, LR
from ..work import AbsentError, Answer, Case, Form, Work

SIZES = {"full": (50_000, 200), "quick": (50_000, 100), "tiny": (2_000, 5)}


def ours(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> tuple[Callable[[], Answer], str]:
    """Return deeprob's training: its C loop, or where this build has none, its parts in a Python loop."""
    objective = deeprob.Objective(X, y)
    if "optimizer" in inspect.signature(deeprob.gradient_descent).parameters:

        def loop() -> Answer:
            result = deeprob.gradient_descent(
                objective, W, learning_rate=LR, num_steps=steps, batch_size=batch, optimizer="adam", rng=0
            )
            return (result.w - W,)

        return loop, ""
    try:
        from deeprob import optim
    except ImportError:
        raise AbsentError("deeprob.optim is not in this build") from None

    def parts() -> Answer:
        order = np.random.RandomState(0).permutation(len(y))
        w, dW = W.copy(), np.empty_like(W)
        step = optim.Adam(w, lr=LR, betas=(BETA1, BETA2), eps=EPS).step
        for t in range(steps):
            objective(w, order[t * batch : (t + 1) * batch], out=dW)
            step(dW)
        return (w - W,)

    return parts, "this build has no training loop in C: a Python loop over its parts"


def build(size: str, batch: int) -> Work:
    """Return the case with its data."""
    N, steps = SIZES[size]
    W, X, y = data.linear(N)
    run, note = ours(W, X, y, batch, steps)

    def peer(module: str) -> Callable[[], dict[str, Form]]:
        def forms() -> dict[str, Form]:
            import importlib

            runs = importlib.import_module(f"benchmarks.peers.{module}").training(W, X, y, batch, steps)
            return {name: Form(lambda run=run: (run() - W,), units=steps) for name, run in runs.items()}

        return forms

    return Work(
        ours=Form(run, units=steps),
        peers={name: peer(f"{name}_training") for name in ("numpy", "torch", "jax", "numba")},
        rtol=0.02,  # of the change of W: Adam magnifies the last bits of gradients near 0
        sizes=f"{batch} of N = {N:,}, D = {data.FEATURES}, C = {data.CLASSES}, float32, {steps} steps",
        unit="step",
        flops=4.0 * batch * data.FEATURES * data.CLASSES,
        roof="fma_float32",
        note=note,
    )


CASES = [
    Case(
        f"train/{batch}",
        f"training step (softmax, Adam), batch {batch}",
        ("numpy", "torch", "jax", "numba"),
        lambda size, batch=batch: build(size, batch),
    )
    for batch in (32, 64, 128)
]
