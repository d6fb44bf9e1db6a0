"""The report's figures, as inline SVG that follows the page's colours. Imported only with matplotlib."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..plots import (
    AttemptsDisplay,
    ComparisonDisplay,
    LossCurveDisplay,
    SensitivityDisplay,
    TemplateDisplay,
    TrajectoriesDisplay,
    style,
)
from ..plots.style import plain_log_ticks
from .experiment import Run
from .optimizers import Study
from .published import SLIDE_LOSSES
from .walks import DRAWN, Walk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .job import Results

# colours that become the page's own, so that the figures suit its light and its dark form
_INK, _GRID = "#010203", "#d9d9de"
_FULL_ON_TOP = {"full batch": {"zorder": 3}}
_CURVE, _IMAGES, _WIDE = (5.2, 3.3), (5.2, 2.75), (6.0, 3.5)


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    Attributes
    ----------
    section : str
        The part of the report it belongs to.
    svg : str
        An ``<svg>`` element.
    alt, caption : str
        What it shows, for those who do not see it; what to see in it.
    """

    section: str
    svg: str
    alt: str
    caption: str


def draw(results: Results) -> list[Picture]:
    """Draw every figure of the report."""
    search, *descents = results.runs
    best = max(descents, key=lambda run: run.test_accuracy)
    pictures = [_samples(results), _attempts(search)]
    for loss in dict.fromkeys(run.loss for run in descents):
        same = [run for run in descents if run.loss == loss]
        pictures += [_by_step(same), _by_images(same, len(results.data.X_train))]
    if results.study is not None:
        pictures += [_race(results.study), _sensitivity(results.study)]
    pictures += [_paths(walk) for walk in results.walks if walk.heading in DRAWN]
    return [*pictures, _templates(results, search), _templates(results, best)]


def _samples(results: Results) -> Picture:
    data = results.data
    images = data.images("train") / 255.0
    tiles = np.stack([_mosaic(images[data.y_train == k]) for k in range(data.num_classes)])
    names = ", ".join(data.class_names)

    def paint(figure: Figure) -> None:
        _grid(TemplateDisplay(tiles, data.class_names), figure)

    return Picture(
        "data",
        _svg("samples", _IMAGES, paint),
        f"The first nine training images of each class: {names}.",
        "The first nine training images of each class.",
    )


def _mosaic(images: npt.NDArray[np.float64], side: int = 3) -> npt.NDArray[np.float64]:
    """Return the first images in a square of side x side; empty places stay black."""
    height, width = images.shape[1:3]
    square = np.zeros((side * height, side * width, *images.shape[3:]))
    for k, image in enumerate(images[: side * side]):
        top, left = k // side * height, k % side * width
        square[top : top + height, left : left + width] = image
    return square


def _attempts(search: Run) -> Picture:
    def paint(figure: Figure) -> None:
        ax = AttemptsDisplay(search.losses).plot(figure.subplots()).ax_
        count = min(len(SLIDE_LOSSES), search.losses.size)
        ax.plot(range(count), SLIDE_LOSSES[:count], "x", color=_INK, markersize=5, label="the slide's seven")
        ax.legend(loc="upper right", ncols=3, columnspacing=1, handletextpad=0.4)

    return Picture(
        "search",
        _svg("attempts", _CURVE, paint),
        f"The losses of {search.steps} random attempts scatter between {search.losses.min():.2f} and "
        f"{search.losses.max():.2f}; the best so far falls in ever rarer steps to {search.data_loss:.2f}.",
        "Each attempt knows nothing of those before it: the best loss falls ever more rarely. "
        "Crosses: the seven losses that the slide shows, on CIFAR-10.",
    )


def _label(run: Run) -> str:
    return "full batch" if run.batch_size is None else f"SGD, batch {run.batch_size}"


def _curves(runs: list[Run], per_step: dict[str, float]) -> LossCurveDisplay:
    window = {_label(run): max(1, run.steps // 25) for run in runs if run.batch_size is not None}
    results = {_label(run): run.losses for run in runs}
    return LossCurveDisplay.from_results(results, smoothing=window, per_step=per_step)


def _by_step(runs: list[Run]) -> Picture:
    def paint(figure: Figure) -> None:
        ax = _curves(runs, {}).plot(figure.subplots(), line_kw=_FULL_ON_TOP).ax_
        ax.set_yscale("log")
        plain_log_ticks(ax)
        ax.set_title(f"{runs[0].loss}: loss by step")
        if len({run.steps for run in runs}) > 1:  # else the shorter one could hardly be seen
            ax.set_xlim(right=3 * min(run.steps for run in runs))

    ends = " and ".join(f"{_tail(run):.2f} with {_label(run)}" for run in runs)
    return Picture(
        "descent",
        _svg(f"{runs[0].loss}-step", _CURVE, paint),
        f"The {runs[0].loss} loss over the steps; it ends near {ends}.",
        "Step for step, minibatches do nearly as well as the full gradient. Faint: the losses of the "
        "minibatches themselves; the line is their running mean.",
    )


def _by_images(runs: list[Run], num_examples: int) -> Picture:
    per_step = {_label(run): float(run.batch_size or num_examples) for run in runs}
    ratio = num_examples / min(per_step.values())

    def paint(figure: Figure) -> None:
        ax = _curves(runs, per_step).plot(figure.subplots(), xlabel="images looked at").ax_
        ax.set_yscale("log")
        plain_log_ticks(ax)
        ax.set_xscale("log", nonpositive="mask")
        ax.set_title(f"{runs[0].loss}: loss by work done")

    return Picture(
        "descent",
        _svg(f"{runs[0].loss}-images", _CURVE, paint),
        f"The same {runs[0].loss} losses over the number of images looked at, on a logarithmic axis: SGD is "
        "far to the left of the full batch.",
        f"A full step looks at {num_examples:,} images, {ratio:,.0f} times as many as a minibatch: for the "
        "same work SGD is far ahead.",
    )


def _tail(run: Run) -> float:
    return float(run.losses[-max(1, run.steps // 25) :].mean())


def _race(done: Study) -> Picture:
    display = ComparisonDisplay.from_result(done.result)
    best, *_, last = done.result.rows
    runs = done.result.repeats
    bands = f"; the mean of {runs} runs, and its standard deviation as a band" if runs > 1 else ""

    def paint(figure: Figure) -> None:
        ax = display.plot(figure.subplots()).ax_
        ax.set_title(f"{done.loss}: loss by step, each at its best learning rate")

    return Picture(
        "optimizers",
        _svg("optimizers-loss", _WIDE, paint),
        f"The {done.loss} loss of {len(done.result.labels)} optimizers over {done.result.steps} steps, each "
        f"at its best learning rate: {best.label} ends lowest, at {best.loss:.3f}, {last.label} highest, "
        f"at {last.loss:.3f}.",
        f"The loss over all images used. All draw the same minibatches{bands}.",
    )


def _sensitivity(done: Study) -> Picture:
    display = SensitivityDisplay.from_result(done.result)
    widest = max(done.result.rows, key=lambda row: row.width)

    def paint(figure: Figure) -> None:
        ax = display.plot(figure.subplots()).ax_
        ax.set_title(f"{done.loss}: final loss by learning rate")

    best = ", ".join(f"{row.label} {row.lr:.2g}" for row in done.result.rows)
    return Picture(
        "optimizers",
        _svg("optimizers-lr", _WIDE, paint),
        f"The final loss over the learning rate, a valley for each optimizer. Its lowest points: {best}.",
        f"Rings: the best. The wider a valley, the less tuning; the widest is that of {widest.label}. Where "
        "a curve leaves at the top, the loss ends far above the start.",
    )


def _paths(walk: Walk) -> Picture:
    display = TrajectoriesDisplay.from_result(walk.result, "calmest")
    there = [race.label for race in walk.result if race.calmest.loss <= walk.result.target]

    def paint(figure: Figure) -> None:
        ax = display.plot(figure.subplots()).ax_
        ax.set_title(f"{walk.heading}: {walk.hard}")

    return Picture(
        "walks",
        _svg(f"walk-{walk.heading}", _WIDE, paint),
        f"The paths of {len(display.paths)} optimizers over the contours of the {walk.heading}. At the "
        f"minimum end: {', '.join(there) or 'none'}.",
        f"{walk.result.steps} steps from the ring, each at the smallest learning rate that gets to "
        "the star, the minimum, or else the best.",
    )


def _templates(results: Results, run: Run) -> Picture:
    data = results.data
    display = TemplateDisplay.from_weights(
        run.W, data.image_shape, layout=data.layout, class_names=data.class_names
    )
    key = "search" if run.best_attempt is not None else "trained"
    colours = " Red: speaks for the class, blue: against it." if data.layout == "HW" else ""
    if key == "search":
        caption = f"The best of {run.steps} random W, one template a class: noise.{colours}"
        alt = "Ten squares of noise without any shape."
    else:
        caption = f"W after {_label(run)}, {run.loss}: one can see what each class looks for.{colours}"
        alt = "Blurred shapes of the things themselves: " + ", ".join(data.class_names) + "."

    def paint(figure: Figure) -> None:
        _grid(display, figure)

    title = "Weight templates of random search. " if key == "search" else "Weight templates after training. "
    return Picture("templates", _svg(f"templates-{key}", _IMAGES, paint), title + alt, caption)


def _grid(display: TemplateDisplay, figure: Figure, columns: int = 5) -> None:
    rows = -(-len(display.templates) // columns)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in axes[len(display.templates) :]:
        spare.set_axis_off()
    display.plot(axes)


def _svg(name: str, size: tuple[float, float], paint: Any) -> str:
    """Draw a figure and return it as one ``<svg>`` element that fits its place on the page."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    ink = dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK
    )
    parameters: Any = {**ink, "svg.hashsalt": name, "svg.fonttype": "path"}
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    out = io.StringIO()
    with style(), mpl.rc_context(parameters):
        figure = Figure(figsize=size)
        paint(figure)
        figure.savefig(out, format="svg", transparent=True, dpi=150, metadata=nothing)
    return page_svg(out.getvalue(), name)


def page_svg(text: str, name: str) -> str:
    """Take the ``<svg>`` element out of a file: sized by the page, coloured by it, with ids of its own."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<(metadata|style)\b.*?</\1>", "", body, flags=re.DOTALL)
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'((?:xlink:)?href="#|url\(#)', rf"\1{name}-", body)
    # hundredths of a point are enough
    body = re.sub(r"(\b\d{2,}\.\d\d)\d+", r"\1", body)
    return body.replace(_INK, "currentColor").replace(_GRID, "var(--grid)").strip()
