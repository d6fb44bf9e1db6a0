"""One optimizer step on float32 parameters: the lecture's 30,730, and 10 million, which memory limits."""

from collections.abc import Callable

import numpy as np

import deeprob
from deeprob import optim

from ..peers.adam import BETA1, BETA2, EPS, LR, MOMENTUM
from ..work import Answer, Case, Form, Work

PARAMETERS = {"full": 10_000_000, "quick": 4_000_000, "tiny": 20_000}
STREAMS = {"sgd": 3, "momentum": 5, "adam": 7}  # float32 reads and writes a parameter
Make = Callable[[str, np.ndarray], Callable[[np.ndarray], None]]


def ours(kind: str, p: np.ndarray) -> Callable[[np.ndarray], object]:
    """Return deeprob's step."""
    if kind == "adam":
        return optim.Adam(p, lr=LR, betas=(BETA1, BETA2), eps=EPS).step
    return (optim.SGD(p, lr=LR) if kind == "sgd" else optim.Momentum(p, lr=LR, momentum=MOMENTUM)).step


def build(size: str, kind: str, n: int | None) -> Work:
    """Return the case with its data."""
    n = n or PARAMETERS[size]
    rng = np.random.default_rng(0)
    p, g = (rng.standard_normal(n, dtype=np.float32) for _ in range(2))

    def form(make: Make) -> Form:
        step = make(kind, p.copy())

        def answer() -> Answer:
            fresh = p.copy()
            again = make(kind, fresh)
            for _ in range(3):
                again(g)
            return (fresh - p,)  # what three steps add

        return Form(lambda: step(g), answer)

    def peer(module: str) -> Callable[[], dict[str, Form]]:
        def forms() -> dict[str, Form]:
            import importlib

            makes = importlib.import_module(f"benchmarks.peers.{module}").steps()
            return {name: form(make) for name, make in makes.items()}

        return forms

    return Work(
        ours=form(ours),
        peers={"numpy": peer("numpy_steps"), "torch": peer("torch_steps"), "numba": peer("numba_steps")},
        rtol=5e-4,  # of the change, a difference of float32 numbers
        sizes=f"{n:,} parameters, float32, {deeprob.get_num_threads()} threads",
        unit="step",
        bytes=4.0 * STREAMS[kind] * n,
        roof=kind if n > 1_000_000 else "",
    )


CASES = [
    Case(
        f"step/{kind}/{name}",
        f"{kind} step, {'30,730' if n else '10 million'} parameters",
        ("numpy", "torch", "numba"),
        lambda size, kind=kind, n=n: build(size, kind, n),
    )
    for name, n, kinds in (("30730", 30_730, ("adam",)), ("10M", None, ("sgd", "momentum", "adam")))
    for kind in kinds
]
