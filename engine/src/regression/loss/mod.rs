//! Losses of one sample.

mod logistic;
mod mean_squared_error;
mod softmax_cross_entropy;
mod squared_error;

pub use logistic::Logistic;
pub use mean_squared_error::MeanSquaredError;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;
pub use squared_error::SquaredError;

use crate::error::{Error, Result};
use ndarray::Array2;
use std::sync::Arc;

/// A loss `ℓ(f, y)` of one sample's outputs `f` and target `y`, both `[outputs]`. Training minimises its mean over the
/// samples, `L = (1/n) Σ_i ℓ(f_i, y_i)`.
///
/// ```
/// use hadamard::regression::Loss;
///
/// /// `ℓ = Σ ln cosh(f - y)`.
/// #[derive(Clone, Copy)]
/// struct LogCosh;
///
/// impl Loss for LogCosh {
///     fn value(&self, f: &[f64], y: &[f64]) -> f64 {
///         f.iter().zip(y).map(|(f, y)| (f - y).cosh().ln()).sum()
///     }
///
///     fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
///         for ((g, f), y) in gradient.iter_mut().zip(f).zip(y) {
///             *g = (f - y).tanh();
///         }
///     }
/// }
/// ```
pub trait Loss {
    /// `ℓ(f, y)`.
    fn value(&self, f: &[f64], y: &[f64]) -> f64;

    /// Writes `∂ℓ/∂f`, `[outputs]`.
    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]);

    /// Writes the second derivative's product with a change `v` of the outputs, `∂²ℓ/∂f² v`, `[outputs]`; what Hessians of networks
    /// need.
    ///
    /// # Errors
    /// [`Error::NoSecondDerivative`](crate::Error::NoSecondDerivative) unless it is overridden.
    fn curvature(&self, _f: &[f64], _y: &[f64], _v: &[f64], _product: &mut [f64]) -> Result<()> {
        Err(Error::NoSecondDerivative { op: "loss", give: "Loss::curvature" })
    }

    /// Refuses targets `[n, outputs]` that the loss is not made for; accepts all unless it is overridden.
    ///
    /// # Errors
    /// Whatever fits, with the value that is wrong.
    fn check(&self, _targets: &Array2<f64>) -> Result<()> {
        Ok(())
    }
}

impl<L: Loss + ?Sized> Loss for Arc<L> {
    fn value(&self, f: &[f64], y: &[f64]) -> f64 {
        (**self).value(f, y)
    }

    fn gradient(&self, f: &[f64], y: &[f64], gradient: &mut [f64]) {
        (**self).gradient(f, y, gradient);
    }

    fn curvature(&self, f: &[f64], y: &[f64], v: &[f64], product: &mut [f64]) -> Result<()> {
        (**self).curvature(f, y, v, product)
    }

    fn check(&self, targets: &Array2<f64>) -> Result<()> {
        (**self).check(targets)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ndarray::array;

    fn gradient_equals_central_differences(loss: &impl Loss, f: &[f64], y: &[f64]) {
        let mut gradient = vec![f64::NAN; f.len()];
        loss.gradient(f, y, &mut gradient);
        for (i, g) in gradient.iter().enumerate() {
            let at = |step: f64| {
                let mut f = f.to_vec();
                f[i] += step;
                loss.value(&f, y)
            };
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((g - difference).abs() <= 1e-9 * (1.0 + g.abs()), "{i}: {g} {difference}");
        }
    }

    fn curvature_equals_central_differences(loss: &impl Loss, f: &[f64], y: &[f64]) {
        let v = [0.7, -0.4, 1.1];
        let mut product = vec![f64::NAN; f.len()];
        loss.curvature(f, y, &v, &mut product).expect("the loss has one");
        let at = |step: f64| {
            let moved: Vec<f64> = f.iter().zip(v).map(|(f, v)| f + step * v).collect();
            let mut gradient = vec![f64::NAN; f.len()];
            loss.gradient(&moved, y, &mut gradient);
            gradient
        };
        for ((p, up), down) in product.iter().zip(at(1e-5)).zip(at(-1e-5)) {
            let difference = (up - down) / 2e-5;
            assert!((p - difference).abs() <= 1e-9 * (1.0 + p.abs()), "{p} {difference}");
        }
    }

    #[test]
    fn curvatures_equal_central_differences() {
        for f in [[0.3, -1.2, 2.0], [4.0, 4.0, -7.0], [-0.1, 0.0, 0.2]] {
            curvature_equals_central_differences(&SquaredError, &f, &[1.0, -0.5, 0.0]);
            curvature_equals_central_differences(&SoftmaxCrossEntropy, &f, &[0.0, 1.0, 0.0]);
            curvature_equals_central_differences(&SoftmaxCrossEntropy, &f, &[0.2, 0.5, 0.3]);
            curvature_equals_central_differences(&Logistic, &f, &[1.0, -1.0, -1.0]);
        }
        // Far out neither overflows, nor is the small side lost.
        let mut product = [f64::NAN; 1];
        Logistic.curvature(&[50.0], &[1.0], &[1.0], &mut product).expect("a curvature");
        assert!((product[0] / (-50f64).exp() - 1.0).abs() <= 1e-12, "{product:?}");
        Logistic.curvature(&[-1e4], &[1.0], &[1.0], &mut product).expect("a curvature");
        assert!(product[0] == 0.0);
    }

    #[test]
    fn gradients_equal_central_differences() {
        for f in [[0.3, -1.2, 2.0], [4.0, 4.0, -7.0], [-0.1, 0.0, 0.2]] {
            gradient_equals_central_differences(&SquaredError, &f, &[1.0, -0.5, 0.0]);
            gradient_equals_central_differences(&SoftmaxCrossEntropy, &f, &[0.0, 1.0, 0.0]);
            gradient_equals_central_differences(&SoftmaxCrossEntropy, &f, &[0.2, 0.5, 0.3]);
            gradient_equals_central_differences(&Logistic, &f, &[1.0, -1.0, -1.0]);
        }
    }

    #[test]
    fn values_at_points_known_by_hand() {
        assert!(SquaredError.value(&[1.0, 2.0], &[0.0, 4.0]) == 5.0);
        let uniform = SoftmaxCrossEntropy.value(&[0.7; 4], &[0.0, 0.0, 1.0, 0.0]);
        assert!((uniform - 4f64.ln()).abs() <= 1e-15, "{uniform}");
        assert!((Logistic.value(&[0.0], &[1.0]) - 2f64.ln()).abs() <= 1e-15);
        // Outputs far out neither overflow nor lose the small side.
        assert!((SoftmaxCrossEntropy.value(&[1e4, 0.0], &[0.0, 1.0]) - 1e4).abs() <= 1e-9);
        assert!((Logistic.value(&[1e4], &[-1.0]) - 1e4).abs() <= 1e-9);
        let far = Logistic.value(&[50.0], &[1.0]);
        assert!((far / (-50f64).exp() - 1.0).abs() <= 1e-12, "{far}");
        let mut gradient = [f64::NAN; 2];
        SoftmaxCrossEntropy.gradient(&[60.0, 0.0], &[1.0, 0.0], &mut gradient);
        let small = (-60f64).exp();
        assert!(gradient.iter().all(|g| (g.abs() / small - 1.0).abs() <= 1e-12), "{gradient:?}");
        assert!(gradient[0] < 0.0 && gradient[1] > 0.0);
    }

    #[test]
    fn targets_of_another_kind_are_refused_with_their_values() {
        let value = |result: Result<()>| match result {
            Err(Error::Range { value, .. }) => value,
            other => panic!("{other:?}"),
        };
        assert!((value(SoftmaxCrossEntropy.check(&array![[1.0, 0.0], [0.5, 0.75]])) - 1.25).abs() <= 1e-15);
        assert!(value(SoftmaxCrossEntropy.check(&array![[1.5, -0.5]])) == -0.5);
        assert!(matches!(
            SoftmaxCrossEntropy.check(&array![[1.0], [1.0]]),
            Err(Error::Size { expected: 2, got: 1, .. })
        ));
        assert!(value(Logistic.check(&array![[1.0], [0.0]])) == 0.0);
        assert!(SoftmaxCrossEntropy.check(&array![[0.0, 1.0], [0.25, 0.75]]).is_ok());
        assert!(Logistic.check(&array![[1.0], [-1.0]]).is_ok());
        assert!(SquaredError.check(&array![[0.3], [-7.0]]).is_ok());
    }
}
