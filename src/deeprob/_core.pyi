"""The C extension's functions; positional only. The documented ones are in deeprob itself."""

from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt

def scores(
    W: Any,
    X: Any,
    b: Any,
    index: Any,
    out: Any,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> npt.NDArray[np.floating]: ...
def predict(
    W: Any,
    X: Any,
    b: Any,
    y: Any,
    index: Any,
    out: Any,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> Any: ...
def linear_loss(
    loss: str,
    W: Any,
    X: Any,
    y: Any,
    b: Any,
    index: Any,
    out: Any,
    parameter: float,
    l1: float,
    l2: float,
    grad: bool,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> Any: ...
def linear_losses(
    loss: str,
    Ws: Any,
    X: Any,
    y: Any,
    index: Any,
    out: Any,
    parameter: float,
    l1: float,
    l2: float,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> npt.NDArray[np.float64]: ...
def linear_hvp(
    loss: str,
    WV: Any,
    X: Any,
    y: Any,
    index: Any,
    parameter: float,
    l2: float,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> npt.NDArray[np.floating]: ...
def linear_numeric(
    loss: str,
    W: Any,
    X: Any,
    y: Any,
    b: Any,
    index: Any,
    parameter: float,
    l1: float,
    l2: float,
    h: float,
    forward: bool,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    /,
) -> npt.NDArray[np.float64]: ...
def values_around(
    f: Any,
    args: tuple[Any, ...],
    memory: npt.NDArray[np.floating],
    shadow: npt.NDArray[np.float64] | None,
    index: npt.NDArray[np.integer],
    offsets: npt.NDArray[np.float64],
    base: bool,
    scalar: bool,
    imaginary: bool,
    /,
) -> tuple[
    tuple[int, ...], npt.NDArray[np.float64] | None, npt.NDArray[np.float64], npt.NDArray[np.float64]
]: ...
def naive_loss(
    loss: str, W: Any, X: Any, y: Any, reg: float, /
) -> tuple[float, npt.NDArray[np.floating]]: ...
def score_loss(
    loss: str, s: Any, y: Any, out: Any, parameter: float, grad: bool, example_axis: int, /
) -> Any: ...
@overload
def penalty(
    W: Any, l1: float, l2: float, grad: Literal[True], out: Any, /
) -> tuple[float, npt.NDArray[np.floating]]: ...
@overload
def penalty(W: Any, l1: float, l2: float, grad: Literal[False], out: Any, /) -> float: ...
def proximal_l1(W: Any, threshold: float, out: Any, /) -> npt.NDArray[np.floating]: ...
def step_plan(
    step: str,
    params: tuple[Any, ...],
    states: tuple[Any, ...] | None,
    names: tuple[str, ...],
    grad_names: tuple[str, ...],
    single: bool,
    /,
) -> tuple[Any, tuple[npt.NDArray[np.floating], ...]]: ...
def step(
    plan: Any,
    t: int,
    hyper: tuple[Any, ...],
    grads: Any,
    threads: int | None,
    /,
) -> int: ...
def check_gradients(plan: Any, grads: Any, /) -> None: ...
def steps() -> dict[str, tuple[int, int]]: ...
def descend(
    loss: str,
    W: npt.NDArray[np.floating],
    X: Any,
    y: Any,
    index: npt.NDArray[np.integer] | None,
    sizes: npt.NDArray[np.int64] | None,
    parameter: float,
    l1: float,
    l2: float,
    example_axis: int,
    class_axis: int,
    threads: int | None,
    step: str,
    hyper: tuple[Any, ...],
    states: tuple[npt.NDArray[np.floating], ...],
    rates: npt.NDArray[np.float64],
    t: int,
    seconds: float,
    losses: npt.NDArray[np.float64],
    times: npt.NDArray[np.float64],
    done: npt.NDArray[np.int64],
    /,
) -> None: ...
def as_array(o: Any, name: str, floating: bool, /) -> npt.NDArray[Any]: ...
def check_options(example_axis: int, class_axis: int, threads: int | None, /) -> None: ...
def losses() -> dict[str, dict[str, float]]: ...
def targets() -> tuple[str, dict[str, bool]]: ...
def get_num_threads() -> int: ...
def set_num_threads(threads: int | None, /) -> None: ...
def elementwise(function: str, x: npt.NDArray[np.floating], /) -> npt.NDArray[np.floating]: ...
def line_search(
    f: float, slope: float, step: float, options: tuple[float, float, float, float, float, int, float], /
) -> Any: ...
def line_search_tell(search: Any, f: float, slope: float, /) -> tuple[int, float, int, int]: ...
def lbfgs(
    x0: npt.NDArray[np.float64],
    m: int,
    single: bool,
    options: tuple[float, float, float, float, float, int, float],
    /,
) -> Any: ...
def lbfgs_tell(lbfgs: Any, f: float, g: npt.NDArray[np.float64], /) -> int: ...
def lbfgs_renew(lbfgs: Any, f: float, g: npt.NDArray[np.float64], /) -> int: ...
def lbfgs_array(lbfgs: Any, name: str, /) -> npt.NDArray[np.float64]: ...
def lbfgs_numbers(lbfgs: Any, /) -> tuple[int, float, float, float, float, float, int, int, int, int]: ...
def bfgs_update(
    H: npt.NDArray[np.float64],
    s: npt.NDArray[np.float64] | None,
    y: npt.NDArray[np.float64] | None,
    g: npt.NDArray[np.float64],
    /,
) -> npt.NDArray[np.float64]: ...
def dot(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], /) -> float: ...
def landscapes() -> dict[str, int]: ...
def landscape_grid(
    name: str,
    parameters: tuple[float, ...],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    threads: int | None,
    /,
) -> npt.NDArray[np.float64]: ...
def landscape_at(
    name: str,
    parameters: tuple[float, ...],
    points: npt.NDArray[np.float64],
    order: int,
    threads: int | None,
    /,
) -> Any: ...
def relu(
    x: npt.NDArray[np.floating],
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def relu_backward(
    grad: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def dropout(
    x: npt.NDArray[np.floating],
    bits: npt.NDArray[np.uint16],
    threshold: int,
    scale: float,
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def add_scaled(
    x: npt.NDArray[np.floating],
    y: npt.NDArray[np.floating],
    scale: float,
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def add_bias(
    x: npt.NDArray[np.floating],
    b: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def sum_rows(
    grad: npt.NDArray[np.floating],
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def batch_norm(
    x: npt.NDArray[np.floating],
    gamma: npt.NDArray[np.floating],
    beta: npt.NDArray[np.floating],
    eps: float,
    mean: npt.NDArray[np.float64],
    inv_std: npt.NDArray[np.float64],
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def batch_norm_apply(
    x: npt.NDArray[np.floating],
    gamma: npt.NDArray[np.floating],
    beta: npt.NDArray[np.floating],
    mean: npt.NDArray[np.float64],
    inv_std: npt.NDArray[np.float64],
    out: npt.NDArray[np.floating],
    threads: int | None,
    /,
) -> None: ...
def batch_norm_backward(
    grad: npt.NDArray[np.floating],
    x: npt.NDArray[np.floating],
    gamma: npt.NDArray[np.floating],
    mean: npt.NDArray[np.float64],
    inv_std: npt.NDArray[np.float64],
    dgamma: npt.NDArray[np.floating],
    dbeta: npt.NDArray[np.floating],
    out: npt.NDArray[np.floating],
    training: bool,
    threads: int | None,
    /,
) -> None: ...
def cutout(images: Any, out: Any, boxes: Any, fill: Any, threads: int | None, /) -> None: ...
def flip(images: Any, out: Any, flipped: Any, columns: bool, threads: int | None, /) -> None: ...
def crop(images: Any, out: Any, corners: Any, threads: int | None, /) -> None: ...
def mixup(images: Any, out: Any, partners: Any, weights: Any, threads: int | None, /) -> None: ...
