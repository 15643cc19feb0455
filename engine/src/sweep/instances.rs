//! The sweeps, compiled once per number type.

use super::gradient::SampleLoss;
use super::{Features, Gram, Model, Request, Shares, Sweep, TangentGram};
use super::{features, gradient, gram, gram_derivative, input, jacobian};
use crate::instances::instances;
use crate::linalg::{Element, Scalar, ValueTape};
use crate::number::Dual;
use crate::progress::Task;
use ndarray::{Array2, ArrayView2};

instances! {
    /// The sweeps of a number type.
    pub trait Sweeps: Scalar {
        /// Network outputs `[n, out]` for `x: [n, inputs]`.
        fn outputs(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self> = outputs;
        /// Outputs and their derivative along a direction in the parameters, each `[n, out]`.
        fn outputs_along(
            model: &Model<'_, Self>, along: &[Array2<Self>], x: ArrayView2<'_, Self>,
        ) -> [Array2<Self>; 2] = outputs_along;
        /// The derivative of the outputs along a direction in the input, `[n, out]`.
        fn outputs_along_input(
            model: &Model<'_, Self>, along: ArrayView2<'_, Self>, x: ArrayView2<'_, Self>,
        ) -> Array2<Self> = outputs_along_input;
        /// `∂L/∂parameters` for the output cotangent `∂L/∂f: [n, out]`.
        fn gradient(
            model: &Model<'_, Self>, x: ArrayView2<'_, Self>, cotangent: ArrayView2<'_, Self>,
        ) -> Vec<Array2<Self>> = gradient;
        /// `L` and `∂L/∂parameters`: of a loss that is a sum over groups of neighbouring samples.
        fn loss_gradient(
            model: &Model<'_, Self>, x: ArrayView2<'_, Self>, group: usize, loss: &SampleLoss<'_, Self>,
        ) -> (f64, Vec<Array2<Self>>) = loss_gradient;
        /// The derivative of `∂L/∂parameters` along a direction in the parameters: the Hessian's product with it. With a tape that
        /// products at the same parameters, points and loss share.
        fn loss_gradient_along(
            model: &Model<'_, Self>, along: &[Array2<Self>], x: ArrayView2<'_, Self>, loss: &SampleLoss<'_, Dual<Self>>,
            tape: Option<&ValueTape<Self>>,
        ) -> Vec<Array2<Self>> = loss_gradient_along;
        /// `∂f_c(x_i)/∂parameters` as `[n · out, p]`.
        fn jacobian(model: &Model<'_, Self>, x: ArrayView2<'_, Self>) -> Array2<Self> = jacobian_of;
        /// The cotangent of the input `[n, inputs]` for that of the outputs `[n, out]`.
        fn input_gradient(
            model: &Model<'_, Self>, x: ArrayView2<'_, Self>, cotangent: ArrayView2<'_, Self>,
        ) -> Array2<Self> = input_gradient;
        /// Its derivative along a direction in the parameters.
        fn input_gradient_along(
            model: &Model<'_, Self>, along: &[Array2<Self>], x: ArrayView2<'_, Self>, cotangent: ArrayView2<'_, Self>,
        ) -> Array2<Self> = input_gradient_along;
        /// The tangent Gram, its shares summed as `shares` says.
        fn tangent_gram(model: &Model<'_, Self>, gram: &Gram<'_, Self>, shares: &Shares) -> TangentGram = gram::compute;
        /// The derivative of the tangent Gram along a direction in the parameters, with a weight per parameter.
        fn tangent_gram_along(
            model: &Model<'_, Self>, along: &[Array2<Self>], x: ArrayView2<'_, Self>, weights: &[f64],
        ) -> Array2<f64> = gram_derivative::compute;
        /// The features of a set of samples.
        fn features(
            model: &Model<'_, Self>, request: &Request<'_>, x: ArrayView2<'_, Self>,
        ) -> Features<Self> = features::of;
        /// The shares of a panel's samples with another's, or with its own.
        fn panel(
            left: &Features<Self>, right: Option<&Features<Self>>, b: usize, shares: &Shares, counted: (&Task, u64),
        ) -> Vec<Array2<f64>> = gram::panel;
    }
}

fn outputs<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
    gradient::outputs(&Sweep::<F>::new(model, x))
}

fn outputs_along<F: Scalar>(model: &Model<'_, F>, along: &[Array2<F>], x: ArrayView2<'_, F>) -> [Array2<F>; 2] {
    let outputs = gradient::outputs(&Sweep::<Dual<F>>::new(model, x).along(along));
    [outputs.mapv(|f| f.value), outputs.mapv(|f| f.tangent)]
}

fn outputs_along_input<F: Scalar>(model: &Model<'_, F>, along: ArrayView2<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
    gradient::outputs(&Sweep::<Dual<F>>::new(model, x).along_input(along)).mapv(|f| f.tangent)
}

fn gradient<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>, cotangent: ArrayView2<'_, F>) -> Vec<Array2<F>> {
    gradient::gradient(&Sweep::<F>::new(model, x), cotangent)
}

fn loss_gradient<F: Scalar>(
    model: &Model<'_, F>,
    x: ArrayView2<'_, F>,
    group: usize,
    loss: &SampleLoss<'_, F>,
) -> (f64, Vec<Array2<F>>) {
    gradient::loss_gradient(&Sweep::<F>::new(model, x), group, loss)
}

fn loss_gradient_along<F: Scalar>(
    model: &Model<'_, F>,
    along: &[Array2<F>],
    x: ArrayView2<'_, F>,
    loss: &SampleLoss<'_, Dual<F>>,
    tape: Option<&ValueTape<F>>,
) -> Vec<Array2<F>> {
    gradient::loss_gradient(&Sweep::<Dual<F>>::new(model, x).along(along).with_tape(tape), 1, loss).1
}

fn jacobian_of<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
    jacobian::jacobian(&Sweep::<F>::new(model, x))
}

fn input_gradient<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>, cotangent: ArrayView2<'_, F>) -> Array2<F> {
    input::input_gradient(&Sweep::<F>::new(model, x), cotangent)
}

fn input_gradient_along<F: Scalar>(
    model: &Model<'_, F>,
    along: &[Array2<F>],
    x: ArrayView2<'_, F>,
    cotangent: ArrayView2<'_, F>,
) -> Array2<F> {
    let cotangent = Dual::joined(cotangent, None);
    input::input_gradient(&Sweep::new(model, x).along(along), cotangent.view()).mapv(|d| d.tangent)
}
