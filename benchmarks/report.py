"""The results as text: a table for the terminal, and a Markdown table for the README."""

import statistics
from typing import Any

from .work import PEERS

COLUMNS = ("plain", "chunked", "fused")
TIE = 0.05  # a ratio within 5 % of 1 is called a tie


def duration(seconds: float) -> str:
    """Return seconds with a unit and three digits."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def verdict(result: dict[str, Any]) -> str:
    """Return "faster", "tie", "slower" or "undecided", ours against the peer."""
    ratio = result["ratio"]
    if abs(ratio - 1) < TIE:
        return "tie"
    if result["ratio_low"] <= 1 <= result["ratio_high"]:
        return "undecided"
    return "faster" if ratio > 1 else "slower"


def share(result: dict[str, Any], roofline: dict[str, Any], threads: int) -> str:
    """Return what ours reaches: GFLOP/s or GB/s, and the share of the measured peak."""
    peaks = roofline.get(str(threads), {})
    peak = peaks.get(result["roof"])
    if not result["roof"]:
        return ""
    if result["roof"].startswith("fma"):
        reached, unit = result["flops"] / result["ours"] / 1e9, "GFLOP/s"
    else:
        reached, unit = result["bytes"] / result["ours"] / 1e9, "GB/s"
    return f"{reached:.3g} {unit}" + (f" ({reached / peak:.0%} of peak)" if peak else "")


def header(machine: dict[str, Any], roofline: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """Return the lines that say where and how."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        f"{machine['cpu']}, {machine['cpus']} CPUs; {machine['threads']} threads for everybody, pinned; "
        f"deeprob target {machine['target']}",
        f"caches: {', '.join(machine['caches']) or 'unknown'}; {machine['system']}",
        f"BLAS: {'; '.join(machine['blas']) or 'unknown'}",
        f"{versions}; commit {machine['commit']}; {machine['date']}",
        f"size {settings['size']}, up to {settings['pairs']} ABBA pairs a row; ratio = median of peer / "
        "deeprob, [its confidence interval by order statistics]",
    ]
    if "absent" in roofline:
        lines.append(f"roofline: {roofline['absent']}")
    else:
        for count, peak in roofline.items():
            lines.append(
                f"peaks, {count} thread{'s' * (count != '1')}: FMA {peak['fma_float32']:.0f} (float32), "
                f"{peak['fma_float64']:.0f} (float64) GFLOP/s; read {peak['read']:.1f}, "
                f"SGD-like {peak['sgd']:.1f}, "
                f"momentum-like {peak['momentum']:.1f}, Adam-like {peak['adam']:.1f} GB/s ({peak['isa']})"
            )
    return lines + [f"WARNING: {warning}" for warning in machine["warnings"]]


def table(results: list[dict[str, Any]], roofline: dict[str, Any], threads: int) -> list[str]:
    """Return the terminal's table, grouped by case."""
    lines: list[str] = []
    last = None
    for result in results:
        if result["case"] != last:
            last = result["case"]
            lines += ["", f"{result['title']}" + (f" ({result['sizes']})" if "sizes" in result else "")]
            if result.get("note"):
                lines.append(f"    note: {result['note']}")
        name, column = PEERS[result["peer"]]
        label = f"    {name} [{column}]"
        why = result.get("absent") or result.get("failed")
        if why:
            lines.append(f"{label:32} {'absent' if 'absent' in result else 'FAILED'}: {why}")
            continue
        lines.append(
            f"{label:32} {duration(result['ours']):>9} {duration(result['theirs']):>9} "
            f"{result['ratio']:7.2f} x "
            f"[{result['ratio_low']:.2f}, {result['ratio_high']:.2f}] at {result['ratio_confidence']:.0%}, "
            f"{result['pairs']} pairs, {verdict(result)}; {result['form']}"
        )
        reached = share(result, roofline, threads)
        cold = result["cold"].get(result["form"])
        extra = [f"deeprob reaches {reached}"] if reached else []
        if isinstance(cold, float) and cold > 3 * result["theirs"] and cold - result["theirs"] > 0.1:
            extra.append(f"the peer's first call took {duration(cold)}")
        if (result.get("others") or 0) > 0.1:
            extra.append(f"others kept {result['others']:.1f} CPUs busy meanwhile")
        extra += [f"{form} {why}" for form, why in result["cold"].items() if isinstance(why, str)]
        if extra:
            lines.append(f"{'':32} {'; '.join(extra)}")
    return lines


def pool_lines(results: list[dict[str, Any]]) -> list[str]:
    """Return the threads of every pool beside each peer, as threadpoolctl and the libraries say."""
    lines = ["", "thread pools in the process of each peer"]
    for peer in dict.fromkeys(result["peer"] for result in results if "pools" in result):
        pools = next(result["pools"] for result in results if result["peer"] == peer and "pools" in result)
        said = [
            " ".join(
                str(pool[key]) for key in ("internal_api", "version", "architecture") if key in pool
            ).strip()
            or pool["user_api"]
            for pool in pools
        ]
        counts = (f"{name}: {pool['num_threads']}" for name, pool in zip(said, pools, strict=True))
        lines.append(f"    {PEERS[peer][0]}: {'; '.join(counts)}")
    return lines


def memory_lines(memory: list[dict[str, Any]]) -> list[str]:
    """Return the table of scratch memory."""
    lines = ["", "peak scratch memory of one softmax loss + gradient, float32 (growth of the process's peak)"]
    for entry in memory:
        label = f"    {PEERS.get(entry['who'], (entry['who'],))[0]}, {entry['layout']}, N = {entry['N']:,}"
        if "bytes" not in entry:
            lines.append(f"{label:40} FAILED: {entry.get('failed')}")
            continue
        kept = ""
        if entry["who"] == "deeprob":
            held = "within" if entry["bytes"] <= entry["bound"] else "ABOVE"
            kept = f"{held} the bound of 16 dW + 2 MB a thread, {entry['bound'] / 1e6:.1f} MB"
        lines.append(f"{label:40} {entry['bytes'] / 1e6:6.1f} MB   {kept}")
    return lines


def markdown(document: dict[str, Any]) -> list[str]:
    """Return the README's table: a row per case, the best peer of each column."""
    machine = document["machine"]
    versions = machine["versions"]
    named = ", ".join(
        f"{name} {versions[key]}"
        for name, key in (("NumPy", "numpy"), ("PyTorch", "torch"), ("JAX", "jax"), ("numba", "numba"))
    )
    lines = [
        f"{machine['cpu']}, {machine['threads']} threads, {machine['target']}; "
        f"Python {versions['python']}, {named}; "
        f"{'; '.join(sorted(set(machine['blas'])))}.",
        "",
        "| work | deeprob | plain | chunked | fused |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in dict.fromkeys(result["case"] for result in document["results"]):
        rows = [r for r in document["results"] if r["case"] == case]
        done = [r for r in rows if "ratio" in r]
        if not done or any(PEERS[r["peer"]][1] == "threads" for r in rows):
            continue
        cells = []
        for column in COLUMNS:
            best = min(
                (r for r in done if PEERS[r["peer"]][1] == column), key=lambda r: r["ratio"], default=None
            )
            cells.append(
                f"{best['ratio']:.2f} x ({PEERS[best['peer']][0]}, {duration(best['theirs'])})"
                if best
                else "-"
            )
        ours = statistics.median(r["ours"] for r in done)
        lines.append(f"| {rows[0]['title']} | {duration(ours)} | {' | '.join(cells)} |")
    return lines
