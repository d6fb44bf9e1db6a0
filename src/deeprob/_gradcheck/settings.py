"""What a gradient check was asked for."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._around import Array

EPS = float(np.finfo(np.float64).eps)
EPS32 = float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Settings:
    """The arguments of a check, checked."""

    check: str
    eps: float | None
    atol: float
    rtol: float
    nondet_tol: float
    fast: bool
    strict: bool
    same_dtypes: bool
    rng: np.random.Generator | np.random.RandomState

    def allowed(self, numeric: Array) -> Array:
        """Return torch's tolerance, atol + rtol abs(numeric); 0 where the check is strict."""
        if self.strict:
            return np.zeros(numeric.shape)
        return np.asarray(self.atol + self.rtol * np.abs(numeric))

    @property
    def shown(self) -> dict[str, Any]:
        """What the result keeps."""
        found: dict[str, Any] = {"check": self.check}
        found["mode"] = "strict" if self.strict else "fast" if self.fast else "slow"
        if not self.strict:
            found |= {"eps": self.eps, "atol": self.atol, "rtol": self.rtol}
        return found | {"nondet_tol": self.nondet_tol}
