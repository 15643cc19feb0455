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
pub struct Memory<F> {
    /// Steps taken.
    pub steps: u64,
    /// Per parameter.
    pub arrays: Vec<Vec<Array2<F>>>,
}

/// The parameters of a network with what multiplies the learning rate of each.
pub fn own_rates<F: Scalar>(network: &mut Network<F>) -> impl Iterator<Item = (&mut Array2<F>, f64)> {
    network.parameters_mut().iter_mut().map(|parameter| (&mut parameter.values, parameter.slot.rate))
}

impl Optimiser {
    /// The learning rate.
    pub fn rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.rate,
            Self::Adam(adam) => adam.rate,
        }
    }

    /// Checks its numbers before a training with it.
    ///
    /// # Errors
    /// [`Error::Range`] for a number that is not legal, and for Adam on a network with learning rates of its own.
    pub fn check<F: Scalar>(&self, network: &Network<F>) -> Result<()> {
        match self {
            Self::Sgd(sgd) => sgd.check(),
            Self::Adam(adam) => adam.check(network),
        }
    }

    /// What it remembers before the first step of these parameters.
    pub fn memory<'a, F: Scalar>(&self, parameters: impl IntoIterator<Item = &'a Array2<F>>) -> Memory<F> {
        let count = match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) => 2,
        };
        let zeros = |values: &Array2<F>| vec![Array2::zeros(values.raw_dim()); count];
        Memory { steps: 0, arrays: parameters.into_iter().map(zeros).collect() }
    }

    /// One step of all parameters, each with what multiplies its learning rate, along their gradients.
    pub fn step<'a, F: Scalar>(
        &self,
        parameters: impl IntoIterator<Item = (&'a mut Array2<F>, f64)>,
        gradients: &[Array2<F>],
        memory: &mut Memory<F>,
    ) {
        memory.steps += 1;
        for ((parameter, gradient), arrays) in parameters.into_iter().zip(gradients).zip(&mut memory.arrays) {
            F::step(self, memory.steps, parameter, gradient, arrays);
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
