"""numba: the fused loss and gradient, one pass over X, as a good numba programmer would write it.

Each thread walks over blocks of rows that stay in its L2 cache: scores, loss, and the gradient added to the
thread's own sums, in register tiles that are written out by hand (LLVM keeps no array in registers). np.dot
on the blocks, which is BLAS inside numba, was slower, by 1.5 in float64 and more in float32; so were blocks
of features that stay in L1, by 1.1 to 1.3.

Columns use the same two tile routines with their roles exchanged: scores of a block are a sum of rows of X,
which are features, and the gradient is their dot products with the score gradients.
"""

import math

import numba
import numpy as np

from ..work import Form

CLASSES = 10  # `loops` is written for the lecture's ten classes


@numba.njit(fastmath=True, inline="always")
def _score_gradient(s, label, svm):
    """Turn one example's scores into the gradient of its loss; return the loss."""
    C = s.shape[0]
    if svm:
        margin = s[label] - s.dtype.type(1)
        loss = 0.0
        violated = 0
        for c in range(C):
            above = s[c] - margin
            hit = above > 0 and c != label
            loss += above if hit else 0.0
            violated += 1 if hit else 0
            s[c] = 1 if hit else 0
        s[label] = -violated
        return loss
    top = s[0]
    for c in range(1, C):
        top = max(top, s[c])
    chosen = s[label] - top
    total = s.dtype.type(0)
    for c in range(C):
        s[c] = math.exp(s[c] - top)
        total += s[c]
    scale = 1 / total
    for c in range(C):
        s[c] *= scale
    s[label] -= 1
    return math.log(total) - chosen


@numba.njit(fastmath=True, inline="always")
def _add_products(A, X, at, begin, end, out):
    """out[i, c] += A[c] . X[at[i], begin:end], for ten rows of A: tiles of two by five sums in registers."""
    zero = A.dtype.type(0)
    count = at.shape[0]
    for i in range(0, count, 2):
        j = min(i + 1, count - 1)
        x, z = X[at[i], begin:end], X[at[j], begin:end]
        for c in range(0, CLASSES, 5):
            w0, w1, w2, w3, w4 = A[c], A[c + 1], A[c + 2], A[c + 3], A[c + 4]
            a0 = a1 = a2 = a3 = a4 = b0 = b1 = b2 = b3 = b4 = zero
            for d in range(end - begin):
                u, v = x[d], z[d]
                a0 += w0[d] * u
                a1 += w1[d] * u
                a2 += w2[d] * u
                a3 += w3[d] * u
                a4 += w4[d] * u
                b0 += w0[d] * v
                b1 += w1[d] * v
                b2 += w2[d] * v
                b3 += w3[d] * v
                b4 += w4[d] * v
            g = out[i, c : c + 5]
            g[0] += a0
            g[1] += a1
            g[2] += a2
            g[3] += a3
            g[4] += a4
            if j > i:
                g = out[j, c : c + 5]
                g[0] += b0
                g[1] += b1
                g[2] += b2
                g[3] += b3
                g[4] += b4


@numba.njit(fastmath=True, inline="always")
def _add_rows(G, X, at, begin, end, out):
    """out[c] += sum over i of G[i, c] X[at[i], begin:end]: eight rows at a time, then one by one."""
    count = at.shape[0]
    whole = count - count % 8
    for i in range(0, whole, 8):
        x0, x1, x2, x3 = (
            X[at[i], begin:end],
            X[at[i + 1], begin:end],
            X[at[i + 2], begin:end],
            X[at[i + 3], begin:end],
        )
        x4, x5, x6 = X[at[i + 4], begin:end], X[at[i + 5], begin:end], X[at[i + 6], begin:end]
        x7 = X[at[i + 7], begin:end]
        for c in range(CLASSES):
            g0, g1, g2, g3 = G[i, c], G[i + 1, c], G[i + 2, c], G[i + 3, c]
            g4, g5, g6, g7 = G[i + 4, c], G[i + 5, c], G[i + 6, c], G[i + 7, c]
            row = out[c]
            for d in range(end - begin):
                row[d] += (g0 * x0[d] + g1 * x1[d] + g2 * x2[d] + g3 * x3[d]) + (
                    g4 * x4[d] + g5 * x5[d] + g6 * x6[d] + g7 * x7[d]
                )
    for i in range(whole, count):
        x = X[at[i], begin:end]
        for c in range(CLASSES):
            g = G[i, c]
            row = out[c]
            for d in range(end - begin):
                row[d] += g * x[d]


@numba.njit(fastmath=True, inline="always")
def batch_gradient(W, X, y, at, svm, G, dW):
    """Add the gradient of the examples ``at`` (rows of X) to dW; return their summed loss."""
    D = X.shape[1]
    G[:] = 0
    _add_products(W, X, at, 0, D, G)
    loss = 0.0
    for i in range(at.shape[0]):
        loss += _score_gradient(G[i], y[at[i]], svm)
    _add_rows(G, X, at, 0, D, dW)
    return loss


@numba.njit(fastmath=True, parallel=True, nogil=True, cache=True)
def rows(W, X, y, block, svm):
    """Loss and gradient of X (N, D), ``block`` examples at a time."""
    N, D = X.shape
    threads = numba.get_num_threads()
    losses = np.zeros(threads)
    sums = np.zeros((threads, CLASSES, D), W.dtype)
    share = -(-N // threads)
    for thread in numba.prange(threads):
        G = np.empty((block, CLASSES), W.dtype)
        loss = 0.0
        stop = min(N, (thread + 1) * share)
        for first in range(thread * share, stop, block):
            at = np.arange(first, min(first + block, stop))
            loss += batch_gradient(W, X, y, at, svm, G, sums[thread])
        losses[thread] = loss
    dW = sums[0]
    for thread in range(1, threads):
        dW += sums[thread]
    return losses.sum() / N, dW / W.dtype.type(N)


@numba.njit(fastmath=True, parallel=True, nogil=True, cache=True)
def columns(W, X, y, block, svm):
    """Loss and gradient of X (D, N), ``block`` examples at a time."""
    D, N = X.shape
    threads = numba.get_num_threads()
    losses = np.zeros(threads)
    sums = np.zeros((threads, D, CLASSES), W.dtype)
    WT = np.ascontiguousarray(W.T)
    share = -(-N // (threads * 16)) * 16
    features = np.arange(D)
    for thread in numba.prange(threads):
        loss = 0.0
        stop = min(N, (thread + 1) * share)
        for first in range(thread * share, stop, block):
            end = min(first + block, stop)
            s = np.zeros((CLASSES, end - first), W.dtype)
            _add_rows(WT, X, features, first, end, s)
            for i in range(end - first):
                loss += _score_gradient(s[:, i], y[first + i], svm)
            _add_products(s, X, features, first, end, sums[thread])
        losses[thread] = loss
    dW = sums[0]
    for thread in range(1, threads):
        dW += sums[thread]
    return losses.sum() / N, (dW / W.dtype.type(N)).T


@numba.njit(fastmath=True, nogil=True, cache=True)
def small(W, X, y, svm):
    """Loss and gradient of X (N, D) for any number of classes, on one thread, without blocks."""
    N, D = X.shape
    C = W.shape[0]
    dW = np.zeros_like(W)
    s = np.empty(C, W.dtype)
    loss = 0.0
    for i in range(N):
        for c in range(C):
            total = W.dtype.type(0)
            for d in range(D):
                total += W[c, d] * X[i, d]
            s[c] = total
        loss += _score_gradient(s, y[i], svm)
        for c in range(C):
            for d in range(D):
                dW[c, d] += s[c] * X[i, d]
    dW /= W.dtype.type(N)
    return loss / N, dW


def forms(W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int) -> dict[str, Form]:
    """Return the forms for one problem: sizes of blocks."""
    svm = loss == "svm"
    kernel, blocks = (columns, (128, 256, 512)) if example_axis else (rows, (16, 32))
    return {f"blocks of {n}": Form(lambda n=n: kernel(W, X, y, n, svm)) for n in blocks}
