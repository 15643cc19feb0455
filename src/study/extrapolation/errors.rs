//! How far predictions are from a target.

use crate::saved_fields;
use ndarray::{Array2, Axis};

/// The errors of predictions `[n, outputs]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Errors {
    /// Mean over points and outputs of the squared error.
    pub mean_squared: f64,
    /// `100 · median |y - f|/|y|` over the points and outputs where `y ≠ 0`; none if it is zero everywhere.
    pub median_percentage: Option<f64>,
    /// `1 - Σ (y - f)² / Σ (y - ȳ)²`, with the mean of each output; none for a target that is constant here.
    pub r_squared: Option<f64>,
}
saved_fields!(Errors { mean_squared, median_percentage, r_squared });

impl Errors {
    pub fn new(predicted: &Array2<f64>, truth: &Array2<f64>) -> Self {
        let gap = truth - predicted;
        let squared = gap.iter().map(|e| e * e).sum::<f64>();
        let shares: Vec<f64> =
            gap.iter().zip(truth).filter(|(_, y)| **y != 0.0).map(|(e, y)| 100.0 * (e / y).abs()).collect();
        let mean = truth.sum_axis(Axis(0)) / truth.nrows() as f64;
        let size = truth.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        let variance = (truth - &mean).iter().map(|e| e * e).sum::<f64>();
        // What is constant to rounding has no variance to explain.
        let rounding = (4.0 * truth.nrows() as f64 * f64::EPSILON * size).powi(2);
        Self {
            mean_squared: squared / gap.len() as f64,
            median_percentage: (!shares.is_empty()).then(|| median(shares)),
            r_squared: (variance > rounding).then(|| 1.0 - squared / variance),
        }
    }
}

/// The median; of an even number of values the mean of the middle two, of none NaN.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn errors_by_hand() {
        let truth = array![[1.0], [2.0], [0.0], [5.0]];
        let errors = Errors::new(&array![[1.5], [2.0], [1.0], [4.0]], &truth);
        // Gaps 0.5, 0, 1, 1 around a mean of 2: variance 1 + 0 + 4 + 9; shares 50, 0, 20 %.
        assert!((errors.mean_squared - 2.25 / 4.0).abs() <= 1e-15);
        assert!((errors.median_percentage.unwrap() - 20.0).abs() <= 1e-13);
        assert!((errors.r_squared.unwrap() - (1.0 - 2.25 / 14.0)).abs() <= 1e-15);
        let constant = Errors::new(&array![[0.1], [0.0]], &array![[0.0], [0.0]]);
        assert!(constant.r_squared.is_none() && constant.median_percentage.is_none());
        assert_eq!(median(vec![3.0, 1.0, 2.0, 10.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}
