//! Rules by which parameters follow their gradients.

mod adam;
mod sgd;

pub use adam::Adam;
pub use sgd::Sgd;

use crate::error::{Error, Result};
use crate::linalg::Scalar;
use crate::net::Network;
use ndarray::Array2;

/// A rule by which parameters follow their gradients: an [`Sgd`] or an [`Adam`], either of which is made one by `into`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
}

/// What a rule remembers from step to step: as many arrays per parameter as it needs, zeros at first.
#[derive(Clone, Debug)]
pub(super) struct Memory<F> {
    steps: u64,
    arrays: Vec<Vec<Array2<F>>>,
}

impl Optimiser {
    /// The learning rate.
    pub fn rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.rate,
            Self::Adam(adam) => adam.rate,
        }
    }

    /// # Errors
    /// [`Error::Range`] for a number that is not legal, and for Adam on a network with learning rates of its own.
    pub(super) fn check<F: Scalar>(&self, network: &Network<F>) -> Result<()> {
        match self {
            Self::Sgd(sgd) => sgd.check(),
            Self::Adam(adam) => adam.check(network),
        }
    }

    pub(super) fn memory<F: Scalar>(&self, network: &Network<F>) -> Memory<F> {
        let count = match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) => 2,
        };
        let zeros = |p: &crate::op::Parameter<F>| vec![Array2::zeros(p.values.raw_dim()); count];
        Memory { steps: 0, arrays: network.parameters().iter().map(zeros).collect() }
    }

    /// One step of all parameters along their gradients.
    pub(super) fn step<F: Scalar>(&self, network: &mut Network<F>, gradients: &[Array2<F>], memory: &mut Memory<F>) {
        memory.steps += 1;
        let parameters = network.parameters_mut().iter_mut().zip(gradients).zip(&mut memory.arrays);
        for ((parameter, gradient), arrays) in parameters {
            match self {
                Self::Sgd(sgd) => sgd.step(parameter.slot().rate, &mut parameter.values, gradient, arrays),
                Self::Adam(adam) => adam.step(memory.steps, &mut parameter.values, gradient, arrays),
            }
        }
    }
}

/// # Errors
/// [`Error::Range`] unless the value is finite and at least `least`, or above it.
fn at_least(place: &'static str, what: &'static str, value: f64, above: bool) -> Result<()> {
    let legal = if above { "positive and finite" } else { "at least 0 and finite" };
    match value.is_finite() && (value > 0.0 || !above && value == 0.0) {
        true => Ok(()),
        false => Err(Error::Range { place, what, value, legal }),
    }
}

/// # Errors
/// [`Error::Range`] unless the value is from 0 to 1, without 1.
fn share(place: &'static str, what: &'static str, value: f64) -> Result<()> {
    match (0.0..1.0).contains(&value) {
        true => Ok(()),
        false => Err(Error::Range { place, what, value, legal: "at least 0 and below 1" }),
    }
}
