"""Make the notebooks from their sources, and check that their stored outputs still hold.

NN_name.py (py:percent text, jupytext) is the source; NN_name.ipynb is made from it, with outputs.

    python notebooks/make.py              make and execute all notebooks
    python notebooks/make.py 06 09        only these
    python notebooks/make.py --check      execute in memory, compare text outputs with the stored ones

`--check` exits with 1 on a difference. A cell tagged "varies" prints what differs from computer to computer:
its output is neither stored nor compared. Needs jupytext, nbclient, nbformat, ipykernel, matplotlib.
"""

import argparse
import difflib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
METADATA = {
    "jupytext": {"formats": "ipynb,py:percent"},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS = 120  # for one cell


def sources(wanted=()):
    """Return the notebooks' sources, all or those whose names begin with one of ``wanted``."""
    found = sorted(path for path in HERE.glob("[0-9][0-9]_*.py"))
    return [path for path in found if not wanted or path.name.startswith(tuple(wanted))]


def build(source):
    """Return the notebook that a source describes, without outputs."""
    import jupytext
    import nbformat

    text = jupytext.read(source, fmt="py:percent")
    cells = []
    for number, cell in enumerate(text.cells):
        metadata = {"tags": list(cell.metadata["tags"])} if cell.metadata.get("tags") else {}
        new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        cells.append(new(cell.source, metadata=metadata, id=f"{source.stem[:2]}-{number:03d}"))
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA, nbformat_minor=5)


def execute(notebook):
    """Run a copy of ``notebook`` in a fresh kernel and return it; an error in a cell is raised."""
    from copy import deepcopy

    from nbclient import NotebookClient

    result = deepcopy(notebook)
    for cell in result.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        result, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
    )
    client.execute()
    for cell in result.cells:
        cell.metadata.pop("execution", None)  # times
        if cell.cell_type == "code" and "varies" in cell.metadata.get("tags", []):
            cell.outputs = []
    result.metadata = notebook.metadata  # without the kernel's Python version
    return result


def text_outputs(cell):
    """Return what a code cell printed and showed, pictures left out."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join([output.ename, output.evalue, *output.traceback]))
        else:
            parts.append(str(output.data.get("text/plain", "")))
    return "".join(part if part.endswith("\n") else part + "\n" for part in parts)


def differences(stored, fresh):
    """Return a unified diff of all text outputs, empty where they agree."""
    lines = []
    for old, new in zip(stored.cells, fresh.cells, strict=True):
        before, after = text_outputs(old).splitlines(), text_outputs(new).splitlines()
        lines += difflib.unified_diff(before, after, f"{old.id} stored", f"{old.id} now", lineterm="", n=1)
    return lines


def pair_differences(source, stored):
    """Return in words where the stored notebook's cells are not those of its source."""

    def content(cell):
        return cell.cell_type, cell.source, tuple(cell.metadata.get("tags", []))

    built = build(source)
    if len(built.cells) != len(stored.cells):
        return [f"{source.name} has {len(built.cells)} cells, the notebook {len(stored.cells)}"]
    pairs = zip(built.cells, stored.cells, strict=True)
    return [f"{source.name}: cell {a.id} differs" for a, b in pairs if content(a) != content(b)]


def check(source):
    """Return what is wrong with a stored notebook: its pair, or its outputs."""
    import nbformat

    path = source.with_suffix(".ipynb")
    if not path.exists():
        return [f"{path.name} is missing: run python notebooks/make.py"]
    stored = nbformat.read(path, as_version=4)
    return pair_differences(source, stored) or differences(stored, execute(stored))


def make(source):
    """Write the notebook of a source, executed."""
    import nbformat

    notebook = execute(build(source))
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" or re.search(r"\w*Warning:", text_outputs(cell)):
                raise SystemExit(f"{source.name}: cell {cell.id} warns:\n{text_outputs(cell)}")
    nbformat.validate(notebook)
    nbformat.write(notebook, source.with_suffix(".ipynb"))


def main():
    """Make or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", help="numbers or beginnings of names; default all")
    parser.add_argument("--check", action="store_true", help="compare with the stored outputs, write nothing")
    options = parser.parse_args()
    chosen = sources(options.notebooks)
    if not chosen:
        parser.error("no such notebook")
    failed = False
    for source in chosen:
        wrong = check(source) if options.check else make(source)
        failed |= bool(wrong)
        print(f"{source.stem}: {'differs' if wrong else 'as stored' if options.check else 'made'}")
        for line in wrong or []:
            print(f"    {line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
