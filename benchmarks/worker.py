"""One case against one peer, in a process of its own; writes one JSON object to the file given.

    python -m benchmarks.worker CASE PEER SIZE PAIRS BUDGET THREADS FILE

A process per peer: no two OpenMP runtimes, no pool of a third library spins beside the two that are compared.
"""

import json
import signal
import sys
from pathlib import Path
from typing import Any

from .threads import limit, pin, report


def measure(case_name: str, peer: str, size: str, pairs: int, budget: float, threads: int) -> dict[str, Any]:
    """Return the result of one case and peer: times, or why there are none."""
    from . import cases, harness
    from .work import AbsentError

    limit(threads)
    try:
        result = harness.compare(cases.by_name()[case_name], peer, size, pairs, budget)
    except ImportError as error:
        return {"absent": str(error)}
    except AbsentError as error:
        return {"absent": str(error)}
    return {**result, "pools": report()}


def main(arguments: list[str]) -> None:
    """Measure and write."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent answers Ctrl-C
    case, peer, size, pairs, budget, threads, path = arguments
    pin(int(threads))
    result = measure(case, peer, size, int(pairs), float(budget), int(threads))
    Path(path).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
