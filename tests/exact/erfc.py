#!/usr/bin/env python3
"""Coefficients of `engine/src/number/erf.rs`: tests/exact/erfc.py

Needs mpmath. `(1 + 2x) e^{x²} erfc(x)` for `x >= 0` as a polynomial in `t = (x - 3) / (x + 3)`, by its Chebyshev series in 60 digits, cut where
a quarter of an ulp is left; from the constant on.
"""

from mpmath import cos, erfc, exp, mp, mpf, pi, sqrt

mp.dps = 60
CENTRE = mpf(3)
NODES = 60


def asymptotic(x):
    """`x e^{x²} erfc(x) √π` for large x."""
    total = term = mpf(1)
    for n in range(1, 30):
        term *= -(2 * n - 1) / (2 * x * x)
        total += term
    return total


def scaled(t):
    x = CENTRE * (1 + t) / (1 - t)
    return (1 + 2 * x) * (exp(x * x) * erfc(x) if x < 1000 else asymptotic(x) / (x * sqrt(pi)))


angles = [pi * (k + mpf(1) / 2) / NODES for k in range(NODES)]
values = [scaled(cos(angle)) for angle in angles]
series = [2 * sum(v * cos(j * a) for v, a in zip(values, angles)) / NODES for j in range(NODES)]
series[0] /= 2


def monomials(degree):
    """Of the series up to a degree."""
    before, now = [mpf(1)], [mpf(0), mpf(1)]
    total = [mpf(0)] * (degree + 1)
    for j in range(degree + 1):
        for power, c in enumerate(before):
            total[power] += series[j] * c
        after = [mpf(0)] + [2 * c for c in now]
        for power, c in enumerate(before):
            after[power] -= c
        before, now = now, after
    return total


for name, error in [("f64", mpf(2) ** -54), ("f32", mpf(2) ** -25)]:
    degree = next(d for d in range(NODES) if sum(abs(c) for c in series[d + 1 :]) < error / 2)
    coefficients = monomials(degree)
    print(f"// {name}: degree {degree}, absolute sum {mp.nstr(sum(abs(c) for c in coefficients), 5)}")
    print(", ".join(mp.nstr(c, 18 if name == "f64" else 10) for c in coefficients))
