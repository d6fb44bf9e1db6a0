"""NumPy: loss and gradient of the linear classifier by two matrix products, in every layout that may be best.

Both losses as a NumPy user writes them when speed matters: vectorized, in place; scores class-major (C, N),
so that reductions over classes run along long rows, or example-major (N, C); the classes padded to 16 with
zeros, which BLAS kernels like; over all examples at once or in chunks that stay in the caches.
"""

from collections.abc import Callable

import numpy as np

from ..work import Form

Loss = Callable[[np.ndarray, np.ndarray], float]
CHUNKS = (256, 512, 1024)
PADDED = 16


def softmax_scores(s: np.ndarray, y: np.ndarray) -> float:
    """Return the summed softmax loss of class-major scores (C, N), which become its gradient."""
    at = (y, np.arange(s.shape[1]))
    s -= s.max(axis=0)
    label = s[at]
    np.exp(s, out=s)
    total = s.sum(axis=0)
    s *= 1 / total
    s[at] -= 1
    return float((np.log(total) - label).sum(dtype=np.float64))


def svm_scores(s: np.ndarray, y: np.ndarray) -> float:
    """Return the summed multiclass SVM loss of class-major scores, which become its gradient."""
    at = (y, np.arange(s.shape[1]))
    s -= s[at] - s.dtype.type(1)
    np.maximum(s, 0, out=s)
    s[at] = 0
    loss = float(s.sum(dtype=np.float64))
    np.greater(s, 0, out=s)
    s[at] = -s.sum(axis=0)
    return loss


SCORE_LOSSES: dict[str, Loss] = {"softmax": softmax_scores, "svm": svm_scores}


def _scores(W: np.ndarray, X: np.ndarray, example_axis: int, form: str, out: np.ndarray | None) -> np.ndarray:
    """Return scores whose transpose, or they themselves, are (C, N) in memory."""
    if form == "class-major":
        return np.matmul(W, X if example_axis else X.T, out=out)
    return np.matmul(X.T if example_axis else X, W.T, out=None if out is None else out.T).T


def one_pass(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int, form: str
) -> tuple[float, np.ndarray]:
    """Loss and gradient of all examples at once."""
    s = _scores(W, X, example_axis, form, None)
    value = SCORE_LOSSES[loss](s[: W.shape[0]], y)
    G = s @ (X.T if example_axis else X) if form == "class-major" else ((X if example_axis else X.T) @ s.T).T
    G /= len(y)
    return value / len(y), G


def padded(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int, form: str
) -> tuple[float, np.ndarray]:
    """`one_pass` with the classes padded to a multiple of 16 in both products."""
    C = W.shape[0]
    full = np.zeros((-(-C // PADDED) * PADDED, W.shape[1]), W.dtype)
    full[:C] = W
    s = _scores(full, X, example_axis, form, None)
    value = SCORE_LOSSES[loss](s[:C], y)
    s[C:] = 0
    G = s @ (X.T if example_axis else X) if form == "class-major" else ((X if example_axis else X.T) @ s.T).T
    G = G[:C]
    G /= len(y)
    return value / len(y), G


def chunked(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int, form: str, rows: int, pad: bool
) -> tuple[float, np.ndarray]:
    """Fused by hand: both products chunk by chunk, so that the second finds the chunk in the caches."""
    C, D = W.shape
    full = W
    if pad:
        full = np.zeros((-(-C // PADDED) * PADDED, D), W.dtype)
        full[:C] = W
    total = 0.0
    dW = np.zeros_like(full)
    part = np.empty_like(full)
    for begin in range(0, len(y), rows):
        labels = y[begin : begin + rows]
        chunk = X[:, begin : begin + rows] if example_axis else X[begin : begin + rows]
        s = _scores(full, chunk, example_axis, form, None)
        total += SCORE_LOSSES[loss](s[:C], labels)
        s[C:] = 0
        np.matmul(s, chunk.T if example_axis else chunk, out=part)
        dW += part
    dW = dW[:C]
    dW /= len(y)
    return total / len(y), dW


def plain_forms(W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int) -> dict[str, Form]:
    """Return the forms over all examples at once."""
    return {
        f"{function.__name__.replace('_', ' ')}, {form}": Form(
            lambda function=function, form=form: function(W, X, y, loss, example_axis, form)
        )
        for function in (one_pass, padded)
        for form in ("class-major", "example-major")
    }


def chunked_forms(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int
) -> dict[str, Form]:
    """Return the forms over chunks of examples."""
    return {
        f"chunks of {rows}, {form}{', padded' if pad else ''}": Form(
            lambda rows=rows, form=form, pad=pad: chunked(W, X, y, loss, example_axis, form, rows, pad)
        )
        for rows in CHUNKS
        for form in ("class-major", "example-major")
        for pad in (False, True)
    }


def hvp(W: np.ndarray, V: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return the Hessian of the softmax loss at W times V, by three matrix products."""
    p = X @ W.T
    p -= p.max(axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=1, keepdims=True)
    u = X @ V.T
    u -= np.einsum("nc,nc->n", p, u)[:, None]
    u *= p
    product: np.ndarray = u.T @ X / len(X)
    return product
