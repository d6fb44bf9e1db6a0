"""Every SIMD target that runs here: the kernel tests on each, the same bits on those with FMA."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deeprob import _core

KERNEL_TESTS = Path(__file__).parent / "kernels"
CHOSEN, SUPPORTED = _core.targets()
OTHERS = [name for name, here in SUPPORTED.items() if here and name != CHOSEN]

DIGEST = """
import hashlib
import sys

sys.path.insert(0, sys.argv[1])
import cases
import numpy as np

import deeprob
from deeprob import _core

digest = hashlib.sha256()
for loss in cases.LOSSES:
    for dtype in cases.DTYPES:
        for size in cases.SIZES:
            W, X, y, b = cases.problem(*size, dtype)
            value, dW, db = cases.run(loss, W, X, y, b=b, reg=0.1)
            digest.update(np.float64(value).tobytes() + dW.tobytes() + db.tobytes())
            digest.update(deeprob.scores(W, X, b).tobytes())
for dtype in cases.DTYPES:
    for size in cases.SIZES:
        W, X, y, b = cases.problem(*size, dtype)
        q = np.random.default_rng(0).dirichlet(np.ones(size[2]), size[0])
        for labels in (y, q):
            value, dW, db = deeprob.softmax_loss(W, X, labels, b=b, label_smoothing=0.1)
            digest.update(np.float64(value).tobytes() + dW.tobytes() + db.tobytes())
print(digest.hexdigest())
elementwise = hashlib.sha256()
for dtype in cases.DTYPES:
    elementwise.update(_core.elementwise("exp", np.linspace(-110, 90, 100_001).astype(dtype)).tobytes())
elementwise.update(_core.elementwise("log1p", np.logspace(-20, 20, 100_001)).tobytes())
print(elementwise.hexdigest())
"""


def run(target, *arguments):
    environment = {**os.environ, "DEEPROB_TARGET": target}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.parametrize("target", OTHERS)
def test_the_kernel_tests_pass_on(target):
    if os.environ.get("DEEPROB_TARGET"):
        pytest.skip("DEEPROB_TARGET names the one target of this run")
    done = run(target, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(KERNEL_TESTS))
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_targets_with_fma_agree_to_the_bit_and_all_on_exp_and_log1p():
    digests = {}
    for target, here in SUPPORTED.items():
        if here:
            done = run(target, "-c", DIGEST, str(KERNEL_TESTS))
            assert done.returncode == 0, done.stderr
            digests[target] = done.stdout.split()
    assert len({functions for _, functions in digests.values()}) == 1
    assert len({sums for target, (sums, _) in digests.items() if target != "baseline"}) <= 1


def test_an_unknown_target_is_an_import_error_that_lists_the_names():
    done = run("sse9", "-c", "import deeprob")
    assert done.returncode != 0
    expected = "ImportError: DEEPROB_TARGET is 'sse9'; expected one of: " + " ".join(SUPPORTED)
    assert expected in done.stderr


@pytest.mark.skipif(all(SUPPORTED.values()), reason="this CPU supports every target of the build")
def test_an_unsupported_target_is_an_import_error():
    target = next(name for name, here in SUPPORTED.items() if not here)
    done = run(target, "-c", "import deeprob")
    assert f"DEEPROB_TARGET is '{target}', which this CPU does not support" in done.stderr


def test_the_target_in_use_is_reported():
    for target, here in SUPPORTED.items():
        if here:
            done = run(target, "-c", "import deeprob; print(deeprob.cpu_info()['target'])")
            assert done.stdout.strip() == target
