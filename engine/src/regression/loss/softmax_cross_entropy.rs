//! Cross-entropy of a softmax.

use super::Loss;
use crate::error::{Error, Result};
use ndarray::Array2;

/// `ℓ = -Σ_j y_j ln softmax(f)_j`, for targets that are one-hot or any other probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoftmaxCrossEntropy;

impl Loss for SoftmaxCrossEntropy {
    fn value(&self, f: &[f64], y: &[f64]) -> f64 {
        let (top, rest) = split(f);
        f.iter().zip(y).map(|(fj, y)| y * (f[top] - fj + rest.ln_1p())).sum()
    }

    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
        let (top, rest) = split(f);
        for (j, (g, y)) in gradient.iter_mut().zip(y).enumerate() {
            let share = (f[j] - f[top]).exp();
            let others = if j == top { rest } else { 1.0 + rest - share };
            // p - y, which would lose the digits of 1 - p once a sample is fitted.
            *g = (share * (1.0 - y) - others * y) / (1.0 + rest);
        }
    }

    fn curvature(&self, f: &[f64], y: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        let (top, rest) = split(f);
        let mass: f64 = y.iter().sum();
        let share = |j: usize| (f[j] - f[top]).exp() / (1.0 + rest);
        // Σ_k p_k (v_j - v_k): differences, so that what all outputs share drops out exactly.
        for (j, p) in product.iter_mut().enumerate() {
            *p = mass * share(j) * (0..f.len()).map(|k| share(k) * (v[j] - v[k])).sum::<f64>();
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::Size`] for fewer than two classes; [`Error::Range`] for a negative target or a row that does not sum to 1.
    fn check(&self, targets: &Array2<f64>) -> Result<()> {
        let place = "softmax cross-entropy";
        if targets.ncols() < 2 {
            return Err(Error::Size { place, what: "classes, at least", expected: 2, got: targets.ncols() });
        }
        if let Some(&value) = targets.iter().find(|&&y| !(y >= 0.0)) {
            return Err(Error::Range { place, what: "a target", value, legal: "a probability" });
        }
        match targets.rows().into_iter().map(|row| row.sum()).find(|sum| !((sum - 1.0).abs() <= 1e-9)) {
            Some(value) => Err(Error::Range { place, what: "the sum of a row of targets", value, legal: "1" }),
            None => Ok(()),
        }
    }
}

/// Index of the largest output, and `Σ e^{f_j - f_top}` over the others.
fn split(f: &[f64]) -> (usize, f64) {
    let top = (0..f.len()).max_by(|&i, &j| f[i].total_cmp(&f[j])).unwrap_or(0);
    (top, f.iter().enumerate().filter(|(j, _)| *j != top).map(|(_, fj)| (fj - f[top]).exp()).sum())
}
