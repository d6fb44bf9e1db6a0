import pytest


@pytest.fixture(autouse=True)
def empty_cache(tmp_path_factory, monkeypatch):
    """No test sees the data sets of the machine it runs on, unless it asks for them."""
    folder = tmp_path_factory.mktemp("empty-cache")
    monkeypatch.setenv("DEEPROB_DATA_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def real_fashion_mnist(real_data):
    folder = real_data / "fashion-mnist"
    if not folder.is_dir():
        pytest.skip(f"no fashion-mnist in {real_data}")
    return folder


@pytest.fixture(scope="session")
def real_cifar10(real_data):
    from deeprob.datasets import load_cifar10

    try:
        return load_cifar10(real_data)
    except FileNotFoundError:
        pytest.skip(f"no CIFAR-10 in {real_data}")
