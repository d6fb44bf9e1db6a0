"""The notebooks run, print what is stored, and their exercises' checks name the mistakes."""

import importlib
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("[0-9][0-9]_*.py"))
SLIDES = {
    "00_start_here": {"L4-02", "L4-04"},
    "06_random_search": {"L4-05", "L4-15", "L4-16", "L4-17"},
    "09_gradient_descent": {"L4-27", "L4-29"},
}

# Third parties' own: they start a kernel, and say that parts of theirs are old.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning:(zmq|jupyter_client|ipykernel|nbclient|traitlets|nbformat)"
    ),
    pytest.mark.filterwarnings("ignore:.*[Pp]roactor.*:RuntimeWarning"),
]


def needed(*modules):
    """Skip where one of the modules is missing, or fail where the environment promises them."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            message = f"the notebooks need {name}, which is not installed"
            if os.environ.get("DEEPROB_REQUIRE_PEERS"):
                pytest.fail(message)
            pytest.skip(message)


@pytest.fixture(scope="module")
def make():
    sys.path.insert(0, str(NOTEBOOKS))
    try:
        yield importlib.import_module("make")
    finally:
        sys.path.remove(str(NOTEBOOKS))


@pytest.fixture(scope="module")
def helpers():
    sys.path.insert(0, str(NOTEBOOKS))
    try:
        yield importlib.import_module("helpers")
    finally:
        sys.path.remove(str(NOTEBOOKS))


def stored(name):
    needed("nbformat")
    import nbformat

    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def tags(cell):
    return cell.metadata.get("tags", [])


def test_the_notebooks_are_there():
    assert set(SLIDES) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_run_prints_what_is_stored(make, name):
    needed("nbformat", "nbclient", "ipykernel", "matplotlib")
    notebook = stored(name)
    assert make.differences(notebook, make.execute(notebook)) == []


@pytest.mark.parametrize("name", NAMES)
def test_source_and_notebook_have_the_same_cells(make, name):
    needed("jupytext", "nbformat")
    assert make.pair_differences(NOTEBOOKS / f"{name}.py", stored(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_is_clean(name):
    notebook = stored(name)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"jupytext", "kernelspec", "language_info"}
    text = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(text) < 1_500_000
    without_pictures = re.sub(r'"image/png": "[^"]*"', "", text)
    assert not re.search(r"/(home|root|tmp|Users|work|usr)/|[Ww]arning|Traceback|\\u001b", without_pictures)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) > 40  # says what the figure shows
        assert not ("varies" in tags(cell) and cell.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_every_slide_has_its_cells(name):
    notebook = stored(name)
    code = {tag for cell in notebook.cells if cell.cell_type == "code" for tag in tags(cell)}
    known = set(re.findall(r"L4-\d\d", " ".join(code)))
    assert known >= SLIDES.get(name, set())
    for kind in ("exercise", "check"):
        assert kind in code
    assert any("solution" in tags(cell) for cell in notebook.cells)


# ---- the exercises ---------------------------------------------------------------------------------------


def solution(name):
    """Run the folded-away solution of a notebook and return what it defines."""
    source = (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")
    text = source.split('tags=["solution"]')[1].split("# %%")[0]
    lines = "\n".join(line.removeprefix("# ").removeprefix("#") for line in text.splitlines())
    assert "<details>" in lines
    scope = {"np": np}
    exec(re.search(r"```python\n(.*?)```", lines, re.DOTALL).group(1), scope)
    return next(value for key, value in scope.items() if key not in ("np", "__builtins__"))


CHECKS = {
    "00_start_here": "check_centering",
    "06_random_search": "check_softmax_loss",
    "09_gradient_descent": "check_gradient",
}


def softmax(s, axis=0):
    e = np.exp(s - s.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def label_probabilities(X, Y, W):
    return softmax(W @ X)[Y, np.arange(len(Y))]


def data_gradient(W, X, y):
    return (softmax(W @ X.T) - np.eye(len(W))[:, y]) @ X


# notebook: {a wrong answer: what the verdict must say}
WRONG = {
    "00_start_here": {
        lambda train, images: None: "Nothing to check yet",
        lambda train, images: train.mean(axis=0) - images: "sign",
        lambda train, images: images - train.mean(axis=0).astype(np.uint8): "uint8",
        lambda train, images: (images - train.mean(axis=0)).astype(np.uint8): "uint8",
        lambda train, images: images - train.mean(): "one mean of all pixels",
        lambda train, images: images - images.mean(axis=0): "only the training images",
        lambda train, images: images - images.mean(axis=1, keepdims=True): "axis=1",
        lambda train, images: (images - train.mean(axis=0)).T: "transposed",
        lambda train, images: 2 * (images - train.mean(axis=0)): "factor 2",
        lambda train, images: images.astype(float): "nothing was subtracted",
        lambda train, images: train - train.mean(axis=0): "shape",
    },
    "06_random_search": {
        lambda X, Y, W: None: "Nothing to check yet",
        lambda X, Y, W: -np.sum(np.log(label_probabilities(X, Y, W))): "1/N is missing",
        lambda X, Y, W: np.mean(np.log(label_probabilities(X, Y, W))): "sign",
        lambda X, Y, W: -2 * np.mean(np.log(label_probabilities(X, Y, W))): "factor 2",
        lambda X, Y, W: -np.mean(np.log(softmax(W @ X, axis=1)[Y, np.arange(len(Y))])): "transposed",
        lambda X, Y, W: np.mean(label_probabilities(X, Y, W)): "logarithm is missing",
        lambda X, Y, W: -np.mean(np.log10(label_probabilities(X, Y, W))): "base 10",
        lambda X, Y, W: (
            -np.mean(np.log(np.exp(W @ X)[Y, np.arange(len(Y))] / np.exp(W @ X).sum(axis=0)))
        ): "subtract each column's largest score",
        lambda X, Y, W: 42.0: "no mistake that is known here",
    },
    "09_gradient_descent": {
        lambda W, X, y, reg: None: "Nothing to check yet",
        lambda W, X, y, reg: -(data_gradient(W, X, y) / len(y) + 2 * reg * W): "sign",
        lambda W, X, y, reg: data_gradient(W, X, y) + 2 * reg * W: "1/N is missing",
        lambda W, X, y, reg: data_gradient(W, X, y) / len(y) + reg * W: "factor 2 is missing",
        lambda W, X, y, reg: (data_gradient(W, X, y) / len(y) + 2 * reg * W).T: "transposed",
        lambda W, X, y, reg: data_gradient(W, X, y) / len(y): "regularization is missing",
        lambda W, X, y, reg: softmax(W @ X.T) @ X / len(y) + 2 * reg * W: "-1 at the label",
        lambda W, X, y, reg: 2 * data_gradient(W, X, y) / len(y) + 4 * reg * W: "factor 2 too many",
        lambda W, X, y, reg: np.full(W.shape, np.nan): "NaN",
        lambda W, X, y, reg: W[:2]: "shape",
    },
}


@pytest.mark.parametrize("name", CHECKS)
def test_the_solution_passes_the_check(helpers, capsys, name):
    assert getattr(helpers, CHECKS[name])(solution(name)) is True
    assert capsys.readouterr().out == "Right.\n"


@pytest.mark.parametrize(
    ("name", "wrong", "verdict"),
    [(name, wrong, verdict) for name, cases in WRONG.items() for wrong, verdict in cases.items()],
    ids=[f"{name[:2]}-{verdict}" for name, cases in WRONG.items() for verdict in cases.values()],
)
def test_a_mistake_is_named(helpers, capsys, name, wrong, verdict):
    assert getattr(helpers, CHECKS[name])(wrong) is False
    assert verdict in capsys.readouterr().out


def test_predictions_are_recorded(helpers, capsys):
    helpers.predict("T", 0.5)
    helpers.reveal("T", 0.24)
    helpers.reveal("never asked", 1)
    said = capsys.readouterr().out
    assert "T: the answer is 0.24; you predicted 0.5" in said
    assert "never asked: the answer is 1; you predicted nothing" in said


def test_a_changed_output_is_seen(make):
    needed("nbformat")
    notebook, other = stored("06_random_search"), stored("06_random_search")
    assert make.differences(notebook, other) == []
    cell = next(cell for cell in other.cells if cell.get("outputs"))
    cell.outputs[0]["text"] = "something else\n"
    assert any("something else" in line for line in make.differences(notebook, other))


def test_the_page_of_numbers_quotes_the_notebooks(make):
    page = (ROOT / "docs" / "lecture-numbers.md").read_text(encoding="utf-8")
    section = page.partition("## On the embedded images")[2].partition("\n## ")[0]
    rows = [row.split(" | ") for row in section.splitlines() if row.startswith("| ") and "nb 0" in row]
    assert len(rows) == 6
    printed = {name[:2]: "".join(map(make.text_outputs, stored(name).cells)) for name in SLIDES}
    for row in rows:
        numbers = re.findall(r"\d+\.\d{4,}", row[2])
        assert all(number in printed[row[4][3:5]] for number in numbers), row
