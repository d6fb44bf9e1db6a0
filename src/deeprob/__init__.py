"""deeprob: the lecture "Regularization and Optimization" on C kernels.

Linear classifiers s = Wx + b on NumPy arrays: softmax and multiclass SVM losses with gradients, L1 and L2
regularization, random search, numeric gradients, gradient descent, optimizers. Symbols are the lecture's:
``W`` (C, D), ``X`` (N, D) or, with ``example_axis=1``, (D, N), ``y`` (N,), ``reg`` for lambda.

Examples
--------
>>> import deeprob
>>> from deeprob import datasets
>>> data = datasets.load("fashion-mnist-subset")
>>> X_train, X_test = datasets.standardize(data.X_train, data.X_test, bias=True)
>>> classifier = deeprob.LinearClassifier("softmax")
>>> losses = classifier.train(X_train, data.y_train, learning_rate=1e-2, num_iters=300, rng=0)
>>> classifier.accuracy(X_test, data.y_test) > 0.7
True
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

from . import _core, _threads, losses
from ._info import cpu_info
from ._threads import get_num_threads, set_num_threads
from .classifier import LinearClassifier
from .descent import GradientDescentResult, gradient_descent
from .gradients import NumericGradient, numeric_gradient
from .linear import accuracy, predict, scores
from .losses import multiclass_hinge, softmax_cross_entropy, softmax_loss, svm_loss
from .objective import Objective
from .regularizers import elastic_net, l1, l2, proximal_l1
from .search import RandomSearchResult, random_search

if TYPE_CHECKING:
    from ._calibration import calibration_error
    from ._comparison import ComparisonResult, compare
    from ._gradcheck import GradcheckError, GradCheckResult, grad_check_sparse, gradcheck, gradgradcheck
    from ._lbfgs import LBFGS
    from ._minimize import OptimizeResult, minimize
    from ._regularizer_comparison import Regularizer, RegularizerComparison, compare_regularizers

__version__ = "0.1.0"

__all__ = [
    "LBFGS",
    "ComparisonResult",
    "GradCheckResult",
    "GradcheckError",
    "GradientDescentResult",
    "LinearClassifier",
    "NumericGradient",
    "Objective",
    "OptimizeResult",
    "RandomSearchResult",
    "Regularizer",
    "RegularizerComparison",
    "accuracy",
    "calibration_error",
    "compare",
    "compare_regularizers",
    "cpu_info",
    "elastic_net",
    "get_num_threads",
    "grad_check_sparse",
    "gradcheck",
    "gradgradcheck",
    "gradient_descent",
    "l1",
    "l2",
    "minimize",
    "multiclass_hinge",
    "numeric_gradient",
    "predict",
    "proximal_l1",
    "random_search",
    "scores",
    "set_num_threads",
    "softmax_cross_entropy",
    "softmax_loss",
    "svm_loss",
]

# Every loss of the kernels' list has its function in losses.py: adding one changes nothing here.
for _loss in losses.NAMES:
    globals()[f"{_loss}_loss"] = getattr(losses, f"{_loss}_loss")
    if f"{_loss}_loss" not in __all__:
        __all__ += [f"{_loss}_loss"]

_core.set_num_threads(_threads.default_threads())
if "threadpoolctl" in sys.modules:
    _threads.register_with_threadpoolctl()

# Rooms that are opened on first use, and names that are fetched then from their modules, so that
# `import deeprob` costs little more than NumPy.
_ROOMS = (
    "augment",
    "bug_zoo",
    "cs231n",
    "datasets",
    "demos",
    "landscapes",
    "nn",
    "optim",
    "plots",
    "reference",
    "schedules",
)
_LATER = {
    "LBFGS": "_lbfgs",
    "ComparisonResult": "_comparison",
    "GradCheckResult": "_gradcheck",
    "GradcheckError": "_gradcheck",
    "OptimizeResult": "_minimize",
    "Regularizer": "_regularizer_comparison",
    "RegularizerComparison": "_regularizer_comparison",
    "calibration_error": "_calibration",
    "compare": "_comparison",
    "compare_regularizers": "_regularizer_comparison",
    "grad_check_sparse": "_gradcheck",
    "gradcheck": "_gradcheck",
    "gradgradcheck": "_gradcheck",
    "minimize": "_minimize",
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LATER:
        value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_LATER})
