"""Cutout, flips, crops and mixup: one image after the other, with what is drawn in the documented order.

Images are (N, C, H, W); random is a NumPy Generator or RandomState.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def _whole(random: Any, end: int, n: int) -> Array:
    draw = random.integers if hasattr(random, "integers") else random.randint
    return np.asarray(draw(0, end, n))


def cutout(images: Array, size: int, random: Any, p: float = 1.0, fill: Any = 0) -> Array:
    """Fill a square around a random pixel of each image, clipped at the border."""
    N, C, H, W = images.shape
    rows, columns = _whole(random, H, N), _whole(random, W, N)
    chosen = random.random(N) < p if p < 1 else np.ones(N, bool)
    out = images.copy()
    for n in range(N):
        if chosen[n]:
            top, left = rows[n] - size // 2, columns[n] - size // 2
            r, c = slice(max(top, 0), max(top + size, 0)), slice(max(left, 0), max(left + size, 0))
            out[n, :, r, c] = np.broadcast_to(fill, C)[:, np.newaxis, np.newaxis]
    return out


def flip(images: Array, random: Any, p: float = 0.5, axis: int = -1) -> Array:
    """Flip an image where a uniform number is below p."""
    numbers = random.random(len(images))
    return np.array([np.flip(x, axis) if u < p else x for x, u in zip(images, numbers, strict=True)])


def crop(images: Array, padding: int, random: Any, size: tuple[int, int] | None = None) -> Array:
    """Pad with zeros, and take the part at a random offset."""
    N, _, H, W = images.shape
    h, w = size or (H, W)
    rows = _whole(random, H + 2 * padding - h + 1, N)
    columns = _whole(random, W + 2 * padding - w + 1, N)
    border = (padding, padding)
    padded = np.pad(images, [(0, 0), (0, 0), border, border])
    return np.array(
        [padded[n, :, r : r + h, c : c + w] for n, (r, c) in enumerate(zip(rows, columns, strict=True))]
    )


def mixup(
    images: Array, labels: Array, alpha: float, random: Any, dtype: npt.DTypeLike, per: str = "image"
) -> tuple[Array, Array]:
    """Mix images (N, ...) and probabilities (N, C) with those of a random permutation."""
    N = len(images)
    weights = random.beta(alpha, alpha, N) if per == "image" else np.full(N, random.beta(alpha, alpha))
    partners = random.permutation(N)

    def mixed(values: Array) -> Array:
        x = values.astype(dtype)
        a = weights.astype(dtype).reshape(N, *[1] * (x.ndim - 1))
        return np.asarray(a * x + (1 - a) * x[partners])

    return mixed(images), mixed(labels)
