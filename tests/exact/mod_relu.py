#!/usr/bin/env python3
"""The dual kernel of modReLU and its slope in 40 digits: tests/exact/mod_relu.py [THRESHOLD]

Needs mpmath. `κ(ρ) = Σ_k c_k² ρ^{2k+1}`, `κ̇(ρ) = Σ_k (2k+1) c_k² ρ^{2k}` with `c_k = (k+1)^{-1/2} ∫ max(r + b, 0) r L_k^{(1)}(r²) 2 r e^{-r²} dr`.
"""

import sys

from mpmath import exp, laguerre, mp, mpf, quad, sqrt

mp.dps = 40
b = mpf(sys.argv[1] if len(sys.argv) > 1 else "-0.3")
ends = [-b, *[-b + mpf(j) / 2 for j in range(1, 24)]]


def coefficient(k):
    return quad(lambda r: (r + b) * r * laguerre(k, 1, r * r) * 2 * r * exp(-r * r), ends) / sqrt(k + 1)


squares = [coefficient(k) ** 2 for k in range(60)]
print("rho,value,slope")
for rho in ["0.3", "0.8", "-0.5"]:
    r = mpf(rho)
    value = sum(c * r ** (2 * k + 1) for k, c in enumerate(squares))
    slope = sum((2 * k + 1) * c * r ** (2 * k) for k, c in enumerate(squares))
    print(f"{rho},{mp.nstr(value, 12)},{mp.nstr(slope, 12)}")
