"""The floor of a call: softmax loss and gradient of one example, four features, three classes."""

import deeprob

from .. import data
from ..work import Case, Form, Work


def build(_size: str, entry: str) -> Work:
    """Return the case with its data."""
    W, X, y = data.linear(1, "float64", D=4, C=3)
    objective = deeprob.Objective(X, y)
    ours = (lambda: deeprob.softmax_loss(W, X, y)) if entry == "softmax_loss" else (lambda: objective(W))

    def numpy() -> dict[str, Form]:
        from ..peers import numpy_linear

        return numpy_linear.plain_forms(W, X, y, "softmax", 0)

    def torch() -> dict[str, Form]:
        from ..peers import torch_linear

        return torch_linear.forms(W, X, y, "softmax", 0, compiled=False)

    def jax() -> dict[str, Form]:
        from ..peers import jax_linear

        return jax_linear.forms(W, X, y, "softmax", 0)

    def numba() -> dict[str, Form]:
        from ..peers import numba_linear

        return {"njit, one thread": Form(lambda: numba_linear.small(W, X, y, False))}

    peers = {"numpy": numpy, "torch": torch, "jax": jax, "numba": numba}
    return Work(Form(ours), peers, rtol=1e-12, sizes="N = 1, D = 4, C = 3, float64")


CASES = [
    Case(
        f"empty/{entry}",
        f"the empty call, {entry}",
        ("numpy", "torch", "jax", "numba"),
        lambda size, entry=entry: build(size, entry),
    )
    for entry in ("softmax_loss", "Objective")
]
