"""The one door, the embedded subset and the cache folder."""

import os
import pathlib
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from datasets_writers import (
    assert_same_dataset,
    cifar_binary_files,
    mnist_files,
    props_files,
    tar_bytes,
    write_folder,
)

from deeprob.datasets import cache_dir, load, load_cifar10, load_fashion_mnist, load_fashion_mnist_subset
from deeprob.datasets.make_subset import main as make_subset

DIGITS = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
CLOTHES = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]


# The subset in the package


def test_the_subset_is_balanced_small_and_licensed():
    data = load("fashion-mnist-subset")
    assert (data.X_train.shape, data.X_test.shape) == ((2000, 784), (500, 784))
    assert np.bincount(data.y_train).tolist() == [200] * 10
    assert np.bincount(data.y_test).tolist() == [50] * 10
    assert data.y_train[:10].tolist() == CLOTHES  # the order of the full set
    assert (data.name, data.source, data.layout) == ("fashion-mnist", "the subset in deeprob", "HW")
    assert data.class_names[:5] == ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat")
    assert data.class_names[5:] == ("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
    folder = files("deeprob.datasets") / "data"
    assert sum(len(item.read_bytes()) for item in folder.iterdir()) < 1_000_000
    licence = (folder / "LICENSE-fashion-mnist.txt").read_text(encoding="utf-8")
    assert "Copyright (c) 2017 Zalando SE, https://tech.zalando.com" in licence
    assert "MIT" in data.licence


def test_without_files_the_name_gives_the_subset():
    assert_same_dataset(load(), load_fashion_mnist_subset())
    assert load().source == "the subset in deeprob"


def test_the_maker_recreates_the_subset_byte_for_byte(real_fashion_mnist, tmp_path, capsys):
    make_subset([str(real_fashion_mnist), str(tmp_path)])
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    folder = files("deeprob.datasets") / "data"
    assert made == {item.name: item.read_bytes() for item in folder.iterdir() if item.name.endswith(".xz")}
    assert "train-images-idx3-ubyte.xz: 745,292 bytes" in capsys.readouterr().out


# The cache folder


def test_the_cache_folder_is_the_environment_variable_or_the_platform_s(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPROB_DATA_DIR", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.setenv("DEEPROB_DATA_DIR", "")  # as if not set
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "xdg" / "deeprob"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == tmp_path / ".cache" / "deeprob"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_dir() == tmp_path / "Library" / "Caches" / "deeprob"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_dir() == tmp_path / "local" / "deeprob"


def test_without_a_home_everything_still_runs():
    program = "from deeprob.datasets import cache_dir, load; print(cache_dir(), load().source)"
    env = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "HOME": "/nonexistent/home",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("the subset in deeprob\n")


@pytest.mark.parametrize("folder", ["", "fashion-mnist", "FashionMNIST/raw"])
def test_the_full_set_in_the_cache_goes_before_the_subset(empty_cache, folder):
    write_folder(empty_cache / folder, mnist_files(labels=CLOTHES))
    data = load("fashion-mnist")
    assert data.X_train.shape == (12, 9)
    assert data.source == str(empty_cache / folder)
    assert load("fashion-mnist-subset").X_train.shape == (2000, 784)


def test_mnist_s_files_in_the_cache_are_not_taken_for_fashion_mnist(empty_cache):
    write_folder(empty_cache, mnist_files(labels=DIGITS))
    assert load("fashion-mnist").source == "the subset in deeprob"
    assert load("mnist").name == "mnist"
    write_folder(empty_cache / "fashion-mnist", mnist_files(labels=CLOTHES))
    assert load("fashion-mnist").source == str(empty_cache / "fashion-mnist")


def test_damaged_files_in_the_cache_are_an_error_not_a_silent_subset(empty_cache):
    folder = write_folder(empty_cache / "fashion-mnist", mnist_files("gzip", ".gz", labels=CLOTHES))
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz: truncated gzip data"):
        load("fashion-mnist")


@pytest.mark.parametrize("name", ["cifar10", "CIFAR-10", "cifar_10"])
@pytest.mark.parametrize(
    "place",
    [
        "cifar-10-batches-bin",
        "",
        "cifar-10-binary.tar.gz",
        "cifar-10/cifar-10-binary.tar.xz",
        "cifar-10-binary.tar",
    ],
)
def test_cifar10_is_found_in_the_cache_by_any_of_its_usual_names(empty_cache, name, place):
    path = empty_cache / place
    if ".tar" in place:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tar_bytes(cifar_binary_files(), "xz"))
    else:
        write_folder(path, cifar_binary_files())
    data = load(name, complete=False)
    assert (data.name, data.source) == ("cifar10", str(path))


def test_props_is_found_in_the_cache(empty_cache):
    write_folder(empty_cache / "Progress-Objects-Sample", props_files())
    assert load("props", complete=False).name == "props"


@pytest.mark.parametrize("name", ["cifar10", "props", "mnist"])
def test_what_is_not_there_is_an_error_that_helps(empty_cache, name):
    with pytest.raises(FileNotFoundError) as caught:
        load(name)
    message = str(caught.value)
    assert str(empty_cache) in message  # where it was looked for
    assert "Expected: " in message  # the file names
    assert "https://" in message or "http://" in message  # where to get them
    assert "downloads nothing" in message
    assert "DEEPROB_DATA_DIR" in message


# Paths

SETS = {
    "mnist": lambda: mnist_files(labels=DIGITS),
    "fashion-mnist": lambda: mnist_files("gzip", ".gz", labels=CLOTHES),
    "idx": mnist_files,
    "cifar10": cifar_binary_files,
    "props": props_files,
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("as_type", [str, pathlib.Path])
def test_the_kind_of_a_path_is_recognised_by_its_content(tmp_path, name, as_type):
    folder = write_folder(tmp_path / "anything", SETS[name]())
    archive = tmp_path / "something"
    archive.write_bytes(tar_bytes(SETS[name](), "gzip", extra=()))
    for path in (folder, archive):
        data = load(as_type(path), complete=False)
        assert (data.name, data.source) == (name, str(path))
    if name != "idx":
        assert_same_dataset(load(name, path=folder, complete=False), data)
        assert_same_dataset(load(name, path=str(archive), complete=False), data)


def test_a_folder_above_will_do_if_it_holds_one_set_only(tmp_path):
    write_folder(tmp_path / "cifar-10-batches-bin", cifar_binary_files())
    assert load(tmp_path, complete=False).source == str(tmp_path / "cifar-10-batches-bin")
    write_folder(tmp_path / "Progress-Objects-Sample", props_files())
    with pytest.raises(
        ValueError, match=r"expected one data set, found cifar10 \(.*\), props \(.*\): give the path"
    ):
        load(tmp_path, complete=False)
    assert load("props", path=tmp_path, complete=False).name == "props"


def test_what_is_no_data_set_is_an_error_that_lists_what_is(tmp_path):
    (tmp_path / "file").write_bytes(b"hello")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file", tmp_path / "folder"):
        with pytest.raises(
            ValueError, match=r"no data set is recognised in it. Expected one of(.|\n)*cifar10: data_batch"
        ):
            load(path)
    with pytest.raises(
        FileNotFoundError, match=r"name_or_path: expected one of fashion-mnist, .* got 'cifar100'"
    ):
        load("cifar100")
    for nothing in (tmp_path / "none", ""):
        with pytest.raises(FileNotFoundError, match="no such file or folder"):
            load(nothing)
    for wrong in (10, None, b"cifar10"):
        with pytest.raises(TypeError, match="name_or_path: expected a name or a path, got a"):
            load(wrong)
    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        load_cifar10(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"cifar10 was not found\. Searched:"):
        load_cifar10(tmp_path / "folder")
    with pytest.raises(FileNotFoundError, match="fashion-mnist was not found"):
        load_fashion_mnist(tmp_path / "folder")
    with pytest.raises(ValueError, match="when path= is given"):
        load(tmp_path, path=tmp_path)
    with pytest.raises(ValueError, match="path: expected none for the subset"):
        load("fashion-mnist-subset", path=tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="expected a folder or a regular file"):
        load(tmp_path / "pipe")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_folder(tmp_path / "digits", mnist_files(labels=DIGITS))
    assert load("~/digits").name == "mnist"
    assert load("mnist", path="~/digits").name == "mnist"


# Importing


def test_importing_the_package_imports_nothing_heavy():
    program = (
        "import sys, deeprob; before = set(sys.modules); import deeprob.datasets; "
        "print(*sorted({n.partition('.')[0] for n in set(sys.modules) - before}))"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    assert {"pickle", "tarfile", "lzma", "bz2", "gzip", "tempfile"}.isdisjoint(done.stdout.split())


def test_the_examples_in_the_documentation_run():
    import doctest
    import importlib
    import pkgutil

    import deeprob.datasets

    names = [module.name for module in pkgutil.iter_modules(deeprob.datasets.__path__)]
    modules = [deeprob.datasets, *(importlib.import_module(f"deeprob.datasets.{name}") for name in names)]
    results = [doctest.testmod(module) for module in modules]
    assert sum(result.failed for result in results) == 0
    assert sum(result.attempted for result in results) > 20
