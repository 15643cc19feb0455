//! The encoders: networks of this crate's ops, from an image to its latent vector.

use super::VisualAnalogies;
use crate::net::{Net, network};
use crate::op::{Conv, Dense, Layer, Parametrisation, flatten, hadamard_skip, relu, serial};
use std::f64::consts::SQRT_2;

/// Convolutions, and dense layers before the latent one.
const CONVOLUTIONS: usize = 4;
const DENSE: usize = 2;
/// Side of a convolution's window, and its stride.
const WINDOW: usize = 4;
const STRIDE: usize = 2;

/// How a layer of an encoder is made of affine maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// `φ(A h)`.
    Standard,
    /// `φ(A h) ∘ (B h) + φ(A h)`.
    Hadamard,
}

impl Block {
    /// Of a map with that `σ_w`.
    fn layer(self, map: impl Fn(f64) -> Layer) -> Layer {
        let standard = serial([map(SQRT_2), relu()]);
        match self {
            Self::Standard => standard,
            Self::Hadamard => hadamard_skip([standard, map(1.0)]),
        }
    }
}

/// The standard encoder, then that with Hadamard products.
pub(super) fn encoders(study: &VisualAnalogies) -> [Net; 2] {
    [("standard encoder", Block::Standard), ("Hadamard encoder", Block::Hadamard)]
        .map(|(name, block)| encoder(study, name, block))
}

/// `W ~ N(0, σ_w²/in)` and `b ~ N(0, 1/(3 in))`.
fn encoder(study: &VisualAnalogies, name: &str, block: Block) -> Net {
    let colours = if study.colour { 3 } else { 1 };
    let dense = |inputs: usize| move |sigma| Dense::new(study.units).sigma_w(sigma).bias(deviation(inputs)).into();
    let mut layers = Vec::new();
    let (mut side, mut channels) = (study.side, colours);
    for _ in 0..CONVOLUTIONS {
        let bias = deviation(WINDOW * WINDOW * channels);
        let map = |sigma| Conv::new(study.channels, WINDOW).stride(STRIDE, STRIDE).sigma_w(sigma).bias(bias).into();
        layers.push(block.layer(map));
        (side, channels) = (side.div_ceil(STRIDE), study.channels);
    }
    layers.push(flatten());
    let mut inputs = side * side * channels;
    for _ in 0..DENSE {
        layers.push(block.layer(dense(inputs)));
        inputs = study.units;
    }
    layers.push(dense(inputs)(1.0));
    network(name, serial(layers)).image(study.side, study.side, colours).parametrisation(Parametrisation::Standard)
}

/// Of a bias: the variance is that of PyTorch's default. A width of zero is refused elsewhere.
pub(super) fn deviation(inputs: usize) -> f64 {
    1.0 / (3.0 * inputs.max(1) as f64).sqrt()
}
