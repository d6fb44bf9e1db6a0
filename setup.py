"""Builds the one extension, deeprob._core; everything else stands in pyproject.toml."""

import os
from pathlib import Path

import numpy as np
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

NO_COMPILER = """
deeprob is C inside and needs a C11 compiler (GCC or Clang) to be installed from source; none was found
or it failed (its own words are above). Install one, then repeat the command:
    Debian, Ubuntu   sudo apt install gcc python3-dev
    Fedora           sudo dnf install gcc python3-devel
    macOS            xcode-select --install
    Windows          use WSL with one of the above: MSVC is not supported yet
"""

FLAGS = [
    "-std=c11",
    "-O3",
    "-pthread",
    # Numbers: no -ffast-math, no contraction by the compiler; FMA only where a kernel says so.
    "-fno-math-errno",
    "-ffp-contract=off",
    # Nobody reads the exception flags: without this GCC keeps branches around divisions, and exp and log1p
    # stay scalar. It changes no value.
    "-fno-trapping-math",
    "-fvisibility=hidden",
    # NumPy's headers as system headers: their warnings are not ours.
    "-isystem",
    np.get_include(),
]
STRICT = (
    "-Werror -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Wstrict-prototypes "
    "-Wmissing-prototypes -Wundef -Wvla -Wpointer-arith -Wwrite-strings -Wformat=2 -Wnull-dereference "
    "-Wimplicit-fallthrough -Wno-psabi"
).split()


class BuildExt(build_ext):
    """build_ext that says what to install when there is no compiler."""

    def build_extensions(self):
        try:
            super().build_extensions()
        except Exception as error:
            raise SystemExit(f"{error}\n{NO_COMPILER}") from error


def flags() -> tuple[list[str], list[str]]:
    """Compiler and linker flags, with the switches of docs/environment.md."""
    compile_args, link_args = list(FLAGS), ["-pthread"]
    if os.environ.get("DEEPROB_WERROR"):
        compile_args += STRICT
    if sanitizers := os.environ.get("DEEPROB_SANITIZE"):
        option = [f"-fsanitize={sanitizers}", "-fno-omit-frame-pointer", "-g"]
        compile_args += [*option, "-fno-sanitize-recover=all"]
        link_args += option
    if os.environ.get("DEEPROB_EMULATE"):
        # SIMDe rounds once in FMA only where the machine has it.
        compile_args += ["-DDP_EMULATE", "-mavx2", "-mfma", "-mbmi", "-mbmi2"]
    return compile_args, link_args


compile_args, link_args = flags()
setup(
    ext_modules=[
        Extension(
            "deeprob._core",
            sources=sorted(str(path) for path in Path("csrc").rglob("*.c")),
            depends=sorted(str(p) for p in Path("csrc").rglob("*") if p.suffix in {".h", ".inc", ".def"}),
            include_dirs=["csrc"],
            extra_compile_args=compile_args,
            extra_link_args=link_args,
            libraries=["m"],
        )
    ],
    cmdclass={"build_ext": BuildExt},
)
