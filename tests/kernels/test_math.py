"""The project's own exp and log1p: at most 1 ULP, right at the edges."""

import numpy as np
import pytest

from deeprob import _core


def ulps(y, exact):
    """|y - exact| in units of the last place of the result, also where it is subnormal."""
    spacing = np.spacing(np.abs(exact).astype(y.dtype)).astype(np.longdouble)
    return np.abs(y.astype(np.longdouble) - exact) / spacing


@pytest.mark.parametrize(("dtype", "low", "high"), [("float32", -103, 88.7), ("float64", -744, 709.7)])
def test_exp_is_within_1_ulp(dtype, low, high):
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.uniform(low, high, 400_000),
            rng.uniform(-1, 1, 200_000),
            -np.logspace(-40, 0, 10_000),
            np.arange(np.ceil(low), high),
            (np.arange(-100, 100) + 0.5) * np.log(2.0),  # where the reduction changes
        ]
    ).astype(dtype)
    x = x[(x > low) & (x < high)]
    exact = np.exp(x.astype(np.longdouble))
    assert ulps(_core.elementwise("exp", x), exact).max() <= 1.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exp_at_the_edges(dtype):
    x = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1e4, -1e4, np.finfo(dtype).max, np.finfo(dtype).min], dtype
    )
    expected = np.array([1, 1, np.inf, 0, np.nan, np.inf, 0, np.inf, 0], dtype)
    np.testing.assert_array_equal(_core.elementwise("exp", x), expected)


def test_every_float32_exponent_of_exp():
    """All float32 numbers are too many for a test; every 997th of those that matter is not."""
    bits = np.arange(0, 0x42B20000, 997, dtype=np.uint32)
    for sign in (0, 0x80000000):
        x = (bits | np.uint32(sign)).view(np.float32)
        x = x[x < np.float32(88.72)]  # above, the result is infinite
        exact = np.exp(x.astype(np.longdouble))
        assert ulps(_core.elementwise("exp", x), exact).max() <= 1.0


def test_log1p_is_within_1_ulp():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.uniform(0, 10, 300_000),
            rng.uniform(0, 1, 300_000),
            np.logspace(-300, 300, 200_000),
            np.sqrt(2.0) - 1 + np.arange(-500, 500) * 1e-15,
            2.0 ** np.arange(0, 60) - 1,
        ]
    )
    exact = np.log1p(x.astype(np.longdouble))
    assert ulps(_core.elementwise("log1p", x), exact).max() <= 1.0


def test_log1p_at_the_edges():
    x = np.array([0.0, np.inf, np.nan, np.finfo(float).max, 5e-324])
    expected = np.log1p(x)
    np.testing.assert_array_equal(_core.elementwise("log1p", x), expected)
