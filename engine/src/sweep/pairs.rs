//! The gradient of a network that is not cut, in the memory of one copy of its parameters.
//!
//! As many blocks as there are threads are swept at a time, and leave of every weight the pair `(H, Δ)`, or the product where that is
//! smaller; then the products `Hᵀ Δ` are added to the sums, in tiles that threads share and block by block in their order. So the bits do
//! not depend on the number of threads, and there is no second copy of what may be large.

use super::gradient::SampleLoss;
use super::{Sweep, WHOLE_ROWS};
use crate::linalg::{Element, Scalar, add_dot, dot};
use crate::number::Number;
use crate::op::{Sink, VectorVisit, WeightVisit};
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

/// Rows of a tile of a weight's sum.
const TILE: usize = WHOLE_ROWS;

/// What a block leaves of a parameter at a visit.
enum Term<R> {
    /// `gain Hᵀ Δ`.
    Product { gain: R, input: Array2<R>, cotangent: Array2<R> },
    /// The product, or the sum over a vector's gradients.
    Sum(Array2<R>),
}

/// The sink that keeps every visit's pair.
struct Pairs<R> {
    /// One entry per parameter.
    terms: Vec<Vec<Term<R>>>,
}

impl<E: Element> Sink<E> for Pairs<E::Real> {
    fn weight(&mut self, visit: WeightVisit<'_, E>) {
        let [input, cotangent] = E::asked_factors(visit.input, visit.cotangent);
        let gain = Number::of(visit.gain);
        let ((rows, k), m) = (input.dim(), cotangent.ncols());
        // Whichever is less to keep; of many positions that is the product.
        self.terms[visit.parameter].push(if k * m < rows * (k + m) {
            Term::Sum(dot(gain, &input.t(), &cotangent.view()))
        } else {
            Term::Product { gain, input: input.into_owned(), cotangent: cotangent.into_owned() }
        });
    }

    fn vector(&mut self, visit: VectorVisit<'_, E>) {
        self.terms[visit.parameter].push(Term::Sum(asked_sum(&visit)));
    }
}

/// What is asked of the gradient of a vector, `[1, channels]`.
pub(super) fn asked_sum<E: Element>(visit: &VectorVisit<'_, E>) -> Array2<E::Real> {
    let gain = E::of(visit.gain);
    visit.gradient.sum_axis(Axis(0)).insert_axis(Axis(0)).mapv(|sum| (gain * sum).asked())
}

/// The loss's sum over the blocks, and what is asked of the gradient; `loss` gives of a block and its outputs the loss and the cotangent.
pub(super) fn gradient<E: Element>(
    sweep: &Sweep<'_, E>,
    blocks: &[Range<usize>],
    loss: &SampleLoss<'_, E>,
) -> (f64, Vec<Array2<E::Real>>) {
    let mut sums: Vec<Array2<E::Real>> = sweep.model.parameters.iter().map(|p| Array2::zeros(p.values.dim())).collect();
    let mut value = 0.0;
    for wave in blocks.chunks(rayon::current_num_threads().max(1)) {
        let left: Vec<(f64, Pairs<E::Real>)> = wave
            .par_iter()
            .map(|rows| {
                let views = sweep.pass(rows);
                let taped = sweep.taped(&views, rows);
                let (value, cotangent) = loss(rows, taped.outputs());
                let mut sink = Pairs { terms: views.iter().map(|_| Vec::new()).collect() };
                sweep.reverse(taped, [cotangent], &mut sink);
                (value, sink)
            })
            .collect();
        // One by one: a sum of its own for each wave would depend on the number of threads.
        left.iter().for_each(|(part, _)| value += part);
        add(&mut sums, &left);
    }
    (value, sums)
}

/// Adds what some blocks left, tile by tile in parallel.
fn add<R: Scalar>(sums: &mut [Array2<R>], left: &[(f64, Pairs<R>)]) {
    let tiles: Vec<_> = sums
        .iter_mut()
        .enumerate()
        .flat_map(|(parameter, sum)| sum.axis_chunks_iter_mut(Axis(0), TILE).enumerate().map(move |t| (parameter, t)))
        .collect();
    tiles.into_par_iter().for_each(|(parameter, (index, mut tile))| {
        let rows = index * TILE..index * TILE + tile.nrows();
        for term in left.iter().flat_map(|(_, pairs)| &pairs.terms[parameter]) {
            match term {
                Term::Product { gain, input, cotangent } => {
                    add_dot(*gain, &input.slice(s![.., rows.clone()]).t(), &cotangent.view(), &mut tile);
                }
                Term::Sum(sum) => tile += &sum.slice(s![rows.clone(), ..]),
            }
        }
    });
}
