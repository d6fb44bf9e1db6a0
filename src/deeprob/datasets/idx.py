"""The IDX format, and the two image sets that come in it: MNIST and Fashion-MNIST."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._archive import members
from ._images import ImageDataset
from ._locate import FASHION_MNIST, MNIST, find, locate, not_found
from ._stream import MAX_FILE_BYTES, Stream, read_all

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FASHION_LICENCE = "MIT, Copyright (c) 2017 Zalando SE, https://tech.zalando.com"

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 8
_FILE_NAME = re.compile(r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(?:\.[a-z0-9]+)?")

# The sets have the same file names and the same shapes: only their labels tell them apart.
_FIRST_LABELS = {
    bytes([9, 0, 0, 3, 0, 2, 7, 2, 5, 5]): "fashion-mnist",
    bytes([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]): "mnist",
}


def read_idx(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> npt.NDArray[Any]:
    """Read one IDX file, plain or compressed with gzip, xz or bzip2.

    The compression is recognised by the first bytes, not by the name. The header is checked against the
    length of the (decompressed) data before an array is made.

    Parameters
    ----------
    source : path or bytes
        The file, or the bytes of one.

    Returns
    -------
    ndarray
        With the shape and type the header declares, in native byte order: uint8 for images and labels.

    Raises
    ------
    ValueError
        If it is no IDX file or is truncated, too long or damaged; the message names the file, what was
        expected and what came.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    Format: two zero bytes, a type byte, the number of dimensions, each dimension as a big-endian 32-bit
    number, then the values in C order. Files of more than 256 MiB are refused.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]))
    array([[1, 2, 3],
           [4, 5, 6]], dtype=uint8)
    """
    with Stream(source) as stream:
        return parse_idx(read_all(stream, MAX_FILE_BYTES), stream.name)


def parse_idx(data: bytearray, name: str) -> npt.NDArray[Any]:
    """Make an array of the bytes of an IDX file: a view of `data` where the byte order allows."""
    if len(data) < 4:
        raise ValueError(
            f"{name}: expected an IDX file, got {len(data)} bytes, less than its 4-byte magic number"
        )
    zeros, code, ndim = data[:2], data[2], data[3]
    if any(zeros) or code not in _DTYPES or not 1 <= ndim <= _MAX_DIMENSIONS:
        raise ValueError(
            f"{name}: expected an IDX file (first bytes 00 00, a type 08..0e, 1 to {_MAX_DIMENSIONS} "
            f"dimensions), got {data[:4].hex(' ')}"
        )
    header = 4 + 4 * ndim
    if len(data) < header:
        raise ValueError(
            f"{name}: expected an IDX header of {header} bytes, got {len(data)} bytes in all (truncated?)"
        )
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, header, 4))
    dtype = np.dtype(_DTYPES[code])
    count = 1
    for length in shape:
        count *= length
    expected = header + count * dtype.itemsize
    if len(data) != expected:
        raise ValueError(
            f"{name}: expected {expected:,} bytes for the {dtype.name} array of shape {shape} its header "
            f"declares, got {len(data):,} ({'truncated' if len(data) < expected else 'too long'})"
        )
    if count == 0 and max(shape) > MAX_FILE_BYTES:  # an empty array can declare absurd lengths
        raise ValueError(f"{name}: expected lengths of at most {MAX_FILE_BYTES:,}, got shape {shape}")
    array = np.ndarray(shape, dtype, buffer=data, offset=header)
    return array.astype(dtype.newbyteorder("="), copy=False)


def load_fashion_mnist(path: str | os.PathLike[str] | None = None) -> ImageDataset:
    """Load Fashion-MNIST: 28 x 28 grey pictures of ten kinds of clothing.

    Parameters
    ----------
    path : path, optional
        A folder or tar archive with the four IDX files, each plain or compressed. By default the full set is
        looked for in `cache_dir()`; where it is not there, the subset inside the package is returned (2,000
        training and 500 test images, balanced over the classes). `source` of the result says which it is.

    Returns
    -------
    ImageDataset
        D = 784, layout "HW".

    Raises
    ------
    FileNotFoundError
        If `path` is given and the four files are not there.
    ValueError
        If a file is damaged, the files do not fit each other, or they are MNIST's.

    References
    ----------
    Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", 2017, arXiv:1708.07747.

    Examples
    --------
    >>> data = load_fashion_mnist()
    >>> data.class_names[:3]
    ('T-shirt/top', 'Trouser', 'Pullover')
    """
    if path is not None:
        return load_idx(locate(FASHION_MNIST, path), "fashion-mnist")
    found = _find_idx("fashion-mnist")
    if found is not None:
        return load_idx(found, "fashion-mnist")
    from ._embedded import load_fashion_mnist_subset

    return load_fashion_mnist_subset()


def load_mnist(path: str | os.PathLike[str] | None = None) -> ImageDataset:
    """Load MNIST: 28 x 28 grey pictures of handwritten digits.

    Parameters
    ----------
    path : path, optional
        A folder or tar archive with the four IDX files, each plain or compressed; `cache_dir()` by default.

    Returns
    -------
    ImageDataset
        D = 784, layout "HW".

    Raises
    ------
    FileNotFoundError
        If the four files are not there: nothing is downloaded.
    ValueError
        If a file is damaged, the files do not fit each other, or they are Fashion-MNIST's.

    Examples
    --------
    >>> data = load_mnist("Downloads/mnist")  # doctest: +SKIP
    """
    found = locate(MNIST, path) if path is not None else _find_idx("mnist")
    if found is None:
        raise not_found(MNIST, None)
    return load_idx(found, "mnist")


def _find_idx(name: str) -> Path | None:
    """Look in the cache folder, passing over a folder with the other set under the same file names."""
    for place in find(FASHION_MNIST if name == "fashion-mnist" else MNIST):
        labels = dict(members(place, lambda n: _key(n) == "train-labels"))
        first = {bytes(parse_idx(data, n)[:10]) for n, data in labels.items()}
        if all(_FIRST_LABELS.get(f, name) == name for f in first):
            return place
    return None


def load_idx(path: Path, name: str | None = None) -> ImageDataset:
    """Load the four files of an MNIST-like set; `name` is the set they must be (None: whatever they are)."""
    arrays = _read_four(path)
    kind = _FIRST_LABELS.get(arrays["train-labels"][:10].tobytes(), name or "idx")
    if name not in (None, kind):
        raise ValueError(f"{path}: expected the files of {name}, got those of {kind}")
    fashion = kind == "fashion-mnist"
    return make_dataset(
        arrays,
        class_names=FASHION_CLASSES if fashion else tuple(map(str, range(10))),
        name=kind,
        source=str(path),
        licence=FASHION_LICENCE
        if fashion
        else "CC BY-SA 3.0, Yann LeCun and Corinna Cortes"
        if kind == "mnist"
        else "unknown",
    )


def make_dataset(
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    class_names: tuple[str, ...],
    name: str,
    source: str,
    licence: str,
) -> ImageDataset:
    """Check that the four arrays fit each other and bring them into the form of the package."""
    parts: dict[str, npt.NDArray[Any]] = {}
    for split, file in (("train", "train"), ("test", "t10k")):
        images, labels = arrays[f"{file}-images"], arrays[f"{file}-labels"]
        if images.dtype != np.uint8 or images.ndim != 3 or 0 in images.shape:
            raise ValueError(
                f"{source}: {file}-images: expected uint8 images of shape (N, H, W), "
                f"got {images.dtype} {images.shape}"
            )
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{source}: {file}-labels: expected {len(images):,} uint8 labels, one for each image, "
                f"got {labels.dtype} {labels.shape}"
            )
        if labels.max() >= len(class_names):
            raise ValueError(
                f"{source}: {file}-labels: expected labels 0..{len(class_names) - 1}, got {labels.max()}"
            )
        parts[f"X_{split}"] = images.reshape(len(images), -1)
        parts[f"y_{split}"] = labels.astype(np.int64)
    shape, test_shape = arrays["train-images"].shape[1:], arrays["t10k-images"].shape[1:]
    if shape != test_shape:
        raise ValueError(
            f"{source}: expected test images of {shape} as the training images, got {test_shape}"
        )
    return ImageDataset(
        **parts,
        class_names=class_names,
        image_shape=shape,
        layout="HW",
        name=name,
        source=source,
        licence=licence,
    )


def _read_four(path: Path) -> dict[str, npt.NDArray[Any]]:
    chosen: dict[str, str] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, data in members(path, lambda n: _key(n) is not None):
        key = _key(name)
        assert key is not None
        # `gunzip -k` leaves two files of the same content: the plain one, sorted first, is taken
        if key not in chosen:
            chosen[key] = name
            arrays[key] = parse_idx(data, f"{path}: {name}")
    missing = [
        f"{a}-{b}" for a in ("train", "t10k") for b in ("images", "labels") if f"{a}-{b}" not in arrays
    ]
    if missing:
        raise ValueError(f"{path}: expected four IDX files, {', '.join(missing)} missing")
    return arrays


def _key(name: str) -> str | None:
    match = _FILE_NAME.fullmatch(name)
    return f"{match[1]}-{match[2]}" if match else None
