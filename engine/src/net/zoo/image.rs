use super::{counted, readout, relu_layer};
use crate::net::{Net, network};
use crate::op::{Conv, Layer, global_average_pool, hadamard, hidden, identity, relu, residual, serial, sigmoid};
use std::f64::consts::SQRT_2;
use std::iter::repeat_n;

/// `φ(conv h)`: 3 × 3, padded, of the network's width.
fn relu_conv() -> Layer {
    serial([Conv::hidden(3).sigma_w(SQRT_2).into(), relu()])
}

/// Convolutional network with `depth` convolutions of 3 × 3 with zero padding and global average pooling:
/// `h_l[p] = φ(√(2/(9k)) Σ_o W_{l,o} h_{l-1}[p + o])` of `k` channels, `h_0 = x`, `f = √(2/m) w·mean_p h_depth[p]`.
///
/// ## Limit kernel
/// Yes: it compares all pairs of positions, `(h w)²` numbers per pair of images.
/// ## References
/// Novak et al. 2019; Garriga-Alonso, Rasmussen and Aitchison 2019; Arora et al. 2019 (its tangent kernel).
pub fn cnn(depth: usize) -> Net {
    let layers = repeat_n(relu_conv(), depth).chain([global_average_pool(), readout()]);
    network(&format!("CNN, {depth} convolutions"), counted(depth, layers))
}

/// Convolutional network with squeeze and excitation after each of its `depth` convolutions:
/// `h ← h ∘ σ(V φ(√(2/m) W mean_p h)/√m)`, one gate per channel with the logistic sigmoid `σ`; then as [`cnn`]. The gate's hidden
/// layer is as wide as the network.
///
/// ## Limit kernel
/// Yes: the gate reads `h` through fresh weights, so that at infinite width it is independent of it.
/// ## References
/// Hu, Shen and Sun 2018.
pub fn squeeze_excitation(depth: usize) -> Net {
    let gate = serial([global_average_pool(), relu_layer(), hidden(), sigmoid()]);
    let block = serial([relu_conv(), hadamard([identity(), gate])]);
    let layers = repeat_n(block, depth).chain([global_average_pool(), readout()]);
    network(&format!("squeeze and excitation, {depth} convolutions"), counted(depth, layers))
}

/// Network with `depth` polynomial non-local blocks: a 3 × 3 convolution, then
/// `h ← h + W_3 (h ∘ mean_p (W_1 h ∘ W_2 h))` with weights that act on the channels of every position, each with `1/√m`; then
/// global average pooling and a dense readout. Attention of second order at a cost linear in the positions.
///
/// ## Limit kernel
/// Yes: `mean_p (W_1 h ∘ W_2 h)` reads `h` through fresh weights, and `W_3` makes the block Gaussian.
/// ## References
/// Babiloni et al. 2021 (Poly-NL).
pub fn poly_nonlocal(depth: usize) -> Net {
    let context = serial([hadamard([hidden(), hidden()]), global_average_pool()]);
    let block = residual(serial([hadamard([identity(), context]), hidden()]));
    let first = serial([Conv::hidden(3).sigma_w(SQRT_2).into()]);
    let layers = std::iter::once(first).chain(repeat_n(block, depth)).chain([global_average_pool(), readout()]);
    network(&format!("polynomial non-local, {depth} blocks"), counted(depth, layers))
}
