//! Logistic loss.

use super::Loss;
use crate::error::{Error, Result};
use ndarray::Array2;

/// `ℓ = Σ_j ln(1 + e^{-y_j f_j})`, for labels `y_j = ±1`; several outputs are several labels of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logistic;

impl Loss for Logistic {
    fn value(&self, f: &[f64], y: &[f64]) -> f64 {
        f.iter().zip(y).map(|(f, y)| (-y * f).max(0.0) + (-(y * f).abs()).exp().ln_1p()).sum()
    }

    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
        for ((g, f), y) in gradient.iter_mut().zip(f).zip(y) {
            *g = -y / (1.0 + (y * f).exp());
        }
    }

    fn curvature(&self, f: &[f64], y: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        for (((p, f), y), v) in product.iter_mut().zip(f).zip(y).zip(v) {
            // σ(1 - σ), even in yf.
            let decay = (-(y * f).abs()).exp();
            *p = y * y * decay / (1.0 + decay).powi(2) * v;
        }
        Ok(())
    }

    /// # Errors
    /// [`Error::Range`] for a label other than ±1.
    fn check(&self, targets: &Array2<f64>) -> Result<()> {
        match targets.iter().find(|y| y.abs() != 1.0) {
            Some(&value) => Err(Error::Range { place: "logistic loss", what: "a label", value, legal: "1 or -1" }),
            None => Ok(()),
        }
    }
}
