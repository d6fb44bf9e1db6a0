"""CIFAR-10, from its binary or its Python version."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._archive import file_names, members
from ._images import ImageDataset
from ._labels import as_labels
from ._locate import CIFAR10, locate
from ._safe_pickle import read_pickle

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS
_FULL_BATCH = 10_000
_TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
_TEST = "test_batch"
_LICENCE = (
    "none stated by its authors; cite A. Krizhevsky, "
    "Learning Multiple Layers of Features from Tiny Images, 2009"
)

# 10,000 records of the Python version have 31 MB; the rest is room for batches written by others
_MAX_BYTES = 1 << 26

_Batch = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def load_cifar10(path: str | os.PathLike[str] | None = None, *, complete: bool = True) -> ImageDataset:
    """Load CIFAR-10: 50,000 training and 10,000 test pictures, 32 x 32 in colour, of ten kinds of things.

    Both versions are read and give the same arrays: the binary one, and the Python one, whose pickles are
    read as data by a small interpreter that can run nothing (Python's own `pickle.load` runs whatever such a
    file says).

    Parameters
    ----------
    path : path, optional
        The folder with the batches, a folder that holds such a folder or archive, or the tar archive (plain
        or compressed; it is read in one pass, nothing is unpacked to disk). `cache_dir()` by default.
    complete : bool
        Whether all six batches must be there with 10,000 images each, so that a file cut short is noticed
        (the binary version has no other sign of it). With False any of the training batches and any number
        of images will do.

    Returns
    -------
    ImageDataset
        D = 3072, layout "CHW": 1,024 red values, then green, then blue. Training examples are in the order
        of the batches.

    Raises
    ------
    FileNotFoundError
        If the data are not there: nothing is downloaded.
    ValueError
        If a file is damaged, incomplete or not what its name says; the message names it.

    References
    ----------
    A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.

    Examples
    --------
    >>> data = load_cifar10("Downloads/cifar-10-binary.tar.gz")  # doctest: +SKIP
    >>> data.X_train.shape  # doctest: +SKIP
    (50000, 3072)
    """
    place = locate(CIFAR10, path)
    batches = _read_batches(place, complete)
    missing = [name for name in (*_TRAIN, _TEST) if name not in batches]
    if missing and (complete or _TEST in missing or len(missing) == len(_TRAIN)):
        raise ValueError(f"{place}: expected the six batches of CIFAR-10, {', '.join(missing)} missing")
    X_train, y_train = _join(batches, [name for name in _TRAIN if name in batches])
    X_test, y_test = _join(batches, [_TEST])
    return ImageDataset(
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        class_names=CIFAR10_CLASSES,
        image_shape=(32, 32, 3),
        layout="CHW",
        name="cifar10",
        source=str(place),
        licence=_LICENCE,
    )


def _read_batches(place: Path, complete: bool) -> dict[str, _Batch]:
    # a folder may hold both versions: the binary one is taken, as it is the simpler one
    binary_only = place.is_dir() and any(
        CIFAR10.recognises([n]) and n.endswith(".bin") for n in file_names(place)
    )
    batches: dict[str, _Batch] = {}
    for name, data in members(
        place,
        lambda n: CIFAR10.recognises([n]) and (n.endswith(".bin") or not binary_only),
        max_bytes=_MAX_BYTES,
    ):
        key = name.removesuffix(".bin")
        if key in batches:
            raise ValueError(f"{place}: expected {key} once, got it in both versions")
        rows, labels = _parse(data, f"{place}: {name}")
        if complete and len(rows) != _FULL_BATCH:
            raise ValueError(
                f"{place}: {name}: expected {_FULL_BATCH:,} images, got {len(rows):,} "
                "(complete=False accepts any number)"
            )
        batches[key] = rows, labels
    return batches


def _parse(data: bytearray, name: str) -> _Batch:
    # a pickle of protocol 2 and later begins with byte 0x80, a record with a label below 10
    return parse_python_batch(data, name) if data[:1] == b"\x80" else parse_binary_batch(data, name)


def parse_binary_batch(data: bytearray, name: str) -> _Batch:
    """Read one `.bin` batch: records of a label byte and 3,072 pixel bytes. The rows are a view of `data`."""
    if not data or len(data) % _RECORD:
        raise ValueError(
            f"{name}: expected records of {_RECORD:,} bytes, got {len(data):,} bytes: "
            f"{len(data) // _RECORD:,} records and {len(data) % _RECORD:,} bytes over (truncated?)"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    return records[:, 1:], as_labels(records[:, 0], len(records), len(CIFAR10_CLASSES), name)


def parse_python_batch(data: bytearray, name: str) -> _Batch:
    """Read one batch of the Python version: a pickled dict with `data` (N, 3072) and `labels`."""
    batch = read_pickle(data, name)
    if not isinstance(batch, dict) or not {"data", "labels"} <= batch.keys():
        raise ValueError(f"{name}: expected a pickled dict with 'data' and 'labels', got {describe(batch)}")
    rows: Any = batch["data"]
    if not (
        isinstance(rows, np.ndarray)
        and rows.dtype == np.uint8
        and rows.ndim == 2
        and rows.shape[1] == _PIXELS
    ):
        raise ValueError(
            f"{name}: 'data': expected a uint8 array of shape (N, {_PIXELS}), got {describe(rows)}"
        )
    if not len(rows):
        raise ValueError(f"{name}: 'data': expected at least one image, got none")
    return rows, as_labels(batch["labels"], len(rows), len(CIFAR10_CLASSES), name)


def describe(value: object) -> str:
    """Say briefly what a value read from a file is: its type, never its (unbounded) content."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name} array of shape {value.shape}"
    if isinstance(value, dict):
        return f"dict with the {len(value)} keys {[str(k)[:20] for k in list(value)[:5]]}"
    return type(value).__name__


def _join(batches: dict[str, _Batch], names: list[str]) -> _Batch:
    """Put batches one below the other, letting go of each as soon as it is copied."""
    sizes = [len(batches[name][0]) for name in names]
    X = np.empty((sum(sizes), _PIXELS), np.uint8)
    y = np.empty(sum(sizes), np.int64)
    at = 0
    for name, size in zip(names, sizes, strict=True):
        X[at : at + size], y[at : at + size] = batches.pop(name)
        at += size
    return X, y
