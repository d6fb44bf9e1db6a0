"""Image sets for the lecture: one ships with the package, the others are read from your own files.

`load()` is the door to all of them; nothing is ever downloaded and no file's content is ever executed.
Results are `ImageDataset`; `standardize`, `bias_trick` and `train_val_split` bring the pixels into the form
a classifier is trained on.

Examples
--------
>>> from deeprob import datasets
>>> data = datasets.load("fashion-mnist-subset")
>>> X_train, X_test = datasets.standardize(data.X_train, data.X_test, bias=True)
>>> X_train.shape, X_test.shape
((2000, 785), (500, 785))
"""

from ._cache import cache_dir
from ._embedded import load_fashion_mnist_subset
from ._examples import bias_trick, train_val_split
from ._images import ImageDataset, to_images
from ._load import load
from .cifar import load_cifar10
from .idx import load_fashion_mnist, load_mnist, read_idx
from .preprocessing import Standardizer, standardize
from .props import load_props

__all__ = [
    "ImageDataset",
    "Standardizer",
    "bias_trick",
    "cache_dir",
    "load",
    "load_cifar10",
    "load_fashion_mnist",
    "load_fashion_mnist_subset",
    "load_mnist",
    "load_props",
    "read_idx",
    "standardize",
    "to_images",
    "train_val_split",
]
