//! Every named network.

use crate::case::Case;
use hadamard::prelude::*;

/// A case or more of every named network, by the name of its function.
pub fn zoo() -> Vec<(&'static str, Case)> {
    vec![
        ("mlp", Case::of(mlp(1))),
        ("mlp", Case::of(mlp(3)).sampled(512, 80)),
        ("pnn", Case::of(pnn(1))),
        ("pnn", Case::of(pnn(2)).sampled(1024, 80)),
        ("pnn", Case::of(pnn(4)).in_closed_form()),
        ("ccp", Case::of(ccp(1))),
        ("ccp", Case::of(ccp(2)).sampled(1024, 80)),
        ("ccp", Case::of(ccp(4)).in_closed_form()),
        ("pnn_with_skip", Case::of(pnn_with_skip(2, 0.5)).sampled(1024, 80)),
        ("pnn_with_skip", Case::of(pnn_with_skip(4, 2.0)).in_closed_form()),
        ("residual_mlp", Case::of(residual_mlp(2)).sampled(512, 80)),
        ("ncp", Case::of(ncp(2)).sampled(1024, 80)),
        ("deep_pnn", Case::of(deep_pnn(2)).sampled(1026, 80)),
        ("deep_pnn", Case::of(deep_pnn(3)).refused(|e| matches!(e, Error::DependentBranches { op: "sum", .. }))),
        ("gated", Case::of(gated(2)).sampled(512, 80)),
        ("modulated", Case::of(modulated(1)).sampled(1024, 80)),
        ("cnn", Case::of(cnn(2)).image(3, 4, 2).sampled(256, 60)),
        ("squeeze_excitation", Case::of(squeeze_excitation(1)).image(3, 3, 2).sampled(512, 60)),
        ("poly_nonlocal", Case::of(poly_nonlocal(1)).image(3, 3, 2).sampled(512, 60)),
        // Named networks get their lines here.
    ]
}
