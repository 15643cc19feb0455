//! Networks on vectors.

use super::{act, biased, biased_readout, first, pooled_input, trained_scale};
use crate::case::Case;
use hadamard::op::AdaptivePool;
use hadamard::prelude::*;

/// Every activation, after the input and in depth.
pub fn activations() -> Vec<Case> {
    // Activations get their line here.
    let softplus = elementwise("softplus", |u| u.exp().ln_1p(), |u| 1.0 / (1.0 + (-u).exp()));
    let smooth = [identity(), tanh(), erf(), gelu(), sigmoid(), sin(), cos(), softplus];
    let activations = smooth.into_iter().chain([relu(), leaky_relu(0.2), abs()]);
    let case = |activation: Layer| {
        let name = format!("{} in two layers", hadamard::op::Op::label(&activation));
        Case::new(&name, [first(activation.clone()), biased(), activation, dense(1)])
    };
    // In depth the kernels of polynomials scatter too much to be sampled.
    let polynomial = |activation: Layer| {
        let name = format!("{} in one layer", hadamard::op::Op::label(&activation));
        Case::new(&name, [first(activation), dense(1)]).sampled(2048, 60)
    };
    activations
        .map(case)
        .chain([hermite(2), monomial(2), rectified_power(2), rectified_power(3)].map(polynomial))
        .collect()
}

/// What tied layers answer at infinite width.
pub fn tied_layers(error: &Error) -> bool {
    matches!(error, Error::NoClosedForm { op: "tied layers" })
}

/// Every op without positions.
pub fn ops() -> Vec<Case> {
    let plain = |gain: f64, sigma_b: f64| -> Layer { Dense::hidden().plain_gain(gain).bias(sigma_b).into() };
    let scaled = |sigma_w: f64, sigma_b: f64| -> Layer { Dense::hidden().sigma_w(sigma_w).bias(sigma_b).into() };
    vec![
        Case::new("linear", [dense(1)]),
        Case::new("linear with bias, two outputs", [biased_readout(2)]),
        Case::new("negative gains", [plain(-0.8, -0.3), relu(), scaled(-1.3, 0.4), erf(), dense(1)]),
        Case::new("gain without bias", [Dense::hidden().plain_gain(0.7).into(), tanh(), dense(1)]),
        Case::new("scales of zero", [scaled(1.2, 0.0), relu(), scaled(0.0, 0.5), relu(), dense(1)]),
        Case::new("three outputs", [first(relu()), biased(), tanh(), biased_readout(3)]),
        Case::new("bias", [hidden(), bias(0.5), relu(), bias(-0.7), hidden(), relu(), dense(2), bias(0.3)]),
        Case::new(
            "scale",
            [scale(1.3), hidden(), scale(0.7), relu(), scale(-1.1), hidden(), erf(), dense(1), scale(2.0)],
        ),
        Case::new(
            "trained scale",
            [hidden(), relu(), trained_scale(1.2), trained_scale(-0.8), hidden(), tanh(), trained_scale(0.7), dense(2)],
        ),
        Case::new("trained scale of the input", [trained_scale(0.9), hidden(), relu(), dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { op: "trained scale", before: "the raw input" })),
        Case::new("activation of a trained scale", [hidden(), trained_scale(1.2), bias(0.2), relu(), dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { op: "ReLU", before: "a trained scale" })),
        Case::new("bias of the input", [bias(0.6), hidden(), relu(), dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { op: "bias", before: "the raw input" })),
        Case::new("layer norm", [first(relu()), layer_norm(), biased(), layer_norm(), tanh(), dense(1)]),
        Case::new("layer norm with its own ε", [first(relu()), LayerNorm::new(0.4).into(), biased(), relu(), dense(1)]),
        Case::new("layer norm of the input", [layer_norm(), first(erf()), dense(1)]).vector(5),
        Case::new(
            "layer norm of a product",
            [hadamard_skip([act(relu()), act(relu())]), layer_norm(), biased(), erf(), dense(1)],
        ),
        Case::new(
            "layer norm of a sum, of a concatenation",
            [sum([act(relu()), act(relu())]), layer_norm(), concat([act(relu()), act(erf())]), layer_norm(), dense(1)],
        ),
        Case::new(
            "adaptive pool that repeats features",
            [sum([act(relu()), adaptive_pool()]), hidden(), erf(), dense(1)],
        )
        .vector(4)
        .width(8),
        Case::new("adaptive pool to a multiple", [AdaptivePool::to(8).into(), hidden(), relu(), dense(1)]).vector(4),
        Case::new("adaptive pool to fewer features", [AdaptivePool::to(4).into(), hidden(), relu(), dense(1)])
            .vector(7)
            .refused(|e| matches!(e, Error::NoClosedForm { op: "adaptive pool" })),
        Case::new("adaptive pool in depth", [hidden(), relu(), AdaptivePool::to(4).into(), dense(2)])
            .refused(|e| matches!(e, Error::NoClosedForm { op: "adaptive pool" })),
        Case::new("flattened vector", [flatten(), hidden(), flatten(), relu(), dense(1)]),
        Case::new("injection", [hidden(), sum([act(relu()), serial([injection(), hidden()])]), tanh(), dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { op: "tanh", before: "a sum" })),
        Case::new("activation of a product", [hadamard([act(relu()), act(relu())]), relu(), dense(1)])
            .refused(|e| matches!(e, Error::NoLimitRule { op: "ReLU", before: "a Hadamard product" })),
    ]
}

/// Every combinator.
pub fn combinators() -> Vec<Case> {
    let deep = || serial([act(relu()), residual(hadamard([act(relu()), pooled_input()]))]);
    let block = || residual(serial([layer_norm(), biased(), relu(), biased()]));
    vec![
        Case::new("product of identities", [hadamard([first(identity()), first(identity())]), dense(1)]),
        Case::new("product of one", [hadamard([first(relu())]), hadamard_skip([act(relu())]), dense(1)]),
        Case::new("product of three", [hadamard([first(tanh()), first(erf()), first(tanh())]), dense(2)]),
        Case::new("gated", [hadamard([hidden(), serial([hidden(), tanh()])]), biased_readout(1)]),
        Case::new("skips with means", [hadamard_skip([first(relu()), first(erf()), first(relu())]), dense(1)]),
        Case::new(
            "product of deep branches",
            [
                hadamard_skip([serial([biased(), relu(), biased(), tanh()]), act(erf()), act(relu())]),
                hidden(),
                relu(),
                biased_readout(1),
            ],
        ),
        Case::new("product after a layer", [first(tanh()), hidden(), hadamard([identity(), act(tanh())]), dense(1)]),
        Case::new("skips after a layer", [hidden(), hadamard_skip([act(relu()), identity(), act(relu())]), dense(1)]),
        Case::new(
            "product in a product",
            [hadamard([hadamard_skip([act(tanh()), act(relu())]), sum([act(erf()), act(relu())])]), dense(1)],
        ),
        Case::new("sum of products", [sum([hadamard([first(relu()), first(tanh())]), first(erf())]), dense(1)]),
        Case::new("sum with means", [sum([first(relu()), first(relu()), first(tanh())]), dense(1)]),
        Case::new("sum of linear branches", [sum([hidden(), biased()]), relu(), dense(1)]),
        Case::new("residual", [hidden(), residual(serial([relu(), biased()])), tanh(), dense(1)]),
        Case::new("residual with a mean", [first(relu()), residual(act(relu())), residual(act(erf())), dense(1)]),
        Case::new(
            "residual after a product",
            [hadamard_skip([act(relu()), act(relu())]), residual(act(relu())), hidden(), erf(), dense(1)],
        ),
        Case::new("repeated blocks", [hidden(), repeat(2, block()), layer_norm(), dense(1)]),
        Case::new("tied layers", [hidden(), tied(3, serial([tanh(), biased()])), relu(), dense(2)])
            .refused(tied_layers),
        Case::new(
            "recurrence with products",
            [hidden(), tied(2, hadamard_skip([hidden(), serial([injection(), act(erf())])])), dense(1)],
        )
        .refused(tied_layers),
        Case::new(
            "tied layers in tied layers",
            [hidden(), tied(2, serial([trained_scale(0.9), tied(2, act(sigmoid())), bias(0.3)])), dense(1)],
        )
        .refused(tied_layers),
        // Nothing before them asks for the derivative with respect to their input.
        Case::new(
            "tied layers at the input",
            [tied(3, serial([tanh(), Dense::new(3).bias(0.4).into()])), relu(), dense(1)],
        )
        .refused(tied_layers),
        Case::new("tied once", [hidden(), tied(1, act(tanh())), dense(1)]).refused(tied_layers),
        Case::new("concatenation", [concat([first(relu()), first(tanh())]), hidden(), relu(), dense(1)]),
        Case::new(
            "concatenation with unequal shares",
            [
                concat([act(relu()), concat([act(tanh()), scale(0.3)]), concat([act(erf())])]),
                hidden(),
                relu(),
                dense(1),
            ],
        )
        .vector(60)
        .sampled(512, 60),
        Case::new(
            "concatenation with the input",
            [act(relu()), concat([identity(), injection()]), biased(), tanh(), dense(1)],
        )
        .vector(200)
        .sampled(600, 60),
        Case::new(
            "products of concatenations",
            [hadamard([concat([hidden(), act(relu())]), concat([hidden(), hidden()])]), dense(1)],
        )
        .refused(|e| matches!(e, Error::DependentBranches { op: "Hadamard product", first: 0, second: 1 })),
        Case::new("deep form of degree 2", [deep(), dense(1)]).vector(4).width(8),
        Case::new("deep form of degree 3", [deep(), residual(hadamard([act(relu()), pooled_input()])), dense(1)])
            .vector(4)
            .refused(|e| matches!(e, Error::DependentBranches { op: "sum", first: 0, second: 1 })),
        Case::new("product of what depends", [hidden(), hadamard([relu(), identity()]), dense(1)])
            .refused(|e| matches!(e, Error::DependentBranches { op: "Hadamard product", first: 0, second: 1 })),
    ]
}
