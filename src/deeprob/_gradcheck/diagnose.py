from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import Cause


@dataclass
class Evidence:
    x: Any
    analytic: Any
    numeric: Any
    tolerance: Any
    wrong: Any
    output_shape: Any
    term: Any
    inputs: Any
    reg: Any
    examples: Any
    class_axis: Any
    indices: Any = None
    name: str = ""


def diagnose(e):
    if e.analytic.shape == e.numeric.shape:
        with np.errstate(all="ignore"):
            r = np.median(e.analytic[e.wrong] / e.numeric[e.wrong])
        return Cause("factor" if e.analytic.size > 1 else "other", f"ratio {r}", factor=float(r))
    return Cause("shape", "shape")
