"""What the methods of minimize are given: deeprob._solvers._problem.Problem."""

import numpy as np
import pytest

from deeprob._solvers._problem import Problem

A = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])


def quadratic(x):
    return 0.5 * float(x.ravel() @ A @ x.ravel()), (A @ x.ravel()).reshape(x.shape)


def problem_of(fun=quadratic, shape=(3,), dtype=np.float64, **keywords):
    return Problem(fun, shape, np.dtype(dtype), **keywords)


class WithSecondDerivatives:
    def __call__(self, x):
        return quadratic(x)

    def hessian(self, x):
        return A

    def hvp(self, x, v):
        assert v.shape == x.shape
        return (A @ v.ravel()).reshape(x.shape)

    def residuals(self, x):
        return A @ x.ravel() - 1

    def jacobian(self, x):
        return A


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
def test_second_derivatives_are_the_callers_or_the_problems_own(shape):
    x, v = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -1.0])
    own = problem_of(WithSecondDerivatives(), shape)
    given = problem_of(shape=shape, hess=lambda x: A, hessp=lambda x, p: (A @ p.ravel()).reshape(shape))
    only_hess = problem_of(shape=shape, hess=lambda x: A)
    for problem in (own, given, only_hess):
        assert np.allclose(problem.hvp(x, v), A @ v, rtol=1e-15)
        assert problem.nhev == 1
        assert problem.hessian(x).tolist() == A.tolist()
        assert problem.nhev == 2
        assert problem.has_hessian
        assert (problem.nfev, problem.notes) == (0, [])
    assert own.residuals(x).tolist() == (A @ x - 1).tolist()
    assert own.jacobian(x).tolist() == A.tolist()


@pytest.mark.parametrize(("dtype", "digits"), [(np.float64, 1e-6), (np.float32, 1e-2)])
def test_without_second_derivatives_products_are_differences_and_it_is_said(dtype, digits):
    problem = problem_of(dtype=dtype)
    x, v = np.array([1.0, -2.0, 0.5], dtype), np.array([3e5, 1e5, -1e6], dtype)
    problem.value_and_grad(x)
    product = problem.hvp(x, v)
    assert np.allclose(product, A @ v, rtol=0, atol=digits * 1e6)
    assert (problem.nfev, problem.njev) == (2, 2)  # the gradient at x was there
    problem.hvp(x + 1, v)
    assert problem.nfev == 4
    assert problem.hvp(x, 0 * v).tolist() == [0.0, 0.0, 0.0]
    assert len(problem.notes) == 1 and "differences of gradients" in problem.notes[0]


def test_what_is_missing_is_named():
    problem = problem_of()
    assert not problem.has_hessian
    for call, words in [
        (lambda: problem.hessian(np.ones(3)), "pass hess="),
        (lambda: problem.residuals(np.ones(3)), "residuals"),
        (lambda: problem.jacobian(np.ones(3)), "jacobian"),
    ]:
        with pytest.raises(TypeError, match=words):
            call()
    with pytest.raises(ValueError, match=r"hess returned shape \(2, 2\); expected \(3, 3\)"):
        problem_of(hess=lambda x: np.eye(2)).hessian(np.ones(3))
    with pytest.raises(ValueError, match="hessp returned 2 values; expected 3"):
        problem_of(hessp=lambda x, p: np.ones(2)).hvp(np.ones(3), np.ones(3))


def test_the_caller_gets_copies_and_gives_copies():
    kept = []

    def keeps(x):
        kept.append(x)
        return 0.0, x  # its gradient is x itself

    x = np.array([1.0, 2.0, 3.0])
    _, g = problem_of(keeps).value_and_grad(x)
    kept[0][:] = 9
    assert x.tolist() == g.tolist() == [1.0, 2.0, 3.0]
