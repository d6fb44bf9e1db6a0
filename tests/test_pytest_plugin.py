"""The pytest plugin: what a project that installs deeprob gets, in pytest runs of their own."""

import importlib.metadata
import os
import re
import tomllib
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = any(p.value == "pytest_deeprob" for p in importlib.metadata.entry_points(group="pytest11"))

CONFTEST = """
import functools, inspect
import deeprob, numpy as np, pytest

@pytest.fixture
def calls(monkeypatch):
    "What the package's checks are called with, by name; nothing is checked."
    seen = []

    def spy(real):
        def call(*args, **kwargs):
            seen.append(inspect.signature(real).bind(*args, **kwargs).arguments)
            return True
        return functools.wraps(real)(call)

    for name in ("gradcheck", "gradgradcheck"):
        monkeypatch.setattr(deeprob, name, spy(getattr(deeprob, name)))
    return seen
"""

HEAD = """
import numpy as np
import pytest

W = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.75]])

def cube(w):
    return float(np.sum(w**3)), 3 * w**2

def doubled(w):
    return float(np.sum(w**3)), 6 * w**2
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run tests that are given as text, in this process: (result, what it printed)."""
    pytester.makeconftest(CONFTEST)

    def run(code, *options):
        pytester.makepyfile(test_it=HEAD + code)
        # Without the environment's other plugins: what they import would be imported anew in every run.
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        result = pytester.runpytest_inprocess("-p", "pytest_deeprob", *options)
        return result, "\n".join(result.outlines)

    return run


@pytest.fixture
def run_apart(pytester, monkeypatch):
    """Run pytest in a process of its own, where deeprob's entry point is there as after an installation."""
    if not INSTALLED:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        (entry,) = project["entry-points"]["pytest11"].items()
        info = pytester.mkdir("site") / "deeprob-0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deeprob\nVersion: 0\n")
        (info / "entry_points.txt").write_text("[pytest11]\n{} = {}\n".format(*entry))
        places = [str(info.parent), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))

    def run(code, *options, conftest=CONFTEST):
        pytester.makeconftest(conftest)
        pytester.makepyfile(test_it=code)
        result = pytester.runpytest_subprocess(*options, timeout=60)
        return result, "\n".join(result.outlines)

    return run


def ids(result):
    """The names of the tests that passed, in order, without the file."""
    return [line.split("::", 1)[1].split()[0] for line in result.outlines if " PASSED" in line]


# ---- the fixture ----


def test_a_right_gradient_passes_and_the_result_is_returned(run):
    result, _ = run("def test_cube(gradcheck): assert gradcheck(cube, W)")
    result.assert_outcomes(passed=1)


def test_a_wrong_gradient_fails_with_the_report_and_the_tests_own_line_only(run):
    result, text = run("def test_doubled(gradcheck):\n    gradcheck(doubled, W)\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            ">       gradcheck(doubled, W)",
            "E       AssertionError: Jacobian mismatch for output 0 with respect to input 0*6 of 6 entries*",
            "E         *",
            "FAILED test_it.py::test_doubled - AssertionError: Jacobian mismatch for outpu*",
        ]
    )
    assert "pytest_deeprob.py" not in text
    assert "deeprob/" not in text
    assert "During handling" not in text


def test_raise_exception_false_returns_the_report(run):
    result, _ = run("def test_it(gradcheck): assert not gradcheck(doubled, W, raise_exception=False)")
    result.assert_outcomes(passed=1)


def test_what_the_function_raises_is_the_tests_error(run):
    code = """
def fails(w):
    raise KeyError("mine")

def test_it(gradcheck):
    with pytest.raises(KeyError, match="mine"):
        gradcheck(fails, W)

def test_a_wrong_call(gradcheck):
    with pytest.raises(TypeError, match="tol"):
        gradcheck(cube, W, tol=1)
"""
    run(code)[0].assert_outcomes(passed=2)


def test_without_a_marker_inputs_are_passed_as_they_are(run):
    code = """
def test_it(calls, gradcheck, gradgradcheck):
    half, labels = W.astype("f4").T, np.arange(3)
    inputs = (half, labels, 0.5)
    gradcheck(cube, inputs)
    gradgradcheck(cube, inputs)
    assert [call["inputs"] is inputs for call in calls] == [True, True]
"""
    run(code)[0].assert_outcomes(passed=1)


# ---- dtypes and layouts ----


def test_ids_name_dtype_and_layout_after_the_tests_own_parameters(run):
    code = """
@pytest.mark.gradcheck(dtypes=("float32", "float64"), layouts=("C", "strided"))
@pytest.mark.parametrize("scale", [1, 3])
def test_cube(gradcheck, scale):
    assert gradcheck(lambda w: (scale * cube(w)[0], scale * cube(w)[1]), W)

@pytest.mark.gradcheck
def test_plain(gradcheck): gradcheck(cube, W)

@pytest.mark.gradcheck(dtypes=np.float32, layouts="F")
def test_single(gradcheck): gradcheck(cube, W)

@pytest.mark.gradcheck(dtypes=[np.dtype("f8"), "float64"])
def test_twice(gradcheck): gradcheck(cube, W)
"""
    result, _ = run(code, "-v", "--strict-markers")
    cases = [f"{dtype}-{layout}" for dtype in ("float32", "float64") for layout in ("C", "strided")]
    assert ids(result) == [
        *(f"test_cube[{scale}-{case}]" for scale in (1, 3) for case in cases),
        "test_plain[float64-C]",
        "test_single[float32-F]",
        "test_twice[float64-C]",
    ]


def test_the_fixture_brings_floating_point_arrays_into_dtype_and_layout(run):
    code = """
LAYOUTS = ("C", "F", "strided", "readonly", "reversed")
SHAPES = [(), (0,), (3,), (2, 3), (2, 0), (2, 3, 4)]

@pytest.mark.gradcheck(dtypes=("float32", "float64"), layouts=LAYOUTS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["f2", "<f4", ">f8"])
def test_it(calls, gradcheck, gradgradcheck, request, shape, kind):
    dtype, layout = request.node.callspec.id.split("-")[-2:]
    given = np.asarray(np.random.default_rng(0).normal(size=shape), kind)
    given.setflags(write=False)
    before = given.tobytes(), given.flags.writeable
    gradcheck(cube, [given])
    gradgradcheck(cube, (given,), given)
    assert (given.tobytes(), given.flags.writeable) == before
    one, two = calls
    assert type(one["inputs"]) is list and type(two["inputs"]) is tuple
    for x in (*one["inputs"], *two["inputs"], two["grad_outputs"]):
        assert x.dtype == dtype and x.dtype.isnative and np.array_equal(x, given.astype(dtype))
        assert x.flags.writeable == (layout != "readonly")
        if x.size == 0 or x.ndim == 0:
            continue
        itemsize = x.itemsize
        assert x.flags.c_contiguous == (layout in ("C", "readonly") or (layout == "F" and x.ndim == 1))
        assert x.flags.f_contiguous == (layout == "F" or (layout in ("C", "readonly") and x.ndim == 1))
        if layout == "reversed":
            assert all(stride < 0 for stride in x.strides)
        if layout == "strided":
            gaps = x.base[..., ::2]
            assert x.strides[-1] == 2 * itemsize and np.isnan(gaps).all() and np.shares_memory(x, x.base)
"""
    run(code)[0].assert_outcomes(passed=2 * 5 * 6 * 3)


def test_what_is_no_floating_point_array_stays_and_what_is_right_already_is_not_copied(run):
    code = """
@pytest.mark.gradcheck(dtypes=("float64", "float32"))
def test_it(calls, gradcheck, request):
    labels, mask, wave, numbers = np.arange(3), np.ones(3, bool), np.ones(3, complex), [1.0, 2.0]
    inputs = (W, labels, mask, wave, 0.5, np.float64(0.5), numbers, None)
    gradcheck(cube, inputs)
    gradcheck(cube, W)
    gradcheck(cube, 0.5)
    many, one, number = (call["inputs"] for call in calls)
    assert type(many) is tuple and all(a is b for a, b in zip(many[1:], inputs[1:]))
    assert (many[0] is W and one is W) == ("float64" in request.node.name)
    assert number == 0.5
"""
    run(code)[0].assert_outcomes(passed=2)


def test_every_layout_is_checked_in_truth(run):
    code = """
@pytest.mark.gradcheck(dtypes=("float32", "float64"), layouts=("C", "F", "strided", "readonly", "reversed"))
class TestAll:
    def test_right(self, gradcheck): assert gradcheck(cube, W)
    def test_wrong(self, gradcheck):
        with pytest.raises(AssertionError, match="Jacobian mismatch"):
            gradcheck(doubled, W)
"""
    run(code)[0].assert_outcomes(passed=20)


# ---- the marker's options ----


def test_options_are_defaults_of_which_the_closest_counts(run):
    code = """
pytestmark = pytest.mark.gradcheck(eps=1e-1, atol=1e-1, rtol=1e-1, layouts=("C", "F"))

@pytest.mark.gradcheck(eps=2e-2, atol=2e-2, strict=True)
class Base:
    @pytest.mark.gradcheck(eps=3e-3, layouts="C")
    @pytest.mark.parametrize("k", [1, pytest.param(2, marks=pytest.mark.gradcheck(eps=5e-5))])
    def test_it(self, calls, gradcheck, k):
        gradcheck(cube, W)
        gradcheck(cube, W, 6e-6, rtol=7e-7)
        expected = dict(func=cube, atol=self.atol, rtol=1e-1, strict=True, raise_exception=False)
        for steps in (dict(eps={1: 3e-3, 2: 5e-5}[k]), dict(eps=6e-6, rtol=7e-7)):
            call = calls.pop(0)
            assert call.pop("inputs") is W and call == {**expected, **steps}

class TestBase(Base):
    atol = 2e-2

@pytest.mark.gradcheck(atol=4e-4)
class TestDerived(Base):
    atol = 4e-4

def test_both_layouts(gradcheck): pass
"""
    result, _ = run(code, "-v")
    result.assert_outcomes(passed=6)
    assert ids(result)[-2:] == ["test_both_layouts[float64-C]", "test_both_layouts[float64-F]"]


def test_each_check_takes_the_options_that_it_knows(run):
    code = """
@pytest.mark.gradcheck(check_grad_dtypes=True, gen_non_contig_grad_outputs=True, rng=3)
class TestBoth:
    def test_it(self, calls, gradcheck, gradgradcheck):
        gradcheck(cube, W)
        gradgradcheck(cube, W)
        first, second = ({k: v for k, v in call.items() if k not in ("func", "inputs")} for call in calls)
        assert first == dict(check_grad_dtypes=True, rng=3, raise_exception=False)
        assert second == dict(gen_non_contig_grad_outputs=True, rng=3, raise_exception=False)
"""
    run(code)[0].assert_outcomes(passed=1)


def test_float32_inputs_pass_and_mistakes_in_float32_are_seen(run):
    """The numeric side is evaluated in float64, at the default step."""
    code = """
@pytest.mark.gradcheck(dtypes="float32")
def test_right(gradcheck):
    assert gradcheck(cube, W).comparisons

@pytest.mark.gradcheck(dtypes="float32")
def test_wrong(gradcheck):
    gradcheck(doubled, W)
"""
    run(code)[0].assert_outcomes(passed=1, failed=1)


# ---- wrong markers ----


DTYPES = "in dtypes; expected one or several of 'float32', 'float64'"
LAYOUTS = "in layouts; expected one or several of 'C', 'F', 'strided', 'readonly', 'reversed'"
KNOWN = "It takes dtypes, layouts, eps, atol, rtol"


@pytest.mark.parametrize(
    ("arguments", "message"),
    {
        "dtypes='float16'": f"has 'float16' {DTYPES}",
        "dtypes=('float64', int)": f"has 'int' {DTYPES}",
        "dtypes=()": f"has nothing {DTYPES}",
        "dtypes=None": f"has None {DTYPES}",
        "layouts=['c']": f"has 'c' {LAYOUTS}",
        "layouts={'C'}": f"has {{'C'}} {LAYOUTS}",  # sets have no order to make ids of
        "'float32'": "got 'float32' without a name; expected name=value, as in dtypes=...",
        "dtype='float32'": f"has no argument 'dtype'; did you mean 'dtypes'? {KNOWN}",
        "xyz=1": f"has no argument 'xyz'; {KNOWN}",
        "raise_exception=False": "has raise_exception; expected in the call of the fixture only",
        "inputs=(1,)": "has inputs; expected in the call of the fixture only",
        "gen_non_contig_grad_outputs=True": f"has no argument 'gen_non_contig_grad_outputs'; {KNOWN}",
    }.items(),
)
def test_wrong_arguments_are_named_with_what_is_allowed(run, arguments, message):
    result, text = run(f"@pytest.mark.gradcheck({arguments})\ndef test_cube(gradcheck): pass")
    result.assert_outcomes(errors=1)
    assert f"test_it.py::test_cube: the marker gradcheck {message}" in text
    assert "_pytest/python.py" not in text, "no traceback"
    assert "During handling" not in text


def test_a_marker_that_would_do_nothing_is_an_error_of_its_test(run):
    code = """
import unittest

pytestmark = pytest.mark.gradcheck(layouts="F")

@pytest.mark.gradcheck
def test_forgotten(): pass

class TestCase(unittest.TestCase):
    @pytest.mark.gradcheck
    def test_method(self): pass

def test_of_another_thing(): pass

@pytest.mark.parametrize("k", [pytest.param(1, marks=pytest.mark.gradcheck(dtypes="float32")),
                               pytest.param(2, marks=pytest.mark.gradcheck(esp=1)), 3])
def test_parameters(gradcheck, k): pass
"""
    result, text = run(code)
    result.assert_outcomes(passed=2, errors=4)
    unused = "the marker gradcheck is on a test without the fixtures gradcheck and gradgradcheck"
    assert f"test_it.py::test_forgotten: {unused}" in text
    assert f"test_it.py::TestCase::test_method: {unused}" in text
    assert "has dtypes in pytest.param; expected on the test" in text
    assert "has no argument 'esp'; did you mean 'eps'?" in text
    assert "pytest_deeprob.py" not in text, "no traceback"


def test_the_marker_and_the_fixtures_are_listed(run):
    assert "@pytest.mark.gradcheck(dtypes=('float64',), layouts=('C',), **options)" in run("", "--markers")[1]
    listed = run("", "--fixtures")[1]
    assert "`deeprob.gradcheck`, with its report" in listed
    assert "`deeprob.gradgradcheck`, with its report" in listed
    assert "_gradcheck_case" not in listed


# ---- loading ----


def test_the_pages_example_fails_as_the_page_says(run):
    page = (ROOT / "docs" / "pytest.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    result, text = run(code, "-v", "--strict-markers")
    result.assert_outcomes(passed=6, failed=1)
    assert "test_it.py::test_softmax[float32-strided] PASSED" in text
    assert "AssertionError: Jacobian mismatch for output 0 with respect to input 0" in text


def test_loading_imports_neither_numpy_nor_deeprob(run_apart, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # others may import NumPy
    code = """
import sys, pytest

@pytest.mark.parametrize("k", [1])
def test_it(k, pytestconfig):
    assert "pytest_deeprob" in sys.modules and pytestconfig.pluginmanager.get_plugin("deeprob")
    assert not {"numpy", "deeprob"} & set(sys.modules)
"""
    run_apart(code, "-p", "deeprob", conftest="")[0].assert_outcomes(passed=1)


def test_it_is_switched_off_by_its_name(run_apart):
    code = """
import sys, pytest

def test_other(): assert "pytest_deeprob" not in sys.modules
def test_cube(gradcheck): pass
@pytest.mark.gradcheck
def test_marked(): pass
"""
    result, text = run_apart(code, "-p", "no:deeprob")
    result.assert_outcomes(passed=2, errors=1)
    assert "fixture 'gradcheck' not found" in text


def test_under_xdist_and_where_warnings_are_errors(run_apart, pytester, monkeypatch):
    """With this project's own settings of pytest."""
    pytest.importorskip("xdist")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    settings = ["addopts = --strict-markers --strict-config", "xfail_strict = true", "filterwarnings = error"]
    assert project["filterwarnings"] == ["error"]
    assert "--strict-markers" in project["addopts"]
    pytester.makeini("\n".join(["[pytest]", *settings]))
    code = f"""{HEAD}
@pytest.mark.gradcheck(dtypes=("float32", "float64"), layouts=("C", "F", "strided", "readonly", "reversed"))
def test_cube(gradcheck):
    gradcheck(cube, W)

@pytest.mark.gradcheck(layouts=("C", "reversed"))
def test_doubled(gradcheck):
    gradcheck(doubled, W)
"""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # for speed
    result, text = run_apart(code, "-p", "xdist", "-p", "deeprob", "-n", "2")
    result.assert_outcomes(passed=10, failed=2)
    assert text.count("E       AssertionError: Jacobian mismatch") == 2
    for layout in ("C", "reversed"):
        assert f"FAILED test_it.py::test_doubled[float64-{layout}] - AssertionError" in text
