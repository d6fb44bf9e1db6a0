"""All threads against one: more threads must never be slower, at any size."""

import deeprob

from .. import data
from ..work import Case, Form, Work

EXAMPLES = (1, 32, 128, 1_000, 10_000, 50_000)


def build(size: str, N: int) -> Work:
    """Return the case with its data."""
    N = min(N, 200) if size == "tiny" else N
    W, X, y = data.linear(N)
    return Work(
        ours=Form(lambda: deeprob.softmax_loss(W, X, y)),
        peers={"one-thread": lambda: {"threads=1": Form(lambda: deeprob.softmax_loss(W, X, y, threads=1))}},
        rtol=0.0,  # the same bits
        sizes=f"N = {N:,}, D = {data.FEATURES}, C = {data.CLASSES}, float32",
        flops=4.0 * N * data.FEATURES * data.CLASSES,
        bytes=X.nbytes,
        roof="fma_float32",
    )


CASES = [
    Case(
        f"threads/{N}",
        f"all threads against one, N = {N:,}",
        ("one-thread",),
        lambda size, N=N: build(size, N),
    )
    for N in EXAMPLES
]
