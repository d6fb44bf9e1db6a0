"""The benchmarks at tiny sizes: every peer gives our answer, the statistics are right; no time counts."""

import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are not here", allow_module_level=True)
pytest.importorskip("threadpoolctl")
sys.path.insert(0, str(ROOT))
from benchmarks import cases, report, stats, work  # noqa: E402
from benchmarks.harness import pairs_of  # noqa: E402

LIBRARIES = {
    "numpy-chunked": "numpy",
    "lecture": "numpy",
    "one-thread": "numpy",
    "calls": "numpy",
    "sklearn": "sklearn",
}
# numba compiles each layout, dtype and kernel for seconds: one of each kind here, the rest in the benchmarks.
SLOW_TO_COMPILE = {"numba": ("loss/softmax/float32/rows", "step/adam/30730", "empty/Objective")}
PAIRS = [
    (case.name, peer)
    for case in cases.ALL
    for peer in case.peers
    if case.name in SLOW_TO_COMPILE.get(peer, (case.name,))
    and case.name not in ("threads/1000", "threads/10000")
]


@pytest.fixture(autouse=True)
def quiet():
    """Libraries warn of their own deprecations, and they change no answer."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize(("name", "with_peer"), PAIRS, ids=lambda part: part)
def test_every_form_gives_our_answer(name, with_peer, peer):
    peer(LIBRARIES.get(with_peer, with_peer))
    try:
        case = cases.by_name()[name].build("tiny")
    except work.AbsentError as error:
        pytest.skip(str(error))
    forms = case.peers[with_peer]()
    assert forms
    expected = case.ours.answers()
    for form in forms.values():
        assert work.difference(expected, form.answers()) <= case.rtol


def test_every_case_names_the_peers_it_builds():
    for case in cases.ALL:
        try:
            built = case.build("tiny").peers
        except work.AbsentError:
            continue
        assert set(case.peers) == set(built) <= set(work.PEERS), case.name


def test_the_interval_covers_the_median_as_often_as_it_says():
    interval = stats.median_interval(range(1, 22))
    assert (interval.low, interval.high) == (6, 16)  # the sign test's table for n = 21
    assert interval.confidence == pytest.approx(0.9734, abs=1e-4)
    random = np.random.RandomState(0)
    covered = 0
    for _ in range(2000):
        sample = random.standard_exponential(21)
        found = stats.median_interval(sample)
        covered += found.low <= np.log(2) <= found.high
    assert covered / 2000 == pytest.approx(interval.confidence, abs=0.015)


@pytest.mark.parametrize(("n", "confidence"), [(1, 0.0), (2, 0.5), (5, 0.9375), (6, 0.96875)])
def test_few_pairs_give_their_range_and_the_confidence_that_it_has(n, confidence):
    interval = stats.median_interval(range(n))
    assert (interval.low, interval.high) == (0, n - 1)
    assert interval.confidence == pytest.approx(confidence)


def test_no_values_are_an_error():
    with pytest.raises(ValueError, match="empty"):
        stats.median_interval([])


def test_the_ratio_is_the_median_of_the_pairs_ratios():
    ours, theirs = [1.0, 2.0, 4.0], [3.0, 2.0, 20.0]
    summary = stats.summarize(ours, theirs)
    assert summary["ratio"] == statistics.median([3.0, 1.0, 5.0])
    assert (summary["ours"], summary["theirs"], summary["pairs"]) == (2.0, 3.0, 3)


def test_pairs_are_interleaved_abba():
    order = []
    ours, theirs = (work.Form(lambda who=who: (order.append(who), sleep())) for who in "AB")

    def sleep():
        import time

        time.sleep(5e-3)  # long calls are not batched

    mine, others = pairs_of(ours, theirs, pairs=4, budget=60)
    assert "".join(order[-8:]) == "ABBAABBA"
    assert len(mine) == len(others) == 4


def test_difference_is_relative_to_the_largest_entry_and_sees_nan():
    assert work.difference((1.0, np.array([0.0, 10.0])), (1.0, np.array([1.0, 10.0]))) == 0.1
    assert np.isnan(work.difference((np.array([1.0]),), (np.array([np.nan]),)))
    assert np.isnan(work.difference((np.nan, 1.0), (np.nan, 1.0)))


def test_ties_are_called_ties():
    assert report.verdict({"ratio": 1.04, "ratio_low": 1.03, "ratio_high": 1.05}) == "tie"
    assert report.verdict({"ratio": 1.2, "ratio_low": 0.9, "ratio_high": 1.3}) == "undecided"
    assert report.verdict({"ratio": 1.2, "ratio_low": 1.1, "ratio_high": 1.3}) == "faster"
    assert report.verdict({"ratio": 0.8, "ratio_low": 0.7, "ratio_high": 0.9}) == "slower"


def test_list_names_every_case():
    listed = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--list"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for case in cases.ALL:
        assert case.name in listed
