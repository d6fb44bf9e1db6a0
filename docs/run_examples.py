"""Run the Python blocks of a page of the documentation, and write what each prints in a block below it.

`python docs/run_examples.py` writes the pages; with `--check` it writes nothing and exits with 1 where a page
shows something else than its blocks print. The blocks of a page run in order and share their names.

A number with an exponent (3.1e-11) is the size of an error: from computer to computer such numbers differ in
their digits, and so they are compared to within a factor of 4; one that is mere rounding may be any smaller.
All else is compared as it stands.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGES = ("gradient-checks.md", "networks.md")

# A block of code and, right after it, the block of what it prints.
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)
SIZE = re.compile(r"\d(?:\.\d+)?e[+-]\d+")
FACTOR = 4.0
ROUNDING = 1e-8


def outputs(page: str) -> Iterator[tuple[str, str]]:
    """Run the blocks of a page; yield what each should print and what it prints."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, example in enumerate(EXAMPLE.finditer(page), 1):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(example[1], f"block {number}", "exec"), names)
        yield example[2] or "", printed.getvalue()


def same(shown: str, printed: str) -> bool:
    """Whether two outputs are the same, but for the digits of numbers with an exponent."""
    if SIZE.sub("e", shown).split() != SIZE.sub("e", printed).split():
        return False
    sizes = zip(map(float, SIZE.findall(shown)), map(float, SIZE.findall(printed)), strict=True)
    return all(new <= FACTOR * old and (old <= FACTOR * new or old < ROUNDING) for old, new in sizes)


def differences(page: str) -> list[str]:
    """Return the lines in which a page differs from what its blocks print."""
    found: list[str] = []
    for shown, printed in outputs(page):
        if not same(shown, printed):
            lines = (text.splitlines() for text in (shown, printed))
            found += difflib.unified_diff(*lines, "shown", "printed", lineterm="")
    return found


def written(page: str) -> str:
    """Return a page with what its blocks print."""
    printed = iter([text for _, text in outputs(page)])

    def example(match: re.Match[str]) -> str:
        text = next(printed)
        if match[2] is not None and same(match[2], text):
            return match[0]
        return f"```python\n{match[1]}```\n" + (f"\n```text\n{text}```\n" if text else "")

    return EXAMPLE.sub(example, page)


def main() -> int:
    """Write the pages, or with `--check` compare them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 on a difference")
    check = parser.parse_args().check
    status = 0
    for name in PAGES:
        path = HERE / name
        page = path.read_text(encoding="utf-8")
        if not check:
            path.write_text(written(page), encoding="utf-8")
        elif lines := differences(page):
            print(f"docs/{name} shows something else than its blocks print:", *lines, sep="\n")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
