"""The frame of the report: a self-contained HTML page, and small pieces of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_CSS = """
:root { color-scheme: light dark; --ink: #1d1d23; --soft: #5c5c68; --paper: #ffffff; --card: #f6f6f9;
  --line: #dcdce3; --grid: #d9d9de; --accent: #2f6fde; --said: #a9a9b6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e9ee; --soft: #a6a6b3; --paper: #16161b;
  --card: #1f1f26; --line: #35353f; --grid: #35353f; --accent: #6ea0ff; --said: #6d6d7b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
p { margin: .5rem 0 .9rem; max-width: 46rem; }
.soft, figcaption, .note { color: var(--soft); }
.note { font-size: .9rem; margin: .4rem 0; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace; }
code { font-size: .9em; overflow-wrap: anywhere; }
pre { font-size: .82rem; line-height: 1.45; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 14px 16px; overflow-x: auto; margin: .8rem 0; }
.bars { display: grid; grid-template-columns: max-content 1fr; gap: 8px 16px; align-items: center;
  margin: 1rem 0; }
.bars dt { font-size: .95rem; }
.bars dd { margin: 0; display: flex; align-items: center; gap: 10px; font-variant-numeric: tabular-nums; }
.track { flex: 1; height: 14px; background: var(--card); border-radius: 4px; overflow: hidden; }
.fill { height: 100%; background: var(--accent); border-radius: 4px; min-width: 2px; }
.said .fill { background: var(--said); }
.bars b { width: 4em; text-align: right; font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tbody:last-child tr:last-child > * { border-bottom: 0; }
.words1 > :nth-child(-n+1), .words3 > :nth-child(-n+3) { text-align: left; }
thead th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }
tbody th { font-weight: 400; }
tr.part th { text-align: left; background: var(--card); font-weight: 600; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr));
  gap: 24px 32px; margin: 1.2rem 0; }
figure { margin: 0; min-width: 0; max-width: 640px; }
.figures > pre { margin: 0; align-self: start; font-size: .75rem; padding: 12px; }
figure svg { display: block; width: 100%; height: auto; }
figure svg * { stroke-linejoin: round; stroke-linecap: butt; }
figcaption { font-size: .9rem; margin-top: .35rem; }
details { margin: 1rem 0; }
summary { cursor: pointer; font-weight: 600; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; font-size: .95rem; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 3rem; color: var(--soft); font-size: .9rem; }
@media (max-width: 600px) {
  main, header, footer { padding-left: 16px; padding-right: 16px; }
  header { padding-top: 24px; }
  h1 { font-size: 1.5rem; }
  .bars { grid-template-columns: 1fr; gap: 2px; }
  .bars dd { margin-bottom: 8px; }
  dl.facts { grid-template-columns: 1fr; }
  dl.facts dd { margin-bottom: 6px; }
}
@media print { details > * { display: block; } body { font-size: 12px; } }
"""

# nothing is fetched from anywhere: the browser itself is told to refuse
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, header: str, body: str, footer: str) -> str:
    """Return the whole page; ``title`` is text, the others are HTML."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(title)}</title>
<style>{_CSS}</style>
</head>
<body>
<header>
{header}
</header>
<main>
{body}
</main>
<footer>
{footer}
</footer>
</body>
</html>
"""


def section(title: str, *parts: str) -> str:
    """Return a section of HTML parts under a heading of text; without parts that say anything, nothing."""
    inner = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(title)}</h2>\n{inner}\n</section>" if inner else ""


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of text."""
    return f"<p{_class(kind)}>{escape(text)}</p>"


def figure(svg: str, alt: str, caption: str) -> str:
    """Return a figure from an ``<svg>`` element, with a text for those who do not see it."""
    image = svg.replace("<svg", f'<svg role="img" aria-label="{escape(alt)}"', 1)
    return f"<figure>\n{image}\n<figcaption>{escape(caption)}</figcaption>\n</figure>"


def figures(items: Iterable[str]) -> str:
    """Return figures side by side, as far as the screen is wide enough."""
    inner = "\n".join(items)
    return f'<div class="figures">\n{inner}\n</div>' if inner else ""


def table(
    label: str, headings: Sequence[str], parts: Iterable[tuple[str, Sequence[Sequence[str]]]], words: int
) -> str:
    """Return a table; each part has a title (or "") and rows of text, the first ``words`` cells words."""
    kind = _class(f"words{words}")
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in headings)
    bodies = []
    for title, rows in parts:
        part = f'<tr class="part"><th scope="rowgroup" colspan="{len(headings)}">{escape(title)}</th></tr>\n'
        bodies.append(
            "<tbody>\n" + (part if title else "") + "\n".join(_row(r, kind) for r in rows) + "</tbody>"
        )
    inner = "\n".join(bodies)
    return (
        f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0"><table>\n'
        f"<thead><tr{kind}>{head}</tr></thead>\n{inner}\n</table></div>"
    )


def _row(row: Sequence[str], kind: str) -> str:
    first, *others = map(escape, row)
    return (
        f'<tr{kind}><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"
    )


def bars(rows: Iterable[tuple[str, float, bool]]) -> str:
    """Return bars of (label, share, whether it was said and not reached here)."""
    items = []
    for label, share, said in rows:
        fill = f'<div class="fill" style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></div>'
        items.append(
            f"<dt>{escape(label)}</dt><dd{_class('said' if said else '')}>"
            f'<div class="track" aria-hidden="true">{fill}</div><b>{share:.4f}</b></dd>'
        )
    return '<dl class="bars">\n' + "\n".join(items) + "\n</dl>"


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Return names and values, as text."""
    inner = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f'<dl class="facts">\n{inner}\n</dl>'


def notes(items: Iterable[tuple[str, str]]) -> str:
    """Return titles, each with a paragraph."""
    return "\n".join(f"<h3>{escape(title)}</h3>\n{paragraph(text)}" for title, text in items)


def printed(lines: Iterable[str]) -> str:
    """Return lines as they were printed."""
    return "<pre>" + escape("\n".join(lines)) + "</pre>"


def folded(summary: str, inner: str) -> str:
    """Return HTML that opens with a click on the text ``summary``."""
    return f"<details>\n<summary>{escape(summary)}</summary>\n{inner}\n</details>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
