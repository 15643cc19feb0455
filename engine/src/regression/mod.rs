//! Kernel regression, exact in function space.
//!
//! The loss is the mean squared error `L = (1/n) Σ_i |f(x_i) - y_i|²`, summed over a point's outputs, so that gradient
//! descent with learning rate `η` on a network with constant tangent kernel `Θ` moves the residual `r = y - f` by
//! `r_{t+1} = (I - η (2/n) Θ) r_t`. One eigendecomposition gives every step of it.
//!
//! Targets are `[n]` or, for several outputs that share the kernel (`Θ ⊗ I`), `[n, outputs]`; what comes back has the same
//! axes, with times in front where there are several.
//!
//! | question | call |
//! |---|---|
//! | training by the squared error, to any time | [`KernelRegression::gradient_descent`], [`KernelRegression::gradient_flow`] |
//! | training by another loss | [`LossFlow`] |
//! | the end of training, with or without a ridge | [`KernelRegression::ridge`], [`KernelRegression::solve`] |
//! | a Gaussian process with this kernel | [`KernelRegression::posterior`] |
//! | the mean and covariance of trained networks over their initialisations | [`Kernels::ensemble`] |
//! | how far the kernel can be inverted | [`KernelRegression::condition`] |

mod condition;
mod decay;
mod ensemble;
mod flow;
mod gaussian_process;
mod loss;
mod ode;
mod regularization;
mod ridge;
mod shape;
mod trajectory;

pub use condition::Condition;
pub use ensemble::Ensemble;
pub use flow::{LossFlow, LossTrajectory};
pub use gaussian_process::Posterior;
pub use loss::{Logistic, Loss, SoftmaxCrossEntropy, SquaredError};
pub use ode::Integrator;
pub use regularization::Regularization;
pub use ridge::Ridge;
pub use trajectory::{LearningRate, Trajectory};

use crate::error::{Error, Result, check_input};
use crate::kernel::Kernel;
#[cfg(doc)]
use crate::kernel::Kernels;
use crate::linalg::SymmetricEigen;
use ndarray::{Array, Array2, Dimension, Ix1};
use shape::{columns, columns_like};
use std::sync::Arc;

/// A kernel's eigendecomposition with targets `[n]` or `[n, outputs]`: built by [`Kernel::regression`].
#[derive(Clone, Debug)]
pub struct KernelRegression<D: Dimension = Ix1> {
    eigen: Arc<SymmetricEigen>,
    /// `[n, outputs]`.
    target: Array2<f64>,
    /// `[n, outputs]`.
    initial: Array2<f64>,
    /// The targets' shape as given.
    shape: D,
}

impl Kernel {
    /// Kernel regression of `y: [n]` or `[n, outputs]`: decomposes the kernel once for all that follows.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets or targets of another length; [`Error::NotFinite`];
    /// [`Error::Indefinite`] for a kernel with an eigenvalue below rounding error.
    pub fn regression<D: Dimension>(&self, y: &Array<f64, D>) -> Result<KernelRegression<D>> {
        KernelRegression::new(self, y)
    }
}

impl<D: Dimension> KernelRegression<D> {
    fn new(kernel: &Kernel, y: &Array<f64, D>) -> Result<Self> {
        let place = "kernel regression";
        let values = kernel.of_one_set(place)?;
        let target = columns(place, y, values.nrows())?;
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
        Ok(Self { initial: Array2::zeros(target.dim()), eigen: Arc::new(eigen), target, shape: y.raw_dim() })
    }

    /// Starts from the outputs `f0` of a network at initialisation, in the shape of the targets, instead of from zero.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`].
    pub fn from_outputs(self, f0: &Array<f64, D>) -> Result<Self> {
        let initial = columns_like("initial outputs", f0, self.eigen.len(), &self.shape)?;
        Ok(Self { initial, ..self })
    }

    /// The eigenpairs of the kernel.
    pub fn eigen(&self) -> &SymmetricEigen {
        &self.eigen
    }

    /// How far the kernel can be inverted.
    pub fn condition(&self) -> Condition {
        Condition::new(&self.eigen, 0.0)
    }

    /// The rate `2 / λ_max((2/n) Θ)` `= n / λ_max(Θ)` at and beyond which gradient descent on the mean squared error diverges;
    /// infinite for a kernel that is zero.
    ///
    /// It belongs to this crate's loss `(1/n) Σ |f - y|²`. For the loss `(1/2n) Σ |f - y|²` it is twice this.
    pub fn max_learning_rate(&self) -> f64 {
        2.0 / self.hessian_max()
    }

    /// Largest eigenvalue of the loss's Hessian in function space, `(2/n) λ_max(Θ)`.
    fn hessian_max(&self) -> f64 {
        2.0 / self.eigen.len() as f64 * self.eigen.largest().max(0.0)
    }

    /// Gradient descent on the mean squared error; times are steps.
    ///
    /// # Errors
    /// [`Error::Diverges`] at or beyond [`KernelRegression::max_learning_rate`]; [`Error::Range`] for a rate that is not
    /// positive.
    pub fn gradient_descent(&self, rate: LearningRate) -> Result<Trajectory<D>> {
        Trajectory::descent(self, rate)
    }

    /// Gradient flow `df/dt = -(2/n) Θ (f - y)`; times are `η · steps`.
    pub fn gradient_flow(&self) -> Trajectory<D> {
        Trajectory::flow(self)
    }

    /// The interpolant's coefficients `Θ⁻¹ (y - f0)`, in the shape of the targets: the end of gradient descent.
    ///
    /// # Errors
    /// [`Error::Singular`] if an eigenvalue cannot be told from zero.
    pub fn solve(&self) -> Result<Array<f64, D>> {
        Ok(self.ridge(Regularization::Absolute(0.0))?.coefficients)
    }

    /// The kernel's condition with `λ`.
    fn regularized(&self, place: &'static str, regularization: Regularization) -> Result<Condition> {
        Ok(Condition::new(&self.eigen, regularization.lambda(place, &self.condition())?))
    }

    /// `y - f0` in the eigenbasis, `[n, outputs]`.
    fn residual_modes(&self) -> Array2<f64> {
        self.eigen.vectors.dot(&(&self.target - &self.initial))
    }

    /// Shape of the targets.
    fn shape(&self) -> &D {
        &self.shape
    }
}

/// The values of a kernel `[m, n]` between other points and the `n` training points.
fn cross_values<'a>(place: &'static str, cross: &'a Kernel, n: usize) -> Result<&'a Array2<f64>> {
    let values = cross.values();
    if values.ncols() != n {
        let what = "columns of the cross kernel (training points)";
        return Err(Error::Size { place, what, expected: n, got: values.ncols() });
    }
    check_input(place, values, None)?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernels, Route};
    use ndarray::{Array1, array};

    pub(super) fn kernel(values: Array2<f64>, symmetric: bool) -> Kernel {
        Kernels::new(values.clone(), values, symmetric, Route::Limit).ntk().clone()
    }

    /// The largest magnitude; NaN if there is one.
    pub(super) fn largest<D: Dimension>(a: &Array<f64, D>) -> f64 {
        a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
    }

    #[test]
    fn solve_inverts_and_refuses_a_singular_kernel() -> Result<()> {
        let values = array![[2.0, 0.5], [0.5, 1.0]];
        let y = array![1.0, -2.0];
        let coefficients = kernel(values.clone(), true).regression(&y)?.solve()?;
        let error = (&values.dot(&coefficients) - &y).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        assert!(error <= 1e-14, "{error}");
        let singular = kernel(Array2::ones((3, 3)), true).regression(&Array1::ones(3))?;
        assert!(matches!(singular.solve(), Err(Error::Singular { n: 3, .. })));
        assert!(singular.ridge(Regularization::Absolute(0.1)).is_ok());
        Ok(())
    }

    #[test]
    fn bad_targets_and_indefinite_kernels_are_refused() {
        let identity = kernel(Array2::eye(3), true);
        assert!(matches!(identity.regression(&Array1::ones(2)), Err(Error::Size { expected: 3, got: 2, .. })));
        assert!(matches!(identity.regression(&array![1.0, f64::NAN, 0.0]), Err(Error::NotFinite { row: 1, .. })));
        let indefinite = kernel(array![[1.0, 2.0], [2.0, 1.0]], true);
        assert!(matches!(indefinite.regression(&Array1::ones(2)), Err(Error::Indefinite { n: 2, .. })));
    }
}
