"""gradgradcheck: second derivatives beside numeric ones, with torch's signature."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .._arguments import Rng, answers_keywords, as_callable
from .._around import Array, point_of
from .call import make_settings, raised
from .check import check
from .comparison import Cause
from .function import Function, Input, Part, make_function
from .result import GradCheckResult
from .settings import Settings


@answers_keywords
def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    eps: float | None = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    *,
    fast_mode: bool = False,
    strict: bool = False,
    hvp: Callable[..., Any] | None = None,
    rng: Rng = 0,
) -> GradCheckResult:
    r"""Check second derivatives against central differences of the first ones.

    The lecture's ``torch.autograd.gradgradcheck`` (L4-26). It does not check the gradients themselves: that
    is `gradcheck`'s part.

    Parameters
    ----------
    func : callable
        As for `gradcheck`. Its second derivatives are what ``hvp`` gives; or ``vjp(grad_output)`` returns
        ``(gradients, vjp2)``, where ``vjp2(grad_gradients)`` returns the gradients of ``sum(grad_gradients *
        gradients)`` by the inputs and, last, by grad_output.
    inputs : array, or tuple of arrays and numbers
        As for `gradcheck`.
    grad_outputs : array of the output's shape, optional
        What ``vjp`` is called with. Default random normal numbers, and 1 for a number.
    eps, atol, rtol, raise_exception, nondet_tol, fast_mode, strict
        As for `gradcheck`. ``fast_mode`` takes two evaluations instead of as many as there are inputs: a
        Hessian of thousands of weights needs it.
    gen_non_contig_grad_outputs : bool
        Make the random grad_outputs non-contiguous.
    hvp : callable, optional
        hvp(*inputs, v), the Hessian's product with v. Default ``func.hvp``, which an `Objective` and a
        landscape have.
    rng : Generator, RandomState, int or None
        For the random numbers.

    Returns
    -------
    GradCheckResult
        Comparisons of the derivative of each entry of the gradient; a Hessian must be symmetric too.

    Raises
    ------
    GradcheckError
        If a second derivative is wrong.
    ValueError, TypeError
        If an argument is wrong, or ``func`` offers no second derivatives.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> from deeprob import landscapes
    >>> bool(deeprob.gradgradcheck(landscapes.rosenbrock(), np.array([-1.2, 1.0])))
    True
    >>> wrong = deeprob.gradgradcheck(
    ...     lambda x: (np.sum(x**3), 3 * x**2), np.ones(2), hvp=lambda x, v: 3 * x * v, raise_exception=False
    ... )
    >>> wrong.kind, wrong.factor
    ('factor', 0.5)
    """
    settings = make_settings("gradgradcheck", eps, atol, rtol, nondet_tol, fast_mode, strict, False, rng)
    function = make_function(func, inputs)
    product = getattr(func, "hvp", None) if hvp is None else hvp
    if product is not None:
        as_callable(product, "hvp")
        result = _symmetric(check(_gradient(function, product), settings), settings)
    else:
        results = [
            check(one, settings)
            for one in _gradients(function, grad_outputs, gen_non_contig_grad_outputs, settings)
        ]
        result = _together(results)
    return raised(result, raise_exception)


def _gradient(function: Function, hvp: Callable[..., Any]) -> Function:
    """Return the gradient of a scalar function as a function, with products with the Hessian as its vjp."""

    def gradient(*args: Any) -> Any:
        result = function.func(*args)
        if not isinstance(result, tuple) or len(result) != 2 or callable(result[1]):
            raise TypeError("func has more than one gradient, or a vjp; hvp is for (value, gradient)")
        found = result[1]
        if isinstance(found, tuple | list):
            if len(found) != 1:
                raise TypeError(f"func returned {len(found)} gradients; hvp is for (value, gradient)")
            found = found[0]
        return np.asarray(found), lambda v: hvp(*args, v)

    return replace(function, parts=(Part(1.0, gradient),))


def _gradients(
    function: Function, grad_outputs: Any, strided: bool, settings: Settings
) -> Iterator[Function]:
    """Give each gradient that vjp returns as a function of the inputs and grad_output."""
    result = function.func(*function.arguments(function.parts[0]))
    if not isinstance(result, tuple) or len(result) != 2 or not callable(result[1]):
        raise TypeError(
            "func offers no second derivatives; expected hvp(*inputs, v), as an argument or an attribute of "
            "func, or (output, vjp) where vjp(grad_output) returns (gradients, vjp2)"
        )
    grad_output = _grad_output(np.asarray(result[0], np.float64), grad_outputs, strided, settings)
    count = len(_second(result[1](grad_output))[0])
    last = Input("grad_output", grad_output, point_of(grad_output, "grad_outputs"))
    for which in range(count):
        yield replace(
            function,
            inputs=(*function.inputs, last),
            parts=(Part(1.0, _entry_of(function.func, which, count)),),
        )


def _entry_of(func: Callable[..., Any], which: int, count: int) -> Callable[..., Any]:
    def gradient(*args: Any) -> Any:
        gradients, vjp2 = _second(func(*args[:-1])[1](args[-1]))

        def vjp(grad_gradient: Any) -> Any:
            many = tuple(
                np.asarray(grad_gradient) if i == which else np.zeros_like(one)
                for i, one in enumerate(gradients)
            )
            return vjp2(many if count > 1 else many[0])

        return np.asarray(gradients[which]), vjp

    return gradient


def _second(result: Any) -> tuple[tuple[Any, ...], Callable[..., Any]]:
    """Take (gradients, vjp2) apart."""
    if not isinstance(result, tuple) or len(result) != 2 or not callable(result[1]):
        raise TypeError(
            "vjp returned no second derivatives; expected (gradients, vjp2) with vjp2(grad_gradients)"
        )
    gradients = result[0] if isinstance(result[0], tuple | list) else (result[0],)
    return tuple(gradients), result[1]


def _grad_output(output: Array, given: Any, strided: bool, settings: Settings) -> Array:
    if given is not None:
        array = point_of(given, "grad_outputs").values
        if array.shape != output.shape:
            raise ValueError(f"grad_outputs has shape {array.shape}; expected the output's {output.shape}")
        return array
    if not output.ndim:
        return np.ones(())
    if not strided:
        return np.asarray(settings.rng.standard_normal(output.shape))
    wide = np.zeros((*output.shape[:-1], 2 * output.shape[-1]))
    wide[..., ::2] = settings.rng.standard_normal(output.shape)
    return wide[..., ::2]


def _symmetric(result: GradCheckResult, settings: Settings) -> GradCheckResult:
    """Add that the Hessian is not symmetric, if it is not."""
    if not result.comparisons or settings.fast or any(not cause.excuses for cause in result.causes):
        return result
    block = result.comparisons[0]
    n = block.numeric.size if not block.output_shape else int(np.prod(block.output_shape))
    if block.analytic.size != n * n or not block.comparable:
        return result
    H = block.analytic.reshape(n, n)
    largest = float(np.abs(H[np.isfinite(H)]).max(initial=0.0))
    apart = np.abs(H - H.T)
    bound = settings.atol + settings.rtol * largest if not settings.strict else 1e-10 * largest
    if not np.any(apart > bound):
        return result
    i, j = np.unravel_index(int(np.nanargmax(apart)), H.shape)
    text = f"The Hessian is not symmetric: [{i}, {j}] is {H[i, j]:.6g} and [{j}, {i}] {H[j, i]:.6g}."
    return replace(result, causes=(Cause("asymmetric", text), *result.causes))


def _together(results: list[GradCheckResult]) -> GradCheckResult:
    return GradCheckResult(
        tuple(replace(one, output=i) for i, result in enumerate(results) for one in result.comparisons),
        tuple(cause for result in results for cause in result.causes),
        results[0].settings,
        sum(result.evaluations for result in results),
        tuple(dict.fromkeys(note for result in results for note in result.notes)),
    )
