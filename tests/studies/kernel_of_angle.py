#!/usr/bin/env python3
"""The kernel of deep ReLU networks over the angle by mpmath, for src/study/curve_classification: per depth psi_1(pi/2) and psi_1(pi)
over psi_1(0), the skeleton psi(pi) over psi(0), and the angle at which psi - psi(pi) is half of its value at 0, times the depth.

    python3 tests/studies/kernel_of_angle.py      # mpmath 1.3 or newer, 40 digits, ten seconds
"""

from mpmath import acos, cos, mp, mpf, nstr, pi, sin

mp.dps = 40


def sums(depth, angle):
    angles = [angle]
    for _ in range(depth - 1):
        angles.append(acos((1 - angles[-1] / pi) * cos(angles[-1]) + sin(angles[-1]) / pi))
    xi, kernel, skeleton = mpf(1), mpf(0), mpf(0)
    for v in reversed(angles):
        xi *= 1 - v / pi
        kernel += cos(v) * xi
        skeleton += xi
    return kernel, skeleton


for depth in (5, 10, 25, 50, 100, 200, 400):
    bottom = sums(depth, pi)
    low, high = mpf(10) ** -9, mpf(pi)
    for _ in range(60):
        middle = (low + high) / 2
        above = sums(depth, middle)[1] - bottom[1] > (depth - bottom[1]) / 2
        low, high = (middle, high) if above else (low, middle)
    values = [sums(depth, pi / 2)[0] / depth, bottom[0] / depth, bottom[1] / depth, middle * depth]
    print(f"({depth}, [{', '.join(nstr(value, 7) for value in values)}])")
