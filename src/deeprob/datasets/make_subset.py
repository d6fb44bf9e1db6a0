"""Make `data/` from the full Fashion-MNIST: `python -m deeprob.datasets.make_subset FOLDER [OUT]`."""

from __future__ import annotations

import argparse
import lzma
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .idx import load_fashion_mnist

TRAIN_PER_CLASS = 200
TEST_PER_CLASS = 50


def first_of_each_class(labels: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.intp]:
    """Return the indices of the first `count` examples of each class, in ascending order.

    Examples
    --------
    >>> import numpy as np
    >>> first_of_each_class(np.array([1, 1, 0, 1, 0, 0]), 2)
    array([0, 1, 2, 4])
    """
    chosen = [np.flatnonzero(labels == label)[:count] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen))


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    """Return an uint8 array as the bytes of an IDX file."""
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.tobytes()


def subset_files(source: str | os.PathLike[str]) -> dict[str, bytes]:
    """Return the content of the files of the subset by name, made from the full set in `source`."""
    full = load_fashion_mnist(source)
    contents: dict[str, npt.NDArray[Any]] = {}
    for file, images, labels, count in (
        ("train", full.images("train"), full.y_train, TRAIN_PER_CLASS),
        ("t10k", full.images("test"), full.y_test, TEST_PER_CLASS),
    ):
        index = first_of_each_class(labels, count)
        contents[f"{file}-images-idx3-ubyte"] = images[index]
        contents[f"{file}-labels-idx1-ubyte"] = labels[index].astype(np.uint8)
    return {
        f"{name}.xz": lzma.compress(idx_bytes(array), preset=9 | lzma.PRESET_EXTREME)
        for name, array in contents.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files of the subset.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name.
    """
    parser = argparse.ArgumentParser(prog="python -m deeprob.datasets.make_subset", description=__doc__)
    parser.add_argument("folder", help="folder or archive with the full Fashion-MNIST")
    parser.add_argument(
        "out",
        nargs="?",
        type=Path,
        default=Path(__file__).parent / "data",
        help="where to write (default: the package)",
    )
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in subset_files(options.folder).items():
        (options.out / name).write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
