"""The complete numeric gradient of the softmax loss: central differences, 30,730 weights, float64."""

import numpy as np

import deeprob

from .. import data
from ..work import AbsentError, Answer, Case, Form, Work

H = 1e-5
SIZES = {"full": (500, 300), "quick": (500, 60), "tiny": (7, 20)}  # examples; entries that generic peers do


def structured() -> bool:
    """Say whether this build's numeric_gradient sees through an Objective (it then never calls it)."""
    calls = []

    class Watched(deeprob.Objective):
        def __call__(self, *arguments: object, **named: object) -> tuple[float, np.ndarray]:
            calls.append(arguments)
            return super().__call__(*arguments, **named)

    W, X, y = data.linear(2, "float64", D=3, C=2)
    original, deeprob.Objective.__call__ = deeprob.Objective.__call__, Watched.__call__
    try:
        deeprob.numeric_gradient(deeprob.Objective(X, y), W)
    finally:
        deeprob.Objective.__call__ = original
    return not calls


def build(size: str) -> Work:
    """Return the case with its data; answers are the entries that every peer does."""
    N, entries = SIZES[size]
    W, X, y = data.linear(N, "float64", D=data.FEATURES if size != "tiny" else 11)
    objective = deeprob.Objective(X, y)
    at = np.linspace(0, W.size - 1, entries).astype(int)
    if size != "tiny" and not structured():
        raise AbsentError("this build evaluates the whole loss for every entry: minutes")

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
