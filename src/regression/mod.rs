//! Kernel regression, exact in function space.
//!
//! The loss is the mean squared error `L = (1/n) Σ_i (f(x_i) - y_i)²`, so that gradient descent with learning rate `η` on a
//! network with constant tangent kernel `Θ` moves the residual `r = y - f` by `r_{t+1} = (I - η (2/n) Θ) r_t`. One
//! eigendecomposition gives every step of it.

mod trajectory;

pub use trajectory::{LearningRate, Trajectory};

use crate::error::{Error, Result, check_target};
use crate::kernel::Kernel;
use crate::linalg::SymmetricEigen;
use ndarray::{Array1, Axis};
use std::sync::Arc;

/// A kernel's eigendecomposition with a target: built by [`Kernel::regression`].
#[derive(Clone, Debug)]
pub struct KernelRegression {
    eigen: Arc<SymmetricEigen>,
    target: Array1<f64>,
    initial: Array1<f64>,
}

impl Kernel {
    /// Kernel regression of `y: [n]`: decomposes the kernel once for all that follows.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets or a target of another length; [`Error::NotFinite`];
    /// [`Error::Indefinite`] for a kernel with an eigenvalue below rounding error.
    pub fn regression(&self, y: &Array1<f64>) -> Result<KernelRegression> {
        KernelRegression::new(self, y)
    }
}

impl KernelRegression {
    fn new(kernel: &Kernel, y: &Array1<f64>) -> Result<Self> {
        let place = "kernel regression";
        let values = kernel.of_one_set(place)?;
        check_target(place, y, values.nrows())?;
        let eigen = SymmetricEigen::new(values)?;
        // Rounding may push zero eigenvalues a little below zero, never further.
        if !(eigen.smallest() >= -10.0 * eigen.noise()) {
            return Err(Error::Indefinite {
                place,
                n: eigen.len(),
                smallest: eigen.smallest(),
                largest: eigen.largest(),
            });
        }
        Ok(Self { initial: Array1::zeros(y.len()), eigen: Arc::new(eigen), target: y.clone() })
    }

    /// Starts from the outputs `f0: [n]` of a network at initialisation instead of from zero.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`].
    pub fn from_outputs(self, f0: &Array1<f64>) -> Result<Self> {
        check_target("initial outputs", f0, self.target.len())?;
        Ok(Self { initial: f0.clone(), ..self })
    }

    /// The eigenpairs of the kernel.
    pub fn eigen(&self) -> &SymmetricEigen {
        &self.eigen
    }

    /// Gradient descent on the mean squared error; times are steps.
    ///
    /// # Errors
    /// [`Error::Diverges`] at or beyond `2/λ_max` of the Hessian `(2/n) Θ`; [`Error::Range`] for a rate that is not positive.
    pub fn gradient_descent(&self, rate: LearningRate) -> Result<Trajectory> {
        Trajectory::descent(self.eigen.clone(), &self.target - &self.initial, self.initial.clone(), rate)
    }

    /// Gradient flow `df/dt = -(2/n) Θ (f - y)`; times are `η · steps`.
    pub fn gradient_flow(&self) -> Trajectory {
        Trajectory::flow(self.eigen.clone(), &self.target - &self.initial, self.initial.clone())
    }

    /// The interpolant's coefficients `Θ⁻¹ (y - f0)`, `[n]`: the end of gradient descent.
    ///
    /// # Errors
    /// [`Error::Singular`] if an eigenvalue cannot be told from zero.
    pub fn solve(&self) -> Result<Array1<f64>> {
        self.ridge(0.0)
    }

    /// Kernel ridge coefficients `(Θ + λ I)⁻¹ (y - f0)`, `[n]`, with `λ` absolute.
    ///
    /// # Errors
    /// [`Error::Range`] for a negative or non-finite `λ`; [`Error::Singular`] if `Θ + λ I` is singular.
    pub fn ridge(&self, lambda: f64) -> Result<Array1<f64>> {
        if !(lambda >= 0.0 && lambda.is_finite()) {
            return Err(Error::Range {
                place: "kernel ridge",
                what: "λ",
                value: lambda,
                legal: "finite and at least 0",
            });
        }
        let shifted = &self.eigen.values + lambda;
        if !(shifted[0] > self.eigen.noise()) {
            return Err(Error::Singular {
                place: "kernel ridge",
                n: self.eigen.len(),
                smallest: shifted[0],
                largest: self.eigen.largest() + lambda,
            });
        }
        let coefficients = self.eigen.vectors.dot(&(&self.target - &self.initial)) / shifted;
        Ok(self.eigen.vectors.t().dot(&coefficients.insert_axis(Axis(1))).remove_axis(Axis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::{Array2, array};

    fn kernel(values: Array2<f64>) -> Kernel {
        Kernels::new(values.clone(), values, true, Route::Limit).ntk().clone()
    }

    #[test]
    fn solve_inverts_and_refuses_a_singular_kernel() -> Result<()> {
        let values = array![[2.0, 0.5], [0.5, 1.0]];
        let y = array![1.0, -2.0];
        let coefficients = kernel(values.clone()).regression(&y)?.solve()?;
        let error = (&values.dot(&coefficients) - &y).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        assert!(error <= 1e-14, "{error}");
        let singular = kernel(Array2::ones((3, 3))).regression(&Array1::ones(3))?;
        assert!(matches!(singular.solve(), Err(Error::Singular { n: 3, .. })));
        assert!(singular.ridge(0.1).is_ok());
        Ok(())
    }

    #[test]
    fn bad_targets_and_indefinite_kernels_are_refused() {
        let identity = kernel(Array2::eye(3));
        assert!(matches!(identity.regression(&Array1::ones(2)), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(identity.regression(&array![1.0, f64::NAN, 0.0]), Err(Error::NotFinite { row: 1, .. })));
        let indefinite = kernel(array![[1.0, 2.0], [2.0, 1.0]]);
        assert!(matches!(indefinite.regression(&Array1::ones(2)), Err(Error::Indefinite { n: 2, .. })));
    }
}
