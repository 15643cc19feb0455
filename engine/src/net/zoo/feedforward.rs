use super::{branch, counted, readout, relu_layer};
use crate::net::{Net, network};
use crate::op::{Dense, hidden, relu, residual, serial};
use std::f64::consts::SQRT_2;
use std::iter::{once, repeat_n};

/// ReLU network with `depth` hidden layers: `h_1 = φ(W_1 x)`, `h_l = φ(√(2/m) W_l h_{l-1})`, `f = √(2/m) w·h_depth`.
///
/// ## Limit kernel
/// Yes: the arc-cosine recursion `Θ_l = Σ_l + Θ_{l-1} Σ̇_l`.
/// ## References
/// Cho and Saul 2009 (arc-cosine kernels); Jacot, Gabriel and Hongler 2018 (recursion). Gain 1 on the input is that of Wu et al.
/// 2022.
pub fn mlp(depth: usize) -> Net {
    let layers = once(branch()).chain(repeat_n(relu_layer(), depth.saturating_sub(1))).chain(once(readout()));
    network(&format!("MLP, {depth} hidden"), counted(depth, layers))
}

/// Residual network with `depth` blocks: `h_0 = W_0 x/√d`, `h_l = h_{l-1} + √(2/(m depth)) W_l φ(h_{l-1})`,
/// `f = √(2/m) w·φ(h_depth)`.
///
/// The factor `1/√depth` keeps the second moments bounded at any depth.
///
/// ## Limit kernel
/// Yes: every block adds a Gaussian to Gaussian units.
/// ## References
/// He et al. 2016 (residuals); Hayou et al. 2021 (the factor).
pub fn residual_mlp(depth: usize) -> Net {
    let sigma = SQRT_2 / (depth.max(1) as f64).sqrt();
    let block = residual(serial([relu(), Dense::hidden().sigma_w(sigma).into()]));
    let layers = once(hidden()).chain(repeat_n(block, depth)).chain([relu(), readout()]);
    network(&format!("residual MLP, {depth} blocks"), counted(depth, layers))
}
