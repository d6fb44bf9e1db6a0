"""How many threads: the affinity mask, the container's quota, DEEPROB_NUM_THREADS."""

import importlib
import math
import os
from pathlib import Path
from typing import Any

from . import _core

_CGROUP = Path("/sys/fs/cgroup")


def get_num_threads() -> int:
    """Return the number of threads that calls use when they do not say ``threads=``.

    At import it is the value of the environment variable ``DEEPROB_NUM_THREADS``, or else the smaller of
    the CPUs this process may run on and its container's CPU quota.

    Returns
    -------
    int
        At least 1.

    Examples
    --------
    >>> import deeprob
    >>> deeprob.get_num_threads() >= 1
    True
    """
    return _core.get_num_threads()


def set_num_threads(threads: int) -> None:
    """Set the number of threads that calls use when they do not say ``threads=``.

    Results have the same bits for every number of threads.

    Parameters
    ----------
    threads : int
        At least 1.

    Raises
    ------
    ValueError, TypeError
        If ``threads`` is not an integer of at least 1.

    Examples
    --------
    >>> import deeprob
    >>> before = deeprob.get_num_threads()
    >>> deeprob.set_num_threads(1)
    >>> deeprob.get_num_threads()
    1
    >>> deeprob.set_num_threads(before)
    """
    if threads is None:
        raise TypeError("threads is None; expected an integer")
    _core.set_num_threads(threads)


def default_threads() -> int:
    """Return the number of threads to start with; see get_num_threads."""
    wanted = os.environ.get("DEEPROB_NUM_THREADS", "").strip()
    if wanted:
        try:
            threads = int(wanted)
        except ValueError:
            threads = 0
        if threads < 1:
            raise ImportError(f"DEEPROB_NUM_THREADS is {wanted!r}; expected an integer of at least 1")
        return threads
    quotas = [_available_cpus(), _quota_v2(), _quota_v1()]
    return max(1, math.floor(min(q for q in quotas if q is not None) + 1e-9))


def _available_cpus() -> float:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota_v2() -> float | None:
    """Return the tightest ``cpu.max`` from this process's cgroup up to the root, in CPUs."""
    folder = _CGROUP / _own_cgroup().lstrip("/")
    quotas = []
    for place in [folder, *folder.parents]:
        text = _read(place / "cpu.max").split()
        if len(text) == 2 and text[0] != "max":
            quotas.append(float(text[0]) / float(text[1]))
        if place == _CGROUP:
            break
    return min(quotas, default=None)


def _quota_v1() -> float | None:
    quota, period = (_read(_CGROUP / "cpu" / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
    if quota and period and float(quota) > 0 and float(period) > 0:
        return float(quota) / float(period)
    return None


def _own_cgroup() -> str:
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        if line.startswith("0::"):
            return line[3:]
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def register_with_threadpoolctl() -> None:
    """Let ``threadpoolctl.threadpool_limits`` limit deeprob too, if threadpoolctl is in use.

    Called at import when threadpoolctl was imported before; call it yourself when it was not.
    """
    threadpoolctl: Any = importlib.import_module("threadpoolctl")

    class DeeprobController(threadpoolctl.LibController):  # type: ignore[misc]
        user_api = "deeprob"
        internal_api = "deeprob"
        filename_prefixes = ("_core",)

        def __init__(self, *, filepath: str | None = None, prefix: str | None = None, parent: Any = None):
            super().__init__(filepath=filepath, prefix=prefix, parent=parent)

        def get_num_threads(self) -> int:
            return _core.get_num_threads()

        def set_num_threads(self, num_threads: int) -> None:
            _core.set_num_threads(num_threads)

        def get_version(self) -> None:
            return None

        def set_additional_attributes(self) -> None:
            pass

    threadpoolctl.register(DeeprobController)
