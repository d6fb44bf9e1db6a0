"""The README: its tour runs, its commands are those that CI runs, its links lead somewhere."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="the README is not here")


def test_the_tour_runs_and_classifies(capsys):
    (tour,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)
    names = {}
    exec(compile(tour, "README.md", "exec"), names)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(" the loss")[0] for line in printed[:10]] == [f"in attempt {k}" for k in range(10)]
    random_accuracy, accuracy, of_network = (float(line) for line in printed if re.fullmatch(r"0\.\d+", line))
    assert 0.02 < random_accuracy < 0.3
    assert accuracy > 0.75
    assert of_network > 0.7
    assert printed[11].startswith("gradcheck passed: 7850 entries of W agree, largest relative error ")
    assert printed[12].endswith("3 of 3 entries disagree")
    assert printed[13].startswith("  Wrong by the factor 0.5: ")
    assert np.isfinite(names["losses"]).all()
    assert any(line.split()[:3] == ["optimizer", "best", "lr"] for line in printed)
    assert names["comparison"]["momentum"].best.loss < names["comparison"]["sgd"].best.loss
    assert any("success: True" in line for line in printed)


def test_the_error_message_is_the_one_shown():
    import deeprob

    shown = re.search(r"ValueError: (.*?)```", README.read_text(), re.S).group(1)
    with pytest.raises(ValueError) as raised:  # noqa: PT011 (the whole text is compared)
        deeprob.softmax_loss(np.ones((3073, 10)), np.ones((500, 3073)), np.zeros(500, int))
    assert str(raised.value).split() == shown.split()


@pytest.mark.parametrize(
    "page", [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_environment_page_names_every_variable():
    page = (ROOT / "docs" / "environment.md").read_text()
    sources = [
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "csrc").rglob("*.c"),
        ROOT / "setup.py",
        *Path(ROOT / "tests").rglob("*.py"),
    ]
    used = {name for path in sources for name in re.findall(r"\bDEEPROB_[A-Z_]+\b", path.read_text())}
    assert {name for name in used if name not in page} == set()
