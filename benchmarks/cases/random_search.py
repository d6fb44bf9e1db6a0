"""Random search (SVM loss): tries on 50,000 examples; seconds per try, so that 1,000 tries are as many ms."""

import deeprob

from .. import data
from ..work import Answer, Case, Form, Work

SIZES = {"full": (50_000, 16), "quick": (5_000, 16), "tiny": (60, 8)}


def build(size: str, dtype: str) -> Work:
    """Return the case with its data; X is in the lecture's columns."""
    N, tries = SIZES[size]
    _, X, y = data.linear(N, dtype, example_axis=1)
    X *= X.dtype.type(255)

    def ours() -> Answer:
        result = deeprob.random_search(
            X, y, num_tries=tries, rng=0, example_axis=1, num_classes=data.CLASSES, dtype=X.dtype
        )
        return result.loss, result.losses

    def lecture() -> dict[str, Form]:
        from ..peers import numpy_search

        return {"one by one": Form(lambda: numpy_search.one_by_one(X, y, tries), units=tries)}

    def batched() -> dict[str, Form]:
        from ..peers import numpy_search

        return {
            f"{K} stacked": Form(lambda K=K: numpy_search.batched(X, y, tries, K), units=tries)
            for K in (4, 8, 16)
        }

    return Work(
        ours=Form(ours, units=tries),
        peers={"lecture": lecture, "numpy": batched},
        rtol=1e-4 if dtype == "float32" else 1e-10,
        sizes=f"{tries} tries, N = {N}, D = {data.FEATURES}, C = {data.CLASSES}",
        unit="try",
        flops=2.0 * N * data.FEATURES * data.CLASSES,
        bytes=X.nbytes,
        roof=f"fma_{dtype}",
    )


CASES = [
    Case(
        f"search/{dtype}",
        f"random search, {dtype} columns, a try",
        ("lecture", "numpy"),
        lambda size, dtype=dtype: build(size, dtype),
    )
    for dtype in ("float32", "float64")
]
