"""IDX files, MNIST and Fashion-MNIST."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from datasets_writers import (
    COMPRESS,
    assert_same_dataset,
    idx_bytes,
    mnist_arrays,
    mnist_files,
    tar_bytes,
    write_folder,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deeprob.datasets import load_fashion_mnist, load_mnist, read_idx
from deeprob.datasets.idx import load_idx

DTYPES = [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]


@settings(deadline=None, max_examples=60)
@given(
    array=st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, min_side=0, max_side=5))
    ),
    compression=st.sampled_from(sorted(COMPRESS)),
)
def test_read_idx_returns_what_was_written_whatever_the_type_shape_and_compression(array, compression):
    got = read_idx(COMPRESS[compression](idx_bytes(array)))
    np.testing.assert_array_equal(got, array, strict=True)
    assert got.dtype.isnative


@pytest.mark.parametrize("compression", COMPRESS)
def test_the_compression_is_recognised_by_the_first_bytes_not_by_the_name(tmp_path, compression):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for name in ("file", "file.gz", "file.xz"):
        path = tmp_path / name
        path.write_bytes(COMPRESS[compression](idx_bytes(array)))
        np.testing.assert_array_equal(read_idx(path), array)
        np.testing.assert_array_equal(read_idx(str(path)), array)


def test_several_compressed_streams_in_one_file_are_read_as_one():
    data = idx_bytes(np.arange(100, dtype=np.uint8))
    for name, compress in COMPRESS.items():
        padding = bytes(8) if name in ("gzip", "xz") else b""
        got = read_idx(compress(data[:50]) + (padding if name != "plain" else b"") + compress(data[50:]))
        np.testing.assert_array_equal(got, np.arange(100))


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_file_cut_at_any_byte_is_a_value_error_that_names_it(tmp_path, compression):
    data = COMPRESS[compression](idx_bytes(np.arange(60, dtype=np.uint8).reshape(3, 4, 5)))
    path = tmp_path / "cut-idx3-ubyte"
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(ValueError, match="cut-idx3-ubyte"):
            read_idx(path)


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_flipped_bit_anywhere_is_a_value_error_or_changes_only_the_values(compression):
    array = np.arange(20, dtype=np.uint8).reshape(4, 5)
    data = COMPRESS[compression](idx_bytes(array))
    for at in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << at % 8
        try:
            got = read_idx(bytes(flipped))
        except ValueError:
            continue
        assert got.size in (20, 10, 5)  # 4 x 5 numbers, or the same bytes as wider ones (in a plain file)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got 0 bytes"),
        (b"\0\0\x08", "got 3 bytes"),
        (b"\0\0\x07\x01" + bytes(4), "expected an IDX file .* got 00 00 07 01"),
        (b"\0\1\x08\x01" + bytes(4), "got 00 01 08 01"),
        (b"\0\0\x08\0", "got 00 00 08 00"),
        (b"\0\0\x08\x09" + bytes(36), "1 to 8 dimensions"),
        (b"\0\0\x08\x02" + struct.pack(">I", 2), "header of 12 bytes, got 8"),
        (idx_bytes(np.arange(4, dtype=np.uint8)) + b"x", r"expected 12 bytes .*\(4,\).* got 13 \(too long\)"),
        (idx_bytes(np.arange(4, dtype=np.uint8))[:-1], r"got 11 \(truncated\)"),
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"abc", "got 19"),
        (b"\0\0\x08\x03" + b"\xff" * 8 + bytes(4), "lengths of at most"),
        (b"<html>not found</html>", "got 3c 68 74 6d"),
        (b"\x1f\x8bnot really gzip", "gzip data"),
        (b"\xfd7zXZ\0not really xz", "xz data"),
        (b"BZh9not really bzip2", "bzip2 data"),
        (gzip.compress(idx_bytes(np.arange(4, dtype=np.uint8))) + b"garbage", "gzip data"),
    ],
)
def test_what_is_no_idx_file_is_a_value_error_that_says_what_was_expected(data, message):
    with pytest.raises(ValueError, match=message):
        read_idx(data)


def test_a_header_that_declares_a_huge_array_takes_no_memory():
    data = b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**31) + bytes(1000)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="truncated"):
            read_idx(data)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_compressed_file_that_unpacks_to_more_than_the_limit_is_refused_early(monkeypatch):
    monkeypatch.setattr("deeprob.datasets.idx.MAX_FILE_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"at most 1,048,576 bytes \(decompressed\)"):
            read_idx(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_an_xz_header_cannot_ask_for_gigabytes():
    import lzma

    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 3 << 29}]
    try:
        data = lzma.compress(b"x" * 100, filters=filters)
    except MemoryError:
        pytest.skip("not enough memory to write such a file")
    with pytest.raises(ValueError, match=r"[Mm]emory usage limit"):
        read_idx(data)


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "none")


# The four files


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("container", [None, *COMPRESS])
def test_a_set_is_read_from_a_folder_or_tar_in_every_compression(tmp_path, compression, container):
    files = mnist_files(compression, suffix=".gz" if compression == "gzip" else "")
    if container is None:
        path = write_folder(tmp_path / "set", files)
    else:
        path = tmp_path / "set.tar"
        path.write_bytes(tar_bytes(files, container))
    data = load_fashion_mnist(path)
    arrays = mnist_arrays()
    np.testing.assert_array_equal(data.images("train"), arrays["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(data.y_test, arrays["t10k-labels-idx1-ubyte"])
    assert (data.X_train.dtype, data.X_train.shape, data.y_train.dtype) == (np.uint8, (12, 9), np.int64)
    assert (data.image_shape, data.layout, data.source) == ((3, 3), "HW", str(path))


def test_names_with_a_dot_and_a_plain_file_beside_its_gz_are_fine(tmp_path):
    dotted = {name.replace("-idx", ".idx"): data for name, data in mnist_files().items()}
    both = mnist_files() | mnist_files("gzip", ".gz")
    assert_same_dataset(
        load_mnist(write_folder(tmp_path / "a", dotted)), load_mnist(write_folder(tmp_path / "b", both))
    )


def test_mnist_and_fashion_mnist_are_told_apart_by_their_first_labels(tmp_path):
    digits = write_folder(tmp_path / "digits", mnist_files(labels=[5, 0, 4, 1, 9, 2, 1, 3, 1, 4]))
    clothes = write_folder(tmp_path / "clothes", mnist_files(labels=[9, 0, 0, 3, 0, 2, 7, 2, 5, 5]))
    other = write_folder(tmp_path / "other", mnist_files())
    assert load_idx(digits).name == load_mnist(digits).name == "mnist"
    assert load_idx(clothes).name == load_fashion_mnist(clothes).name == "fashion-mnist"
    assert load_idx(other).name == "idx"
    assert load_idx(clothes).class_names[9] == "Ankle boot"
    assert load_idx(digits).class_names[9] == "9"
    with pytest.raises(ValueError, match="expected the files of fashion-mnist, got those of mnist"):
        load_fashion_mnist(digits)
    with pytest.raises(ValueError, match="expected the files of mnist, got those of fashion-mnist"):
        load_mnist(clothes)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("train-labels-idx1-ubyte", np.zeros(11, np.uint8), "expected 12 uint8 labels"),
        ("t10k-labels-idx1-ubyte", np.full(5, 10, np.uint8), r"expected labels 0\.\.9, got 10"),
        ("t10k-images-idx3-ubyte", np.zeros((5, 4, 4), np.uint8), r"expected test images of \(3, 3\)"),
        ("train-images-idx3-ubyte", np.zeros((12, 9), np.uint8), r"shape \(N, H, W\), got uint8 \(12, 9\)"),
        ("train-images-idx3-ubyte", np.zeros((0, 3, 3), np.uint8), r"got uint8 \(0, 3, 3\)"),
        ("train-images-idx3-ubyte", np.zeros((12, 3, 3), np.float32), "expected uint8 images"),
    ],
)
def test_files_that_do_not_fit_each_other_are_a_value_error(tmp_path, name, array, message):
    folder = write_folder(tmp_path / "set", mnist_files() | {name: idx_bytes(array)})
    with pytest.raises(ValueError, match=message):
        load_mnist(folder)


def test_missing_files_are_named(tmp_path):
    files = mnist_files()
    del files["t10k-labels-idx1-ubyte"]
    with pytest.raises(ValueError, match="four IDX files, t10k-labels missing"):
        load_mnist(write_folder(tmp_path / "set", files))
