//! What an observer sees of a run.

use super::accuracy_of;
use crate::error::{Error, Result};
use crate::train::{AnyModel, Objective};
use ndarray::{Array1, Array2};
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

    /// The gradient of the mean loss on all training points as they are, as one vector of length 1; none where it is zero.
    pub(super) fn gradient_direction(&self) -> Result<Option<Array1<f64>>> {
        let (outputs, targets) = (self.outputs()?, self.objective.targets());
        let mut slopes = Array2::zeros(outputs.dim());
        let mut slope = vec![0.0; outputs.ncols()];
        for ((f, y), mut to) in outputs.rows().into_iter().zip(targets.rows()).zip(slopes.rows_mut()) {
            self.objective.loss.gradient(&f.to_vec(), &y.to_vec(), &mut slope);
            to.iter_mut().zip(&slope).for_each(|(to, &slope)| *to = slope);
        }
        let gradient = self.model.vector_jacobian(&slopes, self.objective.points())?;
        let flat: Array1<f64> = gradient.iter().flatten().copied().collect();
        let norm = flat.dot(&flat).sqrt();
        Ok((norm > 0.0 && norm.is_finite()).then(|| flat / norm))
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
