"""What a Python process of its own ended with; `run_python` of conftest.py starts it."""


def finished(ended):
    """Assert that a process ended well, and return what it printed."""
    assert ended.returncode == 0, f"{ended.returncode}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
    return ended.stdout
