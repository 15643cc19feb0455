"""A step of full-batch gradient descent of the anchor paper's spectral net in JAX, compiled.

CCP with skips, `h_1 = relu(x W_1)`, `h_n = relu(x W_n) * h + h`, `f = sqrt(2/m) h w`, N = 9, m = 32,768, on 1000 points in R^10; the
loss is the mean squared error. Parameters are donated, so that a step may write over them.
"""

from functools import partial

import jax
import jax.numpy as jnp

DEGREE, WIDTH, POINTS, DIMENSION, RATE = 9, 32_768, 1000, 10, 1e-6


def outputs(weights, x):
    first, *others, readout = weights
    h = jax.nn.relu(x @ first)
    for weight in others:
        h = jax.nn.relu(x @ weight) * h + h
    return jnp.sqrt(2 / WIDTH) * (h @ readout)


@partial(jax.jit, donate_argnums=0)
def step(weights, x, y):
    gradient = jax.grad(lambda w: jnp.mean((outputs(w, x)[:, 0] - y) ** 2))(weights)
    return [w - RATE * g for w, g in zip(weights, gradient)]


def steps():
    """A call that takes the next step and returns the weights."""
    jax.config.update("jax_enable_x64", False)
    keys = jax.random.split(jax.random.PRNGKey(0), DEGREE + 2)
    x = jax.random.normal(keys[-1], (POINTS, DIMENSION))
    x /= jnp.linalg.norm(x, axis=1, keepdims=True)
    weights = [jax.random.normal(key, (DIMENSION, WIDTH)) for key in keys[:DEGREE]]
    weights.append(jax.random.normal(keys[DEGREE], (WIDTH, 1)))

    def take():
        nonlocal weights
        weights = step(weights, x, x[:, 0])
        return weights

    return take
