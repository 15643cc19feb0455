//! Training: models, objectives, optimisers, schedules, observers, against plain loops, closed forms, differences and bits.

mod bits;
mod ensembles;
mod metrics;
mod models;
mod objectives;
mod observers;
mod optimisers;
mod own_model;
mod parametrisation;
mod plain;
mod refused;
mod sharpness;
mod theory;
mod velocity;

use hadamard::prelude::*;

/// Networks of several kinds for inputs of `d` features, with `c` outputs.
fn nets(d: usize, c: usize) -> Vec<Net> {
    let readout = || Layer::from(Dense::new(c).bias(0.1));
    vec![
        network("linear", dense(c)).input(d),
        network("smooth", serial((Dense::hidden().bias(0.2), tanh(), readout()))).input(d).width(6),
        network("gate", serial((hadamard([hidden(), serial([hidden(), sigmoid()])]), readout()))).input(d).width(5),
        network("residual", serial((hidden(), residual(serial([tanh(), hidden()])), gelu(), readout())))
            .input(d)
            .width(4),
        network("standard", serial((Dense::hidden().bias(0.2), erf(), readout())))
            .input(d)
            .width(6)
            .parametrisation(Parametrisation::Standard),
        network("maximal update", serial((hidden(), tanh(), readout())))
            .input(d)
            .width(6)
            .parametrisation(Parametrisation::MuP),
    ]
}

/// Standard normal numbers that depend on nothing but a seed.
fn normals(dim: (usize, usize), seed: u64) -> Matrix {
    let mut normal = Seed(seed).normals(0);
    Array2::from_shape_simple_fn(dim, &mut normal)
}

fn largest(values: &Matrix) -> f64 {
    values.iter().fold(0.0, |most: f64, v| if v.is_nan() { f64::NAN } else { most.max(v.abs()) })
}

/// The largest difference between parameters.
fn distance(one: &Network, other: &Network) -> f64 {
    let pairs = one.parameters().iter().zip(other.parameters());
    pairs
        .map(|(a, b)| largest(&(&a.values - &b.values)))
        .fold(0.0, |most: f64, d| if d.is_nan() { d } else { most.max(d) })
}

/// One-hot targets.
fn classes(n: usize, c: usize) -> Matrix {
    Array2::from_shape_fn((n, c), |(i, j)| f64::from(u8::from((i * i + i / 2) % c == j)))
}

/// Labels ±1.
fn signs(dim: (usize, usize)) -> Matrix {
    Array2::from_shape_fn(dim, |(i, j)| if (3 * i + j) % 4 < 2 { 1.0 } else { -1.0 })
}
