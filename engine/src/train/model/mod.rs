//! What is trained: a network, its linearisation, or a model of one's own.

mod any;
mod linearised;
mod network;

pub use any::{AnyModel, NumberType};
pub use linearised::Linearised;

use crate::error::{Error, Result, all_finite, check_finite};
use crate::kernel::{Kernels, Outputs};
use crate::net::{Network, Networks};
use crate::op::Parameter;
use ndarray::{Array2, ArrayView2, s};
use std::ops::Range;

/// Of rows of samples and the model's outputs there, `[rows, c]`: the loss summed over the rows, and its derivative by the outputs,
/// `[rows, c]`.
pub type RowLoss<'a, F> = dyn Fn(&Range<usize>, Array2<F>) -> (f64, Array2<F>) + Sync + 'a;

/// A differentiable model around a network: the [network](Network) itself or its [linearisation](Linearised), in `f32` or `f64`. With this
/// trait a model of one's own can be trained too: a network whose outputs go through something else that has parameters, say. What is
/// asked for without a default is all that [training](crate::train::Trainer) needs.
pub trait Model<F: Networks> {
    /// The network with its parameters as they are now.
    fn network(&self) -> &Network<F>;

    /// The parameters that are trained: those of the network unless there are [others](Parameter::new) besides.
    fn parameters(&self) -> Vec<&Parameter<F>> {
        self.network().parameters().iter().collect()
    }

    /// The same, to be changed.
    fn parameters_mut(&mut self) -> Vec<&mut Parameter<F>>;

    /// The number `c` of outputs: that of the network unless the model makes others of them.
    fn outputs_count(&self) -> usize {
        self.network().outputs_count()
    }

    /// Refuses points that are no input of the model: those that are none of the network unless what the network reads is made of them.
    ///
    /// # Errors
    /// Bad input, said to be that of `place`.
    fn check_input(&self, place: &'static str, x: &Array2<f64>) -> Result<()> {
        self.network().check(place, x)
    }

    /// What the outputs are, in words: `network`. Two models that differ in it do not share a checkpoint.
    fn kind(&self) -> &'static str;

    /// What the outputs depend on besides the parameters, and training leaves as it is.
    fn fixed(&self) -> &[Parameter<F>] {
        &[]
    }

    /// Refuses parameters, which may have been set by hand, that do not fit what is [fixed](Model::fixed). Those of the network are checked
    /// with the input.
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
    fn vector_jacobian(&self, u: &Array2<f64>, x: &Array2<f64>) -> Result<Vec<Array2<F>>> {
        let place = "vector-Jacobian product";
        self.check_input(place, x)?;
        self.check()?;
        for (what, expected, got) in
            [("rows of u", x.nrows(), u.nrows()), ("columns of u", self.outputs_count(), u.ncols())]
        {
            if expected != got {
                return Err(Error::Size { place, what, expected, got });
            }
        }
        check_finite(place, u)?;
        let u = u.mapv(F::of);
        let (_, product) =
            self.loss_gradient(x.mapv(F::of).view(), &|rows, _| (0.0, u.slice(s![rows.clone(), ..]).to_owned()));
        if product.iter().all(all_finite) { Ok(product) } else { Err(Error::Overflow { place }) }
    }

    /// `Σ_c u_ic ∂f_c(x_i)/∂x_i`, `[n, d]`, for `u: [n, c]`: what attacks on the input follow.
    ///
    /// # Errors
    /// As for [`Network::input_gradient`]; [`Error::Unlike`] for a model that has none.
    fn input_gradient(&self, _u: &Array2<f64>, _x: &Array2<f64>) -> Result<Array2<f64>> {
        let reason = "this model has no derivative in its input";
        Err(Error::Unlike { place: "input gradient", reason })
    }

    /// The tangent kernel of `x: [n, d]` with itself.
    ///
    /// # Errors
    /// As for [`Network::kernel_of`]; [`Error::Unlike`] for a model that has none.
    fn kernel_of(&self, _outputs: Outputs, _x: &Array2<f64>) -> Result<Kernels> {
        let reason = "kernels are those of a network or its linearisation, and this model is another";
        Err(Error::Unlike { place: "tangent kernel", reason })
    }

    /// The loss summed over all rows of `x: [n, d]` and its gradient, one array per parameter; rows come in blocks, from several threads.
    /// Nothing is checked: a trainer has done so before the first step.
    fn loss_gradient(&self, x: ArrayView2<'_, F>, loss: &RowLoss<'_, F>) -> (f64, Vec<Array2<F>>);
}
