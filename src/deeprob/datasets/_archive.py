"""The files of a data set, wherever they are: in a folder or in a (compressed) tar archive."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ._stream import MAX_FILE_BYTES, Stream, is_compressed, read_all, read_up_to
from ._tar import MAX_ARCHIVE_BYTES, entries, looks_like_tar


def members(
    path: str | os.PathLike[str],
    wanted: Callable[[str], bool],
    *,
    max_bytes: int = MAX_FILE_BYTES,
    max_total: int = MAX_ARCHIVE_BYTES,
) -> Iterator[tuple[str, bytearray]]:
    """Yield `(base name, decompressed content)` of every wanted file in a folder or tar archive.

    Files of a folder come sorted by name; files of an archive in the archive's order, as it is read in one
    pass and nothing is written to disk. Only regular files count: an archive's folders, links and devices
    are passed over.

    Parameters
    ----------
    path : path
        A folder, or a tar file, plain or compressed with gzip, xz or bzip2.
    wanted : callable
        Is told a file's base name and says whether it is wanted.
    max_bytes : int
        The largest (decompressed) file accepted.
    max_total : int
        The largest (decompressed) archive accepted.

    Raises
    ------
    ValueError
        If a file or the archive is damaged, truncated or beyond the limits, or an archive holds a wanted
        name twice.
    """
    path = Path(path)
    if path.is_dir():
        for name in file_names(path):
            if wanted(name):
                with Stream(path / name) as stream:
                    yield name, read_all(stream, max_bytes)
        return
    seen: set[str] = set()
    with Stream(path) as stream:
        for entry in entries(stream, max_total):
            name = entry.basename
            if not wanted(name):
                continue
            if name in seen:
                raise ValueError(f"{path}: expected {name} once in the archive, got it twice")
            seen.add(name)
            data = read_all(entry, max_bytes)
            if is_compressed(data):
                data = read_all(Stream(data, entry.name), max_bytes)
            yield name, data


def file_names(folder: Path) -> list[str]:
    """Return the sorted names of the regular files in a folder."""
    with os.scandir(folder) as items:
        return sorted(item.name for item in items if item.is_file())


def archive_names(path: Path) -> Iterator[str]:
    """Yield the base names of an archive's regular files; none if the file is no tar archive."""
    with Stream(path) as stream:
        head = read_up_to(stream, 512)
    if looks_like_tar(head):
        with Stream(path) as stream:
            for entry in entries(stream):
                yield entry.basename
