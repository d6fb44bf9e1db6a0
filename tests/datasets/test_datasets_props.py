"""PROPS, on synthetic files."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from datasets_writers import COMPRESS, PROTOCOLS, props_arrays, props_files, tar_bytes, write_folder

from deeprob.datasets import load_props
from deeprob.datasets.props import PROPS_CLASSES


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("container", [None, *COMPRESS])
def test_the_files_are_read_in_the_order_of_their_names(tmp_path, protocol, container):
    files = props_files(protocol)
    if container is None:
        path = write_folder(tmp_path / "Progress-Objects-Sample", files)
    else:
        path = tmp_path / "archive"
        path.write_bytes(tar_bytes(files, container))
    data = load_props(path, complete=False)
    arrays = props_arrays()
    train = np.concatenate([arrays["cracker_box_2"][0], arrays["mug_1"][0]])
    test = np.concatenate([arrays["cracker_box_10"][0], arrays["mug_2"][0]])
    np.testing.assert_array_equal(data.images("train"), train)
    np.testing.assert_array_equal(data.images("test"), test)
    box, mug = PROPS_CLASSES.index("cracker_box"), PROPS_CLASSES.index("mug")
    np.testing.assert_array_equal(data.y_train, np.array([box] * 3 + [mug] * 3), strict=True)


def test_rows_are_planes_as_in_the_course(tmp_path):
    data = load_props(write_folder(tmp_path / "p", props_files()), complete=False)
    image = props_arrays()["cracker_box_2"][0][0]
    assert data.layout == "CHW"
    np.testing.assert_array_equal(data.X_train[0], image.transpose(2, 0, 1).ravel())


@pytest.mark.parametrize(
    "test_split",
    [
        ["mug_2", "cracker_box_10"],
        ("mug_2.pkl", "cracker_box_10.pkl"),
        {"mug_2", "cracker_box_10"},
        frozenset(
            ["mug_2", "cracker_box_10", "cracker_box_14"]
        ),  # names of files that never existed do no harm
        [b"mug_2", b"cracker_box_10"],
    ],
)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_test_split_may_be_any_collection_of_names(tmp_path, test_split, protocol):
    folder = write_folder(tmp_path / "p", props_files(protocol, test_split))
    assert load_props(folder, complete=False).y_test.tolist() == [1] * 3 + [8] * 3


@pytest.mark.parametrize("labels", [list, tuple, np.array, lambda y: [np.int64(v) for v in y]])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_labels_may_be_a_list_an_array_or_a_list_of_numpy_numbers(tmp_path, labels, protocol):
    folder = write_folder(tmp_path / "p", props_files(protocol, labels=labels))
    assert load_props(folder, complete=False).y_train.tolist() == [1] * 3 + [8] * 3


def test_the_order_does_not_depend_on_string_hashing(tmp_path):
    folder = write_folder(tmp_path / "p", props_files())
    program = (
        "import sys, hashlib; from deeprob.datasets.props import load_props; "
        "print(hashlib.sha256(load_props(sys.argv[1], complete=False).X_train).hexdigest())"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(folder)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


def test_complete_demands_the_157_published_files(tmp_path):
    absent = {"cracker_box_14", "large_marker_10", "master_chef_can_6"}
    names = [f"{thing}_{scene}" for thing in PROPS_CLASSES for scene in range(1, 17)]
    names = [name for name in names if name not in absent]
    assert len(names) == 157
    folder = write_folder(tmp_path / "p", props_files(names=names, count=1, test_split=["mug_3"]))
    assert len(load_props(folder).X_train) == 156
    (folder / "mug_7.pkl").unlink()
    with pytest.raises(ValueError, match="157 files of the published sample, 1 missing: mug_7 "):
        load_props(folder)


IMAGES = np.zeros((2, 32, 32, 3), np.uint8)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"meta.pkl": pickle.dumps({})}, "meta.pkl: expected a pickled dict whose 'test_split' lists"),
        ({"meta.pkl": pickle.dumps([])}, "got list"),
        ({"meta.pkl": pickle.dumps({"test_split": [1]})}, "expected file names, got a int"),
        ({"meta.pkl": pickle.dumps({"test_split": []})}, "got none for test"),
        ({"mug_1.pkl": pickle.dumps(5)}, "mug_1.pkl: expected a pickled dict with 'data'"),
        ({"mug_1.pkl": pickle.dumps({"data": IMAGES[..., 0], "labels": [8, 8]})}, r"shape \(N, 32, 32, 3\)"),
        ({"mug_1.pkl": pickle.dumps({"data": IMAGES, "labels": [8]})}, "expected 2 integers"),
        ({"mug_1.pkl": pickle.dumps({"data": IMAGES, "labels": [8, 10]})}, "got a label 10"),
        ({"mug_1.pkl": pickle.dumps({"data": IMAGES[:, 1:], "labels": [8, 8]})}, "images of one shape"),
    ],
)
def test_files_of_other_content_are_a_value_error(tmp_path, files, message):
    folder = write_folder(tmp_path / "p", props_files() | files)
    with pytest.raises(ValueError, match=message):
        load_props(folder, complete=False)


def test_without_meta_pkl_nothing_is_guessed(tmp_path):
    folder = write_folder(tmp_path / "p", props_files())
    (folder / "meta.pkl").unlink()
    with pytest.raises(ValueError, match=r"expected meta\.pkl"):
        load_props(folder, complete=False)


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    files = props_files() | {"notes.txt": b"hello", "evil_1.pkl": b"cos\nsystem\n", ".mug_1.pkl": b"x"}
    load_props(write_folder(tmp_path / "p", files), complete=False)
