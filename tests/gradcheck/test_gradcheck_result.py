"""What a gradient check found: data, text, HTML and figure, of comparisons made by hand."""

import copy
import math
import pickle
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeprob import plots
from deeprob._gradcheck import KINDS, Cause, Comparison, Entry, GradcheckError, GradCheckResult
from deeprob._gradcheck import report as report_module
from deeprob._gradcheck.words import HINTS
from deeprob.plots import GradCheckDisplay

SETTINGS = {"check": "gradcheck", "mode": "slow", "eps": 1e-6, "atol": 1e-5, "rtol": 1e-3}
FACTOR = Cause("factor", "Wrong by the factor 2: analytic = 2 x numeric.", factor=2.0)
KINK = Cause("kink", "2 entries lie at a kink: the analytic value is between the slopes.", ok=True)
RANDOM = np.random.default_rng(0)


def made(analytic, numeric, verdicts="agrees", causes=(), **changes):
    fields = {
        "term": "",
        "name": "W",
        "input": 0,
        "output": 0,
        "output_shape": (),
        "analytic": analytic,
        "numeric": numeric,
        "tolerance": 1e-5,
        "h": 1e-6,
        "verdicts": verdicts,
        "causes": causes,
    }
    return Comparison(**fields | changes)


def result_of(*blocks, causes=(), notes=(), evaluations=7, **settings):
    return GradCheckResult(blocks, causes, SETTINGS | settings, evaluations, notes)


def right(name="b", size=3, **changes):
    numeric = np.arange(1.0, size + 1)
    return made(numeric * (1 + 1e-9), numeric, name=name, **changes)


def doubled(shape=(3, 4), **changes):
    numeric = RANDOM.standard_normal(shape)
    return made(2 * numeric, numeric, **{"verdicts": "factor", "causes": (FACTOR,)} | changes)


def kinked():
    numeric = np.arange(1.0, 7.0)
    verdicts = np.array(["agrees", "kink", "agrees", "kink", "agrees", "agrees"], dtype=object)
    return made(numeric + 0.5 * (verdicts == "kink"), numeric, verdicts, (KINK,), name="x")


# ---- a comparison ---------------------------------------------------------------------------


def test_errors_are_those_of_longdouble():
    a, n = RANDOM.standard_normal((2, 5, 7)) * 10.0 ** RANDOM.integers(-8, 8, (2, 5, 7))
    block = made(a, n, tolerance=1e-3 * np.abs(n))
    A, N = a.astype(np.longdouble), n.astype(np.longdouble)
    np.testing.assert_allclose(block.absolute_error, np.abs(A - N).astype(float), rtol=1e-15)
    relative = np.abs(A - N) / (np.abs(A) + np.abs(N) + np.longdouble(1e-12))
    np.testing.assert_allclose(block.relative_error, relative.astype(float), rtol=1e-14)
    np.testing.assert_allclose(block.excess, (np.abs(A - N) / (1e-3 * np.abs(N))).astype(float), rtol=1e-14)


@given(st.floats(-1e300, 1e300), st.integers(0, 40), st.booleans())
def test_ulps_count_the_numbers_between(n, steps, up):
    a = n
    for _ in range(steps):
        a = math.nextafter(a, math.inf if up else -math.inf)
    ulps = float(made([a], [n]).ulps[0])
    # exact within a binade; where a power of two or 0 lies between, the units are of two sizes
    if math.frexp(a)[1] == math.frexp(n)[1] and a * n > 0:
        assert ulps == steps
    else:
        assert ulps <= steps


def test_ulps_are_units_of_the_larger_number():
    expected = 1.0 / 2.0**-50  # the numbers from 4 to 8 are 2**-50 apart, those below half as much
    np.testing.assert_array_equal(made([4.0, 3.0, -4.0], [3.0, 4.0, -3.0]).ulps, expected)


def test_what_is_no_number_is_infinitely_wrong_and_nothing_warns():
    a, n = [np.nan, 1.0, np.inf, np.inf, 1e308, 0.0], [1.0, np.nan, np.inf, -np.inf, -1e308, 0.0]
    block = made(a, n, "other", tolerance=0.0)
    np.testing.assert_array_equal(block.absolute_error, [np.nan, np.nan, 0, np.inf, np.inf, 0])
    np.testing.assert_array_equal(block.excess, [np.inf, np.inf, 0, np.inf, np.inf, 0])
    np.testing.assert_array_equal(block.ulps[[2, 5]], 0)
    assert "W[0]" in result_of(block).text()


def test_one_value_stands_for_all_and_arrays_become_float64():
    block = made(np.ones((2, 3), np.float32), np.ones((2, 3), int))
    assert block.analytic.dtype == block.numeric.dtype == block.h.dtype == np.float64
    assert block.tolerance.shape == block.verdicts.shape == block.excused.shape == (2, 3)
    assert block.ok and block.n_wrong == 0
    zero_d = made(3.0, 3.0, "other")
    assert not zero_d.ok and zero_d.n_wrong == 1
    assert zero_d.worst()[0].label == "W" and zero_d.worst()[0].index == ()
    empty = made(np.empty((0, 3)), np.empty((0, 3)), np.empty((0, 3)))
    assert empty.ok and empty.worst() == []


def test_wrong_arguments_are_named():
    two = np.ones(2)
    with pytest.raises(ValueError, match=r"tolerance has shape \(3,\); expected that of numeric, \(2,\)"):
        made(two, two, tolerance=np.ones(3))
    with pytest.raises(ValueError, match=r"verdicts has shape \(1,\)"):
        made(two, two, ["agrees"])
    with pytest.raises(ValueError, match="kind is 'wrong'; expected among 'agrees', 'factor'"):
        made(two, two, ["agrees", "wrong"])
    with pytest.raises(ValueError, match="kind is 'wrong'"):
        Cause("wrong", "")
    with pytest.raises(ValueError, match=r"indices has shape \(3, 2\); expected \(k, ndim\)"):
        made(two, two, indices=np.ones((3, 2), int))
    with pytest.raises(AttributeError, match="cannot assign"):
        made(two, two).name = "other"


def test_excuses_are_for_kinks_and_float32_unless_a_cause_objects():
    block = kinked()
    assert block.ok and block.n_wrong == 0 and block.n_excused == 2
    np.testing.assert_array_equal(block.excused, block.verdicts == "kink")
    outside = Cause("kink", "The analytic value is outside of the slopes.")
    guilty = made(block.analytic, block.numeric, block.verdicts, (outside,))
    assert not guilty.ok and guilty.n_wrong == 2 and guilty.n_excused == 0
    assert made(np.ones(2), np.zeros(2), "float32").ok
    # what was said explicitly counts; agreement needs no excuse
    some = made(block.analytic, block.numeric, block.verdicts, (), excused=[1, 1, 1, 0, 0, 0])
    assert some.n_excused == some.n_wrong == 1
    np.testing.assert_array_equal(some.wrong, [0, 0, 0, 1, 0, 0])


def test_a_cause_or_another_shape_is_enough_to_be_wrong():
    assert not made(np.ones(2), np.ones(2), causes=(Cause("grad_output", "The vjp ignores it."),)).ok
    assert made(np.ones(2), np.ones(2), causes=(Cause("agrees", "fine"),)).ok
    other = made(np.ones((3, 2)), np.ones((2, 3)), "shape")
    assert not other.ok and other.n_wrong == 6 and other.worst() == []
    assert np.isnan(other.relative_error).all() and other.relative_error.shape == (2, 3)
    assert not made(np.empty((0, 2)), np.empty((2, 0)), np.empty((2, 0))).ok


def test_the_worst_come_first_as_a_plain_sort_finds_them():
    n = RANDOM.standard_normal((6, 5))
    a = n + RANDOM.standard_normal((6, 5)) * 10.0 ** RANDOM.integers(-9, 1, (6, 5))
    tolerance = 10.0 ** RANDOM.integers(-6, -2, (6, 5))
    verdicts = np.where(np.abs(a - n) <= tolerance, "agrees", RANDOM.choice(["other", "kink"], (6, 5)))
    block = made(a, n, verdicts, tolerance=tolerance)
    rank = {"other": 0, "kink": 1, "agrees": 2}
    order = sorted(np.ndindex(6, 5), key=lambda at: (rank[verdicts[at]], -abs(a[at] - n[at]) / tolerance[at]))
    entries = block.worst(30)
    assert [entry.index for entry in entries] == order
    for entry in entries:
        assert (entry.analytic, entry.numeric) == (a[entry.index], n[entry.index])
        assert entry.tolerance == tolerance[entry.index]
        assert entry.excused == (entry.verdict == "kink")
        assert entry.ulps == block.ulps[entry.index]
    # among several comparisons too
    halves = result_of(made(a[:3], n[:3], verdicts[:3], tolerance=tolerance[:3]))
    both = result_of(*halves.comparisons, made(a[3:], n[3:], verdicts[3:], tolerance=tolerance[3:], name="V"))
    found = [(e.index[0] + 3 * (e.comparison.name == "V"), e.index[1]) for e in both.worst(30)]
    assert found == order
    assert [e.index for e in both.worst()] == [e.index for e in both.worst(30)[:5]]


def test_entries_have_the_names_of_numpy():
    J = np.arange(12.0).reshape(2, 3, 2)
    block = made(2 * J + 1, J, "other", output_shape=(2,), name="inputs[0]")
    assert {entry.label for entry in block.worst(12)} == {
        f"inputs[0][{i}, {j}], output[{k}]" for i, j, k in np.ndindex(2, 3, 2)
    }
    second = made(2 * J + 1, J, "other", output_shape=(3, 2), output=1, name="x")
    assert second.worst(1)[0].label == "x[1], output 1[2, 1]"
    sampled = made([1.0, 2.0], [0.0, 0.0], "other", indices=[[9, 3072], [0, 5]])
    assert [entry.label for entry in sampled.worst()] == ["W[0, 5]", "W[9, 3072]"]


# ---- the result -----------------------------------------------------------------------------


def test_the_verdict_and_its_kind():
    passed = result_of(right())
    assert passed and passed.ok and bool(passed) is True
    assert (passed.kind, passed.kinds, passed.factor) == ("agrees", ("agrees",), None)
    excused = result_of(right(), kinked())
    assert excused and excused.kind == "kink" and excused.kinds == ("kink",)
    wrong = result_of(kinked(), doubled())
    assert not wrong and wrong.kind == "factor" and wrong.kinds == ("factor", "kink") and wrong.factor == 2.0
    assert wrong.all_causes == (KINK, FACTOR)
    unexplained = result_of(made(np.ones(2), np.zeros(2), ["agrees", "class"]))
    assert not unexplained and unexplained.kind == "class" and unexplained.factor is None
    random = result_of(doubled(), causes=(Cause("nondeterministic", "Two calls differ."),))
    assert not random and random.kinds == ("nondeterministic", "factor")
    assert not result_of(right(), causes=(Cause("input changed", "It writes into x."),))
    # the first cause that is not ok, not the first of all
    assert result_of(doubled(causes=(KINK, Cause("other", "Why?"), FACTOR))).kind == "other"


def test_numbers_of_the_first_comparison_are_at_hand():
    indices = RANDOM.integers(0, 5, (4, 2))
    a, n = RANDOM.standard_normal((2, 4))
    result = result_of(made(a, n, "other", indices=indices), right())
    np.testing.assert_array_equal(result.indices, indices)
    np.testing.assert_array_equal(result.analytic, a)
    np.testing.assert_array_equal(result.numeric, n)
    np.testing.assert_array_equal(result.errors, np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-12))
    nothing = result_of()
    assert nothing and nothing.indices is None and nothing.errors.size == nothing.analytic.size == 0
    assert nothing.text() == "gradcheck passed: there was nothing to compare (7 evaluations)"


def test_results_and_errors_reach_another_process_whole():
    result = result_of(doubled(), kinked(), notes=("a note",))
    error = GradcheckError(result)
    assert isinstance(error, RuntimeError) and error.result is result
    assert str(error) == error.args[0] == result.text() == repr(result) == str(result)
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert type(again) is GradcheckError and str(again) == str(error)
        assert again.result.factor == 2.0 and not again.result
        np.testing.assert_array_equal(again.result.analytic, result.analytic)


# ---- the text -------------------------------------------------------------------------------


def test_a_passed_check_is_a_line_or_two():
    assert result_of(right()).text() == (
        "gradcheck passed: 3 entries of b agree, largest relative error 5.0e-10 (7 evaluations)"
    )
    assert (
        result_of(right(size=1), evaluations=1)
        .text()
        .endswith("passed: 1 entry of b agrees, largest relative error 5.0e-10 (1 evaluation)")
    )
    headline, cause = result_of(kinked()).text().split("\n")
    assert headline == "gradcheck passed: 4 of 6 entries of x agree, largest relative error 0 (7 evaluations)"
    assert cause == f"  {KINK.text}"
    several = result_of(right("W"), right("b"), right("c", output_shape=(3,)), notes=("X was not checked",))
    assert several.text().startswith(
        "gradcheck passed: 3 entries of W, 3 entries of b and 3 derivatives by c agree, largest"
    )
    assert several.text().endswith("\n  note: X was not checked")
    many = result_of(*(right(f"w{k}", input=k) for k in range(12)))
    assert "passed: 36 entries of 12 inputs agree" in many.text()
    strict = result_of(right(), right(term="data loss"), right(term="regularization"), mode="strict")
    assert strict.text().startswith(
        "gradcheck (strict) passed: 3 entries of b agree, also data loss and regularization alone, largest"
    )
    sampled = made([1.0], [1.0], indices=[[3, 4]])
    assert "passed: 1 sampled entry of W agrees" in result_of(sampled, check="grad_check_sparse").text()
    # all entries excused: there is no error to tell
    assert result_of(made(np.ones(2), np.zeros(2), "float32")).text() == (
        "gradcheck passed: 0 of 2 entries of W agree (7 evaluations)"
    )


def test_many_excuses_are_counted():
    causes = [Cause("kink", f"Kink {k}.", ok=True) for k in range(5)]
    lines = result_of(made(np.ones(2), np.zeros(2), "kink", (*causes, causes[0]))).text().split("\n")
    assert lines[1:] == ["  Kink 0.", "  Kink 1.", "  Kink 2.", "  ... and 2 more causes"]


def test_a_check_that_cannot_fail_says_so():
    tiny = made(np.zeros(3), np.full(3, 1e-7))
    assert result_of(tiny).text().split("\n") == [
        "gradcheck passed: 3 entries of W agree, all below the tolerance (7 evaluations)",
        "  note: a gradient of zeros would pass here: try strict=True, or another point",
    ]
    assert "try another point" in result_of(tiny, mode="strict").text()
    assert "note" not in result_of(tiny, right()).text()
    assert "note" not in result_of(made(np.zeros(3), np.zeros(3))).text()


def test_a_relative_error_of_noise_is_not_reported():
    block = made([1.0, 0.0], [1.0 + 1e-8, 1e-11])
    assert block.relative_error[1] > 0.9
    assert "largest relative error 5.0e-09" in result_of(block).text()


def test_the_first_line_is_torchs():
    torch = pytest.importorskip("torch")

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, v):
            x, y = ctx.saved_tensors
            return v * y, 2 * v * x

    x, y = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    with pytest.raises(RuntimeError) as theirs:
        torch.autograd.gradcheck(Wrong.apply, (x, y))
    line = str(theirs.value).split(",")[0]
    block = made(
        2 * np.eye(2), np.eye(2), np.where(np.eye(2), "factor", "agrees"), (FACTOR,), input=1, name="y"
    )
    assert result_of(right("x"), block).text().startswith(f"{line} (y): 2 of 4 entries disagree\n")


def test_the_cause_in_words_stands_at_the_top_and_the_rest_follows():
    lines = result_of(kinked(), doubled((30, 10)), notes=("X is constant",)).text().split("\n")
    assert (
        lines[0] == "Jacobian mismatch for output 0 with respect to input 0 (W): 300 of 300 entries disagree"
    )
    assert lines[1] == f"  {FACTOR.text}"
    assert lines[2].split() == [
        *("worst", "entries", "analytic", "numeric", "|difference|", "relative", "ulps", "allowed", "verdict")
    ]
    assert all(re.match(r"  W\[\d+, \d+\] ", line) and line.endswith("factor 2") for line in lines[3:8])
    assert lines[8] == "  ... and 295 more"
    assert lines[9] == "  right: x (6 entries, largest relative error 0)"
    assert lines[10] == "  note: X is constant"
    assert lines[11] == f"  try: {HINTS['factor']}"
    assert lines[12:] == ["  gradcheck: eps=1e-06, atol=1e-05, rtol=0.001, 7 evaluations"]


def test_a_kink_beside_a_mistake_is_told_after_it_and_gets_no_hint():
    block = kinked()
    verdicts = block.verdicts.copy()
    verdicts[0] = "factor"
    text = result_of(made(block.analytic, block.numeric, verdicts, (KINK, FACTOR))).text()
    assert text.index(FACTOR.text) < text.index(KINK.text)
    assert text.count("kink (ok)") == 2 and text.count("  x[") == 0 and text.count("  W[") == 3
    assert HINTS["kink"] not in text and HINTS["factor"] in text


def test_tables_are_aligned_and_narrow_whatever_the_names():
    for name, scale in [("W", 1.0), ("the_weights_of_the_first_layer", 1e-90), ("inputs[0]", -1e90)]:
        numeric = scale * RANDOM.standard_normal((2, 3))
        verdicts = ["float32", "factor", "not finite"]
        block = made(
            3 * numeric, numeric, [verdicts, verdicts], output_shape=(3,), name=name, causes=(FACTOR,)
        )
        lines = result_of(block).text().split("\n")
        start = next(k for k, line in enumerate(lines) if "worst entries" in line)
        table = lines[start : start + 6]
        assert max(map(len, table)) <= 110
        headings = r"analytic|numeric|\|difference\||relative|ulps|allowed"
        ends = [found.end() for found in re.finditer(headings, table[0])]
        begin = table[0].index("verdict")
        for line in table[1:]:
            assert line[begin - 1] == " " != line[begin]
            cells = [line[:end].split()[-1] for end in ends]
            assert all(line[end] == " " for end in ends)
            analytic, numeric = float(cells[0]), float(cells[1])
            assert analytic == pytest.approx(3 * numeric, rel=1e-5)
            floor = 1e-12  # of the course's relative error
            expected = 2 * abs(numeric) / (4 * abs(numeric) + floor)
            assert float(cells[3]) == pytest.approx(expected, rel=0.05, abs=0)


def test_the_numbers_of_a_row_are_those_of_the_entry():
    block = made([0.1 + 0.2], [0.3], "other", tolerance=1e-20)
    row = result_of(block).text().split("\n")[2].split()
    assert row == ["W[0]", "0.3", "0.3", "5.6e-17", "9.3e-17", "1", "1.0e-20", "disagrees"]


def test_each_wrong_comparison_has_a_paragraph_and_many_are_counted():
    blocks = [doubled(input=k, name=f"w{k}") for k in range(8)]
    text = result_of(*blocks, right()).text()
    assert [int(k) for k in re.findall(r"with respect to input (\d)", text)] == [0, 1, 2]
    assert "\n  ... and 5 more comparisons that disagree\n" in text
    assert text.count(HINTS["factor"]) == 1
    rights = result_of(doubled(), *(right(f"v{k}", output=k) for k in range(6))).text()
    assert "\n  right: 6 comparisons, largest relative error 5.0e-10\n" in rights


def test_the_whole_takes_its_cause_from_the_terms():
    reg = doubled(term="regularization")
    whole = made(reg.analytic, reg.numeric, "other")
    text = result_of(whole, right("W", term="data loss"), reg, mode="strict").text()
    first, second = text.split("\n\n")[:2]
    assert first.split("\n") == [
        "Jacobian mismatch for output 0 with respect to input 0 (W): 12 of 12 entries disagree",
        f"  {FACTOR.text}",
    ]
    assert second.startswith(
        "Jacobian mismatch for output 0 with respect to input 0 (W), regularization alone: 12 of 12 entries "
    )
    assert "  right: W, data loss alone (3 entries, largest relative error 5.0e-10)\n" in text
    # a term does not take over another term's
    data = made(reg.analytic, reg.numeric, "other", term="data loss")
    assert "data loss alone: 12 of 12 entries disagree\n  worst entries" in result_of(data, reg).text()
    # one cause of its own, and it speaks for itself
    own = made(reg.analytic, reg.numeric, "other", (Cause("other", "No idea."),))
    assert "No idea.\n  worst entries" in result_of(own, reg).text()


def test_what_is_about_the_whole_function_and_other_shapes():
    changed = Cause("input changed", "The function writes into inputs[1].")
    lines = result_of(right(), causes=(changed,)).text().split("\n")
    assert lines[:2] == ["gradcheck failed: input changed", f"  {changed.text}"]
    assert f"  try: {HINTS['input changed']}" in lines
    lines = result_of(doubled(), causes=(changed,)).text().split("\n")
    assert lines[0].startswith("Jacobian mismatch for output 0") and lines[1:3] == [
        f"  {changed.text}",
        f"  {FACTOR.text}",
    ]
    shape = made(np.ones((3, 2)), np.ones((2, 3)), "shape", (Cause("shape", "Transposed?"),), input=2)
    lines = result_of(shape).text().split("\n")
    assert lines[0].endswith("input 2 (W): shape (3, 2), expected (2, 3)")
    assert lines[1] == "  Transposed?" and "worst" not in "".join(lines)
    ignored = made(np.ones(2), np.ones(2), causes=(Cause("grad_output", "It is ignored."),))
    assert (
        result_of(ignored)
        .text()
        .startswith(
            "Jacobian mismatch for output 0 with respect to input 0 (W): grad_output\n  It is ignored.\n"
        )
    )


def test_every_kind_can_be_told():
    assert list(HINTS) == [kind for kind in KINDS if kind != "agrees"]
    for kind in KINDS:
        if kind == "agrees":
            continue
        cause = Cause(kind, f"Because of {kind}.")
        result = result_of(made(np.ones(2), np.zeros(2), kind, (cause,)))
        assert not result and result.kind == kind
        text = result.text()
        assert cause.text in text and HINTS[kind] in text and KINDS[kind] in text
        assert max(map(len, text.split("\n"))) <= 116
        assert cause.text in result._repr_html_()


# ---- HTML -----------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects text and table cells, and holds that tags close in order."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.rows, self.styles = [], "", [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert [name for name, _ in attrs] in ([], ["style"])
        self.open.append(tag)
        self.styles += [value for _, value in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_html_says_what_the_text_says():
    result = result_of(kinked(), doubled((9, 9)), notes=("a note",), causes=(Cause("other", "Cause."),))
    page = Page(result._repr_html_())
    lines = result.text().split("\n")
    table = next(k for k, line in enumerate(lines) if "worst entries" in line)
    for line in [*lines[:table], *lines[table + 6 :]]:
        assert line.strip() in page.text
    assert len(page.rows) == 6
    for row, line in zip(page.rows[1:], lines[table + 1 :], strict=False):
        assert " ".join(row).replace("✗ ", "").split() == line.split()
        assert row[-1] == "✗ factor 2"
    assert page.text.startswith("✗ Jacobian mismatch")
    assert Page(result_of(right())._repr_html_()).text.startswith("✓ gradcheck passed: 3 entries of b")


def test_html_is_escaped_and_marks_excuses():
    verdicts = np.where(np.arange(4) % 2, "kink", "other")
    causes = (Cause("other", "<b>&"), KINK)
    evil = made(np.ones(4), np.zeros(4), verdicts, causes, name="<script>alert('x')</script>")
    result = result_of(evil, notes=("<i>",), check="<u>")
    page = Page(result._repr_html_())
    assert not re.search(r"<(script|i|u)\b", result._repr_html_())
    assert "<b>&" in page.text and "note: <i>" in page.text
    assert page.rows[1][0] == "<script>alert('x')</script>[0]"
    assert sorted(row[-1] for row in page.rows[1:]) == ["≈ kink (ok)"] * 2 + ["✗ disagrees"] * 2


def test_html_reads_on_light_and_on_dark_pages():
    def luminance(color):
        channels = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    page = Page(result_of(kinked(), doubled(causes=(FACTOR, KINK)))._repr_html_())
    colors = set(re.findall(r"#[0-9a-f]{6}", " ".join(page.styles)))
    assert colors == {report_module._RED, report_module._AMBER}
    for color in (*colors, report_module._GREEN):
        for background in ("#ffffff", "#111111"):
            low, high = sorted([luminance(color), luminance(background)])
            assert (high + 0.05) / (low + 0.05) > 4.0  # WCAG asks for 3 of large text and marks
    assert not any("background" in style for style in page.styles)


# ---- the figure -----------------------------------------------------------------------------


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


def test_the_figure_shows_every_entry_where_it_belongs(plt):
    block = kinked()
    verdicts = block.verdicts.copy()
    verdicts[0] = "factor"
    mixed = made(block.analytic * [2, 1, 1, 1, 1, 1], block.numeric, verdicts, (FACTOR, KINK))
    result = result_of(mixed, right())
    display = result.plot()
    assert isinstance(display, GradCheckDisplay) and list(display.points_) == [
        "agrees",
        "factor",
        "kink (ok)",
    ]
    values, excess = display.axes_
    np.testing.assert_array_equal(display.points_["factor"].get_xydata(), [[1.0, 2.0]])
    np.testing.assert_array_equal(display.points_["kink (ok)"].get_xydata(), [[2.0, 2.5], [4.0, 4.5]])
    assert len(display.points_["agrees"].get_xydata()) == 3 + 3
    assert display.points_["kink (ok)"].get_markerfacecolor() == "none"
    assert values.get_xscale() == values.get_yscale() == "symlog" and excess.get_yscale() == "log"
    assert values.get_xlim() == values.get_ylim()
    labels = [text.get_text() for text in excess.get_legend().get_texts()]
    assert labels == ["allowed", "agrees: 6", "constant factor: 1", "kink (ok): 2"]
    assert display.figure_.get_suptitle() == FACTOR.text
    x, y = next(line for line in excess.lines if line.get_label().startswith("constant")).get_data()
    assert (x[0], y[0]) == (0, pytest.approx(1.0 / 1e-5))
    display.figure_.canvas.draw()
    renderer = display.figure_.canvas.get_renderer()
    assert excess.get_legend().get_window_extent(renderer).x1 <= display.figure_.bbox.width
    ticks = [t.get_window_extent(renderer) for t in values.get_xticklabels()]
    assert all(a.x1 < b.x0 for a, b in pairwise(ticks))


def test_the_figure_is_readable_with_many_entries(plt):
    numeric = RANDOM.standard_normal((10, 3073))
    block = made(2 * numeric, numeric, "factor", (FACTOR,), tolerance=1e-3 * np.abs(numeric))
    display = result_of(block).plot()
    points = display.points_["factor"]
    assert points.get_rasterized() and points.get_markersize() < 4
    linear = display.axes_[0].xaxis.get_transform().linthresh
    assert 0.01 < linear < 1  # few decades, in which a factor of 2 can be seen
    display.figure_.canvas.draw()


def test_every_kind_has_a_marker_of_its_own(plt):
    n = len(KINDS)
    display = GradCheckDisplay(np.arange(n) + 1.0, np.arange(n), np.ones(n), list(KINDS)).plot()
    assert list(display.points_) == list(KINDS)
    assert len({str(line.get_marker()) for line in display.points_.values()}) == n
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("analytic", "numeric", "tolerance"),
    [
        ([np.nan, np.inf, 1.0], [1.0, np.inf, 1.0], 1e-5),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([1.0], [0.0], 0.0),
        ([1e-300, 1e300], [1e300, -1e300], 1e-5),
        ([], [], 1e-5),
        ([np.nan], [np.nan], 1e-5),
        ([5e-324], [0.0], 5e-324),
    ],
)
def test_the_figure_survives_any_numbers(plt, analytic, numeric, tolerance):
    tolerance = np.full(len(analytic), tolerance)
    display = GradCheckDisplay(analytic, numeric, tolerance, ["other"] * len(analytic)).plot()
    for ax in display.axes_:
        assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()
    display.figure_.canvas.draw()
    # what is no number is above what is allowed
    for line in display.axes_[1].lines[1:]:
        bad = ~np.isfinite(display.excess)
        assert (np.asarray(line.get_ydata())[bad] > 1).all()


def test_the_term_with_the_cause_is_shown(plt):
    reg, data = doubled(term="regularization"), right("W", term="data loss")
    result = result_of(made(reg.analytic, reg.numeric, "other"), data, reg)
    display = GradCheckDisplay.from_result(result)
    assert list(display.plot().points_) == ["factor"]
    assert display.title == f"{FACTOR.text}\n(shown: the regularization alone)"
    assert list(GradCheckDisplay.from_result(result, "").plot().points_) == ["other"]
    assert GradCheckDisplay.from_result(result, term="data loss").numeric.size == 3
    with pytest.raises(ValueError, match="term is 'bias'; expected among '', 'data loss', 'regularization'"):
        GradCheckDisplay.from_result(result, "bias")
    passed = result_of(right(), right(term="data loss"))
    assert GradCheckDisplay.from_result(passed).title == passed.text()


def test_the_figure_goes_into_given_axes(plt):
    result = result_of(doubled())
    figure, (left, right_) = plt.subplots(1, 2)
    one = result.plot(left)
    assert list(one.axes_) == [left] and one.figure_ is figure and left.get_legend() and not right_.lines
    assert left.get_title() == FACTOR.text
    both = plt.subplots(1, 2)[1]
    two = GradCheckDisplay.from_result(result).plot(both, points_kw={"markersize": 9})
    assert list(two.axes_) == list(both) and two.points_["factor"].get_markersize() == 9
    with pytest.raises(ValueError, match="ax has 3 axes; expected one or two"):
        result.plot(plt.subplots(1, 3)[1])


def test_the_figure_says_what_is_wrong(plt, monkeypatch):
    with pytest.raises(TypeError, match="result is of type bool; expected what a gradient check returned"):
        GradCheckDisplay.from_result(False)
    shape = made(np.ones((3, 2)), np.ones((2, 3)), "shape")
    with pytest.raises(ValueError, match="result has no derivatives to compare"):
        result_of(shape).plot()
    assert result_of(shape, right()).plot().numeric.size == 3
    with pytest.raises(ValueError, match="verdicts has 1 entries; expected 2, as analytic"):
        GradCheckDisplay([1, 2], [1, 2], [1, 1], ["agrees"])
    with pytest.raises(ValueError, match="verdicts has 'fine'; expected among 'agrees'"):
        GradCheckDisplay([1], [1], [1], ["fine"])
    display = GradCheckDisplay.from_result(result_of(right()))
    assert plots.GradCheckDisplay is type(display)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'deeprob\[plot\]'"):
        display.plot()


def test_entries_are_plain_data():
    entry = result_of(doubled()).worst(1)[0]
    assert isinstance(entry, Entry) and {type(i) for i in entry.index} == {int}
    assert {type(getattr(entry, name)) for name in ("analytic", "relative_error", "ulps")} == {float}
    assert "Comparison" not in repr(entry) and "array" not in repr(entry.comparison)
