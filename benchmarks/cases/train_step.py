"""A minibatch training step: gather by random positions, softmax loss, gradient, Adam; float32.

Everybody draws the same batches within the timed run: one ``RandomState(0).permutation(N)`` for all its
steps, and slices of it.
"""

import functools
from collections.abc import Callable

import numpy as np

import deeprob

from .. import data
from ..peers.adam import BETA1, BETA2, EPS, LR
from ..work import Answer, Case, Form, Work

SIZES = {"full": (50_000, 200), "quick": (50_000, 100), "tiny": (2_000, 5)}


def ours(W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int) -> Callable[[], Answer]:
    """Return deeprob's training: its loop in C."""
    objective = deeprob.Objective(X, y)

    def loop() -> Answer:
        result = deeprob.gradient_descent(
            objective,
            W,
            learning_rate=LR,
            num_steps=steps,
            batch_size=batch,
            optimizer=functools.partial(deeprob.optim.Adam, betas=(BETA1, BETA2), eps=EPS),
            rng=0,
        )
        return (result.w - W,)

    return loop


def build(size: str, batch: int) -> Work:
    """Return the case with its data."""
    N, steps = SIZES[size]
    W, X, y = data.linear(N)
    run = ours(W, X, y, batch, steps)

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
