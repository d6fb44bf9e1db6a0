"""The C side without Python: the thread sanitizer over the pool and whole passes from several threads."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CSRC = ROOT / "csrc"


@pytest.mark.slow
@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_passes_from_several_threads_and_after_forks(tmp_path, sanitizer):
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not CSRC.is_dir():
        pytest.skip("no compiler or no C sources here")
    sources = [
        CSRC / "parallel.c",
        CSRC / "dispatch.c",
        *CSRC.glob("engine/*.c"),
        *CSRC.glob("kernels/*/*.c"),
    ]
    program = tmp_path / "threads"
    options = ["-std=gnu11", "-O1", "-g", "-pthread", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]
    command = [compiler, *options, f"-I{CSRC}", str(ROOT / "tests/c/threads.c"), *map(str, sources)]
    subprocess.run([*command, "-o", str(program), "-lm"], check=True, timeout=600)
    # The thread sanitizer refuses threads in a forked child unless it is told that they are meant.
    environment = {**os.environ, "TSAN_OPTIONS": "die_after_fork=0"}
    for _ in range(3):
        done = subprocess.run(
            [program], env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.stdout == "same bits\n", done.stderr[-4000:]
        assert done.returncode == 0
        assert "WARNING" not in done.stderr
