//! What is trained: a network, its linearisation, or a model of one's own.

mod any;
mod linearised;
mod network;

pub use any::{AnyModel, NumberType};
pub use linearised::Linearised;

use crate::error::Result;
use crate::kernel::{Kernels, Outputs};
use crate::net::Network;
use crate::op::Parameter;
use ndarray::{Array2, ArrayView2};
use std::ops::Range;

/// Of rows of samples and the model's outputs there, `[rows, c]`: the loss summed over the rows, and its derivative by the outputs,
/// `[rows, c]`.
pub type RowLoss<'a, F> = dyn Fn(&Range<usize>, Array2<F>) -> (f64, Array2<F>) + Sync + 'a;

/// A differentiable model with the parameters of a network: the [network](Network) itself or its [linearisation](Linearised), in `f32`
/// or `f64`. With this trait a model of one's own can be trained too.
pub trait Model<F> {
    /// The architecture with the parameters as they are now.
    fn network(&self) -> &Network<F>;

    /// The parameters that are trained, in forward order.
    fn parameters_mut(&mut self) -> &mut [Parameter<F>];

    /// What the outputs are, in words: `network`. Two models that differ in it do not share a checkpoint.
    fn kind(&self) -> &'static str;

    /// What the outputs depend on besides the parameters, and training leaves as it is.
    fn fixed(&self) -> &[Parameter<F>] {
        &[]
    }

    /// Refuses parameters, which may have been set by hand, that do not fit what is [fixed](Model::fixed). Those of the network are checked
    /// anyway.
    ///
    /// # Errors
    /// Whatever fits.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Outputs `[n, c]` for `x: [n, d]`.
    ///
    /// # Errors
    /// As for [`Network::outputs`].
    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>>;

    /// `Jᵀ u` for `u: [n, c]`, one array per parameter and of its shape.
    ///
    /// # Errors
    /// As for [`Network::vector_jacobian`].
    fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>>;

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, c]`: what attacks on the input follow.
    ///
    /// # Errors
    /// As for [`Network::input_gradient`].
    fn input_gradient(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>>;

    /// The tangent kernel of `x: [n, d]` with itself.
    ///
    /// # Errors
    /// As for [`Network::kernel_of`].
    fn kernel_of(&self, outputs: Outputs, x: &Array2<f64>) -> Result<Kernels>;

    /// The loss summed over all rows of `x: [n, d]` and its gradient, one array per parameter; rows come in blocks, from several threads.
    /// Nothing is checked: a trainer has done so before the first step.
    fn loss_gradient(&self, x: ArrayView2<'_, F>, loss: &RowLoss<'_, F>) -> (f64, Vec<Array2<F>>);
}
