//! Full-batch gradient descent on the mean squared error `L = (1/n) Σ_i (f(x_i) - y_i)²`.

use crate::error::{Error, Result, check_target};
use crate::linalg::Scalar;
use crate::net::Network;
use ndarray::{Array1, Array2, Axis};

/// Settings of a training run.
#[derive(Clone, Debug, PartialEq)]
pub struct FullBatch {
    rate: f64,
    steps: u64,
    every: u64,
}

/// What a training run recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Steps taken before each record, `[records]`; starts at 0 and ends with the last step.
    pub steps: Vec<u64>,
    /// Outputs on the training points, `[records, n]`.
    pub outputs: Array2<f64>,
}

impl FullBatch {
    /// `steps` steps with learning rate `rate`; outputs are recorded every 10 steps.
    pub fn new(rate: f64, steps: u64) -> Self {
        Self { rate, steps, every: 10 }
    }

    /// Records outputs every so many steps, at least 1.
    pub fn record_every(self, steps: u64) -> Self {
        Self { every: steps.max(1), ..self }
    }

    /// Trains a network with one output in place, on `x: [n, d]`, `y: [n]`.
    ///
    /// # Errors
    /// Bad input or a target of another length; [`Error::Range`] for a rate that is not positive;
    /// [`Error::TrainingDiverged`] as soon as the loss is not finite or has grown a thousandfold.
    pub fn train<F: Scalar>(&self, network: &mut Network<F>, x: &Array2<f64>, y: &Array1<f64>) -> Result<History> {
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
        let (n, inputs) = (x.nrows() as f64, x.mapv(F::of));
        let (mut steps, mut records) = (Vec::new(), Vec::new());
        let mut first_loss = None;
        for step in 0..=self.steps {
            // The cotangent is formed in f64, whatever the network computes in.
            let outputs = F::outputs(&network.model(), inputs.view()).mapv(F::to_f64).remove_axis(Axis(1));
            let residual = y - &outputs;
            let loss = residual.dot(&residual) / n;
            if !(loss.is_finite() && loss <= 1e3 * *first_loss.get_or_insert(loss)) {
                return Err(Error::TrainingDiverged { step, loss, rate: self.rate });
            }
            if step % self.every == 0 || step == self.steps {
                steps.push(step);
                records.push(outputs);
            }
            if step == self.steps {
                break;
            }
            let cotangent = residual.mapv(|r| F::of(2.0 / n * self.rate * r)).insert_axis(Axis(1));
            let descent = F::gradient(&network.model(), inputs.view(), cotangent.view());
            for (parameter, step) in network.parameters_mut().iter_mut().zip(descent) {
                let rate = F::of(parameter.slot().rate);
                parameter.values.scaled_add(rate, &step);
            }
        }
        let views: Vec<_> = records.iter().map(|r| r.view()).collect();
        let outputs = ndarray::stack(Axis(0), &views).map_err(|_| Error::NoRows { place })?;
        Ok(History { steps, outputs })
    }
}
