//! A network as a sweep sees it.

use crate::linalg::Scalar;
use crate::op::{Batch, Layer, Parameter, ParameterView, Scope, Shape, Split};
use ndarray::{Array2, ArrayView2, s};
use std::ops::Range;

/// A network as a sweep sees it.
#[derive(Clone, Copy)]
pub struct Model<'a, F> {
    /// The tree.
    pub layer: &'a Layer,
    /// In forward order.
    pub parameters: &'a [Parameter<F>],
    /// Shape of the input.
    pub input: Shape,
    /// Shape of the output.
    pub output: Shape,
    /// What [`Width::Hidden`](crate::op::Width::Hidden) stands for.
    pub hidden: Option<usize>,
}

impl<'a, F: Scalar> Model<'a, F> {
    /// Parameters, none of them cut.
    pub fn whole(&self) -> Vec<ParameterView<'a, F>> {
        self.parameters.iter().map(|p| p.view(Split::Whole, &(0..0))).collect()
    }

    /// The batch of some rows of `x: [n, inputs]`.
    pub fn batch(&self, x: &ArrayView2<'_, F>, rows: Range<usize>) -> Batch<F> {
        Batch::from_rows(x.slice(s![rows, ..]), self.input)
    }

    /// What the layers read in a pass over `origin` with `views` of the parameters.
    pub fn scope<'b>(&self, views: &'b [ParameterView<'b, F>], origin: &'b Batch<F>) -> Scope<'b, F> {
        Scope { parameters: views, origin, origin_tangent: None, origin_cotangent: None, hidden: self.hidden }
    }

    /// The cotangent of `rows` samples that picks output `o`.
    pub fn pick(&self, rows: usize, o: usize) -> Array2<F> {
        let (positions, channels) = (self.output.positions(), self.output.channels);
        let mut cotangent = Array2::zeros((rows * positions, channels));
        cotangent.slice_mut(s![o / channels..;positions, o % channels]).fill(F::one());
        cotangent
    }
}
