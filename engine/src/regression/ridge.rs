//! Kernel ridge regression.

use super::axes::Axes;
use super::decomposition::Decomposition;
use super::{Condition, KernelRegression, Regularization};
use crate::error::{Result, check_memory};
use crate::kernel::Kernel;
use crate::linalg::multiply;
use crate::net::finite;
use ndarray::{Array, Axis, Dimension, Ix1};
use std::sync::Arc;

/// A fitted kernel ridge regression: built by [`KernelRegression::ridge`].
#[derive(Clone)]
pub struct Ridge<D: Dimension = Ix1> {
    /// `(Θ + λ I)⁻¹ (y - f0)`, in the shape of the targets.
    pub coefficients: Array<f64, D>,
    /// The kernel's condition with the `λ` used.
    pub condition: Condition,
    kernel: Arc<Decomposition>,
    axes: Axes<D>,
}

impl<D: Dimension> KernelRegression<D> {
    /// Kernel ridge regression, `(Θ + λ I)⁻¹ (y - f0)`: `.ridge(0.1)` for `λ = 0.1`, or a [`Regularization`].
    ///
    /// It is the end of gradient descent on the mean squared error with the penalty `(λ/n) ‖θ - θ_0‖²` on a linearised
    /// network's parameters.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) for a negative or non-finite `λ`; [`Error::Singular`](crate::Error::Singular) if
    /// an eigenvalue of `Θ + λ I` cannot be told from zero; [`Error::Overflow`](crate::Error::Overflow) for a kernel near the smallest
    /// floats; [`Error::Memory`](crate::Error::Memory).
    pub fn ridge(&self, regularization: impl Into<Regularization>) -> Result<Ridge<D>> {
        let place = "kernel ridge";
        let condition = self.regularized(place, regularization.into())?;
        condition.invertible(place)?;
        self.check_memory(place, 4)?;
        let modes = self.residual_modes() / (&self.eigen().values + condition.lambda).insert_axis(Axis(1));
        let coefficients = self.axes.array(&finite(place, multiply(&self.eigen().vectors.t(), &modes))?);
        Ok(Ridge { coefficients, condition, kernel: self.kernel.clone(), axes: self.axes.clone() })
    }
}

impl<D: Dimension> Ridge<D> {
    /// `Θ(X*, X) (Θ + λ I)⁻¹ (y - f0)` on other points, `[m, …]`, from the cross kernel `Θ(X*, X): [m, n]`, full if the kernel was
    /// (`[m c, n c]`): the prediction, or what training adds to `f0(X*)` if the regression started from outputs.
    ///
    /// # Errors
    /// [`Error::Size`](crate::Error::Size) for a cross kernel of other training points or outputs;
    /// [`Error::NotFinite`](crate::Error::NotFinite); [`Error::Memory`](crate::Error::Memory).
    pub fn predict(&self, cross: &Kernel) -> Result<Array<f64, D>> {
        let place = "kernel ridge prediction";
        let values = self.kernel.cross(place, cross)?;
        let coefficients = self.axes.matrix(place, &self.coefficients, self.kernel.points())?;
        check_memory(place, &[2, values.nrows(), coefficients.ncols()])?;
        Ok(self.axes.array(&finite(place, multiply(values, &coefficients))?))
    }
}

impl<D: Dimension> std::fmt::Debug for Ridge<D> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let largest = self.coefficients.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        write!(f, "kernel ridge: {}, coefficients up to {largest:.3e}", self.condition)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{kernel, largest};
    use super::*;
    use crate::Error;
    use ndarray::{Array1, Array2, array};

    /// `(Θ + λ I)⁻¹` of a 2 × 2 matrix by its determinant.
    fn inverse(theta: &Array2<f64>, lambda: f64) -> Array2<f64> {
        let (a, b, c) = (theta[[0, 0]] + lambda, theta[[0, 1]], theta[[1, 1]] + lambda);
        array![[c, -b], [-b, a]] / (a * c - b * b)
    }

    #[test]
    fn coefficients_and_predictions_equal_the_explicit_inverse() -> Result<()> {
        let (theta, y) = (array![[2.0, 0.5], [0.5, 1.0]], array![[1.0, -2.0, 0.3], [0.5, 4.0, -1.0]]);
        let cross = array![[1.0, 0.2], [0.1, 0.4], [-0.3, 0.9]];
        let regression = kernel(theta.clone(), true).regression(&y)?;
        for (regularization, lambda) in
            [(Regularization::Absolute(0.3), 0.3), (Regularization::RelativeTrace(0.2), 0.2 * 1.5)]
        {
            let ridge = regression.ridge(regularization)?;
            let expected = inverse(&theta, lambda).dot(&y);
            assert!(largest(&(&ridge.coefficients - &expected)) <= 1e-14);
            let predicted = ridge.predict(&kernel(cross.clone(), false))?;
            assert!(largest(&(&predicted - &cross.dot(&expected))) <= 1e-14);
            assert!((ridge.condition.lambda - lambda).abs() <= 1e-15);
        }
        Ok(())
    }

    #[test]
    fn the_condition_is_reported_and_a_singular_kernel_refused() -> Result<()> {
        let singular = kernel(Array2::ones((3, 3)), true).regression(&Array1::ones(3))?;
        assert!(singular.condition().rank == 1 && singular.condition().condition_number() == f64::INFINITY);
        for regularization in [Regularization::Absolute(0.0), Regularization::RelativeTrace(1e-17)] {
            let refused = singular.ridge(regularization);
            assert!(matches!(refused, Err(Error::Singular { n: 3, largest, .. }) if (largest - 3.0).abs() < 1e-12));
        }
        let condition = singular.ridge(Regularization::Absolute(0.5))?.condition;
        assert!(condition.rank == 3 && (condition.condition_number() - 7.0).abs() <= 1e-13);
        let line = condition.to_string();
        assert!(line.contains("3 points") && line.contains("5.000e-1") && line.contains("7.000e0"), "{line}");
        Ok(())
    }

    #[test]
    fn a_kernel_near_the_smallest_floats_is_refused_not_answered_with_infinity() -> Result<()> {
        let tiny = kernel(array![[2e-320, 0.0], [0.0, 1e-320]], true);
        let regression = tiny.regression(&array![1.0, 2.0])?;
        let ridge = Regularization::RelativeTrace(1e-3);
        assert!(matches!(regression.ridge(ridge), Err(Error::Overflow { place: "kernel ridge" })));
        assert!(matches!(regression.solve(), Err(Error::Overflow { .. })));
        assert!(regression.posterior(ridge, &tiny, &tiny)?.mean.iter().all(|m| m.is_finite()));
        assert!(matches!(regression.leave_one_out(ridge), Err(Error::Overflow { .. })));
        Ok(())
    }

    #[test]
    fn bad_regularizations_and_cross_kernels_are_refused() -> Result<()> {
        let regression = kernel(Array2::eye(2), true).regression(&array![1.0, 2.0])?;
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            for regularization in [Regularization::Absolute(bad), Regularization::RelativeTrace(bad)] {
                match regression.ridge(regularization) {
                    Err(Error::Range { value, .. }) => assert!(value.to_bits() == bad.to_bits()),
                    other => panic!("{other:?}"),
                }
            }
        }
        let ridge = regression.ridge(Regularization::Absolute(1.0))?;
        let wide = ridge.predict(&kernel(Array2::ones((1, 3)), false));
        assert!(matches!(wide, Err(Error::Size { expected: 2, got: 3, .. })));
        let broken = ridge.predict(&kernel(array![[1.0, f64::NAN]], false));
        assert!(matches!(broken, Err(Error::NotFinite { row: 0, column: 1, .. })));
        Ok(())
    }
}
