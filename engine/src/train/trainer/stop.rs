//! Rules by which a run ends before its last step.

use crate::error::{Error, Result};
use crate::train::State;
use crate::train::objective::PLACE;
use std::sync::Arc;

type Function = dyn Fn(&State<'_>) -> Result<bool> + Send + Sync;

#[derive(Clone)]
pub(super) enum StopRule {
    LossBelow(f64),
    Rising(usize),
    When { name: String, rule: Arc<Function> },
}

impl StopRule {
    /// # Errors
    /// [`Error::Range`] for a window of no steps.
    pub fn check(&self) -> Result<()> {
        match self {
            StopRule::Rising(0) => {
                let (what, legal) = ("the window of a rule to stop", "at least 1");
                Err(Error::Range { place: PLACE, what, value: 0.0, legal })
            }
            _ => Ok(()),
        }
    }

    /// `loss` is the last one known: that of this step in full batches, the mean of the last epoch in minibatches; `losses` are those of all
    /// epochs that have ended.
    pub fn holds(&self, state: &State<'_>, loss: Option<f64>, losses: &[f64]) -> Result<bool> {
        match self {
            StopRule::Rising(window) => Ok(rises(losses, *window)),
            StopRule::LossBelow(bound) => Ok(loss.is_some_and(|loss| loss < *bound)),
            StopRule::When { rule, .. } => rule(state),
        }
    }
}

/// Whether a window has just ended whose mean is above that of the one before.
fn rises(losses: &[f64], window: usize) -> bool {
    let ended = losses.len() >= 2 * window && losses.len().is_multiple_of(window);
    ended && {
        let (before, last) = losses[losses.len() - 2 * window..].split_at(window);
        last.iter().sum::<f64>() > before.iter().sum::<f64>()
    }
}

impl std::fmt::Debug for StopRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StopRule::LossBelow(bound) => write!(f, "loss below {bound:?}"),
            StopRule::Rising(window) => write!(f, "mean loss of {window} epochs above that of those before"),
            StopRule::When { name, .. } => f.write_str(name),
        }
    }
}
