"""What the slides and the course say, and where the slides slip."""

from __future__ import annotations

from dataclasses import dataclass

SLIDE_LOSSES = (9.401632, 8.959668, 9.044034, 9.278948, 8.857370, 8.943151, 8.605604)
SLIDE_ACCURACY = 0.1555


@dataclass(frozen=True)
class Published:
    """A result that was said, on CIFAR-10; numbers as text, since some are ranges."""

    method: str
    loss: str
    pixels: str
    steps: str
    test_accuracy: str
    data_loss: str
    source: str


PUBLISHED = (
    Published(
        "random search",
        "svm (a)",
        "0..255 - mean",
        "1000",
        "0.1555",
        "8.61 (b)",
        'the slides "Idea 1: Random Search" (L4-16, L4-17)',
    ),
    Published(
        "SGD",
        "softmax",
        "0..1 - mean",
        "2000",
        "0.39..0.41",
        "",
        "assignment 2 of EECS 498-007, the course's parent: published runs, and its recipe run again",
    ),
    Published(
        "SGD",
        "svm",
        "0..1 - mean",
        "2000",
        "0.38..0.39",
        "",
        "assignment 2 of EECS 498-007, as above",
    ),
)

NOTES = (
    "(a) The slide names neither loss nor pixel scale; its numbers fit these, and no other scale tried.",
    "(b) The best of the seven attempts that the slide shows; it does not show the other 993.",
)

ERRATA = (
    (
        "L4-16: which loss, which pixels?",
        "The slide does not say. Its seven losses (mean 9.01, standard deviation 0.26) fit the multiclass "
        "SVM loss on pixels in 0..255 minus the mean training image. On pixels in 0..1, every attempt "
        "reads 9.00 and the printout would show nothing.",
    ),
    (
        "L4-16: Python 2",
        "xrange and the print statement are Python 2. The loop here draws the same numbers as "
        "np.random.seed(n) followed by the slide's np.random.randn(10, 3073) * 0.0001.",
    ),
    (
        "L4-16 and L4-17: names",
        "The loop stores bestW and the test reads Wbest; X_test and Xte_cols, Y_test and Yte are the same "
        "things under two names.",
    ),
    (
        "L4-17: a shape that hides the result",
        "With labels of shape (10000, 1), as the comment on the slide says, Yte_predict == Yte compares "
        "every prediction with every label, and the mean is 0.1 whatever was predicted. Labels must "
        "have the shape (10000,); deeprob refuses others.",
    ),
    (
        "L4-24: the step of the gradient check",
        "The slide's h = 1e-7 is too small: rounding dominates the difference then. The check here uses "
        "central differences with h = 1e-5 in float64.",
    ),
)
