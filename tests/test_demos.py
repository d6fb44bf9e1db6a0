"""The demos: the lecture's own examples, with the numbers that its slides print."""

from decimal import Decimal

import numpy as np
import pytest

import deeprob
from deeprob import demos

W = ["0.34", "-1.11", "0.78", "0.12", "0.55", "2.81", "-3.1", "-1.5", "0.33"]
COLUMN = [-2.5, 0.6, 0, 0.2, 0.7, None, 1.1, 1.3, -2.1]  # None: lost in the slide's text


@pytest.fixture(scope="module")
def nine():
    return demos.nine_numbers()


def test_the_slides_numbers(nine):
    assert nine.W.tolist() == [float(w) for w in W]
    assert (nine.loss, nine.h) == (1.25347, 1e-4)
    assert nine.losses[:3].tolist() == [1.25322, 1.25353, 1.25347]
    known = [k for k, entry in enumerate(COLUMN) if entry is not None]
    column = [COLUMN[k] for k in known]
    np.testing.assert_allclose(nine.quotients[known], column, atol=1e-9)
    assert nine.gradient[known].tolist() == column
    assert np.flatnonzero(nine.restored).tolist() == [k for k in range(9) if k not in known]
    assert nine.gradient[nine.restored].tolist() == [-0.5]


def test_losses_are_those_of_decimal_arithmetic(nine):
    for k in range(9):
        loss = Decimal("1.25347") + Decimal(str(nine.gradient[k])) * Decimal("1e-4")
        assert nine.losses[k] == float(round(loss, 5))


def test_exact_losses_give_the_gradient_to_rounding(nine):
    # Two losses near 1.25, each rounded by at most an ULP, and their quotient by 1e-4; W + h is rounded, too.
    np.testing.assert_allclose(nine.numeric, nine.gradient, atol=2 * 2.3e-16 / 1e-4)
    again = deeprob.numeric_gradient(nine.f, nine.W.copy(), h=nine.h, method="forward")
    assert np.array_equal(nine.numeric, again)


def test_the_function_has_the_gradient_that_it_gives(nine):
    loss, gradient = nine.f(W)
    assert loss == 1.25347
    assert np.array_equal(gradient, nine.gradient)
    w = np.linspace(-1, 1, 9)
    np.testing.assert_allclose(nine.f(w)[0], loss + gradient @ (w - nine.W), rtol=1e-14)
    with pytest.raises(ValueError, match=r"w has shape \(3,\); expected \(9,\)"):
        nine.f(w[:3])
    gradient[:] = 0
    assert nine.f(W)[1].any(), "each call gives an array of its own"


def test_rounding_to_five_decimals_leaves_a_tenth(nine):
    """What the text says of the slide's quotients: of all functions with these losses, within +-0.1."""
    rng = np.random.default_rng(0)
    loss = 1.25347 + rng.uniform(-5e-6, 5e-6, 100_000)
    slope = rng.uniform(-3, 3, loss.size)
    quotients = (np.round(loss + slope * nine.h, 5) - np.round(loss, 5)) / nine.h
    error = np.abs(quotients - slope).max()
    assert 0.099 < error < 0.1 + 1e-9


def test_text_and_html_say_what_is_the_slides_and_what_is_not(nine):
    text, html = str(nine), nine._repr_html_()
    assert text == repr(nine)
    for line, quotient in zip(text.splitlines()[4:13], COLUMN, strict=True):
        cells = line.split()
        assert quotient is None or float(cells[4]) == quotient
        assert cells[-1].endswith("*") == (quotient is None)
    for shown in (text, html.replace("&#x27;", "'")):
        assert "1.25347" in shown
        assert "losses rounded to five decimals, and so are known to +-0.1 only" in shown
        assert "The slide gives no function; this is a linear one" in shown
        assert "-0.5 is the CS231n original's" in shown
    assert html.count("<tr>") == 10
    assert "-0.0<" not in html
