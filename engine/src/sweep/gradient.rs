//! Outputs and parameter gradients.

use super::{Model, Slices, group_blocks, ordered, row_blocks};
use crate::linalg::{Scalar, dot, single_threaded_blas};
use crate::op::{Op, Sink, Split, VectorVisit, WeightVisit};
use ndarray::{Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;

/// Of rows and their outputs `[rows, out]`: the loss summed over the rows, and the cotangent `[rows, out]`.
pub type SampleLoss<'a, F> = dyn Fn(&Range<usize>, Array2<F>) -> (f64, Array2<F>) + Sync + 'a;

/// The sink that sums `gain Hᵀ Δ` per weight and `gain Σ g` per vector.
struct Gradient<F> {
    /// One entry per parameter; `None` for one that this slice has not.
    sums: Vec<Option<Array2<F>>>,
    /// Parameters not visited yet; the last comes next.
    left: Vec<usize>,
}

impl<F: Scalar> Gradient<F> {
    fn put(&mut self, sum: Array2<F>) {
        let parameter = self.left.pop().expect("every parameter of the slice is visited once");
        self.sums[parameter] = Some(sum);
    }
}

impl<F: Scalar> Sink<F> for Gradient<F> {
    fn weight(&mut self, visit: WeightVisit<'_, F>) {
        self.put(dot(F::of(visit.gain), &visit.input.t(), &visit.cotangent));
    }

    fn vector(&mut self, visit: VectorVisit<'_, F>) {
        let mut sum = visit.gradient.sum_axis(Axis(0)).insert_axis(Axis(0));
        if visit.gain != 1.0 {
            sum *= F::of(visit.gain);
        }
        self.put(sum);
    }
}

/// Network outputs `[n, out]` for `x: [n, inputs]`.
pub(super) fn outputs<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(model);
    let blocks: Vec<Array2<F>> = row_blocks(x.nrows(), slices.rows())
        .into_par_iter()
        .map(|rows| {
            let batch = model.batch(&x, rows);
            let mut parts = slices.ranges.iter().map(|units| {
                let views = slices.view(model.parameters, units);
                model.layer.forward(model.scope(&views, &batch), batch.clone(), false).0.into_rows()
            });
            let first = parts.next().expect("there is at least one slice").into_owned();
            parts.fold(first, |sum, part| sum + &part)
        })
        .collect();
    let views: Vec<_> = blocks.iter().map(|b| b.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("blocks have the same number of columns")
}

/// `∂L/∂parameters`, one array per parameter and of its shape, for the output cotangent `∂L/∂f: [n, out]`.
///
/// Blocks and slices are swept in parallel and summed in a fixed order, so that memory does not grow with the number of blocks.
pub(super) fn gradient<F: Scalar>(
    model: &Model<'_, F>,
    x: ArrayView2<'_, F>,
    cotangent: ArrayView2<'_, F>,
) -> Vec<Array2<F>> {
    swept(model, x, 1, |rows, _| cotangent.slice(s![rows.clone(), ..]).to_owned())
}

/// `L` and `∂L/∂parameters`, for a loss that is a sum over groups of `group` neighbouring samples, of which `x` has whole ones:
/// `loss(rows, f)` is its part of the rows of some groups, and the cotangent there. A network that is not cut into slices is swept once.
pub(super) fn loss_gradient<F: Scalar>(
    model: &Model<'_, F>,
    x: ArrayView2<'_, F>,
    group: usize,
    loss: &SampleLoss<'_, F>,
) -> (f64, Vec<Array2<F>>) {
    if Slices::of(model).is_cut() {
        let (value, cotangent) = loss(&(0..x.nrows()), outputs(model, x));
        return (value, gradient(model, x, cotangent.view()));
    }
    let parts = Mutex::new(Vec::new());
    let gradients = swept(model, x, group, |rows, outputs| {
        let (value, cotangent) = loss(rows, outputs);
        parts.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((rows.start, value));
        cotangent
    });
    let mut parts = parts.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    // Blocks end in any order, and are summed in that of the rows.
    parts.sort_by_key(|&(start, _)| start);
    (parts.iter().map(|&(_, value)| value).sum(), gradients)
}

/// The gradient for the cotangents of blocks of rows, `[rows, out]`; given with the rows are the outputs of the slice.
fn swept<F: Scalar>(
    model: &Model<'_, F>,
    x: ArrayView2<'_, F>,
    group: usize,
    cotangent: impl Fn(&Range<usize>, Array2<F>) -> Array2<F> + Sync,
) -> Vec<Array2<F>> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(model);
    let blocks = group_blocks(x.nrows(), slices.rows(), group);
    let per_slice: Vec<Vec<Option<Array2<F>>>> = slices
        .ranges
        .par_iter()
        .map(|units| {
            let views = slices.view(model.parameters, units);
            let present: Vec<usize> = (0..views.len()).filter(|&i| views[i].dim().is_some()).collect();
            let block = |index: usize| {
                let rows: &Range<usize> = &blocks[index];
                let batch = model.batch(&x, rows.clone());
                let scope = model.scope(&views, &batch);
                let (outputs, saved) = model.layer.forward(scope, batch.clone(), true);
                let dim = (rows.len() * model.output.positions(), model.output.channels);
                let picked = cotangent(rows, outputs.into_rows().into_owned()).as_standard_layout().into_owned();
                let picked = picked.into_shape_with_order(dim).expect("as many values as outputs");
                let mut sink = Gradient { sums: vec![None; views.len()], left: present.clone() };
                model.layer.reverse(scope, saved, picked, &mut sink, false);
                sink.sums
            };
            ordered::sum(blocks.len(), block, |sums, part| {
                for (sum, more) in sums.iter_mut().zip(part) {
                    match (sum.as_mut(), more) {
                        (Some(sum), Some(more)) => *sum += &more,
                        (None, None) => {}
                        _ => unreachable!("all blocks of a slice have the same parameters"),
                    }
                }
            })
        })
        .collect();
    join(model, &slices, per_slice)
}

/// Puts the gradients of slices of units side by side.
fn join<F: Scalar>(model: &Model<'_, F>, slices: &Slices, per_slice: Vec<Vec<Option<Array2<F>>>>) -> Vec<Array2<F>> {
    if !slices.is_cut() {
        // No second copy of what may be large.
        let whole = per_slice.into_iter().flatten();
        return whole.map(|gradient| gradient.expect("the only slice has all parameters")).collect();
    }
    (0..model.parameters.len())
        .map(|index| {
            let axis = Axis(if slices.splits[index] == Split::Inputs { 0 } else { 1 });
            let parts: Vec<_> = per_slice.iter().filter_map(|s| s[index].as_ref().map(|g| g.view())).collect();
            ndarray::concatenate(axis, &parts).expect("slices fit together")
        })
        .collect()
}
