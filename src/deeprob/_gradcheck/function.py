"""What is checked: a function, its inputs, and where its values and gradients come from."""

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import losses
from .._arguments import as_callable
from .._around import Array, Point, output_of, place_of, point_of, refuse_resized
from ..objective import Objective
from ..regularizers import penalty_weights

# Names under which functions take the strength of their penalty.
STRENGTHS = ("reg", "lambda_", "lam", "lambd", "weight_decay", "reg_strength", "regularization")
# The largest Jacobian that is built, in entries (512 MB of float64 with its steps and tolerances).
LARGEST = 2**24
_LOSSES = {getattr(losses, f"{name}_loss"): name for name in losses.NAMES}


@dataclass(frozen=True)
class Input:
    """An argument of the function; with a point where it can be differentiated."""

    name: str
    value: Any
    point: Point | None


@dataclass(frozen=True)
class Analytic:
    """What one call of the function returned: its output, and a gradient for each input that has one.

    A gradient has the input's shape followed by the output's; or whatever shape was returned instead.
    """

    output: Array
    gradients: dict[int, Any]
    dtypes: dict[int, np.dtype[Any]]
    vjp: Callable[..., Any] | None
    changed: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The output's shape."""
        return self.output.shape


@dataclass(frozen=True)
class Part:
    """One of the callables of which a function is the sum, with its weight and the inputs' values."""

    weight: float
    func: Callable[..., Any]
    constants: Mapping[int, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Function:
    """A function under check: sum of weight x func(inputs) over its parts, usually one.

    Of a term, ``scale`` is the weight that it has in the whole function.
    """

    inputs: tuple[Input, ...]
    parts: tuple[Part, ...]
    term: str = ""
    scale: float = 1.0

    @property
    def func(self) -> Callable[..., Any]:
        """The function as it was given (of the first part)."""
        return self.parts[0].func

    @property
    def movable(self) -> list[int]:
        """The inputs that can be differentiated."""
        return [i for i, given in enumerate(self.inputs) if given.point is not None]

    @property
    def in_float32(self) -> bool:
        """Whether an input is float32, and gets a float64 shadow for the numeric side."""
        return any(given.point is not None and given.point.shadow is not None for given in self.inputs)

    def arguments(self, part: Part, *, exact: bool = True) -> list[Any]:
        """Return what a part is called with: float64 everywhere, or the inputs as they were given."""
        found = []
        for i, given in enumerate(self.inputs):
            if given.point is not None:
                found.append(given.point.argument if exact else given.point.original)
            else:
                found.append(part.constants.get(i, given.value))
        return found

    def value(self, *_: Any) -> Any:
        """Return the output where the inputs are now; evaluated without gradients where the function can."""
        if len(self.parts) == 1 and self.parts[0].weight == 1.0:
            return output_of(_cheap(self.parts[0].func)(*self.arguments(self.parts[0])))
        outputs = [
            part.weight * np.asarray(output_of(_cheap(part.func)(*self.arguments(part))), np.float64)
            for part in self.parts
        ]
        return sum(outputs[1:], outputs[0])

    def caller(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return what the loop in C calls, and with what: the function itself where it is the only part."""
        if len(self.parts) == 1 and self.parts[0].weight == 1.0:
            return _cheap(self.parts[0].func), tuple(self.arguments(self.parts[0]))
        return self.value, ()

    def analytic(self, *, exact: bool = True, along: Array | None = None) -> Analytic:
        """Call the function and take what it says of its gradients.

        ``along`` is a grad_output: of a function with a vjp only the gradients for it are taken, of the
        input's shape, not the whole Jacobian.
        """
        found = [self._part(part, exact, along) for part in self.parts]
        if len(found) == 1 and self.parts[0].weight == 1.0:
            return found[0]
        weights = [part.weight for part in self.parts]
        gradients = {
            i: sum(w * np.asarray(one.gradients[i]) for w, one in zip(weights, found, strict=True))
            for i in found[0].gradients
        }
        output = sum(w * one.output for w, one in zip(weights, found, strict=True))
        changed = tuple(name for one in found for name in one.changed)
        return Analytic(np.asarray(output), gradients, found[0].dtypes, None, changed)

    def _part(self, part: Part, exact: bool, along: Array | None) -> Analytic:
        arguments = self.arguments(part, exact=exact)
        names = [given.name for given in self.inputs]
        with _watched(arguments, names) as changed:
            result = part.func(*arguments)
            analytic = _read(result, self, along)
        return replace(analytic, changed=tuple(changed))

    def objectives(self) -> list[tuple[float, Objective]] | None:
        """Return the function as a sum of objectives, whose numeric gradients are structured; or None."""
        found = []
        for part in self.parts:
            objective = _objective(part, self)
            if objective is None:
                return None
            found.append((part.weight, objective))
        return found

    def strength(self) -> float | None:
        """Return the strength of the penalty, where the function says so."""
        own = getattr(self.func, "reg", None)
        if isinstance(own, int | float):
            return float(own)
        at = _strength_at(self)
        return None if at is None else float(self.inputs[at].value)

    def with_strength(self, reg: float, weight: float = 1.0) -> Part:
        """Return the function as a part with another strength of the penalty."""
        at = _strength_at(self)
        if at is not None:
            return Part(weight, self.func, {**self.parts[0].constants, at: reg})
        func: Any = copy.copy(self.func)
        func.reg = reg
        if isinstance(func, Objective):
            func._penalties = penalty_weights(reg, func.reg_type, func.l1_ratio)
        return Part(weight, func, self.parts[0].constants)

    @property
    def named(self) -> dict[str, Any]:
        """The inputs by name; of an objective also its data."""
        found = {given.name: given.value for given in self.inputs}
        if isinstance(self.func, Objective):
            found |= {"X": self.func.X, "y": self.func.y}
        return found


@contextmanager
def opened(func: Any, inputs: Any) -> Iterator[tuple[Any, Any]]:
    """Let what says itself how it is checked, as a layer does, be a function of inputs meanwhile."""
    own = getattr(func, "for_gradcheck", None)
    if own is None:
        yield func, inputs
    else:
        with own(inputs) as (function, given):
            yield function, given


def make_function(func: Any, inputs: Any) -> Function:
    """Check the arguments of a gradient check and bring them into this form."""
    as_callable(func, "func")
    given = _as_tuple(inputs)
    names = _names(func, len(given))
    made = tuple(Input(name, value, _point(value, name)) for name, value in zip(names, given, strict=True))
    made = _apart(made)
    if not any(one.point is not None for one in made):
        raise ValueError(
            "gradcheck expects at least one input that is an array of floating-point numbers; inputs has "
            + (", ".join(_kind(value) for value in given) or "none")
        )
    return Function(made, (Part(1.0, func),))


def _as_tuple(inputs: Any) -> tuple[Any, ...]:
    if isinstance(inputs, tuple | list):
        if inputs and all(isinstance(one, int | float) for one in inputs):
            return (np.asarray(inputs, np.float64),)
        return tuple(inputs)
    if isinstance(inputs, int | float):
        return (np.asarray(inputs, np.float64),)
    return (inputs,)


def _point(value: Any, name: str) -> Point | None:
    """Return an input as a point, None for what is constant: numbers, integers, anything that is no array."""
    if isinstance(value, list) and value:
        value = np.asarray(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind in "iubSUOMm":
        return None
    return point_of(value, name)


def _apart(inputs: tuple[Input, ...]) -> tuple[Input, ...]:
    """Copy inputs that share memory with an earlier one, so that each moves alone."""
    made: list[Input] = []
    for one in inputs:
        earlier = [other.point.memory for other in made if other.point is not None]
        if one.point is not None and any(np.shares_memory(one.point.memory, other) for other in earlier):
            one = replace(one, point=point_of(one.point.memory.copy(), one.name))
        made.append(one)
    return tuple(made)


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return f"an array of {dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _names(func: Any, n: int) -> list[str]:
    """Return the names of the inputs in messages."""
    if isinstance(func, Objective):
        known = ["W", "index"]
    elif hasattr(func, "input_names"):
        known = list(func.input_names)
    else:
        try:
            parameters = list(inspect.signature(func).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        known = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [known[i] if i < len(known) and known[i] != "_" else f"inputs[{i}]" for i in range(n)]


def _strength_at(function: Function) -> int | None:
    """Return which input is the strength of a penalty: a number of such a name."""
    for i, given in enumerate(function.inputs):
        number = isinstance(given.value, int | float | np.number) and not isinstance(given.value, bool)
        if given.name in STRENGTHS and number:
            return i
    return None


def _cheap(func: Any) -> Callable[..., Any]:
    """Return what evaluates the function alone, where deeprob's own can do without the gradient."""
    if isinstance(func, Objective) and type(func).__call__ is Objective.__call__:
        return func.value
    if _hashable(func) in _LOSSES:
        return lambda *args: func(*args, grad=False)
    return func  # type: ignore[no-any-return]


def _hashable(func: Any) -> Any:
    return func if inspect.isfunction(func) else None


def _objective(part: Part, function: Function) -> Objective | None:
    """Return a part as an objective of its first input, if it is one."""
    func, first = part.func, function.inputs[0]
    if first.point is None or first.point.memory.ndim != 2:
        return None
    if type(func) is Objective:
        return func if len(function.inputs) == 1 else None
    name = _LOSSES.get(_hashable(func))
    if name is None or len(function.inputs) not in (3, 4):
        return None
    others = [part.constants.get(i, given.value) for i, given in enumerate(function.inputs)][1:]
    if np.ndim(others[1]) != 1:
        return None  # soft labels, which an objective does not take
    return Objective(others[0], others[1], loss=name, reg=others[2] if len(others) == 3 else 0.0)


@contextmanager
def _watched(arguments: Sequence[Any], names: Sequence[str]) -> Iterator[list[str]]:
    """Restore the arrays among the arguments if they are changed, and tell which were."""
    arrays = [(name, one, one.copy()) for name, one in zip(names, arguments, strict=True) if _is_array(one)]
    changed: list[str] = []
    watched = [array for _, array, _ in arrays]
    places = [place_of(array) for array in watched]
    try:
        yield changed
    finally:
        refuse_resized(watched, places)
        for name, array, before in arrays:
            if array.shape != before.shape:
                array.shape = before.shape
                changed.append(name)
            if array.tobytes() != before.tobytes():
                array[...] = before
                changed.append(name)
        changed[:] = list(dict.fromkeys(changed))


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and not value.dtype.hasobject


def _read(result: Any, function: Function, along: Array | None) -> Analytic:
    """Take (value, gradient, ...), (value, (gradients)) or (output, vjp) apart."""
    if not isinstance(result, tuple) or len(result) < 2:
        raise TypeError(
            f"func returned a {type(result).__name__}"
            + (f" of {len(result)}" if isinstance(result, tuple) else "")
            + "; expected (value, gradient), (value, (gradients)) or (output, vjp)"
        )
    output = _output(result[0])
    if len(result) == 2 and callable(result[1]):
        if along is not None:
            along = along if along.shape == output.shape else np.ones(output.shape)
            along = along.astype(_grad_output_dtype(result[0]))
            found, dtypes = _by_input(vjp_gradients(result[1], along), function)
            return Analytic(output, found, dtypes, result[1])
        return _through_vjp(output, _grad_output_dtype(result[0]), result[1], function)
    if output.size == 1:
        output = output.reshape(())
    if output.ndim and len(result) == 2 and np.ndim(result[1]) == 0:
        raise TypeError(
            f"func returned an array of shape {output.shape} and then a {type(result[1]).__name__}; expected "
            "(value, gradient), in this order"
        )
    if output.ndim:
        raise TypeError(
            f"func returned an output of shape {output.shape} with gradients; expected a number with its "
            "gradients, or (output, vjp) where vjp(grad_output) returns them"
        )
    rest = result[1] if len(result) == 2 and isinstance(result[1], tuple | list) else result[1:]
    found, dtypes = _by_input(rest, function)
    return Analytic(output, found, dtypes, None)


def _grad_output_dtype(output: Any) -> np.dtype[Any]:
    """Return the output's dtype, so that float32 gradients are not raised to float64; float64 of integers."""
    dtype = np.asarray(output).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def _output(value: Any) -> Array:
    output = np.asarray(value)
    if output.dtype.kind not in "fiub":
        raise TypeError(
            f"func returned an output of dtype {output.dtype}; expected real numbers: of complex ones check "
            "real and imaginary part as two functions"
            if output.dtype.kind == "c"
            else f"func returned a {type(value).__name__} as its output; expected a number or an array"
        )
    return output.astype(np.float64)


def _by_input(
    gradients: Sequence[Any], function: Function
) -> tuple[dict[int, Any], dict[int, np.dtype[Any]]]:
    """Give each gradient to its input: in order, None skips one, the rest are constants."""
    movable = function.movable
    if len(gradients) > len(movable):
        raise TypeError(
            f"func returned {len(gradients)} gradients; expected at most one for each of the {len(movable)} "
            "floating-point inputs, None where there is none"
            + (", and each an array: a list is one of gradients" if isinstance(gradients, list) else "")
        )
    found, dtypes = {}, {}
    for i, one in zip(movable, gradients, strict=False):
        if one is None:
            continue
        array = np.asarray(one)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"func returned a {_kind(one)} as the gradient of {function.inputs[i].name}; expected real "
                "numbers of its shape"
            )
        found[i], dtypes[i] = array.astype(np.float64), array.dtype
    return found, dtypes


def vjp_gradients(vjp: Callable[..., Any], grad_output: Any) -> Sequence[Any]:
    """Return vjp(grad_output) as a sequence; a second value that is a vjp of its own is left away."""
    result = vjp(grad_output)
    if isinstance(result, tuple) and len(result) == 2 and callable(result[1]):
        result = result[0]
    return result if isinstance(result, tuple | list) else (result,)


def _through_vjp(
    output: Array, dtype: np.dtype[Any], vjp: Callable[..., Any], function: Function
) -> Analytic:
    """Build each input's Jacobian from one call of vjp for each entry of the output."""
    for _, given in _points(function):
        _refuse_large(given.name, given.point.memory.size, output.size)
    rows: dict[int, list[Array]] = {}
    dtypes: dict[int, np.dtype[Any]] = {}
    for at in np.ndindex(output.shape):
        one = np.zeros(output.shape, dtype)
        one[at] = 1.0
        found, kinds = _by_input(vjp_gradients(vjp, one if output.ndim else one[()]), function)
        for i, gradient in found.items():
            if i not in rows:
                _refuse_large(function.inputs[i].name, gradient.size, output.size)
            rows.setdefault(i, []).append(gradient)
        dtypes |= kinds
    if not output.size:
        found = {i: np.zeros((*given.point.memory.shape, *output.shape)) for i, given in _points(function)}
        return Analytic(output, found, dtypes, vjp)
    jacobians = {}
    for i, many in rows.items():
        if len({one.shape for one in many}) != 1:
            raise TypeError(f"vjp returned gradients of different shapes for {function.inputs[i].name}")
        stacked = np.moveaxis(np.stack(many), 0, -1)
        jacobians[i] = stacked.reshape(*many[0].shape, *output.shape)
    return Analytic(output, jacobians, dtypes, vjp)


def _refuse_large(name: str, entries: int, outputs: int) -> None:
    if entries * outputs > LARGEST:
        raise ValueError(
            f"{name} has {entries} entries and the output {outputs}; a Jacobian of more than {LARGEST} "
            "entries is not built: use fast_mode=True"
        )


def _points(function: Function) -> Iterator[tuple[int, Any]]:
    return ((i, function.inputs[i]) for i in function.movable)
