//! Full-batch gradient descent on the mean squared error, recorded at equal intervals: a [`Trainer`] with these settings.

use super::{Objective, Observer, Sgd, Trainer, TrainingRun, When};
use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::net::Network;
use crate::regression::SquaredError;
use crate::train::Training;
use ndarray::{Array1, Array2, Axis, Ix3};

/// Full-batch gradient descent on the mean squared error `L = (1/n) Σ_i (f(x_i) - y_i)²`: a [`Trainer`] of plain [`Sgd`] that observes the
/// outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct FullBatch {
    rate: f64,
    steps: u64,
    every: u64,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// What a training run recorded.
#[derive(Clone, PartialEq)]
pub struct History {
    /// Steps taken before each record, `[records]`; starts at 0 and ends with the last step.
    pub steps: Vec<u64>,
    /// Outputs on the training points, `[records, n]`.
    pub outputs: Array2<f64>,
}

impl FullBatch {
    /// `steps` steps with learning rate `rate`; outputs are recorded every 10 steps.
    pub fn new(rate: f64, steps: u64) -> Self {
        Self { rate, steps, every: 10, checkpoint: None, quiet: false }
    }

    /// Records outputs every so many steps, at least 1.
    pub fn record_every(self, steps: u64) -> Self {
        Self { every: steps.max(1), ..self }
    }

    /// See [`Trainer::checkpoint`].
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains a network with one output in place, on `x: [n, d]`, `y: [n]`.
    ///
    /// # Errors
    /// As for [`Trainer::train`].
    pub fn train<F: Training>(&self, network: &mut Network<F>, x: &Array2<f64>, y: &Array1<f64>) -> Result<History> {
        let (trainer, objective) = self.parts(x, y)?;
        network.require_one_output("training")?;
        history(F::train(&trainer, network, &objective)?)
    }

    fn parts(&self, x: &Array2<f64>, y: &Array1<f64>) -> Result<(Trainer, Objective)> {
        let Self { rate, steps, every, checkpoint, quiet } = self;
        let observer = Observer::new(When::Every(*every)).training_outputs();
        let trainer = Trainer::steps(*steps, Sgd::new(*rate)).observe(observer);
        let trainer = if *quiet { trainer.quiet() } else { trainer };
        let trainer = checkpoint.iter().cloned().fold(trainer, Trainer::checkpoint);
        Ok((trainer, Objective::new(x, y, SquaredError)?))
    }
}

fn history(mut run: TrainingRun) -> Result<History> {
    let records = run.records.swap_remove(0);
    let outputs = records.array("outputs")?.clone().into_dimensionality::<Ix3>().expect("[records, n, 1]");
    Ok(History { steps: records.steps, outputs: outputs.index_axis_move(Axis(2), 0) })
}
