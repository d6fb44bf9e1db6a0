"""What is compared: one method's settings, and the methods with names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, SupportsIndex, TypeVar

from .._arguments import answers_keywords, as_callable, as_count, as_positive, as_real, hint
from ..regularizers import RegType, penalty_weights

T = TypeVar("T")

METHODS = (
    "none",
    "l2",
    "l1",
    "elastic",
    "dropout",
    "batch_norm",
    "cutout",
    "mixup",
    "stochastic_depth",
    "label_smoothing",
)
RESIDUAL = "none, residual"
"""The baseline of what needs a network of residual blocks."""


def _answers_keywords(made: type[T]) -> type[T]:
    """Decorate a dataclass as `answers_keywords` does a function."""
    made.__init__ = answers_keywords(made.__init__)  # type: ignore[method-assign]
    return made


@_answers_keywords
@dataclass(frozen=True, kw_only=True)
class Regularizer:
    r"""How a network of `compare_regularizers` is regularized; by default not at all.

    Parameters
    ----------
    reg, reg_type, l1_ratio
        The penalty of all weights W; as of `deeprob.nn.Sequential.loss_and_grads`.
    dropout : float
        The probability p of hidden values to be dropped; of an `MLP` alone.
    batch_norm : bool
        Whether there is batch normalization.
    label_smoothing : float
        The share of the labels that goes to all classes alike.
    cutout : int
        The side of the square that is cut out of each image, filled with the training images' mean of each
        channel; 0 cuts nothing.
    mixup : float
        The alpha with which images and labels are mixed, with a weight for each image; 0 mixes nothing.
    augment : callable, optional
        ``augment(X, y, rng)`` of a batch of rows returns ``(X, y)``; it comes before cutout and mixup.
    residual : bool
        Whether the network is a `ResidualMLP`, not an `MLP`.
    survival : float
        The survival probability of the last residual block; below 1 it is stochastic depth.

    Raises
    ------
    ValueError, TypeError
        If one is out of range, or asks for what its network has not; the message names it.

    Examples
    --------
    >>> import deeprob
    >>> deeprob.Regularizer(dropout=0.5, reg=1e-4)
    Regularizer(reg=0.0001, dropout=0.5)
    """

    reg: float = 0.0
    reg_type: RegType = "l2"
    l1_ratio: float = 0.5
    dropout: float = 0.0
    batch_norm: bool = False
    label_smoothing: float = 0.0
    cutout: int = 0
    mixup: float = 0.0
    augment: Callable[[Any, Any, Any], Any] | None = None
    residual: bool = False
    survival: float = 1.0

    def __post_init__(self) -> None:
        penalty_weights(self.reg, self.reg_type, self.l1_ratio)
        for name in ("batch_norm", "residual"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} is {getattr(self, name)!r}; expected True or False")
        if as_real(self.dropout, "dropout") >= 1:
            raise ValueError(f"dropout is {self.dropout}; expected a probability in 0 <= dropout < 1")
        if as_real(self.label_smoothing, "label_smoothing") > 1:
            raise ValueError(f"label_smoothing is {self.label_smoothing}; expected a share in 0..1")
        if not 0 < as_real(self.survival, "survival") <= 1:
            raise ValueError(f"survival is {self.survival}; expected a probability in 0 < survival <= 1")
        as_count(self.cutout, "cutout")
        as_real(self.mixup, "mixup")
        if self.augment is not None:
            as_callable(self.augment, "augment")
        if self.residual and self.dropout:
            raise ValueError(f"dropout is {self.dropout}; expected 0 of a residual network, which has none")
        if not self.residual and self.survival < 1:
            raise ValueError(f"survival is {self.survival}; expected 1, or residual=True: blocks to survive")

    def __repr__(self) -> str:
        changed = [
            f"{one.name}={getattr(self, one.name)!r}"
            for one in fields(self)
            if getattr(self, one.name) != one.default
        ]
        return f"Regularizer({', '.join(changed)})"

    @property
    def baseline(self) -> str:
        """The name of the method without regularization whose network this one's is."""
        return RESIDUAL if self.residual else "none"


def named(
    *,
    l2: float,
    l1: float,
    elastic: float,
    l1_ratio: float,
    dropout: float,
    cutout: SupportsIndex,
    mixup: float,
    survival: float,
    label_smoothing: float,
) -> dict[str, Regularizer]:
    """Return the methods that have names, with their strengths; a wrong strength is named."""
    for name, value in {"l2": l2, "l1": l1, "elastic": elastic}.items():
        as_real(value, name)
    return {
        "none": Regularizer(),
        RESIDUAL: Regularizer(residual=True),
        "l2": Regularizer(reg=l2),
        "l1": Regularizer(reg=l1, reg_type="l1"),
        "elastic": Regularizer(reg=elastic, reg_type="elastic", l1_ratio=l1_ratio),
        "dropout": Regularizer(dropout=dropout),
        "batch_norm": Regularizer(batch_norm=True),
        "cutout": Regularizer(cutout=as_count(cutout, "cutout", 1)),
        "mixup": Regularizer(mixup=as_positive(mixup, "mixup")),
        "stochastic_depth": Regularizer(residual=True, survival=survival),
        "label_smoothing": Regularizer(label_smoothing=label_smoothing),
    }


def chosen(methods: Any, known: Mapping[str, Regularizer]) -> dict[str, Regularizer]:
    """Return what was asked for by name: each baseline, and below it in their order those that have it.

    Raises
    ------
    ValueError, TypeError
        If there is none, a name is unknown or there twice, or a value is neither a name nor settings.
    """
    if isinstance(methods, str):
        methods = (methods,)
    if not isinstance(methods, Mapping):
        methods = _by_name(methods)
    if not methods:
        raise ValueError("methods is empty; expected at least one")
    found = {}
    for name, each in methods.items():
        if not isinstance(name, str):
            raise TypeError(f"methods has the name {name!r}; expected a text")
        if isinstance(each, str) and each not in known:
            meant = hint(each.lower(), list(known))
            all_of_them = f"expected {', '.join(map(repr, known))}"  # one of which has a comma of its own
            raise ValueError(f"methods has {each!r}; {meant if 'did you mean' in meant else all_of_them}")
        if not isinstance(each, str | Regularizer):
            raise TypeError(
                f"methods[{name!r}] is a {type(each).__name__}; expected a name or deeprob.Regularizer(...)"
            )
        found[name] = known[each] if isinstance(each, str) else each
    baselines = {one.baseline: known[one.baseline] for one in found.values()}
    for name, one in baselines.items():
        if found.get(name, one) != one:
            raise ValueError(
                f"methods[{name!r}] is {found[name]}; expected {one}, which others are held against"
            )
    ordered = {}
    for base in ("none", RESIDUAL):
        if base in baselines:
            ordered[base] = known[base]
            ordered |= {name: one for name, one in found.items() if one.baseline == base}
    return ordered


def _by_name(methods: Any) -> dict[str, str]:
    if not isinstance(methods, Iterable):
        raise TypeError(
            f"methods is a {type(methods).__name__}; expected names, or a dict of name to "
            "deeprob.Regularizer(...)"
        )
    names = list(methods)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(
                f"methods has a {type(name).__name__}; expected names: a dict gives settings theirs"
            )
        if names.count(name) > 1:
            raise ValueError(f"methods has {name!r} twice")
    return {name: name for name in names}
