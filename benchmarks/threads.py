"""The same number of threads for everybody, and the proof of it."""

import os
import sys
from typing import Any


def environment(threads: int) -> dict[str, str]:
    """Return the variables that libraries read at import; set before a worker starts."""
    count = str(threads)
    names = ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB", "NUMBA", "DEEPROB")
    eigen = "true" if threads > 1 else "false"
    return {
        **{f"{name}_NUM_THREADS": count for name in names},
        "NUMBA_THREADING_LAYER": "workqueue",  # its own threads: no second OpenMP beside PyTorch's
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen} intra_op_parallelism_threads={count}",
        "JAX_PLATFORMS": "cpu",
    }


def pin(threads: int) -> None:
    """Leave this process that many CPUs; pools that count CPUs (XLA's) then agree with the others."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def limit(threads: int) -> None:
    """Set the threads of every library that is loaded by now."""
    import threadpoolctl

    import deeprob

    deeprob.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    if "numba" in sys.modules:
        sys.modules["numba"].set_num_threads(threads)


def report() -> list[dict[str, Any]]:
    """Return what threadpoolctl sees in this process, and the pools that it does not know."""
    import threadpoolctl

    import deeprob

    keys = ("user_api", "internal_api", "prefix", "version", "architecture", "num_threads")
    pools = [{k: pool[k] for k in keys if pool.get(k)} for pool in threadpoolctl.threadpool_info()]
    if not any(pool.get("user_api") == "deeprob" for pool in pools):
        pools.append({"user_api": "deeprob", "num_threads": deeprob.get_num_threads()})
    if "torch" in sys.modules:
        pools.append({"user_api": "torch", "num_threads": sys.modules["torch"].get_num_threads()})
    if "numba" in sys.modules:
        numba = sys.modules["numba"]
        pools.append({"user_api": "numba", "num_threads": numba.get_num_threads()})
    if "jax" in sys.modules:
        pools.append({"user_api": "XLA", "num_threads": len(os.sched_getaffinity(0)), "by": "affinity"})
    return pools
