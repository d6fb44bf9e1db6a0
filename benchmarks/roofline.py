"""Compiles and runs roofline.c: what the machine can do at best."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_suffix(".c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=fast", "-pthread")


def compiler() -> list[str] | None:
    """Return the C compiler's command: CC, or what the system has; None without one."""
    if named := os.environ.get("CC"):
        return shlex.split(named)
    found = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    return [found] if found else None


def measure(threads: int, megabytes: int = 512, repeats: int = 3) -> dict[str, Any]:
    """Return the best of ``repeats`` runs with 1 and with ``threads`` threads, or {"absent": why}."""
    command = compiler()
    if command is None:
        return {"absent": "no C compiler: the roofline needs one"}
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "roofline")
        try:
            subprocess.run(
                [*command, *FLAGS, str(SOURCE), "-o", program], check=True, capture_output=True, text=True
            )
            found = {}
            for count in sorted({1, threads}):
                runs = [
                    json.loads(
                        subprocess.run(
                            [program, str(count), str(megabytes)], check=True, capture_output=True, text=True
                        ).stdout
                    )
                    for _ in range(repeats)
                ]
                best = {
                    k: max(run[k] for run in runs) for k, v in runs[0].items() if isinstance(v, float | int)
                }
                found[str(count)] = {**best, "isa": runs[0]["isa"]}
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            print(f"roofline: {said[-1] if said else error}", file=sys.stderr)
            return {"absent": f"{command[0]} could not compile or run roofline.c"}
    return found
