"""``python -m benchmarks``: measure, print the tables, write JSON and plots."""

import argparse
import fnmatch
import json
import platform
import re
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
QUICK_SECONDS = 105
# What --quick measures, in this order, as far as its two minutes go.
QUICK = (
    "loss/softmax/float32/rows",
    "step/adam/30730",
    "train/128",
    "mlp/step",
    "search/float32",
    "numeric",
    "gradcheck/loop",
    "empty/Objective",
    "loss/softmax/float32/columns",
    "threads/128",
    "step/adam/10M",
    "loss/softmax/float64/rows",
)


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="deeprob beside its best-known peers"
    )
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes, fewer pairs, at most two minutes"
    )
    parser.add_argument(
        "--only", metavar="PATTERN", default="*", help="cases whose name matches, e.g. 'loss/*rows'"
    )
    parser.add_argument("--peers", metavar="NAMES", help="these peers alone, e.g. numpy,numba")
    parser.add_argument("--pairs", type=int, help="ABBA pairs a row (default 21; 7 with --quick)")
    parser.add_argument(
        "--threads", type=int, help="threads for everybody (default: all this process may use)"
    )
    parser.add_argument("--out", type=Path, help="the JSON file (default benchmarks/results/<machine>.json)")
    parser.add_argument("--no-plots", action="store_true", help="no pictures beside the JSON file")
    what = "print the README's table, of a JSON file or of what is measured now"
    parser.add_argument("--markdown", nargs="?", type=Path, const=True, metavar="JSON", help=what)
    parser.add_argument("--list", action="store_true", help="name the cases and peers, measure nothing")
    return parser.parse_args()


def measure(given: argparse.Namespace, document: dict[str, Any]) -> None:
    """Fill the document; Ctrl-C ends it with what there is."""
    from . import cases, memory, roofline, runner

    size, threads = ("quick" if given.quick else "full"), document["settings"]["threads"]
    pairs, budget = document["settings"]["pairs"], 2.0 if given.quick else 12.0
    every = cases.by_name()
    names = [
        name for name in (QUICK if given.quick and given.only == "*" else every) if matches(name, given.only)
    ]
    chosen = [every[name] for name in names]
    try:
        print("roofline ...", file=sys.stderr, flush=True)
        document["roofline"].update(
            roofline.measure(threads, 256 if given.quick else 512, 1 if given.quick else 3)
        )
        deadline = time.monotonic() + QUICK_SECONDS if given.quick else None
        only = given.peers.split(",") if given.peers else None
        runner.run(chosen, size, pairs, budget, threads, document["results"], only, deadline)
        if matches("memory", given.only) and not given.quick:
            print("memory ...", file=sys.stderr, flush=True)
            document["memory"] += memory.measure(size, threads)
    except KeyboardInterrupt:
        document["settings"]["interrupted"] = True
        print("\ninterrupted: here is what there is", file=sys.stderr)


def matches(name: str, pattern: str) -> bool:
    """Say whether a case's name matches, as a whole or in part."""
    return fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name, f"*{pattern}*")


def show(document: dict[str, Any], markdown: bool) -> None:
    """Print the tables."""
    from . import report

    threads = document["machine"]["threads"]
    if markdown:
        lines = report.markdown(document)
    else:
        lines = report.header(document["machine"], document["roofline"], document["settings"])
        lines += report.table(document["results"], document["roofline"], threads)
        lines += report.pool_lines(document["results"])
        if document["memory"]:
            lines += report.memory_lines(document["memory"])
    print("\n".join(lines))


def main() -> int:
    """Run the command."""
    given = arguments()
    if isinstance(given.markdown, Path):
        show(json.loads(given.markdown.read_text()), markdown=True)
        return 0
    import deeprob

    from . import cases, machine

    if given.list:
        for case in cases.ALL:
            print(f"{case.name:30} {case.title}: {', '.join(case.peers)}")
        print(f"{'memory':30} peak scratch memory of loss + gradient: deeprob, numpy")
        return 0
    threads = given.threads or deeprob.get_num_threads()
    if threads < 1 or (given.pairs or 1) < 1:
        print("--threads and --pairs must be at least 1", file=sys.stderr)
        return 2
    settings = {"size": "quick" if given.quick else "full", "threads": threads}
    settings |= {"pairs": given.pairs or (7 if given.quick else 21)}
    described = machine.describe(threads)
    document = {"machine": described, "settings": settings, "roofline": {}, "results": [], "memory": []}
    for warning in described["warnings"]:
        print(f"WARNING: {warning}", file=sys.stderr)
    measure(given, document)
    show(document, markdown=bool(given.markdown))
    name = re.sub(
        r"[^a-z0-9]+", "-", f"{described['cpu'].split(' (')[0]}-{platform.machine()}".lower()
    ).strip("-")
    out = given.out or HERE / "results" / f"{name}-{described['target']}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(document, indent=1))
    print(f"wrote {out}", file=sys.stderr)
    if not given.no_plots:
        draw(document, out)
    return 0


def draw(document: dict[str, Any], out: Path) -> None:
    """Write the pictures beside the JSON file, where matplotlib is installed."""
    try:
        from . import plots
    except ImportError:
        print("matplotlib is absent: no pictures", file=sys.stderr)
        return
    plots.ratios(document, out.with_name(f"{out.stem}-ratios.png"))
    plots.roofline(document, out.with_name(f"{out.stem}-roofline.png"))
    drawn = [path.name for path in sorted(out.parent.glob(f"{out.stem}-*.png"))]
    print(f"pictures: {', '.join(drawn) or 'none'}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
