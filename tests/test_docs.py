"""The documentation's pages: their blocks of Python print what stands below them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here")


@pytest.fixture(scope="module")
def examples():
    spec = importlib.util.spec_from_file_location("run_examples", DOCS / "run_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_blocks_print_what_stands_below_them():
    command = [sys.executable, str(DOCS / "run_examples.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_page_has_blocks_and_no_code_that_is_not_run(examples):
    for name in examples.PAGES:
        page = (DOCS / name).read_text()
        assert page.count("```python") == len(examples.EXAMPLE.findall(page)) > 0


PAGE = """\
# A

```python
x = 2
print(x, 3.1e-11)
```

```text
2 2.5e-11
```

```python
print(x + 1)
```
"""


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a 1.0e-03", "a 3.9e-03", True),
        ("a 1.0e-03", "a 4.1e-03", False),
        ("a 1.0e-03", "a 2.4e-04", False),
        ("a 1.0e-11", "a 1.0e-13", True),
        ("a 1.0e-11", "a 1.0e-10", False),
        ("a 1.0e-03", "a -1.0e-03", False),
        ("a 1e+15", "a 2e+15", True),
        ("a 1.5", "a 1.6", False),
        ("a 12", "a 13", False),
        ("a  b", "a b", True),
        ("a", "", False),
    ],
)
def test_sizes_of_errors_are_compared_by_their_size_and_all_else_as_it_stands(
    examples, shown, printed, expected
):
    assert examples.same(shown, printed) is expected


def test_a_page_is_written_and_what_holds_is_left_alone(examples):
    lines = ["--- shown", "+++ printed", "@@ -0,0 +1 @@", "+3"]
    assert examples.differences(PAGE) == lines
    assert examples.written(PAGE) == PAGE + "\n```text\n3\n```\n"
    assert examples.written(PAGE.replace("2 2.5e-11", "3 2.5e-11")).count("2 3.1e-11") == 1
    assert examples.differences(examples.written(PAGE)) == []
