"""Kronecker factors of a Fisher information, as K-FAC takes them (Martens and Grosse 2015).

A is the second moment of a layer's input, G of the loss's gradient by its output; a gradient dW has the
layer's shape, and (G (x) A)^-1 of it is G^-1 dW A^-1. Sections are the paper's.
"""

import math

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def old_share(seen: int) -> float:
    """Return how much the former average of factors weighs when number ``seen`` comes in (section 5)."""
    return min(1 - 1 / seen, 0.95)


def damped(A: Matrix, G: Matrix, damping: float) -> tuple[Matrix, Matrix]:
    """Return A + pi sqrt(damping) I and G + sqrt(damping) / pi I.

    pi^2 is the ratio of the factors' mean eigenvalues: damping (x) damping nearly, shared out so that neither
    factor drowns (section 6.3, with the trace norm). It is 1 where a factor is 0, as G is of a layer that
    dead ReLUs or W = 0 behind it keep all gradients from, and within 1e-15 .. 1e15, so that inverses are
    numbers of float32: beyond, one factor drowns whatever pi is.
    """
    a, g = float(np.trace(A)) / len(A), float(np.trace(G)) / len(G)
    pi = min(max(math.sqrt(a / g), 1e-15), 1e15) if a > 0 and g > 0 else 1.0
    root = math.sqrt(damping)
    return A + pi * root * np.eye(len(A)), G + root / pi * np.eye(len(G))
