"""A function around a point, one entry of one input moved at a time: under all numeric gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
        with np.errstate(invalid="ignore"):  # of signalling NaN
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
    with np.errstate(invalid="ignore", over="ignore"):  # signalling NaN, and what float32 has no number for
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


def output_of(result: Any) -> Any:
    """Return the output: the result, or the first of a tuple."""
    return result[0] if isinstance(result, tuple) and result else result


def place_of(array: npt.NDArray[Any]) -> tuple[int, int]:
    """Return where the memory behind an array is, and its size; other numbers where it was resized."""
    owner = array
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return owner.__array_interface__["data"][0], owner.nbytes


def refuse_resized(arrays: Sequence[npt.NDArray[Any]], places: Sequence[tuple[int, int]]) -> None:
    """Raise ValueError if the memory behind an array is not where it was: nobody may look there."""
    if any(place_of(array) != place for array, place in zip(arrays, places, strict=True)):
        raise ValueError("f resized x; expected a function of its values")


@contextmanager
def moved_along(
    f: Callable[..., Any], arguments: Sequence[Any], point: Point, direction: Array
) -> Iterator[Callable[[float], Array]]:
    """Give a function of t: the output with the input moved by t times a direction; restored after."""
    before, start = point.memory.copy(), point.values
    arrays = [point.memory] if point.shadow is None else [point.memory, point.shadow]
    places = [place_of(array) for array in arrays]

    def write(values: FloatArray) -> None:
        refuse_resized(arrays, places)
        with np.errstate(invalid="ignore", over="ignore"):
            for array in arrays:
                array[...] = values

    def at(t: float) -> Array:
        with np.errstate(invalid="ignore", over="ignore"):
            moved = start + t * direction
        write(moved)
        result = np.array(output_of(f(*arguments)), np.float64).ravel()
        refuse_resized(arrays, places)
        return result

    try:
        yield at
    finally:
        write(before)


@dataclass(frozen=True)
class Noise:
    """What rounding leaves in each entry of the output, (m,), and whether its values are all float32's."""

    size: Array
    float32: bool
    evaluations: int


_POINTS = 8
# Steps along the line: thousands of units in the last place, and yet no truncation to see in differences of
# order 4.
_CLOSE_AND_FAR = {"float64": (2.0**-36, 2.0**-20), "float32": (2.0**-13, 2.0**-9)}


def noise_of(f: Callable[..., Any], arguments: Sequence[Any], point: Point, signs: Any = None) -> Noise:
    """Estimate what rounding leaves in the output.

    From differences of high order of values along a line, which only noise has (More and Wild 2011, ECnoise);
    at least 2 eps abs(f). Where close values do not differ at all, the function may round its argument:
    values further apart are looked at as well. ``signs`` are those of the line's direction, 0 for entries
    that stay; default random.
    """
    rng = np.random.default_rng(0)
    shape = point.memory.shape
    random = rng.choice([-1.0, 1.0], shape)
    # No powers of two: their squares would be numbers of float32 too.
    direction = (random if signs is None else signs) * rng.uniform(0.5, 1.0, shape) * scales(point.values)
    steps = _CLOSE_AND_FAR[point.argument.dtype.name]
    with moved_along(f, arguments, point, direction) as moved:
        close, far = (np.stack([moved(j * step) for j in range(_POINTS)]) for step in steps)
    both = np.concatenate([close, far])
    eps = float(np.finfo(point.argument.dtype).eps)
    with np.errstate(all="ignore"):
        least = 2.0 * eps * np.abs(np.where(np.isfinite(both), both, 0.0)).max(axis=0)
        found = np.where(_noise(close) > 0.0, _noise(close), _noise(far))
        float32 = _rounded_to_float32(both)
    return Noise(np.maximum(np.where(np.isfinite(found), found, 0.0), least), float32, 2 * _POINTS)


def _rounded_to_float32(values: Array) -> bool:
    """Whether all values are float32's, and differ in its last digits.

    Whole numbers and what is left of a cancellation are numbers of float32 too, of fewer bits.
    """
    rounded = values.astype(np.float32)
    if np.unique(rounded[:, :1]).size == 1 or not np.all(rounded == values):
        return False
    mantissas = np.ldexp(np.frexp(rounded[np.isfinite(rounded)])[0], 18)
    return bool(np.any(mantissas != np.round(mantissas)))


def _noise(values: Array) -> Array:
    """Return the noise of equidistant values along axis 0, from their differences of order 4 to 6."""
    found = []
    differences, scale = values, 1.0
    for order in range(1, 7):
        differences = np.diff(differences, axis=0)
        scale *= order**2 / ((2.0 * order) * (2.0 * order - 1.0))  # (k!)^2 / (2k)!
        if order >= 4:
            found.append(np.sqrt(scale * np.mean(differences**2, axis=0)))
    return np.asarray(np.median(np.stack(found), axis=0))


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
