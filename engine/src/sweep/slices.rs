//! How a network is cut into slices of units.

use super::{Model, ROWS, SLICE_BYTES};
use crate::linalg::Scalar;
use crate::op::{Layer, Op, ParameterView, Split};
use ndarray::Array2;
use std::ops::Range;

/// How a network is cut into slices of units.
pub(crate) struct Slices {
    /// One entry per parameter, forward order.
    pub splits: Vec<Split>,
    /// Unit ranges; a single one when the network is not cut.
    pub ranges: Vec<Range<usize>>,
    /// Samples per block.
    pub rows: usize,
}

impl Slices {
    /// One slice, the whole network.
    pub fn whole<F: Scalar>(model: &Model<'_, F>) -> Self {
        let ranges = std::iter::once(0..usize::MAX).collect();
        Self { splits: vec![Split::Whole; model.parameters.len()], ranges, rows: model.block() }
    }

    /// Cuts a network whose units do not mix before its last dense layer: `f = Σ_u w_u h_u(x)`.
    pub fn of<F: Scalar>(model: &Model<'_, F>) -> Self {
        let (count, whole) = (model.parameters.len(), Self::whole(model));
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
        let ranges: Vec<_> = (0..width).step_by(units).map(|start| start..(start + units).min(width)).collect();
        let rows = if ranges.len() > 1 { ROWS } else { whole.rows };
        Self { splits, ranges, rows }
    }

    /// True if there is more than one slice.
    pub fn is_cut(&self) -> bool {
        self.ranges.len() > 1
    }

    /// The parameters of one slice, with the direction in which they move.
    pub fn view<'a, F: Scalar>(
        &self,
        model: &Model<'a, F>,
        along: Option<&'a [Array2<F>]>,
        units: &Range<usize>,
    ) -> Vec<ParameterView<'a, F>> {
        let parameters = model.parameters.iter().zip(&self.splits).enumerate();
        parameters.map(|(i, (p, &split))| p.view(along.map(|along| &along[i]), split, units)).collect()
    }
}
