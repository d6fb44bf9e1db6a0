"""Arrays anywhere in memory: every stride, sign, alignment and order that NumPy can express."""

from dataclasses import dataclass

import numpy as np

GARBAGE = 0xFF  # NaN as a float, -1 or 255 as an integer: it shows when it is read


@dataclass
class Placed:
    """An array and the buffer that it lies in."""

    array: np.ndarray
    buffer: np.ndarray  # of bytes: the array's and those between and around them

    def around(self):
        """The buffer with the array's own bytes blanked: what nobody may ever write."""
        outside = self.buffer.copy()
        own = np.ndarray(
            self.array.shape,
            self.array.dtype,
            buffer=outside,
            offset=self.array.__array_interface__["data"][0] - self.buffer.__array_interface__["data"][0],
            strides=self.array.strides,
        )
        own[...] = np.zeros((), own.dtype)
        return outside.tobytes()


def placed(values, *, order=None, steps=None, signs=None, gap=0, shift=0):
    """Copy `values` into a new buffer: axes in memory order `order` (innermost last).

    Neighbours along an axis are `steps` places apart, backwards where the sign is -1; `gap` more bytes
    stand between rows (fields of records) and `shift` before everything (no alignment).
    """
    values = np.asarray(values)
    axes = range(values.ndim)
    order = list(axes) if order is None else order
    steps = [1] * values.ndim if steps is None else steps
    signs = [1] * values.ndim if signs is None else signs
    strides = [0] * values.ndim
    span = values.itemsize
    for axis in reversed(order):
        strides[axis] = int(steps[axis]) * span
        span = strides[axis] * max(1, values.shape[axis]) + gap
    first = shift + 64
    for axis in axes:
        if signs[axis] < 0 and values.shape[axis] > 0:
            first += strides[axis] * (values.shape[axis] - 1)
            strides[axis] = -strides[axis]
    buffer = np.full(span + shift + 128, GARBAGE, np.uint8)
    array = np.ndarray(values.shape, values.dtype, buffer=buffer, offset=first, strides=strides)
    array[...] = values
    return Placed(array, buffer)


def placed_somewhere(rng, values, *, writeable=None):
    """`placed` with everything drawn from rng; read-only now and then unless `writeable` says."""
    values = np.asarray(values)
    n = values.ndim
    plain = rng.random() < 0.25
    result = placed(
        values,
        order=list(rng.permutation(n)),
        steps=[1] * n if plain else list(rng.integers(1, 4, n)),
        signs=[1] * n if plain else list(rng.choice([1, -1], n)),
        gap=int(rng.integers(0, 9)) if rng.random() < 0.3 else 0,
        shift=int(rng.integers(0, 8)) if rng.random() < 0.5 else 0,
    )
    result.array.flags.writeable = bool(rng.random() < 0.7) if writeable is None else writeable
    return result


def repeated(values, axis):
    """`values` with its first entry along `axis` everywhere, as a view of stride 0."""
    first = np.take(values, [0], axis=axis)
    return np.broadcast_to(first, values.shape)
