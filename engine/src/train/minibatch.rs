//! Training in minibatches on the mean squared error `L = (1/b) Σ_i |f(x_i) - y_i|²` of the `b` samples of a batch.

use super::optimiser::{Optimiser, own_rates};
use crate::data::Seed;
use crate::error::{Error, Result, check_finite};
use crate::linalg::Scalar;
use crate::net::Network;
use crate::progress::Progress;
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
        Self { optimiser: optimiser.into(), epochs, batch: 128, shuffle: None }
    }

    /// Sets the number of samples in a batch; the last one of an epoch takes what is left.
    pub fn batch(self, samples: usize) -> Self {
        Self { batch: samples, ..self }
    }

    /// Takes the samples in a random order, another one in each epoch.
    pub fn shuffle(self, seed: Seed) -> Self {
        Self { shuffle: Some(seed), ..self }
    }

    /// Trains a network in place, on `x: [n, d]` and targets `y: [n, c]`. The same settings, data and parameters give the same bits
    /// on any number of threads. On an error the network is left as the last good step made it.
    ///
    /// # Errors
    /// Bad input; targets of another shape than the outputs or not finite; [`Error::Range`] for a batch of 0 samples and for
    /// numbers of the optimiser that are not legal; [`Error::TrainingDiverged`] as soon as the loss of a batch is not finite, or a
    /// thousand times larger than that of the first batch and the mean of `|y_i|²`.
    pub fn train<F: Scalar>(&self, network: &mut Network<F>, x: &Array2<f64>, y: &Array2<f64>) -> Result<LossHistory> {
        F::minibatch(self, network, x, y)
    }

    pub(super) fn run<F: Scalar>(
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
        let task = Progress::current().task(format!("training {}", network.net().name()), "epochs", self.epochs as u64);
        for epoch in 0..self.epochs {
            let order = match self.shuffle {
                Some(seed) => seed.permutation(epoch as u64, n),
                None => (0..n).collect(),
            };
            let mut sum = 0.0;
            for batch in order.chunks(self.batch) {
                let inputs = rows::<F>(x, batch);
                let size = batch.len() as f64;
                // The cotangent is formed in f64, whatever the network computes in.
                let (squares, gradients) = F::loss_gradient(&network.model(), inputs.view(), 1, &|rows, outputs| {
                    let residual = outputs.mapv(F::to_f64) - y.select(Axis(0), &batch[rows.clone()]);
                    (residual.iter().map(|r| r * r).sum(), residual.mapv(|r| F::of(2.0 / size * r)))
                });
                let loss = squares / size;
                if !(loss.is_finite() && loss <= *limit.get_or_insert(1e3 * loss.max(scale))) {
                    return Err(Error::TrainingDiverged { step, loss, rate: self.optimiser.rate() });
                }
                self.optimiser.step(own_rates(network), &gradients, &mut memory);
                sum += squares;
                step += 1;
            }
            losses.push(sum / n as f64);
            task.advance(1);
        }
        Ok(LossHistory { losses })
    }
}

/// The rows of a batch in the precision of the network.
fn rows<F: Scalar>(x: &Array2<f64>, batch: &[usize]) -> Array2<F> {
    let mut rows = Array2::zeros((batch.len(), x.ncols()));
    for (mut row, &index) in rows.rows_mut().into_iter().zip(batch) {
        row.zip_mut_with(&x.row(index), |to, &from| *to = F::of(from));
    }
    rows
}
