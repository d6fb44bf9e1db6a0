"""L-BFGS that is stepped by hand: it asks for a point, and is told the value and gradient there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords, as_count, as_floats, as_real

# The states of csrc/engine/lbfgs.h, in its order.
STATES = ("start", "iterate", "searching", "flat", "stuck", "unbounded", "not finite")
# A step of 1e10 times the direction is as good as infinite; L-BFGS-B's bound.
LONGEST = 1e10


# Values are good to so many units of their dtype's rounding.
ROUNDING = 4

# c1, c2, xtol, least and largest step, evaluations, resolution
SearchOptions = tuple[float, float, float, float, float, int, float]


def resolution(dtype: Any) -> float:
    """Return the share of f below which differences of its values, computed in this dtype, say nothing."""
    return ROUNDING * float(np.finfo(dtype).eps)


def search_options(c1: float, c2: float, xtol: float, max_evals: int, dtype: Any) -> SearchOptions:
    """Return the line search's options, checked, as the C core takes them."""
    for name, value in (("c1", as_real(c1, "c1")), ("c2", as_real(c2, "c2"))):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; expected a number between 0 and 1")
    if c1 >= c2:
        raise ValueError(f"c1 is {c1}; expected less than c2, {c2}: else no step may satisfy both conditions")
    evaluations = as_count(max_evals, "max_evals", 1)
    width = as_real(xtol, "xtol")
    return float(c1), float(c2), width, 0.0, LONGEST, min(evaluations, 10**6), resolution(dtype)


class LBFGS:
    r"""L-BFGS by reverse communication (lecture, L4-56; Liu and Nocedal 1989).

    The direction is d = -H g, where H, the inverse Hessian that the last m pairs s = x' - x, y = g' - g
    stand for, is never built: the two-loop recursion takes 4 m n multiplications. The step along d is found
    by the line search of Moré and Thuente (1994), which satisfies the strong Wolfe conditions

    .. math:: f(x + a d) \le f(x) + c_1 a\, g^T d, \qquad |\nabla f(x + a d)^T d| \le c_2 |g^T d|.

    Where f's change and what the slope promises of it, a abs(g'd), are both within 4 eps abs(f), rounding,
    the slopes at both ends decide the first (Hager and Zhang 2005, (4.1)): f may rise by that much then,
    while the gradient goes on falling.

    Parameters
    ----------
    x0 : array of float32 or float64
        Where to start, of any shape; left unchanged. Integers are taken as float64.
    m : int
        Pairs to keep, at least 1. They take 16 m bytes for each value of x.
    c1, c2 : float
        Of the conditions, 0 < c1 < c2 < 1.
    xtol : float
        The line search ends when its interval is narrower than this share of its upper end.
    max_evals : int
        At most so many evaluations a line search.

    Attributes
    ----------
    x, g : array
        The iterate and its gradient, in the shape of x0; copies.
    f : float
        The value there; NaN before the first.
    task : str
        "start": nothing was told yet; "iterate": a new iterate was accepted; "searching": the line search
        goes on. What ends it: "flat": the gradient is 0; "stuck": no lower point can be found, also not along
        steepest descent from a cleared memory, or 20 iterates have brought neither a lower f nor a gradient
        with a smaller largest entry; "unbounded": f is -inf or falls as far as 1e10 times the
        direction; "not finite": f or its gradient is NaN or infinite at x0.
    done : bool
        Whether it has ended.
    iteration, evaluations, resets : int
        Iterates since x0, calls of `tell`, and how often the pairs were dropped.

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong kind or range; the message names it.

    Notes
    -----
    All is computed in float64 on one thread, in a fixed order: the same bits on every run. With a float32 x0
    the points asked for are float32. Values that are NaN or infinite during a line search are taken as too
    far: the step is cut to a tenth. A pair is kept if y's > eps abs(g's), so that H stays positive definite
    at any scale. The first step is as long as min(1, abs(g)), or 1e-6 abs(x) if that is more; H starts as
    y's / y'y times the identity (Nocedal and Wright 2006, (7.20)).

    With m = 10, SciPy's default, it takes as many evaluations as L-BFGS-B, to within 2 percent; 20 pairs save
    a fifth of them on softmax classifiers, where they cost little beside an evaluation.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> H = np.array([1.0, 25.0])
    >>> opt = deeprob.LBFGS([1.0, 1.0])
    >>> while not opt.done and (opt.task == "start" or np.max(np.abs(opt.g)) > 1e-6):
    ...     w = opt.ask()
    ...     task = opt.tell(0.5 * np.sum(H * w**2), H * w)
    >>> bool(np.max(np.abs(opt.x)) < 1e-6), opt.task, len(opt.pairs)
    (True, 'iterate', 5)
    """

    @answers_keywords
    def __init__(
        self,
        x0: npt.ArrayLike,
        m: int = 20,
        *,
        c1: float = 1e-4,
        c2: float = 0.9,
        xtol: float = 0.1,
        max_evals: int = 20,
    ) -> None:
        x = as_floats(x0, "x0")
        self.m = as_count(m, "m", 1)
        self._shape, self._dtype = x.shape, x.dtype
        options = search_options(c1, c2, xtol, max_evals, x.dtype)
        flat = x.astype(np.float64).ravel()
        if not np.all(np.isfinite(flat)):
            raise ValueError("x0 has NaN or infinity; expected finite numbers")
        # more pairs than this are more memory than it is worth checking for
        self._solver = _core.lbfgs(flat, min(self.m, 10**6), x.dtype == np.float32, options)

    def ask(self) -> FloatArray:
        """Return the point at which f and its gradient are wanted; a new array of x0's shape and dtype."""
        return self._shaped("trial")

    def tell(self, f: float, g: npt.ArrayLike) -> str:
        """Take f and its gradient at the point asked for; return `task`.

        Raises
        ------
        ValueError, TypeError
            If f is no number or g has another shape than x0; nothing is changed then.
        """
        return STATES[_core.lbfgs_tell(self._solver, *self._checked(f, g))]

    def renew(self, f: float, g: npt.ArrayLike) -> str:
        """Replace f and its gradient at the iterate `x`, as of another minibatch; return `task`.

        The pairs stay, and the line search begins anew. So both gradients of every pair are of the same
        minibatch: their difference is curvature, not noise. Right after an "iterate" only.

        Raises
        ------
        ValueError, TypeError
            As for `tell`, and if `task` is not "iterate".
        """
        told = self._checked(f, g)
        if self.task != "iterate":
            raise ValueError(f"task is {self.task!r}; renew is for right after an 'iterate'")
        return STATES[_core.lbfgs_renew(self._solver, *told)]

    def _checked(self, f: Any, g: Any) -> tuple[float, Any]:
        value = _core.as_array(f, "f", True)
        if value.size != 1 or value.dtype.kind not in "fiu":
            raise TypeError(f"f is {f!r}; expected a number")
        gradient = _core.as_array(g, "g", True)
        if gradient.dtype.kind not in "fiu":
            raise TypeError(f"g has dtype {gradient.dtype}; expected real numbers")
        if gradient.shape != self._shape:
            raise ValueError(f"g has shape {gradient.shape}; expected that of x0, {self._shape}")
        return float(value.item()), np.ascontiguousarray(gradient, np.float64).ravel()

    @property
    def x(self) -> FloatArray:
        """The iterate."""
        return self._shaped("x")

    @property
    def g(self) -> FloatArray:
        """The gradient there."""
        return self._shaped("g")

    @property
    def direction(self) -> FloatArray:
        """The direction d of the line search at hand, from x."""
        return _core.lbfgs_array(self._solver, "d").reshape(self._shape)

    @property
    def pairs(self) -> list[tuple[FloatArray, FloatArray]]:
        """The pairs (s, y) that H stands for, the oldest first."""
        S, Y = _core.lbfgs_array(self._solver, "S"), _core.lbfgs_array(self._solver, "Y")
        return [(s.reshape(self._shape), y.reshape(self._shape)) for s, y in zip(S, Y, strict=True)]

    @property
    def f(self) -> float:
        """The value at x."""
        return float(self._number(1))

    @property
    def slope(self) -> float:
        """The directional derivative g'd."""
        return float(self._number(2))

    @property
    def scale(self) -> float:
        """The newest pair's y's / y'y: H starts as this times the identity."""
        return float(self._number(3))

    @property
    def step(self) -> float:
        """The step a of the line search: the point asked for is x + a d."""
        return float(self._number(4))

    @property
    def promised(self) -> float:
        """How much lower f would be after the first step from x if it fell at its slope all the way."""
        return float(self._number(5))

    @property
    def task(self) -> str:
        """What was done last, in words."""
        return STATES[self._number(0)]

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return int(self._number(0)) > STATES.index("searching")

    @property
    def iteration(self) -> int:
        """Iterates since x0."""
        return int(self._number(6))

    @property
    def evaluations(self) -> int:
        """Calls of `tell`."""
        return int(self._number(7))

    @property
    def resets(self) -> int:
        """How often the pairs were dropped."""
        return int(self._number(8))

    def _number(self, at: int) -> Any:
        return _core.lbfgs_numbers(self._solver)[at]

    def _shaped(self, name: str) -> FloatArray:
        return _core.lbfgs_array(self._solver, name).astype(self._dtype).reshape(self._shape)

    def __reduce__(self) -> Any:
        # A copy would step the same state in C.
        raise TypeError("an LBFGS cannot be copied or pickled; keep x, and make a new one that starts there")

    def __repr__(self) -> str:
        return f"LBFGS(m={self.m}; {self.task!r}, f={self.f:.6g}, iteration={self.iteration})"
