#!/usr/bin/env python3
"""Smallest eigenvalues of the tangent kernel of a three-layer sigmoid network by numpy, for src/study/memorization: means and standard
deviations over draws, of the whole kernel and of the second weight matrix alone.

    python3 tests/studies/smallest_eigenvalues.py      # numpy 1.24 or newer, two minutes
"""

import numpy as np


def smallest(n, d, rng):
    sigmoid = lambda u: 1 / (1 + np.exp(-u))
    x = rng.standard_normal((n, d))
    first, second = (rng.standard_normal((d, d)) / np.sqrt(d) for _ in range(2))
    readout = rng.standard_normal(d)
    f1 = sigmoid(x @ first)
    f2 = sigmoid(f1 @ second)
    b2 = f2 * (1 - f2) * readout
    b1 = (b2 @ second.T) * f1 * (1 - f1)
    middle = (f1 @ f1.T) * (b2 @ b2.T)
    whole = (x @ x.T) * (b1 @ b1.T) + middle + f2 @ f2.T
    return [np.linalg.eigvalsh(kernel)[0] for kernel in (whole, middle)]


for n, d in [(1000, 300), (1000, 500), (1000, 700), (1000, 840), (1000, 977)]:
    draws = np.array([smallest(n, d, np.random.default_rng([n, d, k])) for k in range(10)])
    mean, deviation = draws.mean(0), draws.std(0, ddof=1)
    print(f"({n}, {d}, [{mean[0]:.4f}, {deviation[0]:.4f}], [{mean[1]:.4f}, {deviation[1]:.4f}])", flush=True)
