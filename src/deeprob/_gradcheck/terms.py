"""Each term of a regularized loss apart: the data loss, and the regularizer at a strength that shows."""

from dataclasses import replace

import numpy as np

from .function import Function

# At which the penalty is looked for beside the data loss: that of W of 1e-12 is 1e-24.
_STRENGTHS = (1.0, 2.0**40, 2.0**80)
# Entries beyond which a function that is not structured is not evaluated again for its terms.
MANY = 4096


def terms_of(function: Function) -> list[Function]:
    """Return the data loss and R(W) as functions of their own; empty where no strength of a penalty is known.

    The data loss is the function with strength 0. R is [f(reg') - f(0)] / reg', at a reg' that makes both
    terms equally large: at reg = 5e-6 and W of 1e-4 a forgotten penalty changes the gradient by 1e-9.
    """
    reg = function.strength()
    if reg is None or reg == 0.0:
        return []
    data = replace(function, parts=(function.with_strength(0.0),), term="data loss")
    larger = _visible(function, data)
    parts = (function.with_strength(larger, 1.0 / larger), function.with_strength(0.0, -1.0 / larger))
    return [data, replace(function, parts=parts, term="regularization", scale=reg)]


def _visible(function: Function, data: Function) -> float:
    """Return the strength at which the penalty is as large as the data loss."""
    size = float(np.abs(data.value()).max())
    for strength in _STRENGTHS:
        one = replace(function, parts=(function.with_strength(strength),))
        penalty = abs(float(np.abs(one.value()).max()) - size)
        if not np.isfinite([size, penalty]).all():
            return 1.0
        if penalty > 1e-6 * size:
            return strength * float(2.0 ** np.round(np.log2(max(size, 1e-3) / penalty)))
    return 1.0
