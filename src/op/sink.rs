//! What a reverse sweep hands over, and to whom.

use crate::linalg::Scalar;
use ndarray::ArrayView2;

/// What a dense layer hands to a sink: `y = gain x W + bias_gain b`.
pub struct DenseVisit<'a, F> {
    /// `H`, the layer's input, `[rows, in]`.
    pub input: ArrayView2<'a, F>,
    /// `Δ`, the cotangent of its output, `[rows, out]`.
    pub cotangent: ArrayView2<'a, F>,
    /// What multiplies `x W`.
    pub gain: f64,
    /// What multiplies the bias; `None` without one.
    pub bias_gain: Option<f64>,
}

/// A consumer of a reverse sweep. Dense layers are visited last to first.
pub trait Sink<F: Scalar> {
    /// Called once per dense layer and sweep.
    fn dense(&mut self, visit: DenseVisit<'_, F>);
}
