//! Rules by which parameters follow their gradients.

mod adadelta;
mod adam;
mod sgd;

pub use adadelta::Adadelta;
pub use adam::Adam;
pub use sgd::Sgd;

use crate::error::{Error, Result};
use crate::net::Network;
use crate::op::Parameter;
use crate::train::Training;
use ndarray::Array2;

/// A rule by which parameters follow their gradients: an [`Sgd`], an [`Adam`] or an [`Adadelta`], each of which is made one by `into`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimiser {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
    /// Adadelta.
    Adadelta(Adadelta),
}

/// What a rule remembers from step to step: as many arrays per parameter as it needs, zeros at first.
#[derive(Clone, Debug)]
pub struct Memory<F> {
    /// Steps taken.
    pub steps: u64,
    /// Per parameter.
    pub arrays: Vec<Vec<Array2<F>>>,
}

/// Parameters with what multiplies the learning rate of each.
pub(super) fn with_rates<F>(parameters: Vec<&mut Parameter<F>>) -> impl Iterator<Item = (&mut Array2<F>, f64)> {
    parameters.into_iter().map(|parameter| (&mut parameter.values, parameter.slot.rate))
}

impl Optimiser {
    /// The learning rate.
    pub fn rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.rate,
            Self::Adam(adam) => adam.rate,
            Self::Adadelta(adadelta) => adadelta.rate,
        }
    }

    /// The same rule at another learning rate.
    pub fn at_rate(mut self, rate: f64) -> Self {
        match &mut self {
            Self::Sgd(sgd) => sgd.rate = rate,
            Self::Adam(adam) => adam.rate = rate,
            Self::Adadelta(adadelta) => adadelta.rate = rate,
        }
        self
    }

    /// True if a step is the rate times the gradient and nothing else.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Sgd(sgd) if sgd.is_plain())
    }

    /// Checks its numbers before a training with it.
    ///
    /// # Errors
    /// [`Error::Range`] for a number that is not legal, and for Adam on a network with learning rates of its own.
    pub fn check<F: Training>(&self, network: &Network<F>) -> Result<()> {
        match self {
            Self::Sgd(sgd) => sgd.check(),
            Self::Adam(adam) => adam.check(network),
            Self::Adadelta(adadelta) => adadelta.check(network),
        }
    }

    /// What it remembers before the first step of these parameters.
    pub fn memory<'a, F: Training>(&self, parameters: impl IntoIterator<Item = &'a Array2<F>>) -> Memory<F> {
        let count = match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) | Self::Adadelta(_) => 2,
        };
        let zeros = |values: &Array2<F>| vec![Array2::zeros(values.raw_dim()); count];
        Memory { steps: 0, arrays: parameters.into_iter().map(zeros).collect() }
    }

    /// One step of all parameters, each with what multiplies its learning rate, along their gradients.
    pub fn step<'a, F: Training>(
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

    pub(super) fn step_one<F: Training>(
        &self,
        t: u64,
        (values, rate): (&mut Array2<F>, f64),
        gradient: &Array2<F>,
        memory: &mut [Array2<F>],
    ) {
        match self {
            Self::Sgd(sgd) => sgd.step(rate, values, gradient, memory),
            Self::Adam(adam) => adam.step(t, rate, values, gradient, memory),
            Self::Adadelta(adadelta) => adadelta.step(rate, values, gradient, memory),
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

/// Refuses relative rates that a parametrisation sets for gradient descent, for rules whose steps do not grow with the gradient.
///
/// # Errors
/// [`Error::Range`].
fn no_rates_of_descent<F: Training>(place: &'static str, network: &Network<F>) -> Result<()> {
    let mut rates = network.parameters().iter().map(|p| p.slot().rate);
    match rates.find(|&rate| rate != 1.0 && !network.net().has_own_rates()) {
        Some(value) => {
            let what = "the relative learning rate of a parameter";
            let legal = "1: those of the parametrisation are for gradient descent; set others with .learning_rates(…)";
            Err(Error::Range { place, what, value, legal })
        }
        None => Ok(()),
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
