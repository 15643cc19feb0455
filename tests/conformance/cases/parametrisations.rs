//! The standard and the maximal-update parametrisation; all other cases are in the NTK parametrisation.

use super::{act, biased, biased_readout, trained_scale};
use crate::case::Case;
use hadamard::prelude::*;

pub fn parametrisations() -> Vec<Case> {
    let negative: Layer = Dense::hidden().sigma_w(-1.2).bias(-0.3).into();
    let stride: Layer = Conv::hidden(2).stride(2, 1).sigma_w(1.2).bias(0.3).into();
    let networks = [
        Case::new("deep", [negative, relu(), biased(), erf(), biased_readout(2)]),
        Case::new("plain gain", [Dense::hidden().plain_gain(0.7).bias(0.3).into(), tanh(), dense(1)]),
        Case::new("scale of zero", [hidden(), bias(0.0), relu(), Dense::hidden().bias(0.0).into(), relu(), dense(1)]),
        Case::new(
            "skips",
            [hadamard_skip([act(relu()), act(erf()), act(relu())]), biased(), relu(), biased_readout(1)],
        ),
        Case::new(
            "bias, scale and norm",
            [
                hidden(),
                bias(-0.5),
                relu(),
                trained_scale(0.8),
                layer_norm(),
                trained_scale(1.1),
                bias(0.3),
                hidden(),
                relu(),
                dense(1),
            ],
        ),
        Case::new(
            "concatenation",
            [
                concat([act(relu()), concat([act(tanh()), act(erf())])]),
                biased(),
                relu(),
                sum([identity(), act(relu())]),
                dense(1),
            ],
        )
        .sampled(600, 40),
        Case::new("pooled input", [sum([act(relu()), adaptive_pool()]), biased(), erf(), dense(1)]).vector(4).width(8),
        Case::new(
            "convolution, averaged",
            [stride, relu(), Conv::hidden(2).into(), erf(), global_average_pool(), biased_readout(1)],
        )
        .image(3, 4, 2)
        .width(4)
        .sampled(384, 40),
        Case::new(
            "convolution, flattened",
            [Conv::hidden(2).bias(0.3).into(), relu(), average_pool(2), flatten(), dense(2)],
        )
        .image(4, 4, 2)
        .width(4)
        .sampled(384, 40),
    ];
    let all = [Parametrisation::Standard, Parametrisation::MuP];
    networks.iter().flat_map(|case| all.map(|p| case.clone().parametrisation(p))).collect()
}
