"""What the user chose, and the learning rates that go with the data."""

from __future__ import annotations

from dataclasses import dataclass

from .._comparison import GRID
from ..datasets import ImageDataset

QUICK_TRIES, TRIES = 50, 1000
# above that many training images a full-batch step takes so long that there are fewer of them
LARGE = 10_000
BATCH = 128


@dataclass(frozen=True)
class Settings:
    """The options of the command line that the computation depends on.

    Attributes
    ----------
    data : str
        A name or path for `deeprob.datasets.load`.
    tries : int or None
        Attempts of the random search; None for the default.
    seed : int
        Of every random number.
    quick : bool
        Fewer tries and steps.
    """

    data: str = "fashion-mnist"
    tries: int | None = None
    seed: int = 0
    quick: bool = False

    @property
    def num_tries(self) -> int:
        """Attempts of the random search."""
        if self.tries is not None:
            return self.tries
        return QUICK_TRIES if self.quick else TRIES

    def steps(self, num_examples: int, batch_size: int | None) -> int:
        """Return the steps of a descent: full batch (None) or with minibatches."""
        if num_examples <= LARGE:
            return 60 if self.quick else 500
        full, stochastic = (10, 200) if self.quick else (100, 2000)
        return full if batch_size is None else stochastic

    @property
    def comparison_steps(self) -> int:
        """Steps of every run in the comparison of optimizers."""
        return 40 if self.quick else 300

    @property
    def comparison_repeats(self) -> int:
        """Runs there, each with minibatches of its own: one run's final loss is partly luck."""
        return 1 if self.quick else 3

    @property
    def comparison_lrs(self) -> tuple[float, ...]:
        """The learning rates that every optimizer tries there."""
        return GRID[::2] if self.quick else GRID


@dataclass(frozen=True)
class Recipe:
    """How a loss is descended on pixels in 0..1 minus the channel mean."""

    loss: str
    learning_rate: float
    reg: float


# 28 x 28 grey: the best of a grid (learning rates 0.1 .. 0.5 and 0.01 .. 0.1, reg 1e-4 .. 1e-2) on 400
# held-out training images of the subset, after 500 steps of SGD: 0.8125 of them right for both losses. Most
# of the grid is within 0.02, the standard error of 400 images.
GREY = (Recipe("softmax", 0.3, 1e-4), Recipe("svm", 0.05, 1e-2))
# 32 x 32 colour: what the course's parent, EECS 498-007, ends up with on CIFAR-10.
COLOUR = (Recipe("softmax", 0.05, 1e-3), Recipe("svm", 0.005, 1e-2))


def recipes(data: ImageDataset) -> tuple[Recipe, ...]:
    """Return the recipes that suit the data: step sizes go down as the features go up."""
    return GREY if data.layout == "HW" else COLOUR
