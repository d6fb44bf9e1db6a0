"""Python processes of their own, for what a test process cannot do to itself."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run_python():
    """Run code in a new Python process: (returncode, stdout, stderr), as subprocess gives them.

    A negative return code is a crash. ``environment`` changes variables; None removes one.
    """

    def run(code, *arguments, timeout=50.0, **environment):
        variables = {**os.environ, **environment}
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
