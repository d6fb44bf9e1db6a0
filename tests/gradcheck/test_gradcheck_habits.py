"""What is easily written instead of a right call or a right function, and whether the answer helps."""

import numpy as np
import pytest

import deeprob

RNG = np.random.default_rng(0)
X, y, W = RNG.standard_normal((7, 5)), RNG.integers(0, 3, 7), RNG.standard_normal((5, 3))


def softmax(W, X, y, reg=0.1):
    return deeprob.cs231n.softmax_loss_naive(W, X, y, reg)


def product(x, W):
    return x @ W, lambda v: (v @ W.T, x.T @ v)


@pytest.mark.parametrize("fast_mode", [False, True])
@pytest.mark.parametrize("gradients", [(None,), ((),), ((None,),)], ids=["None", "()", "(None,)"])
def test_a_forgotten_gradient_does_not_pass(fast_mode, gradients):
    with pytest.raises(TypeError, match="func returned no gradient; expected one of W, X: a check without"):
        deeprob.gradcheck(lambda W, X: (softmax(W, X, y)[0], *gradients), (W, X), fast_mode=fast_mode)
    with pytest.raises(TypeError, match="func returned no gradient; expected one of x"):
        deeprob.gradcheck(lambda x: (2 * x, lambda v: None), W, fast_mode=fast_mode)  # noqa: ARG005


def test_value_and_gradient_in_the_other_order():
    with pytest.raises(TypeError, match=r"an array of shape \(5, 3\) and then a float; .*in this order"):
        deeprob.gradcheck(lambda W: softmax(W, X, y)[::-1], W)


def test_a_list_of_rows_is_no_gradient():
    with pytest.raises(TypeError, match="returned 5 gradients; .* each an array: a list is one of gradients"):
        deeprob.gradcheck(lambda W: (1.0, softmax(W, X, y)[1].tolist()), W)


def test_inputs_without_a_tuple():
    with pytest.raises(
        TypeError, match=r"eps is an array of shape \(7, 5\); .* gradcheck\(func, \(W, X\)\)$"
    ):
        deeprob.gradcheck(softmax, W, X, y)
    with pytest.raises(TypeError, match=r"^atol is an array of shape \(7,\); expected a real number$"):
        deeprob.gradcheck(softmax, W, 1e-6, y)


def test_numbers():
    """One is an array without axes, several are one array."""
    assert deeprob.gradcheck(lambda x: (x**2, 2 * x), 3.0).numeric.shape == ()
    assert deeprob.gradcheck(lambda x: (x**2, 2 * x), 3).numeric == pytest.approx(6.0)
    assert not deeprob.gradcheck(lambda x: (x**2, 3 * x), 3.0, raise_exception=False)
    assert deeprob.gradcheck(lambda x: (np.sum(x**2), 2 * x), (3.0, 2.0)).numeric.shape == (2,)


def test_a_gradient_for_another_input():
    notes = deeprob.gradcheck(lambda X, W: softmax(W, X, y), (X, W), raise_exception=False).notes
    assert "the gradient given for X has the shape of W: gradients come in the inputs' order" in notes[-1]
    whole = np.arange(15).reshape(5, 3)
    notes = deeprob.gradcheck(lambda W, X: softmax(1.0 * W, X, y), (whole, X), raise_exception=False).notes
    assert notes[-1].endswith("it holds integers, which are constants: pass W.astype(np.float64)")
    # A transposed gradient is one, also beside an input of its shape.
    turned = deeprob.gradcheck(
        lambda W, _: (softmax(W, X, y)[0], softmax(W, X, y)[1].T), (W, W.T.copy()), raise_exception=False
    )
    assert turned.kind == "transposed" and not any("has the shape" in note for note in turned.notes)


def test_shapes_are_those_of_the_inputs_also_where_the_output_has_axes():
    x = X[:2]
    assert deeprob.gradcheck(product, (x, W))
    result = deeprob.gradcheck(
        lambda x, W: (x @ W, lambda v: product(x, W)[1](v)[::-1]), (x, W), raise_exception=False
    )
    assert "input 0 (x): shape (5, 3), expected (2, 5)" in str(result)
    assert "The gradient has shape (5, 3), x has (2, 5)." in str(result)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_dtypes_and_notes_do_not_depend_on_the_mode(fast_mode):
    def rounded(W, X):
        loss, dW = softmax(W, X, y)
        return loss, dW.astype(np.float32)

    result = deeprob.gradcheck(
        rounded, (W, X), check_grad_dtypes=True, fast_mode=fast_mode, raise_exception=False
    )
    assert not result and "The gradient of W is float32; expected its float64." in str(result)
    assert "inputs[1] (X) was not checked: no gradient came for it" in result.notes
    single = X.astype(np.float32), W.astype(np.float32)
    assert deeprob.gradcheck(product, single, check_grad_dtypes=True, fast_mode=fast_mode)
    assert deeprob.gradcheck(softmax, (single[1], single[0], y), check_grad_dtypes=True, fast_mode=fast_mode)


def test_fast_mode_says_why_it_went_on():
    random = np.random.default_rng(0)
    noisy = deeprob.gradcheck(lambda x: (random.random(), x), W, fast_mode=True, raise_exception=False)
    assert noisy.notes == ("fast_mode: there was no projection to compare; the check went on as without it",)
    wrong = deeprob.gradcheck(lambda x: (np.sum(x**2), x), W, fast_mode=True, raise_exception=False)
    assert wrong.notes == ("fast_mode: a random projection disagreed; the check went on as without it",)


def test_loss_and_gradient_as_the_gradient():
    with pytest.raises(
        TypeError, match=r"^analytic_grad is a tuple \(float, ndarray\); expected the gradient"
    ):
        deeprob.grad_check_sparse(lambda W: softmax(W, X, y), W, softmax(W, X, y))
    with pytest.raises(ValueError, match="analytic_grad"):
        deeprob.grad_check_sparse(np.sum, W, [[1.0], [1.0, 2.0]])
    assert deeprob.grad_check_sparse(np.sum, np.ones(2), (1.0, 1.0))


def test_a_negative_step():
    for h in (-1e-5, 0):
        with pytest.raises(ValueError, match=f"^h is {h}; expected a finite number larger than 0$"):
            deeprob.numeric_gradient(np.sum, W, h)
