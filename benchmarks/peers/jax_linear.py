"""JAX: jit(value_and_grad) on the CPU."""

import jax
import jax.numpy as jnp
import numpy as np

from ..work import Answer, Form

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")


def data_loss(s: jax.Array, y: jax.Array, loss: str) -> jax.Array:
    """Return the mean loss of scores (N, C)."""
    label = jnp.take_along_axis(s, y[:, None], axis=1)
    if loss == "softmax":
        return jnp.mean(jax.nn.logsumexp(s, axis=1) - label[:, 0])
    return jnp.mean(jnp.sum(jnp.maximum(s - label + 1, 0), axis=1)) - 1


def forms(W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int) -> dict[str, Form]:
    """Return the compiled form, data already on the device."""
    weights, examples, labels = jnp.asarray(W), jnp.asarray(X), jnp.asarray(y)

    @jax.jit
    def evaluate(W: jax.Array, X: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        def value(W: jax.Array) -> jax.Array:
            return data_loss((W @ X).T if example_axis else X @ W.T, y, loss)

        return jax.value_and_grad(value)(W)

    def run() -> Answer:
        return jax.block_until_ready(evaluate(weights, examples, labels))

    return {"jit(value_and_grad)": Form(run)}
