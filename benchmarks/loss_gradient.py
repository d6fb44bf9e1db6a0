"""Softmax loss + gradient on the lecture's shapes: deeprob against NumPy and PyTorch, side by side.

    python benchmarks/loss_gradient.py [--examples 50000]

Interleaved pairs (ours, peer, peer, ours), same dtype, same threads, the answers compared first; prints the
median of the per-pair ratios. PyTorch is left out where it is not installed.
"""

import argparse
import itertools
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import threadpoolctl

import deeprob

Pass = Callable[[], tuple[float, np.ndarray]]


def numpy_pass(W: np.ndarray, X: np.ndarray, y: np.ndarray, example_axis: int) -> tuple[float, np.ndarray]:
    """Compute loss and gradient by two matrix products, vectorized, examples as rows or columns."""
    rows = np.arange(len(y))
    s = W @ X if example_axis else (X @ W.T).T  # (C, N)
    s -= s.max(axis=0)
    label = s[y, rows]
    np.exp(s, out=s)
    total = s.sum(axis=0)
    loss = float(np.mean(np.log(total) - label))
    s /= total
    s[y, rows] -= 1
    return loss, (s @ X.T if example_axis else s @ X) / len(y)


def torch_pass(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> Pass | None:
    """Return PyTorch's eager loss and gradient by autograd, or None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(deeprob.get_num_threads())
    weights, examples, labels = torch.tensor(W, requires_grad=True), torch.from_numpy(X), torch.from_numpy(y)

    def run() -> tuple[float, np.ndarray]:
        weights.grad = None
        loss = torch.nn.functional.cross_entropy(examples @ weights.T, labels)
        loss.backward()
        return loss.item(), weights.grad.numpy()

    return run


def seconds(run: Pass) -> float:
    """Time one call."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def compare(name: str, ours: Pass, peer: Pass, pairs: int = 7) -> None:
    """Check that the answers agree, then print both medians and the median ratio."""
    (loss, dW), (peer_loss, peer_dW) = ours(), peer()
    np.testing.assert_allclose(loss, peer_loss, rtol=1e-4)
    np.testing.assert_allclose(dW, peer_dW, atol=1e-4 * np.abs(peer_dW).max())
    timed = []
    for _, swap in zip(range(pairs), itertools.cycle([False, True]), strict=False):
        first, second = (peer, ours) if swap else (ours, peer)
        pair = seconds(first), seconds(second)
        timed.append(pair[::-1] if swap else pair)
    mine, theirs = (1e3 * statistics.median(column) for column in zip(*timed, strict=True))
    ratio = statistics.median(b / a for a, b in timed)
    print(f"{name:34} {mine:8.1f} ms {theirs:8.1f} ms   {ratio:5.2f} x")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=50000)
    N, D, C = parser.parse_args().examples, 3073, 10
    threads = deeprob.get_num_threads()
    target = deeprob.cpu_info()["target"]
    print(f"{platform.processor() or platform.machine()}, target {target}, {threads} threads,")
    print(f"NumPy {np.__version__}; softmax loss + gradient, N = {N}, D = {D}, C = {C}\n")
    print(f"{'':34} {'deeprob':>11} {'peer':>11}   ratio")
    rng = np.random.default_rng(0)
    y = rng.integers(0, C, N)
    with threadpoolctl.threadpool_limits(threads):
        for dtype in (np.float32, np.float64):
            X = rng.standard_normal((N, D), dtype=np.float32).astype(dtype)
            W = (rng.standard_normal((C, D)) * 0.01).astype(dtype)

            def rows(X: np.ndarray = X, W: np.ndarray = W) -> tuple[float, np.ndarray]:
                return deeprob.softmax_loss(W, X, y)

            name = np.dtype(dtype).name
            compare(f"{name} rows, NumPy", rows, lambda X=X, W=W: numpy_pass(W, X, y, 0))
            if (run := torch_pass(W, X, y)) is not None:
                compare(f"{name} rows, PyTorch eager", rows, run)
            XT = np.ascontiguousarray(X.T)
            compare(
                f"{name} columns, NumPy",
                lambda XT=XT, W=W: deeprob.softmax_loss(W, XT, y, example_axis=1),
                lambda XT=XT, W=W: numpy_pass(W, XT, y, 1),
            )


if __name__ == "__main__":
    main()
