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
        // Named networks get their lines here.
    ]
}
