"""Compare the lecture's regularizers; write the table of docs/regularization.md and its figure.

    python docs/images/regularization.py [FOLDER]

FOLDER holds the full Fashion-MNIST; without it, it is looked for as `deeprob.datasets.load` does. Needs
matplotlib, and a few minutes.
"""

import re
import sys
from pathlib import Path

import deeprob

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "regularization.md"
BETWEEN = re.compile(r"(<!-- written by [^\n]* -->\n).*?(<!-- end -->)", re.DOTALL)
TRAIN_SIZE = 1000


def main() -> None:
    """Compute, write, draw."""
    import matplotlib as mpl

    mpl.use("Agg")
    data = deeprob.datasets.load("fashion-mnist", path=sys.argv[1] if len(sys.argv) > 1 else None)
    if len(data.X_train) < 60_000:
        sys.exit(f"{data.name} has {len(data.X_train)} training images; expected the full Fashion-MNIST")
    result = deeprob.compare_regularizers(
        data.X_train, data.y_train, data.X_test, data.y_test, image_shape=(28, 28), train_size=TRAIN_SIZE
    )
    page = PAGE.read_text(encoding="utf-8")
    table = f"```text\n{result}\n```\n"
    PAGE.write_text(BETWEEN.sub(lambda match: match[1] + table + match[2], page), encoding="utf-8")
    place = HERE / "regularization.png"
    # without the version, which would change the file with every release of matplotlib
    result.plot().figure_.savefig(place, dpi=120, metadata={"Software": None})
    print(f"{place}: {place.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
