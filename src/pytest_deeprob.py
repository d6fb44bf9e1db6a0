"""Gradient checks as tests: deeprob's pytest plugin.

Fixtures `gradcheck` and `gradgradcheck` are deeprob's functions of these names, with the report of a failed
check as the assertion's message. The marker runs a test once for each dtype and memory layout:

    @pytest.mark.gradcheck(dtypes=("float32", "float64"), layouts=("C", "strided"), strict=True)
    def test_gradient(gradcheck):
        gradcheck(loss, (W, X, y))

A module of its own, beside the package: pytest loads it at every start, in every project of the environment,
so it imports neither deeprob nor NumPy before a test asks for a check. ``-p no:deeprob`` switches it off.
"""

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

import pytest

CHECKS = ("gradcheck", "gradgradcheck")
DTYPES = ("float32", "float64")
LAYOUTS = ("C", "F", "strided", "readonly", "reversed")

Case = tuple[str, str] | None  # dtype and layout of the floating-point arrays; None: as they are

_CASE = "_gradcheck_case"  # the fixture that gives it, by which marked tests are parametrized
_AXES = {"dtypes": (DTYPES, ("float64",)), "layouts": (LAYOUTS, ("C",))}  # what may be chosen; the default
_IN_CALLS_ONLY = ("func", "inputs", "raise_exception")

_MARKER = (
    "gradcheck(dtypes=('float64',), layouts=('C',), **options): run a test that uses the fixture gradcheck "
    f"or gradgradcheck once for each dtype ({', '.join(DTYPES)}) and memory layout ({', '.join(LAYOUTS)}) of "
    "its floating-point arrays; options such as eps, atol, rtol, fast_mode, strict are the check's defaults. "
    "On a class or module it is for all such tests there; for each argument the closest marker counts."
)


# ---- the fixtures ----


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest, _gradcheck_case: Case) -> Callable[..., Any]:
    """`deeprob.gradcheck`, with its report as the assertion's message; see the marker gradcheck."""
    return _as_assertion("gradcheck", request.node, _gradcheck_case)


@pytest.fixture
def gradgradcheck(request: pytest.FixtureRequest, _gradcheck_case: Case) -> Callable[..., Any]:
    """`deeprob.gradgradcheck`, with its report as the assertion's message; see the marker gradcheck."""
    return _as_assertion("gradgradcheck", request.node, _gradcheck_case)


@pytest.fixture
def _gradcheck_case(request: pytest.FixtureRequest) -> Case:
    """Return the dtype and layout that a marker asks for."""
    return getattr(request, "param", None)


def _as_assertion(name: str, node: pytest.Item, case: Case) -> Callable[..., Any]:
    import deeprob

    function = getattr(deeprob, name)
    signature = inspect.signature(function)
    options = {k: v for k, v in _merged(node).items() if k in signature.parameters}

    @functools.wraps(function)
    def check(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            call = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # its own words about a wrong call
        raises = call.arguments.get("raise_exception", True)
        call.arguments = {**options, **call.arguments, "raise_exception": False}
        if case is not None:
            for argument in ("inputs", "grad_outputs"):
                if argument in call.arguments:
                    call.arguments[argument] = _brought(call.arguments[argument], *case)
        result = function(*call.args, **call.kwargs)
        if raises and not result:
            raise AssertionError(str(result))
        return result

    return check


# ---- dtypes and layouts ----


def _brought(inputs: Any, dtype: str, layout: str) -> Any:
    """Bring an array, or the arrays of a tuple or list, into a dtype and layout; what is no float stays."""
    import numpy as np

    if isinstance(inputs, tuple | list):
        brought = [_brought(one, dtype, layout) if isinstance(one, np.ndarray) else one for one in inputs]
        return tuple(brought) if isinstance(inputs, tuple) else brought
    if not isinstance(inputs, np.ndarray) or inputs.dtype.kind != "f":
        return inputs
    return _laid_out(inputs, dtype, layout)


def _laid_out(array: Any, dtype: str, layout: str) -> Any:
    """Return an array's values in a dtype and layout: the array itself where it is so already."""
    import numpy as np

    order: Literal["C", "F"] = "F" if layout == "F" else "C"
    if layout in ("C", "F") or (array.ndim == 0 and layout != "readonly"):
        return np.require(array, dtype, [order, "A", "W"])
    copy = np.array(array, dtype, order="C")
    if layout == "strided":
        # Odd places, in rows of odd length: neither the start nor the rows are those of a dense array. Who
        # reads between the places finds NaN.
        buffer = np.full((*copy.shape[:-1], 2 * copy.shape[-1] + 1), np.nan, dtype)
        buffer[..., 1::2] = copy
        return buffer[..., 1::2]
    if layout == "reversed":
        return np.flip(np.flip(copy).copy())
    copy.setflags(write=False)
    return copy


# ---- the marker ----


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.hookimpl(trylast=True)  # so that the test's own parameters come first in its id
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test once for each dtype and layout."""
    if _CASE not in metafunc.fixturenames:
        return
    node = metafunc.definition
    used = tuple(name for name in CHECKS if name in metafunc.fixturenames)
    marks = list(_marks(node))
    for owner, mark in marks:
        # A class's or module's marker may be meant for the other check's tests too.
        _refuse(node, _complaints(mark, used if owner is node else CHECKS))
    if marks:
        chosen = _merged(node)
        dtypes, layouts = (_names(chosen.get(axis, default)) for axis, (_, default) in _AXES.items())
        cases = [(dtype, layout) for dtype in dtypes for layout in layouts]
        metafunc.parametrize(_CASE, cases, ids=list(map("-".join, cases)), indirect=True)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that would do nothing, and a wrong one that came with a parameter."""
    if _CASE not in getattr(item, "fixturenames", ()) and any(owner is item for owner, _ in _marks(item)):
        fixtures = " and ".join(CHECKS)
        _refuse(item, [f"is on a test without the fixtures {fixtures}; expected one among its arguments"])
    for mark in _of_parameters(item):
        late = [f"has {axis} in pytest.param; expected on the test" for axis in _AXES if axis in mark.kwargs]
        _refuse(item, [*late, *_complaints(mark, CHECKS)])


def _refuse(node: pytest.Item, complaints: Iterable[str]) -> None:
    """Fail with the first complaint about a marker, if there is one.

    As pytest does it for wrong parameters: a UsageError would come with a traceback of its own frames.
    """
    for complaint in complaints:
        pytest.fail(f"{node.nodeid}: the marker gradcheck {complaint}", pytrace=False)


def _marks(node: pytest.Item) -> Iterator[tuple[Any, pytest.Mark]]:
    """Yield the markers that concern a test, the closest first, each with the node that has it."""
    for owner in reversed(node.listchain()):
        marks = [mark for mark in owner.own_markers if mark.name == "gradcheck"]
        if isinstance(owner, pytest.Class):
            marks.reverse()  # pytest has those of the base classes first
        first = _of_parameters(owner)  # which pytest has last
        for mark in [*first, *marks[: len(marks) - len(first)]]:
            yield owner, mark


def _of_parameters(node: Any) -> list[pytest.Mark]:
    """Return the markers that came with ``pytest.param(..., marks=...)``."""
    call = getattr(node, "callspec", None)
    return [mark for mark in getattr(call, "marks", ()) if mark.name == "gradcheck"]


def _merged(node: pytest.Item) -> dict[str, Any]:
    """Return the arguments of all markers that concern a test; of each the closest."""
    merged: dict[str, Any] = {}
    for _, mark in _marks(node):
        merged = {**mark.kwargs, **merged}
    return merged


def _complaints(mark: pytest.Mark, checks: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a marker's arguments; an option is right that one of the checks has."""
    if mark.args:
        yield f"got {mark.args[0]!r} without a name; expected name=value, as in dtypes=..."
    for axis, (allowed, _) in _AXES.items():
        names = _names(mark.kwargs.get(axis, allowed))
        expected = f"in {axis}; expected one or several of {', '.join(map(repr, allowed))}"
        if not names:
            yield f"has nothing {expected}"
        yield from (f"has {name!r} {expected}" for name in names if name not in allowed)
    options = [name for name in mark.kwargs if name not in _AXES]
    known = [*_AXES, *_options(checks)] if options else []  # no need to import deeprob for nothing
    for name in options:
        if name in _IN_CALLS_ONLY:
            yield f"has {name}; expected in the call of the fixture only"
        elif name not in known:
            meant = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {meant[0]!r}? " if meant else ""
            yield f"has no argument {name!r}; {hint}It takes {', '.join(known)}"


def _names(value: Any) -> tuple[Any, ...]:
    """Return names, each once: of one or several strings, or of dtypes such as ``np.float32``."""
    several = value if isinstance(value, tuple | list) else (value,)
    names = [getattr(one, "__name__", None) or getattr(one, "name", None) or one for one in several]
    return tuple({str(name): name for name in names}.values())


def _options(checks: tuple[str, ...]) -> Mapping[str, None]:
    """Return the names of the options of some checks, in their order."""
    import deeprob

    names = (name for check in checks for name in inspect.signature(getattr(deeprob, check)).parameters)
    return dict.fromkeys(name for name in names if name not in _IN_CALLS_ONLY)
