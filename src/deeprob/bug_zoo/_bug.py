"""A planted bug: the wrong function, the right one, and what there is to say about them."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
Inputs = Callable[[], tuple[Any, ...]]

REGISTRY: dict[str, "Bug"] = {}


@dataclass(frozen=True)
class Bug:
    """A classic mistake in a gradient: a function that has it, and everything about it.

    Attributes
    ----------
    name : str
        The function's name, also in ``deeprob.bug_zoo``.
    kind : str
        What a gradient check should call it: "factor", "penalty", "transposed", "class", ...
    function, correct : callable
        The function with the mistake and the right one; they differ in one line. Both return ``(value,
        gradient, ...)``, layers ``(output, vjp)``.
    inputs : callable
        ``inputs()`` makes arguments for both, fresh and always the same.
    story : str
        What goes wrong, and why it is easy to make.
    source : str
        Who met it: repository and number of an issue or pull request, or where else it can be read.
    line : tuple of str
        The wrong line and the right one; "" where there is none.
    strict : bool
        True where a check with PyTorch's tolerances hides the mistake, or excuses it as float32.

    Examples
    --------
    >>> from deeprob import bug_zoo
    >>> bug = bug_zoo.get("half_penalty")
    >>> bug.kind, bug.line
    ('penalty', ('dW += reg * W', 'dW += 2 * reg * W'))
    >>> W, X, y, reg = bug.inputs()
    >>> loss, dW = bug.function(W, X, y, reg)
    >>> right = bug.correct(W, X, y, reg)
    >>> bool(loss == right[0]), float(abs(right[1] - dW - reg * W).max()) < 1e-15
    (True, True)
    """

    name: str
    kind: str
    function: Callable[..., Any] = field(repr=False)
    correct: Callable[..., Any] = field(repr=False)
    inputs: Inputs = field(repr=False)
    story: str = field(repr=False)
    source: str = field(repr=False)
    line: tuple[str, str] = field(repr=False)
    strict: bool = False

    def check(self, **options: Any) -> Any:
        """Return what `deeprob.gradcheck` says of the function, without raising; it takes ``options``."""
        return self._checked(self.function, options)

    def check_correct(self, **options: Any) -> Any:
        """Return what `deeprob.gradcheck` says of the right function, as strictly as `check`."""
        return self._checked(self.correct, options)

    def _checked(self, function: Callable[..., Any], options: dict[str, Any]) -> Any:
        import deeprob

        options = {"raise_exception": False, "strict": self.strict, **options}
        with np.errstate(all="ignore"):  # a report about NaN says it better than NumPy's warnings
            return deeprob.gradcheck(function, self.inputs(), **options)

    @property
    def summary(self) -> str:
        """The story's first line."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def code(self) -> tuple[str, str]:
        """The wrong and the right line for a reader, without indentation, and a word where there is none."""
        wrong, right = (text.strip() for text in self.line)
        return wrong or "(missing)", right or "(nothing)"

    def __str__(self) -> str:
        wrong, right = self.code
        story, source = (textwrap.fill(text, 100) for text in (self.story, f"Source: {self.source}"))
        return f"{self.name} ({self.kind})\n{story}\n  wrong: {wrong}\n  right: {right}\n{source}"


def planted(
    kind: str,
    correct: Callable[..., Any],
    inputs: Inputs,
    *,
    line: tuple[str, str],
    source: str,
    strict: bool = False,
) -> Callable[[F], F]:
    """Decorate a function that has a mistake: it joins the zoo, and its docstring is the story."""

    def plant(function: F) -> F:
        name = function.__name__
        if name in REGISTRY:
            raise ValueError(f"there are two bugs called {name!r}")
        story = " ".join((inspect.getdoc(function) or "").split())
        REGISTRY[name] = Bug(name, kind, function, correct, inputs, story, source, line, strict)
        return function

    return plant
