"""Writes the files of parameters that tests/files.rs reads, with the outputs of the networks where they are checked; all but
mixed_precision.safetensors and strided.safetensors, which were written by hand with small whole numbers and fractions.

Run in this folder with Python 3.11, numpy 2.4.6, safetensors 0.8.0: python make.py
The networks are evaluated with loops over NumPy arrays, by the definitions of PyTorch's Linear, Conv2d and flatten.
"""

import io
import zipfile

import numpy as np
from safetensors.numpy import save_file

rng = np.random.default_rng(0)


def normal(*shape, dtype=np.float64):
    return rng.standard_normal(shape).astype(dtype)


def save_table(name, x):
    np.savetxt(name, x, fmt="%.17g", delimiter=",")


# The parameters' own names; one file per precision.
named = {
    "0.dense.weight": normal(3, 4),
    "1.dense.bias": normal(4),
    "2.dense.weight": normal(4, 2),
    "3.dense.bias": normal(2),
}
np.savez("named.npz", **named)
np.savez_compressed("compressed.npz", **{name: a.astype(np.float32) for name, a in named.items()})
save_file(dict(reversed(named.items())), "named.safetensors", metadata={"format": "np"})

# Twelve layers of two units: arr_10 comes before arr_2 in the alphabet.
np.savez("positional.npz", *[np.arange(4.0).reshape(2, 2) + 10 * i for i in range(12)])

# What np.save makes of a transposed array, of the other byte order, of a 4-d kernel and of the second version of the format.
x, y = normal(3, 4), normal(3, 3, 4, 5)
with zipfile.ZipFile("unusual.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, array, version in [
        ("fortran", np.asfortranarray(x), (1, 0)),
        ("big", x.astype(">f4"), (1, 0)),
        ("kernel", np.asfortranarray(y), (2, 0)),
    ]:
        stream = io.BytesIO()
        np.lib.format.write_array(stream, array, version=version)
        archive.writestr(name + ".npy", stream.getvalue())
save_table("unusual_x.csv", x)
save_table("unusual_y.csv", y.reshape(-1, 5))

# torch.nn.Sequential(Linear(3, 4), Tanh(), Linear(4, 2)), a state_dict in single precision.
state = {
    "0.weight": normal(4, 3, dtype=np.float32),
    "0.bias": normal(4, dtype=np.float32),
    "2.weight": normal(2, 4, dtype=np.float32),
    "2.bias": normal(2, dtype=np.float32),
}
save_file(state, "sequential.safetensors")
state = {name: a.astype(np.float64) for name, a in state.items()}
x = normal(6, 3)
y = np.tanh(x @ state["0.weight"].T + state["0.bias"]) @ state["2.weight"].T + state["2.bias"]
save_table("sequential_x.csv", x)
save_table("sequential_y.csv", y)

# Conv2d(2, 3, 3, padding=1), ReLU, Conv2d(3, 4, (2, 1)), ReLU, flatten(1), a scale of every unit, Linear(64, 5), Tanh, Linear(5, 2).
state = {
    "conv1.weight": normal(3, 2, 3, 3),
    "conv1.bias": normal(3),
    "conv2.weight": normal(4, 3, 2, 1),
    "conv2.bias": normal(4),
    "gamma": normal(4 * 4 * 4),
    "fc1.weight": normal(5, 4 * 4 * 4) / 8,
    "fc1.bias": normal(5),
    "fc2.weight": normal(2, 5),
    "fc2.bias": normal(2),
}
save_file(state, "cnn.safetensors")
np.savez("cnn.npz", **state)


def conv2d(images, weight, bias, padding):
    images = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    n, _, h, w = images.shape
    out, _, kh, kw = weight.shape
    result = np.empty((n, out, h - kh + 1, w - kw + 1))
    for i in range(h - kh + 1):
        for j in range(w - kw + 1):
            for o in range(out):
                patch = images[:, :, i : i + kh, j : j + kw]
                result[:, o, i, j] = (patch * weight[o]).sum(axis=(1, 2, 3)) + bias[o]
    return result


images = normal(3, 2, 5, 4)  # sample, channel, row, column
z = np.maximum(conv2d(images, state["conv1.weight"], state["conv1.bias"], 1), 0)
z = np.maximum(conv2d(z, state["conv2.weight"], state["conv2.bias"], 0), 0)
z = z.reshape(3, -1) * state["gamma"]
z = np.tanh(z @ state["fc1.weight"].T + state["fc1.bias"])
save_table("cnn_x.csv", images.transpose(0, 2, 3, 1).reshape(3, -1))
save_table("cnn_y.csv", z @ state["fc2.weight"].T + state["fc2.bias"])

# Numbers of 16 bits: the largest, the least of all and the least with all digits.
halves = np.array([[1, -2, 65504, 2.0**-24, 2.0**-14, -0.0]], dtype=np.float16).T
np.savez("halves.npz", little=halves, big=halves.astype(">f2"))
np.savez("half.npz", arr_0=np.ones((2, 1), dtype=np.float16))
save_file({"w": np.ones((2, 1), dtype=np.float16)}, "half.safetensors")

# A tensor that no parameter takes.
np.savez("counted.npz", w=np.ones((2, 1)), steps=np.array([[3], [4]]))

# What must be refused.
np.savez("objects.npz", arr_0=np.array([[1.0, None]], dtype=object))
np.savez("structures.npz", arr_0=np.ones((2, 1), dtype=[("a", "<f8"), ("b", "<f4")]))
save_file({"w": np.ones((2, 1), dtype=np.int64)}, "integers.safetensors")
