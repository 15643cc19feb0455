//! Changes to the inputs of a batch before its step.

use crate::error::Result;
use crate::train::AnyModel;
use ndarray::Array2;
use std::sync::Arc;

/// The batch of a step, before its inputs are changed.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Inputs `[b, d]`.
    pub x: &'a Array2<f64>,
    /// Targets `[b, c]`.
    pub y: &'a Array2<f64>,
    /// Which samples they are.
    pub samples: &'a [usize],
    /// The step, counted from 0.
    pub step: u64,
    /// How many steps were taken on this batch before: 0, unless [batches are repeated](crate::train::Trainer::repeat).
    pub repeat: u64,
    /// How many steps are taken on this batch in all.
    pub repeats: u64,
}

type Function = dyn Fn(AnyModel<'_>, &Batch<'_>) -> Result<Array2<f64>> + Send + Sync;

/// A named function of the user.
#[derive(Clone)]
pub(in crate::train) struct Perturbation {
    name: String,
    how: Arc<Function>,
}

impl Perturbation {
    pub fn new(name: &str, how: Arc<Function>) -> Self {
        Self { name: name.into(), how }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn apply(&self, model: AnyModel<'_>, batch: &Batch<'_>) -> Result<Array2<f64>> {
        (self.how)(model, batch)
    }
}
