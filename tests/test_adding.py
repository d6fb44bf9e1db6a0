"""docs/adding.md is proven: its toy loss and optimizer, applied to a copy of the project, work everywhere."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "adding.md"


LISTS = ["A loss", "An elementwise optimizer"]


def blocks(title):
    """The page's code blocks of a list, in order."""
    section = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    return [textwrap.dedent(b) for b in re.findall(r"^ *```\w+\n(.*?)^ *```$", section, re.M | re.S)]


def run(folder, *command):
    environment = {**os.environ, "PYTHONPATH": str(folder / "src")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.parametrize("title", LISTS)
def test_the_page_names_four_places(title):
    assert len(blocks(title)) == 4


@pytest.mark.slow
def test_what_is_added_as_the_page_says_appears_everywhere(tmp_path):
    pytest.importorskip("setuptools")
    project = tmp_path / "project"
    skip = shutil.ignore_patterns("*.so", "build", ".git", ".venv", "__pycache__", ".*_cache", "*.egg-info")
    shutil.copytree(ROOT, project, ignore=skip)
    kernel, line, twin, function = blocks("A loss")
    step, step_line, step_twins, optimizer = blocks("An elementwise optimizer")
    (project / "csrc/kernels/loss/squared.inc").write_text(kernel)
    (project / "csrc/kernels/step/signum.inc").write_text(step)
    (project / "src/deeprob/optim/signum.py").write_text(optimizer)
    for path, text in [
        ("csrc/kernels/losses.def", line),
        ("src/deeprob/reference/losses.py", "\n\n" + twin),
        ("src/deeprob/losses.py", "\n\n" + function),
        ("csrc/kernels/steps.def", step_line),
        ("src/deeprob/reference/steps.py", "\n\n" + step_twins),
    ]:
        with open(project / path, "a") as file:
            file.write(text)

    run(project, sys.executable, "setup.py", "-q", "build_ext", "--inplace")
    listed = run(project, sys.executable, "-c", "from deeprob import _core; print(*_core.losses())")
    assert listed.split() == ["softmax", "svm", "squared"]
    listed = run(
        project, sys.executable, "-c", "from deeprob import optim; print(*optim.NAMES, optim.Signum)"
    )
    assert "signum" in listed.split()
    # Every dtype, layout, stride, thread count and target; the twin; the differences; Objective.
    tests = ["tests/kernels", "tests/test_targets.py", "tests/test_objective.py", "tests/test_layering.py"]
    tests += ["tests/test_optim.py", "tests/robustness/test_bad_input.py"]
    report = run(project, sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *tests)
    assert len(re.findall(r"squared.*PASSED", report)) > 100
    assert len(re.findall(r"signum.*PASSED", report)) > 100
    documented = ["src/deeprob/losses.py", "src/deeprob/optim/signum.py"]
    run(project, sys.executable, "-m", "pytest", "-q", "--doctest-modules", *documented)
    run(project, sys.executable, "docs/make_reference.py")
    text = (project / "docs/reference.md").read_text()
    assert "squared_loss" in text
    assert "optim.Signum" in text
