"""Where the files of each data set are looked for, and what to say when they are not there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ._archive import file_names
from ._cache import cache_dir

_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")


@dataclass(frozen=True)
class Kind:
    """A data set as it lies on disk.

    Attributes
    ----------
    name : str
        The name `load` knows it by.
    sign : str
        Regular expression of a file name by which a folder or archive is recognised.
    folders : tuple of str
        Folders (below the one searched) in which the files or archives usually are.
    archives : tuple of str
        Names of its archives without their suffixes.
    files : str
        For messages: the file names expected.
    origin : str
        For messages: where to get it.
    """

    name: str
    sign: str
    folders: tuple[str, ...]
    archives: tuple[str, ...]
    files: str
    origin: str

    def recognises(self, names: Iterable[str]) -> bool:
        """Tell whether any of the file names is one of this data set."""
        return any(re.fullmatch(self.sign, name) for name in names)


_IDX_SIGN = r"(train|t10k)-images[-.]idx3-ubyte(\.[a-z0-9]+)?"
_IDX_FILES = (
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte "
    "(plain, .gz, .xz or .bz2), or a tar archive of them"
)

FASHION_MNIST = Kind(
    "fashion-mnist",
    _IDX_SIGN,
    ("fashion-mnist", "FashionMNIST/raw", "FashionMNIST", "fashion_mnist"),
    ("fashion-mnist",),
    _IDX_FILES,
    "https://github.com/zalandoresearch/fashion-mnist, or the Debian/Ubuntu package dataset-fashion-mnist",
)
MNIST = Kind(
    "mnist",
    _IDX_SIGN,
    ("mnist", "MNIST/raw", "MNIST"),
    ("mnist",),
    _IDX_FILES,
    "http://yann.lecun.com/exdb/mnist/",
)
CIFAR10 = Kind(
    "cifar10",
    r"(data_batch_[1-5]|test_batch)(\.bin)?",
    ("cifar-10-batches-bin", "cifar-10-batches-py", "cifar-10", "cifar10"),
    ("cifar-10-binary", "cifar-10-python"),
    "data_batch_1 ... data_batch_5 and test_batch (with .bin: the binary version, without: the Python "
    "version), or cifar-10-binary.tar.gz or cifar-10-python.tar.gz",
    "https://www.cs.toronto.edu/~kriz/cifar.html",
)
PROPS_OBJECTS = (
    "master_chef_can",
    "cracker_box",
    "sugar_box",
    "tomato_soup_can",
    "mustard_bottle",
    "tuna_fish_can",
    "gelatin_box",
    "potted_meat_can",
    "mug",
    "large_marker",
)
PROPS = Kind(
    "props",
    rf"(?:{'|'.join(PROPS_OBJECTS)})_[0-9]{{1,3}}\.pkl",
    ("Progress-Objects-Sample", "props"),
    ("Progress-Objects-Sample",),
    "meta.pkl and <object>_<scene>.pkl (folder Progress-Objects-Sample), or Progress-Objects-Sample.tar.gz",
    "https://deeprob.org/datasets/props-classification/",
)


def find(kind: Kind, root: Path | None = None) -> Iterator[Path]:
    """Yield the folders and archives of a kind in `root` (`cache_dir()` by default) and its usual folders."""
    for folder in _places(kind, root or cache_dir()):
        if not folder.is_dir():
            continue
        if kind.recognises(file_names(folder)):
            yield folder
        for stem in kind.archives:
            for suffix in _SUFFIXES:
                archive = folder / (stem + suffix)
                if archive.is_file():
                    yield archive


def _places(kind: Kind, root: Path) -> list[Path]:
    return [root, *(root / folder for folder in kind.folders)]


def locate(kind: Kind, path: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder or archive to read: what `path` (or the cache folder) holds of this kind.

    Raises
    ------
    FileNotFoundError
        If nothing is found; the message has the places, the file names and where to get the data.
    ValueError
        If `path` is neither a folder nor a regular file.
    """
    if path is not None:
        path = existing(path)
        if path.is_file():
            return path
    place = next(find(kind, path), None)
    if place is None:
        raise not_found(kind, path)
    return place


def existing(path: str | os.PathLike[str]) -> Path:
    """Return the path as a `Path`, making sure that it is a folder or a regular file."""
    place = Path(path).expanduser() if os.fspath(path).startswith("~") else Path(path)
    if not place.exists():
        raise FileNotFoundError(f"path: no such file or folder: {place}")
    if not (place.is_dir() or place.is_file()):
        raise ValueError(f"path: expected a folder or a regular file, got something else: {place}")
    return place


def not_found(kind: Kind, path: Path | None) -> FileNotFoundError:
    """Make the error for a data set that is in none of its places."""
    root = path or cache_dir()
    places = "\n".join(f"  {place}" for place in _places(kind, root))
    advice = "" if path else "\nOr set DEEPROB_DATA_DIR to the folder that holds it, or give its path."
    return FileNotFoundError(
        f"{kind.name} was not found. Searched:\n{places}\n"
        f"Expected: {kind.files}.\nGet it from {kind.origin}: the library downloads nothing.{advice}"
    )
