"""What all tests share: where the real data is, and which peers must be there."""

import contextlib
import importlib
import os
import signal
from pathlib import Path

import pytest


def pytest_configure():
    # Started in a shell's background, a process ignores SIGINT, and so do all its children: those that the
    # tests interrupt would never see Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data():
    """The folder with the real data sets: DEEPROB_TEST_DATA, or `shared/data` beside any folder above."""
    places = [Path(os.environ["DEEPROB_TEST_DATA"])] if os.environ.get("DEEPROB_TEST_DATA") else []
    places += [folder / "shared" / "data" for folder in Path(__file__).resolve().parents]
    for place in places:
        if place.is_dir():
            return place
    pytest.skip("no real data sets here: set DEEPROB_TEST_DATA to the folder that holds them")


@pytest.fixture(scope="session")
def peer():
    """Import a library that we compare with; without it skip, or fail under DEEPROB_REQUIRE_PEERS."""

    def load(name):
        try:
            return importlib.import_module(name)
        except ImportError:
            if os.environ.get("DEEPROB_REQUIRE_PEERS"):
                raise
            pytest.skip(f"{name} is not installed: nothing to compare with")

    return load


@pytest.fixture
def one_blas_thread():
    """Keep BLAS to one thread: where others use the cores, SciPy's tiny solves take 50 times as long."""
    try:
        importlib.import_module("scipy.linalg")  # its BLAS must be loaded to be limited
        limits = importlib.import_module("threadpoolctl").threadpool_limits(1, user_api="blas")
    except ImportError:
        limits = contextlib.nullcontext()
    with limits:
        yield
