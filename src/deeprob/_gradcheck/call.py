"""gradcheck: the analytic gradients of a function beside numeric ones, with torch's signature."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._arguments import Rng, answers_keywords, as_positive, as_random, as_real
from .check import check
from .function import make_function, opened
from .result import GradcheckError, GradCheckResult
from .settings import Settings


@answers_keywords
def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    eps: float | None = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    check_sparse_nnz: bool = False,  # noqa: ARG001
    nondet_tol: float = 0.0,
    *,
    fast_mode: bool = False,
    strict: bool = False,
    check_grad_dtypes: bool = False,
    rng: Rng = 0,
) -> GradCheckResult:
    r"""Check analytic gradients against central differences, and say what is wrong with them.

    The lecture's ``torch.autograd.gradcheck`` (L4-25) for functions on NumPy arrays, with torch's tolerances:
    an entry agrees if ``abs(analytic - numeric) <= atol + rtol * abs(numeric)``. Entries that do not are
    looked at again with a ladder of steps, so that a kink (a max, abs or ReLU that switches within +-eps),
    float32's round-off or an unsuitable eps is told from a mistake; a mistake is named.

    Parameters
    ----------
    func : callable
        ``func(*inputs)`` returns ``(value, gradient)``, ``(value, gradient, gradient, ...)`` or ``(value,
        (gradient, ...))``, as every loss, regularizer, landscape and `Objective` of deeprob does and can be
        passed as it is; or ``(output, vjp)`` with an array as output, where ``vjp(grad_output)`` returns
        the gradients of ``sum(grad_output * output)``; or a layer or network of `deeprob.nn`, whose
        gradients by its input and its parameters are checked.
    inputs : array, or tuple of arrays and numbers
        Where; numbers alone, as in ``(1.0, 2.0)``, are one array of them. The gradients belong to the arrays
        of floating-point numbers, in order (None skips one, those beyond the last are constants); integers
        and numbers are constants. Writable arrays are perturbed in place and have their exact bits again
        whatever happens; others are copied. For float32 arrays the numeric side is evaluated in float64, at
        the same values.
    eps : float or None
        The step of the central differences; None chooses one for each entry, as `numeric_gradient` does.
    atol, rtol : float
        Absolute and relative tolerance.
    raise_exception : bool
        Raise `GradcheckError` if a gradient is wrong; else return the result, which then is false.
    check_sparse_nnz : bool
        Of the lecture's signature; torch has dropped it, and it has no effect.
    nondet_tol : float
        By how much two calls at the same point may differ.
    fast_mode : bool
        Compare one random projection of each Jacobian, two evaluations an input; all entries if it disagrees.
        ``strict`` compares all.
    strict : bool
        Allow only what the difference quotient's own error bound leaves open, instead of ``atol`` and
        ``rtol`` (steps are chosen then, eps is not used); compare slopes along lines, where small terms add
        up; and check each term apart, the data loss and the regularizer, of an `Objective` or a function
        with a parameter ``reg`` (``lambda_``, ``weight_decay``). Torch's tolerances let a forgotten penalty
        of reg = 5e-6 pass.
    check_grad_dtypes : bool
        A gradient's dtype must be its input's.
    rng : Generator, RandomState, int or None
        For the projections of ``fast_mode``.

    Returns
    -------
    GradCheckResult
        True if all gradients are right; printed, it is a report: the causes, the worst entries.

    Raises
    ------
    GradcheckError
        If a gradient is wrong; its text is the report, its ``result`` the result.
    ValueError, TypeError
        If an argument is wrong, no input can be differentiated, or ``func`` returns something else.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> rng = np.random.default_rng(0)
    >>> X, y, W = rng.standard_normal((20, 4)), rng.integers(0, 3, 20), rng.standard_normal((3, 4))
    >>> bool(deeprob.gradcheck(deeprob.Objective(X, y, reg=0.1), W))
    True
    >>> def forgetful(W, reg):
    ...     loss, dW = deeprob.softmax_loss(W, X, y)
    ...     return loss + reg * np.sum(W**2), dW
    >>> result = deeprob.gradcheck(forgetful, (W, 5e-6), raise_exception=False)
    >>> bool(result)  # torch's tolerances do not see it
    True
    >>> result = deeprob.gradcheck(forgetful, (W, 5e-6), strict=True, raise_exception=False)
    >>> bool(result), result.kind
    (False, 'penalty')
    """
    settings = make_settings(
        "gradcheck", eps, atol, rtol, nondet_tol, fast_mode, strict, check_grad_dtypes, rng
    )
    with opened(func, inputs) as (function, given):
        result = check(make_function(function, given), settings)
    return raised(result, raise_exception)


def make_settings(
    check: str,
    eps: float | None,
    atol: float,
    rtol: float,
    nondet_tol: float,
    fast: bool,
    strict: bool,
    same_dtypes: bool,
    rng: Rng,
) -> Settings:
    """Check the numbers of a call."""
    if getattr(eps, "ndim", 0):
        shape = np.asarray(eps).shape
        raise TypeError(
            f"eps is an array of shape {shape}; expected a number: several inputs are one tuple, as in "
            f"{check}(func, (W, X))"
        )
    return Settings(
        check,
        None if eps is None else as_positive(eps, "eps"),
        as_real(atol, "atol"),
        as_real(rtol, "rtol"),
        as_real(nondet_tol, "nondet_tol"),
        bool(fast),
        bool(strict),
        bool(same_dtypes),
        as_random(rng),
    )


def raised(result: GradCheckResult, raise_exception: bool) -> GradCheckResult:
    """Return a result, or raise it if it is false."""
    if raise_exception and not result:
        raise GradcheckError(result)
    return result
