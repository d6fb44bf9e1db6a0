"""The rules of docs/architecture.md about who may know whom, held by reading the sources."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CSRC = ROOT / "csrc"
SOURCES = sorted(p for p in CSRC.rglob("*") if p.suffix in {".c", ".h", ".inc", ".def"})

pytestmark = pytest.mark.skipif(not SOURCES, reason="the C sources are not here")

# A folder may include from itself and from those named; "py" is the only one that knows Python.
MAY_INCLUDE = {
    "simd": set(),
    "kernels": {"simd"},
    "engine": {"kernels", "dispatch.h", "parallel.h"},
    "py": {"engine", "kernels", "dispatch.h", "parallel.h"},
    "dispatch": {"kernels"},
    "parallel": set(),
    "module": {"py", "kernels", "parallel.h", "dispatch.h"},
}


def room(path):
    parts = path.relative_to(CSRC).parts
    return parts[0] if len(parts) > 1 else path.stem


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(CSRC)))
def test_includes_point_one_way(path):
    allowed = MAY_INCLUDE[room(path)] | {room(path), f"{room(path)}.h"}
    for included in re.findall(r'#include "([^"]+)"', path.read_text()):
        top = included.split("/")[0]
        assert top in allowed, f"{path.relative_to(CSRC)} includes {included}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(CSRC)))
def test_only_py_knows_python_and_only_parallel_knows_threads(path):
    text = path.read_text()
    if room(path) not in {"py", "module"}:
        assert not re.search(r"Python\.h|numpy/|Py[A-Z]\w*_", text)
    if room(path) != "parallel":
        assert "pthread_" not in text.replace("-pthread", "")
    if room(path) in {"simd", "kernels", "engine"}:
        assert not re.search(r"\b(malloc|calloc|realloc|free)\(", text)
    if room(path) != "simd":
        assert not re.search(r"\b_mm(256|512)?_|\bv(ld1|st1)q?_", text), "intrinsics live in simd/"


def test_no_borrowed_references():
    """CPython's free-threading guide lists these; use their *Ref siblings."""
    borrowed = (
        r"\b(PyList_GetItem|PyDict_GetItem(String|WithError)?|PyWeakref_GetObject|PyImport_AddModule)\("
    )
    for path in SOURCES:
        assert not re.search(borrowed, path.read_text()), path


def test_no_fast_math_and_no_openmp():
    for path in [*SOURCES, ROOT / "setup.py", ROOT / "pyproject.toml"]:
        options = re.sub(r"no -ffast-math", "", path.read_text())
        assert not re.search(r"-ffast-math|-Ofast|-funsafe-math|-fopenmp", options), path


def test_files_are_short_enough_to_read():
    python = sorted((ROOT / "src").rglob("*.py"))
    for path in [*SOURCES, *python]:
        assert len(path.read_text().splitlines()) <= 500, path


@pytest.mark.parametrize(
    ("family", "parts"),
    [
        ("loss", {"loss", "math", "soft", "column", "curvature"}),
        ("step", {"step", "prepare"}),
        ("landscape", set()),
    ],
)
def test_the_lists_name_every_kernel_file(family, parts):
    plural = {"loss": "losses"}.get(family, f"{family}s")
    lines = (CSRC / f"kernels/{plural}.def").read_text()
    listed = re.findall(rf'#include "kernels/{family}/(\w+)\.inc"', lines)
    files = {p.stem for p in (CSRC / f"kernels/{family}").glob("*.inc")} - parts
    assert set(listed) == files
