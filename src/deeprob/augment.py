"""Data augmentation: cutout, mixup, flips and crops of batches of images, in C.

Images are uint8, float32 or float64, and a batch of them is

- (N, H, W), grey,
- (N, C, H, W) with ``channel_axis=1``, or (N, H, W, C) with ``channel_axis=-1``,
- rows (N, D) with ``image_shape=(H, W)`` or (C, H, W), as data sets have them (CIFAR's rows are planes of
  red, green and blue); or (H, W, C) with ``channel_axis=-1``

in any strides, and is left unchanged unless it is ``out`` too. What is random is drawn from ``rng`` before
anything is computed, in the order that each function says, and for N images at a time: so results do not
depend on the number of threads. ``deeprob.reference`` has the same functions in NumPy.

Examples
--------
>>> from deeprob import augment, datasets
>>> data = datasets.load("fashion-mnist-subset")
>>> X = augment.flip(data.X_train, image_shape=(28, 28), rng=0)
>>> X = augment.cutout(X, 8, image_shape=(28, 28), rng=1, out=X)
>>> mixed, soft = augment.mixup(X, data.y_train, 0.2, num_classes=10, rng=2)
>>> mixed.shape, mixed.dtype, soft.shape
((2000, 784), dtype('float32'), (2000, 10))
"""

from typing import Any, Literal, SupportsIndex

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, Rng, answers_keywords, as_count, as_positive, as_random, one_of
from ._image_batches import (
    Array,
    ImageShape,
    apart,
    as_axis,
    as_batch,
    as_pixel,
    as_pixels,
    as_probability,
    result_array,
)
from ._soft_labels import as_soft_labels

__all__ = ["crop", "cutout", "flip", "mixup"]


@answers_keywords
def cutout(
    images: npt.ArrayLike,
    size: SupportsIndex,
    *,
    p: float = 1.0,
    fill: float | npt.ArrayLike = 0,
    channel_axis: SupportsIndex | None = None,
    image_shape: ImageShape = None,
    rng: Rng = None,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Cut a square out of each image, around a random pixel.

    The square's centre is uniform among the image's pixels, and what lies beyond the border is lost, as in
    DeVries and Taylor 2017: so the square is often smaller than ``size`` times ``size``, which the authors
    found important. It covers rows r - size // 2 to r - size // 2 + size - 1 around the centre's row r, and
    columns alike. (Their program cuts size - 1 where size is odd; this one, what is asked for.)

    Parameters
    ----------
    images : array_like of uint8, float32 or float64
        The batch; see `deeprob.augment` for its shapes.
    size : int
        The side of the square in pixels, at least 1. The paper: 16 for CIFAR-10's 32 x 32, 8 for CIFAR-100.
    p : float
        The probability of each image to be cut.
    fill : float or array_like (C,)
        The value of the pixels cut out, or of each channel's. The paper has 0 in images whose mean is 0: the
        same in others is their mean.
    channel_axis : {None, 1, -1}
        Where (N, C, H, W) or (N, H, W, C) have their channels.
    image_shape : tuple of int, optional
        The shape of an image, where each is a row.
    rng : Generator, RandomState, int or None
        Draws the N rows of the centres, then their N columns, then, where p is not 1, N uniform numbers:
        those below p are cut.
    out : ndarray, optional
        Of the shape and dtype of the images; may be the images themselves. After Ctrl-C it is unfinished.
    threads : int, optional
        At most so many threads.

    Returns
    -------
    ndarray
        ``out``, or a new array of the shape and dtype of the images.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import augment
    >>> augment.cutout(np.full((1, 4, 6), 7, np.uint8), 3, rng=1)
    array([[[7, 7, 0, 0, 0, 7],
            [7, 7, 0, 0, 0, 7],
            [7, 7, 0, 0, 0, 7],
            [7, 7, 7, 7, 7, 7]]], dtype=uint8)
    """
    batch = as_batch(images, channel_axis, image_shape)
    H, W, N = batch.height, batch.width, batch.count
    side = min(as_count(size, "size", 1), 2 * max(H, W))  # all of the image is cut, wherever the centre is
    chance = as_probability(p, "p")
    pixel = as_pixel(fill, batch.channels or 1, batch.images.dtype)
    random = as_random(rng)
    result = result_array(out, batch.shape(H, W), batch.images.dtype)
    before, after = batch.view(batch.images, H, W), batch.view(result, H, W)
    _core.cutout(before, after, None, pixel, threads)  # an error comes before anything is drawn
    top, left = _whole(random, H, N) - side // 2, _whole(random, W, N) - side // 2
    boxes = np.stack([top, top + side, left, left + side], axis=1).clip(0, [H, H, W, W])
    if chance < 1.0:
        boxes[random.random(N) >= chance] = 0
    _core.cutout(before, after, boxes, pixel, threads)
    return result


@answers_keywords
def flip(
    images: npt.ArrayLike,
    *,
    p: float = 0.5,
    axis: SupportsIndex = -1,
    channel_axis: SupportsIndex | None = None,
    image_shape: ImageShape = None,
    rng: Rng = None,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Flip some of the images, left to right or upside down.

    Parameters
    ----------
    images : array_like of uint8, float32 or float64
        The batch; see `deeprob.augment` for its shapes.
    p : float
        The probability of each image to be flipped.
    axis : {-1, -2}
        Of (H, W), wherever the channels are: -1 exchanges left and right, -2 top and bottom.
    channel_axis : {None, 1, -1}
        Where (N, C, H, W) or (N, H, W, C) have their channels.
    image_shape : tuple of int, optional
        The shape of an image, where each is a row.
    rng : Generator, RandomState, int or None
        Draws N uniform numbers: images whose number is below p are flipped.
    out : ndarray, optional
        Of the shape and dtype of the images; may be the images themselves, which are copied then. After
        Ctrl-C it is unfinished.
    threads : int, optional
        At most so many threads.

    Returns
    -------
    ndarray
        ``out``, or a new array of the shape and dtype of the images.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import augment
    >>> augment.flip([[[1.0, 2.0, 3.0]]], p=1.0)
    array([[[3., 2., 1.]]])
    """
    batch = as_batch(images, channel_axis, image_shape)
    H, W = batch.height, batch.width
    chance = as_probability(p, "p")
    columns = as_axis(axis, "axis", (-1, -2), "-1 (left and right) or -2 (top and bottom)") == -1
    random = as_random(rng)
    result = result_array(out, batch.shape(H, W), batch.images.dtype)
    before, after = batch.view(apart(batch.images, result), H, W), batch.view(result, H, W)
    _core.flip(before, after, None, columns, threads)  # an error comes before anything is drawn
    flipped = (random.random(batch.count) < chance).astype(np.int64)
    _core.flip(before, after, flipped, columns, threads)
    return result


@answers_keywords
def crop(
    images: npt.ArrayLike,
    padding: SupportsIndex,
    *,
    size: SupportsIndex | tuple[int, int] | None = None,
    channel_axis: SupportsIndex | None = None,
    image_shape: ImageShape = None,
    rng: Rng = None,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Take a random part of each image, padded with zeros.

    An image (H, W) gets ``padding`` zeros at each border, and a part of it as large as ``size`` is taken, at
    an offset that is uniform among all that fit, 0 .. H + 2 padding - h and 0 .. W + 2 padding - w: the
    convention of PyTorch's ``RandomCrop``. The usual crop of CIFAR-10 has 4 as padding.

    Parameters
    ----------
    images : array_like of uint8, float32 or float64
        The batch; see `deeprob.augment` for its shapes.
    padding : int
        How many zeros at each border, at least 0.
    size : int or tuple (h, w), optional
        Height and width of the part; those of the images if not given.
    channel_axis : {None, 1, -1}
        Where (N, C, H, W) or (N, H, W, C) have their channels.
    image_shape : tuple of int, optional
        The shape of an image, where each is a row; the result has rows then, too.
    rng : Generator, RandomState, int or None
        Draws the N offsets of the rows, then the N of the columns.
    out : ndarray, optional
        Of the images' dtype, and their shape with h and w in place of H and W; may be the images themselves,
        which are copied then. After Ctrl-C it is unfinished.
    threads : int, optional
        At most so many threads.

    Returns
    -------
    ndarray
        ``out``, or a new array.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above, or the part larger than the padded image; nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import augment
    >>> augment.crop(np.array([[[1, 2], [3, 4]]], np.uint8), 1, rng=0)
    array([[[0, 0],
            [1, 2]]], dtype=uint8)
    """
    batch = as_batch(images, channel_axis, image_shape)
    H, W, N = batch.height, batch.width, batch.count
    margin = as_count(padding, "padding")
    h, w = _crop_size(size, H, W)
    if h > H + 2 * margin or w > W + 2 * margin:
        raise ValueError(f"size is {(h, w)}; expected at most {(H + 2 * margin, W + 2 * margin)}, as padded")
    if margin > np.iinfo(np.int32).max:
        raise ValueError(f"padding is {margin}; expected less than 2**31")
    random = as_random(rng)
    result = result_array(out, batch.shape(h, w), batch.images.dtype)
    before, after = batch.view(apart(batch.images, result), H, W), batch.view(result, h, w)
    _core.crop(before, after, None, threads)  # an error comes before anything is drawn
    top = _whole(random, H + 2 * margin - h + 1, N) - margin
    left = _whole(random, W + 2 * margin - w + 1, N) - margin
    corners = np.stack([top, left], axis=1).clip([-h, -w], [H, W])  # beyond, all is 0
    _core.crop(before, after, corners, threads)
    return result


@answers_keywords
def mixup(
    images: npt.ArrayLike,
    y: npt.ArrayLike,
    alpha: float,
    *,
    num_classes: SupportsIndex | None = None,
    per: Literal["image", "batch"] = "image",
    rng: Rng = None,
    out: FloatArray | None = None,
    dtype: npt.DTypeLike | None = None,
    threads: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Mix each image, and its label, with another one of the batch.

    Zhang et al. 2018: with a weight lambda from Beta(alpha, alpha) and a random partner j of each image i::

        image_i <- lambda image_i + (1 - lambda) image_j
        label_i <- lambda onehot(y_i) + (1 - lambda) onehot(y_j)

    computed in the result's dtype, without FMA, and so that both weights add up to 1 in it. Partners are a
    random permutation of the batch; an image may be its own.

    Parameters
    ----------
    images : array_like of uint8, float32 or float64, shape (N, ...) of two to four axes
        The batch; any layout.
    y : array_like, shape (N,) of integers or (N, C) of floats
        Labels in 0 .. C - 1, or the probabilities of the classes, which add up to 1.
    alpha : float
        Larger than 0: 1 makes lambda uniform, a small one nearly 0 or 1. The paper has 0.1 to 0.4 for
        ImageNet, 1 for CIFAR-10.
    num_classes : int, optional
        C; the largest label + 1 if not given, which in a small batch may be too few.
    per : {"image", "batch"}
        Whether each image has a lambda of its own, as the paper's formula says, or one is drawn for all, as
        the authors' program and the usual ones for PyTorch do.
    rng : Generator, RandomState, int or None
        Draws the N lambdas, or the one, then the permutation of 0 .. N - 1 that holds the partners.
    out : ndarray of float32 or float64, optional
        Of the images' shape, for the mixed ones; may be the images themselves, which are copied then. After
        Ctrl-C it is unfinished.
    dtype : dtype, optional
        float32 or float64, of both results; if not given that of ``out``, that of float images, float32 of
        bytes.
    threads : int, optional
        At most so many threads.

    Returns
    -------
    mixed : ndarray of float32 or float64, shape of the images
        ``out``, or a new array.
    labels : ndarray of the same dtype, shape (N, C)
        The probabilities of the classes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above; nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import augment
    >>> images = np.array([[0, 100], [200, 200]], np.uint8)
    >>> mixed, labels = augment.mixup(images, [0, 1], 1.0, rng=2)
    >>> labels.round(2)
    array([[0.94, 0.06],
           [0.44, 0.56]], dtype=float32)
    >>> mixed.round()
    array([[ 11., 106.],
           [112., 156.]], dtype=float32)
    """
    pixels = as_pixels(images)
    if not 2 <= pixels.ndim <= 4:
        raise ValueError(f"images has shape {pixels.shape}; expected (N, ...) of two to four axes")
    kind = _mixed_dtype(dtype, out, pixels)
    labels = as_soft_labels(y, pixels.shape[0], num_classes, kind)
    a = as_positive(alpha, "alpha")
    one_of(per, "per", ("image", "batch"))
    random = as_random(rng)
    result = result_array(out, pixels.shape, kind)
    if isinstance(y, np.ndarray) and np.may_share_memory(result, y):
        raise ValueError("out shares memory with y; expected memory of its own")
    before, after, N = _four_axes(apart(pixels, result)), _four_axes(result), pixels.shape[0]
    _core.mixup(before, after, None, None, threads)  # an error comes before anything is drawn
    # Beyond these Beta is its limit to the last bit, 1/2 or a toss of a coin; NumPy's draws would overflow.
    a = min(max(a, 1e-100), 1e100)
    weights = random.beta(a, a, N) if per == "image" else np.full(N, random.beta(a, a))
    partners = random.permutation(N).astype(np.int64)
    _core.mixup(before, after, partners, weights, threads)
    mixed_labels = np.empty_like(labels)
    _core.mixup(_four_axes(labels), _four_axes(mixed_labels), partners, weights, threads)
    return result, mixed_labels


def _whole(random: np.random.Generator | np.random.RandomState, end: int, n: int) -> npt.NDArray[np.int64]:
    """Draw n whole numbers in 0 .. end - 1."""
    if isinstance(random, np.random.RandomState):
        return random.randint(0, end, n, dtype=np.int64)
    return random.integers(0, end, n)


def _crop_size(size: Any, height: int, width: int) -> tuple[int, int]:
    if size is None:
        return height, width
    if not isinstance(size, tuple | list):
        return (as_count(size, "size", 1),) * 2
    if len(size) != 2:
        raise ValueError(f"size is {size!r}; expected a whole number or (h, w)")
    return as_count(size[0], "size", 1), as_count(size[1], "size", 1)


def _mixed_dtype(dtype: npt.DTypeLike | None, out: Any, pixels: Array) -> np.dtype[Any]:
    """Return the dtype of what mixup computes."""
    own = getattr(out, "dtype", None)
    if dtype is None:
        found = own if own in (np.float32, np.float64) else pixels.dtype
        return np.dtype(np.float32 if found == np.uint8 else found)
    kind = np.dtype(dtype)
    if kind not in (np.float32, np.float64):
        raise ValueError(f"dtype is {kind}; expected float32 or float64")
    if own is not None and own != kind:
        raise TypeError(f"out has dtype {own}; expected {kind}, which is dtype")
    return kind


def _four_axes(array: Array) -> Array:
    """Return a view of (N, ...) with four axes."""
    middle = (slice(None), *[np.newaxis] * (4 - array.ndim))
    return array[middle]
