use super::{branch, input_layer, readout};
use crate::net::{Net, network};
use crate::op::{
    Dense, Layer, adaptive_pool, hadamard, hadamard_skip, hidden, injection, relu, residual, scale, serial,
};

/// Polynomial net in product form: `f = √(2/m) w·(φ(W_1 x) ∘ … ∘ φ(W_N x))` of degree `N`.
///
/// ## Limit kernel
/// Yes: `K = 2 κ_1^N`, `Θ = K + 2 N x·x' κ_0 κ_1^{N-1}` with `κ_1 = E φφ'` and `κ_0 = E φ̇φ̇'` for units `w·x`, `w ~ N(0, I)`.
/// ## References
/// Wu et al. 2022.
pub fn pnn(degree: usize) -> Net {
    let product = hadamard((0..degree).map(|_| branch()));
    network(&format!("product, N = {degree}"), serial([product, readout()]))
}

/// Polynomial net in CCP form with skips: `h_1 = φ(W_1 x)`, `h_n = φ(W_n x) ∘ h_{n-1} + h_{n-1}`, `f = √(2/m) w·h_N` of
/// degree `N`.
///
/// ## Limit kernel
/// Yes: with `κ_0`, `κ_1` of [`pnn`], `μ = |x|/√(2π)` and `g = 1 + μ + μ' + κ_1`:
/// `K = 2 κ_1 g^{N-1}`, `Θ = K + 2 x·x' κ_0 g^{N-1} + 2 (N-1) x·x' κ_0 κ_1 g^{N-2}`.
/// ## References
/// Wu et al. 2022 (network, in their spectral study); the kernel with its means is derived in this crate, checked by
/// `tests/closed_form.rs`.
pub fn ccp(degree: usize) -> Net {
    let product = hadamard_skip((0..degree).map(|_| branch()));
    network(&format!("CCP, N = {degree}"), serial([product, readout()]))
}

/// Polynomial net between the product form and the CCP form: `h_1 = φ(W_1 x)`, `h_n = φ(W_n x) ∘ h_{n-1} + s h_{n-1}` with a skip of
/// strength `s`, `f = √(2/m) w·h_N`; `s = 0` is [`pnn`] and `s = 1` is [`ccp`].
///
/// ## Limit kernel
/// Yes: that of [`ccp`] with `g = s² + s (μ + μ') + κ_1`.
/// ## References
/// Wu et al. 2022 (its ends, product form and CCP); between them a family of this crate, with the rule of
/// [`hadamard_skip`](crate::op::hadamard_skip), checked by `tests/closed_form.rs`.
pub fn pnn_with_skip(degree: usize, skip: f64) -> Net {
    let name = format!("product, N = {degree}, skip {skip}");
    if skip == 0.0 {
        return pnn(degree).named(&name);
    }
    // h_N = z_1 ∘ Π (s + z_n) = s^(N-1) z_1 ∘ Π (1 + z_n / s).
    let factors = (0..degree).map(|n| if n == 0 { branch() } else { serial([branch(), scale(1.0 / skip)]) });
    let power = scale(skip.powf(degree.saturating_sub(1) as f64));
    network(&name, serial([hadamard_skip(factors), power, readout()]))
}

/// Polynomial net in NCP form: `h_1 = A_1 x`, `h_n = (A_n x) ∘ (S_n h_{n-1}/√m + b_n)`, `f = w·h_N/√m`: a polynomial of degree
/// `N`, no activation.
///
/// ## Limit kernel
/// Yes: `K_1 = Θ_1 = x·x'`, `K_n = x·x' (K_{n-1} + 1)`, `Θ_n = x·x' (2 K_{n-1} + 2 + Θ_{n-1})`, and `K = K_N`, `Θ = K_N + Θ_N` of
/// the output.
/// ## References
/// Chrysos et al. 2020 (network); the kernel is derived in this crate, checked by `tests/manual.rs`.
pub fn ncp(degree: usize) -> Net {
    let shifted = || -> Layer { Dense::hidden().bias(1.0).into() };
    let layer = (1..degree).fold(if degree == 0 { serial([]) } else { input_layer() }, |h, _| {
        hadamard([input_layer(), serial([h, shifted()])])
    });
    network(&format!("NCP, N = {degree}"), serial([layer, Dense::new(1).into()]))
}

/// Polynomial net in deep form: `h_1 = φ(W_1 x)`, `h_n = φ(W_n h_{n-1}/√m) ∘ P(x) + h_{n-1}` with the input pooled to the width
/// by `P`, `f = √(2/m) w·h_N`.
///
/// ## Limit kernel
/// Up to degree 2. From degree 3 on it is refused: `P(x)` stands unit by unit in both terms of the sum, so that they are not
/// independent.
/// ## References
/// Wu et al. 2022 (digit addition).
pub fn deep_pnn(degree: usize) -> Net {
    let pooled = || serial([injection(), adaptive_pool()]);
    let block = || residual(hadamard([serial([hidden(), relu()]), pooled()]));
    let first = (degree > 0).then(branch);
    let layers = first.into_iter().chain((1..degree).map(|_| block()));
    network(&format!("deep PNN, N = {degree}"), serial([serial(layers), readout()]))
}
