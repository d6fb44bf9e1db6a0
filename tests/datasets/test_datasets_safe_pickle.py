"""The interpreter of pickles: it reads what Python writes, and no file makes it do anything else."""

import os
import pickle
import random
import struct
import sys
import time
import tracemalloc

import numpy as np
import pytest
from datasets_writers import PROTOCOLS, python2_batch, python3_batch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import deeprob.datasets._safe_pickle as safe_pickle
from deeprob.datasets._safe_pickle import read_pickle

# What Python writes is read

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**120), 2**120),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(max_size=300),
)
KEYS = st.one_of(st.text(), st.integers(-(2**40), 2**40))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner),
        st.sets(KEYS),
        st.frozensets(KEYS),
    ),
    max_leaves=20,
)
DTYPES = [np.dtype(code) for code in ("?", "u1", "i1", "<u2", ">i2", "<i4", ">u4", "<i8", ">f4", "<f8")]
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
)


@settings(deadline=None, max_examples=150)
@given(value=VALUES, protocol=st.sampled_from(PROTOCOLS))
def test_plain_values_come_back_as_they_were(value, protocol):
    got = read_pickle(pickle.dumps(value, protocol), "file")
    assert got == value
    assert type(got) is type(value)


@settings(deadline=None, max_examples=150)
@given(array=ARRAYS, protocol=st.sampled_from(PROTOCOLS), fortran=st.booleans())
def test_arrays_come_back_as_they_were(array, protocol, fortran):
    array = np.asfortranarray(array) if fortran and array.ndim else array
    got = read_pickle(pickle.dumps([array, array], protocol), "file")
    for part in got:
        np.testing.assert_array_equal(part, array, strict=True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_numbers_become_numbers(protocol):
    values = [np.int64(3), np.uint8(200), np.float32(0.5), np.bool_(True)]
    got = read_pickle(pickle.dumps(values, protocol), "file")
    assert got == [3, 200, 0.5, True]
    assert [type(value) for value in got] == [int, int, float, bool]


def test_numpy_1_names_are_known_too():
    for protocol in PROTOCOLS:
        data = pickle.dumps(np.arange(3), protocol)
        old = data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray").replace(
            b"\x8c\x16", b"\x8c\x15"
        )
        if protocol < 4:  # lengths of frames would change
            np.testing.assert_array_equal(read_pickle(old, "file"), np.arange(3))


def test_python_2_strings_are_bytes_but_text_as_keys():
    assert read_pickle(b"\x80\x02}U\x04nameU\x05value" + b"s.", "file") == {"name": b"value"}
    assert read_pickle(b"\x80\x02c__builtin__\nset\n](U\x01aU\x01be\x85R.", "file") == {b"a", b"b"}


def test_arrays_are_views_that_nobody_can_write_to():
    array = read_pickle(pickle.dumps(np.arange(5), 4), "file")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


# Hostile files: nothing runs, and the error names the file and the place

RAN = []


class Evil:
    """Pickles to a call of `function`."""

    def __init__(self, function, *arguments, state=None):
        self.call = (function, arguments, state) if state is not None else (function, arguments)

    def __reduce__(self):
        return self.call


class WithState:
    def __setstate__(self, state):
        RAN.append(state)


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


RECONSTRUCT = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n"
ENCODE = b"\x80\x02c_codecs\nencode\n"
NDARRAY = b"cnumpy\nndarray\n"

GADGETS = {
    # what pickle.dumps makes of objects with __reduce__
    **{f"os.system, protocol {p}": pickle.dumps(Evil(os.system, "touch pwned"), p) for p in PROTOCOLS},
    **{f"eval, protocol {p}": pickle.dumps(Evil(eval, "open('pwned', 'w')"), p) for p in PROTOCOLS},
    **{f"exec, protocol {p}": pickle.dumps([Evil(exec, "open('pwned', 'w')")], p) for p in PROTOCOLS},
    **{f"append, protocol {p}": pickle.dumps({"data": Evil(RAN.append, 1)}, p) for p in PROTOCOLS},
    **{f"getattr, protocol {p}": pickle.dumps(Evil(getattr, 1, "real"), p) for p in PROTOCOLS},
    **{f"state, protocol {p}": pickle.dumps(Evil(WithState, state={"a": 1}), p) for p in PROTOCOLS},
    "new object": pickle.dumps(WithState(), 2),
    "new object with keywords": b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.",
    # by hand
    "GLOBAL REDUCE": b"\x80\x02cos\nsystem\nX\x0b\0\0\0touch pwned\x85R.",
    "GLOBAL of posix": b"\x80\x02cposix\nsystem\nU\x0btouch pwned\x85R.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0btouch pwned\x85R.",
    "STACK_GLOBAL of bytes": b"\x80\x04C\x02osC\x06system\x93\x8c\x0btouch pwned\x85R.",
    "memorized names": b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94(h\0h\x01\x93\x8c\x0btouch pwned\x85R.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93)R.",
    "dotted into the interpreter": b"\x80\x04\x8c\x05numpy\x8c\x13ndarray.__class__.x\x93)R.",
    "INST": b"\x80\x02(X\x0b\0\0\0touch pwnedios\nsystem\n.",
    "OBJ": b"\x80\x02(cos\nsystem\nX\x0b\0\0\0touch pwnedo.",
    "NEWOBJ": b"\x80\x02cos\nsystem\nX\x0b\0\0\0touch pwned\x85\x81.",
    "EXT1": b"\x80\x02\x82\x01.",
    "EXT2": b"\x80\x02\x83\x01\x01.",
    "EXT4": b"\x80\x02\x84\x01\x01\x01\x01.",
    "PERSID": b"\x80\x02Psomething\n.",
    "BINPERSID": b"\x80\x02U\x01aQ.",
    "NEXT_BUFFER": b"\x80\x05\x97.",
    "READONLY_BUFFER": b"\x80\x05\x97\x98.",
    "protocol 0": b"cos\nsystem\n(S'touch pwned'\ntR.",
    "protocol 1": pickle.dumps([1], 1),
    "protocol 6": b"\x80\x06N.",
    "PROTO in the middle": b"\x80\x02\x80\x02N.",
    "BUILD on an array class": b"\x80\x02cnumpy\nndarray\n}X\x0c\0\0\0__setstate__cos\nsystem\nsb.",
    "BUILD on a dict": b"\x80\x02}}X\x01\0\0\0aK\x01sb.",
    "BUILD on a list": b"\x80\x02]K\x01b.",
    "BUILD on a string": b"\x80\x02X\x01\0\0\0a}b.",
    "REDUCE of a string": b"\x80\x02X\x09\0\0\0os.system)R.",
    "REDUCE of a dict": b"\x80\x02})R.",
    "REDUCE of an array class": b"\x80\x02cnumpy\nndarray\nK\x01\x85R.",
    "REDUCE with a list": b"\x80\x02cnumpy\ndtype\n]R.",
    "REDUCE of an empty stack": b"\x80\x02R.",
    "_reconstruct of another class": RECONSTRUCT + b"cnumpy\ndtype\nK\0\x85U\x01b\x87R.",
    "_reconstruct by name": RECONSTRUCT + b"X\7\0\0\0ndarrayK\0\x85U\x01b\x87R.",
    "encode with another codec": ENCODE + text(b"x") + text(b"zlib") + b"\x86R.",
    "encode of wide text": ENCODE + text("\u20ac".encode()) + text(b"latin1") + b"\x86R.",
    "encode with three arguments": ENCODE + text(b"x") * 3 + b"\x87R.",
    "numpy.load": b"\x80\x02cnumpy\nload\n)R.",
    "numpy f2py": b"\x80\x02cnumpy.f2py.crackfortran\ngetlincoef\n)R.",
    "numpy runstring": b"\x80\x02cnumpy.testing._private.utils\nrunstring\nX\x01\0\0\0x}\x86R.",
    "name without a line end": b"\x80\x02cos\nsystem",
    "endless name": b"\x80\x02c" + b"o" * 1000 + b"\nsystem\n.",
    "control characters in a name": b"\x80\x02c\x1b[2J\nx\n.",
    "object array": pickle.dumps(np.array([{}], object), 2),
    "text array": pickle.dumps(np.array(["a"]), 2),
    "record array": pickle.dumps(np.zeros(1, [("a", "u1")]), 2),
    "date array": pickle.dumps(np.zeros(1, "M8[s]"), 2),
    "subclass of array": pickle.dumps(np.ma.zeros(1), 2),
    "a bare name": b"\x80\x02cnumpy\nndarray\n.",
    "a bare type": b"\x80\x02cnumpy\ndtype\nU\x02u1K\0K\x01\x87R.",
    "an array never filled": RECONSTRUCT + NDARRAY + b"K\0\x85U\x01b\x87R.",
    # the stack, the mark and the memo
    "nothing": b"",
    "no STOP": b"\x80\x02N",
    "STOP of nothing": b"\x80\x02.",
    "two values": b"\x80\x02NN.",
    "STOP above a mark": b"\x80\x02(N.",
    "TUPLE without a mark": b"\x80\x02N\x74.",
    "APPENDS without a mark": b"\x80\x02]e.",
    "APPEND to nothing": b"\x80\x02Na.",
    "APPEND to a tuple": b"\x80\x02)Na.",
    "APPENDS to a dict": b"\x80\x02}(Ne.",
    "SETITEM of a list": b"\x80\x02]NNs.",
    "SETITEMS of an odd number": b"\x80\x02}(NNNu.",
    "ADDITEMS to a list": b"\x80\x04](N\x90.",
    "below the mark": b"\x80\x02N(\x85.",
    "a list as a key": b"\x80\x02}]Ns.",
    "a tuple as a key": b"\x80\x02})Ns.",
    "None as a key": b"\x80\x02}NNs.",
    "a list in a set": b"\x80\x04\x8f(]\x90.",
    "a list in a frozen set": b"\x80\x04(]\x91.",
    "a list in an old set": b"\x80\x02c__builtin__\nset\n]]a\x85R.",
    "GET of nothing": b"\x80\x02h\0.",
    "LONG_GET of nothing": b"\x80\x02j\xff\xff\xff\xff.",
    "PUT of nothing": b"\x80\x02q\0.",
    "MEMOIZE of nothing": b"\x80\x04\x94.",
    "POP": b"\x80\x02NN0.",
    "DUP": b"\x80\x02N2\x86.",
    # sizes
    "BINSTRING of 2 GiB": b"\x80\x02T\xff\xff\xff\x7fabc.",
    "BINSTRING of negative size": b"\x80\x02T\xff\xff\xff\xffabc.",
    "BINUNICODE8 of 8 EiB": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.",
    "BINBYTES8 of 16 EiB": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.",
    "BYTEARRAY8 of 16 EiB": b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\xffabc.",
    "FRAME of 16 EiB": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.",
    "LONG1 of 255 bytes": b"\x80\x02\x8a\xff" + b"\xff" * 255 + b".",
    "LONG4": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "text that is not UTF-8": b"\x80\x02X\x01\0\0\0\xff.",
}  # fmt: skip


@pytest.mark.parametrize("gadget", GADGETS.values(), ids=GADGETS)
def test_a_hostile_file_is_a_value_error_and_nothing_runs(gadget, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    modules = set(sys.modules)
    start = time.process_time()
    with pytest.raises(ValueError, match=r"^evil\.pkl: byte \d+: ") as caught:
        read_pickle(gadget, "evil.pkl")
    assert time.process_time() - start < 0.1
    assert list(tmp_path.iterdir()) == []
    assert RAN == []
    assert set(sys.modules) == modules
    assert str(caught.value).isprintable()


def test_the_error_names_the_instruction_or_name_and_its_place():
    with pytest.raises(ValueError, match=r"f: byte 2: refers to 'os\.system'"):
        read_pickle(GADGETS["GLOBAL REDUCE"], "f")
    with pytest.raises(ValueError, match=r"f: byte 14: refers to 'os\.system'"):
        read_pickle(GADGETS["STACK_GLOBAL"], "f")
    with pytest.raises(ValueError, match=r"f: byte 2: instruction b'\\x82'"):
        read_pickle(GADGETS["EXT1"], "f")


def array_state(
    shape, dtype=b"U\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb", data=b"U\0"
):
    start = RECONSTRUCT + NDARRAY + b"K\0\x85U\x01b\x87R"
    return start + b"(K\x01" + shape + b"cnumpy\ndtype\n" + dtype + b"\x89" + data + b"tb."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (array_state(b"(" + b"J\xff\xff\xff\x7f" * 4 + b"t"), "array of shape"),
        (array_state(b"(" + b"J\xff\xff\xff\xff" * 2 + b"t"), "an array's shape"),
        (array_state(b"(K\0" + b"\x8a\x08" + b"\xff" * 7 + b"\x7f" + b"t"), "array of shape"),
        (array_state(b"(" + b"K\x01" * 9 + b"t", data=b"U\x01a"), "an array's shape"),
        (array_state(b"]"), "an array's shape"),
        (array_state(b"(X\x01\0\0\0at"), "an array's shape"),
        (
            array_state(b"(K\x02t", data=b"U\x03abc"),
            r"expected 2 bytes for a uint8 array of shape \(2,\), got 3",
        ),
        (array_state(b"(K\x02t", data=b"]"), "bytes of an array, got a list"),
        (array_state(b"(K\x02t", dtype=b"U\x02O8K\0K\x01\x87R"), "numeric array type, got 'O8'"),
        (array_state(b"(K\x02t", dtype=b"]\x85R"), "expected text, got a list"),
        (array_state(b"(K\x02t", dtype=b"U\x02u1\x85R(K\x03U\x01>K\x01NNtb"), "plain numeric array type"),
        (array_state(b"(K\x02t", dtype=b"U\x02u1\x85R(K\x03U\x01xNNNtb"), "plain numeric array type"),
    ],
)
def test_an_array_is_only_made_of_the_bytes_that_are_there(data, message):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            read_pickle(data, "file")
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


def test_an_array_is_filled_once_only():
    data = array_state(b"(K\0t").replace(b"u1", b"u1")[:-1]
    assert read_pickle(data + b".", "file").shape == (0,)
    with pytest.raises(ValueError, match="expected the state of an array"):
        read_pickle(data + b"Nb.", "file")


def bomb_of_copies():
    """One text of a megabyte, copied a hundred thousand times."""
    start = b"\x80\x02](" + text(b"a" * 1_000_000) + b"q\0c_codecs\nencode\nq\x01X\x06\0\0\0latin1q\x02"
    return start + b"h\x01h\0h\x02\x86R" * 100_000 + b"e."


def bomb_of_sets():
    """One list of a hundred thousand numbers, made into a set ten thousand times."""
    items = b"".join(b"J" + struct.pack("<i", i) for i in range(100_000))
    return b"\x80\x02](](" + items + b"eq\0c__builtin__\nset\nq\x01" + b"h\x01h\0\x85R" * 10_000 + b"e."


BOMBS = {
    "copies": bomb_of_copies(),
    "sets": bomb_of_sets(),
    "lists": b"\x80\x02" + b"]" * 1_000_000,
    "dicts": b"\x80\x02" + b"}" * 1_000_000,
    "sets of nothing": b"\x80\x04" + b"\x8f" * 1_000_000,
    "marks": b"\x80\x02" + b"(" * 1_000_000,
    "tuples": b"\x80\x02" + b")\x85" * 500_000,
    "nested tuples": b"\x80\x02)" + b"\x85" * 1_000_000,
    "itself": b"\x80\x02]" + b"q\0h\0a" * 300_000,
    "memo": b"\x80\x04N" + b"\x94" * 1_000_000,
    "doubling": b"\x80\x02]q\0" + b"h\0h\0\x86q\0" * 200_000,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_bombs_are_stopped_with_little_memory(data):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"instructions, got more|more data than the file holds"):
            read_pickle(data, "bomb")
        per_instruction = sys.getsizeof(set()) + 16  # the largest empty container and its places in lists
        limit = safe_pickle.MAX_INSTRUCTIONS * per_instruction + 2 * len(data)
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS)
def test_bombs_are_stopped_soon(data):
    start = time.process_time()
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the business of the test before
        read_pickle(data, "bomb")
    assert time.process_time() - start < 2  # about 0.1 s on an idle machine


def test_deep_nesting_below_the_limit_is_harmless():
    depth = safe_pickle.MAX_INSTRUCTIONS - 10
    value = read_pickle(b"\x80\x02)" + b"\x85" * depth + b".", "deep")
    assert type(value) is tuple
    with pytest.raises(ValueError, match="expected a string or a number as a key, got a tuple"):
        read_pickle(b"\x80\x02})" + b"\x85" * depth + b"Ns.", "deep")


def test_a_list_in_itself_is_only_data():
    value = read_pickle(b"\x80\x02]q\0h\0a.", "file")
    assert value[0] is value


def test_damaged_files_give_a_value_or_a_value_error_never_anything_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = np.arange(40, dtype=np.uint8).reshape(2, 20)
    seeds = [
        python2_batch(rows, [1, 2]),
        *(python3_batch(p)(rows, [1, 2]) for p in PROTOCOLS),
        *GADGETS.values(),
    ]
    rng = random.Random(0)
    for _ in range(20_000):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(len(data) + 1)
            match rng.randrange(4):
                case 0:
                    data[at : at + 1] = bytes([rng.randrange(256)])
                case 1:
                    del data[at : at + rng.randint(1, 9)]
                case 2:
                    data[at:at] = rng.choice(seeds)[: rng.randint(1, 40)]
                case 3:
                    data[at:at] = rng.choice(
                        [b"R", b"b", b"\x93", b"h\0", b"h\x01", b"q\0", b"\x85", b"(", b"t", b"."]
                    )
        try:
            read_pickle(data, "file")
        except ValueError as error:
            assert str(error).startswith("file: byte ")  # noqa: PT017 - most of them, not all, must fail
    assert list(tmp_path.iterdir()) == []
    assert RAN == []


def test_the_package_never_imports_what_could_run_a_pickle():
    import ast
    from pathlib import Path

    forbidden = {
        "pickle",
        "_pickle",
        "cPickle",
        "shelve",
        "marshal",
        "dill",
        "cloudpickle",
        "joblib",
        "importlib",
    }
    for path in Path(safe_pickle.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not forbidden & {alias.name.partition(".")[0] for alias in node.names}, path
            elif isinstance(node, ast.ImportFrom) and node.module != "importlib.resources":
                assert (node.module or "").partition(".")[0] not in forbidden, path
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile", "__import__", "getattr"}, path
