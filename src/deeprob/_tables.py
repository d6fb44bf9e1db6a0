"""Tables of words and numbers, as text and as HTML."""

from collections.abc import Iterable, Sequence
from html import escape

_CELL = "padding:0.1em 0.7em;white-space:nowrap;border-bottom:1px solid rgba(128,128,128,0.35)"


def aligned(rows: Sequence[Iterable[str]]) -> list[str]:
    """Return rows as text in columns: the first one words, the others numbers.

    Examples
    --------
    >>> aligned([("lr", "loss"), ("adam", "0.1")])
    ['lr    loss', 'adam   0.1']
    """
    table = [list(row) for row in rows]
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in table
    ]


def html_table(rows: Sequence[Iterable[str]]) -> str:
    """Return rows, the first one headings, as an HTML table without a style sheet, for light and dark pages.

    Examples
    --------
    >>> "&lt;none&gt;</td>" in html_table([("method",), ("<none>",)])
    True
    """
    made = [_row("th" if k == 0 else "td", row) for k, row in enumerate(rows)]
    return (
        '<table style="border-collapse:collapse;margin:0.3em 0;color:inherit;'
        f'font-variant-numeric:tabular-nums"><thead>{made[0]}</thead><tbody>{"".join(made[1:])}</tbody></table>'
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    made = [
        f'<{tag} style="{_CELL};text-align:{"right" if k else "left"}">{escape(cell)}</{tag}>'
        for k, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(made)}</tr>"
