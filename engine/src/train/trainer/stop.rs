//! Rules by which a run ends before its last step.

use crate::error::Result;
use crate::train::State;
use std::sync::Arc;

type Function = dyn Fn(&State<'_>) -> Result<bool> + Send + Sync;

#[derive(Clone)]
pub(super) enum StopRule {
    LossBelow(f64),
    When { name: String, rule: Arc<Function> },
}

impl StopRule {
    /// `loss` is the last one known: that of this step in full batches, the mean of the last epoch in minibatches.
    pub fn holds(&self, state: &State<'_>, loss: Option<f64>) -> Result<bool> {
        match self {
            StopRule::LossBelow(bound) => Ok(loss.is_some_and(|loss| loss < *bound)),
            StopRule::When { rule, .. } => rule(state),
        }
    }
}

impl std::fmt::Debug for StopRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StopRule::LossBelow(bound) => write!(f, "loss below {bound:?}"),
            StopRule::When { name, .. } => f.write_str(name),
        }
    }
}
