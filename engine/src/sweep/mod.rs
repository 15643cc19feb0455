//! One reverse sweep, many sinks.
//!
//! A sweep (`Sweep`) visits every weight with the pair `(H, Δ)`: what it acts on, `[n · positions, in]`, and the cotangent of its
//! output, `[n · positions, out]`. What is done with the pair is a [`Sink`]: the gradient sums `Hᵀ Δ`, the
//! Jacobian keeps `vec(h_i δ_iᵀ)`, and the tangent Gram forms `(H H'ᵀ) ∘ (Δ Δ'ᵀ)`. They share the sweep, so they cannot
//! disagree. A visit says whose parameter it is; one that acts several times is visited as often.
//!
//! Swept in [duals](crate::number::Dual), along a direction in the parameters or in the input, the same passes and the same sinks give
//! derivatives: outputs the Jacobian-vector product, the gradient the Hessian-vector product, the input's cotangent that of the
//! linearised network, features the derivative of the tangent kernel.
//!
//! Samples are swept in blocks of rows and, where the architecture allows it, units in slices of [`SLICE_BYTES`] per row, so that the
//! arrays of a sweep stay in cache and memory does not grow with the width. Block sizes depend on the problem alone: the
//! result does not depend on the number of threads.

mod features;
mod gradient;
mod gram;
mod gram_derivative;
mod input;
mod instances;
mod jacobian;
mod model;
mod ordered;
mod output_pairs;
mod pairs;
mod slices;
mod streamed;
mod units;

pub(crate) use features::{Features, Request, per_sample};
pub(crate) use gram::{Gram, Shares, TangentGram};
pub use instances::Sweeps;
pub(crate) use model::Model;
pub(crate) use output_pairs::Directions;

pub(crate) use slices::Slices;

use crate::linalg::{Element, ValueTape};
use crate::op::{Batch, Op, ParameterView, Saved, Scope, Sink};
use ndarray::{Array2, ArrayView2, s};
use std::cell::RefCell;
use std::ops::Range;

/// Samples per block of a streamed sweep.
pub const ROWS: usize = 32;
/// Samples per block of a sweep that is not streamed: a block passes over every weight, so it should not be small.
pub const WHOLE_ROWS: usize = 256;
/// Positions of such a block: with those of images as samples, patches of more would not stay in cache.
pub const WHOLE_POSITIONS: usize = 512;
/// Bytes of a row of a slice of units of a streamed sweep: 512 units in `f64`, 1024 in `f32`.
pub const SLICE_BYTES: usize = 4096;

/// A network at some points, ready to be swept in numbers `E`; in duals with the directions in which its parameters and its input move.
pub(crate) struct Sweep<'a, E: Element> {
    pub model: &'a Model<'a, E::Real>,
    /// One array per parameter; `None` is zero.
    along: Option<&'a [Array2<E::Real>]>,
    /// `[n, inputs]`.
    x: ArrayView2<'a, E::Real>,
    /// Of the shape of `x`; `None` is zero.
    dx: Option<ArrayView2<'a, E::Real>>,
    /// What passes at other directions leave and take.
    tape: Option<&'a ValueTape<E::Real>>,
}

impl<'a, E: Element> Sweep<'a, E> {
    /// Of a network that does not move, on `x: [n, inputs]`.
    pub fn new(model: &'a Model<'a, E::Real>, x: ArrayView2<'a, E::Real>) -> Self {
        Self { model, along: None, x, dx: None, tape: None }
    }

    /// With a direction in which the parameters move, one array per parameter.
    pub fn along(self, direction: &'a [Array2<E::Real>]) -> Self {
        Self { along: Some(direction), ..self }
    }

    /// With a direction in which the input moves, of its shape.
    pub fn along_input(self, direction: ArrayView2<'a, E::Real>) -> Self {
        Self { dx: Some(direction), ..self }
    }

    /// With the products of values of passes along other directions in the parameters, at the same values and cotangents.
    pub fn with_tape(self, tape: Option<&'a ValueTape<E::Real>>) -> Self {
        Self { tape, ..self }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.x.nrows()
    }

    /// Samples per block where a block of reals has so many: an array of a block takes as much memory in any numbers. With a tape, which
    /// is there for few samples alone, as many: values and tangents are multiplied apart, and a product of few rows is slow.
    pub fn rows(&self, of_reals: usize) -> usize {
        if self.tape.is_some() {
            return of_reals;
        }
        (of_reals * size_of::<E::Real>() / size_of::<E>()).max(1)
    }

    /// The parameters of a slice of units.
    pub fn views(&self, slices: &Slices, units: &Range<usize>) -> Vec<ParameterView<'a, E::Real>> {
        slices.view(self.model, self.along, units)
    }

    /// The parameters, none of them cut.
    pub fn whole(&self) -> Vec<ParameterView<'a, E::Real>> {
        self.views(&Slices::whole(self.model), &(0..0))
    }

    /// As [`Sweep::whole`], for one pass over a block of rows: with what the tape has of it.
    pub fn pass(&self, rows: &Range<usize>) -> Vec<ParameterView<'a, E::Real>> {
        let views = self.whole();
        let Some(tape) = self.tape else { return views };
        let replays = tape.pass(rows, views.len());
        views.into_iter().zip(replays).map(|(view, replay)| view.replaying(replay)).collect()
    }

    fn batch(&self, rows: &Range<usize>) -> Batch<E> {
        let part = |x: ArrayView2<'a, E::Real>| x.slice_move(s![rows.clone(), ..]);
        Batch::from_rows(E::joined(part(self.x), self.dx.map(part)), self.model.input)
    }

    /// Forward pass over a block of rows: outputs `[rows, out]`.
    pub fn forward(&self, views: &[ParameterView<'a, E::Real>], rows: &Range<usize>) -> Array2<E> {
        let batch = self.batch(rows);
        let scope = Scope::new(views, &batch, None, self.model.hidden);
        self.model.layer.forward(scope, batch.clone(), false).0.into_rows().into_owned()
    }

    /// Forward pass over a block of rows with a tape.
    pub fn taped<'v>(&self, views: &'v [ParameterView<'a, E::Real>], rows: &Range<usize>) -> Taped<'v, 'a, E> {
        let batch = self.batch(rows);
        let scope = Scope::new(views, &batch, None, self.model.hidden);
        let (outputs, saved) = self.model.layer.forward(scope, batch.clone(), true);
        Taped { views, batch, outputs, saved }
    }

    /// The sweep: from a forward pass one reverse pass per cotangent `[rows, out]`, in which every parameter is handed to the sink.
    pub fn reverse<S: Sink<E>>(
        &self,
        taped: Taped<'_, 'a, E>,
        cotangents: impl IntoIterator<Item = Array2<E>>,
        sink: &mut S,
    ) {
        self.swept(taped, cotangents, sink, None);
    }

    /// As [`Sweep::reverse`]; the sum of the input's cotangents, `[rows, inputs]`.
    pub fn reverse_to_input<S: Sink<E>>(
        &self,
        taped: Taped<'_, 'a, E>,
        cotangents: impl IntoIterator<Item = Array2<E>>,
        sink: &mut S,
    ) -> Array2<E> {
        let sum = RefCell::new(Array2::zeros(taped.batch.values.dim()));
        self.swept(taped, cotangents, sink, Some(&sum));
        Batch::new(sum.into_inner(), self.model.input).into_rows().into_owned()
    }

    fn swept<S: Sink<E>>(
        &self,
        taped: Taped<'_, 'a, E>,
        cotangents: impl IntoIterator<Item = Array2<E>>,
        sink: &mut S,
        to_input: Option<&RefCell<Array2<E>>>,
    ) {
        let Taped { views, batch, outputs: _, saved } = taped;
        let dim = (batch.samples() * self.model.output.positions(), self.model.output.channels);
        let scope = Scope::new(views, &batch, to_input, self.model.hidden);
        let mut saved = Some(saved);
        let mut cotangents = cotangents.into_iter().enumerate().peekable();
        while let Some((index, cotangent)) = cotangents.next() {
            sink.start(index);
            let cotangent = cotangent.as_standard_layout().into_owned();
            let cotangent = cotangent.into_shape_with_order(dim).expect("as many values as outputs");
            // The last pass may use up what others read.
            let saved = if cotangents.peek().is_some() { saved.clone() } else { saved.take() };
            let saved = saved.expect("taken by the last pass alone");
            let passed = self.model.layer.reverse(scope, saved, cotangent, sink, to_input.is_some());
            if let (Some(sum), Some(passed)) = (to_input, passed) {
                *sum.borrow_mut() += &passed;
            }
        }
    }
}

/// A block of samples after its forward pass.
pub(crate) struct Taped<'v, 'a, E: Element> {
    views: &'v [ParameterView<'a, E::Real>],
    batch: Batch<E>,
    outputs: Batch<E>,
    saved: Saved<E>,
}

impl<E: Element> Taped<'_, '_, E> {
    /// The outputs, `[rows, out]`.
    pub fn outputs(&self) -> Array2<E> {
        self.outputs.clone().into_rows().into_owned()
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
