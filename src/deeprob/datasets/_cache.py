"""The folder in which data sets are looked for when no path is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder in which `load` looks for data sets.

    It is `DEEPROB_DATA_DIR` where that environment variable is set, otherwise `deeprob` in the user's cache
    folder: `$XDG_CACHE_HOME` or `~/.cache` (Linux), `~/Library/Caches` (macOS), `%LOCALAPPDATA%` (Windows).
    The folder need not exist: the package neither makes it nor downloads anything into it; put (or link)
    your data there.

    Returns
    -------
    pathlib.Path
        The folder.

    Examples
    --------
    >>> cache_dir().name  # doctest: +SKIP
    'deeprob'
    """
    chosen = os.environ.get("DEEPROB_DATA_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))  # unlike Path.expanduser, never an error without a home
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or ""
        if not os.path.isabs(base):  # the XDG specification: relative values are to be ignored
            base = "~/.cache"
    return Path(os.path.expanduser(base)) / "deeprob"
