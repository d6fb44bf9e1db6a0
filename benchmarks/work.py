"""What a benchmark is: a case, its peers, and the forms in which each peer may do the work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Answer = tuple[Any, ...]  # numbers and arrays, compared one by one


class AbsentError(Exception):
    """What a peer does not have here."""


@dataclass(frozen=True)
class Form:
    """One way to do the work.

    ``run`` is timed and does ``units`` units of the work; ``answer`` gives what it computes from a fresh
    start (``run`` itself, where runs leave nothing behind).
    """

    run: Callable[[], Any]
    answer: Callable[[], Answer] | None = None
    units: float = 1.0

    def answers(self) -> Answer:
        """Return what this form computes."""
        return tuple((self.answer or self.run)())


@dataclass
class Work:
    """A case at one size, with its data: ours, and each peer's forms, built (and imported) on demand."""

    ours: Form
    peers: dict[str, Callable[[], dict[str, Form]]]
    rtol: float  # of numbers, and of arrays relative to their largest entry
    sizes: str
    unit: str = "call"
    flops: float = 0.0  # nominal, per unit
    bytes: float = 0.0  # that must move, per unit
    roof: str = ""  # which figure of the roofline they are held against
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One row of the tables."""

    name: str
    title: str
    peers: tuple[str, ...]
    build: Callable[[str], Work] = field(repr=False)  # by size: "full", "quick" or "tiny"


# How each peer is shown: its name, and its column in the tables.
PEERS: dict[str, tuple[str, str]] = {
    "numpy": ("NumPy", "plain"),
    "torch": ("PyTorch", "plain"),
    "sklearn": ("scikit-learn", "plain"),
    "scipy": ("SciPy", "plain"),
    "jax": ("JAX", "plain"),
    "numpy-chunked": ("NumPy chunked", "chunked"),
    "numba": ("numba", "fused"),
    "lecture": ("lecture's loop", "textbook"),
    "calls": ("the calls alone", "floor"),
    "one-thread": ("deeprob, 1 thread", "threads"),
}


def difference(ours: Answer, peer: Answer) -> float:
    """Return the largest difference of two answers, each entry relative to the largest of its array."""
    worst = 0.0
    for one, other in zip(ours, peer, strict=True):
        a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
        if a.shape != b.shape:
            raise ValueError(f"answers have shapes {a.shape} and {b.shape}")
        scale = float(np.max(np.abs(a), initial=0.0)) or 1.0
        gap = float(np.max(np.abs(a - b), initial=0.0)) / scale
        worst = gap if np.isnan(gap) else max(worst, gap)
    return worst
