//! One reverse sweep, many sinks.
//!
//! A sweep visits every weight with the pair `(H, Δ)`: what it acts on, `[n · positions, in]`, and the cotangent of its
//! output, `[n · positions, out]`. What is done with the pair is a [`Sink`](crate::op::Sink): the gradient sums `Hᵀ Δ`, the
//! Jacobian keeps `vec(h_i δ_iᵀ)`, and the tangent Gram forms `(H H'ᵀ) ∘ (Δ Δ'ᵀ)`. They share the sweep, so they cannot
//! disagree.
//!
//! Samples are swept in blocks of rows and, where the architecture allows it, units in slices of [`SLICE_BYTES`] per row, so that the
//! arrays of a sweep stay in cache and memory does not grow with the width. Block sizes depend on the problem alone: the
//! result does not depend on the number of threads.

mod compiled;
mod directions;
mod features;
mod gradient;
mod gram;
mod jacobian;
mod model;
mod ordered;
mod streamed;
mod tangent;

pub(crate) use compiled::Sweeps;
pub(crate) use directions::Directions;
pub(crate) use features::{Features, Request};
pub(crate) use gram::{Gram, Shares, TangentGram};
pub(crate) use model::Model;

use crate::linalg::Scalar;
use crate::op::{Layer, Op, Parameter, ParameterView, Split};
use std::ops::Range;

/// Samples per block of a streamed sweep.
pub const ROWS: usize = 32;
/// Samples per block of a sweep that is not streamed: a block passes over every weight, so it should not be small.
pub const WHOLE_ROWS: usize = 256;
/// Bytes of a row of a slice of units of a streamed sweep: 512 units in `f64`, 1024 in `f32`.
pub const SLICE_BYTES: usize = 4096;

/// How a network is cut into slices of units.
pub(crate) struct Slices {
    /// One entry per parameter, forward order.
    pub splits: Vec<Split>,
    /// Unit ranges; a single one when the network is not cut.
    pub ranges: Vec<Range<usize>>,
}

impl Slices {
    /// Cuts a network whose units do not mix before its last dense layer: `f = Σ_u w_u h_u(x)`.
    pub fn of<F: Scalar>(model: &Model<'_, F>) -> Self {
        let count = model.parameters.len();
        let whole = Self { splits: vec![Split::Whole; count], ranges: std::iter::once(0..usize::MAX).collect() };
        let (Layer::Serial(_), [before @ .., last]) = (model.layer, model.layer.children()) else { return whole };
        let (Layer::Dense(_), 1) = (last, model.output.positions()) else { return whole };
        let mut splits = Vec::new();
        let cut = before.iter().try_fold(Split::Whole, |split, layer| layer.splits(split, &mut splits));
        let Some(readout) = model.parameters.get(splits.len()).filter(|_| cut == Some(Split::Outputs)) else {
            return whole;
        };
        // A parameter before the first dense layer belongs to all slices at once: its cotangent is a sum over them.
        if splits.contains(&Split::Whole) {
            return whole;
        }
        let width = readout.values.nrows();
        splits.push(Split::Inputs);
        splits.resize(count, Split::First);
        let units = SLICE_BYTES / size_of::<F>();
        let ranges = (0..width).step_by(units).map(|start| start..(start + units).min(width)).collect();
        Self { splits, ranges }
    }

    /// True if there is more than one slice.
    pub fn is_cut(&self) -> bool {
        self.ranges.len() > 1
    }

    /// Samples per block.
    pub fn rows(&self) -> usize {
        if self.is_cut() { ROWS } else { WHOLE_ROWS }
    }

    /// The parameters of one slice.
    pub fn view<'a, F: Scalar>(
        &self,
        parameters: &'a [Parameter<F>],
        units: &Range<usize>,
    ) -> Vec<ParameterView<'a, F>> {
        parameters.iter().zip(&self.splits).map(|(p, &split)| p.view(split, units)).collect()
    }
}

/// Blocks of at most `rows` of `n` samples; two at least, so that a second core has work, where there are enough for both.
pub(crate) fn row_blocks(n: usize, rows: usize) -> Vec<Range<usize>> {
    ranges(n, n.div_ceil(rows.max(1)).max(n.div_ceil(ROWS).min(2)))
}

/// As [`row_blocks`], of whole groups of `group` neighbouring samples.
fn group_blocks(n: usize, rows: usize, group: usize) -> Vec<Range<usize>> {
    let groups = n / group.max(1);
    let blocks = ranges(groups, row_blocks(n, rows).len().min(groups));
    blocks.into_iter().map(|block| block.start * group..block.end * group).collect()
}

/// Panels of at most `rows` of `n` samples.
pub(crate) fn panels(n: usize, rows: usize) -> Vec<Range<usize>> {
    ranges(n, n.div_ceil(rows.max(1)))
}

/// `count` ranges of `n` samples, as equal as can be.
fn ranges(n: usize, count: usize) -> Vec<Range<usize>> {
    (0..count).map(|part| part * n / count..(part + 1) * n / count).collect()
}
