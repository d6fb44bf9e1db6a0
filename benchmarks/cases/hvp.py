"""A Hessian-vector product of the softmax loss: 50,000 examples, 3,073 features, 10 classes."""

import numpy as np

import deeprob

from .. import data
from ..work import Case, Form, Work

EXAMPLES = {"full": 50_000, "quick": 5_000, "tiny": 83}


def build(size: str, dtype: str) -> Work:
    """Return the case with its data."""
    N = EXAMPLES[size]
    W, X, y = data.linear(N, dtype, 0)
    V = np.random.default_rng(1).standard_normal(W.shape).astype(dtype)
    objective = deeprob.Objective(X, y)

    def numpy() -> dict[str, Form]:
        from ..peers import numpy_linear

        return {"numpy": Form(lambda: (numpy_linear.hvp(W, V, X),))}

    def torch() -> dict[str, Form]:
        from ..peers import torch_linear

        return torch_linear.hvp_forms(W, V, X, y)

    return Work(
        ours=Form(lambda: (objective.hvp(W, V),)),
        peers={"numpy": numpy, "torch": torch},
        rtol=1e-3 if dtype == "float32" else 1e-10,
        sizes=f"N = {N:,}, D = {data.FEATURES}, C = {data.CLASSES}",
        flops=6.0 * N * data.FEATURES * data.CLASSES,
        bytes=X.nbytes,
        roof=f"fma_{dtype}",
    )


CASES = [
    Case(
        f"hvp/softmax/{dtype}",
        f"softmax Hessian-vector product, {dtype} rows",
        ("numpy", "torch"),
        lambda size, dtype=dtype: build(size, dtype),
    )
    for dtype in ("float32", "float64")
]
