"""Batches of images in every layout that `augment` takes, as views (N, C, H, W)."""

from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import as_count, as_real

Array = npt.NDArray[Any]
ImageShape = tuple[int, ...] | list[int] | None

_DTYPES = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
_EXPECTED = (
    "(N, H, W), (N, C, H, W) with channel_axis=1, (N, H, W, C) with channel_axis=-1, or rows (N, D) with "
    "image_shape"
)


@dataclass(frozen=True)
class Batch:
    """Images as they were given, and what their axes are."""

    images: Array
    height: int
    width: int
    channels: int | None  # None: no axis of their own
    last: bool  # the channels come last
    flat: bool  # an image is a row

    @property
    def count(self) -> int:
        """N, how many images there are."""
        return int(self.images.shape[0])

    def _image(self, height: int, width: int) -> tuple[int, ...]:
        if self.channels is None:
            return (height, width)
        return (height, width, self.channels) if self.last else (self.channels, height, width)

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """Return the shape of a batch of this layout, with images of another size."""
        image = self._image(height, width)
        return (self.count, int(np.prod(image))) if self.flat else (self.count, *image)

    def view(self, array: Array, height: int, width: int) -> Array:
        """Return a view (N, C, H, W) of an array of that shape."""
        if self.flat:
            array = array.reshape(self.count, *self._image(height, width))  # one axis split: never a copy
        if self.channels is None:
            return array[:, np.newaxis]
        return np.moveaxis(array, -1, 1) if self.last else array


def as_batch(images: npt.ArrayLike, channel_axis: SupportsIndex | None, image_shape: ImageShape) -> Batch:
    """Return the images with what their axes are, or raise."""
    array = as_pixels(images)
    axis = _channel_axis(channel_axis)
    if image_shape is not None:
        return _rows(array, axis, image_shape)
    if array.ndim != (3 if axis is None else 4):
        raise ValueError(f"images has shape {array.shape} and channel_axis is {axis}; expected {_EXPECTED}")
    _at_least_a_pixel(array.shape[1:], f"images has shape {array.shape}")
    return _batch(array, array.shape[1:], axis, flat=False)


def as_pixels(images: npt.ArrayLike) -> Array:
    """Return the images as an array of uint8, float32 or float64."""
    array = np.asarray(_core.as_array(images, "images", True))
    if array.dtype in _DTYPES:  # dtypes in native order
        return array
    if array.dtype.newbyteorder("=") not in _DTYPES:
        raise TypeError(
            f"images has dtype {array.dtype}; expected uint8, float32 or float64: convert it with "
            "images.astype(np.float32)"
        )
    raise TypeError(
        f"images has dtype {array.dtype} in the other byte order; expected native order: convert it with "
        "images.astype(images.dtype.newbyteorder('='))"
    )


def _channel_axis(value: SupportsIndex | None) -> int | None:
    return None if value is None else as_axis(value, "channel_axis", (1, -1), "None, 1 or -1")


def as_axis(value: SupportsIndex, name: str, axes: tuple[int, int], expected: str) -> int:
    """Return ``value`` as an int that is one of ``axes``."""
    if type(value) is int and value in axes:
        return value
    if isinstance(value, bool) or not isinstance(value, SupportsIndex) or value.__index__() not in axes:
        raise ValueError(f"{name} is {value!r}; expected {expected}")
    return value.__index__()


def _rows(array: Array, axis: int | None, image_shape: ImageShape) -> Batch:
    """Flattened images."""
    expected = "(H, W) or (C, H, W), or (H, W, C) with channel_axis=-1"
    if not isinstance(image_shape, tuple | list) or len(image_shape) not in (2, 3):
        raise ValueError(f"image_shape is {image_shape!r}; expected {expected}")
    shape = tuple(as_count(n, "image_shape") for n in image_shape)
    if len(shape) == 2 and axis is not None:
        raise ValueError(f"image_shape is {shape}, without the channels of channel_axis={axis}")
    _at_least_a_pixel(shape, f"image_shape is {shape}")
    size = int(np.prod(shape, dtype=object))
    if array.ndim != 2 or array.shape[1] != size:
        raise ValueError(
            f"images has shape {array.shape}; expected (N, {size}), rows that are images of shape {shape}"
        )
    return _batch(array, shape, 1 if len(shape) == 3 and axis is None else axis, flat=True)


def _at_least_a_pixel(shape: tuple[int, ...], what: str) -> None:
    if 0 in shape:
        raise ValueError(f"{what}; expected images of at least one pixel")


def _batch(array: Array, shape: tuple[int, ...], axis: int | None, *, flat: bool) -> Batch:
    last = axis == -1
    height, width = shape[:2] if last or axis is None else shape[1:]
    channels = None if axis is None else shape[axis if last else 0]
    return Batch(array, height, width, channels, last, flat)


def result_array(out: Array | None, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Return ``out`` if it is an array of this shape, or a new one; the kernels' call checks the rest."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        mask = ", which has no mask" if isinstance(out, np.ndarray) else ""
        raise TypeError(f"out is a {type(out).__name__}; expected a numpy.ndarray{mask}")
    if out.shape != shape:
        raise ValueError(f"out has shape {out.shape}; expected {shape}")
    return out


def apart(images: Array, out: Array) -> Array:
    """Return the images, or a copy of them if ``out`` is their own memory, place by place."""
    data = [a.__array_interface__["data"][0] for a in (images, out)]
    if images.shape != out.shape or data[0] != data[1]:
        return images
    strides = zip(images.shape, images.strides, out.strides, strict=True)
    return images.copy() if all(n <= 1 or a == b for n, a, b in strides) else images


def as_probability(value: float, name: str) -> float:
    """Return ``value`` as a float in 0..1."""
    number = as_real(value, name, negative=True)
    if not 0.0 <= number <= 1.0:
        raise ValueError(f"{name} is {value}; expected a probability, from 0 to 1")
    return number


def as_pixel(fill: Any, channels: int, dtype: np.dtype[Any]) -> Array:
    """Return the value of each channel, from one number for all or one for each."""
    one = np.ndim(fill) == 0
    values = [float(fill) if type(fill) is int and abs(fill) < 256 else fill] if one else list(fill)
    if np.ndim(fill) > 1 or not (one or len(values) == channels):
        raise ValueError(f"fill has shape {np.shape(fill)}; expected a number, or one for each of {channels}")
    numbers = [as_real(value, "fill", negative=True) for value in values]
    if dtype == np.uint8:
        for number in numbers:
            if not (0 <= number <= 255 and number.is_integer()):
                raise ValueError(f"fill is {number}; expected a whole number in 0..255, as images are uint8")
    with np.errstate(over="ignore"):
        pixel = np.array(numbers * channels if one else numbers).astype(dtype)
    if not np.isfinite(pixel).all():
        raise ValueError(f"fill is {fill}; expected a number that {dtype} can hold")
    return pixel
