"""The part of Fashion-MNIST that comes with the package, so that everything runs without any download."""

from __future__ import annotations

from ._images import ImageDataset

FILES = tuple(
    f"{split}-{content}.xz"
    for split in ("train", "t10k")
    for content in ("images-idx3-ubyte", "labels-idx1-ubyte")
)


def load_fashion_mnist_subset() -> ImageDataset:
    """Load the subset of Fashion-MNIST inside the package: the same on every machine, no file needed.

    The first 200 training and the first 50 test images of each class, in the order of the full set.
    `load_fashion_mnist` returns the full set where it finds it; a lesson whose numbers must repeat calls
    this function.

    Returns
    -------
    ImageDataset
        2,000 training and 500 test images, D = 784, layout "HW".

    Examples
    --------
    >>> data = load_fashion_mnist_subset()
    >>> data.X_train.shape, data.source
    ((2000, 784), 'the subset in deeprob')
    >>> import numpy as np
    >>> np.bincount(data.y_test)
    array([50, 50, 50, 50, 50, 50, 50, 50, 50, 50])
    """
    from importlib.resources import files  # here, as it imports much

    from ._stream import Stream, read_all
    from .idx import FASHION_CLASSES, FASHION_LICENCE, make_dataset, parse_idx

    folder = files(__package__) / "data"
    arrays = {}
    for name in FILES:
        with Stream((folder / name).read_bytes(), name) as stream:
            arrays[name.rpartition("-idx")[0]] = parse_idx(read_all(stream), name)
    return make_dataset(
        arrays,
        class_names=FASHION_CLASSES,
        name="fashion-mnist",
        source="the subset in deeprob",
        licence=FASHION_LICENCE,
    )
