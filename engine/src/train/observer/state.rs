//! What an observer sees of a run.

use super::accuracy_of;
use crate::error::{Error, Result};
use crate::train::{AnyModel, Objective};
use ndarray::Array2;
use std::cell::OnceCell;

/// A run before a step, or after the last one: what functions of the user observe.
pub struct State<'a> {
    /// Steps taken.
    pub step: u64,
    /// Passes over the samples.
    pub epoch: f64,
    /// The sum of the learning rates of all steps taken, `η t`: the time of gradient flow.
    pub time: f64,
    /// The learning rate of the next step.
    pub rate: f64,
    /// The model as it is now.
    pub model: AnyModel<'a>,
    /// What is minimised.
    pub objective: &'a Objective,
    /// On the training points.
    outputs: OnceCell<Array2<f64>>,
}

impl<'a> State<'a> {
    pub(in crate::train) fn new(
        (step, epoch): (u64, f64),
        (time, rate): (f64, f64),
        (model, objective): (AnyModel<'a>, &'a Objective),
        outputs: Option<Array2<f64>>,
    ) -> Self {
        let outputs = outputs.map_or_else(OnceCell::new, OnceCell::from);
        Self { step, epoch, time, rate, model, objective, outputs }
    }

    /// The outputs, if they are known.
    pub(in crate::train) fn into_outputs(self) -> Option<Array2<f64>> {
        self.outputs.into_inner()
    }

    /// Outputs `[n, c]` on the training points: those of the step's own pass, or computed when first asked for.
    ///
    /// # Errors
    /// As for [`Model::outputs`](crate::train::Model::outputs).
    pub fn outputs(&self) -> Result<&Array2<f64>> {
        if let Some(outputs) = self.outputs.get() {
            return Ok(outputs);
        }
        let outputs = self.model.outputs(self.objective.points())?;
        Ok(self.outputs.get_or_init(|| outputs))
    }

    /// The mean loss on all training points as they are, without the penalty.
    ///
    /// # Errors
    /// As for [`State::outputs`]; [`Error::Overflow`].
    pub fn loss(&self) -> Result<f64> {
        let loss = self.objective.mean_loss(self.outputs()?);
        if loss.is_finite() { Ok(loss) } else { Err(Error::Overflow { place: "loss" }) }
    }

    /// The share of training points that are classified right: by the largest output, of a single output by its sign.
    ///
    /// # Errors
    /// As for [`State::outputs`].
    pub fn accuracy(&self) -> Result<f64> {
        accuracy_of(self.outputs()?, self.objective.targets())
    }
}

impl std::fmt::Debug for State<'_> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}, epoch {:.4}, time {:.4e} of {:?}", self.step, self.epoch, self.time, self.model)
    }
}
