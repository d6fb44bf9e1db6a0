"""The look of a report on a gradient check, as text and as HTML.

What it says is decided in `words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from .comparison import Cause, Entry
from .words import HEADINGS, cells, tell

if TYPE_CHECKING:
    from .result import GradCheckResult

_WIDTH = 110  # columns of a table


def text(result: GradCheckResult) -> str:
    """Return the report as plain text.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob._gradcheck import Comparison, GradCheckResult
    >>> numeric = np.array([2.0, -4.0])
    >>> right = Comparison("", "w", 0, 0, (), numeric * (1 + 1e-9), numeric, 1e-5, 1e-6, "agrees")
    >>> print(text(GradCheckResult((right,), (), {"check": "gradcheck"}, evaluations=5)))
    gradcheck passed: 2 entries of w agree, largest relative error 5.0e-10 (5 evaluations)
    """
    report = tell(result)
    lines = [report.headline, *(f"  {cause.text}" for cause in report.causes)]
    for k, paragraph in enumerate(report.paragraphs):
        if k:  # the first one's stands there already
            lines += ["", paragraph.headline]
        lines += [f"  {cause.text}" for cause in paragraph.causes]
        lines += _table(paragraph.entries)
        if paragraph.more:
            lines.append(f"  ... and {paragraph.more} more")
    lines += [""] * (len(report.paragraphs) > 1)  # what follows is about all of them
    return "\n".join([*lines, *(f"  {line}" for line in report.rest)])


def html(result: GradCheckResult) -> str:
    """Return the report as HTML without any style sheet, for light and dark pages.

    Text has the page's colour; marks and words say what the three colours say.

    Examples
    --------
    >>> from deeprob._gradcheck import Cause, GradCheckResult
    >>> cause = Cause("input changed", "The function writes into inputs[0] (<W>).")
    >>> page = html(GradCheckResult((), (cause,), {"check": "gradcheck"}, evaluations=1))
    >>> "writes into inputs[0] (&lt;W&gt;)." in page
    True
    """
    report = tell(result)
    parts = [_heading(report.headline, report.ok), *(_sentence(cause) for cause in report.causes)]
    for k, paragraph in enumerate(report.paragraphs):
        if k:  # the first one's stands there already
            parts.append(_heading(paragraph.headline, False))
        parts += [_sentence(cause) for cause in paragraph.causes]
        parts.append(_html_table(paragraph.entries))
        if paragraph.more:
            parts.append(f"<div>... and {paragraph.more} more</div>")
    parts += [f'<div style="opacity:0.8">{escape(line)}</div>' for line in report.rest]
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def _table(entries: Sequence[Entry]) -> list[str]:
    """Return the lines of a table, none without entries."""
    if not entries:
        return []
    rows = [HEADINGS, *(cells(entry) for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = _WIDTH - sum(widths[1:]) - 2 * len(widths)
    widths[0] = min(widths[0], max(room, len(HEADINGS[0])))
    return [f"  {_line(row, widths)}" for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0] if len(row[0]) <= widths[0] else row[0][: widths[0] - 3] + "..."
    numbers = [cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:-1], strict=True)]
    return "  ".join([first.ljust(widths[0]), *numbers, row[-1]])


# Red, green and amber with a contrast above 4 on white and on the dark grey of notebooks.
_RED, _GREEN, _AMBER = "#e0383f", "#1f8a4c", "#a86e00"
_BOX = "max-width:64em;line-height:1.45"
_CELL = "padding:0.1em 0.7em;white-space:nowrap;border-bottom:1px solid rgba(128,128,128,0.35)"
_NUMBERS = "font-variant-numeric:tabular-nums"


def _heading(words: str, ok: bool) -> str:
    color, mark = (_GREEN, "✓") if ok else (_RED, "✗")
    return (
        f'<div style="margin-top:0.4em"><span style="color:{color};font-weight:bold">{mark}</span> '
        f"<b>{escape(words)}</b></div>"
    )


def _sentence(cause: Cause) -> str:
    color = _AMBER if cause.ok else _RED
    return (
        f'<div style="margin:0.2em 0;padding-left:0.6em;border-left:3px solid {color}">'
        f"{escape(cause.text)}</div>"
    )


def _html_table(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    last = len(HEADINGS) - 1
    head = "".join(_cell("th", words, k in (0, last)) for k, words in enumerate(HEADINGS))
    rows = []
    for entry in entries:
        *numbers, verdict = cells(entry)
        color, mark = (_AMBER, "≈") if entry.excused else (_RED, "✗")
        said = f'<span style="color:{color};font-weight:bold">{mark}</span> {escape(verdict)}'
        made = [_cell("td", escape(cell), k == 0) for k, cell in enumerate(numbers)]
        rows.append(f"<tr>{''.join(made)}{_cell('td', said, True)}</tr>")
    return (
        f'<table style="border-collapse:collapse;margin:0.3em 0;color:inherit;{_NUMBERS}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(tag: str, content: str, left: bool) -> str:
    return f'<{tag} style="{_CELL};text-align:{"left" if left else "right"}">{content}</{tag}>'
