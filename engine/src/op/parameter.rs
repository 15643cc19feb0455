//! Parameters: what an op declares, what a network holds, and what a pass reads.

use super::{Batch, Split};
use crate::linalg::Scalar;
use ndarray::{Array2, ArrayView2, s};
use std::ops::Range;

/// How a parameter enters its op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A matrix `W: [in, out]` that acts on the channels (or patches) of every position.
    Weight,
    /// A row of one number per channel.
    Vector,
}

/// A parameter that an op declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The op.
    pub op: &'static str,
    /// `weight`, `bias`, …
    pub name: &'static str,
    /// How it enters.
    pub role: Role,
    /// `[rows, columns]`.
    pub dim: (usize, usize),
    /// Positions at which it is used.
    pub positions: usize,
    /// Mean at initialisation.
    pub mean: f64,
    /// Standard deviation at initialisation.
    pub deviation: f64,
    /// What multiplies it in the forward pass.
    pub gain: f64,
    /// What multiplies the learning rate; the tangent kernel carries it too.
    pub rate: f64,
}

impl Slot {
    /// The name of the parameter with that number in forward order: `2.dense.weight`.
    pub fn full_name(&self, index: usize) -> String {
        format!("{index}.{}.{}", self.op, self.name)
    }
}

/// A parameter of a network, with its values.
#[derive(Clone, PartialEq)]
pub struct Parameter<F = f64> {
    pub(crate) slot: Slot,
    /// `[rows, columns]`: `[in, out]` of a weight, `[1, channels]` of a bias or scale; a convolution's weight is
    /// `[kernel height · kernel width · in, out]`.
    pub values: Array2<F>,
}

impl<F> std::fmt::Debug for Parameter<F> {
    /// A line: op, name and shape.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, columns) = self.values.dim();
        write!(f, "{}.{} [{rows}, {columns}]", self.slot.op, self.slot.name)
    }
}

impl<F: Scalar> Parameter<F> {
    /// What the op declared.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The name of the parameter with that number in forward order: `2.dense.weight`.
    pub fn name(&self, index: usize) -> String {
        self.slot.full_name(index)
    }

    /// The part that a slice of units uses.
    pub(crate) fn view(&self, split: Split, units: &Range<usize>) -> ParameterView<'_, F> {
        let (rows, columns) = (0..self.values.nrows(), 0..self.values.ncols());
        let (rows, columns) = match split {
            Split::Whole => (rows, columns),
            Split::Outputs => (rows, units.clone()),
            Split::Inputs => (units.clone(), columns),
            Split::First if units.start == 0 => (rows, columns),
            Split::First => return ParameterView { part: None, gain: self.slot.gain },
        };
        ParameterView { part: Some((&self.values, rows, columns)), gain: self.slot.gain }
    }

    /// In another precision.
    pub(crate) fn cast<G: Scalar>(&self) -> Parameter<G> {
        Parameter { slot: self.slot.clone(), values: self.values.map(|v| G::of(v.to_f64())) }
    }
}

/// A parameter as a pass reads it: whole, for a slice of units, or absent from this slice.
#[derive(Clone, Debug)]
pub struct ParameterView<'a, F> {
    /// The array with the rows and columns of the slice. Not an array view: those don't shorten their lifetime.
    part: Option<(&'a Array2<F>, Range<usize>, Range<usize>)>,
    pub(crate) gain: f64,
}

impl<'a, F> ParameterView<'a, F> {
    /// All of `values`.
    pub(crate) fn whole(values: &'a Array2<F>, gain: f64) -> Self {
        Self { part: Some((values, 0..values.nrows(), 0..values.ncols())), gain }
    }

    /// The values, if the parameter is there in this slice.
    pub(crate) fn values(&self) -> Option<ArrayView2<'a, F>> {
        self.part.as_ref().map(|(array, rows, columns)| array.slice(s![rows.clone(), columns.clone()]))
    }

    /// `[rows, columns]` of the slice.
    pub(crate) fn dim(&self) -> Option<(usize, usize)> {
        self.part.as_ref().map(|(_, rows, columns)| (rows.len(), columns.len()))
    }
}

/// What a pass reads besides the input of the op: the parameters of the op and of the ops below it, and the network's input.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a, F> {
    /// In forward order.
    pub(crate) parameters: &'a [ParameterView<'a, F>],
    /// The network's input.
    pub(crate) origin: &'a Batch<F>,
    /// The network's width, where it is set.
    pub(crate) hidden: Option<usize>,
}

impl<'a, F: Scalar> Scope<'a, F> {
    /// The first `count` parameters, and the others.
    pub(crate) fn take(self, count: usize) -> (Self, Self) {
        let (own, rest) = self.parameters.split_at(count);
        (Self { parameters: own, ..self }, Self { parameters: rest, ..self })
    }

    /// All but the last `count` parameters, and the last ones.
    pub(crate) fn take_last(self, count: usize) -> (Self, Self) {
        let (rest, own) = self.parameters.split_at(self.parameters.len() - count);
        (Self { parameters: rest, ..self }, Self { parameters: own, ..self })
    }

    /// The values and the gain of a parameter of this op, if it is there in this slice.
    pub(crate) fn get(&self, index: usize) -> Option<(ArrayView2<'a, F>, F)> {
        let view = self.parameters.get(index)?;
        Some((view.values()?, F::of(view.gain)))
    }
}
