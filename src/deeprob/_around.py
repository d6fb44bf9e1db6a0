"""A function around a point, one entry of one input moved at a time: under all numeric gradients."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray

Array = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

# The step of a difference quotient where nobody chose one, for entries of at most 1: the power of two next to
# the one that balances truncation and rounding of a function whose derivatives are of its own size,
# eps^(1/3) for central and eps^(1/2) for one-sided quotients (Dennis and Schnabel 1983, section 5.4). Powers
# of two, so that x + h is exact where it can be. Richardson's extrapolation begins large, as it removes three
# more terms of the truncation; the complex step subtracts nothing, so it may be as small as one likes.
STEPS = {
    "float64": {"central": 2.0**-17, "forward": 2.0**-26, "richardson": 2.0**-9, "complex": 2.0**-100},
    "float32": {"central": 2.0**-8, "forward": 2.0**-11, "richardson": 2.0**-4, "complex": 2.0**-50},
}
# In steps of float32 x evaluated in float64: enough of x's digits that moving it is seen.
_FLOAT32_STEP = 2.0**-20


@dataclass(frozen=True)
class Point:
    """An input whose entries can be moved: in place where that is possible.

    ``memory`` is the array that is moved and ``argument`` what the function gets; both are views, so that
    the function cannot resize what is moved. Of float32 evaluated in float64 the function gets a view of a
    ``shadow`` of the same values, and the float32 array moves along for those who look there.
    """

    memory: FloatArray
    shadow: Array | None
    argument: FloatArray
    original: FloatArray  # as the caller gave it

    @property
    def values(self) -> Array:
        """The point itself, a float64 copy."""
        return np.array(self.memory, np.float64)


def point_of(x: Any, name: str, dtype: npt.DTypeLike = np.float64) -> Point:
    """Return x as a point for functions evaluated in ``dtype``.

    A writable array of real floating-point numbers moves in place; anything else is copied: integers, lists,
    read-only arrays, those whose elements share memory or have another byte order.
    """
    array = _core.as_array(x, name, True)
    wanted = np.dtype(dtype)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} has dtype {array.dtype}; expected real numbers{_advice(array.dtype)}")
    movable = array.dtype in (np.float32, np.float64) and array.dtype.itemsize <= wanted.itemsize
    if not movable or not array.flags.behaved or not array.dtype.isnative or _shares_places(array):
        array = np.array(array, wanted if not movable else array.dtype.newbyteorder("="), subok=False)
    if array.dtype == wanted:
        return Point(array.view(np.ndarray), None, array.view(), array)
    shadow = np.array(array, wanted, subok=False)
    return Point(array.view(np.ndarray), shadow.view(), shadow.view(), array)


def _advice(dtype: np.dtype[Any]) -> str:
    return ": check real and imaginary part as two inputs" if dtype.kind == "c" else ""


def _shares_places(array: FloatArray) -> bool:
    """Whether elements may share memory: unless each stride steps over all that the shorter ones reach."""
    reached = array.itemsize
    for stride, n in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1):
        if stride < reached:
            return True
        reached += (n - 1) * stride
    return False


@dataclass(frozen=True)
class Around:
    """Values of f around a point: (n, k, m) for n entries, k steps and m output entries."""

    values: Array
    steps: Array
    shape: tuple[int, ...]
    base: Array | None

    @property
    def evaluations(self) -> int:
        """How often f was called."""
        return self.steps.size + (self.base is not None)


def evaluate(
    f: Callable[..., Any],
    arguments: Sequence[Any],
    point: Point,
    index: Positions,
    offsets: Array,
    *,
    base: bool = False,
    scalar: bool = False,
    imaginary: bool = False,
) -> Around:
    """Call f(*arguments) with each entry at ``index`` moved by each of its offsets, (n, k).

    The point's entries have their old bits afterwards, whatever happens.
    """
    shape, at_point, values, steps = _core.values_around(
        f, tuple(arguments), point.memory, point.shadow, index, offsets, base, scalar, imaginary
    )
    return Around(values, steps, shape, None if at_point is None else at_point.ravel())


def automatic_steps(point: Point, method: str) -> Array:
    """Return the step of each entry: that of an entry of 1, times the power of two below abs(x) beyond."""
    steps = STEPS["float32" if point.argument.dtype == np.float32 else "float64"]
    h = steps["forward" if method == "backward" else method]
    if point.shadow is not None:
        h = max(h, _FLOAT32_STEP)
    return h * scales(point.values)


def scales(x: Array) -> Array:
    """Return max(1, 2^k <= abs(x)), 1 where x is not finite."""
    size = np.abs(np.where(np.isfinite(x), x, 1.0))
    return np.exp2(np.maximum(0.0, np.frexp(size)[1] - 1.0))


def given_steps(point: Point, h: float) -> Array:
    """Return h for each entry; of float32 entries at least the distance to the next one."""
    if point.shadow is None and point.memory.dtype == np.float64:
        return np.full(point.memory.shape, h)
    spacing = np.spacing(np.abs(point.memory)).astype(np.float64)
    return np.maximum(h, np.where(np.isfinite(spacing), spacing, h))


def quotients(above: Array, below: Array, width: Array) -> Array:
    """Return (above - below) / width for (n, m) values and (n,) widths; NaN where nothing was moved."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(width[:, None] != 0, (above - below) / width[:, None], np.nan)


def extrapolated(estimates: Array, noise: Array) -> tuple[Array, Array]:
    """Return the best of Richardson's extrapolations of central quotients, and an estimate of its error.

    ``estimates`` (n, k, m) are quotients at h, h/2, h/4, ...; column j of the table removes the error's terms
    up to h^(2j). Of all entries of the table the one that differs least from its two parents is taken
    (Ridders 1982), where ``noise`` (n, k, 1), what rounding leaves in each quotient, counts as well.
    """
    rows = estimates.shape[1]
    table, best, error = estimates, estimates[:, 0], np.full(estimates[:, 0].shape, np.inf)
    for j in range(1, rows):
        factor = 4.0**j
        higher = (factor * table[:, 1:] - table[:, :-1]) / (factor - 1.0)
        parents = np.maximum(np.abs(higher - table[:, 1:]), np.abs(higher - table[:, :-1]))
        doubt = parents + noise[:, j:]
        for row in range(higher.shape[1]):
            better = doubt[:, row] < error
            best = np.where(better, higher[:, row], best)
            error = np.where(better, doubt[:, row], error)
        table = higher
    return best, error
