"""Times finite-width tangent kernels of neural-tangents, and a training step of JAX; runs in the peer's environment.

Reads requests `CASE DTYPE ALGORITHM REPEATS`, one a line; answers each with a line of JSON:
`{"seconds": […], "first": s, "batch": b}`, or `{"error": "…"}`. The first request of a case compiles and makes one call besides,
which took `first` seconds; REPEATS may be 0. `b` is the number of points of a block when the kernel of all points did not fit in
memory and `nt.batch` computed it block by block (then `first` includes the compilation), else null.

| case | points | network | kernel |
|---|---|---|---|
| `product` | 1000 in R^10 | Hadamard product of 3 branches Dense(4096), ReLU; Dense(1) | `[1000, 1000]` |
| `mlp` | 500 in R^64 | 3 layers Dense(1024), ReLU; Dense(1) | `[500, 500]` |
| `mlp_ten_outputs` | 200 in R^64 | 3 layers Dense(512), ReLU; Dense(10) | `[2000, 2000]` |
| `cnn` | 64 images, 12 × 12 × 3 | 2 layers Conv(32, 3 × 3, SAME), ReLU; GlobalAvgPool; Dense(1) | `[64, 64]` |

`spectral_step f32 jit` is a training step: see `step.py`; `hessian_… jit` are Hessian-vector products: see `hessian.py`.

Weights and points are standard Gaussian, `σ_w = √2`, without biases. `default` is `nt.empirical_ntk_fn(f)` as it comes; the three
algorithms are told besides that samples are independent (`vmap_axes=0`), which makes them faster.
"""

import json
import os
import resource
import sys
import time
import types

# Stands in for the one module that needs tensorflow; the package imports it although nothing here uses it.
sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")

import jax
import neural_tangents as nt
from jaxlib.xla_extension import XlaRuntimeError
from neural_tangents import NtkImplementation, stax

from .hessian import products
from .step import steps

R2 = 2**0.5
# Of the machine's memory: the other server and the system need some as well.
MEMORY_SHARE = 0.75


def mlp(width, outputs):
    return stax.serial(*[stax.Dense(width, R2), stax.Relu()] * 3, stax.Dense(outputs, R2))


def product(width, branches):
    branch = stax.serial(stax.Dense(width, R2), stax.Relu())
    return stax.serial(stax.FanOut(branches), stax.parallel(*[branch] * branches), stax.FanInProd(), stax.Dense(1, R2))


def cnn(channels):
    layer = [stax.Conv(channels, (3, 3), padding="SAME", W_std=R2), stax.Relu()]
    return stax.serial(*layer * 2, stax.GlobalAvgPool(), stax.Dense(1, R2))


# Shape of the points, network, outputs that are kept apart.
CASES = {
    "product": ((1000, 10), product(4096, 3), False),
    "mlp": ((500, 64), mlp(1024, 1), False),
    "mlp_ten_outputs": ((200, 64), mlp(512, 10), True),
    "cnn": ((64, 12, 12, 3), cnn(32), False),
}
ALGORITHMS = {
    "default": {},
    "jacobian_contraction": {"vmap_axes": 0, "implementation": NtkImplementation.JACOBIAN_CONTRACTION},
    "ntk_vector_products": {"vmap_axes": 0, "implementation": NtkImplementation.NTK_VECTOR_PRODUCTS},
    "structured_derivatives": {"vmap_axes": 0, "implementation": NtkImplementation.STRUCTURED_DERIVATIVES},
}


def kernel(case, dtype, algorithm):
    """The kernel function of the case, uncompiled, and its arguments."""
    shape, (init_fn, apply_fn, _), full = CASES[case]
    settings = ALGORITHMS[algorithm] | ({"trace_axes": ()} if full else {})
    # Not by casts: stax multiplies convolutions by a constant of the default type.
    jax.config.update("jax_enable_x64", {"f64": True, "f32": False}[dtype])
    key_points, key_params = jax.random.split(jax.random.PRNGKey(0))
    _, params = init_fn(key_params, shape)
    return nt.empirical_ntk_fn(apply_fn, **settings), (jax.random.normal(key_points, shape), None, params)


def timed(compute):
    start = time.perf_counter()
    jax.block_until_ready(compute())
    return time.perf_counter() - start


def prepare(case, dtype, algorithm):
    """The compiled kernel, in the largest blocks that fit in memory, and what the answers say of it; or the training step."""
    if algorithm == "jit":
        take = steps() if case == "spectral_step" else products(case, dtype)
        return take, {"batch": None, "first": timed(take)}
    ntk, arguments = kernel(case, dtype, algorithm)
    n = len(arguments[0])
    for batch in (b for b in range(n, 0, -1) if n % b == 0):
        if batch == n:
            compiled = jax.jit(ntk).lower(*arguments).compile()
        else:
            compiled = nt.batch(ntk, batch_size=batch, device_count=0)
        try:
            first = timed(lambda: compiled(*arguments))
            return lambda: compiled(*arguments), {"batch": batch if batch < n else None, "first": first}
        except (XlaRuntimeError, MemoryError) as error:
            if isinstance(error, XlaRuntimeError) and "RESOURCE_EXHAUSTED" not in str(error):
                raise
        jax.clear_caches()
    raise RuntimeError(f"{case} {dtype} {algorithm}: the kernel of one point does not fit in memory")


def main():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = int(MEMORY_SHARE * memory)
    # An allocation beyond it fails, where the system would end the process.
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    current, compute, notes = None, None, None
    for line in sys.stdin:
        try:
            *wanted, repeats = line.split()
            if wanted != current:
                current = compute = None
                jax.clear_caches()
                compute, notes = prepare(*wanted)
                current = wanted
            answer = {"seconds": [timed(compute) for _ in range(int(repeats))]} | notes
        except Exception as error:  # noqa: BLE001, the other cases can still be timed
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
