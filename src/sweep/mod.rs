//! One reverse sweep, many sinks.
//!
//! A sweep visits every dense layer with the pair `(H, Δ)`: its input `[n, in]` and the cotangent of its output `[n, out]`.
//! What is done with the pair is a [`Sink`](crate::op::Sink): the gradient sums `Hᵀ Δ`, the Jacobian keeps `vec(h_i δ_iᵀ)`, and the tangent
//! Gram forms `(H H'ᵀ) ∘ (Δ Δ'ᵀ)`. They share the sweep, so they cannot disagree.
//!
//! Samples are swept in blocks of [`ROWS`] and, where the architecture allows it, units in slices of [`UNITS`], so that the
//! arrays of a sweep stay in cache and memory does not grow with the width. Block sizes are constants: the result does not
//! depend on the number of threads.

mod gradient;
mod jacobian;
mod pairs;

pub(crate) use gradient::{gradient, outputs};
pub(crate) use jacobian::jacobian;
pub(crate) use pairs::TangentGram;

use crate::linalg::Scalar;
use crate::op::{DenseParameters, DenseView, Layer, Op, Split};
use std::ops::Range;

/// Samples per block of a sweep.
pub const ROWS: usize = 32;
/// Units per slice of a streamed sweep.
pub const UNITS: usize = 512;

/// How a network is cut into slices of units.
pub(crate) struct Slices {
    /// One entry per dense layer, forward order.
    pub splits: Vec<Split>,
    /// Unit ranges; a single one when the network is not cut.
    pub ranges: Vec<Range<usize>>,
}

impl Slices {
    /// Cuts a network whose units do not mix before its last dense layer: `f = Σ_u w_u h_u(x)`.
    pub fn of<F>(layer: &Layer, parameters: &[DenseParameters<F>]) -> Self {
        let whole =
            Self { splits: vec![Split::Whole; parameters.len()], ranges: std::iter::once(0..usize::MAX).collect() };
        let (Layer::Serial(_), [before @ .., last]) = (layer, layer.children()) else { return whole };
        let Layer::Dense(_) = last else { return whole };
        let mut splits = Vec::new();
        let cut = before.iter().try_fold(Split::Whole, |split, layer| layer.splits(split, &mut splits));
        let Some(readout) = parameters.last().filter(|_| cut == Some(Split::Outputs)) else { return whole };
        splits.push(Split::Inputs);
        let width = readout.weight.nrows();
        let ranges = (0..width).step_by(UNITS).map(|start| start..(start + UNITS).min(width)).collect();
        Self { splits, ranges }
    }

    /// The parameters of one slice.
    pub fn view<'a, F: Scalar>(
        &self,
        parameters: &'a [DenseParameters<F>],
        units: &Range<usize>,
    ) -> Vec<DenseView<'a, F>> {
        parameters.iter().zip(&self.splits).map(|(p, &split)| p.view(split, units)).collect()
    }
}

/// Row ranges of the blocks of `n` samples.
pub(crate) fn row_blocks(n: usize) -> Vec<Range<usize>> {
    (0..n).step_by(ROWS).map(|start| start..(start + ROWS).min(n)).collect()
}
