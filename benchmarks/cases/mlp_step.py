"""A training step of a multilayer perceptron: forward, softmax loss, backward, Adam; float32. And its parts.

The products are NumPy's BLAS for ours, so this process has its threads, ours and PyTorch's: the harness
rests before each sample until nobody spins, and a run is many steps.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import deeprob
from deeprob import nn, optim

from ..peers.adam import BETA1, BETA2, EPS, LR
from ..work import Answer, Case, Form, Work

STEPS = {"full": 20, "quick": 20, "tiny": 1}
COMPARED = 3  # steps that all must do alike


@dataclass(frozen=True)
class Setup:
    """A network and its batch."""

    sizes: tuple[int, ...]
    batch: int
    batch_norm: bool = False
    dropout: float = 0.0

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the batch, the same for every process."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((self.batch, self.sizes[0]), dtype=np.float32)
        return X, rng.integers(0, self.sizes[-1], self.batch)

    def network(self, dropout: float) -> nn.MLP:
        """Return ours."""
        rng = np.random.default_rng(1)
        return nn.MLP(self.sizes, batch_norm=self.batch_norm, dropout=dropout, rng=rng)


class Training:
    """Our network, its batch, and what is timed of a step; `peers.torch_mlp.Training` is the peer's."""

    def __init__(self, setup: Setup, dropout: float) -> None:
        self.net = setup.network(dropout)
        self.X, self.y = setup.data()
        self.adam = optim.Adam(self.net.parameters(), lr=LR, betas=(BETA1, BETA2), eps=EPS)

    def forward(self) -> tuple[float, np.ndarray]:
        """Return the loss, with its gradient by the scores, which comes with it."""
        result: tuple[float, np.ndarray] = deeprob.softmax_cross_entropy(self.net.forward(self.X), self.y)
        return result

    def step(self) -> None:
        """Take a training step."""
        _, grads = self.net.loss_and_grads(self.X, self.y)
        self.adam.step(grads)

    def backward(self) -> Callable[[], Any]:
        """Return what computes all gradients of a loss that is there."""
        _, ds = self.forward()
        return lambda: self.net.backward_params(ds)

    def update(self) -> Callable[[], Any]:
        """Return the optimizer's step along gradients that are there."""
        _, grads = self.net.loss_and_grads(self.X, self.y)
        return lambda: self.adam.step(grads)

    def values(self) -> list[np.ndarray]:
        """Return the parameters."""
        return list(self.net.parameters().values())


def form(make: Callable[[float], Any], part: str, dropout: float, steps: int) -> Form:
    """Return what is timed, with dropout; the answer is what some steps without it add: masks are random."""
    training = make(dropout)
    run = getattr(training, part) if part in ("step", "forward") else getattr(training, part)()

    def runs() -> None:
        for _ in range(steps):
            run()

    def answer() -> Answer:
        fresh = make(0.0)
        before = [value.copy() for value in fresh.values()]
        for _ in range(COMPARED):
            fresh.step()
        return tuple(value - old for value, old in zip(fresh.values(), before, strict=True))

    return Form(runs, answer, units=steps)


def build(size: str, setup: Setup, part: str) -> Work:
    """Return the case with its data."""
    weights = [value.copy() for value in setup.network(0.0).parameters().values()]

    def torch() -> dict[str, Form]:
        from ..peers import torch_mlp

        def make(how: dict[str, bool]) -> Callable[[float], Any]:
            X, y = setup.data()
            return lambda dropout: torch_mlp.Training(
                setup.sizes, setup.batch_norm, dropout, weights, X, y, **how
            )

        kinds = torch_mlp.KINDS if part in ("step", "update") else {"eager": {}}
        return {name: form(make(how), part, setup.dropout, STEPS[size]) for name, how in kinds.items()}

    products = sum(n * m for n, m in itertools.pairwise(setup.sizes))
    forward = 2 * setup.batch * products
    backward = 2 * forward - 2 * setup.batch * setup.sizes[0] * setup.sizes[1]  # none by X
    flops = {"step": forward + backward, "forward": forward, "backward": backward}.get(part, 0)
    return Work(
        ours=form(lambda dropout: Training(setup, dropout), part, setup.dropout, STEPS[size]),
        peers={"torch": torch},
        rtol=0.02,  # of the change of each array: Adam magnifies the last bits of gradients near 0
        sizes=f"MLP {setup.sizes}, batch {setup.batch}, float32, {deeprob.get_num_threads()} threads",
        unit="step",
        flops=float(flops),
        roof="fma_float32" if flops else "",
    )


LARGE = Setup((784, 256, 256, 10), 128, batch_norm=True, dropout=0.5)
SMALL = Setup((20, 32, 3), 16)
SMALL_REGULARIZED = Setup((20, 32, 3), 16, batch_norm=True, dropout=0.5)
WHAT = "of an MLP (batch norm, dropout"

CASES = [
    Case(name, title, ("torch",), lambda size, setup=setup, part=part: build(size, setup, part))
    for name, title, setup, part in (
        ("mlp/step", f"training step {WHAT}, Adam), 784-256-256-10, batch 128", LARGE, "step"),
        ("mlp/forward", f"forward pass and loss {WHAT}), 784-256-256-10, batch 128", LARGE, "forward"),
        ("mlp/backward", f"backward pass {WHAT}), 784-256-256-10, batch 128", LARGE, "backward"),
        ("mlp/update", "Adam step of the parameters of an MLP 784-256-256-10", LARGE, "update"),
        ("mlp/small", "training step of an MLP (Adam), 20-32-3, batch 16", SMALL, "step"),
        (
            "mlp/small-regularized",
            f"training step {WHAT}, Adam), 20-32-3, batch 16",
            SMALL_REGULARIZED,
            "step",
        ),
    )
]
