"""What is minimized, as a function of a flat x, whatever the caller wrote it as; every evaluation counted."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._arguments import FloatArray, as_callable
from ..descent import Batches
from ..gradients import numeric_gradient
from ..objective import Objective
from ._watch import Options, Outcome, Point, Status, Stop, Watch

__all__ = ["Options", "Outcome", "Point", "Problem", "Status", "Stop", "Watch"]

QUOTIENTS = {"2-point": "forward", "3-point": "central"}


class Problem:
    """A function of a flat x with its gradient and, where there are any, its second derivatives.

    Attributes
    ----------
    nfev, njev, nhev : int
        Evaluations of the function, its gradient, its Hessian or a Hessian-vector product.
    shape : tuple
        The shape that the caller's functions see x in.
    dtype : numpy.dtype
        The dtype of x and gradients, float32 or float64.
    n : int
        The number of entries of x.
    noisy : bool
        Whether each evaluation is of another minibatch.
    held : bool
        Set by methods that want one minibatch until they call `next_batch`.
    notes : list of str
        What the result's message has to add.
    """

    def __init__(
        self,
        fun: Any,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        args: tuple[Any, ...] = (),
        jac: Any = None,
        hess: Callable[..., Any] | None = None,
        hessp: Callable[..., Any] | None = None,
        batches: Batches | None = None,
    ) -> None:
        self.fun, self.shape, self.dtype, self.args = fun, shape, dtype, args
        self.n = int(np.prod(shape, dtype=np.int64))
        self.jac, self.hess, self.hessp, self.batches = jac, hess, hessp, batches
        self.noisy, self.held = batches is not None, False
        self.nfev = self.njev = self.nhev = 0
        self.notes: list[str] = []
        self.index: Any = None  # the minibatch of the last evaluation
        self._last: tuple[FloatArray, FloatArray] | None = None  # x and its gradient, for finite differences
        quotient = "3-point" if jac is False else jac if isinstance(jac, str) else ""
        self._numeric = QUOTIENTS.get(quotient)
        self._check()

    def _check(self) -> None:
        as_callable(self.fun, "fun")
        known = self.jac is None or isinstance(self.jac, bool | np.bool_) or self._numeric
        if not known and not callable(self.jac):
            raise TypeError(
                f"jac is {self.jac!r}; expected a function, True (fun returns the value and the gradient), "
                "None, '2-point' or '3-point'"
            )
        for name in ("hess", "hessp"):
            if getattr(self, name) is not None:
                as_callable(getattr(self, name), name)

    # ---- values and gradients ------------------------------------------------------------

    def value_and_grad(self, x: FloatArray) -> tuple[float, FloatArray]:
        """Return f and its gradient, a new flat array; of the next minibatch unless that is held."""
        if self.batches is not None and not (self.held and self.index is not None):
            self.index = self.batches.take(1)[0]
        f, g = self._evaluate(x)
        self._last = (x.copy(), g)
        return f, g

    def next_batch(self) -> None:
        """Take another minibatch from the next evaluation on, where `held` is set."""
        self.index = None

    def value(self, x: FloatArray) -> float:
        """Return f alone; of the minibatch of the last gradient where there are batches."""
        of = getattr(self.fun, "value", None)
        if of is None or self.args:
            result = self.fun(self.shaped(x), *self.args)
            result = result[0] if isinstance(result, tuple) and result else result
        else:
            result = of(self.shaped(x)) if self.index is None else of(self.shaped(x), self.index)
        self.nfev += 1
        return _number(result)

    def over_all(self, x: FloatArray) -> tuple[float, FloatArray]:
        """Return f and its gradient over all examples, also where there are batches."""
        self.index = None
        return self._evaluate(x)

    def shaped(self, x: FloatArray) -> FloatArray:
        """Return x as the caller's functions see it: in their shape and dtype, a copy of their own."""
        return np.array(x, self.dtype).reshape(self.shape)

    def _evaluate(self, x: FloatArray) -> tuple[float, FloatArray]:
        if self._numeric:
            return self._by_quotients(x)
        if callable(self.jac):
            f = self.value(x)
            self.njev += 1
            return f, self._gradient(self.jac(self.shaped(x), *self.args), "jac")
        both = getattr(self.fun, "value_and_grad", self.fun)
        extra = self.args if self.index is None else (*self.args, self.index)
        result = both(self.shaped(x), *extra)
        if isinstance(result, tuple):
            if len(result) != 2:
                raise TypeError(f"fun returned a tuple of {len(result)}; expected (value, gradient)")
            self.nfev += 1
            self.njev += 1
            return _number(result[0]), self._gradient(result[1], "fun")
        if self.jac:
            raise TypeError(
                f"fun returned a {type(result).__name__}; expected (value, gradient), as jac=True says"
            )
        self._numeric = QUOTIENTS["3-point"]
        return self._by_quotients(x, _number(result))

    def _by_quotients(self, x: FloatArray, f: float | None = None) -> tuple[float, FloatArray]:
        """Return f and a numeric gradient; evaluated in float64 also where x is float32."""

        def value(point: FloatArray) -> float:
            self.nfev += 1
            result = self.fun(point.copy(), *self.args)
            return _number(result[0] if isinstance(result, tuple) and result else result)

        point = np.array(x, np.float64).reshape(self.shape)
        if f is None:
            f = self.value(x)
        else:
            self.nfev += 1
        self.njev += 1
        method: Any = self._numeric
        g = numeric_gradient(value, point, 1e-5 if method == "central" else 1.5e-8, method=method)
        return f, g.astype(self.dtype).ravel()

    def _gradient(self, g: Any, name: str) -> FloatArray:
        try:
            array = np.array(g)
            if array.dtype.kind not in "fiub":
                raise TypeError
        except (TypeError, ValueError):
            raise TypeError(
                f"{name} returned {_brief(g)} as the gradient; expected an array of numbers"
            ) from None
        if array.shape not in (self.shape, (self.n,)):
            raise ValueError(f"{name} returned a gradient of shape {array.shape}; expected x's, {self.shape}")
        return array.astype(self.dtype, copy=False).ravel()

    # ---- second derivatives ----------------------------------------------------------------

    @property
    def has_hessian(self) -> bool:
        """Whether there is a Hessian: ``hess``, or the problem's own."""
        return self.hess is not None or hasattr(self.fun, "hessian")

    def hessian(self, x: FloatArray) -> FloatArray:
        """Return the Hessian, (n, n) float64."""
        if not self.has_hessian:
            raise TypeError(
                "the method needs the Hessian: pass hess=, a function of x that returns it as an (n, n) "
                "array, or a problem that has one, such as an Objective or a landscape"
            )
        self.nhev += 1
        if self.hess is not None:
            result = self.hess(self.shaped(x), *self.args)
        else:
            result = self.fun.hessian(self.shaped(x), *self._extra())
        H: FloatArray = np.asarray(result, np.float64)
        if H.size != self.n * self.n:
            raise ValueError(f"hess returned shape {H.shape}; expected ({self.n}, {self.n})")
        return H.reshape(self.n, self.n)

    def hvp(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Return the Hessian times v, flat float64; if need be by a difference of gradients."""
        self.nhev += 1
        if self.hessp is not None:
            result = self.hessp(self.shaped(x), self.shaped(v), *self.args)
        elif self.hess is None and hasattr(self.fun, "hvp"):
            result = self.fun.hvp(self.shaped(x), self.shaped(v), *self._extra())
        elif self.has_hessian:
            self.nhev -= 1
            result = self.hessian(x) @ v
        else:
            self.nhev -= 1
            return self._hvp_by_difference(x, v)
        product: FloatArray = np.asarray(result, np.float64).ravel()
        if product.size != self.n:
            raise ValueError(f"hessp returned {product.size} values; expected {self.n}")
        return product

    def _extra(self) -> tuple[Any, ...]:
        return self.args if self.index is None else (*self.args, self.index)

    def _hvp_by_difference(self, x: FloatArray, v: FloatArray) -> FloatArray:
        """Return (g(x + h v) - g(x)) / h, h sqrt(eps) (1 + |x|) / |v|: Nocedal and Wright 2006, (8.20)."""
        note = "Hessian-vector products are differences of gradients"
        if note not in self.notes:
            self.notes.append(note)
        size = float(np.max(np.abs(v))) if v.size else 0.0
        if size == 0.0:
            return np.zeros(self.n)
        if self._last is None or not np.array_equal(self._last[0], x):
            self._last = (x.copy(), self._evaluate(x)[1])
        g = self._last[1]
        h = float(np.sqrt(np.finfo(self.dtype).eps)) * (1.0 + float(np.max(np.abs(x)))) / size
        there = (x + h * v).astype(self.dtype)
        _, g_there = self._evaluate(there)
        return (g_there.astype(np.float64) - g) / h

    # ---- least squares -----------------------------------------------------------------------

    def residuals(self, x: FloatArray) -> FloatArray:
        """Return the residuals r of f = scale * sum(r^2), (m,) float64."""
        return np.asarray(self._of_least_squares("residuals")(self.shaped(x)), np.float64).ravel()

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Return the residuals' Jacobian, (m, n) float64."""
        J: FloatArray = np.asarray(self._of_least_squares("jacobian")(self.shaped(x)), np.float64)
        return J.reshape(-1, self.n)

    def _of_least_squares(self, name: str) -> Callable[..., Any]:
        method = getattr(self.fun, name, None)
        if method is None:
            raise TypeError(
                f"the method needs the problem's {name}: fun is a {type(self.fun).__name__}, which has none; "
                "expected a sum of squares with .residuals(w) and .jacobian(w), such as a least-squares "
                "landscape"
            )
        return method  # type: ignore[no-any-return]


def batches_of(fun: Any, batch_size: int | None, rng: Any) -> Batches | None:
    """Return the minibatches that are asked for."""
    if batch_size is None:
        return None
    if not isinstance(fun, Objective):
        raise TypeError(f"batch_size needs an Objective to draw from; fun is a {type(fun).__name__}")
    return Batches(fun.n_examples, batch_size, rng=rng)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"a {type(value).__name__}"


def _number(value: Any) -> float:
    try:
        array = np.asarray(value)
        if array.size != 1 or array.dtype.kind not in "fiub":
            raise TypeError
        return float(array.item())
    except (TypeError, ValueError):
        raise TypeError(f"fun returned {_brief(value)}; expected a number") from None
