"""Hessian-vector products of JAX, compiled: forward over reverse, `jvp` of the gradient.

| case | network | points |
|---|---|---|
| `hessian_mlp_512`, `hessian_mlp_2048` | 3 layers Dense, ReLU of that width; Dense(1) | 500 in R^64 |
| `hessian_ccp_512`, `hessian_ccp_2048` | CCP of degree 3 and that width, as in `step.py` | 1000 in R^10 |

The loss is the mean squared error. Parameters, direction and points are standard Gaussian.
"""

import jax
import jax.numpy as jnp


def mlp(weights, x):
    *layers, readout = weights
    for weight in layers:
        x = jax.nn.relu(x @ weight * (2 / x.shape[1]) ** 0.5)
    return x @ readout / x.shape[1] ** 0.5


def ccp(weights, x):
    first, *others, readout = weights
    h = jax.nn.relu(x @ first)
    for weight in others:
        h = jax.nn.relu(x @ weight) * h + h
    return h @ readout * (2 / h.shape[1]) ** 0.5


def shapes(kind, width):
    if kind == "mlp":
        return [(64, width), (width, width), (width, width), (width, 1)], 500
    return [(10, width)] * 3 + [(width, 1)], 1000


def products(case, dtype):
    """A call that computes one product; `case` is `hessian_KIND_WIDTH`."""
    _, kind, width = case.split("_")
    jax.config.update("jax_enable_x64", dtype == "f64")
    sizes, n = shapes(kind, int(width))
    outputs = {"mlp": mlp, "ccp": ccp}[kind]
    keys = iter(jax.random.split(jax.random.PRNGKey(0), 2 * len(sizes) + 2))
    weights, direction = ([jax.random.normal(next(keys), size) for size in sizes] for _ in range(2))
    x, y = jax.random.normal(next(keys), (n, sizes[0][0])), jax.random.normal(next(keys), (n,))

    @jax.jit
    def product(weights, direction):
        gradient = jax.grad(lambda w: jnp.mean((outputs(w, x)[:, 0] - y) ** 2))
        return jax.jvp(gradient, (weights,), (direction,))[1]

    return lambda: product(weights, direction)
