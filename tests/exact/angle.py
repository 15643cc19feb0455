"""The polynomials of `engine/src/op/state/moments.rs`: made anew in 60 digits, and as they stand there against exact values.

    python3 tests/exact/angle.py        # mpmath 1.3.0

Prints for each the largest relative error of the polynomial evaluated in double precision, and of its factors as they would be made.
"""

import re
from pathlib import Path

from mpmath import asin, cos, lu_solve, matrix, mp, mpf, nstr, pi, polyval, sqrt

mp.dps = 60
SOURCE = Path(__file__).resolve().parents[2] / "engine/src/op/state/moments.rs"


def angle(z):
    return 2 * asin(sqrt(z)) / sqrt(z)


def excess(z):
    # Of its series where it cancels.
    if z < mpf(10) ** -12:
        return mpf(8) / 3 + z * mpf(4) / 15
    half, near = sqrt(z), 2 * asin(sqrt(z))
    return (2 * half * sqrt(1 - z) - near * (1 - 2 * z)) / (half * z)


def interpolated(function, degree):
    """Factors by powers of z of the polynomial that agrees at the Chebyshev points of [0, 1/2]."""
    points = [(1 + cos(pi * (2 * k + 1) / (2 * degree + 2))) / 4 for k in range(degree + 1)]
    powers = matrix(degree + 1, degree + 1)
    for row, point in enumerate(points):
        for column in range(degree + 1):
            powers[row, column] = point**column
    return list(lu_solve(powers, matrix([function(point) for point in points])))


def horner(factors, z):
    total = 0.0
    for factor in reversed(factors):
        total = total * z + factor
    return total


for name, function in (("ANGLE", angle), ("EXCESS", excess)):
    text = re.search(rf"const {name}: \[f64; \d+\] = \[(.*?)\];", SOURCE.read_text(), flags=re.S)[1]
    stands = [float(number) for number in text.replace(",", " ").split()]
    made = interpolated(function, len(stands) - 1)
    grid = [mpf(k) / 4096 for k in range(1, 2049)] + [mpf(2) ** -k for k in range(12, 200)]
    exact = [function(z) for z in grid]
    double = max(abs(mpf(horner(stands, float(z))) / value - 1) for z, value in zip(grid, exact, strict=True))
    limit = max(abs(polyval(made[::-1], z) / value - 1) for z, value in zip(grid, exact, strict=True))
    print(f"{name}: {len(stands)} factors, in double precision within {nstr(double, 3)}; made anew within {nstr(limit, 3)}")
    assert double <= 3e-16 and limit <= 3e-17
