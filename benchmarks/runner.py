"""Starts a worker for each case and peer, one after the other, and gathers what they write."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .threads import environment
from .work import PEERS, Case

ROOT = Path(__file__).resolve().parents[1]


def run_worker(module: str, arguments: list[str], threads: int, timeout: float) -> dict[str, Any]:
    """Run ``python -m module arguments FILE``; return the JSON it writes, or {"failed": why}."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        with subprocess.Popen(
            [sys.executable, "-m", module, *arguments, str(path)],
            cwd=ROOT,
            env={**os.environ, **environment(threads), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                _, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                return {"failed": f"took longer than {timeout:.0f} s"}
            except BaseException:
                process.kill()
                raise
        if process.returncode or not path.exists():
            lines = errors.strip().splitlines()
            return {"failed": lines[-1] if lines else f"exit status {process.returncode}"}
        result: dict[str, Any] = json.loads(path.read_text())
        return result


def run(
    cases: Iterable[Case],
    size: str,
    pairs: int,
    budget: float,
    threads: int,
    results: list[dict[str, Any]],
    only: list[str] | None = None,
    deadline: float | None = None,
) -> None:
    """Measure every case against each of its peers, appending to ``results``; progress on stderr.

    ``only`` names peers; what has not begun by the ``deadline`` (of time.monotonic) is named as left out.
    """
    todo = [(case, peer) for case in cases for peer in case.peers if only is None or peer in only]
    for number, (case, peer) in enumerate(todo, 1):
        name = PEERS[peer][0]
        row = {"case": case.name, "title": case.title, "peer": peer}
        if deadline is not None and time.monotonic() > deadline:
            results.append({**row, "absent": "left out: no time left"})
            continue
        print(f"[{number}/{len(todo)}] {case.title}: {name} ...", end=" ", file=sys.stderr, flush=True)
        begin = time.perf_counter()
        arguments = [case.name, peer, size, str(pairs), str(budget), str(threads)]
        timeout = 30 * budget + 240 if deadline is None else max(5.0, deadline + 5 - time.monotonic())
        result = run_worker("benchmarks.worker", arguments, threads, timeout)
        outcome = result.get("absent") or result.get("failed")
        said = outcome or f"{result['ratio']:.2f} x"
        print(f"{said} ({time.perf_counter() - begin:.0f} s)", file=sys.stderr, flush=True)
        results.append({**row, **result})
