"""The scratch memory of one loss + gradient call: what the peak of the process's memory grows by.

    python -m benchmarks.memory WHO N LAYOUT THREADS FILE

tracemalloc does not see C's memory, so each figure is a process of its own: data first, then ru_maxrss before
and after one call.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from . import runner
from .threads import limit, pin

EXAMPLES = {"full": (5_000, 50_000), "quick": (5_000, 20_000), "tiny": (50, 100)}
UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss counts bytes there, kilobytes elsewhere


def growth(who: str, N: int, layout: str, threads: int) -> dict[str, Any]:
    """Return the bytes that one call's peak adds, and the bound that deeprob keeps."""
    import deeprob

    from . import data

    axis = ("rows", "columns").index(layout)
    W, X, y = data.linear(N, example_axis=axis)
    small = data.linear(64, example_axis=axis)
    if who == "deeprob":

        def call(W: Any, X: Any, y: Any) -> Any:
            return deeprob.softmax_loss(W, X, y, example_axis=axis)

    else:
        from .peers import numpy_linear

        def call(W: Any, X: Any, y: Any) -> Any:
            return numpy_linear.one_pass(W, X, y, "softmax", axis, "example-major")

    limit(threads)
    if who != "deeprob":
        call(*small)  # BLAS takes its buffers, which do not count
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call(W, X, y)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bound = 16 * W.nbytes + (2 << 20) * threads
    return {"who": who, "N": N, "layout": layout, "bytes": (after - before) * UNIT, "bound": bound}


def measure(size: str, threads: int) -> list[dict[str, Any]]:
    """Return the growth of deeprob and NumPy for each N and layout."""
    found = []
    for who in ("deeprob", "numpy"):
        for layout in ("rows", "columns"):
            for N in EXAMPLES[size]:
                arguments = [who, str(N), layout, str(threads)]
                named = {"who": who, "N": N, "layout": layout}
                found.append({**named, **runner.run_worker("benchmarks.memory", arguments, threads, 120)})
    return found


if __name__ == "__main__":
    who, N, layout, threads, path = sys.argv[1:]
    pin(int(threads))
    Path(path).write_text(json.dumps(growth(who, int(N), layout, int(threads))))
