"""Optimizers by name: what `compare` and `comparison_table` are asked for."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._arguments import FloatArray, one_of

if TYPE_CHECKING:
    from ._base import Optimizer

# The six of the lecture's comparison (L4-49), in its order.
LECTURE = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")


def makers(optimizers: Any) -> dict[str, Callable[[FloatArray], "Optimizer"]]:
    """Return the functions that make the optimizers asked for, by their labels; see `labelled`."""
    return {label: maker(each, f"optimizers[{label!r}]") for label, each in labelled(optimizers).items()}


def labelled(optimizers: Any) -> dict[str, Any]:
    """Return what was asked for, by labels; names in lower case, as `minimize` takes them in any.

    Parameters
    ----------
    optimizers : str, iterable of str or class, or mapping of label to str, class or function; or None
        None stands for the lecture's six.

    Raises
    ------
    ValueError, TypeError
        If there is none, or a name comes twice.
    """
    if optimizers is None:
        optimizers = LECTURE
    if isinstance(optimizers, str):
        optimizers = (optimizers,)
    if not isinstance(optimizers, Mapping):
        if not isinstance(optimizers, Iterable):
            raise TypeError(
                f"optimizers is a {type(optimizers).__name__}; expected names, or a dict of label to name, "
                "class or function"
            )
        given = [_lower(each) for each in optimizers]
        labels = [_label(each) for each in given]
        twice = {label for label in labels if labels.count(label) > 1}
        if twice:
            raise ValueError(f"optimizers names {min(twice)!r} twice; a dict gives each a label of its own")
        optimizers = dict(zip(labels, given, strict=True))
    if not optimizers:
        raise ValueError("optimizers is empty; expected at least one")
    return {_text(label): _lower(each) for label, each in optimizers.items()}


def _lower(each: Any) -> Any:
    return each.lower() if isinstance(each, str) else each


def name_of(optimizer: "Optimizer") -> str:
    """Return the name in NAMES of an optimizer's class, or of the nearest class it is made from."""
    from . import REGISTRY

    names = {cls: name for name, cls in REGISTRY.items()}
    for cls in type(optimizer).__mro__:
        if cls in names:
            return names[cls]
    return type(optimizer).__name__.lower()


def _label(each: Any) -> str:
    from . import REGISTRY

    if isinstance(each, str):
        return each
    for name, cls in REGISTRY.items():
        if each is cls:
            return name
    if isinstance(each, type):
        return each.__name__
    raise TypeError(
        f"optimizers holds a {type(each).__name__} without a label; expected names or classes, or a dict of "
        "label to name, class or function"
    )


def _text(label: Any) -> str:
    if not isinstance(label, str):
        raise TypeError(f"optimizers has the label {label!r}; expected a text")
    return label


def maker(each: Any, name: str, others: tuple[str, ...] = ()) -> Callable[[FloatArray], "Optimizer"]:
    """Return the function that makes an optimizer; ``others`` are names that are right elsewhere."""
    from . import NAMES, REGISTRY
    from ._base import Optimizer

    if isinstance(each, str):
        return REGISTRY[one_of(each, name, (*NAMES, *others))]
    if isinstance(each, Optimizer):
        own = type(each).__name__
        raise TypeError(
            f"{name} is an instance of {own}, with parameters of its own; expected the class, "
            f"deeprob.optim.{own}, or functools.partial(deeprob.optim.{own}, ...)"
        )
    if not callable(each):
        raise TypeError(f"{name} is a {type(each).__name__}; expected a name, a class or a function")

    def make(w: FloatArray) -> Optimizer:
        made = each(w)
        if not isinstance(made, Optimizer):
            raise TypeError(
                f"{name} returned a {type(made).__name__}; expected an optimizer of deeprob.optim"
            )
        if made.params is not w:
            raise ValueError(
                f"{name} returned one of other parameters; expected one of the array it was given"
            )
        return made

    return make
