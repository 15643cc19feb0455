//! Outputs and parameter gradients.

use super::{Slices, row_blocks};
use crate::linalg::{Scalar, single_threaded_blas};
use crate::op::{DenseParameters, DenseVisit, Layer, Op, Sink, Split};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;

/// The gradient of one dense layer: weights and bias.
type DenseGradient<F> = (Array2<F>, Option<Array1<F>>);

/// The sink that sums `gain Hᵀ Δ` (weights) and `σ_b Σ Δ` (bias) per dense layer.
struct Gradient<F> {
    /// One entry per dense layer, in the order visited: last to first.
    visited: Vec<DenseGradient<F>>,
}

impl<F: Scalar> Sink<F> for Gradient<F> {
    fn dense(&mut self, visit: DenseVisit<'_, F>) {
        let mut weight = visit.input.t().dot(&visit.cotangent);
        if visit.gain != 1.0 {
            weight *= F::of(visit.gain);
        }
        let bias = visit.bias_gain.map(|gain| visit.cotangent.sum_axis(Axis(0)) * F::of(gain));
        self.visited.push((weight, bias));
    }
}

/// Network outputs `[n, out]` for `x: [n, d]`.
pub(crate) fn outputs<F: Scalar>(layer: &Layer, parameters: &[DenseParameters<F>], x: ArrayView2<'_, F>) -> Array2<F> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(layer, parameters);
    let blocks: Vec<Array2<F>> = row_blocks(x.nrows())
        .into_par_iter()
        .map(|rows| {
            let block = x.slice(s![rows, ..]).to_owned().into_shared();
            let mut parts = slices.ranges.iter().map(|units| {
                let dense = slices.view(parameters, units);
                layer.forward(&dense, block.clone(), false).0
            });
            let first = parts.next().expect("there is at least one slice").into_owned();
            parts.fold(first, |sum, part| sum + &part)
        })
        .collect();
    let views: Vec<_> = blocks.iter().map(|b| b.view()).collect();
    ndarray::concatenate(Axis(0), &views).expect("blocks have the same number of columns")
}

/// `∂L/∂parameters` per dense layer, for the output cotangent `∂L/∂f: [n, out]`, in the shape of the parameters.
///
/// Blocks and slices are swept in parallel and summed in a fixed order.
pub(crate) fn gradient<F: Scalar>(
    layer: &Layer,
    parameters: &[DenseParameters<F>],
    x: ArrayView2<'_, F>,
    cotangent: ArrayView2<'_, F>,
) -> Vec<DenseParameters<F>> {
    let _blas = single_threaded_blas();
    let slices = Slices::of(layer, parameters);
    let blocks = row_blocks(x.nrows());
    let per_slice: Vec<Vec<DenseGradient<F>>> = slices
        .ranges
        .par_iter()
        .map(|units| {
            let dense = slices.view(parameters, units);
            let parts: Vec<_> = blocks
                .par_iter()
                .map(|rows| {
                    let block = x.slice(s![rows.clone(), ..]).to_owned().into_shared();
                    let (_, saved) = layer.forward(&dense, block, true);
                    let mut sink = Gradient { visited: Vec::with_capacity(dense.len()) };
                    layer.reverse(&dense, saved, cotangent.slice(s![rows.clone(), ..]).to_owned(), &mut sink, false);
                    sink.visited.reverse();
                    sink.visited
                })
                .collect();
            let mut parts = parts.into_iter();
            let mut sum = parts.next().expect("there is at least one block");
            for part in parts {
                for ((weight, bias), (more_weight, more_bias)) in sum.iter_mut().zip(part) {
                    *weight += &more_weight;
                    if let (Some(bias), Some(more)) = (bias.as_mut(), more_bias) {
                        *bias += &more;
                    }
                }
            }
            sum
        })
        .collect();
    join(parameters, &slices, per_slice)
}

/// Puts the gradients of slices of units side by side.
fn join<F: Scalar>(
    parameters: &[DenseParameters<F>],
    slices: &Slices,
    per_slice: Vec<Vec<DenseGradient<F>>>,
) -> Vec<DenseParameters<F>> {
    parameters
        .iter()
        .enumerate()
        .map(|(layer, like)| {
            let axis = Axis(if slices.splits[layer] == Split::Inputs { 0 } else { 1 });
            let weights: Vec<_> = per_slice.iter().map(|s| s[layer].0.view()).collect();
            // A bias that belongs to the first slice alone is `None` in the others.
            let biases: Vec<_> = per_slice.iter().filter_map(|s| s[layer].1.as_ref().map(|b| b.view())).collect();
            DenseParameters {
                weight: ndarray::concatenate(axis, &weights).expect("slices fit together"),
                bias: like.bias.as_ref().map(|_| ndarray::concatenate(Axis(0), &biases).expect("slices fit together")),
                gain: like.gain,
                bias_gain: like.bias_gain,
            }
        })
        .collect()
}
