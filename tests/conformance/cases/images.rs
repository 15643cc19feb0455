//! Networks on images.

use super::{act, biased, biased_readout, first, pooled_input, trained_scale};
use crate::case::Case;
use hadamard::prelude::*;

/// Layers on images of 3 × 4 with two channels.
fn image(name: &str, layers: impl IntoIterator<Item = Layer>) -> Case {
    Case::new(name, layers).image(3, 4, 2).width(4).sampled(384, 40)
}

fn wide_conv(size: usize) -> Layer {
    Conv::hidden(size).into()
}

fn biased_conv(height: usize, width: usize) -> Conv {
    Conv::hidden(1).window(height, width).sigma_w(1.3).bias(0.4)
}

/// One gate per channel from the mean over positions.
fn gate() -> Layer {
    serial([global_average_pool(), hidden(), tanh()])
}

/// Every op on positions.
pub fn ops() -> Vec<Case> {
    let strided = |height, width, down, right| biased_conv(height, width).stride(down, right);
    let pool = |size, down, right| -> Layer { AveragePool::new(size).stride(down, right).into() };
    vec![
        image("convolution, flattened", [wide_conv(3), relu(), flatten(), dense(1)]),
        image("convolution, averaged", [wide_conv(3), relu(), global_average_pool(), biased_readout(3)]),
        image(
            "two convolutions, averaged",
            [wide_conv(2), relu(), biased_conv(1, 3).into(), erf(), global_average_pool(), biased_readout(1)],
        ),
        image(
            "two convolutions, flattened",
            [biased_conv(2, 3).into(), erf(), wide_conv(2), relu(), flatten(), dense(2)],
        ),
        image("whole windows with strides", [strided(2, 3, 2, 1).valid().into(), relu(), flatten(), biased_readout(1)])
            .image(5, 4, 2),
        image(
            "padded windows with strides",
            [strided(3, 2, 2, 3).into(), erf(), strided(2, 1, 1, 2).into(), global_average_pool(), dense(1)],
        )
        .image(6, 5, 1),
        image("strides beyond the window", [strided(1, 2, 3, 3).into(), relu(), flatten(), dense(1)]).image(4, 6, 1),
        image(
            "padding on both sides with strides",
            [
                strided(3, 3, 2, 2).padding(1, 1).into(),
                erf(),
                strided(2, 3, 1, 2).padding(0, 2).into(),
                flatten(),
                dense(1),
            ],
        )
        .image(4, 4, 1),
        image(
            "padding on one side",
            [biased_conv(2, 3).padding_sides([1, 0], [0, 2]).into(), relu(), global_average_pool(), biased_readout(1)],
        ),
        image("windows on the padding", [biased_conv(1, 2).padding(2, 3).into(), erf(), flatten(), dense(1)])
            .image(2, 1, 2),
        image(
            "average pool with padding",
            [wide_conv(2), relu(), AveragePool::new(3).stride(2, 2).padding(1, 1).into(), flatten(), dense(1)],
        ),
        image(
            "max pool with padding",
            [wide_conv(2), MaxPool::new(3).stride(2, 2).padding(1, 1).into(), flatten(), dense(1)],
        )
        .refused(|e| matches!(e, Error::NoClosedForm { op: "max pool" })),
        image("a window larger than the image", [biased_conv(5, 4).into(), relu(), global_average_pool(), dense(1)])
            .image(2, 3, 2),
        image("one pixel", [wide_conv(3), relu(), dense(1)]).image(1, 1, 3),
        image(
            "average pool",
            [biased_conv(2, 2).into(), relu(), pool(2, 1, 2), wide_conv(2), erf(), flatten(), dense(1)],
        ),
        image("average pool of the input", [average_pool(2), wide_conv(2), relu(), global_average_pool(), dense(1)])
            .image(4, 5, 2),
        image("average pool that leaves a rim", [wide_conv(2), relu(), pool(2, 2, 3), flatten(), dense(1)])
            .image(5, 6, 1),
        image(
            "means of average pools",
            [
                sum([serial([wide_conv(2), relu(), average_pool(2)]), serial([wide_conv(2), relu(), average_pool(2)])]),
                global_average_pool(),
                dense(1),
            ],
        ),
        image("max pool", [wide_conv(2), max_pool(2), erf(), MaxPool::new(1).stride(1, 1).into(), flatten(), dense(2)])
            .refused(|e| matches!(e, Error::NoClosedForm { op: "max pool" })),
        image(
            "max pool that overlaps",
            [wide_conv(2), MaxPool::new(2).stride(1, 2).into(), erf(), flatten(), dense(1)],
        )
        .refused(|e| matches!(e, Error::NoClosedForm { op: "max pool" })),
        image("attention", [attention(3, 5), erf(), Attention::new(2, 3).sigma_w(1.4).into(), flatten(), dense(2)])
            .refused(|e| matches!(e, Error::NoClosedForm { op: "attention" })),
        image("dense at every position", [first(relu()), biased(), erf(), global_average_pool(), biased_readout(1)]),
        image(
            "bias and scale at every position",
            [
                wide_conv(2),
                bias(0.6),
                relu(),
                trained_scale(1.2),
                scale(-0.7),
                bias(0.4),
                global_average_pool(),
                dense(2),
            ],
        ),
        image("bias and scale, flattened", [wide_conv(2), bias(0.6), relu(), trained_scale(0.8), flatten(), dense(1)]),
        image(
            "layer norm at every position",
            [
                biased_conv(2, 2).into(),
                relu(),
                layer_norm(),
                biased(),
                LayerNorm::new(0.2).into(),
                erf(),
                global_average_pool(),
                dense(1),
            ],
        ),
        image("layer norm of a flattened image", [wide_conv(2), relu(), flatten(), layer_norm(), dense(1)]),
        image("flattened input", [flatten(), hidden(), relu(), dense(1)]),
        image(
            "adaptive pool of an image",
            [hadamard([serial([flatten(), hidden(), relu()]), adaptive_pool()]), hidden(), erf(), dense(1)],
        )
        .image(2, 2, 1),
        image("ends in a convolution", [wide_conv(2), relu(), biased_conv(2, 1).into(), relu(), conv(2, 3)])
            .refused(|e| matches!(e, Error::Size { place: "limit kernel", expected: 1, got: 12, .. })),
        image("ends in positions", [wide_conv(2), erf(), dense(2), bias(0.4)])
            .image(1, 3, 2)
            .refused(|e| matches!(e, Error::Size { place: "limit kernel", expected: 1, got: 3, .. })),
        // Few positions and many channels: the tangent kernel is formed from pairs of positions, not from gradients.
        image("pairs of positions", [biased(), relu(), biased(), erf(), flatten(), dense(3)]).image(1, 3, 2).width(20),
        image("pairs of positions of a convolution", [wide_conv(2), biased_conv(1, 3).into(), relu(), conv(1, 1)])
            .image(1, 3, 2)
            .width(14)
            .refused(|e| matches!(e, Error::Size { place: "limit kernel", got: 3, .. })),
    ]
}

/// Combinators on positions; gates of one position stand first, last and between.
pub fn combinators() -> Vec<Case> {
    let heads = || concat([attention(2, 3), attention(2, 3)]);
    vec![
        image("gate after", [wide_conv(2), relu(), hadamard([identity(), gate()]), global_average_pool(), dense(1)]),
        image("gate before, with a skip", [wide_conv(2), hadamard_skip([gate(), identity()]), flatten(), dense(2)]),
        image(
            "gates around",
            [
                wide_conv(2),
                hadamard_skip([gate(), serial([wide_conv(2), relu()]), gate()]),
                global_average_pool(),
                dense(1),
            ],
        ),
        image(
            "gates added",
            [wide_conv(2), relu(), sum([gate(), identity(), gate()]), global_average_pool(), dense(1)],
        ),
        image(
            "sum with means of averages",
            [
                sum([serial([wide_conv(2), relu(), global_average_pool()]), serial([wide_conv(2), relu()])]),
                flatten(),
                dense(1),
            ],
        ),
        image("sum of one position and many", [sum([gate(), act(relu()), gate()]), flatten(), dense(1)]),
        image(
            "residual of convolutions",
            [
                wide_conv(2),
                residual(serial([relu(), biased_conv(2, 1).into()])),
                relu(),
                global_average_pool(),
                dense(1),
            ],
        ),
        image(
            "product of convolutions",
            [
                hadamard_skip([
                    serial([wide_conv(2), relu()]),
                    serial([biased_conv(3, 2).into(), erf()]),
                    serial([wide_conv(1), relu()]),
                ]),
                flatten(),
                dense(1),
            ],
        ),
        image(
            "product of convolutions, averaged",
            [
                hadamard([serial([wide_conv(2), relu()]), serial([biased_conv(3, 2).into(), relu()])]),
                average_pool(2),
                wide_conv(2),
                relu(),
                global_average_pool(),
                dense(1),
            ],
        ),
        image(
            "concatenation of images",
            [
                concat([serial([wide_conv(3), relu()]), serial([wide_conv(2), erf()])]),
                biased_conv(2, 2).into(),
                relu(),
                global_average_pool(),
                biased_readout(2),
            ],
        ),
        image(
            "concatenation of an image and its average",
            [
                concat([
                    serial([wide_conv(2), relu(), flatten()]),
                    serial([wide_conv(2), global_average_pool(), scale(2.0)]),
                ]),
                hidden(),
                relu(),
                dense(1),
            ],
        )
        .image(2, 2, 2),
        image(
            "injected image",
            [
                wide_conv(2),
                relu(),
                sum([wide_conv(2), serial([injection(), biased_conv(2, 2).into()])]),
                flatten(),
                dense(1),
            ],
        ),
        image(
            "tied convolutions",
            [wide_conv(2), tied(2, serial([relu(), biased_conv(4, 2).into()])), flatten(), dense(2)],
        )
        .refused(super::vectors::tied_layers),
        image(
            "tied dense layers at every position",
            [hidden(), tied(3, residual(serial([tanh(), biased()]))), global_average_pool(), dense(1)],
        )
        .refused(super::vectors::tied_layers),
        image(
            "pooled input as a gate",
            [wide_conv(2), relu(), hadamard_skip([identity(), pooled_input()]), global_average_pool(), dense(1)],
        )
        .image(2, 2, 1),
        image(
            "attention block",
            [
                hidden(),
                residual(serial([layer_norm(), heads()])),
                residual(serial([layer_norm(), biased(), erf(), hidden()])),
                global_average_pool(),
                dense(1),
            ],
        )
        .width(6)
        .refused(|e| matches!(e, Error::NoClosedForm { op: "attention" })),
    ]
}
