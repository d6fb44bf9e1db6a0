"""Make docs/images/steps.png, the figure of docs/gradient-checks.md: errors of numeric gradients against h.

    python docs/images/steps.py

Needs matplotlib. What is drawn is measured by ``error``, the function that stands on the page.
"""

import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
METHODS = ("forward", "central", "richardson")
STEPS = 10.0 ** -np.arange(0.0, 12.1, 0.25)
# The lecture's, and where the label stands.
SLIDES = (("L4-19", 1e-4, "forward", (6, 6)), ("L4-24", 1e-7, "central", (4, -14)))

sys.path.insert(0, str(HERE.parent))
from run_examples import EXAMPLE  # noqa: E402


def error_of_the_page() -> Callable[..., float]:
    """Run the page's blocks until ``error`` is there."""
    page = (HERE.parent / "gradient-checks.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for example in EXAMPLE.finditer(page):
            exec(example[1], names)
            if "error" in names:
                return names["error"]
    sys.exit("docs/gradient-checks.md defines no error(h, method, dtype)")


def main() -> None:
    """Measure, draw, save."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    from deeprob import plots
    from deeprob.plots.style import COLORS, LINESTYLES

    error = error_of_the_page()
    with plots.style():
        figure, ax = plt.subplots(figsize=(7.6, 4.2))
        for dtype, color in ((np.float64, COLORS[0]), (np.float32, COLORS[1])):
            for method, linestyle in zip(METHODS, LINESTYLES, strict=False):
                label = f"{method}, {np.dtype(dtype).name}"
                measured = [error(h, method, dtype) for h in STEPS]
                ax.loglog(STEPS, measured, color=color, linestyle=linestyle, label=label)
        for slide, h, method, beside in SLIDES:
            ax.plot(h, error(h, method), "ko", label="the lecture's" if slide == SLIDES[0][0] else None)
            ax.annotate(slide, (h, error(h, method)), beside, textcoords="offset points", fontsize=9)
        ax.invert_xaxis()
        ax.set(xlabel="h", ylabel="relative error, median of 60 entries", ylim=(1e-13, 3.0))
        ax.set_title("Numeric gradients of the softmax loss, pixels in 0..1")
        ax.legend(loc="lower left", bbox_to_anchor=(1.0, 0.3))
        place = HERE / "steps.png"
        # without the version, which would change the file with every release of matplotlib
        figure.savefig(place, dpi=120, metadata={"Software": None})
    print(f"{place}: {place.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
