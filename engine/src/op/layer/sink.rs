//! What a reverse sweep hands over, and to whom.

use crate::linalg::Element;
use ndarray::{ArrayView2, CowArray, Ix2};

/// What an op hands over for a weight: its output is `gain H W`.
pub struct WeightVisit<'a, F> {
    /// The weight's number among the network's parameters, in forward order.
    pub parameter: usize,
    /// `H`, what the weight acts on, `[rows · positions, in]`.
    pub input: ArrayView2<'a, F>,
    /// `Δ`, the cotangent of the output, `[rows · positions, out]`.
    pub cotangent: ArrayView2<'a, F>,
    /// Positions per sample.
    pub positions: usize,
    /// What multiplies `H W`.
    pub gain: f64,
}

/// What an op hands over for a parameter with one number per channel.
pub struct VectorVisit<'a, F> {
    /// Its number among the network's, in forward order.
    pub parameter: usize,
    /// The derivative per sample without the gain, `[rows, channels]`.
    pub gradient: ArrayView2<'a, F>,
    /// What multiplies the parameter.
    pub gain: f64,
}

/// A consumer of a reverse sweep. A parameter that acts several times is visited as often: its derivative is the sum.
pub trait Sink<F: Element> {
    /// A reverse pass begins, that of the `index`-th cotangent of the block.
    fn start(&mut self, _index: usize) {}
    /// A weight.
    fn weight(&mut self, visit: WeightVisit<'_, F>);
    /// A parameter with one number per channel.
    fn vector(&mut self, visit: VectorVisit<'_, F>);
}

/// Sums over the positions of each sample: `[rows · positions, c] -> [rows, c]`.
pub(crate) fn sum_positions<'a, F: Element>(values: ArrayView2<'a, F>, positions: usize) -> CowArray<'a, F, Ix2> {
    if positions == 1 {
        return values.into();
    }
    let mut sums = ndarray::Array2::zeros((values.nrows() / positions, values.ncols()));
    for (block, mut sum) in values.axis_chunks_iter(ndarray::Axis(0), positions).zip(sums.rows_mut()) {
        for row in block.rows() {
            sum += &row;
        }
    }
    sums.into()
}
