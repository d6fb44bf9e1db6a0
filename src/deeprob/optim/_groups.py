"""Groups of parameters with hyperparameters of their own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._arguments import hint
from ._form import Form, Groups
from ._hyper import Hyper

if TYPE_CHECKING:
    from ._base import Optimizer

# One norm for all gradients.
_NOT_OF_A_GROUP = ("clip_norm",)


def hypers_of(kind: "type[Optimizer]") -> dict[str, Hyper[Any]]:
    """Return the hyperparameters of a class that a group may have for itself, by name."""
    found = {name: getattr(kind, name) for name in dir(kind)}
    return {k: v for k, v in found.items() if isinstance(v, Hyper) and k not in _NOT_OF_A_GROUP}


def read_groups(optimizer: "Optimizer", params: Any) -> tuple[Groups, tuple[Any, ...], list[dict[str, Any]]]:
    """Return the form of groups, their arrays, and each one's hyperparameters as an optimizer keeps them."""
    known = hypers_of(type(optimizer))
    parts: list[Form] = []
    own: list[dict[str, Any]] = []
    for k, group in enumerate(params):
        name = f"params[{k}]"
        if not isinstance(group, Mapping) or "params" not in group:
            given = f"dict with {list(group)}" if isinstance(group, Mapping) else type(group).__name__
            raise TypeError(f"{name} is a {given}; expected a dict with 'params', as groups are")
        parts.append(Form(group["params"], f"{name}['params']"))
        own.append({})
        for key, value in group.items():
            if key == "params":
                continue
            if key not in known:
                raise TypeError(f"{name} has no hyperparameter {key!r}; {hint(str(key), list(known))}")
            own[k]["_" + key] = known[key].checked(optimizer, value, f"{name}[{key!r}]")
    arrays = [part.flat(group["params"], part.name) for part, group in zip(parts, params, strict=True)]
    return Groups(parts), tuple(a for each in arrays for a in each), own


class Group:
    """One group of an optimizer's parameters: ``params``, and the hyperparameters as attributes.

    Setting one gives it to this group alone; ``del`` lets it follow the optimizer's own again. The group of
    an optimizer whose parameters do not come in groups is that optimizer.
    """

    __slots__ = ("_number", "_optimizer")
    _number: int
    _optimizer: "Optimizer"

    def __init__(self, optimizer: "Optimizer", number: int) -> None:
        object.__setattr__(self, "_optimizer", optimizer)
        object.__setattr__(self, "_number", number)

    @property
    def _own(self) -> dict[str, Any]:
        """What this group has set: the optimizer's own dict where there are no groups."""
        overrides = self._optimizer._overrides
        return overrides[self._number] if overrides else self._optimizer.__dict__

    def _kind(self, name: str) -> Hyper[Any]:
        known = hypers_of(type(self._optimizer))
        if name not in known:
            raise AttributeError(f"a group has no {name!r}; {hint(name, ['params', *known])}")
        return known[name]

    @property
    def params(self) -> Any:
        """The group's parameters, as they were passed."""
        params = self._optimizer.params
        return params[self._number] if self._optimizer._overrides else params

    def __getattr__(self, name: str) -> Any:
        self._kind(name)
        return self._own.get("_" + name, self._optimizer.__dict__["_" + name])

    def __setattr__(self, name: str, value: Any) -> None:
        kind = self._kind(name)
        self._own["_" + name] = kind.checked(self._optimizer, value, f"groups[{self._number}].{name}")
        self._optimizer._hypers = None

    def __delattr__(self, name: str) -> None:
        self._kind(name)
        if not self._optimizer._overrides:
            raise AttributeError(f"{name} is the optimizer's own, as all: it has no groups")
        self._own.pop("_" + name, None)
        self._optimizer._hypers = None

    def __dir__(self) -> list[str]:
        return ["params", *hypers_of(type(self._optimizer))]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in hypers_of(type(self._optimizer)))
        return f"Group({shown})"
