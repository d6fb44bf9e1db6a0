"""What functions may do to numeric_gradient and its x: fail anywhere, return anything, change x."""

import gc
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest

import deeprob

METHODS = ["central", "forward", "backward", "complex", "richardson"]
# A quiet and a signalling NaN with payloads, both zeros, both infinities, the smallest subnormal.
BITS64 = [0x7FF8_0000_DEAD_BEEF, 0x7FF0_0000_0000_0123, 0xFFF8_0000_0000_0001, 1 << 63, 0, 0x7FF0 << 48, 1]
BITS32 = [0x7FC0_BEEF, 0x7F80_0123, 0xFFC0_0001, 1 << 31, 0, 0x7F80_0000, 1]


def awkward(dtype):
    """Numbers whose bits no conversion leaves as they are."""
    if dtype == np.float64:
        return np.array(BITS64, np.uint64).view(np.float64)
    return np.array(BITS32, np.uint32).view(np.float32)


# ---- x has its bits again ------------------------------------------------------------------


@pytest.mark.parametrize("full_output", [False, True])
@pytest.mark.parametrize("evaluated", [np.float64, np.float32])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", METHODS)
def test_x_has_its_exact_bits_afterwards(method, dtype, evaluated, full_output):
    x = awkward(dtype)
    before = x.tobytes()
    found = deeprob.numeric_gradient(
        lambda w: np.where(np.isfinite(w), w, 0).sum(),
        x,
        method=method,
        dtype=evaluated,
        full_output=full_output,
    )
    assert x.tobytes() == before
    gradient = found.gradient if full_output else found
    if method == "central":
        np.testing.assert_allclose(gradient[[3, 4, 6]], 1.0, rtol=1e-6)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", METHODS)
def test_an_exception_at_any_call_comes_through_and_x_is_restored(method, dtype, error):
    x = awkward(dtype)
    before = x.tobytes()
    calls = 0
    for fatal in range(1, 100):
        calls = 0

        def f(w, fatal=fatal):
            nonlocal calls
            calls += 1
            if calls == fatal:
                raise error("mine")
            return np.sum(w * 0)

        try:
            with np.errstate(invalid="ignore"):
                deeprob.numeric_gradient(f, x, method=method, full_output=True)
        except error as caught:
            came = caught
        else:
            break  # it did not call so often
        finally:
            assert x.tobytes() == before
        assert str(came) == "mine"
        assert calls == fatal
    assert fatal > 7


RETURNED = {
    "None": (None, TypeError, "f returned a NoneType; expected a number or .number, ..."),
    "a text": ("1", TypeError, "f returned a str"),
    "bytes": (b"1", TypeError, "f returned a bytes"),
    "a list of two": ([1.0, 2.0], TypeError, "f returned a list"),
    "an empty tuple": ((), TypeError, "f returned a tuple"),
    "a dict": ({}, TypeError, "f returned a dict"),
    "a function": (sum, TypeError, "f returned a builtin_function"),
    "a tuple of a text": (("1", 2), TypeError, "f returned a str"),
    "two numbers": (np.ones(2), TypeError, r"f returned an array of shape \(2,\) and dtype float64"),
    "no number": (np.zeros(0), TypeError, r"f returned an array of shape \(0,\)"),
    "complex": (1j, TypeError, "f returned a complex"),
    "a complex array": (np.array(1j), TypeError, r"shape \(\) and dtype complex128"),
    "dates": (np.datetime64("2026-01-01"), TypeError, "f returned a numpy.datetime64|datetime64"),
    "an object": (np.array(None), TypeError, "dtype object"),
    "a ragged list": ([[1], [1, 2]], TypeError, "f returned a list"),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("what", RETURNED)
def test_values_of_other_types(what, late):
    value, error, message = RETURNED[what]
    x = awkward(np.float64)
    before, calls = x.tobytes(), []

    def f(_):
        calls.append(1)
        return 0.0 if late and len(calls) < 5 else value

    with pytest.raises(error, match=message):
        deeprob.numeric_gradient(f, x)
    assert x.tobytes() == before


@pytest.mark.parametrize(
    "value",
    [
        3,
        True,
        2**80 // 2**79,
        np.float32(2.0),
        np.float16(2.0),
        np.longdouble(2.0),
        np.int8(2),
        np.array([2.0]),
        np.array([[2.0]], ">f8"),
        [2.0],
        (2.0, None),
        (2.0, np.ones(3), np.ones(3)),
        np.bool_(True),
    ],
    ids=repr,
)
def test_everything_that_is_a_number(value):
    np.testing.assert_array_equal(deeprob.numeric_gradient(lambda x: value, np.ones(3)), np.zeros(3))


class Number:
    def __init__(self, error=None):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        if self.error is not None:
            raise self.error
        return np.array(2.0)


def test_what_turns_into_a_number_and_what_fails_to():
    np.testing.assert_array_equal(deeprob.numeric_gradient(lambda x: Number(), np.ones(3)), np.zeros(3))
    x = awkward(np.float64)
    before = x.tobytes()
    with pytest.raises(ZeroDivisionError, match="mine"):
        deeprob.numeric_gradient(lambda x: Number(ZeroDivisionError("mine")), x)
    assert x.tobytes() == before


def test_a_value_of_another_shape_in_a_later_call():
    values = iter([np.ones(1), np.ones((1, 1))])
    with pytest.raises(ValueError, match=r"f returned a value of shape \(1, 1\) after one of shape \(1,\)"):
        deeprob.numeric_gradient(lambda x: next(values), np.ones(3))


@pytest.mark.parametrize("method", METHODS)
def test_values_that_are_no_numbers_make_quotients_that_are_none(method):
    for value in (np.nan, np.inf, -np.inf):
        found = deeprob.numeric_gradient(
            lambda x, value=value: x.sum() * 0 + value * (1j if method == "complex" else 1),
            np.ones(3),
            method=method,
            full_output=True,
        )
        assert not np.isfinite(found.gradient).any()
        assert not (found.error < 1.0).any()
    # One entry's NaN is its own.
    found = deeprob.numeric_gradient(
        lambda x: x.sum() + (np.nan if x[1] != 1 else 0.0), np.ones(3), method="forward"
    )
    np.testing.assert_array_equal(np.isnan(found), [False, True, False])


@pytest.mark.parametrize("real_only", [lambda x: float(x.real.sum()), lambda x: abs(x).sum(), lambda x: 1.0])
def test_the_complex_step_needs_a_function_of_complex_numbers(real_only):
    x = np.ones(3)
    message = (
        "expected a complex number: with method='complex' f gets complex x, and must be made of functions"
    )
    with pytest.raises(TypeError, match=message):
        deeprob.numeric_gradient(real_only, x, method="complex")
    with pytest.raises(TypeError):  # NumPy's own: floor takes no complex numbers
        deeprob.numeric_gradient(lambda x: np.floor(x).sum(), x, method="complex")
    np.testing.assert_array_equal(x, 1.0)


# ---- what f does to x -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("at", [1, 2, 5, 12])
@pytest.mark.parametrize("method", METHODS)
def test_a_function_that_changes_x(method, at, dtype):
    x = awkward(dtype)
    before, calls = x.tobytes(), []

    def f(w):
        calls.append(1)
        if len(calls) == at:
            w[-1] = 7.0
        return np.sum(w * 0)

    with np.errstate(all="ignore"):
        if method in ("forward", "backward", "complex") and at == 12:  # more calls than there are
            deeprob.numeric_gradient(f, x, method=method)
        else:
            with pytest.raises(ValueError, match="f changed x; expected a function that leaves its argument"):
                deeprob.numeric_gradient(f, x, method=method)
    assert x.tobytes() == before


def test_a_change_undone_is_none():
    def f(w):
        w *= 2
        value = float(w.sum())
        w /= 2
        return value

    np.testing.assert_allclose(deeprob.numeric_gradient(f, np.arange(4.0)), 2.0, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [0, 1, 49, 51, 1000, 1_000_000])
@pytest.mark.parametrize("at", [1, 30])
def test_a_function_that_resizes_x_does_not_make_us_write_elsewhere(size, at, dtype):
    for method in METHODS:
        x = np.arange(50, dtype=dtype)
        calls = []

        def f(w, calls=calls, x=x):
            calls.append(1)
            if len(calls) == at:
                owner = w if w.base is None else w.base
                for array in (x, owner):
                    if array.flags.owndata:
                        array.resize(size, refcheck=False)
            return np.sum(w.imag if np.iscomplexobj(w) else w) * 0 if len(calls) < at else 0j.imag

        # The step into complex numbers moves a copy: x may be resized there.
        with pytest.raises((ValueError, TypeError), match="f resized x|f returned"):
            deeprob.numeric_gradient(f, x, method=method)
    gc.collect()


@pytest.mark.parametrize("options", [{}, {"strict": True}, {"fast_mode": True}, {"eps": None}], ids=str)
def test_a_gradient_check_of_a_function_that_resizes_x(options):
    for at in range(1, 60, 3):
        x = np.arange(1.0, 9.0)
        calls = []

        def f(w, calls=calls, x=x, at=at):
            calls.append(1)
            value = float(np.sum(w**2)), 2 * w
            if len(calls) == at:
                x.resize(2, refcheck=False)
            return value

        if len(calls) >= at:
            with pytest.raises(ValueError, match="f resized x"):
                deeprob.gradcheck(f, x, **options)
        else:
            try:
                deeprob.gradcheck(f, x, **options)
            except ValueError as error:
                assert "f resized x" in str(error)  # noqa: PT017
            else:
                assert len(calls) < at


def test_a_function_may_keep_its_arguments():
    kept = []
    x = np.arange(3.0)
    deeprob.numeric_gradient(lambda w: kept.append(w) or w.sum(), x)
    assert len(kept) == 6
    for w in kept:  # one array for all calls, back at its values
        np.testing.assert_array_equal(w, [0.0, 1.0, 2.0])
    watched = weakref.ref(kept[0])
    del w, kept[:]
    gc.collect()
    assert watched() is None


def test_a_function_may_make_its_argument_read_only_or_another_shape():
    x = np.arange(6.0)

    def f(w):
        w.flags.writeable = False
        return float(w.reshape(2, 3).sum())

    np.testing.assert_allclose(deeprob.numeric_gradient(f, x), 1.0, rtol=1e-9)
    assert x.flags.writeable


def test_a_numeric_gradient_of_a_numeric_gradient():
    """Of the same array, in the middle of another one's step."""
    x = np.array([0.3, -0.5, 1.0])

    def slope(_):
        return deeprob.numeric_gradient(lambda w: np.sum(w**3), x, method="complex").sum()

    np.testing.assert_allclose(deeprob.numeric_gradient(slope, x), 6 * x, atol=1e-8)


# ---- x of all kinds ----------------------------------------------------------------------------


def square(w):
    return (np.asarray(w) ** 2).sum()


LAYOUTS = {
    "0-d": lambda a: a[0].copy() if isinstance(a[0], np.ndarray) else np.array(a[0]),
    "empty": lambda a: a[:0].copy(),
    "empty matrix": lambda a: np.zeros((3, 0), a.dtype),
    "rows": lambda a: a.reshape(3, 4).copy(),
    "Fortran": lambda a: np.asfortranarray(a.reshape(3, 4)),
    "every other": lambda a: np.repeat(a, 2)[::2],
    "backwards": lambda a: a[::-1],
    "a window": lambda a: np.pad(a.reshape(3, 4), 1)[1:-1, 1:-1],
    "three axes": lambda a: a.reshape(2, 3, 2).transpose(2, 0, 1),
    "eight axes": lambda a: a.reshape(1, 2, 1, 3, 1, 2, 1, 1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", METHODS)
def test_layouts(method, layout, dtype):
    values = np.arange(12, dtype=dtype) / 4 - 1
    x = LAYOUTS[layout](values)
    whole = x if x.base is None else x.base
    before = whole.tobytes()
    found = deeprob.numeric_gradient(square, x, method=method, full_output=True)
    assert found.gradient.shape == found.h.shape == found.error.shape == x.shape
    assert found.gradient.dtype == np.float64
    assert np.all(np.abs(found.gradient - 2.0 * x) <= found.error + 1e-300)
    assert whole.tobytes() == before


@pytest.mark.parametrize(
    "dtype", ["f2", "g", ">f8", ">f4", "i1", "u8", "i8", "?"], ids=lambda d: np.dtype(d).name + d
)
def test_other_dtypes_are_copied(dtype):
    x = np.array([0, 1, 3]).astype(dtype)
    before = x.tobytes()
    seen = []
    found = deeprob.numeric_gradient(lambda w: seen.append(w.dtype) or square(w), x)
    np.testing.assert_allclose(found, 2.0 * x.astype(np.float64), atol=1e-9)
    assert set(seen) == {np.dtype(np.float64)} and x.tobytes() == before


def test_what_shares_memory_with_itself_or_is_read_only_is_copied():
    shared = np.lib.stride_tricks.as_strided(np.arange(4.0), (3, 2), (8, 8))
    np.testing.assert_allclose(deeprob.numeric_gradient(square, shared), 2 * shared, atol=1e-9)
    repeated = np.broadcast_to(np.array([2.0]), (3,))
    np.testing.assert_allclose(deeprob.numeric_gradient(square, repeated), 4.0, atol=1e-8)
    frozen = np.frombuffer(np.arange(3.0).tobytes())
    np.testing.assert_allclose(deeprob.numeric_gradient(square, frozen), 2 * frozen, atol=1e-8)
    odd = np.zeros(25, np.uint8)[1:].view(np.float64)  # misaligned
    odd[:] = [1.0, 2.0, 3.0]
    np.testing.assert_allclose(deeprob.numeric_gradient(square, odd), [2.0, 4.0, 6.0], atol=1e-8)
    np.testing.assert_array_equal(odd, [1.0, 2.0, 3.0])


class Own(np.ndarray):
    """A class of arrays."""


def test_subclasses_keep_their_class():
    x = np.arange(3.0).view(Own)
    seen = []
    found = deeprob.numeric_gradient(lambda w: seen.append((type(w), x.copy())) or float(square(w)), x)
    np.testing.assert_allclose(found, 2 * np.arange(3.0), atol=1e-9)
    assert any(not np.array_equal(moved, x) for _, moved in seen)  # in place
    np.testing.assert_array_equal(x, [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "x is a masked array"),
        (np.array([1j]), "x has dtype complex128; expected real numbers: check real and imaginary part"),
        (np.array([None]), "x has dtype object"),
        (np.array(["1"]), "x has dtype <U1"),
        (np.zeros(2, "M8[s]"), "x has dtype datetime64"),
        (np.zeros(2, [("a", float)]), "x has dtype"),
        (None, "x"),
    ],
    ids=["masked", "complex", "objects", "texts", "dates", "structured", "None"],
)
def test_x_that_is_no_array_of_real_numbers(x, message):
    with pytest.raises(TypeError, match=message):
        deeprob.numeric_gradient(lambda w: 0.0, x)


# ---- Ctrl-C ------------------------------------------------------------------------------------

LOOP = """
import sys, time
import numpy as np, deeprob
x = np.zeros(30_000)
before = x.tobytes()
many = np.arange(30_000)
functions = {
    "Python": lambda w: float(w[0]),
    "C": np.ndarray.max,  # no bytecode that would look for signals
}
print("begins", flush=True)
try:
    deeprob.numeric_gradient(functions[sys.argv[1]], x, index=np.resize(many, 2 * 10**6))
except KeyboardInterrupt:
    print(time.monotonic())
    assert x.tobytes() == before
"""


@pytest.mark.parametrize("function", ["Python", "C"])
def test_ctrl_c_ends_the_loop_and_x_is_restored(function):
    with subprocess.Popen(
        [sys.executable, "-c", LOOP, function], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "begins\n", process.stderr.read()
        time.sleep(0.8)
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            output, errors = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, errors
    assert float(output) - pressed < 0.5
