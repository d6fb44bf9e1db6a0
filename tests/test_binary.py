"""The built extension: what it exports and what it must not contain."""

import shutil
import subprocess
import sys

import pytest

from deeprob import _core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF with binutils")


def tool(name, *arguments):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    return subprocess.run(
        [name, *arguments, _core.__file__], capture_output=True, text=True, check=True
    ).stdout


def test_it_exports_its_init_function_only():
    defined = [line.split()[-1] for line in tool("nm", "-D", "--defined-only").splitlines()]
    assert [name for name in defined if not name.startswith("_")] == ["PyInit__core"]


def test_it_links_no_openmp():
    assert "gomp" not in tool("readelf", "-d")


def test_vector_instructions_are_in_their_targets_only():
    if "x86-64-v3" not in _core.targets()[1]:
        pytest.skip("not an x86-64 build")
    used = {"ymm": set(), "zmm": set()}
    function = ""
    for line in tool("objdump", "-d", "--no-show-raw-insn").splitlines():
        if line.endswith(">:"):
            function = line.split("<")[1][:-2]
        for register in used:
            if register in line:
                used[register].add(function.split(".")[0])
    if not used["ymm"]:
        pytest.skip("objdump shows no function names here")
    named = {f for f in used["ymm"] | used["zmm"] if "_f32_" in f or "_f64_" in f}
    assert named, "no kernel symbols: a stripped build"
    assert not {f for f in used["ymm"] | used["zmm"] if f.endswith("_baseline")}
    assert not {f for f in used["zmm"] if f.endswith("_x86_v3")}
    assert any(f.endswith("_x86_v4") for f in used["zmm"])


def test_the_steps_are_vector_code():
    """Where what a loop writes may be its own condition, compilers fall back to single values."""
    if "x86-64-v3" not in _core.targets()[1]:
        pytest.skip("not an x86-64 build")
    packed = {}
    function = ""
    for line in tool("objdump", "-d", "--no-show-raw-insn").splitlines():
        if line.endswith(">:"):
            function = line.split("<")[1][:-2].split(".")[0]
            if function.startswith("step_") and function.endswith("_x86_v3"):
                packed.setdefault(function, 0)
        elif function in packed:
            packed[function] += "vmulp" in line and "ymm" in line
    if not packed:
        pytest.skip("objdump shows no function names here")
    names = {f"step_{name}_{dtype}_x86_v3" for name in _core.steps() for dtype in ("f32", "f64")}
    assert names <= set(packed)
    assert [name for name in sorted(packed) if packed[name] == 0] == []
    for dtype in ("f32", "f64"):  # a loop each for the scale, L2 and decay
        assert packed[f"step_prepare_{dtype}_x86_v3"] >= 3
