//! Training in minibatches on the mean squared error: a [`Trainer`] with these settings.

use super::{Objective, Optimiser, Trainer};
use crate::error::Result;
use crate::net::Network;
use crate::random::Seed;
use crate::regression::SquaredError;
use crate::train::Training;
use ndarray::Array2;

/// Training in minibatches on the mean squared error: a [`Trainer`] of so many epochs.
#[derive(Clone, Debug, PartialEq)]
pub struct Minibatch {
    optimiser: Optimiser,
    epochs: usize,
    batch: usize,
    shuffle: Option<Seed>,
    quiet: bool,
}

/// What a training run in minibatches recorded.
#[derive(Clone, PartialEq)]
pub struct LossHistory {
    /// Per epoch the mean of `|f(x_i) - y_i|²` over all samples, each with the parameters before its batch's step, `[epochs]`.
    pub losses: Vec<f64>,
}

impl Minibatch {
    /// So many passes over the samples, in batches of 128, in their order.
    pub fn new(optimiser: impl Into<Optimiser>, epochs: usize) -> Self {
        Self { optimiser: optimiser.into(), epochs, batch: 128, shuffle: None, quiet: false }
    }

    /// See [`Trainer::batch`].
    pub fn batch(self, samples: usize) -> Self {
        Self { batch: samples, ..self }
    }

    /// See [`Trainer::shuffle`].
    pub fn shuffle(self, seed: Seed) -> Self {
        Self { shuffle: Some(seed), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains a network in place, on `x: [n, d]` and targets `y: [n, c]`.
    ///
    /// # Errors
    /// As for [`Trainer::train`].
    pub fn train<F: Training>(
        &self,
        network: &mut Network<F>,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<LossHistory> {
        let objective = Objective::new(x, y, SquaredError)?;
        Ok(LossHistory { losses: F::train(&self.trainer(), network, &objective)?.losses })
    }

    fn trainer(&self) -> Trainer {
        let Self { optimiser, epochs, batch, shuffle, quiet } = self;
        let trainer = Trainer::epochs(*epochs as u64, *optimiser).batch(*batch);
        let trainer = shuffle.iter().copied().fold(trainer, Trainer::shuffle);
        if *quiet { trainer.quiet() } else { trainer }
    }
}
