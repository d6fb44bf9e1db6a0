"""What a diagnosis is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """An analytic gradient that disagrees with the numeric one, and what is known of the function.

    Attributes
    ----------
    x : array of float64
        The input at the point.
    analytic, numeric, tolerance : arrays of float64
        As in `Comparison`: x's shape + ``output_shape``, or (k,) beside ``indices``. ``analytic`` may have
        any other shape: that is a mistake to name.
    wrong : array of bool
        The entries that disagree and are no kink and no round-off. Entries beyond the tolerance that are not
        here count neither for nor against an explanation.
    output_shape : tuple of int
        () for a scalar.
    term : str
        What of the function: "" for the whole, "data loss", "regularization".
    inputs : mapping
        All inputs by name, where the names are known: W, X, y, reg ...
    reg : float, optional
        The regularizer's strength.
    examples : (X, y), optional
        (N, D) and the integer labels (N,), where the function has such inputs.
    class_axis : int, optional
        Which axis of x counts the classes.
    indices : (k, ndim) array of int, optional
        Which entries of x were sampled; None: all, in order.
    name : str
        What x is called; by default the name of the input that is x.
    """

    x: Floats
    analytic: Floats
    numeric: Floats
    tolerance: Floats
    wrong: Mask
    output_shape: tuple[int, ...] = ()
    term: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    reg: float | None = None
    examples: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None = None
    class_axis: int | None = None
    indices: npt.NDArray[np.intp] | None = None
    name: str = ""
