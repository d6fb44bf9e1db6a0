"""Write docs/reference.md, the API reference, from the signatures and docstrings of the installed package.

`python docs/make_reference.py` writes the file; with `--check` it writes nothing and exits with 1 when the
file is out of date.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "deeprob"
ROOMS = (
    "deeprob.augment",
    "deeprob.datasets",
    "deeprob.demos",
    "deeprob.landscapes",
    "deeprob.nn",
    "deeprob.nn.init",
    "deeprob.optim",
    "deeprob.schedules",
    "deeprob.plots",
    "deeprob.cs231n",
    "deeprob.bug_zoo",
)  # public names besides those of the package itself
BESIDES = {"deeprob.bug_zoo": ["all"]}  # not in its __all__: a star import would hide Python's own
WIDTH = 88  # longer signatures get one parameter a line

# numpydoc's sections whose body is a list of `name : type` with indented descriptions
ITEM_SECTIONS = {
    "Parameters",
    "Other Parameters",
    "Attributes",
    "Methods",
    "Returns",
    "Yields",
    "Raises",
    "Warns",
    "See Also",
}
TYPE_SECTIONS = {"Returns", "Yields"}  # an item without a colon is a type here, a name elsewhere

HEAD = """\
<!-- Written by docs/make_reference.py from the docstrings: change those, then run it again. -->

# API reference
"""


# ---- from docstrings to Markdown ----


def paragraphs(lines: Iterable[str]) -> Iterator[list[str]]:
    """Split at blank lines."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.rstrip())
        elif block:
            yield block
            block = []


def dedent(lines: list[str]) -> list[str]:
    """Take off the indentation that the non-blank lines share."""
    shared = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[shared:].rstrip() for line in lines]


def escape(text: str) -> str:
    """Keep Markdown from reading formulas as emphasis or HTML; bullets at line starts stay."""
    text = re.sub(r"(?m)^\.\. (?=\[\w+\])", "", text)  # ".. [1] a reference"
    text = re.sub(r"(\[\w+\])_(?!\w)", r"\1", text)  # "[1]_"
    text = re.sub(r"(?m)(?<!^)\*|^\*(?! )|(?<![^\W_])_|_(?![^\W_])", lambda found: "\\" + found[0], text)
    return text.replace("<", r"\<")


def inline(text: str) -> str:
    """Render running text: code in backticks stays (double ones become single), the rest is escaped."""
    text = re.sub(r":math:`([^`]+)`", r"`\1`", text)
    text = re.sub(r":[a-z]+(?::[a-z]+)?:`~?([^`]+)`", r"`\1`", text)
    pieces = re.split(r"(``[^`]+``|`[^`]+`)", text)
    return "".join("`" + p.strip("`") + "`" if i % 2 else escape(p) for i, p in enumerate(pieces))


def fence(language: str, lines: list[str]) -> list[str]:
    """Make a fenced block."""
    return [f"```{language}", *lines, "```", ""]


def is_definition(block: list[str]) -> bool:
    """Whether a paragraph is a term with its definition, or several: lines indented under one that is not."""
    head, *body = block
    plain = not head[0].isspace() and not head.startswith(("- ", ">>>", ".. ", "1."))
    return plain and bool(body) and body[0].startswith("    ")


def definitions(blocks: Iterable[list[str]]) -> Iterator[list[str]]:
    """Join a definition's further paragraphs, which are indented, to its first one."""
    whole: list[str] = []
    for block in blocks:
        if whole and block[0].startswith("    "):
            whole += ["", *block]
            continue
        if whole:
            yield whole
        whole = block if is_definition(block) else []
        if not whole:
            yield block
    if whole:
        yield whole


def text_block(lines: Iterable[str]) -> list[str]:
    """Render prose, doctests, formulas and literal blocks."""
    out: list[str] = []
    doctest: list[str] = []
    literal = "text"  # what the next indented paragraph is
    for block in definitions(paragraphs(lines)):
        first = block[0].lstrip()
        if is_definition(block):
            out += item_list("", block)
            continue
        if doctest and not first.startswith(">>>"):
            out += fence("python", doctest)
            doctest = []
        if first.startswith(">>>"):
            shown = [re.sub(r"\s*# doctest:.*", "", line) for line in dedent(block)]
            doctest += ["", *shown] if doctest else shown
        elif first.startswith(".. math::"):
            formula = [first.removeprefix(".. math::").strip(), *dedent(block[1:])]
            out += fence("math", [line for line in formula if line]) if any(formula) else []
            literal = "text" if any(formula) else "math"
        elif block[0] != first:
            out += fence(literal, dedent(block))
            literal = "text"
        else:
            prose = re.sub(r"::$", ":", "\n".join(block))
            out += [*inline(prose).split("\n"), ""]
    return out + (fence("python", doctest) if doctest else [])


def item_list(section: str, lines: list[str]) -> list[str]:
    """Render `name : type` entries with their descriptions as a list."""
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        if line and not line[0].isspace():
            items.append((line, []))
        elif items:
            items[-1][1].append(line)
    out: list[str] = []
    for head, body in items:
        name, colon, kind = (part.strip() for part in head.partition(" :"))
        if colon or section not in TYPE_SECTIONS:
            names = f"`{name}`" if "(" in name else ", ".join(f"`{n.strip(' `')}`" for n in name.split(","))
            title = f"{names} : {inline(kind)}" if kind else names
        else:
            title = inline(head)
        text = text_block(dedent(body))
        while text and not text[-1]:
            text.pop()
        line_break = "\\" if text and not text[0].startswith("```") else ""
        out += [f"- {title}{line_break}", *(f"  {line}" if line else "" for line in text)]
    return [*out, ""]


def sections(doc: str) -> tuple[str, list[str], list[tuple[str, list[str]]]]:
    """Split a docstring into summary, further text and its (title, body) sections."""
    lines = doc.splitlines()
    parts: list[tuple[str, list[str]]] = [("", [])]
    for line, after in pairwise([*lines, ""]):
        if line.strip() and not line[0].isspace() and re.fullmatch(r"-{3,}|={3,}", after.strip()):
            parts.append((line.strip(), []))
        else:
            parts[-1][1].append(line)
    intro = parts.pop(0)[1]
    summary = next(paragraphs(intro), [])
    # Each section's body still starts with the underline of its title.
    return " ".join(summary), intro[len(summary) :], [(title, body[1:]) for title, body in parts]


def docstring(doc: str) -> list[str]:
    """Render a whole docstring."""
    summary, rest, parts = sections(doc)
    out = [inline(summary), "", *text_block(rest)]
    for title, body in parts:
        out += [f"**{title}**", ""]
        out += item_list(title, dedent(body)) if title in ITEM_SECTIONS else text_block(dedent(body))
    return out


# ---- from objects to Markdown ----


def doc_of(obj: object) -> str:
    """Return the cleaned docstring; nothing for a plain value, which only has its type's."""
    own = inspect.isclass(obj) or inspect.getdoc(obj) != inspect.getdoc(type(obj))
    return (inspect.getdoc(obj) or "") if own else ""


def summary_of(obj: object) -> str:
    """Return the docstring's first paragraph as one line of Markdown."""
    return inline(sections(doc_of(obj))[0])


def default_text(value: object) -> str:
    """Return a default as code, the same in every run."""
    if inspect.isclass(value) or inspect.isroutine(value):
        return str(value.__qualname__)
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))


def signature(name: str, obj: Callable[..., Any], *, bound: bool = False) -> list[str]:
    """Return the call as code: names and defaults, without annotations (types stand in the docstring)."""
    try:
        parameters = list(inspect.signature(obj).parameters.values())
    except (TypeError, ValueError):
        return fence("python", [f"{name}(...)"])
    words: list[str] = []
    previous = None
    for p in parameters[1:] if bound else parameters:
        if previous == p.POSITIONAL_ONLY and p.kind != p.POSITIONAL_ONLY:
            words.append("/")
        if p.kind == p.KEYWORD_ONLY and previous not in (p.KEYWORD_ONLY, p.VAR_POSITIONAL):
            words.append("*")
        star = "*" if p.kind == p.VAR_POSITIONAL else "**" if p.kind == p.VAR_KEYWORD else ""
        words.append(star + p.name + ("" if p.default is p.empty else f"={default_text(p.default)}"))
        previous = p.kind
    if previous == inspect.Parameter.POSITIONAL_ONLY:
        words.append("/")
    line = f"{name}({', '.join(words)})"
    if len(line) <= WIDTH:
        return fence("python", [line])
    return fence("python", [f"{name}(", *(f"    {word}," for word in words), ")"])


@cache
def public_classes() -> dict[type, str]:
    """Return the classes that have entries of their own, with their full names."""
    modules = {namespace: importlib.import_module(namespace) for namespace in (PACKAGE, *ROOMS)}
    named = [
        (f"{space}.{name}", getattr(m, name)) for space, m in modules.items() for name in public_names(m)
    ]
    return {obj: full_name for full_name, obj in named if inspect.isclass(obj)}


def public_base(cls: type) -> type | None:
    """Return the nearest base that has an entry of its own: what it gives is not repeated."""
    public = public_classes()
    return next((base for base in cls.__mro__[1:] if base in public), None)


def members(cls: type) -> Iterator[tuple[str, object]]:
    """Yield the documented public methods and properties (and `__call__`), inherited ones last.

    Those of a base with an entry of its own are left to that.
    """
    seen = {"__init__"}
    known = public_base(cls)
    for base in cls.__mro__:
        if base.__module__.split(".")[0] != PACKAGE or (known is not None and issubclass(known, base)):
            continue
        for name, raw in vars(base).items():
            if name in seen or (name.startswith("_") and name != "__call__"):
                continue
            seen.add(name)
            kinds = (property, cached_property, classmethod, staticmethod)
            if (inspect.isroutine(raw) or isinstance(raw, kinds)) and doc_of(raw):
                yield name, raw


def member(cls: type, name: str, raw: object) -> list[str]:
    """Render one method or property of a class."""
    title = f"{cls.__name__}.{name}"
    if isinstance(raw, (property, cached_property)):
        return [f"#### {escape(title)}", "", *fence("python", [title]), *docstring(doc_of(raw))]
    obj = getattr(cls, name)
    bound = not isinstance(raw, (staticmethod, classmethod))
    call = cls.__name__.lower() if name == "__call__" else title
    return [f"#### {escape(title)}", "", *signature(call, obj, bound=bound), *docstring(doc_of(obj))]


def entry(full_name: str, obj: object) -> list[str]:
    """Render one public name."""
    out = [f"### {escape(full_name)}", ""]
    out += (
        signature(full_name, obj)
        if callable(obj)
        else fence("python", [f"{full_name} = {default_text(obj)}"])
    )
    out += docstring(doc_of(obj))
    if inspect.isclass(obj):
        base = public_base(obj)
        if base is not None:
            full = public_classes()[base]
            out += [f"Besides, all that [`{full}`](#{slug(full)}) has.", ""]
        for name, raw in members(obj):
            out += member(obj, name, raw)
    return out


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def room_of(namespace: str, obj: object) -> str:
    """Return the module that a name is listed under: for the package itself, the one that defines it."""
    home = str(getattr(obj, "__module__", None) or namespace)
    parts = home.split(".")
    if namespace == PACKAGE and parts[0] == PACKAGE and len(parts) > 1 and not parts[1].startswith("_"):
        return ".".join(parts[:2])
    return namespace


def public_names(module: ModuleType) -> list[str]:
    """Return `__all__`, or what the module defines without a leading underscore."""
    if hasattr(module, "__all__"):
        return sorted([*module.__all__, *BESIDES.get(module.__name__, [])])
    return sorted(
        name
        for name, obj in vars(module).items()
        if not name.startswith("_") and getattr(obj, "__module__", None) == module.__name__
    )


def losses_table() -> list[str]:
    """Render the losses that the C side offers, with their parameters."""
    losses: dict[str, dict[str, float]] = importlib.import_module(f"{PACKAGE}._core").losses()
    out = ["## Losses", "", "The losses of this build, by the name that `loss=` takes.", ""]
    out += ["| Loss | Parameters and defaults |", "| --- | --- |"]
    for name, parameters in losses.items():
        listed = ", ".join(f"`{key}={value!r}`" for key, value in parameters.items())
        out.append(f"| `{name}` | {listed or 'none'} |")
    return [*out, ""]


def reference() -> str:
    """Return the text of the reference."""
    rooms: dict[str, dict[str, object]] = {}
    for namespace in (PACKAGE, *ROOMS):
        module = importlib.import_module(namespace)
        for name in public_names(module):
            obj = getattr(module, name)
            if not isinstance(obj, ModuleType) and not name.startswith("__"):
                rooms.setdefault(room_of(namespace, obj), {})[f"{namespace}.{name}"] = obj

    table: list[str] = []
    entries: list[str] = []
    anchors: dict[int | str, str] = {}  # a function or class exported twice is described once
    for room, names in sorted(rooms.items()):
        about = summary_of(importlib.import_module(room))
        table += [f"**`{room}`**: {about}" if about else f"**`{room}`**", ""]
        table += ["| Name | Summary |", "| --- | --- |"]
        described: list[str] = []
        for full_name, obj in names.items():
            key = id(obj) if callable(obj) else full_name
            if key not in anchors:
                anchors[key] = slug(full_name)
                described += entry(full_name, obj)
            about = summary_of(obj).replace("|", r"\|")
            table.append(f"| [`{full_name}`](#{anchors[key]}) | {about} |")
        table.append("")
        if described:
            entries += [f"## {room}", "", *described]
    lines = [*HEAD.splitlines(), "", *table, *losses_table(), *entries]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def main() -> int:
    """Write the file, or with `--check` compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when out of date")
    check = parser.parse_args().check
    path = Path(__file__).with_name("reference.md")
    text = reference()
    if not check:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        print(f"docs/{path.name} is out of date: run python docs/make_reference.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
