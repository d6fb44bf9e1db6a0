"""Make docs/images/report.png, the README's picture of the main job's report.

    python docs/images/make.py

Needs matplotlib and Chromium (Debian and Ubuntu: apt-get install chromium). The picture shows parts of the
report of ``python -m deeprob`` on the subset of Fashion-MNIST that comes with the package.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 960, 5000
SECTIONS = (
    "Test accuracy",
    "Random search",
    "Optimizers",
    "What the weights look like",
)


def main() -> None:
    """Run the main job, photograph its report, save the picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report, photo = folder / "report.html", folder / "report.png"
        # no full data set and no setting of this machine: everyone gets the same picture
        environment = {**os.environ, "DEEPROB_DATA_DIR": name}
        command = [sys.executable, "-m", "deeprob", "--out", "report.html"]
        subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        report.write_text(parts(report.read_text(encoding="utf-8")), encoding="utf-8")
        photograph(report, photo)
        save(photo, HERE / "report.png")


def parts(page: str) -> str:
    """Leave out what the picture does not show."""

    def keep(match: re.Match[str]) -> str:
        return match[0] if match[1] in SECTIONS else ""

    page = re.sub(r"<section>\s*<h2>([^<]*)</h2>.*?</section>", keep, page, flags=re.DOTALL)
    return re.sub(r"<footer>.*?</footer>", "", page, flags=re.DOTALL)


def photograph(page: Path, photo: Path) -> None:
    """Let Chromium draw the page."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        sys.exit(f"none of {', '.join(names)} is installed")
    options = ["--headless", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    options += [f"--user-data-dir={photo.parent / 'browser'}", f"--screenshot={photo}"]
    subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True, timeout=120)


def save(photo: Path, place: Path) -> None:
    """Cut off the empty end and write the picture with a palette, which is smaller."""
    from PIL import Image, ImageChops

    picture = Image.open(photo).convert("RGB")
    box = ImageChops.difference(picture, Image.new("RGB", picture.size, "white")).getbbox()
    assert box is not None
    picture = picture.crop((0, 0, WIDTH, min(HEIGHT, box[3] + 24)))
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(place, optimize=True)
    print(f"{place}: {picture.size[0]} x {picture.size[1]}, {place.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
