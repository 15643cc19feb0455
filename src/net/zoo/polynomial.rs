use super::{branch, input_layer, readout};
use crate::net::{Net, network};
use crate::op::{Dense, Layer, adaptive_pool, hadamard, hadamard_skip, hidden, injection, relu, residual, serial};

/// Polynomial net in product form (Wu et al. 2022): `f = √(2/m) w·(φ(W_1 x) ∘ … ∘ φ(W_N x))` of degree `N`.
pub fn pnn(degree: usize) -> Net {
    let product = hadamard((0..degree).map(|_| branch()));
    network(&format!("product, N = {degree}"), serial([product, readout()]))
}

/// Polynomial net in CCP form with skips (Wu et al. 2022, spectral study): `h_n = φ(W_n x) ∘ h_{n-1} + h_{n-1}`,
/// `f = √(2/m) w·h_N` of degree `N`.
pub fn ccp(degree: usize) -> Net {
    let product = hadamard_skip((0..degree).map(|_| branch()));
    network(&format!("CCP, N = {degree}"), serial([product, readout()]))
}

/// Polynomial net in NCP form (Chrysos et al. 2020): `h_1 = A_1 x`, `h_n = (A_n x) ∘ (S_n h_{n-1}/√m + b_n)`, `f = w·h_N/√m`: a
/// polynomial of degree `N`, no activation.
pub fn ncp(degree: usize) -> Net {
    let shifted = || -> Layer { Dense::hidden().bias(1.0).into() };
    let layer = (1..degree).fold(if degree == 0 { serial([]) } else { input_layer() }, |h, _| {
        hadamard([input_layer(), serial([h, shifted()])])
    });
    network(&format!("NCP, N = {degree}"), serial([layer, Dense::new(1).into()]))
}

/// Polynomial net in deep form (Wu et al. 2022, digit addition): `h_1 = φ(W_1 x)`, `h_n = φ(W_n h_{n-1}/√m) ∘ P(x) + h_{n-1}` with
/// the input pooled to the width by `P`, `f = √(2/m) w·h_N`.
///
/// From degree 3 on the limit is refused: `P(x)` stands unit by unit in both terms of the sum.
pub fn deep_pnn(degree: usize) -> Net {
    let pooled = || serial([injection(), adaptive_pool()]);
    let block = || residual(hadamard([serial([hidden(), relu()]), pooled()]));
    let first = (degree > 0).then(branch);
    let layers = first.into_iter().chain((1..degree).map(|_| block()));
    network(&format!("deep PNN, N = {degree}"), serial([serial(layers), readout()]))
}
