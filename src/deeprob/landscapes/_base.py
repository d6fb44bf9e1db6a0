"""What all landscapes have in common: their description, their arguments' checks, many points at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, answers_keywords

if TYPE_CHECKING:
    from ._noise import NoisyLandscape

Array = npt.NDArray[np.float64]
_DOUBLE = np.dtype(np.float64)
Limits = tuple[tuple[float, float], ...]


class Landscape(ABC):
    """A function of n variables with gradient and Hessian, and what is known of it.

    Called with w it gives ``(f, g)``, so it is something to minimize wherever a function with its gradient
    is asked for. Made by the functions of `deeprob.landscapes`; a class of one's own defines
    ``_value_and_gradient`` and ``_hessian``, which get a float64 array (n,).

    Parameters
    ----------
    name : str
        What it is called in tables and figures.
    start : (n,) array
        Where optimizers usually start.
    minima : (k, n) array, optional
        The known global minimizers; default none.
    minimum : float
        The value there; NaN if unknown, -inf if there is none.
    limits : ((x0, x1), (y0, y1)), optional
        What a figure should show; default a square around start and minima.
    parameters : dict, optional
        The arguments of the function that made it, for `repr`.

    Attributes
    ----------
    n : int
        The number of variables.
    name, start, minima, minimum, limits, parameters
        As given; the arrays are read-only copies.

    Examples
    --------
    >>> from deeprob import landscapes
    >>> valley = landscapes.rosenbrock()
    >>> valley
    rosenbrock(n=2, b=100.0)
    >>> f, g = valley(valley.start)
    >>> round(f, 12), g.round(12)
    (24.2, array([-215.6,  -88. ]))
    >>> valley.minima, valley.minimum
    (array([[1., 1.]]), 0.0)
    """

    def __init__(
        self,
        name: str,
        *,
        start: npt.ArrayLike,
        minima: npt.ArrayLike = (),
        minimum: float = float("nan"),
        limits: Limits | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.start = _frozen(start)
        self._shape = self.start.shape
        if len(self._shape) != 1 or not self._shape[0]:
            raise ValueError(f"start has shape {self._shape}; expected (n,)")
        self.n = self._shape[0]
        self.minima = _frozen(np.reshape(np.asarray(minima, np.float64), (-1, self.n)))
        self.minimum = float(minimum)
        self.limits = limits or _limits_around(np.vstack([self.start, self.minima]))
        self.parameters = dict(parameters or {})

    def __call__(self, w: npt.ArrayLike) -> tuple[float, FloatArray]:
        """Return ``(f, g)``, the value and the gradient at w.

        Parameters
        ----------
        w : (n,) array of float32 or float64
            Float32 is computed in float64 like all else.

        Returns
        -------
        f : float
        g : (n,) array
            Of w's dtype.

        Raises
        ------
        ValueError, TypeError
            If w has another shape or dtype.
        """
        point, dtype = self._point(w, "w")
        f, g = self._value_and_gradient(point)
        return f, g if dtype is _DOUBLE else g.astype(dtype)

    value_and_grad = __call__

    def value(self, w: npt.ArrayLike) -> float:
        """Return the value at w, (n,)."""
        return self._value(self._point(w, "w")[0])

    def gradient(self, w: npt.ArrayLike) -> FloatArray:
        """Return the gradient at w, (n,) of w's dtype."""
        return self(w)[1]

    def hessian(self, w: npt.ArrayLike) -> Array:
        """Return the Hessian at w, (n, n) of float64."""
        return self._hessian(self._point(w, "w")[0])

    def hvp(self, w: npt.ArrayLike, v: npt.ArrayLike) -> FloatArray:
        """Return the product of the Hessian at w with v, (n,) of w's dtype."""
        point, dtype = self._point(w, "w")
        direction = self._point(v, "v")[0]
        return self._hvp(point, direction).astype(dtype)

    @answers_keywords
    def values(self, points: npt.ArrayLike, *, threads: int | None = None) -> Array:
        """Return the values at many points.

        Parameters
        ----------
        points : (k, n) array of float32 or float64
            Where.
        threads : int, optional
            At most this many threads (landscapes of two variables).

        Returns
        -------
        (k,) array of float64
            Each has the bits that `value` gives.
        """
        _core.check_options(0, 0, threads)
        return self._values(self._points(points), threads)

    def gradients(self, points: npt.ArrayLike) -> Array:
        """Return the gradients at many points, (k, n) to (k, n) of float64."""
        return self._gradients(self._points(points))

    def hessians(self, points: npt.ArrayLike) -> Array:
        """Return the Hessians at many points, (k, n) to (k, n, n) of float64."""
        return self._hessians(self._points(points))

    @answers_keywords
    def grid(self, x: npt.ArrayLike, y: npt.ArrayLike, *, threads: int | None = None) -> Array:
        """Return the values on a grid, for contour plots; of landscapes of two variables.

        Parameters
        ----------
        x, y : (nx,), (ny,) arrays of float32 or float64
            The coordinates of the columns and of the rows.
        threads : int, optional
            At most this many threads.

        Returns
        -------
        (ny, nx) array of float64
            ``[j, i]`` has the bits of ``value([x[i], y[j]])``.

        Raises
        ------
        ValueError, TypeError
            If the landscape has not two variables, or an argument the wrong shape or dtype.

        Examples
        --------
        >>> from deeprob import landscapes
        >>> landscapes.saddle().grid([-1.0, 0.0, 1.0], [0.0, 2.0])
        array([[ 1.,  0.,  1.],
               [-3., -4., -3.]])
        """
        _core.check_options(0, 0, threads)
        if self.n != 2:
            raise ValueError(f"grid needs a landscape of 2 variables; {self.name} has {self.n}")
        return self._grid(_vector(x, "x"), _vector(y, "y"), threads)

    def noisy(self, scale: float, rng: Rng = None) -> NoisyLandscape:
        """Return this landscape with noise in its gradients: see `deeprob.landscapes.noisy`."""
        from ._noise import noisy

        return noisy(self, scale, rng)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.parameters.items())})"

    # ---- what a landscape defines, of checked float64 arrays ----

    @abstractmethod
    def _value_and_gradient(self, w: Array) -> tuple[float, Array]: ...

    @abstractmethod
    def _hessian(self, w: Array) -> Array: ...

    def _value(self, w: Array) -> float:
        return self._value_and_gradient(w)[0]

    def _hvp(self, w: Array, v: Array) -> Array:
        return self._hessian(w) @ v

    def _values(self, points: Array, _threads: int | None) -> Array:
        return np.array([self._value(w) for w in points], dtype=np.float64)

    def _gradients(self, points: Array) -> Array:
        return np.array([self._value_and_gradient(w)[1] for w in points]).reshape(points.shape)

    def _hessians(self, points: Array) -> Array:
        return np.array([self._hessian(w) for w in points]).reshape(*points.shape, self.n)

    def _grid(self, x: Array, y: Array, threads: int | None) -> Array:
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        return self._values(points, threads).reshape(y.size, x.size)

    # ---- arguments ----

    def _point(self, w: npt.ArrayLike, name: str) -> tuple[Array, np.dtype[Any]]:
        """Return w as a contiguous float64 array, and the dtype that it had."""
        if type(w) is np.ndarray and w.dtype is _DOUBLE and w.shape == self._shape and w.flags.carray:
            return w, _DOUBLE  # nearly always, and the checks below take longer than a kernel
        a = as_floats(w, name)
        if a.shape != self._shape:
            raise ValueError(f"{name} has shape {a.shape}; expected ({self.n},), as {self.name} has it")
        return _contiguous(a), a.dtype

    def _points(self, points: npt.ArrayLike) -> Array:
        a = as_floats(points, "points")
        if a.ndim != 2 or a.shape[1] != self.n:
            raise ValueError(f"points has shape {a.shape}; expected (k, {self.n}), points of {self.name}")
        return _contiguous(a)


def as_floats(a: npt.ArrayLike, name: str) -> npt.NDArray[Any]:
    array = _core.as_array(a, name, True)
    if array.dtype != np.float64 and array.dtype != np.float32:
        raise TypeError(f"{name} has dtype {array.dtype}; expected float32 or float64 in native byte order")
    return array


def _vector(a: npt.ArrayLike, name: str) -> Array:
    array = as_floats(a, name)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; expected one dimension")
    return _contiguous(array)


def _contiguous(a: npt.NDArray[Any]) -> Array:
    """Return ``a`` as kernels take it: float64, without gaps, aligned."""
    return np.require(a, np.float64, ("C_CONTIGUOUS", "ALIGNED"))


def _frozen(a: npt.ArrayLike) -> Array:
    array = np.array(a, dtype=np.float64)
    array.flags.writeable = False
    return array


def _limits_around(points: Array) -> Limits:
    """Return what shows all points, with half their extent around them, as a square."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = float((high - low).max()) or 1.0
    return tuple((float(m - half), float(m + half)) for m in (low + high) / 2)
