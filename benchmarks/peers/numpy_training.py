"""NumPy: the training step in place, the batch gathered into one buffer."""

from collections.abc import Callable

import numpy as np

from .numpy_linear import softmax_scores
from .numpy_steps import CHUNK, in_place


def training(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> dict[str, Callable[[], np.ndarray]]:
    """Return the forms: scores class-major or example-major."""

    def form(class_major: bool) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            order = np.random.RandomState(0).permutation(len(y))
            w, dW = W.copy(), np.empty_like(W)
            rows = np.empty((batch, X.shape[1]), X.dtype)
            step = in_place("adam", w.reshape(-1), CHUNK)
            for t in range(steps):
                at = order[t * batch : (t + 1) * batch]
                np.take(X, at, axis=0, out=rows, mode="clip")
                s = w @ rows.T if class_major else (rows @ w.T).T
                softmax_scores(s, y[at])
                s *= 1 / batch
                np.matmul(s, rows, out=dW)
                step(dW.reshape(-1))
            return w

        return run

    return {"class-major": form(True), "example-major": form(False)}
