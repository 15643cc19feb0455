//! Parameters: what an op declares, what a network holds, and what a pass reads.

use crate::linalg::{Element, Replay, Scalar, Weight};
use crate::op::{Batch, Layer, Op, Split};
use ndarray::{Array2, s};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

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
    /// A parameter that no op declares, of a [model of one's own](crate::train::Model), with the common learning rate. It stands for what
    /// was not drawn: its deviation at initialisation is 0.
    pub fn new(op: &'static str, name: &'static str, values: Array2<F>) -> Self {
        let dim = values.dim();
        let (mean, deviation, gain, rate) = (0.0, 0.0, 1.0, 1.0);
        let slot = Slot { op, name, role: Role::Weight, dim, positions: 1, mean, deviation, gain, rate };
        Self { slot, values }
    }

    /// What the op declared.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The name of the parameter with that number in forward order: `2.dense.weight`.
    pub fn name(&self, index: usize) -> String {
        self.slot.full_name(index)
    }

    /// The part that a slice of units uses, with a direction in which the values move.
    pub(crate) fn view<'a>(
        &'a self,
        along: Option<&'a Array2<F>>,
        split: Split,
        units: &Range<usize>,
    ) -> ParameterView<'a, F> {
        let (rows, columns) = (0..self.values.nrows(), 0..self.values.ncols());
        let gain = self.slot.gain;
        let (rows, columns) = match split {
            Split::Whole => (rows, columns),
            Split::Outputs => (rows, units.clone()),
            Split::Inputs => (units.clone(), columns),
            Split::First if units.start == 0 => (rows, columns),
            Split::First => return ParameterView { part: None, gain, replay: None },
        };
        ParameterView { part: Some(Part { values: &self.values, along, rows, columns }), gain, replay: None }
    }

    /// In another precision.
    pub(crate) fn cast<G: Scalar>(&self) -> Parameter<G> {
        Parameter { slot: self.slot.clone(), values: self.values.map(|v| G::of(v.to_f64())) }
    }
}

/// A parameter as a pass reads it: whole, for a slice of units, or absent from this slice.
#[derive(Clone, Debug)]
pub struct ParameterView<'a, R> {
    part: Option<Part<'a, R>>,
    gain: f64,
    replay: Option<Arc<Replay<R>>>,
}

/// The array with the rows and columns of the slice. Not an array view: those don't shorten their lifetime.
#[derive(Clone, Debug)]
struct Part<'a, R> {
    values: &'a Array2<R>,
    along: Option<&'a Array2<R>>,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl<'a, R: Scalar> ParameterView<'a, R> {
    /// `[rows, columns]` of the slice, if the parameter is there.
    pub(crate) fn dim(&self) -> Option<(usize, usize)> {
        self.part.as_ref().map(|part| (part.rows.len(), part.columns.len()))
    }

    /// In a pass that shares products of values with others.
    pub(crate) fn replaying(self, replay: Replay<R>) -> Self {
        Self { replay: Some(Arc::new(replay)), ..self }
    }

    fn weight(&self) -> Option<Weight<'_, R>> {
        let Part { values, along, rows, columns } = self.part.as_ref()?;
        let slice = s![rows.clone(), columns.clone()];
        let (values, along) = (values.slice(slice), along.map(|along| along.slice(slice)));
        Some(Weight { values, along, replay: self.replay.as_deref() })
    }
}

/// What a pass reads besides the input of the op: the parameters of the op and of the ops below it, and the network's input.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a, F: Element> {
    /// In forward order.
    parameters: &'a [ParameterView<'a, F::Real>],
    /// The number of the first of them among the network's.
    first: usize,
    /// The network's input.
    pub(crate) origin: &'a Batch<F>,
    /// Where a reverse pass adds the cotangent of the network's input from ops that read it past their own, if that is asked for.
    pub(crate) origin_cotangent: Option<&'a RefCell<Array2<F>>>,
    /// The network's width, where it is set.
    pub(crate) hidden: Option<usize>,
}

impl<'a, F: Element> Scope<'a, F> {
    /// Of a whole network.
    pub(crate) fn new(
        parameters: &'a [ParameterView<'a, F::Real>],
        origin: &'a Batch<F>,
        origin_cotangent: Option<&'a RefCell<Array2<F>>>,
        hidden: Option<usize>,
    ) -> Self {
        Self { parameters, first: 0, origin, origin_cotangent, hidden }
    }

    /// The layers of a combinator, each with its own scope.
    pub(crate) fn split(self, layers: &[Layer]) -> impl DoubleEndedIterator<Item = (&Layer, Self)> {
        let (mut scopes, mut start) = (Vec::with_capacity(layers.len()), 0);
        for layer in layers {
            let end = start + layer.slot_count();
            scopes.push((layer, self.part(start..end)));
            start = end;
        }
        scopes.into_iter()
    }

    fn part(self, own: Range<usize>) -> Self {
        let first = self.first + own.start;
        Self { parameters: &self.parameters[own], first, ..self }
    }

    /// The scope of one parameter alone.
    pub(crate) fn one(self, index: usize) -> Self {
        self.part(index..index + 1)
    }

    /// True without parameters.
    pub(crate) fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// True if there are parameters of this scope before those of `inner`, which is a part of it.
    pub(crate) fn begins_before(&self, inner: &Self) -> bool {
        self.first < inner.first
    }

    /// A parameter of this op, if it is there in this slice.
    pub(crate) fn get(&self, index: usize) -> Option<Known<'a, F::Real>> {
        let view = self.parameters.get(index)?;
        Some(Known { number: self.first + index, weight: view.weight()?, gain: view.gain })
    }
}

/// A parameter of an op.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a, R> {
    /// Its number among the network's.
    pub number: usize,
    pub weight: Weight<'a, R>,
    /// What multiplies it.
    pub gain: f64,
}
