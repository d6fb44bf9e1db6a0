"""The loop under every numeric gradient, against functions that do anything at all to any array."""

import signal

import numpy as np
import pytest

import deeprob
from deeprob import _core


class Subclass(np.ndarray):
    """Views of it keep its class, and what belongs to it."""

    @property
    def imag(self):
        return "no array"


LARGE, SMALL = 10**6, 2


def owner_itself():
    owner = np.zeros(1000)
    return owner, owner


def view_of_a_view():
    owner = np.zeros(1000)
    return owner[5:][:40].reshape(4, 10)[::2, ::-3], owner


def subclass_that_owns():
    owner = np.zeros(1000).view(Subclass).copy()
    return owner, owner


def subclass_of_a_plain_owner():
    owner = np.zeros(1000)
    return owner.view(Subclass), owner


def float32():
    owner = np.zeros(1000, np.float32)
    return owner, owner


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize(
    "make", [owner_itself, view_of_a_view, subclass_that_owns, subclass_of_a_plain_owner, float32]
)
def test_a_function_that_resizes_what_x_is_a_view_of_is_refused(make, size):
    """Also where shrinking left the memory at its address."""
    x, owner = make()

    def f(_):
        owner.resize(size, refcheck=False)
        return 1.0

    with pytest.raises(ValueError, match="f resized x"):
        deeprob.numeric_gradient(f, x)


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_a_function_that_resizes_the_float64_twin_of_float32_is_refused(size):
    x = np.ones(1000, np.float32)

    def f(a):
        a.base.resize(size, refcheck=False)
        return 1.0

    with pytest.raises(ValueError, match="f resized x"):
        deeprob.numeric_gradient(f, x)
    assert np.all(x == 1.0)


def test_a_result_or_a_signal_handler_that_resizes_x_is_refused_too():
    class Read:
        def __array__(self, dtype=None, copy=None):
            x.resize(LARGE, refcheck=False)
            return np.array(1.0)

    class Freed(tuple):
        def __del__(self):
            x.resize(LARGE, refcheck=False)

    def signalled(_):
        signal.raise_signal(signal.SIGUSR1)
        return 1.0

    before = signal.signal(signal.SIGUSR1, lambda *_: x.resize(LARGE, refcheck=False))
    try:
        for f in (lambda _: Read(), lambda _: Freed((1.0, 2.0)), signalled):
            x = np.zeros(1000)
            with pytest.raises(ValueError, match="f resized x"):
                deeprob.numeric_gradient(f, x)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_a_function_does_to_shape_flags_and_dtype_of_its_argument_is_no_matter():
    x = np.arange(6.0).reshape(2, 3)

    def f(a):
        value = float((x.view(np.float64) ** 2).sum())
        for array in (a, x):
            array.setflags(write=False)
            array.shape = 6
            array.dtype = np.int64
        return value

    np.testing.assert_allclose(deeprob.numeric_gradient(f, x), 2.0 * np.arange(6.0).reshape(2, 3), atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_function_that_changes_the_moved_entry_alone_is_refused(dtype):
    """Clipped, it was never moved, and the quotient came out half as large."""
    x = np.array([1.0, 0.5], dtype)

    def f(a):
        np.clip(a, 0.0, 1.0, out=a)
        return float(a.sum())

    with pytest.raises(ValueError, match="f changed x"):
        deeprob.numeric_gradient(f, x, index=[0])
    assert x.tolist() == [1.0, 0.5]


def test_the_part_of_a_subclass_that_calls_itself_imaginary_is_not_believed():
    f = lambda z: np.array((z * z).sum()).view(Subclass)  # noqa: E731
    assert deeprob.numeric_gradient(f, np.array([3.0]), method="complex").tolist() == [6.0]


def test_the_callers_positions_and_steps_are_copied():
    x, index, offsets = np.zeros(50), np.arange(50), np.full((50, 1), 0.5)
    seen = []

    def f(_):
        seen.append(int(np.flatnonzero(x)[0]))
        index[:] = 0
        offsets[:] = 9.0
        return 1.0

    steps = _core.values_around(f, (x,), x.view(), None, index, offsets, False, True, False)[3]
    assert np.all(steps == 0.5)
    assert seen == list(range(50))


def test_a_list_of_lists_of_several_lengths_is_named_as_what_f_returned():
    with pytest.raises(TypeError, match="f returned a list; expected a number"):
        deeprob.numeric_gradient(lambda _: [[1.0], [1.0, 2.0]], np.zeros(1))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
@pytest.mark.parametrize("unsigned", [np.uint32, np.uint64])
def test_the_bits_of_nans_and_strided_views_come_back_whatever_is_raised(error, unsigned):
    exponent, sign = (0x7F800000, 1 << 31) if unsigned is np.uint32 else (0x7FF << 52, 1 << 63)
    bits = np.array([exponent + 1, exponent + sign + 12345, sign, 1, exponent, 77, 78, 79], unsigned)
    before = bits.copy()
    x = bits.view(np.float32 if unsigned is np.uint32 else np.float64).reshape(2, 4)[::-1, ::2]
    calls = []

    def f(a):
        calls.append(0)
        if len(calls) == 3:
            a[...] = 7.0
            x[...] = 8.0
            raise error("no")
        return 1.0

    with pytest.raises(error, match="no"), np.errstate(all="ignore"):
        deeprob.numeric_gradient(f, x)
    assert np.array_equal(bits, before)
    with np.errstate(all="ignore"):
        deeprob.numeric_gradient(lambda a: float(a.sum()), x)
    assert np.array_equal(bits, before)


def test_a_function_may_take_numeric_gradients_at_the_same_x():
    x = np.arange(4.0)
    inner = lambda a: deeprob.numeric_gradient(lambda b: float((b**3).sum()), a).sum()  # noqa: E731
    for f in (inner, lambda _: inner(x)):
        np.testing.assert_allclose(deeprob.numeric_gradient(f, x, 1e-4), 6.0 * x, atol=1e-5)
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_values_and_points_without_entries():
    nothing = _core.values_around(
        lambda: np.zeros((2, 0)), (), np.zeros(3), None, np.arange(3), np.ones((3, 2)), True, False, False
    )
    assert nothing[0] == (2, 0)
    assert nothing[2].shape == (3, 2, 0)
    assert deeprob.numeric_gradient(lambda a: a.sum(), np.zeros((0, 3)), method="forward").shape == (0, 3)
    assert deeprob.numeric_gradient(lambda a: a, np.array(2.0)) == 1.0
