"""What the figures were measured on, and what could make them unfair."""

import ctypes.util
import importlib.metadata
import os
import platform
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import threadpoolctl

import deeprob

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "jax", "numba", "threadpoolctl", "matplotlib")
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def cpu_name() -> str:
    """Return the CPU's name, with family and model where Linux tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text.split("\n\n")[0], re.M))
    name = fields.get("model name", platform.machine())
    known = [f"{key} {fields[key]}" for key in ("cpu family", "model", "stepping") if key in fields]
    return f"{name} ({', '.join(known)})" if known else name


def caches() -> list[str]:
    """Return the caches of the first CPU, as Linux lists them."""
    found = []
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        found.append(f"L{level} {kind.lower()} {size}")
    return found


def versions() -> dict[str, str]:
    """Return the versions of Python, deeprob and the peers; "absent" where there is none."""
    found = {"python": platform.python_version(), "deeprob": deeprob.__version__}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def commit() -> str:
    """Return the commit of the sources, with "+" when they were changed since."""
    root = Path(__file__).resolve().parents[1]
    try:
        named = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return named.stdout.strip()


def openblas() -> list[str]:
    """Return what threadpoolctl says of NumPy's BLAS: library, version, the kernel that runs."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return [
        f"{pool['internal_api']} {pool.get('version')}, kernel {pool.get('architecture', 'unknown')}"
        for pool in threadpoolctl.threadpool_info()
        if pool["user_api"] == "blas"
    ]


def warnings(threads: int) -> list[str]:
    """Return what makes a comparison unfair or unsteady here."""
    found = [
        f"{name}={os.environ[name]} is set: it decides the kernels or blocking of NumPy's BLAS and may slow "
        "the peers down; a fair benchmark unsets it"
        for name in SLOWING
        if name in os.environ
    ]
    load = os.getloadavg()[0]
    if load > 0.5:
        found.append(
            f"load average {load:.1f} at the start: others run here, from which spinning threads suffer most"
        )
    if deeprob.cpu_info()["threads"] < threads:
        found.append(f"{threads} threads asked for, but this process may use {deeprob.cpu_info()['threads']}")
    return found


def describe(threads: int) -> dict[str, Any]:
    """Return all of it."""
    return {
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "threads": threads,
        "target": deeprob.cpu_info()["target"],
        "caches": caches(),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "blas": openblas(),
        "svml": bool(ctypes.util.find_library("svml")),
        "versions": versions(),
        "commit": commit(),
        "warnings": warnings(threads),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


class Others:
    """How much of the machine other processes used since this was made, in CPUs; None where unknown."""

    def __init__(self) -> None:
        self.begin = time.perf_counter()
        self.busy, self.own = self._busy(), time.process_time()

    @staticmethod
    def _busy() -> float | None:
        try:
            fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        except OSError:
            return None
        ticks = [int(field) for field in fields]
        return (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # not idle, not waiting

    def cpus(self) -> float | None:
        """Return the mean number of CPUs that others kept busy."""
        now = self._busy()
        if now is None or self.busy is None:
            return None
        wall = time.perf_counter() - self.begin
        used = now - self.busy - (time.process_time() - self.own)
        return max(0.0, used / wall) if wall > 0 else None
