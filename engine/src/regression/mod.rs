//! Kernel regression, exact in function space.
//!
//! The loss is the mean squared error `L = (1/n) Σ_i |f(x_i) - y_i|²`, summed over a point's outputs, so that gradient
//! descent with learning rate `η` on a network with constant tangent kernel `Θ` moves the residual `r = y - f` by
//! `r_{t+1} = (I - η (2/n) Θ) r_t`. One eigendecomposition gives every step of it.
//!
//! Targets are `[n]` or, for several outputs that share the kernel (`Θ ⊗ I`), `[n, outputs]`; for a full kernel of `c` outputs, which
//! couples them, they are `[n, c]`. What comes back has the same axes, with times in front where there are several. `n` is the number
//! of points everywhere.
//!
//! A kernel knows how well its entries are known ([`Kernel::precision`]); what is below that [noise](crate::kernel::Precision::noise) is
//! neither inverted nor called indefinite. Results have the same bits on any number of threads.
//!
//! | question | call |
//! |---|---|
//! | training by the squared error, to any time | [`KernelRegression::gradient_descent`], [`KernelRegression::gradient_flow`] |
//! | training by another loss | [`LossFlow`] |
//! | the end of training, with or without a ridge | [`KernelRegression::ridge`], [`KernelRegression::solve`] |
//! | the best of several ridges, by leave-one-out, generalised cross-validation or other points | [`KernelRegression::ridge_by`] |
//! | a Gaussian process with this kernel | [`KernelRegression::posterior`], [`KernelRegression::log_marginal_likelihood`] |
//! | the mean and covariance of trained networks over their initialisations | [`Kernels::ensemble`] |
//! | predictions with a limit kernel as a function of the point, with its gradient | [`Net::limit_predictor`](crate::net::Net::limit_predictor) |
//! | how far the kernel can be inverted | [`KernelRegression::condition`] |

mod axes;
mod condition;
mod decay;
mod decomposition;
mod ensemble;
mod first_time;
mod flow;
mod gaussian_process;
mod limit_predictor;
mod loss;
mod ode;
mod posterior_samples;
mod regularization;
mod ridge;
mod ridge_path;
mod trajectory;

pub use condition::Condition;
pub use ensemble::Ensemble;
pub use flow::{LossFlow, LossTrajectory};
pub use gaussian_process::Posterior;
pub use limit_predictor::LimitPredictor;
pub use loss::{Logistic, Loss, MeanSquaredError, SoftmaxCrossEntropy, SquaredError};
pub use ode::Integrator;
pub use regularization::Regularization;
pub use ridge::Ridge;
pub use ridge_path::{RidgeChoice, RidgePath};
pub use trajectory::{LearningRate, Trajectory};

use crate::error::{Result, check_memory};
use crate::kernel::Kernel;
use crate::linalg::{SymmetricEigen, multiply};
#[cfg(doc)]
use crate::{error::Error, kernel::Kernels};
use axes::Axes;
use decomposition::Decomposition;
use ndarray::{Array, Array2, Dimension, Ix1};
use std::sync::Arc;

/// A kernel's eigendecomposition with targets `[n]` or `[n, outputs]`: built by [`Kernel::regression`].
#[derive(Clone)]
pub struct KernelRegression<D: Dimension = Ix1> {
    kernel: Arc<Decomposition>,
    axes: Axes<D>,
    /// `[n c, columns]`.
    target: Array2<f64>,
    /// `[n c, columns]`.
    initial: Array2<f64>,
}

impl Kernel {
    /// Kernel regression of `y: [n]` or `[n, outputs]`, for a full kernel of `c` outputs `[n, c]`: decomposes the kernel once for all
    /// that follows.
    ///
    /// # Errors
    /// [`Error::Size`] for a kernel between two sets or targets of another shape; [`Error::NotFinite`];
    /// [`Error::Indefinite`] for a kernel with an eigenvalue below zero by more than its noise; [`Error::Memory`].
    pub fn regression<D: Dimension>(&self, y: &Array<f64, D>) -> Result<KernelRegression<D>> {
        let place = "kernel regression";
        self.of_one_set(place)?;
        let (points, _) = self.points();
        let (axes, target) = Axes::new(place, y, points, self.outputs())?;
        let kernel = Arc::new(Decomposition::new(place, self)?);
        Ok(KernelRegression { kernel, axes, initial: Array2::zeros(target.dim()), target })
    }
}

impl<D: Dimension> KernelRegression<D> {
    /// Starts from the outputs `f0` of a network at initialisation, in the shape of the targets, instead of from zero.
    ///
    /// # Errors
    /// [`Error::Size`], [`Error::NotFinite`].
    pub fn from_outputs(self, f0: &Array<f64, D>) -> Result<Self> {
        let initial = self.axes.matrix("initial outputs", f0, self.kernel.points())?;
        Ok(Self { initial, ..self })
    }

    /// The eigenpairs of the kernel, `[n]`, or `[n · c]` for a full kernel of `c` outputs.
    pub fn eigen(&self) -> &SymmetricEigen {
        &self.kernel.eigen
    }

    /// How far the kernel can be inverted.
    pub fn condition(&self) -> Condition {
        self.kernel.condition(0.0)
    }

    /// The loss that training minimises; its curvature turns an eigenvalue of the kernel into one of the Hessian.
    pub fn loss(&self) -> MeanSquaredError {
        self.kernel.loss()
    }

    /// The rate `2 / λ_max((2/n) Θ)` `= n / λ_max(Θ)` at and beyond which gradient descent on the mean squared error diverges;
    /// infinite for a kernel that is zero. `n` is the number of points, whatever the number of outputs.
    ///
    /// It belongs to this crate's loss `(1/n) Σ |f - y|²`. For the loss `(1/2n) Σ |f - y|²` it is twice this.
    pub fn max_learning_rate(&self) -> f64 {
        2.0 / self.hessian_max()
    }

    /// Largest eigenvalue of the loss's Hessian in function space, `(2/n) λ_max(Θ)`.
    fn hessian_max(&self) -> f64 {
        self.loss().curvature() * self.eigen().largest().max(0.0)
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
    /// [`Error::Singular`] if an eigenvalue cannot be told from zero; [`Error::Memory`].
    pub fn solve(&self) -> Result<Array<f64, D>> {
        Ok(self.ridge(0.0)?.coefficients)
    }

    /// The kernel's condition with `λ`.
    fn regularized(&self, place: &'static str, regularization: Regularization) -> Result<Condition> {
        Ok(self.kernel.condition(regularization.lambda(place, &self.condition())?))
    }

    /// `y - f0` in the eigenbasis, `[n c, columns]`.
    fn residual_modes(&self) -> Array2<f64> {
        multiply(&self.eigen().vectors, &(&self.target - &self.initial))
    }

    /// # Errors
    /// [`Error::Memory`] without room for as many arrays like the targets.
    fn check_memory(&self, place: &'static str, arrays: usize) -> Result<()> {
        check_memory(place, &[arrays, self.target.len()])
    }
}

impl<D: Dimension> std::fmt::Debug for KernelRegression<D> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kernel regression: {} outputs each, {}", self.axes.per_point(), self.condition())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
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
