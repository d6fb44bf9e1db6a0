"""What `import deeprob` does, and what it leaves alone."""

from processes import finished

FLOATING_POINT = """
import ctypes, sys
import numpy as np

def mode():
    tiny32, tiny64 = np.full(100, 1e-40, "f4"), np.full(100, 5e-324)
    third = np.float64(1) / 3, np.float32(1) / np.float32(3)  # the rounding mode
    return (tiny32 * np.float32(1)).tobytes(), (tiny64 / 1).tobytes(), third, sys.float_info.min / 2 > 0

before = mode()
import deeprob
assert mode() == before
W = np.full((10, 4000), 1e-40, "f4")
X = np.ones((4000, 4000), "f4")
for threads in (1, 2):
    s = deeprob.scores(W, X, threads=threads)  # in the pool's threads, too
    assert mode() == before
    assert (s > 0).all() and np.allclose(s.astype("f8"), 4000 * np.float64(np.float32(1e-40)), rtol=1e-3)
print("unchanged")
"""


def test_import_and_kernels_leave_the_floating_point_mode_alone(run_python):
    assert finished(run_python(FLOATING_POINT)).strip() == "unchanged"


IMPORTED = """
import sys, numpy, numpy.random  # NumPy brings Cython's runtime
before = {name.partition(".")[0] for name in sys.modules}
import deeprob
after = {name.partition(".")[0] for name in sys.modules}
print(*sorted(after - before - set(sys.stdlib_module_names)))
"""


def test_import_brings_numpy_and_the_standard_library_only(run_python):
    assert finished(run_python(IMPORTED)).split() == ["deeprob"]


def test_import_leaves_what_it_does_not_need_for_later(run_python):
    """`import deeprob` costs little more than NumPy: what takes long comes with the first use."""
    code = """
import numpy, numpy.random, sys
before = set(sys.modules)
import deeprob
rooms = {"augment", "bug_zoo", "cs231n", "datasets", "demos", "landscapes", "nn", "plots", "reference"}
rooms |= {"schedules", "_solvers", "_minimize", "_comparison", "_gradcheck"}
heavy = {f"deeprob.{room}" for room in rooms} | {"json", "tempfile", "zipfile"}
early = heavy & (set(sys.modules) - before)
assert not early, early
assert set(deeprob.__all__) <= set(dir(deeprob))
from deeprob import *
assert minimize is deeprob.minimize and compare is deeprob.compare and "zipfile" not in sys.modules
print("later")
"""
    assert finished(run_python(code)).strip() == "later"


CHECKS = """
import sys, numpy, numpy.random
before = {name.partition(".")[0] for name in sys.modules}
import numpy as np
import deeprob
W, X, y = np.ones((3, 4)), np.arange(20.0).reshape(5, 4), [0, 1, 2, 1, 0]
objective = deeprob.Objective(X, y, reg=0.1)
deeprob.numeric_gradient(objective, W, full_output=True)
assert deeprob.gradcheck(objective, W, strict=True) and deeprob.gradgradcheck(objective, W)
assert deeprob.grad_check_sparse(objective, W, objective(W)[1], 1, 1e-5)
for bug in deeprob.bug_zoo.all():
    str(deeprob.gradcheck(bug.function, bug.inputs(), raise_exception=False)), repr(bug)
str(deeprob.demos.nine_numbers())
after = {name.partition(".")[0] for name in sys.modules}
print(*sorted(after - before - set(sys.stdlib_module_names)))
"""


def test_gradient_checks_and_their_zoo_need_numpy_and_the_standard_library_only(run_python):
    assert finished(run_python(CHECKS)).splitlines()[-1].split() == ["deeprob"]


def test_import_starts_no_thread_and_changes_no_signal_handler(run_python):
    code = """
import os, signal, threading
before = [signal.getsignal(s) for s in signal.valid_signals()]
import deeprob
assert [signal.getsignal(s) for s in signal.valid_signals()] == before
assert threading.active_count() == 1
print(len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1)
"""
    # OpenBLAS, inside NumPy, has threads of its own: not this time.
    assert finished(run_python(code, OPENBLAS_NUM_THREADS="1")).strip() == "1"
