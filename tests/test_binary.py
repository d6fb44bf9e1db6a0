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
