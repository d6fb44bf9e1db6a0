"""One step of SGD, momentum and Adam: deeprob against PyTorch's fused optimizers, side by side.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/optimizer_steps.py [--threads 1 2]

Interleaved pairs (ours, peer, peer, ours), float32, same threads, the answers compared first; prints medians
and the median of the per-pair ratios. Without OMP_WAIT_POLICY=PASSIVE PyTorch's threads go on spinning after
their step and take our second thread's core.
"""

import argparse
import itertools
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

import deeprob
from deeprob import optim

STEPS = {
    "SGD": (optim.SGD, lambda p: torch.optim.SGD(p, lr=1e-3, fused=True)),
    "Momentum": (optim.Momentum, lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9, fused=True)),
    "Adam": (lambda w: optim.Adam(w, eps=1e-8), lambda p: torch.optim.Adam(p, fused=True)),
}


def seconds(run: Callable[[], object], calls: int) -> float:
    """Time one of many calls."""
    begin = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - begin) / calls


def compare(name: str, n: int, calls: int, pairs: int) -> None:
    """Check that the answers agree, then print both medians and the median ratio."""
    ours, theirs = STEPS[name]
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((2, n), dtype=np.float32)
    w, g = w.copy(), g.copy()
    tensor = torch.tensor(w, requires_grad=True)
    tensor.grad = torch.tensor(g)
    optimizer, peer = ours(w), theirs([tensor])
    for _ in range(3):
        optimizer.step(g)
        peer.step()
    np.testing.assert_allclose(w, tensor.detach().numpy(), rtol=1e-5, atol=1e-6)
    timed = []
    for _, swap in zip(range(pairs), itertools.cycle([False, True]), strict=False):
        runs = [lambda: optimizer.step(g), peer.step]
        pair = [seconds(run, calls) for run in (runs[::-1] if swap else runs)]
        timed.append(pair[::-1] if swap else pair)
    mine, other = (1e6 * statistics.median(column) for column in zip(*timed, strict=True))
    ratio = statistics.median(b / a for a, b in timed)
    print(f"{name:10} {n:>10,} {mine:11.2f} us {other:11.2f} us   {ratio:6.2f} x", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, deeprob.get_num_threads()])
    for threads in sorted(set(parser.parse_args().threads)):
        deeprob.set_num_threads(threads)
        torch.set_num_threads(threads)
        target = deeprob.cpu_info()["target"]
        print(
            f"{platform.machine()}, target {target}, {threads} threads, PyTorch {torch.__version__}, float32"
        )
        print(f"{'':21} {'deeprob':>14} {'PyTorch':>14}   ratio")
        for n, calls, pairs in [(10, 500, 60), (30_730, 200, 60), (10_000_000, 2, 30)]:
            for name in STEPS:
                compare(name, n, calls, pairs)


if __name__ == "__main__":
    main()
