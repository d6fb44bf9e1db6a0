"""Tables and numbers as text."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of columns that are flush right, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.rjust, row, widths)).rstrip() for row in rows]


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many decimals, or a large one, of a training that diverges, with few digits.

    Examples
    --------
    >>> number(8.51936), number(-2e300)
    ('8.5194', '-2e+300')
    """
    return f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.{digits + 1}g}"
