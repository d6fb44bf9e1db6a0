"""grad_check_sparse: the course's check of a few random entries."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _around, _core
from .._arguments import answers_keywords, as_callable, as_count, as_positive
from .._around import Array, Positions
from .compare import excuses, explained, from_opinion
from .comparison import Cause, Comparison
from .function import make_function
from .quotients import Numeric
from .result import GradCheckResult

# The course asks for relative errors below 1e-5 (its notes: above 1e-2 wrong, below 1e-7 happy).
_RELATIVE = 1e-5


@answers_keywords
def grad_check_sparse(
    f: Callable[[Any], Any],
    x: npt.ArrayLike,
    analytic_grad: npt.ArrayLike,
    num_checks: int = 10,
    h: float = 1e-7,
    *,
    seed: int | None = None,
) -> GradCheckResult:
    r"""Check a few random entries of a gradient, and print them (L4-24, the course's function).

    Prints ``numerical: %f analytic: %f, relative error: %e`` for each, with central differences and the
    relative error abs(numerical - analytic) / (abs(numerical) + abs(analytic) + 1e-12), as the course's.

    Parameters
    ----------
    f : callable
        f(x) returns the loss, or a tuple whose first entry is the loss.
    x : array of float32 or float64
        The point, perturbed in place if it can be and restored. Of float32 the loss is evaluated in float64.
    analytic_grad : array of x's shape
        The gradient to check.
    num_checks : int
        How many entries.
    h : float
        The step. The slide's 1e-7 leaves the quotient about 7 digits at best: an entry for which that is the
        reason of an error above 1e-5 counts as right, and the result says so.
    seed : int, optional
        Of the choice of entries, by Python's ``random``. Default 0 in every call, as the course's reseeds.

    Returns
    -------
    GradCheckResult
        True if all entries have a relative error below 1e-5, or above it only by rounding or at a kink.
        ``indices`` are the entries, ``numeric``, ``analytic`` and ``errors`` their numbers.

    Raises
    ------
    ValueError, TypeError
        If an argument is wrong, or f does not return a number.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> w = np.array([1.0, -3.0, 0.5])
    >>> result = deeprob.grad_check_sparse(lambda w: np.sum(w**2), w, 2 * w, num_checks=2, h=2.0**-17)
    numerical: -6.000000 analytic: -6.000000, relative error: 0.000000e+00
    numerical: -6.000000 analytic: -6.000000, relative error: 0.000000e+00
    >>> bool(result), result.indices.tolist()
    (True, [[1], [1]])
    """
    as_callable(f, "f")
    step = as_positive(h, "h")
    count = as_count(num_checks, "num_checks", 1)
    chosen = random.Random(0 if seed is None else as_count(seed, "seed"))
    point = _around.point_of(x, "x")
    gradient = _alone(analytic_grad)
    if gradient.shape != point.memory.shape or gradient.dtype.kind not in "fiub":
        raise ValueError(
            f"analytic_grad has shape {gradient.shape} and dtype {gradient.dtype}; expected real numbers of "
            f"x's shape {point.memory.shape}"
        )
    if not point.memory.size:
        raise ValueError(f"x has shape {point.memory.shape}; expected at least one entry")
    at = [tuple(chosen.randrange(m) for m in point.memory.shape) for _ in range(count)]
    made, evaluations = _compare(f, x, gradient.astype(np.float64), at, step)
    for numeric, analytic, error in zip(made.numeric, made.analytic, made.relative_error, strict=True):
        print(f"numerical: {numeric:f} analytic: {analytic:f}, relative error: {error:e}")  # noqa: T201
    shown = {"check": "grad_check_sparse", "mode": "sparse", "h": step, "rtol": _RELATIVE}
    return GradCheckResult((made,), (), shown, evaluations, _notes(made, step))


def _notes(made: Comparison, h: float) -> tuple[str, ...]:
    """Say that entries which the course's rule would call wrong are right."""
    with np.errstate(invalid="ignore"):
        count = int(np.count_nonzero((made.verdicts == "agrees") & (made.relative_error >= _RELATIVE)))
    if not count:
        return ()
    entries = "1 entry has a relative error" if count == 1 else f"{count} entries have relative errors"
    return (
        f"{entries} above {_RELATIVE:g} by the quotient's rounding or truncation with h = {h:g}, not by a "
        "mistake: better quotients agree",
    )


def _alone(gradient: Any) -> Any:
    """Return the gradient as an array; (loss, gradient) is refused."""
    if isinstance(gradient, tuple) and any(isinstance(one, np.ndarray) and one.ndim for one in gradient):
        kinds = ", ".join(type(one).__name__ for one in gradient)
        raise TypeError(f"analytic_grad is a tuple ({kinds}); expected the gradient alone, one array")
    return _core.as_array(gradient, "analytic_grad", True)


def _compare(
    f: Callable[[Any], Any], x: npt.ArrayLike, gradient: Array, at: list[tuple[int, ...]], h: float
) -> tuple[Comparison, int]:
    floating = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    function = make_function(f, (x if floating else np.asarray(x, float),))
    numeric = Numeric(function, 0)
    shape = numeric.point.memory.shape
    places = np.array([np.ravel_multi_index(one, shape) if shape else 0 for one in at], np.intp)
    entries: Positions
    entries, back = np.unique(places, return_inverse=True)
    steps = _around.given_steps(numeric.point, h).ravel()[entries]
    quotients = numeric.central_at(entries, steps)
    if quotients.shape[1] != 1:
        raise TypeError(f"f returned {quotients.shape[1]} numbers; expected one, the loss")
    analytic = gradient.ravel()[entries][:, None]
    verdicts, tolerance = from_opinion(numeric, entries, analytic, quotients, _RELATIVE)
    made = Comparison(
        "",
        function.inputs[0].name if function.inputs[0].name.isidentifier() else "x",
        0,
        0,
        (),
        analytic[back, 0],
        quotients[back, 0],
        tolerance[back, 0],
        steps[back],
        verdicts[back, 0],
        indices=np.array(at, np.intp).reshape(len(at), len(shape)),
    )
    causes = excuses(made)
    if (made.verdicts == "float32").any():
        text = "float32 round-off: the function's values have the digits of float32; better quotients agree."
        causes += (Cause("float32", text, ok=True, verdicts=made.verdicts == "float32"),)
    return explained(replace(made, causes=causes), function), numeric.evaluations
