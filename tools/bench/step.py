"""Times a step of full-batch gradient descent of the anchor paper's spectral net in JAX, compiled; runs in the peer's environment.

The protocol is that of `peer.py`, with one case: `spectral_step f32 jit REPEATS`. The net is CCP with skips,
`h_1 = relu(x W_1)`, `h_n = relu(x W_n) * h + h`, `f = sqrt(2/m) h w`, N = 9, m = 32,768, on 1000 points in R^10; the loss is the mean
squared error. Parameters are donated, so that a step may write over them.
"""

import json
import sys
import time
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


def main():
    state = None
    for line in sys.stdin:
        *wanted, repeats = line.split()
        try:
            if wanted != ["spectral_step", "f32", "jit"]:
                raise ValueError(f"expected spectral_step f32 jit REPEATS, got {line!r}")
            if state is None:
                keys = jax.random.split(jax.random.PRNGKey(0), DEGREE + 2)
                weights = [jax.random.normal(key, (DIMENSION, WIDTH)) for key in keys[:DEGREE]]
                weights.append(jax.random.normal(keys[DEGREE], (WIDTH, 1)))
                x = jax.random.normal(keys[-1], (POINTS, DIMENSION))
                x /= jnp.linalg.norm(x, axis=1, keepdims=True)
                weights = jax.block_until_ready(step(weights, x, x[:, 0]))
                state = weights, x
            seconds = []
            for _ in range(int(repeats)):
                weights, x = state
                start = time.perf_counter()
                weights = jax.block_until_ready(step(weights, x, x[:, 0]))
                seconds.append(time.perf_counter() - start)
                state = weights, x
            answer = {"seconds": seconds, "first": 0.0, "batch": None}
        except Exception as error:  # noqa: BLE001, said to the other side
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
