"""Kernels computed by neural-tangents, as reference values for the tests of the crate: see README.md beside this file."""

import sys
import types
import warnings
import zlib
from pathlib import Path

# Stands in for the one module that needs tensorflow; the package imports it although nothing here uses it.
sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")

import jax
import jax.numpy as jnp
import neural_tangents as nt
import numpy as np
from neural_tangents import stax
from neural_tangents.stax import (
    Abs, AvgPool, Conv, Cos, Dense, Erf, Flatten, Gelu, GlobalAvgPool, Hermite, Identity, LayerNorm, LeakyRelu, Monomial,
    RectifiedMonomial, Relu, Sin, serial,
)  # fmt: skip

jax.config.update("jax_enable_x64", True)
warnings.filterwarnings("ignore", message="`FanIn` layers assume|Inputs to this layer are assumed")

DATA = Path(__file__).parent / "data"
POINTS, FEATURES = (6, 5), 4
IMAGES, (HEIGHT, WIDTH, CHANNELS) = (4, 3), (6, 5, 2)
R2 = 2**0.5


def product(*branches):
    return serial(stax.FanOut(len(branches)), stax.parallel(*branches), stax.FanInProd())


def total(*branches):
    return serial(stax.FanOut(len(branches)), stax.parallel(*branches), stax.FanInSum())


def concat(*branches):
    return serial(stax.FanOut(len(branches)), stax.parallel(*branches), stax.FanInConcat(-1))


def conv(channels, size, padding, w, b=None, stride=1):
    return Conv(channels, (size, size), strides=(stride, stride), padding=padding, W_std=w, b_std=b)


def standard(width, w, b):
    return Dense(width, W_std=w, b_std=b, parameterization="standard")


# Dense(width, W_std, b_std) and conv(channels, size, padding, W_std, b_std, stride); no b_std is no bias.
VECTOR_NETS = {
    "mlp_relu": serial(Dense(8, R2, 0.1), Relu(), Dense(7, R2, 0.1), Relu(), Dense(9, R2, 0.1), Relu(), Dense(1, R2, 0.1)),
    "mlp_erf": serial(Dense(8, 1.5, 0.2), Erf(), Dense(9, 1.2, 0.1), Erf(), Dense(1, 1.1)),
    "leaky_relu": serial(Dense(8, 1.3, 0.1), LeakyRelu(0.1), Dense(7, 1.4), LeakyRelu(0.1), Dense(1, 1.0)),
    "abs": serial(Dense(8, 1.1, 0.3), Abs(), Dense(7, 1.0, 0.1), Abs(), Dense(1, 1.0)),
    "gelu": serial(Dense(8, 1.4, 0.2), Gelu(), Dense(9, 1.5, 0.1), Gelu(), Dense(1, 1.0)),
    "sin": serial(Dense(8, 1.2, 0.3), Sin(), Dense(7, 1.3, 0.1), Sin(), Dense(1, 1.0)),
    "cos": serial(Dense(8, 1.2, 0.3), Cos(), Dense(7, 1.3, 0.1), Cos(), Dense(1, 1.0)),
    "monomial": serial(Dense(8, 0.9, 0.1), Monomial(3), Dense(1, 0.7, 0.2)),
    "rectified_monomial": serial(Dense(8, 0.9, 0.1), RectifiedMonomial(2), Dense(1, 0.7, 0.2)),
    "hermite": serial(Dense(8, 1.0), Hermite(3), Dense(1, 1.2)),
    "product_relu": serial(
        product(*(serial(Dense(8, w, b), Relu()) for w, b in [(R2, 0.1), (1.2, 0.2), (1.6, 0.3)])), Dense(1, 0.9)
    ),
    "gated_erf": serial(product(Dense(8, 1.1, 0.1), serial(Dense(8, 1.5, 0.2), Erf())), Dense(1, 1.2, 0.1)),
    "product_deep": serial(
        product(serial(Dense(8, R2, 0.1), Relu()), serial(Dense(8, 1.2), Erf())), Dense(7, 1.3, 0.2), Relu(), Dense(1, 1.0)
    ),
    "residual_relu": serial(
        Dense(8, 1.2, 0.1),
        total(Identity(), serial(Relu(), Dense(8, 0.8, 0.2))),
        total(Identity(), serial(Relu(), Dense(8, 0.6, 0.1))),
        Relu(), Dense(1, 1.1),
    ),  # fmt: skip
    "concat": serial(
        concat(serial(Dense(8, 1.3, 0.1), Relu()), serial(Dense(5, 1.6, 0.2), Erf())), Dense(7, 1.4, 0.1), Relu(), Dense(1, 1.0)
    ),
    "layer_norm": serial(
        Dense(8, 1.3, 0.4), LayerNorm(), Relu(), Dense(9, 1.2, 0.1), LayerNorm(), Erf(), Dense(1, 1.1)
    ),
    "ten_outputs": serial(Dense(8, R2, 0.1), Relu(), Dense(7, R2, 0.1), Relu(), Dense(10, 1.0, 0.2)),
    "standard": serial(standard(8, R2, 0.1), Relu(), standard(7, 1.3, 0.2), Relu(), standard(1, 1.1, 0.3)),
}  # fmt: skip
IMAGE_NETS = {
    "conv_flatten": serial(
        conv(7, 3, "SAME", R2, 0.1), Relu(), conv(8, 3, "VALID", 1.3, 0.2), Relu(), Flatten(), Dense(1, 1.1, 0.1)
    ),
    "conv_gap": serial(conv(7, 3, "SAME", R2, 0.1), Relu(), conv(8, 3, "SAME", 1.3, 0.2), Relu(), GlobalAvgPool(), Dense(1, 1.2)),
    "conv_stride_pool": serial(
        conv(7, 3, "SAME", 1.4, 0.2, stride=2), Relu(), AvgPool((2, 2)), conv(8, 2, "VALID", 1.5, 0.1), Erf(),
        Flatten(), Dense(1, 1.1),
    ),
    "conv_product": serial(
        product(serial(conv(7, 3, "SAME", R2, 0.1), Relu()), serial(conv(7, 3, "SAME", 1.2, 0.3), Relu())),
        GlobalAvgPool(), Dense(1, 1.1, 0.1),
    ),
    "conv_layer_norm": serial(
        conv(7, 3, "SAME", 1.2, 0.3), LayerNorm(), Relu(), conv(8, 3, "SAME", 1.4, 0.1), LayerNorm(), Relu(),
        GlobalAvgPool(), Dense(1, 1.1),
    ),
    "conv_residual": serial(
        conv(7, 3, "SAME", 1.2, 0.1),
        total(Identity(), serial(Relu(), conv(7, 3, "SAME", 0.9, 0.2))),
        Relu(), GlobalAvgPool(), Dense(1, 1.1),
    ),
}  # fmt: skip

# The limit rule of stax divides zero by zero where two points are equal.
NO_EQUAL_POINTS = ["rectified_monomial"]


def inputs(name, key):
    """Gaussian inputs `x1`, `x2`; their first points are equal where stax allows it."""
    key1, key2 = jax.random.split(key)
    (n1, n2), shape = (IMAGES, (HEIGHT, WIDTH, CHANNELS)) if name in IMAGE_NETS else (POINTS, (FEATURES,))
    x1, x2 = jax.random.normal(key1, (n1, *shape)), jax.random.normal(key2, (n2, *shape))
    if name not in NO_EQUAL_POINTS:
        x2 = x2.at[0].set(x1[0])
    if name == "hermite":
        # Its limit rule holds for unit variance after the first layer only.
        x1, x2 = (x * (FEATURES**0.5 / jnp.linalg.norm(x, axis=1, keepdims=True)) for x in (x1, x2))
    return x1, x2


def full(kernel):
    """`[n1, n2, c, c] -> [n1 c, n2 c]`, sample-major."""
    n1, n2, c, _ = kernel.shape
    return kernel.transpose(0, 2, 1, 3).reshape(n1 * c, n2 * c)


def parameters(tree):
    """Weights and biases in forward order, the biases as `[out]`."""
    if len(tree) == 2 and isinstance(tree[0], jax.Array):
        weight, bias = tree
        yield weight
        if bias is not None:
            yield bias.reshape(-1)
    else:
        for layer in tree:
            yield from parameters(layer)


def contracted_jacobians(apply_fn, params, x1, x2):
    """The finite-width tangent kernel from its definition, `J(x1) J(x2)ᵀ`."""

    def jacobian(x):
        leaves = jax.tree_util.tree_leaves(jax.jacobian(apply_fn)(params, x))
        rows = leaves[0].shape[0] * leaves[0].shape[1]
        return jnp.concatenate([leaf.reshape(rows, -1) for leaf in leaves], axis=1)

    return jacobian(x1) @ jacobian(x2).T


def values(name, net):
    """All arrays of one file."""
    init_fn, apply_fn, kernel_fn = net
    key_inputs, key_params = jax.random.split(jax.random.PRNGKey(zlib.crc32(name.encode())))
    x1, x2 = inputs(name, key_inputs)
    _, params = init_fn(key_params, x1.shape)
    empirical = nt.empirical_ntk_fn(apply_fn, trace_axes=())
    between = kernel_fn(x1, x2, ("nngp", "ntk"))
    arrays = {
        "x1": x1.reshape(len(x1), -1),
        "x2": x2.reshape(len(x2), -1),
        "nngp_limit": between.nngp,
        "ntk_limit": between.ntk,
        "outputs_finite": apply_fn(params, x1),
        "ntk_finite": full(empirical(x1, x2, params)),
        "ntk_finite_own": full(empirical(x1, None, params)),
    }
    expected = contracted_jacobians(apply_fn, params, x1, x2)
    np.testing.assert_allclose(arrays["ntk_finite"], expected, rtol=1e-12, atol=1e-12 * abs(expected).max())
    if name not in NO_EQUAL_POINTS:
        own = kernel_fn(x1, None, ("nngp", "ntk"))
        arrays |= {"nngp_limit_own": own.nngp, "ntk_limit_own": own.ntk}
    if name in IMAGE_NETS:
        arrays |= {"height": HEIGHT, "width": WIDTH, "channels": CHANNELS}
    arrays |= {f"p{index}": parameter for index, parameter in enumerate(parameters(params))}
    arrays = {key: np.asarray(value) for key, value in arrays.items()}
    for key, value in arrays.items():
        assert np.isfinite(value).all(), f"{name}: {key} is not finite"
    return arrays


def main():
    DATA.mkdir(exist_ok=True)
    for name, net in (VECTOR_NETS | IMAGE_NETS).items():
        np.savez(DATA / f"{name}.npz", **values(name, net))
        print(name)


if __name__ == "__main__":
    main()
