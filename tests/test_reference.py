"""docs/make_reference.py: what it makes of docstrings."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "docs" / "make_reference.py"


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("make_reference", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_terms_with_definitions_of_several_paragraphs_are_a_list(reference):
    text = """\
The methods:

"newton"
    Newton's method.

    damping : float
        Added to the diagonal.
    radius : float
        The first one.

    Options: ``damping``.

"cg"
    Conjugate gradients.

Afterwards::

    code
"""
    assert (
        "\n".join(reference.text_block(text.splitlines()))
        == """\
The methods:

- `"newton"`\\
  Newton's method.

  - `damping` : float\\
    Added to the diagonal.
  - `radius` : float\\
    The first one.

  Options: `damping`.

- `"cg"`\\
  Conjugate gradients.

Afterwards:

```text
code
```
"""
    )


def test_bullets_and_doctests_are_no_definitions(reference):
    text = "- one\n  goes on\n- two\n\n>>> for x in y:\n...     x\n1\n"
    assert reference.text_block(text.splitlines()) == [
        "- one", "  goes on", "- two", "", "```python", ">>> for x in y:", "...     x", "1", "```", "",
    ]  # fmt: skip
