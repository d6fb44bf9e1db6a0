"""Where the report goes, and how it gets there whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "deeprob-report.html"


class CannotWrite(Exception):
    """The report cannot be written; the message says where and why."""


def report_path(out: str) -> Path:
    """Return the file of the report: ``out`` if it names an HTML file, else `NAME` in the folder ``out``.

    The folder is made if it is missing, but not the one above it, and tried: minutes of computing should not
    end with a report that cannot be written.

    Raises
    ------
    CannotWrite
        If nothing can be written there.
    """
    path = Path(os.path.expanduser(out))
    with _explaining(path):
        if path.is_dir() or path.suffix.lower() not in (".html", ".htm"):
            path.mkdir(exist_ok=True)
            path = path / NAME
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        trial = _beside(path)
        trial.touch()
        trial.unlink()
    return path


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` to ``path``: readers see the old file or the whole new one, whatever happens.

    Raises
    ------
    CannotWrite
        If it cannot be written.
    """
    new = _beside(path)
    with _explaining(path):
        try:
            with open(new, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(text)
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)


@contextmanager
def _explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError is a name that no file can have
        raise CannotWrite(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")
