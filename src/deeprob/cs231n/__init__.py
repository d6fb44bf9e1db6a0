"""The names of the course's assignments: CS231n, EECS 498-007 / 598-005 and DeepRob P1, on NumPy arrays.

W is (D, C) here, X (N, D) and y (N,): scores are ``X @ W``. The losses add ``reg * sum(W * W)``, without a
factor 1/2. Every naive loss is loops in C, to be read (``csrc/kernels/naive.c``, and the same in Python in
``deeprob.reference``) and to be beaten.

Examples
--------
The assignment's comparison; how much faster it is depends on the machine:

>>> from time import perf_counter
>>> import numpy as np
>>> from deeprob.cs231n import svm_loss_naive, svm_loss_vectorized
>>> rng = np.random.RandomState(0)
>>> W, X, y = 1e-4 * rng.randn(3073, 10), rng.rand(100, 3073) - 0.5, rng.randint(10, size=100)
>>> tic = perf_counter()
>>> loss_naive, grad_naive = svm_loss_naive(W, X, y, 0.000005)
>>> toc = perf_counter()
>>> print("Naive loss: %e computed in %.2fms" % (loss_naive, 1000 * (toc - tic)))  # doctest: +ELLIPSIS
Naive loss: 8.999211e+00 computed in ...ms
>>> ms_naive = 1000 * (toc - tic)
>>> tic = perf_counter()
>>> loss_vec, grad_vec = svm_loss_vectorized(W, X, y, 0.000005)
>>> toc = perf_counter()
>>> print("Speedup: %.2fX" % (ms_naive / (1000 * (toc - tic))))  # doctest: +ELLIPSIS
Speedup: ...X
>>> abs(loss_vec - loss_naive) < 1e-12, bool(np.abs(grad_vec - grad_naive).max() < 1e-12)
(True, True)
"""

from .._gradcheck import grad_check_sparse
from ._gradients import (
    compute_numeric_gradient,
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    rel_error,
)
from ._losses import softmax_loss_naive, softmax_loss_vectorized, svm_loss_naive, svm_loss_vectorized
from ._updates import adam, rmsprop, sgd, sgd_momentum

__all__ = [
    "adam",
    "compute_numeric_gradient",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "grad_check_sparse",
    "rel_error",
    "rmsprop",
    "sgd",
    "sgd_momentum",
    "softmax_loss_naive",
    "softmax_loss_vectorized",
    "svm_loss_naive",
    "svm_loss_vectorized",
]
