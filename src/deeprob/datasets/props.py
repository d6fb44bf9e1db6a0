"""PROPS classification (the sample of Progress Objects used by the DeepRob course)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._archive import members
from ._images import ImageDataset
from ._labels import as_labels
from ._locate import PROPS, PROPS_OBJECTS, locate
from ._safe_pickle import read_pickle
from .cifar import describe

PROPS_CLASSES = PROPS_OBJECTS

_META = "meta.pkl"
_SCENES = 16
# the published sample has every object in every scene but these
_ABSENT = ("cracker_box_14", "large_marker_10", "master_chef_can_6")
_MAX_BYTES = 1 << 26

_Scene = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


def load_props(path: str | os.PathLike[str] | None = None, *, complete: bool = True) -> ImageDataset:
    """Load PROPS: 32 x 32 colour pictures of ten household objects, tested on scenes of their own.

    The pickles are read as data by a small interpreter that can run nothing.

    Parameters
    ----------
    path : path, optional
        The folder `Progress-Objects-Sample`, a folder that holds it or its archive, or the tar archive.
        `cache_dir()` by default.
    complete : bool
        Whether all 157 files of the published sample must be there; with False those that are there will do.

    Returns
    -------
    ImageDataset
        D = 3072, layout "CHW" as in the course: 1,024 red values, then green, then blue. (The files have
        them pixel by pixel.) `y` is the position of the object in `class_names`.

    Raises
    ------
    FileNotFoundError
        If the data are not there: nothing is downloaded.
    ValueError
        If a file is damaged, missing or not what its name says; the message names it.

    Notes
    -----
    The order is fixed: the files sorted by name, each in its own order. The loader published with the course
    walks over a `set` of names before its seeded shuffle; its order depends on Python's string hashing and
    changes from process to process, so no order can equal it. As the examples come object by object, shuffle
    before slicing off a validation set: `train_val_split` does.

    The pictures of one file show one object in one scene. `test_split` of `meta.pkl` names the files held
    out.

    Examples
    --------
    >>> data = load_props("Downloads/Progress-Objects-Sample.tar.gz")  # doctest: +SKIP
    >>> data.class_names[0]  # doctest: +SKIP
    'master_chef_can'
    """
    place = locate(PROPS, path)
    scenes, test_names = _read(place)
    if complete:
        _check_complete(scenes, place)
    split: dict[str, list[str]] = {"train": [], "test": []}
    for name in sorted(scenes):
        split["test" if name in test_names else "train"].append(name)
    for part, names in split.items():
        if not names:
            raise ValueError(
                f"{place}: expected files for training and for testing (test_split), got none for {part}"
            )
    shapes = {images.shape[1:] for images, _ in scenes.values()}
    if len(shapes) > 1:
        raise ValueError(f"{place}: expected images of one shape, got {sorted(shapes)}")
    X_train, y_train = _join(scenes, split["train"])
    X_test, y_test = _join(scenes, split["test"])
    return ImageDataset(
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        class_names=PROPS_CLASSES,
        image_shape=shapes.pop(),
        layout="CHW",
        name="props",
        source=str(place),
        licence="none stated; made for the DeepRob course, https://deeprob.org",
    )


def _read(place: Path) -> tuple[dict[str, _Scene], set[str]]:
    """Read every file: the scenes by name, and the names of those held out for testing."""
    scenes: dict[str, _Scene] = {}
    test_names: set[str] | None = None
    for name, data in members(place, lambda n: n == _META or PROPS.recognises([n]), max_bytes=_MAX_BYTES):
        label = f"{place}: {name}"
        if name == _META:
            test_names = parse_test_split(data, label)
        else:
            scenes[name.removesuffix(".pkl")] = parse_scene(data, label)
    if test_names is None:
        raise ValueError(
            f"{place}: expected {_META} (it names the files held out for testing), it is missing"
        )
    return scenes, test_names


def parse_scene(data: bytearray, name: str) -> _Scene:
    """Read one file: a pickled dict with `data` (N, H, W, 3) and `labels`."""
    entry = read_pickle(data, name)
    if not isinstance(entry, dict) or not {"data", "labels"} <= entry.keys():
        raise ValueError(f"{name}: expected a pickled dict with 'data' and 'labels', got {describe(entry)}")
    images: Any = entry["data"]
    if not (
        isinstance(images, np.ndarray)
        and images.dtype == np.uint8
        and images.ndim == 4
        and images.shape[3] == 3
    ):
        raise ValueError(
            f"{name}: 'data': expected a uint8 array of shape (N, 32, 32, 3), got {describe(images)}"
        )
    return images, as_labels(entry["labels"], len(images), len(PROPS_CLASSES), name)


def parse_test_split(data: bytearray, name: str) -> set[str]:
    """Read `meta.pkl`: the names held out for testing, given with or without `.pkl`."""
    meta = read_pickle(data, name)
    names: Any = meta.get("test_split") if isinstance(meta, dict) else None
    if isinstance(names, np.ndarray) or not isinstance(names, (list, tuple, set, frozenset)):
        raise ValueError(
            f"{name}: expected a pickled dict whose 'test_split' lists file names, got {describe(meta)}"
        )
    held_out = set()
    for item in names:
        text = item.decode("latin-1") if isinstance(item, bytes) else item
        if not isinstance(text, str):
            raise ValueError(
                f"{name}: 'test_split': expected file names, got a {type(item).__name__} among them"
            )
        held_out.add(text.rpartition("/")[2].removesuffix(".pkl"))
    return held_out


def _check_complete(scenes: dict[str, _Scene], place: Path) -> None:
    expected = {f"{thing}_{scene}" for thing in PROPS_OBJECTS for scene in range(1, _SCENES + 1)}
    missing = sorted(expected.difference(_ABSENT, scenes))
    if missing:
        listed = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise ValueError(
            f"{place}: expected the {len(expected) - len(_ABSENT)} files of the published sample, "
            f"{len(missing)} missing: {listed} (complete=False accepts what is there)"
        )


def _join(scenes: dict[str, _Scene], names: list[str]) -> _Scene:
    """Put the images of the files one below the other, as rows of planes (CHW)."""
    total = sum(len(scenes[name][0]) for name in names)
    height, width, channels = scenes[names[0]][0].shape[1:]
    planes = np.empty((total, channels, height, width), np.uint8)
    y = np.empty(total, np.int64)
    at = 0
    for name in names:
        images, labels = scenes.pop(name)
        planes[at : at + len(images)] = np.moveaxis(images, 3, 1)
        y[at : at + len(images)] = labels
        at += len(images)
    return planes.reshape(total, -1), y
