//! The networks that between them hold every op in every use, every named network and every parametrisation.

mod complex;
mod images;
mod parametrisations;
mod vectors;
mod zoo;

pub use zoo::zoo;

use crate::case::Case;
use hadamard::prelude::*;

/// What the list holds today: a case may be added, none may go.
const COUNT: usize = 117;

pub fn cases() -> Vec<Case> {
    let named = zoo().into_iter().map(|(_, case)| case);
    let lists = [vectors::activations(), vectors::ops(), vectors::combinators(), images::ops(), images::combinators()];
    let complex = [complex::activations(), complex::ops()];
    let cases: Vec<Case> =
        lists.into_iter().chain(complex).flatten().chain(parametrisations::parametrisations()).chain(named).collect();
    assert!(cases.len() >= COUNT, "{} cases", cases.len());
    for (index, case) in cases.iter().enumerate() {
        assert!(cases[..index].iter().all(|c| c.name() != case.name()), "two cases are called {}", case.name());
    }
    cases
}

/// `φ(W h/√k)`.
fn act(activation: Layer) -> Layer {
    serial([hidden(), activation])
}

/// `φ(0.8 W x + 0.3 b)`, for the network's input only.
fn first(activation: Layer) -> Layer {
    serial([Dense::hidden().plain_gain(0.8).bias(0.3).into(), activation])
}

fn biased() -> Layer {
    Dense::hidden().sigma_w(1.3).bias(0.4).into()
}

fn biased_readout(outputs: usize) -> Layer {
    Dense::new(outputs).sigma_w(1.1).bias(0.2).into()
}

/// The input, pooled to the width.
fn pooled_input() -> Layer {
    serial([injection(), adaptive_pool()])
}
