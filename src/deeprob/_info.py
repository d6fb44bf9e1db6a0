"""What this machine offers and what deeprob makes of it."""

import platform
from typing import Any

import numpy as np

from . import _core


def cpu_info() -> dict[str, Any]:
    """Say which SIMD target, how many threads and which versions deeprob uses here.

    The target is chosen once, at import: the best that this CPU supports, or the one named by the
    environment variable ``DEEPROB_TARGET``.

    Returns
    -------
    dict
        ``target`` (the SIMD target in use), ``targets`` (every target of this build, best first: whether
        this CPU supports it), ``threads`` (the default), ``machine``, ``numpy`` and ``python`` (versions).

    Examples
    --------
    >>> import deeprob
    >>> info = deeprob.cpu_info()
    >>> info["targets"][info["target"]]
    True
    """
    target, supported = _core.targets()
    return {
        "target": target,
        "targets": supported,
        "threads": _core.get_num_threads(),
        "machine": platform.machine(),
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
