"""The bug zoo: classic mistakes in gradients, each as a function to be checked, and the right one beside it.

Every one was met by somebody, in a course or in a library; ``source`` says where. Check them, read what the
check says, and look for the line.

==================  ==================================================================================
``NAMES``           the names of all bugs
``get(name)``       a `Bug`: its kind, story, source, inputs, the function and the right one
``all()``           all of them; printed, a table
``<name>(...)``     the functions themselves, such as ``bug_zoo.half_penalty(W, X, y, reg)``
==================  ==================================================================================

Examples
--------
The gradient that the linked demo (L4-31) shows in the course notes' picture:

>>> import numpy as np
>>> import deeprob
>>> from deeprob import bug_zoo
>>> bug = bug_zoo.get("linear_classify_demo")
>>> W, b, X, y, reg = bug.inputs()
>>> loss, dW, db = bug_zoo.linear_classify_demo(W, b, X, y, reg)
>>> numeric = deeprob.numeric_gradient(lambda W: bug_zoo.linear_classify_demo(W, b, X, y, reg), W)
>>> round(float(loss), 2), dW[0].round(2), numeric[0].round(2)
(2.57, array([-0.12,  0.11]), array([0.19, 0.33]))
>>> bug.line
('dW = ds.T @ X + 0.5 * reg * W', 'dW = ds.T @ X + 2 * reg * W')
"""

import difflib

from .._arguments import answers_keywords, one_of
from . import (
    _classes_examples,
    _derivatives,
    _factors,
    _layers,
    _numerics,
    _penalties,
    _shapes,
    _state,
)
from ._bug import REGISTRY, Bug
from ._table import Bugs

# The order of the subjects; within one, that of its file.
_SUBJECTS = (
    _penalties,
    _factors,
    _shapes,
    _classes_examples,
    _derivatives,
    _numerics,
    _state,
    _layers,
)
_BUGS = Bugs(
    bug for room in _SUBJECTS for bug in REGISTRY.values() if bug.function.__module__ == room.__name__
)

NAMES = tuple(bug.name for bug in _BUGS)
"""The names of all bugs, for `get`."""

__all__ = ["NAMES", "Bug", "Bugs", "get"]  # not `all`: a star import would hide Python's

globals().update({bug.name: bug.function for bug in _BUGS})


@answers_keywords
def get(name: str) -> Bug:
    """Return the bug called ``name``, one of `NAMES`.

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> from deeprob import bug_zoo
    >>> print(bug_zoo.get("softmax_without_minus_one").summary)
    The scores' gradient is p; the -1 at the label is missing.
    """
    meant = difflib.get_close_matches(str(name), NAMES, n=1)
    if name not in NAMES and meant:
        raise ValueError(f"name is {name!r}; did you mean {meant[0]!r}?")
    return REGISTRY[one_of(name, "name", NAMES)]


def all() -> Bugs:  # noqa: A001
    """Return all bugs, in a fixed order; printed, or shown in a notebook, they are a table.

    Examples
    --------
    >>> from deeprob import bug_zoo
    >>> [bug.name for bug in bug_zoo.all() if bug.kind == "transposed"]
    ['outer_product_turned', 'transposed_gradient']
    """
    return _BUGS
