//! The gradient of a network that is cut into slices of units.
//!
//! Neighbouring blocks are taken together, so that there are not more sums than [`SUMS`] however many samples there are; these are
//! added in their order. Where the tapes of all slices of a block are few enough, its outputs are summed over the slices before these
//! are swept back, so that a network whose loss depends on its outputs is passed through once.

use super::gradient::{SampleLoss, outputs};
use super::pairs::asked_sum;
use super::{Slices, Sweep, ordered};
use crate::linalg::{Element, add_dot};
use crate::number::Number;
use crate::op::{Sink, Split, VectorVisit, WeightVisit};
use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

/// Sums of a part of the gradient, at most.
const SUMS: usize = 16;
/// Slices whose tapes are kept, at most: a step of CCP nets is 15 % faster with them at 4 and 8 slices, 10 % slower at 16 and 32.
const TAPES: usize = 8;

/// Neighbouring slices, and the parts of the parameters that are theirs.
struct Part<'s> {
    slices: &'s Slices,
    /// Which of the slices.
    own: Range<usize>,
}

impl Part<'_> {
    fn units(&self) -> Range<usize> {
        self.slices.ranges[self.own.start].start..self.slices.ranges[self.own.end - 1].end
    }

    /// The size of the part of a parameter of `[rows, columns]`.
    fn dim(&self, parameter: usize, (rows, columns): (usize, usize)) -> (usize, usize) {
        match self.slices.splits[parameter] {
            Split::Outputs => (rows, self.units().len()),
            Split::Inputs => (self.units().len(), columns),
            Split::First if self.own.start > 0 => (0, columns),
            Split::Whole | Split::First => (rows, columns),
        }
    }
}

/// The sink that adds `gain Hᵀ Δ` per weight and `gain Σ g` per vector to the slice's part of the sums.
struct Sums<'s, R> {
    part: &'s Part<'s>,
    /// One entry per parameter.
    sums: Vec<Array2<R>>,
    /// The slice being swept.
    slice: usize,
}

impl<R> Sums<'_, R> {
    fn own(&mut self, parameter: usize) -> ArrayViewMut2<'_, R> {
        let (units, start) = (&self.part.slices.ranges[self.slice], self.part.units().start);
        let units = units.start - start..units.end - start;
        let sum = &mut self.sums[parameter];
        match self.part.slices.splits[parameter] {
            Split::Outputs => sum.slice_mut(s![.., units]),
            Split::Inputs => sum.slice_mut(s![units, ..]),
            Split::Whole | Split::First => sum.view_mut(),
        }
    }
}

impl<E: Element> Sink<E> for Sums<'_, E::Real> {
    fn weight(&mut self, visit: WeightVisit<'_, E>) {
        let [input, cotangent] = E::asked_factors(visit.input, visit.cotangent);
        add_dot(Number::of(visit.gain), &input.t(), &cotangent.view(), &mut self.own(visit.parameter));
    }

    fn vector(&mut self, visit: VectorVisit<'_, E>) {
        let mut own = self.own(visit.parameter);
        own += &asked_sum(&visit);
    }
}

/// Adds up over the blocks what `block` adds to the sums of the part, and the value that it returns.
fn summed<E: Element>(
    sweep: &Sweep<'_, E>,
    part: &Part<'_>,
    blocks: &[Range<usize>],
    block: impl Fn(&Range<usize>, &mut Sums<'_, E::Real>) -> f64 + Sync,
) -> (f64, Vec<Array2<E::Real>>) {
    let count = blocks.len().min(SUMS);
    let chunk = |index: usize| {
        let dims = sweep.model.parameters.iter().enumerate().map(|(i, p)| part.dim(i, p.values.dim()));
        let mut sink = Sums { part, sums: dims.map(Array2::zeros).collect(), slice: 0 };
        let own = &blocks[index * blocks.len() / count..(index + 1) * blocks.len() / count];
        let value = own.iter().map(|rows| block(rows, &mut sink)).sum::<f64>();
        (value, sink.sums)
    };
    ordered::sum(count, chunk, |(value, sums), (more, terms)| {
        *value += more;
        sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += &term);
    })
}

/// What is asked of the gradient for the cotangents `[rows, out]` of blocks.
pub(super) fn gradient<E: Element>(
    sweep: &Sweep<'_, E>,
    slices: &Slices,
    blocks: &[Range<usize>],
    cotangent: &(impl Fn(&Range<usize>) -> Array2<E> + Sync),
) -> Vec<Array2<E::Real>> {
    let parts: Vec<Vec<Array2<E::Real>>> = (0..slices.ranges.len())
        .into_par_iter()
        .map(|slice| {
            let views = sweep.views(slices, &slices.ranges[slice]);
            let part = Part { slices, own: slice..slice + 1 };
            let block = |rows: &Range<usize>, sink: &mut Sums<'_, E::Real>| {
                sink.slice = slice;
                sweep.reverse(sweep.taped(&views, rows), [cotangent(rows)], sink);
                0.0
            };
            summed(sweep, &part, blocks, block).1
        })
        .collect();
    (0..sweep.model.parameters.len())
        .map(|index| {
            let axis = Axis(if slices.splits[index] == Split::Outputs { 1 } else { 0 });
            let parts: Vec<_> = parts.iter().map(|part| part[index].view()).collect();
            ndarray::concatenate(axis, &parts).expect("parts fit together")
        })
        .collect()
}

/// The loss, and what is asked of its gradient: see [`loss_gradient`](super::gradient::loss_gradient).
pub(super) fn loss_gradient<E: Element>(
    sweep: &Sweep<'_, E>,
    slices: &Slices,
    blocks: &[Range<usize>],
    loss: &SampleLoss<'_, E>,
) -> (f64, Vec<Array2<E::Real>>) {
    let count = slices.ranges.len();
    if count > TAPES {
        let (value, cotangent) = loss(&(0..sweep.samples()), outputs(sweep));
        let known = |rows: &Range<usize>| cotangent.slice(s![rows.clone(), ..]).to_owned();
        return (value, gradient(sweep, slices, blocks, &known));
    }
    let views: Vec<_> = slices.ranges.iter().map(|units| sweep.views(slices, units)).collect();
    summed(sweep, &Part { slices, own: 0..count }, blocks, |rows, sink| {
        let tapes: Vec<_> = views.iter().map(|views| sweep.taped(views, rows)).collect();
        let (first, others) = tapes.split_first().expect("there is at least one slice");
        let outputs = others.iter().fold(first.outputs(), |sum, taped| sum + &taped.outputs());
        let (value, cotangent) = loss(rows, outputs);
        // The last tape is the one that is still near.
        for (slice, taped) in tapes.into_iter().enumerate().rev() {
            sink.slice = slice;
            sweep.reverse(taped, [cotangent.clone()], sink);
        }
        value
    })
}
