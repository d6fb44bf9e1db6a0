"""The main job, `python -m deeprob`: its printed lines, its report, its exit codes."""

import os
import re
import shutil
import signal
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import deeprob
from deeprob import datasets
from deeprob.__main__ import main
from deeprob._mainjob import experiment, figures, files, job, optimizers, published, text
from deeprob._mainjob.settings import Settings, recipes

ATTEMPT = re.compile(r"in attempt (\d+) the loss was (\d+\.\d{6}), best (\d+\.\d{6})")
ITERATION = re.compile(r"iteration (\d+) / (\d+): loss \d+\.\d{6}")
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Reads a page: its elements with their attributes, its text; checks that tags are closed in order."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self.open = [], [], []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """One quick run with its report: (printed lines, HTML)."""
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("quick")
    lines = run_quietly(["--quick", "--tries", "120", "--out", str(folder)])
    assert [path.name for path in folder.iterdir()] == ["deeprob-report.html"]
    return lines, (folder / "deeprob-report.html").read_text(encoding="utf-8")


def run_quietly(options):
    """Run the job in this process; return the lines it printed."""
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        assert main(options) == 0
    return out.getvalue().splitlines()


def without_timings(lines):
    return [re.sub(r"\d+\.\d+ s\b|\d+\.\d+$|\S+\.html \(\d+ kB", "TIME", line) for line in lines]


def test_it_says_what_it_runs_on(quick):
    head = "\n".join(quick[0][:6])
    assert "fashion-mnist" in head
    assert "D = 784 (28 x 28), C = 10 classes, pixels 0..255" in head
    info = deeprob.cpu_info()
    assert f"SIMD target {info['target']}, threads {info['threads']}, seed 0" in head


def test_random_search_prints_the_slides_lines(quick):
    rows = [match.groups() for line in quick[0] if (match := ATTEMPT.fullmatch(line))]
    numbers = [int(row[0]) for row in rows]
    assert numbers[:7] == list(range(7))
    assert quick[0][quick[0].index("...") - 1].startswith("in attempt 6 ")
    assert 100 in numbers
    best = np.minimum.accumulate([float(row[1]) for row in rows])
    np.testing.assert_array_equal(best, [float(row[2]) for row in rows])
    for number, loss, lowest in rows[7:]:
        assert loss == lowest or int(number) % 100 == 0


def test_random_search_is_the_slides_loop(quick):
    data = datasets.load()
    X, _ = datasets.standardize(data.X_train, data.X_test, bias=True)
    random = np.random.RandomState(0)
    for attempt in range(3):
        W = random.randn(10, 785) * 0.0001
        loss = deeprob.svm_loss(W, X, data.y_train, grad=False)
        assert any(line.startswith(f"in attempt {attempt} the loss was {loss:f}, ") for line in quick[0])


def test_the_slides_accuracy_stands_beside_ours(quick):
    (line,) = [line for line in quick[0] if line.startswith("  test accuracy")]
    assert re.fullmatch(r"  test accuracy 0\.\d{4} \(slide: 0\.1555, chance: 0\.1000\)", line)


def test_the_gradient_check_agrees_and_would_see_a_forgotten_penalty(quick):
    lines = [line for line in quick[0] if "relative error max" in line]
    assert [line.split(",")[0] for line in lines] == ["softmax", "svm"]
    assert all(line.endswith(": the gradients agree") for line in lines)
    forgotten = [float(line.split()[-1][:-1]) for line in quick[0] if "forgotten" in line]
    assert min(forgotten) > 1e-2


def test_every_descent_states_its_settings_and_progress(quick):
    titles = [line for line in quick[0] if ": learning rate" in line]
    assert len(titles) == 4
    assert all(re.search(r"learning rate [\d.]+, reg [\d.]+ \(L2\)$", line) for line in titles)
    steps = [match.groups() for line in quick[0] if (match := ITERATION.fullmatch(line))]
    assert [step for step, _ in steps].count("0") == 4
    assert {total for _, total in steps} == {"60"}


def test_the_optimizers_are_compared(quick):
    heads = [line for line in quick[0] if re.match(r"[45]\. Optimizers", line)]
    assert len(heads) == 2
    at = quick[0].index(heads[0])
    assert tuple(re.split(r"  +", quick[0][at + 2])) == optimizers.HEADINGS
    assert any(line.startswith("Algorithm  first moments") for line in quick[0])


def test_the_table_sets_said_beside_reached(quick):
    lines = quick[0]
    begin = lines.index("6. Results") + 1
    assert tuple(re.split(r"  +", lines[begin])) == text.HEADINGS
    table = lines[begin : lines.index("7. Report")]
    assert any("0.1555" in line and "8.61" in line for line in table)
    assert any("0.39..0.41" in line for line in table)
    reached = [
        line for line in table if re.search(r"(0\.\d{4} +){2}\d+\.\d{4} +\d+\.\d{4} +\d+\.\d\d$", line)
    ]
    assert len(reached) == 5
    assert "chance: 0.1000" in table
    assert max(map(len, lines)) <= 110
    assert all(line.isascii() for line in lines)


def test_descents_beat_random_search_and_chance(quick):
    rows = [re.split(r"  +", line) for line in quick[0] if re.search(r"0\.\d{4} +\d+\.\d\d$", line)]
    accuracy = {(row[0], row[1]): float(row[6]) for row in rows}
    search = accuracy.pop(("random search", "svm"))
    assert 0.1 < search < 0.4
    assert len(accuracy) == 4
    assert min(accuracy.values()) > 0.7


def test_the_same_seed_gives_the_same_text(quick, tmp_path):
    options = ["--quick", "--tries", "120"]
    again = run_quietly([*options, "--no-report", "--threads", "1"])
    expected = [line.replace(f"threads {deeprob.cpu_info()['threads']}", "threads 1") for line in quick[0]]
    cut = expected.index("7. Report")
    assert without_timings(again[:cut]) == without_timings(expected[:cut])
    other = run_quietly([*options, "--no-report", "--seed", "1"])
    assert without_timings(other[:cut]) != without_timings(expected[:cut])


def test_the_report_needs_nothing_else(quick):
    page = Page(quick[1])
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base"}
        for name in ("src", "href", "xlink:href", "srcset", "poster", "data", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:80])
        assert "url(" not in (attributes.get("style") or "").replace("url(#", "")
    assert "@import" not in quick[1]
    assert not re.search(r"url\((?!#)", quick[1])
    policy = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_the_reports_figures_can_be_read_by_everyone(quick):
    page = Page(quick[1])
    pictures = page.all("svg") + page.all("img")
    assert len(pictures) == len(page.all("figure")) == len(page.all("figcaption")) == 12
    for svg in page.all("svg"):
        assert svg["role"] == "img"
        assert len(svg["aria-label"]) > 20
        assert "width" not in svg
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', quick[1])
    assert {a or b for a, b in used} <= set(ids)
    assert "currentColor" in quick[1]
    assert "prefers-color-scheme: dark" in quick[1]


def test_the_report_has_the_table_the_lines_and_the_errata(quick):
    lines, source = quick
    page = Page(source)
    assert source.startswith("<!DOCTYPE html>")
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert len(page.all("table")) == 7
    content = "".join(page.text)
    for run in (line for line in lines if ATTEMPT.fullmatch(line)):
        assert run in content
    for title, words in published.ERRATA:
        assert title in content
        assert words in content
    for fact in (
        deeprob.__version__,
        np.__version__,
        "Zalando",
        "the subset in deeprob",
        "--quick --tries 120",
    ):
        assert fact in content


def test_the_report_escapes_what_comes_from_outside(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # faster
    folder = tmp_path / "a<u>&\"'é"
    shutil.copytree(Path(datasets.__file__).parent / "data", folder)
    lines = run_quietly(["--quick", "--tries", "1", "--data", str(folder), "--out", str(tmp_path / "x.html")])
    page = Page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert str(folder) in "".join(page.text)
    assert not page.all("u")
    assert any(str(folder) in line for line in lines)


def test_colour_images_and_a_class_without_any(monkeypatch, tmp_path):
    random = np.random.RandomState(0)
    data = datasets.ImageDataset(
        X_train=random.randint(0, 256, (60, 75), np.uint8),
        y_train=random.randint(0, 2, 60),
        X_test=random.randint(0, 256, (9, 75), np.uint8),
        y_test=random.randint(0, 3, 9),
        class_names=("red", "green", "none"),
        image_shape=(5, 5, 3),
        layout="CHW",
        name="colours",
        source="noise",
        licence="none",
    )
    monkeypatch.setattr(datasets, "load", lambda _name: data)
    lines = run_quietly(["--quick", "--tries", "3", "--out", str(tmp_path)])
    assert "chance: 0.3333" in lines
    assert "..." not in lines
    page = Page((tmp_path / files.NAME).read_text(encoding="utf-8"))
    assert len(page.all("svg")) == 12


def test_without_matplotlib_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    lines = run_quietly(["--quick", "--tries", "5", "--out", str(tmp_path)])
    (line,) = [line for line in lines if "pip install" in line]
    assert "matplotlib is not installed" in line
    assert "pip install 'deeprob[plot]'" in line
    assert "pip install '.[plot]'" in line
    page = Page((tmp_path / files.NAME).read_text(encoding="utf-8"))
    assert not page.all("svg")
    assert not page.all("figure")
    assert len(page.all("table")) == 7


def test_ctrl_c_ends_with_130_and_one_line(monkeypatch, tmp_path, capsys):
    for step in ("byte_pixels", "check_gradient", "descend"):
        with monkeypatch.context() as patch:
            patch.setattr(experiment, step, _interrupt)
            assert main(["--quick", "--tries", "2", "--out", str(tmp_path)]) == 130
        assert capsys.readouterr().err == "\ndeeprob: interrupted\n"
    assert not list(tmp_path.iterdir())


def _interrupt(*_arguments, **_options):
    raise KeyboardInterrupt


def test_ctrl_c_inside_a_descent_is_not_swallowed(capsys):
    """`gradient_descent` keeps what it has after Ctrl-C; the job must not go on with it."""
    split = experiment.unit_pixels(datasets.load("fashion-mnist-subset"))
    recipe = recipes(datasets.load("fashion-mnist-subset"))[0]
    with pytest.raises(KeyboardInterrupt):
        experiment.descend(split, recipe, 128, 5, 0, _interrupt)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_real_sigint_leaves_no_traceback_and_no_file(tmp_path):
    command = [sys.executable, "-m", "deeprob", "--tries", "1000000", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not process.stdout.readline().startswith("in attempt"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "\ndeeprob: interrupted\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options",
    [
        ["--tries", "0"],
        ["--tries", "many"],
        ["--seed", "-1"],
        ["--seed", str(2**32)],
        ["--threads", "0"],
        ["--unknown"],
    ],
)
def test_wrong_options_are_one_line_and_2(options, capsys):
    with pytest.raises(SystemExit) as raised:
        main(options)
    assert raised.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("deeprob: error: ")


@pytest.mark.parametrize("name", ["cifar10", "props", "no/such/folder", "empty", "\0"])
def test_missing_data_are_one_line_and_2(name, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPROB_DATA_DIR", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(["--data", name]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("deeprob: error: argument --data: ")


@pytest.mark.parametrize("out", ["no/such/folder/x.html", "no/such/folder", "file/x.html"])
def test_an_unwritable_report_is_known_before_the_work(out, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(job, "run", None)
    assert main(["--out", out]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("deeprob: error: argument --out: cannot write ")


def test_where_the_report_goes(tmp_path):
    assert files.report_path(str(tmp_path)) == tmp_path / files.NAME
    assert files.report_path(str(tmp_path / "new")) == tmp_path / "new" / files.NAME
    assert files.report_path(str(tmp_path / "a.HTM")) == tmp_path / "a.HTM"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_failed_write_leaves_the_old_report(monkeypatch, tmp_path):
    path = tmp_path / "r.html"
    files.write_atomically(path, "old")

    def fail(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(files.CannotWrite, match=r"cannot write .*r\.html: No space left on device"):
        files.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["r.html"]


def test_threads_are_put_back(capsys):
    before = deeprob.get_num_threads()
    assert main(["--quick", "--tries", "1", "--no-report", "--threads", "1"]) == 0
    assert "threads 1, seed 0" in capsys.readouterr().out
    assert deeprob.get_num_threads() == before


def test_a_closed_pipe_is_no_error(tmp_path):
    command = f"'{sys.executable}' -W error -m deeprob --quick --tries 20000 --no-report | head -n 1"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.startswith("deeprob ")


def test_a_terminal_without_unicode_gets_escapes():
    import io

    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    transcript = text.Transcript(stream)
    transcript.say("é")
    assert stream.buffer.getvalue() == b"\\xe9\n"
    assert transcript.lines == ["é"]


def test_the_gradient_check_finds_a_wrong_gradient(monkeypatch):
    data = datasets.load("fashion-mnist-subset")
    right = deeprob.Objective.__call__

    def wrong(self, W, index=None, *, out=None):
        loss, dW = right(self, W, index, out=out)
        return loss, dW - 2 * self.reg * W

    monkeypatch.setattr(deeprob.Objective, "__call__", wrong)
    assert not experiment.check_gradient(data, "softmax", 0).agree


def test_the_gradient_check_steps_around_kinks(monkeypatch):
    data = datasets.load("fashion-mnist-subset")
    check = experiment.check_gradient(data, "svm", 0, h=0.01)
    assert check.kinks > 0
    assert check.entries == 36
    assert check.agree
    monkeypatch.setattr(experiment, "_passes_kink", lambda *_arguments: False)
    assert not experiment.check_gradient(data, "svm", 0, h=0.01).agree


@pytest.mark.parametrize("loss", ["softmax", "svm"])
def test_the_gradient_check_agrees_for_many_seeds(loss):
    data = datasets.load("fashion-mnist-subset")
    assert all(experiment.check_gradient(data, loss, seed).agree for seed in range(10))


def test_large_sets_get_fewer_full_steps():
    settings = Settings()
    assert settings.steps(2000, None) == settings.steps(2000, 128) == 500
    assert settings.steps(50_000, None) < settings.steps(50_000, 128)
    assert Settings(quick=True).num_tries == 50
    assert Settings(quick=True, tries=7).num_tries == 7


def test_svg_ids_and_colours_become_the_pages():
    source = (
        '<?xml version="1.0"?><svg width="1pt" height="2pt" viewBox="0 0 1 2">'
        '<metadata>x</metadata><g id="a" clip-path="url(#c)"/><use xlink:href="#a"'
        ' style="fill: #010203"/></svg>'
    )
    svg = figures.page_svg(source, "n")
    assert svg == (
        '<svg viewBox="0 0 1 2"><g id="n-a" clip-path="url(#n-c)"/>'
        '<use xlink:href="#n-a" style="fill: currentColor"/></svg>'
    )


def test_the_console_script_answers():
    done = subprocess.run(
        [sys.executable, "-m", "deeprob", "--version"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"deeprob {deeprob.__version__}\n")


@pytest.mark.slow
def test_cifar10_reaches_the_course(real_data, tmp_path):
    """Random search 12 to 19 %, as measured over seeds; softmax and SVM near the course's numbers."""
    archive = real_data / "cifar-10" / "cifar-10-binary.tar.xz"
    if not archive.is_file():
        pytest.skip("no CIFAR-10 there")
    lines = run_quietly(["--data", str(archive), "--out", str(tmp_path)])
    rows = [re.split(r"  +", line) for line in lines if re.search(r"0\.\d{4} +\d+\.\d\d$", line)]
    accuracy = {(row[0], row[1]): float(row[6]) for row in rows}
    assert 0.12 <= accuracy["random search", "svm"] <= 0.19
    assert accuracy["SGD, batch 128", "softmax"] >= 0.39
    assert accuracy["SGD, batch 128", "svm"] >= 0.37
