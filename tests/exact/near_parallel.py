"""Limit kernels of nearly parallel and nearly opposite points in 60 digits: writes near_parallel.csv beside this file.

    python3 tests/exact/near_parallel.py        # mpmath 1.3.0

The rules are written from the definitions, over moments (q, q', k) and tangent kernels (t, t', s) of a pair; inputs are the doubles
that the crate is given, taken as exact numbers. 60 digits leave 36 after the cancellation at an angle of 1e-12.
"""

import csv
import math
from pathlib import Path

from mpmath import acos, asin, exp, mp, mpf, pi, sqrt

mp.dps = 60


class State:
    """Second moments and tangent kernels `[11, 12, 22]` and means `[1, 2]` of a unit."""

    def __init__(self, k, t, m=(0, 0)):
        self.k, self.t, self.m = list(k), list(t), list(m)


def points(x, y):
    dot = lambda a, b: sum(mpf(u) * mpf(v) for u, v in zip(a, b)) / len(a)
    return State([dot(x, x), dot(x, y), dot(y, y)], [0, 0, 0])


def dense(s, bias=0):
    k = [v + mpf(bias) ** 2 for v in s.k]
    return State(k, [a + b for a, b in zip(k, s.t)])


def activation(s, value, slope, mean):
    (q, k, p), t = s.k, s.t
    pairs = [(q, q, q), (q, p, k), (p, p, p)]
    return State(
        [value(*pair) for pair in pairs], [a * slope(*pair) for a, pair in zip(t, pairs)], [mean(q), mean(p)]
    )


def correlation(q, p, k):
    return max(min(k / sqrt(q * p), mpf(1)), mpf(-1))


def leaky(a):
    a = mpf(a)
    bend = (1 - a) ** 2

    def value(q, p, k):
        r = correlation(q, p, k)
        return sqrt(q * p) * (bend * (sqrt(1 - r * r) + r * (pi - acos(r))) / (2 * pi) + a * r)

    slope = lambda q, p, k: bend * (pi - acos(correlation(q, p, k))) / (2 * pi) + a
    return lambda s: activation(s, value, slope, lambda q: (1 - a) * sqrt(q / (2 * pi)))


relu = leaky(0)


def squared(s):
    def value(q, p, k):
        r = correlation(q, p, k)
        return q * p * (3 * sqrt(1 - r * r) * r + (pi - acos(r)) * (1 + 2 * r * r)) / (2 * pi)

    def slope(q, p, k):
        r = correlation(q, p, k)
        return 4 * sqrt(q * p) * (sqrt(1 - r * r) + r * (pi - acos(r))) / (2 * pi)

    return activation(s, value, slope, lambda q: q / 2)


def erf(s):
    root = lambda q, p: (1 + 2 * q) * (1 + 2 * p)
    value = lambda q, p, k: 2 / pi * asin(2 * k / sqrt(root(q, p)))
    slope = lambda q, p, k: 4 / pi / sqrt(root(q, p) - 4 * k * k)
    return activation(s, value, slope, lambda q: 0)


def cube(s):
    value = lambda q, p, k: 6 * k**3 + 9 * q * p * k
    slope = lambda q, p, k: 9 * (2 * k * k + q * p)
    return activation(s, value, slope, lambda q: 0)


def product(h, z, skip):
    pairs = [(0, 0), (0, 1), (1, 1)]
    shifted = [skip * skip + skip * (z.m[i] + z.m[j]) + k for k, (i, j) in zip(z.k, pairs)]
    return State(
        [a * b for a, b in zip(h.k, shifted)],
        [c * t + u * k for c, t, u, k in zip(shifted, h.t, z.t, h.k)],
        [a * (skip + b) for a, b in zip(h.m, z.m)],
    )


def add(a, b):
    pairs = [(0, 0), (0, 1), (1, 1)]
    cross = [a.m[i] * b.m[j] + a.m[j] * b.m[i] for i, j in pairs]
    return State(
        [u + v + c for u, v, c in zip(a.k, b.k, cross)],
        [u + v for u, v in zip(a.t, b.t)],
        [u + v for u, v in zip(a.m, b.m)],
    )


def stack(layers, act, bias=0):
    def net(s):
        for _ in range(layers):
            s = act(dense(s, bias))
        return dense(s)

    return net


def branches(combine, act=relu):
    """A product or sum of two hidden layers, a dense layer and ReLU behind it."""

    def net(s):
        branch = act(dense(s))
        return dense(relu(dense(combine(branch, branch))))

    return net


def residual(s):
    s = dense(s)
    return dense(relu(add(s, dense(relu(s)))))


NETS = {
    "mlp 1": stack(1, relu),
    "mlp 2": stack(2, relu),
    "mlp 4": stack(4, relu),
    "bias": stack(3, relu, 0.3),
    "leaky": stack(2, leaky(-0.5)),
    "abs": stack(2, leaky(-1)),
    "squared": stack(2, squared),
    "cube": lambda s: dense(relu(dense(cube(dense(s))))),
    "product": branches(lambda a, b: product(a, b, 0)),
    "skips": branches(lambda a, b: product(a, b, 1)),
    "sum": branches(add),
    "residual": residual,
    "erf": lambda s: dense(relu(dense(erf(dense(s))))),
}
ANGLES = [1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 5e-8, 1e-8, 1e-9, 1e-10, 1e-12]


def main():
    path = Path(__file__).with_suffix(".csv")
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["net", "angle", "x0", "x1", "y0", "y1", "nngp", "ntk"])
        for name, net in NETS.items():
            for angle in ANGLES:
                for sign in (1, -1):
                    for length in (1.0, 3.0):
                        # erf has no form without cancellation for points of different lengths.
                        if name == "erf" and length != 1:
                            continue
                        x, y = (0.6, 0.8), (math.cos(angle), math.sin(angle))
                        y = (0.6 * y[0] - 0.8 * y[1], 0.8 * y[0] + 0.6 * y[1])
                        y = tuple(sign * length * v for v in y)
                        s = net(points(x, y))
                        numbers = [repr(v) for v in (angle * sign, *x, *y)]
                        rows.writerow([name, *numbers, mp.nstr(s.k[1], 25), mp.nstr(s.t[1], 25)])


main()
