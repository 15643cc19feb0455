//! The named architectures. Weights are `N(0, 1)`; ReLU layers carry `σ_w = √2`, so that second moments keep their size.
//!
//! Those of the anchor paper ([`mlp`], [`pnn`], [`ccp`]) are in its normalisation: gain 1 on the input, no biases.

mod feedforward;
mod gated;
mod image;
mod polynomial;

pub use feedforward::{mlp, residual_mlp};
pub use gated::{gated, modulated};
pub use image::{cnn, poly_nonlocal, squeeze_excitation};
pub use polynomial::{ccp, deep_pnn, ncp, pnn, pnn_with_skip};

use crate::op::{Dense, Layer, relu, serial};
use std::f64::consts::SQRT_2;

/// `φ(W x)` with plain gain 1.
fn branch() -> Layer {
    serial([input_layer(), relu()])
}

/// `W x` with plain gain 1.
fn input_layer() -> Layer {
    Dense::hidden().plain_gain(1.0).into()
}

/// `φ(√(2/m) W h)`.
fn relu_layer() -> Layer {
    serial([Dense::hidden().sigma_w(SQRT_2).into(), relu()])
}

/// `√(2/m) w·h`.
fn readout() -> Layer {
    Dense::new(1).sigma_w(SQRT_2).into()
}

/// `layers` one after the other; none if there is nothing to count, which makes every use of the network an error.
fn counted(count: usize, layers: impl IntoIterator<Item = Layer>) -> Layer {
    if count == 0 { serial([]) } else { serial(layers) }
}
