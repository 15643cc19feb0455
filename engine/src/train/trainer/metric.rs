//! Numbers of every step's batch.

use ndarray::Array2;
use std::sync::Arc;

/// What the pass of a step gave, before the step: what [metrics](super::Trainer::metric) are of.
#[derive(Clone, Copy, Debug)]
pub struct BatchPass<'a> {
    /// The mean loss of the batch, without the penalty.
    pub loss: f64,
    /// Outputs `[b, c]`.
    pub outputs: &'a Array2<f64>,
    /// Targets `[b, c]`.
    pub targets: &'a Array2<f64>,
}

type Function = dyn Fn(&BatchPass<'_>) -> f64 + Send + Sync;

/// A named function of the user.
#[derive(Clone)]
pub(super) struct Metric {
    pub name: String,
    pub of: Arc<Function>,
}

impl std::fmt::Debug for Metric {
    /// The name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}
