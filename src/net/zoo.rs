//! The named architectures, in the normalisation of the anchor paper: weights `N(0, 1)`, gain 1 on the input, output scale
//! `√(2/m)`, no biases.

use super::{Net, network};
use crate::op::{Dense, Layer, hadamard, hadamard_skip, relu, serial};
use std::f64::consts::SQRT_2;

/// `φ(W x)` with plain gain 1.
fn branch() -> Layer {
    serial([Dense::hidden().plain_gain(1.0).into(), relu()])
}

fn readout() -> Layer {
    Dense::new(1).sigma_w(SQRT_2).into()
}

/// ReLU network with `depth` hidden layers: `h_1 = φ(W_1 x)`, `h_l = φ(√(2/m) W_l h_{l-1})`, `f = √(2/m) w·h_depth`.
pub fn mlp(depth: usize) -> Net {
    let mut layers = vec![branch()];
    for _ in 1..depth {
        layers.push(Dense::hidden().sigma_w(SQRT_2).into());
        layers.push(relu());
    }
    layers.push(readout());
    // Depth 0 has no hidden layer; an empty serial makes every use of it an error.
    let layer = if depth == 0 { serial([]) } else { serial(layers) };
    network(&format!("MLP, {depth} hidden"), layer)
}

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
