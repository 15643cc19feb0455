//! Outputs and parameter gradients.

use super::{Slices, Sweep, group_blocks, pairs, row_blocks, units};
use crate::linalg::{Element, single_threaded_blas};
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;

/// Of rows and their outputs `[rows, out]`: the loss summed over the rows, and the cotangent `[rows, out]`.
pub type SampleLoss<'a, E> = dyn Fn(&Range<usize>, Array2<E>) -> (f64, Array2<E>) + Sync + 'a;

/// Network outputs `[n, out]`.
pub(super) fn outputs<E: Element>(sweep: &Sweep<'_, E>) -> Array2<E> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(sweep.model);
    let blocks: Vec<Array2<E>> = row_blocks(sweep.samples(), sweep.rows(slices.rows))
        .into_par_iter()
        .map(|rows| {
            let mut parts = slices.ranges.iter().map(|units| sweep.forward(&sweep.views(&slices, units), &rows));
            let first = parts.next().expect("there is at least one slice");
            parts.fold(first, |sum, part| sum + &part)
        })
        .collect();
    let views: Vec<_> = blocks.iter().map(|b| b.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("blocks have the same number of columns")
}

/// What is [asked](Element::asked) of `∂L/∂parameters`, one array per parameter and of its shape, for the output cotangent
/// `∂L/∂f: [n, out]`.
pub(super) fn gradient<E: Element>(sweep: &Sweep<'_, E>, cotangent: ArrayView2<'_, E>) -> Vec<Array2<E::Real>> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(sweep.model);
    let blocks = row_blocks(sweep.samples(), sweep.rows(slices.rows));
    let known = |rows: &Range<usize>| cotangent.slice(s![rows.clone(), ..]).to_owned();
    if slices.is_cut() {
        units::gradient(sweep, &slices, &blocks, &known)
    } else {
        pairs::gradient(sweep, &blocks, &|rows, _| (0.0, known(rows))).1
    }
}

/// `L`, and what is [asked](Element::asked) of `∂L/∂parameters`, for a loss that is a sum over groups of `group` neighbouring samples,
/// of which there are whole ones: `loss(rows, f)` is its part of the rows of some groups, and the cotangent there. The network is
/// swept once.
pub(super) fn loss_gradient<E: Element>(
    sweep: &Sweep<'_, E>,
    group: usize,
    loss: &SampleLoss<'_, E>,
) -> (f64, Vec<Array2<E::Real>>) {
    let _blas = single_threaded_blas();
    let slices = Slices::of(sweep.model);
    let blocks = group_blocks(sweep.samples(), sweep.rows(slices.rows), group);
    if slices.is_cut() {
        units::loss_gradient(sweep, &slices, &blocks, loss)
    } else {
        pairs::gradient(sweep, &blocks, loss)
    }
}
