//! What records of training say of themselves in a line.

use super::{History, LossHistory};
use std::fmt;

impl fmt::Debug for History {
    /// How many records, of which steps, of how many outputs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, n) = self.outputs.dim();
        let ends = [self.steps.first(), self.steps.last()].map(|step| step.copied().unwrap_or(0));
        write!(f, "{records} records of {n} outputs, steps {} to {}", ends[0], ends[1])
    }
}

impl fmt::Debug for LossHistory {
    /// How many epochs, and the losses of the first and the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.losses.first(), self.losses.last()) {
            (Some(first), Some(last)) => write!(f, "losses of {} epochs, {first:.4e} to {last:.4e}", self.losses.len()),
            _ => f.write_str("no epochs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_say_in_a_line_what_they_are() {
        let history = History { steps: (0..=60).map(|k| 10 * k).collect(), outputs: ndarray::Array2::zeros((61, 500)) };
        assert_eq!(format!("{history:?}"), "61 records of 500 outputs, steps 0 to 600");
        let losses = LossHistory { losses: vec![2.0, 0.5] };
        assert_eq!(format!("{losses:?}"), "losses of 2 epochs, 2.0000e0 to 5.0000e-1");
    }
}
