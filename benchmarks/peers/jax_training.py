"""JAX: the training step jitted, the steps one by one from Python or all in one lax.scan."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .adam import BETA1, BETA2, EPS, LR
from .jax_linear import data_loss


def training(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> dict[str, Callable[[], np.ndarray]]:
    """Return the forms."""
    examples, labels, start = jnp.asarray(X), jnp.asarray(y), jnp.asarray(W)

    def step(state: Any, at: jax.Array, X: jax.Array, y: jax.Array) -> Any:
        w, m, v, t = state
        rows, chosen = X[at], y[at]
        g = jax.grad(lambda w: data_loss(rows @ w.T, chosen, "softmax"))(w)
        t = t + 1
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        w = w - LR / (1 - BETA1**t) * m / (jnp.sqrt(v / (1 - BETA2**t)) + EPS)
        return w.astype(W.dtype), m, v, t

    jitted = jax.jit(step, donate_argnums=0)

    @jax.jit
    def scanned(state: Any, batches: jax.Array, X: jax.Array, y: jax.Array) -> Any:
        return jax.lax.scan(lambda state, at: (step(state, at, X, y), None), state, batches)[0]

    def fresh() -> Any:
        return start + 0, jnp.zeros_like(start), jnp.zeros_like(start), jnp.float32(0)

    def batches() -> np.ndarray:
        return np.random.RandomState(0).permutation(len(y))[: steps * batch].reshape(steps, batch)

    def one_by_one() -> np.ndarray:
        state = fresh()
        for at in batches():
            state = jitted(state, at, examples, labels)
        return np.asarray(state[0])

    def scan() -> np.ndarray:
        return np.asarray(scanned(fresh(), batches(), examples, labels)[0])

    return {"jit": one_by_one, "lax.scan": scan}
