//! A case: a network with its input, at a small width for derivatives and at a large one for its limit.

use hadamard::prelude::*;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a network's kernel tends to.
#[derive(Clone, Copy)]
pub enum Limit {
    /// Its limit kernel, which is compared with the mean over `nets` networks of `width`.
    Sampled { width: usize, nets: usize },
    /// Its limit kernel, which `tests/closed_form.rs` compares with a formula: too many networks would be needed.
    ClosedForm,
    /// No closed form; the error is the one that this accepts.
    Refused(fn(&Error) -> bool),
}

/// A network that every test loops over.
#[derive(Clone)]
pub struct Case {
    net: Net,
    /// Height, width and real channels of the input.
    pub input: [usize; 3],
    width: usize,
    pub limit: Limit,
}

impl Case {
    /// Layers on vectors of three features.
    pub fn new(name: &str, layers: impl IntoIterator<Item = Layer>) -> Self {
        Self::of(network(name, serial(layers)))
    }

    /// A network on vectors of three features.
    pub fn of(net: Net) -> Self {
        Self { net, input: [1, 1, 3], width: 6, limit: Limit::Sampled { width: 1024, nets: 40 } }.image(1, 1, 3)
    }

    pub fn image(self, height: usize, width: usize, channels: usize) -> Self {
        let net = self.net.image(height, width, channels);
        Self { net, input: [height, width, channels], ..self }
    }

    /// Complex inputs.
    pub fn complex(self, height: usize, width: usize, channels: usize) -> Self {
        let net = self.net.complex_image(height, width, channels);
        Self { net, input: [height, width, 2 * channels], ..self }
    }

    pub fn vector(self, features: usize) -> Self {
        self.image(1, 1, features)
    }

    /// Sets the small width.
    pub fn width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    pub fn sampled(self, width: usize, nets: usize) -> Self {
        Self { limit: Limit::Sampled { width, nets }, ..self }
    }

    pub fn in_closed_form(self) -> Self {
        Self { limit: Limit::ClosedForm, ..self }
    }

    pub fn refused(self, accepts: fn(&Error) -> bool) -> Self {
        Self { limit: Limit::Refused(accepts), ..self }
    }

    pub fn parametrisation(self, parametrisation: Parametrisation) -> Self {
        let name = format!("{}, {parametrisation:?}", self.net.name());
        Self { net: self.net.named(&name).parametrisation(parametrisation), ..self }
    }

    pub fn name(&self) -> &str {
        self.net.name()
    }

    /// The architecture, its width left open.
    pub fn open(&self) -> &Net {
        &self.net
    }

    /// The architecture at the small width.
    pub fn small(&self) -> Net {
        self.net.clone().width(self.width)
    }

    /// A small network away from its initialisation, where the channels of a trained scale would all be equal.
    pub fn network(&self) -> Network {
        let mut network = self.small().init(Seed(5)).unwrap();
        for (index, parameter) in network.parameters_mut().iter_mut().enumerate() {
            let deviation = parameter.slot().deviation;
            let size = if deviation > 0.0 { 0.3 * deviation } else { 0.3 };
            let moves = noise(parameter.values.dim(), 100 + index as u64);
            parameter.values.scaled_add(size, &moves);
        }
        network
    }

    /// Inputs whose features are about 0.8: series of activations converge at the variances that they give.
    pub fn points(&self, n: usize, seed: u64) -> Matrix {
        noise((n, self.input.iter().product()), seed) * 0.8
    }

    /// The same of three lengths: a rule that takes the variance or mean of a row for that of a column is right where they are equal.
    pub fn uneven_points(&self, n: usize, seed: u64) -> Matrix {
        let mut x = noise((n, self.input.iter().product()), seed);
        x.rows_mut().into_iter().zip([0.8, 0.9, 0.65].into_iter().cycle()).for_each(|(mut row, length)| row *= length);
        x
    }
}

/// Rows uniform on the sphere of radius `√columns`.
pub fn noise((rows, columns): (usize, usize), seed: u64) -> Matrix {
    sphere(rows, columns, Seed(seed)).unwrap() * (columns as f64).sqrt()
}

pub fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

/// The largest difference over the largest value of `expected`; of two zeros 0.
pub fn relative_error(got: &Matrix, expected: &Matrix) -> f64 {
    assert_eq!(got.dim(), expected.dim());
    let error = largest(&(got - expected));
    if error == 0.0 { 0.0 } else { error / largest(expected) }
}

/// Parameters, or what has their shapes, one after the other.
pub fn flat<'a>(arrays: impl IntoIterator<Item = &'a Matrix>) -> Vector {
    arrays.into_iter().flatten().copied().collect()
}

/// Calls `check` with every case, in parallel; prints how many there were and names all that failed.
pub fn for_each(what: &str, cases: &[Case], check: impl Fn(&Case) + Send + Sync) {
    let fails = |case: &&Case| catch_unwind(AssertUnwindSafe(|| check(case))).is_err();
    let failed: Vec<&str> = cases.par_iter().filter(fails).map(Case::name).collect();
    println!("{what}: {} cases", cases.len());
    assert!(failed.is_empty(), "{what}: {} of {} cases: {failed:?}", failed.len(), cases.len());
}
