//! A search in words.

use super::{BayesianOptimisation, PLACE};

impl std::fmt::Debug for BayesianOptimisation {
    /// A line or two.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PLACE} by {} in {} dimensions: ", self.strategy.name(), self.bounds.len())?;
        match self.best() {
            None => write!(f, "no evaluations yet"),
            Some((point, value)) => {
                let rounds = self.evaluations.last().map_or(0, |last| last.round);
                let best = if self.minimise { "lowest" } else { "highest" };
                let point: Vec<String> = point.iter().take(8).map(|x| format!("{x:.4}")).collect();
                let more = if self.bounds.len() > 8 { ", …" } else { "" };
                let count = self.evaluations.len();
                write!(f, "{count} evaluations, {rounds} rounds\n{best} {value:.6} at [{}{more}]", point.join(", "))
            }
        }
    }
}
