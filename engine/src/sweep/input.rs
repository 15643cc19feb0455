//! Derivatives with respect to the input.

use super::{Sweep, row_blocks};
use crate::linalg::{Element, single_threaded_blas};
use crate::op::{Sink, VectorVisit, WeightVisit};
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// The sink that no parameter's share is asked of.
struct Nothing;

impl<E: Element> Sink<E> for Nothing {
    fn weight(&mut self, _visit: WeightVisit<'_, E>) {}
    fn vector(&mut self, _visit: VectorVisit<'_, E>) {}
}

/// The cotangent of the input, `[n, inputs]`, for that of the outputs, `[n, out]`.
pub(super) fn input_gradient<E: Element>(sweep: &Sweep<'_, E>, cotangent: ArrayView2<'_, E>) -> Array2<E> {
    let _blas = single_threaded_blas();
    let views = sweep.whole();
    let blocks: Vec<Array2<E>> = row_blocks(sweep.samples(), sweep.rows(sweep.model.block()))
        .into_par_iter()
        .map(|rows| {
            let taped = sweep.taped(&views, &rows);
            sweep.reverse_to_input(taped, [cotangent.slice(s![rows, ..]).to_owned()], &mut Nothing)
        })
        .collect();
    let views: Vec<_> = blocks.iter().map(|block| block.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("blocks have the same number of columns")
}
