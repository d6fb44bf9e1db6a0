"""Tables as text."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of columns that are flush right, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.rjust, row, widths)).rstrip() for row in rows]


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many decimals, from 1e7 on in scientific notation."""
    return f"{value:.{digits}f}" if abs(value) < 1e7 else f"{value:.{digits}g}"
