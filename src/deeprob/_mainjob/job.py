"""One step after the other: data, random search, gradient check, descents, optimizers, table, report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from .. import __version__, cpu_info, datasets
from ..datasets import ImageDataset
from ..plots.style import INSTALL, require_matplotlib
from . import experiment, optimizers, text, walks
from .experiment import GradientCheck, Run
from .optimizers import Study
from .settings import BATCH, Settings, recipes
from .text import Transcript
from .walks import Walk

# when a search will take longer than this, say so
_PATIENCE = 10.0


class NoData(Exception):
    """There are no data of that name or path, or they are damaged; the message says what and where."""


@dataclass
class Results:
    """Everything the report shows."""

    settings: Settings
    data: ImageDataset
    command: str
    info: dict[str, object]
    runs: list[Run] = field(default_factory=list)
    checks: list[GradientCheck] = field(default_factory=list)
    study: Study | None = None
    walks: list[Walk] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def run(settings: Settings, command: str, report: Path | None, transcript: Transcript) -> Results:
    """Do the main job; ``report`` is where the HTML goes, None for no report."""
    begin = time.perf_counter()
    say = transcript.say
    say(f"deeprob {__version__}: random search, gradient check, gradient descent, optimizers")
    data = _load(settings.data)
    info = {"deeprob": __version__, **cpu_info()}
    results = Results(settings, data, command, info, lines=transcript.lines)
    say(*text.data_lines(data))
    say(f"machine: SIMD target {info['target']}, threads {info['threads']}, seed {settings.seed}")
    results.runs.append(_search(results, transcript))
    results.checks.extend(_checks(results, transcript))
    results.runs.extend(_descents(results, transcript))
    results.study = _optimizers(results, transcript)
    results.walks.extend(_walks(results, transcript))
    say("", "6. Results", *text.table_lines(data, results.runs))
    say("", "7. Report")
    if report is None:
        say("not written (--no-report)")
    else:
        _write_report(results, report, transcript)
    say(f"done in {time.perf_counter() - begin:.1f} s")
    return results


def _load(name_or_path: str) -> ImageDataset:
    try:
        return datasets.load(name_or_path)
    except (OSError, ValueError) as error:
        raise NoData(str(error).removeprefix("name_or_path: ")) from error


def _search(results: Results, transcript: Transcript) -> Run:
    data, settings = results.data, results.settings
    transcript.say(
        "",
        '1. Random search (slide "Idea 1: Random Search (bad idea!)", L4-16)',
        "SVM loss on pixels 0..255 minus the mean training image, ones last, "
        f"W = randn({data.num_classes}, {data.num_features + 1}) * 0.0001",
    )
    split = experiment.byte_pixels(data)
    show = text.SearchProgress(transcript)
    begin = time.perf_counter()

    def on_attempt(attempt: int, loss: float, best: float) -> None:
        if attempt == text.SHOWN:
            whole = (time.perf_counter() - begin) / attempt * settings.num_tries
            if whole > _PATIENCE:
                transcript.say(f"({settings.num_tries} attempts will take about {whole:.0f} s)")
        show(attempt, loss, best)

    run = experiment.search(split, settings.num_tries, settings.seed, on_attempt)
    transcript.say(*text.search_lines(run, data.num_classes))
    return run


def _checks(results: Results, transcript: Transcript) -> list[GradientCheck]:
    transcript.say(
        "", "2. Gradient check (L4-24): central differences against the analytic gradient, float64"
    )
    checks = []
    for loss in ("softmax", "svm"):
        check = experiment.check_gradient(results.data, loss, results.settings.seed)
        transcript.say(*text.check_lines(check))
        checks.append(check)
    return checks


def _descents(results: Results, transcript: Transcript) -> list[Run]:
    data, settings = results.data, results.settings
    transcript.say(
        "",
        "3. Gradient descent (L4-27 to L4-29): with the full gradient, and with minibatches",
        "pixels 0..1 minus the channel mean, ones last; float32; all start from the same W = randn * 0.0001",
    )
    split = experiment.unit_pixels(data)
    runs = []
    for recipe in recipes(data):
        for batch_size in (None, BATCH):
            transcript.say(text.descent_title(recipe, batch_size))
            steps = settings.steps(len(data.X_train), batch_size)
            progress = text.DescentProgress(transcript, steps)
            run = experiment.descend(split, recipe, batch_size, steps, settings.seed, progress)
            transcript.say(text.descent_result(run))
            runs.append(run)
    return runs


def _optimizers(results: Results, transcript: Transcript) -> Study:
    data, settings = results.data, results.settings
    transcript.say("", "4. Optimizers (L4-36 to L4-57) on the images, each at its best learning rate")
    split = experiment.unit_pixels(data)
    done = optimizers.study(split, recipes(data)[0], settings)
    transcript.say(*optimizers.lines(done))
    return done


def _walks(results: Results, transcript: Transcript) -> list[Walk]:
    transcript.say("", "5. Optimizers on landscapes (L4-33 to L4-38), each at its best learning rate")
    done = walks.walks(results.settings)
    transcript.say(*walks.lines(done))
    return done


def _write_report(results: Results, path: Path, transcript: Transcript) -> None:
    from . import figures, files, report

    pictures = []
    try:
        require_matplotlib()
    except ImportError:
        transcript.say(f"no figures: matplotlib is not installed. To install it: {INSTALL}")
    else:
        pictures = figures.draw(results)
    page = report.render(results, pictures)
    files.write_atomically(path, page)
    transcript.say(f"{path} ({len(page.encode('utf-8', 'replace')) / 1e3:.0f} kB, open it in a browser)")
