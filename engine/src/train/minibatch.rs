//! Training in minibatches on the mean squared error `L = (1/b) Σ_i |f(x_i) - y_i|²` of the `b` samples of a batch.

use super::optimiser::{Optimiser, own_rates};
use crate::error::{Error, Result, check_finite};
use crate::net::Network;
use crate::progress::Progress;
use crate::random::Seed;
use crate::regression::MeanSquaredError;
use crate::train::Training;
use ndarray::{Array2, Axis};

/// Settings of a training run in minibatches.
///
/// ```
/// use hadamard::prelude::*;
/// let x = sphere(200, 5, Seed(0))?;
/// let y = x.dot(&array![[1.0, 0.0], [0.5, -1.0], [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]]);    // two outputs
/// let mut network = network("linear", dense(2)).input(5).init(Seed(1))?;
/// let sgd = Sgd::new(0.05).momentum(0.9).nesterov();
/// let history = Minibatch::new(sgd, 60).batch(20).shuffle(Seed(2)).train(&mut network, &x, &y)?;
/// assert!(history.losses[59] < 1e-8);
/// # Ok::<(), Error>(())
/// ```
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

    /// Sets the number of samples in a batch; the last one of an epoch takes what is left.
    pub fn batch(self, samples: usize) -> Self {
        Self { batch: samples, ..self }
    }

    /// Takes the samples in a random order, another one in each epoch.
    pub fn shuffle(self, seed: Seed) -> Self {
        Self { shuffle: Some(seed), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains a network in place, on `x: [n, d]` and targets `y: [n, c]`, with [progress lines](crate::progress). The same settings, data and parameters give the same bits
    /// on any number of threads. On an error the network is left as the last good step made it.
    ///
    /// # Errors
    /// Bad input; targets of another shape than the outputs or not finite; [`Error::Range`] for a batch of 0 samples and for
    /// numbers of the optimiser that are not legal; [`Error::TrainingDiverged`] as soon as the loss of a batch is not finite, or a
    /// thousand times larger than that of the first batch and the mean of `|y_i|²`.
    pub fn train<F: Training>(
        &self,
        network: &mut Network<F>,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<LossHistory> {
        F::minibatch(self, network, x, y)
    }

    pub(super) fn run<F: Training>(
        &self,
        network: &mut Network<F>,
        x: &Array2<f64>,
        y: &Array2<f64>,
    ) -> Result<LossHistory> {
        let place = "training in minibatches";
        network.check(place, x)?;
        for (what, expected, got) in
            [("rows of targets", x.nrows(), y.nrows()), ("columns of targets", network.outputs_count(), y.ncols())]
        {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        check_finite(place, y)?;
        if self.batch == 0 {
            return Err(Error::Range { place, what: "the size of a batch", value: 0.0, legal: "at least 1" });
        }
        self.optimiser.check(network)?;
        let n = x.nrows();
        let mut memory = self.optimiser.memory(network.parameters().iter().map(|p| &p.values));
        let mut losses = Vec::with_capacity(self.epochs);
        let (mut step, mut limit) = (0, None);
        let scale = y.iter().map(|v| v * v).sum::<f64>() / n as f64;
        let steps = (self.epochs as u64).saturating_mul(n.div_ceil(self.batch) as u64);
        let task = Progress::unless(self.quiet).task(format!("training {}", network.net().name()), "steps", steps);
        for epoch in 0..self.epochs {
            let order = match self.shuffle {
                Some(seed) => seed.permutation(epoch as u64, n),
                None => (0..n).collect(),
            };
            let mut sum = 0.0;
            for batch in order.chunks(self.batch) {
                let inputs = rows::<F>(x, batch);
                let mean = MeanSquaredError::of(batch.len());
                // The cotangent is formed in f64, whatever the network computes in.
                let (loss, gradients) = F::loss_gradient(&network.model(), inputs.view(), 1, &|rows, outputs| {
                    let residual = outputs.mapv(F::to_f64) - y.select(Axis(0), &batch[rows.clone()]);
                    (mean.value(&residual), residual.mapv(|r| F::of(mean.slope(r))))
                });
                if !(loss.is_finite() && loss <= *limit.get_or_insert(1e3 * loss.max(scale))) {
                    return Err(Error::TrainingDiverged { step, loss, rate: self.optimiser.rate() });
                }
                self.optimiser.step(own_rates(network), &gradients, &mut memory);
                sum += loss * batch.len() as f64;
                step += 1;
                task.advance(1);
            }
            losses.push(sum / n as f64);
        }
        Ok(LossHistory { losses })
    }
}

/// The rows of a batch in the precision of the network.
fn rows<F: Training>(x: &Array2<f64>, batch: &[usize]) -> Array2<F> {
    let mut rows = Array2::zeros((batch.len(), x.ncols()));
    for (mut row, &index) in rows.rows_mut().into_iter().zip(batch) {
        row.zip_mut_with(&x.row(index), |to, &from| *to = F::of(from));
    }
    rows
}
