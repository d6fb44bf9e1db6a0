"""Idea 2: follow the slope. The numeric gradient, slow and approximate but easy to write."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

from . import _around
from ._arguments import answers_keywords, as_callable, as_positive, one_of
from ._around import Array, Point, Positions
from .objective import Objective

Method = Literal["central", "forward", "backward", "complex", "richardson"]
METHODS = ("central", "forward", "backward", "complex", "richardson")
# Steps of Richardson's extrapolation: h, h/2, h/4, h/8.
_LEVELS = 4
# An objective's structured gradient is all entries or none; up to so many are cheaper one by one.
_FEW = 32
# How many times the noise of f counts: a central quotient has sqrt(1/2) times the noise over h, which is
# measured within a factor of about two (More and Wild 2011).
_DEVIATIONS = 4.0


@dataclass(frozen=True)
class NumericGradient:
    """A numeric gradient with its steps and errors, from ``numeric_gradient(..., full_output=True)``.

    Attributes
    ----------
    gradient : array of x's shape, float64
        Or (n,) of the entries at ``index``.
    h : array of the same shape
        The step of each entry. Of float32 x at least the distance to the next float32.
    error : array of the same shape
        An estimate of the absolute error, on the large side: of the truncation, from a second step, and of
        rounding, several times the noise of f over h. The noise is measured, from differences of high order
        of 16 values of f close to x (More and Wild 2011), and at least 2 eps abs(f).
    evaluations : int
        How often f was called; 0 for an `Objective`, whose columns of scores are evaluated instead.
    method : str
    """

    gradient: Array
    h: Array
    error: Array
    evaluations: int
    method: str


@overload
def numeric_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    h: float | None = ...,
    *,
    method: Method = ...,
    dtype: npt.DTypeLike = ...,
    index: Any = ...,
    full_output: Literal[False] = ...,
) -> Array: ...
@overload
def numeric_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    h: float | None = ...,
    *,
    method: Method = ...,
    dtype: npt.DTypeLike = ...,
    index: Any = ...,
    full_output: Literal[True],
) -> NumericGradient: ...
@answers_keywords
def numeric_gradient(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    h: float | None = None,
    *,
    method: Method = "central",
    dtype: npt.DTypeLike = np.float64,
    index: Any = None,
    full_output: bool = False,
) -> Any:
    r"""Numeric gradient by finite differences, one entry of x after the other (lecture, "Idea 2").

    ========== ============================================== ============ ==========
    method     quotient                                       calls of f   error
    ========== ============================================== ============ ==========
    central    (f(x + h) - f(x - h)) / 2h                     2 n          O(h^2)
    forward    (f(x + h) - f(x)) / h, the slides'             n + 1        O(h)
    backward   (f(x) - f(x - h)) / h                          n + 1        O(h)
    richardson central at h, h/2, h/4, h/8, extrapolated      8 n + 16     O(h^8)
    complex    imag(f(x + i h)) / h, no difference at all     n            O(h^2)
    ========== ============================================== ============ ==========

    Parameters
    ----------
    f : callable
        f(x) returns the loss, or a tuple whose first entry is the loss, as every loss of deeprob does.
        An `Objective` of a matrix is not called: perturbing W[c, d] changes score c alone, by the step times
        X[:, d], so its loss is evaluated again from that one column of the scores. That is the same quotient,
        about a thousand times faster, on the `Objective`'s threads; all of it in float64, at the values that
        W and X hold, also where they are float32.
    x : array of float32 or float64
        The point. A writable array is perturbed in place, as the course's checks rely on
        (``lambda _: net.loss()``), and has its exact bits again whatever happens; anything else is copied,
        integers as float64. An `Objective`'s W is only read.
    h : float, optional
        The step, larger than 0. Default: one for each entry, from the method, the dtype and the size of the
        entry: 2^-17 (7.6e-6) for central and 2^-26 (1.5e-8) for one-sided quotients in float64, times the
        power of two below abs(x) where that is larger than 1.
    method : {"central", "forward", "backward", "complex", "richardson"}
        Which quotient. "complex" (Squire and Trapp 1998) needs an f made of analytic functions that take
        complex arrays: no abs, no max.
    dtype : {float64, float32}
        In which f is evaluated. By default f gets a float64 array also where x is float32: of the same
        values, perturbed to values that float32 has, and x is perturbed along. A float32 quotient has 2 to 4
        digits.
    index : array of integers, tuple of such, or array of bool, optional
        Which entries: positions in ``x.ravel()``, what `numpy.nonzero` returns, or a mask. Default all.
    full_output : bool
        Return a `NumericGradient`, with the steps and an estimate of each entry's error. That takes 16 calls
        and a second step, twice the calls, unless the method is "complex" or "richardson".

    Returns
    -------
    array of x's shape, float64
        (n,) with ``index``. NaN where f is NaN, and of entries so large that adding h changes nothing.

    Raises
    ------
    ValueError, TypeError, IndexError
        If h is not a positive number, ``method`` is unknown, ``index`` is not in x, f does not return a
        number, or f changes x.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> deeprob.numeric_gradient(lambda w: np.sum(w**2), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])

    How well it is known, and by which step:

    >>> found = deeprob.numeric_gradient(np.cos, 1.0, full_output=True)
    >>> bool(abs(found.gradient + np.sin(1.0)) < found.error), float(found.h)
    (True, 7.62939453125e-06)
    >>> complex_step = deeprob.numeric_gradient(np.cos, 1.0, method="complex")
    >>> float(complex_step) == float(-np.sin(1.0))
    True
    """
    as_callable(f, "f")
    one_of(method, "method", METHODS)
    wanted = _evaluation_dtype(dtype)
    step = None if h is None else as_positive(h, "h")
    point = _around.point_of(x, "x", wanted)
    h_all = _around.automatic_steps(point, method) if step is None else _around.given_steps(point, step)
    entries = _positions(index, point.memory.shape)
    work = _Work(f, point, entries, h_all.ravel()[entries], method, full_output)
    # Another class of Objective may evaluate something else.
    if type(f) is Objective and point.memory.ndim == 2 and wanted == np.float64:
        gradient, error, calls = _of_objective(work, x)
    else:
        gradient, error, calls = _FORMULAS[method](work)
    shape = point.memory.shape if index is None else entries.shape
    gradient = gradient.reshape(shape)
    if not full_output:
        return gradient
    return NumericGradient(gradient, work.h.reshape(shape), error.reshape(shape), calls, method)


@dataclass
class _Work:
    """What a formula needs: the function of one array, where, which entries, with which steps."""

    f: Callable[[Any], Any]
    point: Point
    entries: Positions
    h: Array
    method: str
    errors: bool

    def around(self, offsets: Array, **options: bool) -> _around.Around:
        """Evaluate with each entry moved by these multiples of its step."""
        moves = np.ascontiguousarray(self.h[:, None] * offsets)
        return _around.evaluate(
            self.f, (self.point.argument,), self.point, self.entries, moves, scalar=True, **options
        )

    def noise(self) -> tuple[Array, int]:
        """Return what rounding may leave in a central quotient with h, and how many calls it took to know."""
        signs: Array = np.zeros(self.point.memory.shape)
        # One-sided methods stay on their side, for functions that end at x.
        signs.ravel()[self.entries] = -1.0 if self.method == "backward" else 1.0
        found = _around.noise_of(self.f, (self.point.argument,), self.point, signs)
        return _DEVIATIONS * found.size / self.h, found.evaluations


_Found = tuple[Array, Array, int]


def _central(work: _Work) -> _Found:
    offsets = np.array([1.0, -1.0, 2.0, -2.0] if work.errors else [1.0, -1.0])
    found = work.around(offsets)
    v, steps = found.values, found.steps
    gradient = _around.quotients(v[:, 0], v[:, 1], steps[:, 0] - steps[:, 1])[:, 0]
    if not work.errors:
        return gradient, gradient, found.evaluations
    twice = _around.quotients(v[:, 2], v[:, 3], steps[:, 2] - steps[:, 3])[:, 0]
    noise, calls = work.noise()
    return gradient, np.abs(twice - gradient) + noise, found.evaluations + calls


def _one_sided(work: _Work) -> _Found:
    sign = -1.0 if work.method == "backward" else 1.0
    found = work.around(sign * np.array([1.0, 2.0] if work.errors else [1.0]), base=True)
    v, base = found.values, found.base
    assert base is not None
    gradient = _around.quotients(v[:, 0], base, found.steps[:, 0])[:, 0]
    if not work.errors:
        return gradient, gradient, found.evaluations
    twice = _around.quotients(v[:, 1], base, found.steps[:, 1])[:, 0]
    noise, calls = work.noise()
    return gradient, 1.5 * np.abs(twice - gradient) + 2.0 * noise, found.evaluations + calls


def _richardson(work: _Work) -> _Found:
    halves = 0.5 ** np.arange(_LEVELS)
    found = work.around(np.concatenate([halves, -halves]))
    v, steps = found.values, found.steps
    estimates = np.stack(
        [
            _around.quotients(v[:, k], v[:, k + _LEVELS], steps[:, k] - steps[:, k + _LEVELS])
            for k in range(_LEVELS)
        ],
        axis=1,
    )
    noise, calls = work.noise()
    best, error = _around.extrapolated(estimates, _level_noise(noise))
    return best[:, 0], error[:, 0], found.evaluations + calls


def _level_noise(noise: Array) -> Array:
    """Return what rounding leaves at h, h/2, ..., (n, levels, 1)."""
    return (noise[:, None] * 2.0 ** np.arange(_LEVELS))[:, :, None]


def _complex(work: _Work) -> _Found:
    with np.errstate(invalid="ignore", over="ignore"):
        z = np.array(work.point.values, np.result_type(work.point.argument, np.complex64))
    before = z.tobytes()
    imaginary = z.imag
    moved = Point(imaginary, None, imaginary, imaginary)
    found = _around.evaluate(
        work.f, (z.view(),), moved, work.entries, work.h[:, None].copy(), scalar=True, imaginary=True
    )
    if z.tobytes() != before:
        raise ValueError("f changed x; expected a function that leaves its argument as it is")
    gradient = _around.quotients(found.values[:, 0], np.zeros(1), found.steps[:, 0])[:, 0]
    eps = np.finfo(imaginary.dtype).eps
    return gradient, _DEVIATIONS * eps * np.abs(gradient), found.evaluations


_FORMULAS: dict[str, Callable[[_Work], _Found]] = {
    "central": _central,
    "forward": _one_sided,
    "backward": _one_sided,
    "richardson": _richardson,
    "complex": _complex,
}


def _of_objective(work: _Work, W: npt.ArrayLike) -> _Found:
    """Return the quotients of an objective: from its columns of scores, or of few entries from its values."""
    objective = work.f
    assert isinstance(objective, Objective)
    if work.method == "complex":
        raise ValueError("method is 'complex'; expected another: an Objective takes real weights")
    if work.entries.size <= _FEW < work.point.memory.size:
        work.f = objective.value
        return _FORMULAS[work.method](work)
    h: Array = np.ones(work.point.memory.shape)
    h.ravel()[work.entries] = work.h
    sign = {"forward": 1, "backward": -1}.get(work.method, 0)
    found = [
        objective_quotients(objective, work.point.memory, scale * h, sign).ravel()[work.entries]
        for scale in _objective_steps(work)
    ]
    if not work.errors and work.method != "richardson":
        return found[0], found[0], 0
    noise = 2.0 * _DEVIATIONS * np.finfo(np.float64).eps * abs(objective.value(W)) / work.h
    if work.method == "richardson":
        best, error = _around.extrapolated(np.stack(found, axis=1)[:, :, None], _level_noise(noise))
        return best[:, 0], error[:, 0], 0
    return found[0], 1.5 * np.abs(found[1] - found[0]) + noise, 0


def _objective_steps(work: _Work) -> list[float]:
    if work.method == "richardson":
        return [0.5**k for k in range(_LEVELS)]
    return [1.0, 2.0] if work.errors else [1.0]


def objective_quotients(objective: Objective, W: npt.ArrayLike, h: Array, side: int = 0) -> Array:
    """Return an objective's numeric gradient: central, forward (side 1) or backward (-1), with these steps.

    A pass over the examples has one step for all entries, so there is one for each that occurs; where
    `_around.automatic_steps` chose them, one for each power of two among the larger weights.
    """
    result = np.empty(h.shape)
    for step in np.unique(h) if h.size else [1.0]:
        signed = -step if side < 0 else step
        gradient = objective._numeric_gradient(W, float(signed), side != 0)
        result[h == step] = gradient[h == step]
    return result


def _evaluation_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    wanted = np.dtype(dtype)
    if wanted not in (np.float32, np.float64):
        raise ValueError(f"dtype is {wanted}; expected float64 or float32")
    return wanted


def _positions(index: Any, shape: tuple[int, ...]) -> Positions:
    """Return the entries' positions in C order."""
    size = int(np.prod(shape, dtype=np.intp))
    if index is None:
        return np.arange(size, dtype=np.intp)
    if isinstance(index, tuple):
        if len(index) != len(shape):
            raise IndexError(f"index has {len(index)} arrays; expected one for each of x's {len(shape)} axes")
        within = [_within(at, n) for at, n in zip(index, shape, strict=True)]
        return np.atleast_1d(np.ravel_multi_index(tuple(np.broadcast_arrays(*within)), shape)).ravel()
    mask = np.asarray(index)
    if mask.dtype == bool:
        if mask.shape != shape:
            raise IndexError(f"index is a mask of shape {mask.shape}; expected x's {shape}")
        return np.flatnonzero(mask)
    return np.atleast_1d(_within(index, size)).ravel()


def _within(index: Any, n: int) -> Positions:
    """Return integers of 0..n - 1; negative ones count from the end."""
    found = np.asarray(index)
    if found.size == 0:
        return np.zeros(found.shape, np.intp)
    if found.dtype.kind not in "iu":
        raise TypeError(f"index has dtype {found.dtype}; expected integers, or a mask of x's shape")
    wrong = (found < -n) | (found >= n)
    if wrong.any():
        raise IndexError(f"index has {found[wrong].flat[0]}; expected positions in {-n}..{n - 1}")
    at = found.astype(np.intp)
    return np.where(at < 0, at + n, at)
