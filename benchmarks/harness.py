"""Ours and a peer, interleaved in one process: the answers first, then the times."""

import gc
import time
from collections.abc import Callable
from typing import Any

from .machine import Others
from .stats import summarize
from .work import Case, Form, difference

SAMPLE = 2e-3  # seconds that a timed sample lasts at least: short calls are timed in batches


def seconds(run: Callable[[], Any], calls: int = 1) -> float:
    """Time ``calls`` calls in a row; return the seconds of one."""
    again = range(calls)
    begin = time.perf_counter()
    for _ in again:
        run()
    return (time.perf_counter() - begin) / calls


def batch(run: Callable[[], Any]) -> int:
    """Return how many calls fill a sample."""
    calls = 1
    while (once := seconds(run, calls)) * calls < SAMPLE / 2 and calls < 1 << 20:
        calls *= 4
    return max(1, round(SAMPLE / once))


# Threads of a library that wait for more work by spinning (OpenBLAS: 2^26 cycles, some 30 ms) would take a
# core from whoever comes next: each side is timed after a rest.
REST = 0.05


def pairs_of(ours: Form, peer: Form, pairs: int, budget: float) -> tuple[list[float], list[float]]:
    """Time ABBA pairs (ours, peer, peer, ours), in seconds per unit; stop after 5 or more over ``budget``."""
    forms = (ours, peer)
    calls = [batch(form.run) for form in forms]
    times: tuple[list[float], list[float]] = ([], [])
    begin = time.perf_counter()
    gc.collect()
    gc.disable()
    try:
        for pair in range(pairs):
            for which in (0, 1) if pair % 2 == 0 else (1, 0):
                time.sleep(REST)
                times[which].append(seconds(forms[which].run, calls[which]) / forms[which].units)
            if pair >= 4 and time.perf_counter() - begin > budget:
                break
    finally:
        gc.enable()
    return times


def fastest(forms: dict[str, Form]) -> tuple[str, dict[str, float]]:
    """Return the fastest form's name, and seconds per unit of all: one sample, for the best three four."""
    calls = {name: batch(form.run) for name, form in forms.items()}
    best = {name: seconds(form.run, calls[name]) / form.units for name, form in forms.items()}
    if len(forms) > 1:
        for name in sorted(best, key=best.__getitem__)[:3]:
            again = [seconds(forms[name].run, calls[name]) / forms[name].units for _ in range(3)]
            best[name] = min(best[name], *again)
    return min(best, key=best.__getitem__), best


def compare(case: Case, peer: str, size: str, pairs: int, budget: float) -> dict[str, Any]:
    """Run one case against one peer: build, check the answers of every form, take the best form, time."""
    work = case.build(size)
    forms = work.peers[peer]()
    cold_ours = seconds(work.ours.run) / work.ours.units
    expected = work.ours.answers()
    differences, cold = {}, {}
    for name, form in list(forms.items()):
        try:
            cold[name] = seconds(form.run) / form.units
            differences[name] = difference(expected, form.answers())
        except Exception as error:  # a form that does not run here is named, the others go on
            cold[name] = f"failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            del forms[name]
    wrong = {name: gap for name, gap in differences.items() if not gap <= work.rtol}
    result: dict[str, Any] = {
        "sizes": work.sizes,
        "unit": work.unit,
        "tolerance": work.rtol,
        "differences": differences,
        "cold": {"deeprob": cold_ours, **cold},
        "note": work.note,
        "flops": work.flops,
        "bytes": work.bytes,
        "roof": work.roof,
    }
    if wrong or not forms:
        what = ", ".join(f"{name} by {gap:.2g}" for name, gap in wrong.items())
        return {**result, "failed": f"answers differ: {what}" if wrong else f"no form ran: {cold}"}
    name, tried = fastest(forms)
    others = Others()
    mine, theirs = pairs_of(work.ours, forms[name], pairs, budget)
    return {
        **result,
        "form": name,
        "forms": tried,
        **summarize(mine, theirs),
        "others": others.cpus(),
        "samples": [mine, theirs],
    }
