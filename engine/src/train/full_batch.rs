//! Full-batch gradient descent on the mean squared error `L = (1/n) Σ_i (f(x_i) - y_i)²`.

use super::state::State;
use crate::checkpoint::{Checkpoint, Settings, Store, Work};
use crate::error::{Error, Result, check_target};
use crate::net::Network;
use crate::progress::Progress;
use crate::regression::MeanSquaredError;
use crate::train::Training;
use ndarray::{Array1, Array2, Axis};

/// Settings of a training run.
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

    /// Saves the run in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint). The same settings, points,
    /// targets and initial parameters are needed, or the folder is refused: a network that has been trained is another one, so in a
    /// notebook draw it in the cell that trains it.
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains a network with one output in place, on `x: [n, d]`, `y: [n]`, with [progress lines](crate::progress). With a checkpoint, a run that ends with an error leaves the
    /// network as it was, so that the same call goes on.
    ///
    /// # Errors
    /// Bad input or a target of another length; [`Error::Range`] for a rate that is not positive;
    /// [`Error::TrainingDiverged`] as soon as the loss is not finite or has grown a thousandfold. With a checkpoint
    /// [`Error::Stopped`] if a file asked for it; [`Error::Store`] for a folder of another run, which says what differs, one that
    /// another run writes to, or one that is damaged; [`Error::File`].
    pub fn train<F: Training>(&self, network: &mut Network<F>, x: &Array2<f64>, y: &Array1<f64>) -> Result<History> {
        F::full_batch(self, network, x, y)
    }

    pub(super) fn run<F: Training>(
        &self,
        network: &mut Network<F>,
        x: &Array2<f64>,
        y: &Array1<f64>,
    ) -> Result<History> {
        let place = "training";
        network.check(place, x)?;
        check_target(place, y, x.nrows())?;
        network.require_one_output(place)?;
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            return Err(Error::Range {
                place,
                what: "the learning rate",
                value: self.rate,
                legal: "positive and finite",
            });
        }
        // How sums round may depend on the order in memory, which no file keeps.
        for parameter in network.parameters_mut() {
            if !parameter.values.is_standard_layout() {
                parameter.values = parameter.values.as_standard_layout().into_owned();
            }
        }
        let progress = Progress::unless(self.quiet);
        let Some(checkpoint) = &self.checkpoint else {
            return progress.during(|| self.descend(network, x, y, None));
        };
        let store = checkpoint.open(place, self.settings(network, x, y))?;
        let mut trained = network.clone();
        let history = progress.during(|| self.descend(&mut trained, x, y, Some(&store)))?;
        *network = trained;
        Ok(history)
    }

    fn descend<F: Training>(
        &self,
        network: &mut Network<F>,
        x: &Array2<f64>,
        y: &Array1<f64>,
        store: Option<&Store>,
    ) -> Result<History> {
        let (mean, inputs) = (MeanSquaredError::of(x.nrows()), x.mapv(F::of));
        let mut state = match Work::saved(store)? {
            Some(saved) => State::restore(saved, network, (self.steps, self.every), x.nrows())?,
            None => State::default(),
        };
        if state.complete {
            return Ok(state.history(x.nrows()));
        }
        let what = format!("training {}", network.net().name());
        let mut work = Work::new(store, what, "steps", self.steps, state.step);
        loop {
            // The cotangent is formed in f64, whatever the network computes in.
            let outputs = F::outputs(&network.model(), inputs.view()).mapv(F::to_f64).remove_axis(Axis(1));
            let residual = y - &outputs;
            let loss = mean.value(&residual);
            if !(loss.is_finite() && loss <= 1e3 * *state.first_loss.get_or_insert(loss)) {
                return Err(Error::TrainingDiverged { step: state.step, loss, rate: self.rate });
            }
            if state.step % self.every == 0 || state.step == self.steps {
                state.record(outputs);
            }
            if state.step == self.steps {
                break;
            }
            let cotangent = residual.mapv(|r| F::of(mean.curvature() * self.rate * r)).insert_axis(Axis(1));
            let descent = F::gradient(&network.model(), inputs.view(), cotangent.view());
            for (parameter, step) in network.parameters_mut().iter_mut().zip(descent) {
                let rate = F::of(parameter.slot().rate);
                parameter.values.scaled_add(rate, &step);
            }
            state.step += 1;
            work.advance(|| state.arrays(network, x.nrows()))?;
        }
        state.complete = true;
        work.finish(|| state.arrays(network, x.nrows()))?;
        Ok(state.history(x.nrows()))
    }

    /// Everything that the result depends on.
    fn settings<F: Training>(&self, network: &Network<F>, x: &Array2<f64>, y: &Array1<f64>) -> Settings {
        let Self { rate, steps, every, checkpoint: _, quiet: _ } = self;
        let initial: Vec<_> = network.parameters().iter().map(|parameter| &parameter.values).collect();
        Settings::new()
            .with("learning rate", rate)
            .with("number of steps", steps)
            .with("number of steps between records", every)
            .with("number of bits of a parameter", 8 * size_of::<F>())
            .net(network.net(), network.net().origin_of(x.ncols()), true)
            .digest("initial parameters", &initial)
            .digest("points", x)
            .digest("targets", y)
    }
}
