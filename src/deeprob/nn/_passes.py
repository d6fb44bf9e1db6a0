"""What a network's passes need around them."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .._arguments import FloatArray
from ._layer import Layer


def softmax(s: FloatArray) -> FloatArray:
    """Return exp(s_k) / sum_j exp(s_j) of each row, in float64, rounded to the dtype of s."""
    wide = s.astype(np.float64)
    p = np.exp(wide - wide.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rounded: FloatArray = p.astype(s.dtype)
    return rounded


@contextmanager
def unmoved_if_wrong(net: Layer) -> Iterator[None]:
    """Put buffers back if a pass is stopped by an error or Ctrl-C."""
    before = [(value, value.copy()) for _, layer in net.walk() for value in layer.buffers.values()]
    try:
        yield
    except BaseException:
        for value, kept in before:
            value[...] = kept
        raise
