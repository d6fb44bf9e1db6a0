"""The one door to every data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ._archive import archive_names
from ._embedded import load_fashion_mnist_subset
from ._images import ImageDataset
from ._locate import CIFAR10, FASHION_MNIST, PROPS, Kind, existing, find
from .cifar import load_cifar10
from .idx import load_fashion_mnist, load_idx, load_mnist
from .props import load_props

NAMES = ("fashion-mnist", "fashion-mnist-subset", "mnist", "cifar10", "props")

_ALIASES = {"fashionmnist": "fashion-mnist", "cifar-10": "cifar10"}


def load(
    name_or_path: str | os.PathLike[str] = "fashion-mnist",
    *,
    path: str | os.PathLike[str] | None = None,
    complete: bool = True,
) -> ImageDataset:
    """Load a data set by its name, or whatever a path holds. Nothing is ever downloaded.

    Parameters
    ----------
    name_or_path : str or path
        A name:

        - "fashion-mnist": the full set where it is found, otherwise the subset inside the package;
          `source` of the result says which
        - "fashion-mnist-subset": always the subset inside the package
        - "mnist", "cifar10", "props": from your own files

        or the path of a folder or tar archive, whose kind is recognised by its content. A name goes before a
        folder of the same name: write `./cifar10` for the folder.
    path : path, optional
        With a name: where the data are; by default `cache_dir()` is searched.
    complete : bool
        For CIFAR-10 and PROPS: whether every published file must be there in full; see `load_cifar10`,
        `load_props`.

    Returns
    -------
    ImageDataset
        uint8 rows `X_train`, `X_test`, int64 labels `y_train`, `y_test`, and what belongs to them.

    Raises
    ------
    FileNotFoundError
        If nothing is found; the message says where it was looked for, which files were expected and where to
        get them.
    ValueError
        If a file is damaged or not what it should be, or a path holds several data sets.

    Examples
    --------
    >>> data = load("fashion-mnist-subset")
    >>> data.X_train.shape, data.X_train.dtype
    ((2000, 784), dtype('uint8'))
    """
    if not isinstance(name_or_path, (str, os.PathLike)):
        raise TypeError(f"name_or_path: expected a name or a path, got a {type(name_or_path).__name__}")
    name = os.fspath(name_or_path)
    key = name if isinstance(name_or_path, str) else ""
    key = key.lower().replace("_", "-")
    key = _ALIASES.get(key, key)
    if key in NAMES:
        return _load_name(key, path, complete)
    if path is not None:
        raise ValueError(
            f"name_or_path: expected one of {', '.join(NAMES)} when path= is given, got {name_or_path!r}"
        )
    if not os.path.lexists(os.path.expanduser(name)):
        raise FileNotFoundError(
            f"name_or_path: expected one of {', '.join(NAMES)} or the path of a folder or tar archive, "
            f"got {name!r}: no such file or folder"
        )
    return _load_path(existing(name_or_path), complete)


def _load_name(key: str, path: str | os.PathLike[str] | None, complete: bool) -> ImageDataset:
    if key == "fashion-mnist-subset":
        if path is not None:
            raise ValueError("path: expected none for the subset inside the package, got one")
        return load_fashion_mnist_subset()
    if key == "cifar10":
        return load_cifar10(path, complete=complete)
    if key == "props":
        return load_props(path, complete=complete)
    return load_mnist(path) if key == "mnist" else load_fashion_mnist(path)


def _load_path(path: Path, complete: bool) -> ImageDataset:
    readers: dict[Kind, Callable[[Path], ImageDataset]] = {
        FASHION_MNIST: load_idx,  # or MNIST: the labels tell
        CIFAR10: lambda place: load_cifar10(place, complete=complete),
        PROPS: lambda place: load_props(place, complete=complete),
    }
    found = _recognise_file(path, list(readers)) if path.is_file() else _recognise_folder(path, list(readers))
    if len(found) > 1:
        listed = ", ".join(f"{kind.name} ({place})" for kind, place in found.items())
        raise ValueError(
            f"{path}: expected one data set, found {listed}: give the path of one, or its name and path="
        )
    for kind, place in found.items():
        return readers[kind](place)
    expected = "\n".join(f"  {kind.name}: {kind.files}" for kind in readers)
    raise ValueError(f"{path}: no data set is recognised in it. Expected one of\n{expected}")


def _recognise_folder(path: Path, kinds: list[Kind]) -> dict[Kind, Path]:
    places = {kind: next(find(kind, path), None) for kind in kinds}
    return {kind: place for kind, place in places.items() if place is not None}


def _recognise_file(path: Path, kinds: list[Kind]) -> dict[Kind, Path]:
    """Recognise an archive by the first file in it that belongs to any kind, without reading further."""
    for name in archive_names(path):
        for kind in kinds:
            if kind.recognises([name]):
                return {kind: path}
    return {}
