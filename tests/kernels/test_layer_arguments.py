"""What the layers' functions of the core refuse, in words that name the argument, before they write."""

import numpy as np
import pytest
from cases import rng_for

from deeprob import _core


def good():
    """Arguments that are right, by name."""
    rng = rng_for("good")
    x, grad, y = rng.standard_normal((3, 6, 4)).astype(np.float32)
    gamma, beta = rng.standard_normal((2, 4)).astype(np.float32)
    bits = rng.integers(0, 65536, (6, 4), dtype=np.uint16)
    made = {"x": x, "grad": grad, "y": y, "gamma": gamma, "beta": beta, "b": beta, "bits": bits}
    made |= {"threshold": 9, "scale": 1.5, "eps": 1e-5, "mean": np.zeros(4), "inv_std": np.ones(4)}
    return made | {"dgamma": gamma.copy(), "dbeta": beta.copy(), "training": True, "threads": None}


CALLS = {
    "relu": "x out",
    "relu_backward": "grad y out",
    "dropout": "x bits threshold scale out",
    "add_scaled": "x y scale out",
    "add_bias": "x b",
    "sum_rows": "grad out",
    "batch_norm": "x gamma beta eps mean inv_std out",
    "batch_norm_apply": "x gamma beta mean inv_std out",
    "batch_norm_backward": "grad x gamma mean inv_std dgamma dbeta out training",
}
CALLS = {name: [*names.split(), "threads"] for name, names in CALLS.items()}
WRITTEN = {"out", "dgamma", "dbeta"}
ARRAYS = {"x", "grad", "y", "out", "gamma", "beta", "b", "bits", "mean", "inv_std", "dgamma", "dbeta"}


def call(name, **wrong):
    """The call with some arguments replaced; nothing that it could write may have changed."""
    given = good()
    given["out"] = np.full(4 if name == "sum_rows" else (6, 4), 7, np.float32)
    given |= wrong
    arguments = [given[n] for n in CALLS[name]]
    before = [np.array(a, copy=True) for a in arguments]
    try:
        getattr(_core, name)(*arguments)
    except (TypeError, ValueError):
        for a, b in zip(arguments, before, strict=True):
            np.testing.assert_array_equal(a, b)
        raise
    return given


each_array = pytest.mark.parametrize(
    ("name", "wrong"), [(name, n) for name, names in CALLS.items() for n in names if n in ARRAYS]
)


@each_array
def test_each_array_is_checked(name, wrong):
    right = call(name)[wrong]
    spread = np.repeat(right, 2, axis=-1)[..., ::2]
    offset = np.zeros(right.nbytes + 1, np.uint8)[1:].view(right.dtype).reshape(right.shape)
    swapped = right.astype(right.dtype.newbyteorder())
    other = np.float32 if right.dtype == np.float64 else np.float64
    first = CALLS[name][0] == wrong  # then it is what the next one disagrees with
    shape = f"expected .* (as|the features of) {wrong}" if first else f"{wrong} has shape .*; expected"
    for value, error, message in [
        (right.tolist(), TypeError, f"{wrong} is a list; expected a numpy.ndarray"),
        (np.ma.masked_array(right), TypeError, f"{wrong} is a MaskedArray; .* no mask"),
        (right[None], ValueError, rf"{wrong} has shape \(1, .*; expected \("),
        (right[..., :-1].copy(), ValueError, shape),
        (right.astype(np.int32), TypeError, f"{wrong} has dtype int32; expected "),
        (right.astype(other), TypeError, " has dtype float(32|64); expected (float(32|64)|uint16)"),
        (swapped, TypeError, f"{wrong} has dtype .*byte order"),
        (spread, ValueError, f"{wrong} is not C-contiguous and aligned"),
        (offset, ValueError, f"{wrong} is not C-contiguous and aligned"),
    ]:
        with pytest.raises(error, match=message):
            call(name, **{wrong: value})
    frozen = right.copy()
    frozen.flags.writeable = False
    written = WRITTEN | {"batch_norm": {"mean", "inv_std"}, "add_bias": {"x"}}.get(name, set())
    if wrong in written:
        with pytest.raises(ValueError, match=f"{wrong} is read-only"):
            call(name, **{wrong: frozen})
    else:
        call(name, **{wrong: frozen})


@pytest.mark.parametrize("name", CALLS)
def test_written_arrays_share_no_memory_but_in_place(name):
    names = [n for n in CALLS[name] if n in ARRAYS]
    written = WRITTEN | {"batch_norm": {"mean", "inv_std"}, "add_bias": {"x"}}.get(name, set())
    right = call(name)
    for out in written & set(names):
        for other in set(names) - {out}:
            a, b = right[out], right[other]
            memory = np.zeros(a.nbytes + b.nbytes + 64, np.uint8)
            start = a.nbytes - 8  # b begins within a's last bytes
            views = {out: memory[: a.nbytes].view(a.dtype).reshape(a.shape)}
            views[other] = memory[start : start + b.nbytes].view(b.dtype).reshape(b.shape)
            either = f"{out} shares memory with {other}|{other} shares memory with {out}"
            with pytest.raises(ValueError, match=either):
                call(name, **views)
            if a.ndim == b.ndim == 2 and other != "bits":
                call(name, **{out: b, other: b})
            elif a.shape == b.shape and a.dtype == b.dtype:
                with pytest.raises(ValueError, match="shares memory with"):
                    call(name, **{out: b, other: b})


def test_numbers_are_checked():
    for value, error, message in [
        (-1, ValueError, "threshold is -1; expected 0 to 65536"),
        (65537, ValueError, "threshold is 65537"),
        (2**80, ValueError, "threshold is 1208925819614629174706176"),
        (0.5, TypeError, "threshold is a float; expected an integer"),
        (True, TypeError, "threshold is a bool"),
    ]:
        with pytest.raises(error, match=message):
            call("dropout", threshold=value)
    for name in ("dropout", "add_scaled"):
        with pytest.raises(TypeError, match="scale is a str; expected a real number"):
            call(name, scale="1")
    for value in (-1e-5, np.nan):
        with pytest.raises(ValueError, match="eps is .*; expected a number of at least 0"):
            call("batch_norm", eps=value)
    for name, names in CALLS.items():
        with pytest.raises(ValueError, match="threads is 0; expected at least 1"):
            call(name, threads=0)
        with pytest.raises(TypeError, match=f"{name} takes {len(names)} positional arguments, got 1"):
            getattr(_core, name)(None)
    with pytest.raises(ValueError, match="truth value"):
        call("batch_norm_backward", training=np.zeros(2))


def test_no_examples_have_no_mean():
    none, vector = np.empty((0, 3)), np.ones((6, 3))
    v = [row.copy() for row in vector]
    with pytest.raises(ValueError, match=r"x has shape \(0, 3\); expected at least one example"):
        _core.batch_norm(none, v[0], v[1], 1e-5, v[2], v[3], none, None)
    with pytest.raises(ValueError, match=r"grad has shape \(0, 3\); expected at least one example"):
        _core.batch_norm_backward(none, none, v[0], v[1], v[2], v[3], v[4], none, True, None)
    _core.batch_norm_apply(none, v[0], v[1], v[2], v[3], none, None)
    _core.relu(none, none, None)
    np.testing.assert_array_equal(v, vector)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_very_many_rows_without_values_take_no_time(dtype):
    none, vector = np.empty((2**59, 0), dtype), np.empty(0, dtype)
    _core.add_bias(none, vector, None)
    _core.sum_rows(none, vector, None)
    _core.relu(none, none, None)


class Resizes:
    """A number whose conversion makes an array smaller."""

    def __init__(self, array):
        self.array = array

    def shrink(self):
        self.array.resize((1,) * self.array.ndim, refcheck=False)
        return 1

    __index__ = shrink

    def __float__(self):
        return float(self.shrink())

    def __bool__(self):
        return bool(self.shrink())


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, n) for name, names in CALLS.items() for n in names if n not in ARRAYS],
)
def test_numbers_come_before_arrays_which_they_may_resize(name, number):
    given = good() | {"out": np.zeros(4 if name == "sum_rows" else (6, 4), np.float32)}
    last = [n for n in CALLS[name] if n in ARRAYS][-1]
    given[last] = given[last].copy()  # owns its memory
    given[number] = Resizes(given[last])
    with pytest.raises(ValueError, match=rf"{last} has shape \(1,"):
        getattr(_core, name)(*(given[n] for n in CALLS[name]))
