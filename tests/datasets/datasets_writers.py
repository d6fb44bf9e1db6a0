"""Writers of small synthetic data sets in every format the readers know, for the tests beside this file."""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np

COMPRESS = {"plain": bytes, "gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}
PROTOCOLS = (2, 3, 4, 5)


def idx_bytes(array):
    codes = {"|u1": 8, "|i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
    big = array.astype(array.dtype.newbyteorder(">"))
    header = bytes([0, 0, codes[big.dtype.str], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + big.tobytes()


def mnist_arrays(seed=0, train=12, test=5, size=3, labels=None):
    rng = np.random.default_rng(seed)
    y_train = rng.integers(0, 10, train, dtype=np.uint8)
    if labels is not None:
        y_train[: len(labels)] = labels
    return {
        "train-images-idx3-ubyte": rng.integers(0, 256, (train, size, size), dtype=np.uint8),
        "train-labels-idx1-ubyte": y_train,
        "t10k-images-idx3-ubyte": rng.integers(0, 256, (test, size, size), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": rng.integers(0, 10, test, dtype=np.uint8),
    }


def mnist_files(compression="plain", suffix="", **options):
    arrays = mnist_arrays(**options)
    return {name + suffix: COMPRESS[compression](idx_bytes(array)) for name, array in arrays.items()}


def cifar_arrays(seed=0, count=4):
    """Rows and labels of each of the six batches."""
    rng = np.random.default_rng(seed)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    return {
        name: (rng.integers(0, 256, (count, 3072), dtype=np.uint8), rng.integers(0, 10, count))
        for name in names
    }


def cifar_binary_files(**options):
    return {
        f"{name}.bin": np.column_stack([labels.astype(np.uint8), rows]).tobytes()
        for name, (rows, labels) in cifar_arrays(**options).items()
    }


def cifar_python_files(write, **options):
    files = {name: write(rows, labels.tolist()) for name, (rows, labels) in cifar_arrays(**options).items()}
    return files | {"batches.meta": pickle.dumps({"label_names": ["airplane"]}, 2)}


def python3_batch(protocol):
    def write(rows, labels):
        batch = {"batch_label": "training batch 1 of 5", "labels": labels, "data": rows}
        return pickle.dumps(batch | {"filenames": [f"a_{i}.png" for i in range(len(rows))]}, protocol)

    return write


def python2_batch(rows, labels):
    """The bytes Python 2's cPickle wrote for the published batches, instruction by instruction."""
    return b"".join(
        [
            b"\x80\x02}q\x01(",
            b"U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03",
            b"U\x06labelsq\x04]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e",
            b"U\x04dataq\x06" + python2_array(rows),
            b"U\x09filenamesq\x0f]q\x10(",
            b"".join(
                b"U\x09" + f"{i:05d}.png".encode() + b"r" + struct.pack("<I", 17 + i)
                for i in range(len(rows))
            ),
            b"eu.",
        ]
    )


def python2_array(array):
    state = b"K\x01(" + b"".join(b"J" + struct.pack("<i", n) for n in array.shape) + b"tq\x0b"
    minus_one = b"J\xff\xff\xff\xff"
    dtype_state = b"(K\x03U\x01|NNN" + minus_one * 2 + b"K\x00tb"
    dtype = b"cnumpy\ndtype\nq\x0cU\x02u1K\x00K\x01\x87Rq\x0d" + dtype_state
    data = b"\x89T" + struct.pack("<I", array.nbytes) + array.tobytes()
    start = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85q\x09U\x01bq\x0a\x87R("
    )
    return start + state + dtype + data + b"tb"


def props_arrays(seed=0, names=("mug_1", "mug_2", "cracker_box_10", "cracker_box_2"), count=3):
    """Images and labels of each file."""
    from deeprob.datasets.props import PROPS_CLASSES

    rng = np.random.default_rng(seed)
    return {
        name: (
            rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8),
            [PROPS_CLASSES.index(name.rpartition("_")[0])] * count,
        )
        for name in names
    }


def props_files(protocol=2, test_split=("mug_2", "cracker_box_10"), labels=list, **options):
    files = {
        f"{name}.pkl": pickle.dumps({"data": images, "labels": labels(targets)}, protocol)
        for name, (images, targets) in props_arrays(**options).items()
    }
    return files | {"meta.pkl": pickle.dumps({"test_split": test_split}, protocol)}


def write_folder(folder, files):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def tar_bytes(files, compression="plain", folder="data/", tar_format=tarfile.PAX_FORMAT, extra=()):
    """A tar of the files, after the `extra` members given as (TarInfo, content)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as tar:
        for info, content in extra:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, content in files.items():
            info = tarfile.TarInfo(folder + name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return COMPRESS[compression](buffer.getvalue())


def assert_same_dataset(a, b):
    for name in ("X_train", "y_train", "X_test", "y_test"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), strict=True)
    assert (a.class_names, a.image_shape, a.layout, a.name) == (
        b.class_names,
        b.image_shape,
        b.layout,
        b.name,
    )
