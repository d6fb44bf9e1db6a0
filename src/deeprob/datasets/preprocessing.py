"""From the bytes of the files to the numbers a classifier is trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ._examples import numeric_2d
from ._images import LAYOUTS, Layout

# Rows converted at a time: temporaries stay in the cache. Statistics do not depend on it for integer pixels.
_ROWS = 256

Statistic = Literal["image", "channel", "none"]
_STATISTICS: tuple[Statistic, ...] = ("image", "channel", "none")


@dataclass
class Standardizer:
    """`(X / scale - mean) / std`, with `mean` and `std` taken from the training examples.

    The usual recipes:

    - `Standardizer()`: pixels 0..255 minus the mean image (the lecture's random search, CS231n)
    - `Standardizer(scale=255, mean="channel", layout="CHW")`: pixels 0..1 minus the mean red, green and blue
      (DeepRob, EECS 498)
    - `Standardizer(scale=255, mean="channel", std="channel", layout="CHW")`: the same with unit variance

    The best learning rate and regularization depend on the recipe: those for 0..255 are useless for 0..1.

    Parameters
    ----------
    mean : {"image", "channel", "none"}
        What is subtracted: the mean of each feature, the mean of each colour channel, nothing.
    std : {"image", "channel", "none"}
        What is divided by afterwards: the standard deviation of each feature or channel, nothing. A feature
        that is constant over the training examples (its variance is 0 in float64) is divided by 1.
    scale : float
        What pixels are divided by first: 1 leaves 0..255, 255 makes 0..1.
    layout : {"HW", "CHW", "HWC"}, optional
        How rows are ordered; needed for "channel". `ImageDataset.layout` has it.
    dtype : dtype
        float32 or float64, of the results.

    Attributes
    ----------
    mean_ : ndarray of float64, shape (D,), or None before `fit`
        What is subtracted.
    std_ : ndarray of float64, shape (D,), or None before `fit`
        What is divided by.

    Examples
    --------
    >>> import numpy as np
    >>> X_train = np.array([[0, 50], [100, 150]], dtype=np.uint8)
    >>> standardizer = Standardizer().fit(X_train)
    >>> standardizer.mean_
    array([ 50., 100.])
    >>> standardizer.transform(np.array([[60, 60]], dtype=np.uint8))
    array([[ 10., -40.]], dtype=float32)
    """

    mean: Statistic = "image"
    std: Statistic = "none"
    scale: float = 1.0
    layout: Layout | None = None
    dtype: npt.DTypeLike = np.float32
    mean_: npt.NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)
    std_: npt.NDArray[np.float64] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in (("mean", self.mean), ("std", self.std)):
            if value not in _STATISTICS:
                raise ValueError(f"{name}: expected one of {_STATISTICS}, got {value!r}")
            if value == "channel" and self.layout is None:
                raise ValueError(f"layout: expected one of {LAYOUTS} for {name}='channel', got None")
        if self.layout is not None and self.layout not in LAYOUTS:
            raise ValueError(f"layout: expected one of {LAYOUTS}, got {self.layout!r}")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale: expected a positive number, got {self.scale!r}")
        if np.dtype(self.dtype) not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype: expected float32 or float64, got {np.dtype(self.dtype)}")

    def fit(self, X: npt.NDArray[Any]) -> Standardizer:
        """Take the statistics from the training examples.

        Parameters
        ----------
        X : ndarray of integers or floats, shape (N, D)
            The training examples, one per row.

        Returns
        -------
        Standardizer
            Itself.

        Raises
        ------
        TypeError
            If `X` is no array of numbers.
        ValueError
            If `X` is not two-dimensional, is empty, or its columns do not divide into the channels.
        """
        X = numeric_2d("X", X)
        if 0 in X.shape:
            raise ValueError(f"X: expected at least one example and one feature, got shape {X.shape}")
        shift, first, second = _moments(X, self.std != "none")
        means = shift + first
        self.mean_ = self._spread(means, self.mean, "mean") / self.scale
        self.std_ = np.ones(X.shape[1])
        if self.std != "none":
            # the variance of a channel is around the channel's mean, not around each pixel's
            centre = self._spread(means, self.std, "std") - shift
            variance = self._spread(second - 2 * centre * first + centre**2, self.std, "std")
            deviation = np.sqrt(np.maximum(variance, 0)) / self.scale
            self.std_ = np.where(deviation > 0, deviation, 1.0)
        return self

    def transform(self, X: npt.NDArray[Any], *, bias: bool = False) -> npt.NDArray[Any]:
        """Apply the statistics to examples.

        Parameters
        ----------
        X : ndarray of integers or floats, shape (N, D)
            The examples, one per row.
        bias : bool
            Whether to append the constant feature 1 (see `bias_trick`), without a second copy of the data.

        Returns
        -------
        ndarray of `dtype`, shape (N, D) or (N, D + 1)
            A new array.

        Raises
        ------
        TypeError
            If `X` is no array of numbers.
        ValueError
            If `X` has not the features that `fit` saw, or `fit` was not called.
        """
        if self.mean_ is None or self.std_ is None:
            raise ValueError("Standardizer: call fit with the training examples first")
        X = numeric_2d("X", X)
        count, features = X.shape
        if features != len(self.mean_):
            raise ValueError(f"X: expected shape (N, {len(self.mean_)}) as in fit, got {X.shape}")
        dtype = np.dtype(self.dtype)
        mean, std, scale = self.mean_.astype(dtype), self.std_.astype(dtype), float(self.scale)
        out = np.empty((count, features + bias), dtype)
        out[:, features:] = 1
        for at in range(0, count, _ROWS):
            rows = out[at : at + _ROWS, :features]
            rows[...] = X[at : at + _ROWS]
            if scale != 1:
                rows /= scale
            if self.mean != "none":
                rows -= mean
            if self.std != "none":
                rows /= std
        return out

    def _spread(
        self, values: npt.NDArray[np.float64], statistic: Statistic, name: str
    ) -> npt.NDArray[np.float64]:
        """Average over a channel where asked for, and give every feature its number again."""
        if statistic == "none":
            return np.zeros_like(values)
        if statistic == "image":
            return values
        channels = 1 if self.layout == "HW" else 3
        if len(values) % channels:
            raise ValueError(
                f"X: expected a number of features divisible by 3 for {name}='channel', got {len(values)}"
            )
        shape, axis = ((-1, channels), 0) if self.layout == "HWC" else ((channels, -1), 1)
        table = values.reshape(shape)
        return np.broadcast_to(table.mean(axis=axis, keepdims=True), table.shape).reshape(-1)


def standardize(
    X_train: npt.NDArray[Any],
    *others: npt.NDArray[Any],
    mean: Statistic = "image",
    std: Statistic = "none",
    scale: float = 1.0,
    layout: Layout | None = None,
    dtype: npt.DTypeLike = np.float32,
    bias: bool = False,
) -> Any:
    """Standardize the training examples, and others (validation, test) with the same numbers.

    Parameters
    ----------
    X_train : ndarray of integers or floats, shape (N, D)
        The training examples, one per row: the statistics are theirs.
    *others : ndarray, shape (M, D)
        Further examples.
    mean, std : {"image", "channel", "none"}
        What is subtracted and what is divided by; see `Standardizer`.
    scale : float
        What pixels are divided by first: 1 leaves 0..255, 255 makes 0..1.
    layout : {"HW", "CHW", "HWC"}, optional
        How rows are ordered; needed for "channel".
    dtype : dtype
        float32 or float64, of the results.
    bias : bool
        Whether to append the constant feature 1 to all of them; see `bias_trick`.

    Returns
    -------
    ndarray or tuple of ndarray
        The array if one was given, otherwise one array for each, in order.

    Raises
    ------
    TypeError, ValueError
        As `Standardizer.fit` and `Standardizer.transform`.

    Examples
    --------
    >>> from deeprob.datasets import load
    >>> data = load("fashion-mnist-subset")
    >>> X_train, X_test = standardize(data.X_train, data.X_test, bias=True)
    >>> X_train.shape, X_train.dtype
    ((2000, 785), dtype('float32'))
    >>> bool(abs(X_train[:, :-1].mean()) < 1e-4)
    True
    """
    standardizer = Standardizer(mean=mean, std=std, scale=scale, layout=layout, dtype=dtype).fit(X_train)
    results = tuple(standardizer.transform(X, bias=bias) for X in (X_train, *others))
    return results if others else results[0]


def _moments(
    X: npt.NDArray[Any], squares: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return for each feature a shift, the mean of `x - shift` and (if asked for) of its square.

    uint8 pixels are summed exactly, with shift 0. Others are shifted by the first example, which keeps their
    squares from cancelling and makes a constant feature's deviation exactly 0.
    """
    pixels = X.dtype == np.uint8
    shift = np.zeros(X.shape[1]) if pixels else X[0].astype(np.float64)
    first, second = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for at in range(0, len(X), _ROWS):
        # 256 squares of 255 fit into 32 bits
        rows = X[at : at + _ROWS].astype(np.uint32) if pixels else X[at : at + _ROWS] - shift
        first += rows.sum(axis=0)
        if squares:
            with np.errstate(under="ignore"):
                second += np.square(rows).sum(axis=0)
    return shift, first / len(X), second / len(X)
