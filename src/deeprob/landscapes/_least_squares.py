"""Landscapes that are sums of squares."""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from ._base import Array, Landscape


class LeastSquares(Landscape):
    """f(w) = sum_i r_i(w)^2 with gradient 2 J' r and Hessian 2 (J' J + sum_i r_i H_i).

    J is the Jacobian of the residuals r, H_i the Hessian of r_i. A class of one's own defines ``_residuals``,
    ``_jacobian`` and ``_curvature``, and sets ``m``. Far from the start residuals may overflow; they are
    then infinite or NaN, without a warning.

    Attributes
    ----------
    m : int
        The number of residuals.
    """

    m: int

    def residuals(self, w: npt.ArrayLike) -> Array:
        """Return the residuals at w, (n,) to (m,) of float64."""
        with np.errstate(all="ignore"):
            return self._residuals(self._point(w, "w")[0])

    def jacobian(self, w: npt.ArrayLike) -> Array:
        """Return the residuals' derivatives at w, (n,) to (m, n) of float64."""
        with np.errstate(all="ignore"):
            return self._jacobian(self._point(w, "w")[0])

    @abstractmethod
    def _residuals(self, w: Array) -> Array: ...

    @abstractmethod
    def _jacobian(self, w: Array) -> Array: ...

    @abstractmethod
    def _curvature(self, w: Array, r: Array) -> Array:
        """Return sum_i r_i H_i, (n, n)."""

    def _value(self, w: Array) -> float:
        with np.errstate(all="ignore"):
            r = self._residuals(w)
            return float(r @ r)

    def _value_and_gradient(self, w: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            r = self._residuals(w)
            return float(r @ r), 2.0 * (r @ self._jacobian(w))

    def _hessian(self, w: Array) -> Array:
        with np.errstate(all="ignore"):
            J = self._jacobian(w)
            return 2.0 * (J.T @ J + self._curvature(w, self._residuals(w)))
