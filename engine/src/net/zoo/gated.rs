use super::{counted, readout};
use crate::net::{Net, network};
use crate::op::{Dense, Layer, hadamard, hadamard_skip, hidden, identity, injection, relu, serial, sigmoid};
use std::f64::consts::SQRT_2;
use std::iter::{once, repeat_n};

/// Gated network with `depth` layers: `h_l = (W_l h_{l-1}/√k) ∘ σ(V_l h_{l-1}/√k)`, `h_0 = x` with `k` features, then of width
/// `k = m`; `f = w·h_depth/√m`, with the logistic sigmoid `σ`.
///
/// ## Limit kernel
/// Yes: `K_l = K_{l-1} E σσ'`, by the product rule and the Hermite series of `σ`.
/// ## References
/// Dauphin et al. 2017 (gated linear units).
pub fn gated(depth: usize) -> Net {
    let layer = hadamard([hidden(), serial([hidden(), sigmoid()])]);
    let layers = repeat_n(layer, depth).chain(once(Dense::new(1).into()));
    network(&format!("gated, {depth} layers"), counted(depth, layers))
}

/// Modulated network with `depth` modulated layers: `h_0 = φ(√(2/d) W_0 x)`,
/// `h_l = φ(√(2/m) W_l ((1 + A_l x/√d) ∘ h_{l-1}))`, `f = √(2/m) w·h_depth`. The style is the input.
///
/// ## Limit kernel
/// Yes: the style `A_l x/√d` has mean zero and `E (1 + A_l x/√d)(1 + A_l x'/√d) = 1 + x·x'/d`, independent of `h_{l-1}`.
/// ## References
/// Karras et al. 2020 (the modulation of StyleGAN2, there with a demodulation).
pub fn modulated(depth: usize) -> Net {
    let first: Layer = Dense::hidden().sigma_w(SQRT_2).into();
    let style = serial([injection(), hidden()]);
    let block = serial([hadamard_skip([identity(), style]), Dense::hidden().sigma_w(SQRT_2).into(), relu()]);
    let layers = [first, relu()].into_iter().chain(repeat_n(block, depth)).chain(once(readout()));
    network(&format!("modulated, {depth} layers"), counted(depth, layers))
}
