"""CIFAR-10 in its two versions, on synthetic batches."""

import pickle

import numpy as np
import pytest
from datasets_writers import (
    COMPRESS,
    PROTOCOLS,
    assert_same_dataset,
    cifar_arrays,
    cifar_binary_files,
    cifar_python_files,
    python2_batch,
    python3_batch,
    tar_bytes,
    write_folder,
)

from deeprob.datasets import load_cifar10
from deeprob.datasets.cifar import parse_binary_batch, parse_python_batch

VERSIONS = {
    "binary": cifar_binary_files,
    "python 2": lambda **o: cifar_python_files(python2_batch, **o),
    **{
        f"python 3, protocol {p}": lambda p=p, **o: cifar_python_files(python3_batch(p), **o)
        for p in PROTOCOLS
    },
}


def expected(**options):
    batches = cifar_arrays(**options)
    train = [batches[f"data_batch_{i}"] for i in range(1, 6)]
    X, y = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return X, y, *batches["test_batch"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("container", [None, *COMPRESS])
def test_every_version_in_every_container_gives_the_same_arrays(tmp_path, version, container):
    files = VERSIONS[version]()
    if container is None:
        path = write_folder(tmp_path / "batches", files)
    else:
        path = tmp_path / "archive"
        path.write_bytes(tar_bytes(dict(reversed(files.items())), container))
    data = load_cifar10(path, complete=False)
    for got, want in zip((data.X_train, data.y_train, data.X_test, data.y_test), expected(), strict=True):
        np.testing.assert_array_equal(got, want)
    assert (data.X_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)
    assert (data.layout, data.image_shape, data.class_names[0]) == ("CHW", (32, 32, 3), "airplane")


def test_the_planes_become_the_channels_of_the_images(tmp_path):
    data = load_cifar10(write_folder(tmp_path / "b", cifar_binary_files()), complete=False)
    red, green, blue = data.X_train[1].reshape(3, 32, 32)
    np.testing.assert_array_equal(data.images()[1], np.dstack([red, green, blue]))


def test_a_folder_with_both_versions_is_read_once_from_the_binary_one(tmp_path):
    both = write_folder(tmp_path / "both", VERSIONS["python 2"](seed=1) | cifar_binary_files())
    binary = write_folder(tmp_path / "binary", cifar_binary_files())
    assert_same_dataset(load_cifar10(both, complete=False), load_cifar10(binary, complete=False))
    (tmp_path / "both.tar").write_bytes(tar_bytes(VERSIONS["python 2"]() | cifar_binary_files()))
    with pytest.raises(ValueError, match="expected data_batch_1 once, got it in both versions"):
        load_cifar10(tmp_path / "both.tar", complete=False)


def test_complete_demands_six_batches_of_ten_thousand(tmp_path):
    folder = tmp_path / "batches"
    folder.mkdir()
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    for name in names:
        with (folder / name).open("wb") as file:
            file.truncate(10_000 * 3073)  # zeros: black airplanes
    data = load_cifar10(folder)
    assert (data.X_train.shape, data.X_test.shape) == ((50_000, 3072), (10_000, 3072))
    with (folder / names[2]).open("wb") as file:
        file.truncate(9_999 * 3073)
    with pytest.raises(ValueError, match=r"data_batch_3.bin: expected 10,000 images, got 9,999"):
        load_cifar10(folder)
    (folder / names[2]).unlink()
    with pytest.raises(ValueError, match="six batches of CIFAR-10, data_batch_3 missing"):
        load_cifar10(folder)
    assert len(load_cifar10(folder, complete=False).X_train) == 40_000


@pytest.mark.parametrize("kept", [["data_batch_1.bin"], ["test_batch.bin"]])
def test_both_splits_are_needed_in_any_case(tmp_path, kept):
    files = {name: data for name, data in cifar_binary_files().items() if name in kept}
    with pytest.raises(ValueError, match="missing"):
        load_cifar10(write_folder(tmp_path / "batches", files), complete=False)


def test_a_binary_batch_cut_anywhere_inside_a_record_is_a_value_error():
    data = bytearray(cifar_binary_files(count=2)["data_batch_1.bin"])
    for length in range(len(data)):
        if length == 3073:
            continue
        with pytest.raises(ValueError, match=r"batch: expected records of 3,073 bytes"):
            parse_binary_batch(data[:length], "batch")


def test_a_label_beyond_nine_is_a_value_error():
    data = bytearray(cifar_binary_files()["test_batch.bin"])
    data[3073] = 10
    with pytest.raises(ValueError, match=r"labels: expected 4 integers 0..9, got a label 10"):
        parse_binary_batch(data, "batch")


@pytest.mark.parametrize("version", [v for v in VERSIONS if v != "binary"])
def test_a_python_batch_cut_at_any_byte_is_a_value_error_that_names_it(version):
    data = bytearray(VERSIONS[version](count=1)["test_batch"])
    for length in range(1, len(data)):
        with pytest.raises(ValueError, match=r"^the batch: "):
            parse_python_batch(data[:length], "the batch")
    with pytest.raises(ValueError, match=r"expected the end of the file after the pickle, got 1 bytes more"):
        parse_python_batch(data + b".", "the batch")


ROWS = np.zeros((2, 3072), np.uint8)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([1, 2], "expected a pickled dict with 'data' and 'labels', got list"),
        ({"data": ROWS}, "got dict with the 1 keys"),
        ({"data": [1], "labels": [1]}, r"'data': expected a uint8 array of shape \(N, 3072\), got list"),
        ({"data": ROWS.astype(np.float32), "labels": [1, 1]}, "got float32 array"),
        ({"data": ROWS[:, :9], "labels": [1, 1]}, r"shape \(2, 9\)"),
        ({"data": ROWS[:0], "labels": []}, "at least one image"),
        ({"data": ROWS, "labels": [1]}, "expected 2 integers 0..9, got 1 values"),
        ({"data": ROWS, "labels": [1, -1]}, "got a label -1"),
        ({"data": ROWS, "labels": [1, 2**70]}, "got a label 1180591620717411303424"),
        ({"data": ROWS, "labels": [1, 1.0]}, "got a float among them"),
        ({"data": ROWS, "labels": [1, True]}, "got a bool among them"),
        ({"data": ROWS, "labels": "12"}, "got a str"),
        ({"data": ROWS, "labels": np.array([0.0, 1.0])}, "got a float64 array"),
        ({"data": ROWS, "labels": np.array([0, 10])}, "got a label 10"),
    ],
)
def test_a_python_batch_of_other_content_is_a_value_error(batch, message):
    with pytest.raises(ValueError, match=message):
        parse_python_batch(bytearray(pickle.dumps(batch, 2)), "batch")


@pytest.mark.parametrize(
    "labels", [np.array([3, 4]), np.array([3, 4], ">i4"), np.array([[3], [4]], np.uint8), (3, 4)]
)
def test_labels_may_be_any_integer_array_or_tuple(labels):
    _, y = parse_python_batch(bytearray(pickle.dumps({"data": ROWS, "labels": labels}, 4)), "batch")
    np.testing.assert_array_equal(y, np.array([3, 4], np.int64), strict=True)


def test_a_python_batch_of_full_size_is_read_in_a_fraction_of_a_second():
    import time

    rows = np.zeros((10_000, 3072), np.uint8)
    data = bytearray(python2_batch(rows, [i % 10 for i in range(10_000)]))
    times = []
    for _ in range(3):
        start = time.process_time()
        parse_python_batch(data, "batch")
        times.append(time.process_time() - start)
    assert min(times) < 0.5  # about 0.05 s; a loop over pixels would take seconds
