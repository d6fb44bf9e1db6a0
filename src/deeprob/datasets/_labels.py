"""Labels as they come in files: checked and made int64."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def as_labels(values: object, count: int, num_classes: int, name: str) -> npt.NDArray[np.int64]:
    """Return labels (a list or tuple of ints, or an integer array) as an int64 array of shape (count,).

    Raises
    ------
    ValueError
        If they are something else, not `count` of them, or not in 0..num_classes-1.
    """
    expected = f"{name}: labels: expected {count:,} integers 0..{num_classes - 1}"
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "iu" or values.size != count or values.ndim not in (1, 2):
            raise ValueError(f"{expected}, got a {values.dtype.name} array of shape {values.shape}")
        array = values.reshape(-1)
        low, high = int(array.min(initial=0)), int(array.max(initial=0))
    elif isinstance(values, (list, tuple)):
        if len(values) != count:
            raise ValueError(f"{expected}, got {len(values):,} values")
        for value in values:
            if type(value) is not int:
                raise ValueError(f"{expected}, got a {type(value).__name__} among them")
        low, high = min(values, default=0), max(values, default=0)
    else:
        raise ValueError(f"{expected}, got a {type(values).__name__}")
    if low < 0 or high >= num_classes:
        raise ValueError(f"{expected}, got a label {low if low < 0 else high}")
    return np.array(values, dtype=np.int64).reshape(-1)
