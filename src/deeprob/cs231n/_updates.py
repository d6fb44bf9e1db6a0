"""The course's update rules: (w, dw, config) -> (next_w, config), on the steps' kernels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, answers_keywords, as_count, as_real
from ..optim._hyper import as_decay

Config = dict[str, Any]

# What each entry of a config must be, where it is a number.
_CHECKS: dict[str, Callable[[Any, str], float]] = {
    "learning_rate": as_real,
    "momentum": as_decay,
    "decay_rate": as_decay,
    "epsilon": as_real,
    "beta1": lambda value, name: as_decay(value, name, 1),
    "beta2": lambda value, name: as_decay(value, name, 1),
    "t": as_count,
}
# What these are called elsewhere: under such a name an entry would be ignored in silence.
_MEANT = {
    "learning_rate": ("lr", "eta", "step_size"),
    "momentum": ("mu", "rho"),
    "decay_rate": ("decay", "rho"),
    "epsilon": ("eps",),
    "beta1": ("beta_1", "betas"),
    "beta2": ("beta_2", "betas"),
}


@answers_keywords
def sgd(w: FloatArray, dw: npt.ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Vanilla stochastic gradient descent, in place: w <- w - learning_rate dw.

    Parameters
    ----------
    w : array of float32 or float64
        The parameters. This rule, and no other, changes them in place, as the course's.
    dw : array of w's shape
        The gradient; converted to w's dtype.
    config : dict, optional
        ``learning_rate`` (1e-2). What is missing is added; other entries are left alone.

    Returns
    -------
    next_w : array
        w itself.
    config : dict
        The one given, or a new one.

    Raises
    ------
    ValueError, TypeError
        If w cannot be changed in place, dw has another shape or kind of dtype, or an entry of config is no
        such number, or has another library's name. Nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> w = np.array([1.0, 2.0])
    >>> next_w, config = cs231n.sgd(w, np.array([10.0, -10.0]))
    >>> next_w, next_w is w, config
    (array([0.9, 2.1]), True, {'learning_rate': 0.01})
    """
    config, numbers, _ = _settings(w, config, {"learning_rate": 1e-2}, ())
    _step("sgd", w, _alike(dw, w, "dw"), (), 1, numbers)
    return w, _filled(config, numbers)


@answers_keywords
def sgd_momentum(
    w: npt.ArrayLike, dw: npt.ArrayLike, config: Config | None = None
) -> tuple[FloatArray, Config]:
    """SGD with momentum: v <- momentum v - learning_rate dw, next_w = w + v.

    The lecture's second form (L4-37), `deeprob.optim.Momentum` with ``formulation="displacement"``. The
    first one, v <- momentum v + dw, gives other numbers from the same v.

    Parameters
    ----------
    w, dw
        As for `sgd`; neither is changed.
    config : dict, optional
        ``learning_rate`` (1e-2), ``momentum`` (0.9), and ``velocity`` (zeros), an array of w's shape. What is
        missing is added, ``velocity`` replaced by a new array; other entries are left alone.

    Returns
    -------
    next_w : array
        A new one, of w's dtype.
    config : dict
        The one given, or a new one.

    Raises
    ------
    ValueError, TypeError
        If an array has another shape or kind of dtype, or an entry of config is no such number, or has
        another library's name. Nothing is changed then.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> w, config = np.array([1.0, 2.0]), {"learning_rate": 0.5}
    >>> for _ in range(2):
    ...     w, config = cs231n.sgd_momentum(w, np.array([1.0, -1.0]), config)
    >>> w, config["velocity"]
    (array([-0.45,  3.45]), array([-0.95,  0.95]))
    """
    point = _parameters(w)
    usual = {"learning_rate": 1e-2, "momentum": 0.9}
    config, numbers, states = _settings(point, config, usual, ("velocity",))
    hyper = {**numbers, "displacement": 1.0, "dampening": 0.0}
    _step("momentum", point, _alike(dw, point, "dw"), tuple(states.values()), 1, hyper)
    return point, _filled(config, numbers, **states)


@answers_keywords
def rmsprop(w: npt.ArrayLike, dw: npt.ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """RMSProp: cache <- decay_rate cache + (1 - decay_rate) dw^2, step along dw / (sqrt(cache) + epsilon).

    Parameters
    ----------
    w, dw
        As for `sgd`; neither is changed.
    config : dict, optional
        ``learning_rate`` (1e-2), ``decay_rate`` (0.99), ``epsilon`` (1e-8), and ``cache`` (zeros), an array
        of w's shape. What is missing is added, ``cache`` replaced by a new array; other entries are left
        alone.

    Returns
    -------
    next_w : array
        w - learning_rate dw / (sqrt(cache) + epsilon), a new one, of w's dtype.
    config : dict
        The one given, or a new one.

    Raises
    ------
    ValueError, TypeError
        As `sgd_momentum`.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> next_w, config = cs231n.rmsprop(np.array([1.0, 2.0]), np.array([3.0, -0.3]))
    >>> next_w.round(6)  # the first step is 10 learning rates
    array([0.9, 2.1])
    """
    point = _parameters(w)
    usual = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}
    config, numbers, states = _settings(point, config, usual, ("cache",))
    hyper = {**numbers, "inside": 0.0}
    _step("rmsprop", point, _alike(dw, point, "dw"), tuple(states.values()), 1, hyper)
    return point, _filled(config, numbers, **states)


@answers_keywords
def adam(w: npt.ArrayLike, dw: npt.ArrayLike, config: Config | None = None) -> tuple[FloatArray, Config]:
    """Adam with bias correction (lecture, L4-46).

    t <- t + 1, m <- beta1 m + (1 - beta1) dw, v <- beta2 v + (1 - beta2) dw^2,
    next_w = w - learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).

    Parameters
    ----------
    w, dw
        As for `sgd`; neither is changed.
    config : dict, optional
        ``learning_rate`` (1e-3), ``beta1`` (0.9), ``beta2`` (0.999), ``epsilon`` (1e-8), ``t`` (0), and ``m``
        and ``v`` (zeros), arrays of w's shape. What is missing is added, ``t`` counted up, ``m`` and ``v``
        replaced by new arrays; other entries are left alone.

    Returns
    -------
    next_w : array
        A new one, of w's dtype.
    config : dict
        The one given, or a new one.

    Raises
    ------
    ValueError, TypeError
        As `sgd_momentum`.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import cs231n
    >>> next_w, config = cs231n.adam(np.array([1.0, 2.0]), np.array([3.0, -0.3]))
    >>> next_w.round(6), config["t"]  # the first step is one learning rate
    (array([0.999, 2.001]), 1)
    """
    point = _parameters(w)
    usual = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
    config, numbers, states = _settings(point, config, {**usual, "t": 0}, ("m", "v"))
    t = int(numbers.pop("t")) + 1
    hyper = {**numbers, "bias_correction": 1.0, "eps_mode": 0.0}
    _step("adam", point, _alike(dw, point, "dw"), tuple(states.values()), t, hyper)
    return point, _filled(config, numbers, t=t, **states)


def _parameters(w: npt.ArrayLike) -> FloatArray:
    """Return a copy of w in memory's order, for the step to change."""
    array = np.array(_core.as_array(w, "w", True), order="K", subok=False)
    if array.dtype.kind in "iub":
        raise TypeError(
            f"w has dtype {array.dtype}; expected float32 or float64: convert it with w.astype(np.float64)"
        )
    return array


def _alike(value: npt.ArrayLike, w: FloatArray, name: str) -> FloatArray:
    """Return ``value`` in w's dtype if NumPy would put it into w: no complex numbers, no objects."""
    array = _core.as_array(value, name, True)
    if isinstance(w, np.ndarray) and array.dtype.kind in "fiub" and w.dtype.kind == "f":
        return array.astype(w.dtype, copy=False)
    return array  # the step refuses it


def _settings(
    w: FloatArray, config: Config | None, usual: dict[str, Any], states: tuple[str, ...]
) -> tuple[Config, dict[str, Any], dict[str, FloatArray]]:
    """Return the config, its numbers or the usual ones, checked, and new arrays of the states."""
    config = {} if config is None else config
    if not isinstance(config, dict):
        raise TypeError(f"config is a {type(config).__name__}; expected a dict or None")
    for name in usual:
        wrong = [given for given in _MEANT.get(name, ()) if given in config and name not in config]
        if wrong:
            raise ValueError(f"config has {wrong[0]!r}, which would be ignored; did you mean {name!r}?")
    numbers = {name: _CHECKS[name](config.get(name, usual[name]), f"config[{name!r}]") for name in usual}
    return config, numbers, {name: _state(config, name, w) for name in states}


def _state(config: Config, name: str, w: FloatArray) -> FloatArray:
    """Return a copy of a state, or zeros."""
    if config.get(name) is None:
        return np.zeros_like(w)
    called = f"config[{name!r}]"
    array = _alike(config[name], w, called)
    if array.shape != w.shape:
        raise ValueError(f"{called} has shape {array.shape}; expected that of w, {w.shape}")
    if array.dtype.kind != "f":
        raise TypeError(f"{called} has dtype {array.dtype}; expected real numbers")
    copy = np.zeros_like(w)
    copy[...] = array
    return copy


def _step(
    kernel: str,
    w: FloatArray,
    dw: FloatArray,
    states: tuple[FloatArray, ...],
    t: int,
    hyper: dict[str, float],
) -> None:
    """Change w and the states by step t."""
    plan, _ = _core.step_plan(kernel, (w,), states, ("w",), ("dw",), True)
    if np.may_share_memory(w, dw):  # w itself, perhaps: the course's sgd(w, w) shrinks w
        dw = dw.copy()
    _core.step(plan, t, tuple(hyper.values()), dw, None)


def _filled(config: Config, numbers: dict[str, Any], **renewed: Any) -> Config:
    """Return the config with what was missing, and with what the step renewed."""
    for name, value in numbers.items():
        config.setdefault(name, value)
    config.update(renewed)
    return config
