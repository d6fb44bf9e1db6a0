"""The result of every loader: rows of pixels, labels, and what is needed to look at them again."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Layout = Literal["HW", "CHW", "HWC"]

LAYOUTS: tuple[Layout, ...] = ("HW", "CHW", "HWC")


def to_images(rows: npt.ArrayLike, image_shape: tuple[int, ...], layout: Layout) -> npt.NDArray[Any]:
    """Turn flat rows (examples or weight templates) back into images as `imshow` takes them.

    Parameters
    ----------
    rows : array_like, shape (D,) or (N, D), any dtype
        One flat image or several: pixels, or rows of a weight matrix without its bias column.
    image_shape : tuple
        `(H, W)` for grey images, `(H, W, 3)` for colour images.
    layout : {"HW", "CHW", "HWC"}
        How the D numbers of a row are ordered: "HW" grey; "CHW" planes, first all of red, then green, then
        blue (CIFAR-10, and this package's PROPS); "HWC" pixel by pixel.

    Returns
    -------
    ndarray, shape (H, W[, 3]) or (N, H, W[, 3])
        A view where NumPy can make one; the dtype and the values are those of `rows`.

    Raises
    ------
    ValueError
        If the row length does not fit the image shape, or the layout does not fit it.

    Examples
    --------
    >>> import numpy as np
    >>> row = np.arange(12)  # 2 x 2 pixels: 4 of red, 4 of green, 4 of blue
    >>> to_images(row, (2, 2, 3), "CHW")[0, 1]  # the upper right pixel
    array([1, 5, 9])
    """
    rows = np.asarray(rows)
    check_layout(image_shape, layout)
    size = prod(image_shape)
    if rows.ndim not in (1, 2) or rows.shape[-1] != size:
        hint = ""
        if rows.ndim in (1, 2) and rows.shape[-1] == size + 1:
            hint = "; leave the bias column out: W[:, :-1]"
        raise ValueError(
            f"rows: expected shape ({size},) or (N, {size}) for images of {image_shape}, "
            f"got {rows.shape}{hint}"
        )
    lead = rows.shape[:-1]
    if layout != "CHW":
        return rows.reshape(*lead, *image_shape)
    height, width, channels = image_shape
    return np.moveaxis(rows.reshape(*lead, channels, height, width), -3, -1)


def check_layout(image_shape: tuple[int, ...], layout: str) -> None:
    """Raise a ValueError unless `layout` is one of the three and fits `image_shape`."""
    if layout not in LAYOUTS:
        raise ValueError(f"layout: expected one of {LAYOUTS}, got {layout!r}")
    if len(image_shape) != len(layout):
        expected = "(H, W)" if layout == "HW" else "(H, W, 3)"
        raise ValueError(f"image_shape: expected {expected} for layout {layout!r}, got {image_shape}")


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """A labelled image set split into training and test examples.

    Attributes
    ----------
    X_train, X_test : ndarray of uint8, shape (N, D)
        One flat image per row, pixels 0..255 exactly as in the files.
    y_train, y_test : ndarray of int64, shape (N,)
        Labels 0..C-1.
    class_names : tuple of str
        The name of each label.
    image_shape : tuple
        `(H, W)` for grey images, `(H, W, 3)` for colour images: what `images` returns.
    layout : {"HW", "CHW", "HWC"}
        How the D columns are ordered; see `to_images`. CIFAR-10 and PROPS are "CHW": 1,024 red values, then
        1,024 green, then 1,024 blue, which is how the lecture's 3072-vectors are built.
    name : str
        The name of the data set.
    source : str
        Where the data came from.
    licence : str
        The licence of the data, as far as its authors state one.

    Examples
    --------
    >>> import deeprob.datasets as datasets
    >>> data = datasets.load("fashion-mnist-subset")
    >>> data.X_train.shape, data.y_train.shape, data.image_shape
    ((2000, 784), (2000,), (28, 28))
    >>> data.class_names[data.y_train[0]]
    'Ankle boot'
    >>> data.images("test").shape
    (500, 28, 28)
    """

    X_train: npt.NDArray[np.uint8]
    y_train: npt.NDArray[np.int64]
    X_test: npt.NDArray[np.uint8]
    y_test: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...]
    layout: Layout
    name: str
    source: str
    licence: str

    def __post_init__(self) -> None:
        check_layout(self.image_shape, self.layout)
        for split in ("train", "test"):
            X, y = self._split(split)
            if X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != self.num_features:
                raise ValueError(
                    f"X_{split}: expected uint8 of shape (N, {self.num_features}), got {X.dtype} {X.shape}"
                )
            if y.dtype != np.int64 or y.shape != X.shape[:1]:
                raise ValueError(f"y_{split}: expected int64 of shape ({len(X)},), got {y.dtype} {y.shape}")
            if y.size and not 0 <= y.min() <= y.max() < self.num_classes:
                raise ValueError(
                    f"y_{split}: expected labels 0..{self.num_classes - 1}, got {y.min()}..{y.max()}"
                )

    @property
    def num_classes(self) -> int:
        """The number of classes C."""
        return len(self.class_names)

    @property
    def num_features(self) -> int:
        """The number of features D of one example."""
        return prod(self.image_shape)

    def _split(self, split: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
        if split == "train":
            return self.X_train, self.y_train
        if split == "test":
            return self.X_test, self.y_test
        raise ValueError(f"split: expected 'train' or 'test', got {split!r}")

    def images(self, split: Literal["train", "test"] = "train") -> npt.NDArray[np.uint8]:
        """Return the images of one split, ready for `imshow`.

        Parameters
        ----------
        split : {"train", "test"}
            Which examples.

        Returns
        -------
        ndarray of uint8, shape (N, H, W) or (N, H, W, 3)
            A view of the rows: no copy.
        """
        return to_images(self._split(split)[0], self.image_shape, self.layout)

    def to_images(self, rows: npt.ArrayLike) -> npt.NDArray[Any]:
        """Turn flat rows of this data set's layout (examples, weight templates) into images.

        Parameters
        ----------
        rows : array_like, shape (D,) or (N, D), any dtype
            For the templates of a classifier with a bias column: `W[:, :-1]`.

        Returns
        -------
        ndarray, shape (H, W[, 3]) or (N, H, W[, 3])
            See the function `to_images`.
        """
        return to_images(rows, self.image_shape, self.layout)

    def __repr__(self) -> str:
        size = "x".join(map(str, self.image_shape))
        return (
            f"<ImageDataset {self.name}: {len(self.X_train):,} training and {len(self.X_test):,} test "
            f"images, {size} ({self.layout}), {self.num_classes} classes, from {self.source}>"
        )
