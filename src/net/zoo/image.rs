use super::{counted, readout, relu_layer};
use crate::net::{Net, network};
use crate::op::{Conv, Layer, global_average_pool, hadamard, hidden, identity, relu, residual, serial, sigmoid};
use std::f64::consts::SQRT_2;
use std::iter::repeat_n;

/// `φ(conv h)`: 3 × 3, padded, of the network's width.
fn relu_conv() -> Layer {
    serial([Conv::hidden(3).sigma_w(SQRT_2).into(), relu()])
}

/// Convolutional network: `depth` ReLU convolutions of 3 × 3 with padding, global average pooling, a dense readout.
pub fn cnn(depth: usize) -> Net {
    let layers = repeat_n(relu_conv(), depth).chain([global_average_pool(), readout()]);
    network(&format!("CNN, {depth} convolutions"), counted(depth, layers))
}

/// Convolutional network with squeeze and excitation (Hu et al. 2018) after each of its `depth` convolutions:
/// `h ← h ∘ σ(V φ(W mean_p h))`, one gate per channel; then as [`cnn`]. The gate's hidden layer is as wide as the network.
pub fn squeeze_excitation(depth: usize) -> Net {
    let gate = serial([global_average_pool(), relu_layer(), hidden(), sigmoid()]);
    let block = serial([relu_conv(), hadamard([identity(), gate])]);
    let layers = repeat_n(block, depth).chain([global_average_pool(), readout()]);
    network(&format!("squeeze and excitation, {depth} convolutions"), counted(depth, layers))
}

/// Network with `depth` polynomial non-local blocks (Poly-NL, Babiloni et al. 2021): a 3 × 3 convolution, then
/// `h ← h + W_3 (h ∘ mean_p (W_1 h ∘ W_2 h))` with weights that act on the channels of every position; then global average
/// pooling and a dense readout. Attention of second order at a cost linear in the positions.
pub fn poly_nonlocal(depth: usize) -> Net {
    let context = serial([hadamard([hidden(), hidden()]), global_average_pool()]);
    let block = residual(serial([hadamard([identity(), context]), hidden()]));
    let first = serial([Conv::hidden(3).sigma_w(SQRT_2).into()]);
    let layers = std::iter::once(first).chain(repeat_n(block, depth)).chain([global_average_pool(), readout()]);
    network(&format!("polynomial non-local, {depth} blocks"), counted(depth, layers))
}
