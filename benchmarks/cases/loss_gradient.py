"""Loss and gradient of the lecture's linear classifier: 50,000 examples, 3,073 features, 10 classes."""

from collections.abc import Callable

import deeprob

from .. import data
from ..work import Case, Form, Work

EXAMPLES = {"full": 50_000, "quick": 5_000, "tiny": 83}
LAYOUTS = ("rows", "columns")


def build(size: str, loss: str, dtype: str, layout: str) -> Work:
    """Return the case with its data."""
    N, axis = EXAMPLES[size], LAYOUTS.index(layout)
    W, X, y = data.linear(N, dtype, axis)
    function = getattr(deeprob, f"{loss}_loss")

    def numpy() -> dict[str, Form]:
        from ..peers import numpy_linear

        return numpy_linear.plain_forms(W, X, y, loss, axis)

    def chunked() -> dict[str, Form]:
        from ..peers import numpy_linear

        return numpy_linear.chunked_forms(W, X, y, loss, axis)

    def torch() -> dict[str, Form]:
        from ..peers import torch_linear

        return torch_linear.forms(W, X, y, loss, axis, compiled=size == "full")

    def sklearn() -> dict[str, Form]:
        from ..peers import sklearn_linear

        return sklearn_linear.forms(W, X, y, axis, deeprob.get_num_threads())

    def jax() -> dict[str, Form]:
        from ..peers import jax_linear

        return jax_linear.forms(W, X, y, loss, axis)

    def numba() -> dict[str, Form]:
        from ..peers import numba_linear

        return numba_linear.forms(W, X, y, loss, axis)

    peers: dict[str, Callable[[], dict[str, Form]]] = {
        "numpy": numpy,
        "torch": torch,
        "jax": jax,
        "numpy-chunked": chunked,
        "numba": numba,
    }
    if loss == "softmax":
        peers["sklearn"] = sklearn
    return Work(
        ours=Form(lambda: function(W, X, y, example_axis=axis)),
        peers=peers,
        rtol=1e-3 if dtype == "float32" else 1e-10,
        sizes=f"N = {N:,}, D = {data.FEATURES}, C = {data.CLASSES}",
        flops=4.0 * N * data.FEATURES * data.CLASSES,
        bytes=X.nbytes,
        roof=f"fma_{dtype}",
    )


def case(loss: str, dtype: str, layout: str) -> Case:
    """Return the case of one loss, dtype and layout."""
    peers = ("numpy", "torch", *(("sklearn",) if loss == "softmax" else ()), "jax", "numpy-chunked", "numba")
    title = f"{loss} loss + gradient, {dtype} {layout}"
    return Case(f"loss/{loss}/{dtype}/{layout}", title, peers, lambda size: build(size, loss, dtype, layout))


CASES = [
    case(loss, dtype, layout)
    for loss in ("softmax", "svm")
    for dtype in ("float32", "float64")
    for layout in LAYOUTS
]
