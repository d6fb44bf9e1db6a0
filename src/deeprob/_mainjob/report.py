"""The HTML report: what was reached beside what the slides say, the figures, and how to repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from ..optim._table import HEADINGS as TABLE_HEADINGS
from . import optimizers, page, text, walks
from .published import ERRATA, NOTES, PUBLISHED, SLIDE_ACCURACY

if TYPE_CHECKING:
    from .experiment import Run
    from .figures import Picture
    from .job import Results

TITLE = "Random search, gradient descent, optimizers"


def render(results: Results, pictures: Sequence[Picture]) -> str:
    """Return the report as one HTML page that needs nothing else.

    Parameters
    ----------
    results : Results
        What was computed and printed.
    pictures : sequence of Picture
        The figures; none without matplotlib.

    Returns
    -------
    str
    """
    body = [
        _glance(results),
        _table(results),
        _search(results, pictures),
        _checks(results),
        page.section(
            "Gradient descent",
            page.paragraph(_descent_words(results)),
            _settings_table(results),
            _figures(pictures, "descent"),
        ),
        _optimizers(results, pictures),
        _walks(results, pictures),
        page.section("What the weights look like", _figures(pictures, "templates")),
        _data(results, pictures),
        page.section(
            "Slips on the slides",
            page.paragraph(
                "L4-16 is number 16 of lecture 4; slides that build up on one another count once.", "note"
            ),
            page.notes(ERRATA),
        ),
        _repeat(results, pictures),
    ]
    return page.page(f"deeprob: {TITLE}", _header(results), "\n".join(body), _footer(results))


def _header(results: Results) -> str:
    data = results.data
    words = (
        f"The lecture's first ideas for finding a good W, on {data.name}: {len(data.X_train):,} training and "
        f"{len(data.X_test):,} test images of {data.num_classes} classes."
    )
    return f"<h1>{escape(TITLE)}</h1>\n{page.paragraph(words, 'soft')}"


def _glance(results: Results) -> str:
    data, runs = results.data, results.runs
    rows = [
        ("chance", 1 / data.num_classes, True),
        ("the slide's random search (CIFAR-10)", SLIDE_ACCURACY, True),
        *((_label(run), run.test_accuracy, False) for run in runs),
    ]
    search, best = runs[0], max(runs[1:], key=lambda run: run.test_accuracy)
    words = (
        f"{search.steps:,} random guesses reach {100 * search.test_accuracy:.1f} % of the test images; "
        f"following the slope, {100 * best.test_accuracy:.1f} %."
    )
    return page.section("Test accuracy", page.paragraph(words), page.bars(rows))


def _label(run: Run) -> str:
    return f"{run.method}, {run.loss}"


def _table(results: Results) -> str:
    data = results.data
    parts = [
        ("Said, on CIFAR-10 (50,000 training images)", text.published_cells()),
        (
            f"Reached here, on {data.name} ({len(data.X_train):,} training images)",
            [text.cells(run) for run in results.runs],
        ),
    ]
    sources = dict.fromkeys(f"{p.method}, {p.loss.split()[0]}: {p.source}." for p in PUBLISHED)
    return page.section(
        "Results",
        page.table("Results", text.HEADINGS, parts, words=3),
        *(page.paragraph(note, "note") for note in (*NOTES, *sources)),
        page.paragraph(
            "Accuracies are shares of the images. Data loss and reg R(W) are over all training images, "
            "at the W reached. Losses of different kinds, or on different pixels, cannot be compared; "
            "accuracies can.",
            "note",
        ),
    )


def _search(results: Results, pictures: Sequence[Picture]) -> str:
    run = results.runs[0]
    words = (
        f"Slide L4-16: draw W = randn({results.data.num_classes}, {results.data.num_features + 1}) * 0.0001, "
        f"keep the best. The SVM loss on pixels in 0..255 minus the mean training image; ones last. The best "
        f"of {run.steps:,} attempts was number {run.best_attempt}, counted from 0."
    )
    lines = [line for line in results.lines if line.startswith("in attempt ")]
    shown = [*lines[: text.SHOWN], *(["..."] if len(lines) > text.SHOWN else []), ""]
    shown += [line.strip() for line in text.search_lines(run, results.data.num_classes)]
    return page.section(
        "Random search",
        page.paragraph(words),
        page.figures([page.printed(shown), *_figure_list(pictures, "search")]),
    )


def _checks(results: Results) -> str:
    headings = ("loss", "reg", "h", "entries", "max error", "median error", "penalty forgotten", "verdict")
    rows = [
        (
            check.loss,
            f"{check.reg:g}",
            f"{check.h:g}",
            str(check.entries) + (f" ({check.kinks} at kinks left out)" if check.kinks else ""),
            f"{check.max_error:.1e}",
            f"{check.median_error:.1e}",
            f"{check.forgotten:.1e}",
            "agree" if check.agree else "DIFFER",
        )
        for check in results.checks
    ]
    return page.section(
        "Gradient check",
        page.paragraph(
            "The numeric gradient (central differences, float64, random entries of random weights) against "
            "the analytic one that the descents use. Errors are |n - a| / (|n| + |a| + 1e-12). They agree "
            "when every entry is right to 1e-5, apart from rounding. Penalty forgotten: what the median "
            "would be if the analytic gradient lacked 2 reg W."
        ),
        page.table("Gradient check", headings, [("", rows)], words=1),
    )


def _descent_words(results: Results) -> str:
    return (
        "Pixels in 0..1 minus the mean of each channel, ones last, float32. All descents start from the "
        f"same W = randn * 0.0001 (seed {results.settings.seed}). The bias is a column of W and is "
        "regularized with it."
    )


def _settings_table(results: Results) -> str:
    headings = ("loss", "batch", "learning rate", "reg (L2)", "steps", "seconds", "ms a step")
    rows = [
        (
            run.loss,
            "all" if run.batch_size is None else str(run.batch_size),
            f"{run.learning_rate:g}",
            f"{run.reg:g}",
            str(run.steps),
            f"{run.seconds:.2f}",
            f"{1e3 * run.seconds / run.steps:.2f}",
        )
        for run in results.runs[1:]
    ]
    return page.table("Settings of the descents", headings, [("", rows)], words=1)


def _optimizers(results: Results, pictures: Sequence[Picture]) -> str:
    done = results.study
    if done is None:
        return ""
    best, what = done.result.rows[0], optimizers.words(done)
    marks = [(row.label, *("✓" if cell else "x" for cell in row.cells)) for row in done.table.rows]
    return page.section(
        "Optimizers",
        page.paragraph(
            "The lecture's six, each with every learning rate of one grid, each shown at its best: at "
            "one learning rate a comparison would say more about that number. "
            f"Here {best.label} ends lowest. {_sentence(what)}"
        ),
        page.table("Optimizers", optimizers.HEADINGS, [("", optimizers.cells(done))], words=1),
        *(page.paragraph(_sentence(note), "note") for note in optimizers.notes(done)),
        _figures(pictures, "optimizers"),
        page.paragraph("The final loss at every learning rate; * marks the best, inf a divergence."),
        page.table(
            "Final loss by learning rate",
            optimizers.sweep_headings(done),
            [("", optimizers.sweep_cells(done))],
            words=1,
        ),
        page.paragraph(
            "The lecture's table (L4-49), found out from what the optimizers remember and do, not typed "
            "in: whether there is a state that is linear in the gradients, and W moves on after they "
            "have ended; a state that is quadratic in them; whether that one decays; whether the first "
            "step makes up for a state that starts at 0."
        ),
        page.table("Comparison of optimizers", TABLE_HEADINGS, [("", marks)], words=1),
    )


def _walks(results: Results, pictures: Sequence[Picture]) -> str:
    done = results.walks
    if not done:
        return ""
    return page.section(
        "Optimizers on landscapes",
        page.paragraph(f"One difficulty at a time (L4-33 to L4-38). {_sentence(walks.places(done))}"),
        page.table("Steps to the target", walks.headings(done), [("", walks.cells(done))], words=1),
        *(page.paragraph(_sentence(note), "note") for note in walks.notes(done)),
        _figures(pictures, "walks"),
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _data(results: Results, pictures: Sequence[Picture]) -> str:
    data = results.data
    size = " x ".join(map(str, data.image_shape))
    rows = [
        ("name", data.name),
        ("source", data.source),
        ("licence", data.licence),
        ("training", f"{len(data.X_train):,} images"),
        ("test", f"{len(data.X_test):,} images"),
        ("features", f"{data.num_features:,} ({size}), pixels 0..255"),
        ("classes", ", ".join(data.class_names)),
    ]
    return page.section("The data", page.facts(rows), _figures(pictures, "data"))


def _repeat(results: Results, pictures: Sequence[Picture]) -> str:
    info = results.info
    rows = [
        ("command", results.command),
        ("deeprob", str(info["deeprob"])),
        ("Python, NumPy", f"{info['python']}, {info['numpy']}"),
        ("matplotlib", _version("matplotlib") if pictures else "not used: no figures"),
        ("machine", f"{info['machine']}, SIMD target {info['target']}, threads {info['threads']}"),
        ("seed", str(results.settings.seed)),
    ]
    return page.section(
        "To repeat it",
        page.facts(rows),
        page.paragraph(
            "The same seed gives the same numbers for any number of threads; only seconds change. "
            "SIMD targets without FMA may differ in the last digits.",
            "note",
        ),
        page.folded("Everything that was printed", page.printed(results.lines)),
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _figures(pictures: Sequence[Picture], section: str) -> str:
    return page.figures(_figure_list(pictures, section))


def _figure_list(pictures: Sequence[Picture], section: str) -> list[str]:
    return [page.figure(p.svg, p.alt, p.caption) for p in pictures if p.section == section]


def _footer(results: Results) -> str:
    return page.paragraph(
        f"Written by deeprob {results.info['deeprob']}. This file needs no network and no other file."
    )
