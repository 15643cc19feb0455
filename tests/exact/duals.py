"""E φ(u)φ(v) and E φ'(u)φ'(v) of Gaussian pairs with variances q, p and correlation r: writes duals.csv beside this file.

    python3 tests/exact/duals.py        # standard library only; a minute

Trapezoidal sums over an even grid of u and v, which converge exponentially for analytic functions: the step is below a sixth of
the distance of the nearest pole (π/2 or π) from the real line and 0.4 of a deviation, so that less than 1e-15 is left out.
"""

import csv
from math import exp, log1p, pi, sqrt, tanh
from pathlib import Path


def logistic(u):
    return (1 + tanh(u / 2)) / 2


def softplus(u):
    return max(u, 0.0) + log1p(exp(-abs(u)))


FUNCTIONS = {
    "tanh": (tanh, lambda u: 1 - tanh(u) ** 2),
    "sigmoid": (logistic, lambda u: logistic(u) * logistic(-u)),
    "softplus": (softplus, logistic),
}
PAIRS = [(0.25, 1.0, 0.5), (1.0, 1.0, -0.9), (9.0, 9.0, 0.5), (9.0, 9.0, -0.9), (9.09, 0.3, 0.95), (30.0, 30.0, 0.99), (325.0, 325.0, 0.5)]
PAIRS += [(325.0, 325.0, 0.99), (325.0, 40.0, -0.7), (325.0, 0.5, 0.2)]


def expectations(phi, slope, q, p, r):
    across = sqrt(p * (1 - r) * (1 + r))
    du, dv = min(0.25, sqrt(q) / 2.5), min(0.25, across / 2.5)
    reach = int(9 * sqrt(q) / du)
    values, slopes = 0.0, 0.0
    for i in range(-reach, reach + 1):
        u = i * du
        mean = r * sqrt(p / q) * u
        weight = du * exp(-u * u / (2 * q)) / sqrt(2 * pi * q)
        low, high = int((mean - 9 * across) / dv), int((mean + 9 * across) / dv)
        value, rate = 0.0, 0.0
        for j in range(low, high + 1):
            v = j * dv
            z = (v - mean) / across
            share = exp(-z * z / 2)
            value += share * phi(v)
            rate += share * slope(v)
        values += weight * phi(u) * value * dv / (across * sqrt(2 * pi))
        slopes += weight * slope(u) * rate * dv / (across * sqrt(2 * pi))
    return values, slopes


def main():
    with Path(__file__).with_suffix(".csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["function", "q", "p", "r", "value", "slope"])
        for name, (phi, slope) in FUNCTIONS.items():
            for q, p, r in PAIRS:
                rows.writerow([name, q, p, r, *map(repr, expectations(phi, slope, q, p, r))])


main()
