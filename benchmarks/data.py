"""The data of the linear cases: pixels-like examples, centred, of the lecture's shape."""

import numpy as np

CLASSES, FEATURES = 10, 3073


def linear(
    N: int, dtype: str = "float32", example_axis: int = 0, D: int = FEATURES, C: int = CLASSES
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return W (C, D), X (N, D) or (D, N), uniform in -1/2..1/2, and y; the same for every process."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, C, N)
    W = (rng.standard_normal((C, D)) * 0.01).astype(dtype)
    X = np.empty((D, N) if example_axis else (N, D), dtype)
    rng.random(dtype=X.dtype, out=X)
    X -= X.dtype.type(0.5)
    return W, X, y
