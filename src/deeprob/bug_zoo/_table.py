"""The zoo as a table, in text and in HTML."""

import re
from html import escape

from ._bug import Bug

_HEADINGS = ("name", "kind", "what goes wrong")


class Bugs(tuple[Bug, ...]):
    """Bugs in a fixed order; printed, or shown in a notebook, they are a table.

    Examples
    --------
    >>> from deeprob import bug_zoo
    >>> len(bug_zoo.all()) == len(bug_zoo.NAMES)
    True
    >>> print(repr(bug_zoo.all()).splitlines()[0].split())
    ['name', 'kind', 'what', 'goes', 'wrong']
    """

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [_HEADINGS, *((bug.name, _kind(bug), bug.summary) for bug in self)]
        widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
        rule = tuple("-" * width for width in widths)
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (rows[0], rule, *rows[1:])
        )

    __str__ = __repr__

    def _repr_html_(self) -> str:
        head = "".join(f"<th scope='col'>{text}</th>" for text in (*_HEADINGS, "wrong", "right", "source"))
        body = "".join(_row(bug) for bug in self)
        style = "style='text-align: left'"
        return f"<table {style}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(bug: Bug) -> str:
    code = "".join(f"<td><code>{escape(text)}</code></td>" for text in bug.code)
    text = f"<td>{escape(_kind(bug))}</td><td style='min-width: 22em'>{escape(bug.story)}</td>"
    return f"<tr><th scope='row'>{escape(bug.name)}</th>{text}{code}<td>{_links(bug.source)}</td></tr>"


def _kind(bug: Bug) -> str:
    return f"{bug.kind}, strict" if bug.strict else bug.kind


def _links(source: str) -> str:
    """Return the source as HTML, owner/repository#number and addresses as links."""
    text = escape(source)
    text = re.sub(r"https?://[^\s,;)]+", r"<a href='\g<0>'>\g<0></a>", text)
    return re.sub(
        r"(?<![\w/])([\w.-]+/[\w.-]+)#(\d+)", r"<a href='https://github.com/\1/issues/\2'>\g<0></a>", text
    )
