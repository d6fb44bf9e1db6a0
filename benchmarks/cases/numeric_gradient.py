"""The complete numeric gradient of the softmax loss: central differences, 30,730 weights, float64."""

import numpy as np

import deeprob

from .. import data
from ..work import Answer, Case, Form, Work

H = 1e-5
SIZES = {"full": (500, 300), "quick": (500, 60), "tiny": (7, 20)}  # examples; entries that generic peers do


def build(size: str) -> Work:
    """Return the case with its data; answers are the entries that every peer does."""
    N, entries = SIZES[size]
    W, X, y = data.linear(N, "float64", D=data.FEATURES if size != "tiny" else 11)
    objective = deeprob.Objective(X, y)
    at = np.linspace(0, W.size - 1, entries).astype(int)

    def ours() -> Answer:
        return (deeprob.numeric_gradient(objective, W, h=H),)

    def numpy() -> dict[str, Form]:
        from ..peers import numpy_numeric

        loop = numpy_numeric.loop(W, X, y, at, H)
        return {f"loop over {entries} entries": Form(lambda: (loop(),), units=entries / W.size)}

    def chunked() -> dict[str, Form]:
        from ..peers import numpy_numeric

        return {
            f"structured, {block} features": Form(
                lambda block=block: numpy_numeric.structured(W, X, y, H, block),
                lambda block=block: (numpy_numeric.structured(W, X, y, H, block).ravel()[at],),
            )
            for block in (8, 32, 128)
        }

    def scipy() -> dict[str, Form]:
        from ..peers import scipy_numeric

        loop = scipy_numeric.forward(W, X, y, at)
        return {f"approx_fprime, {entries} entries": Form(lambda: (loop(),), units=entries / W.size)}

    return Work(
        ours=Form(ours, lambda: (ours()[0].ravel()[at],)),
        peers={"numpy": numpy, "scipy": scipy, "numpy-chunked": chunked},
        rtol=1e-5,  # forward differences, SciPy's, err by O(h)
        sizes=f"N = {N}, D = {W.shape[1]}, C = {data.CLASSES}, float64",
        unit="gradient",
        note=f"the loop and SciPy do {entries} entries, scaled to {W.size:,}; SciPy goes forward",
    )


CASES = [
    Case("numeric", "complete numeric gradient", ("numpy", "scipy", "numpy-chunked"), build),
]
