//! A network as a sweep sees it.

use super::{WHOLE_POSITIONS, WHOLE_ROWS};
use crate::linalg::{Element, Scalar};
use crate::op::{Layer, Parameter, Role, Shape};
use ndarray::Array2;

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

impl<F: Scalar> Model<'_, F> {
    /// The cotangent of `rows` samples that picks output `o`, `[rows, out]`.
    pub fn pick<E: Element<Real = F>>(&self, rows: usize, o: usize) -> Array2<E> {
        let mut cotangent = Array2::zeros((rows, self.output.len()));
        cotangent.column_mut(o).fill(E::one());
        cotangent
    }

    /// Samples per block of a sweep that is not streamed.
    pub fn block(&self) -> usize {
        let positions = self.parameters.iter().map(|p| p.slot().positions).max().unwrap_or(1);
        (WHOLE_POSITIONS / positions.max(1)).clamp(1, WHOLE_ROWS)
    }

    /// Numbers per sample of the products of values with weights in a forward and a reverse pass, in which every weight acts once.
    pub fn products(&self) -> usize {
        let weights = self.parameters.iter().filter(|p| p.slot().role == Role::Weight);
        weights.map(|p| p.slot().positions * (p.values.nrows() + p.values.ncols())).sum()
    }

    /// Number of parameters, counted number by number.
    pub fn numbers(&self) -> usize {
        self.parameters.iter().map(|p| p.values.len()).sum()
    }
}
