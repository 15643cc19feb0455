//! Squared error.

use super::{Loss, MeanSquaredError};
use crate::error::Result;

/// `ℓ = |f - y|²`. Its flow is known in closed form:
/// [`KernelRegression::gradient_flow`](crate::regression::KernelRegression::gradient_flow).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SquaredError;

impl Loss for SquaredError {
    fn value(&self, f: &[f64], y: &[f64]) -> f64 {
        f.iter().zip(y).map(|(f, y)| MeanSquaredError::of(1).value(&[f - y])).sum()
    }

    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
        for ((g, f), y) in gradient.iter_mut().zip(f).zip(y) {
            *g = MeanSquaredError::of(1).slope(f - y);
        }
    }

    fn curvature(&self, _f: &[f64], _y: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        for (p, v) in product.iter_mut().zip(v) {
            *p = MeanSquaredError::of(1).curvature() * v;
        }
        Ok(())
    }
}
