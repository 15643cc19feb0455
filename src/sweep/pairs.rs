//! The finite-width tangent kernel from the pairs `(H, Δ)`, without a Jacobian.

use super::{DenseVisit, ROWS, Sink, Slices, row_blocks};
use crate::linalg::{add_cross_gram, add_gram, mirror_lower, single_threaded_blas};
use crate::op::{DenseParameters, DenseView, Layer, Op, Split};
use ndarray::iter::AxisChunksIterMut;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Ix2, Zip, s};
use rayon::prelude::*;
use std::ops::Range;

/// The sink that writes one row block's pairs to its rows of the buffers. A buffer is `None` where the pair's side is the
/// same in every slice and already known.
struct Rows<'a> {
    /// One entry per dense layer; filled from the last, as visited.
    buffers: Vec<(Option<ArrayViewMut2<'a, f64>>, Option<ArrayViewMut2<'a, f64>>)>,
}

impl Sink<f64> for Rows<'_> {
    fn dense(&mut self, visit: DenseVisit<'_, f64>) {
        let Some((input, cotangent)) = self.buffers.pop() else { return };
        if let Some(mut input) = input {
            input.assign(&visit.input);
        }
        if let Some(mut cotangent) = cotangent {
            cotangent.assign(&visit.cotangent);
        }
    }
}

/// The pairs of all dense layers for one slice of units, over all samples.
struct Pairs {
    inputs: Vec<Option<Array2<f64>>>,
    cotangents: Vec<Option<Array2<f64>>>,
}

impl Pairs {
    fn new() -> Self {
        Self { inputs: Vec::new(), cotangents: Vec::new() }
    }

    /// Sweeps all samples of `x: [n, d]` with the parameters of one slice. Buffers of the right size are used again.
    fn sweep(&mut self, layer: &Layer, dense: &[DenseView<'_, f64>], wanted: &[(bool, bool)], x: ArrayView2<'_, f64>) {
        let n = x.nrows();
        let fit = |buffers: &mut Vec<Option<Array2<f64>>>, widths: Vec<Option<usize>>| {
            buffers.resize(widths.len(), None);
            for (buffer, width) in buffers.iter_mut().zip(widths) {
                if buffer.as_ref().map(|b| b.ncols()) != width {
                    *buffer = width.map(|w| Array2::zeros((n, w)));
                }
            }
        };
        let widths = |side: fn(&(bool, bool)) -> bool, size: fn(&DenseView<'_, f64>) -> usize| {
            dense.iter().zip(wanted).map(|(d, w)| side(w).then(|| size(d))).collect()
        };
        fit(&mut self.inputs, widths(|w| w.0, |d| d.weight.nrows()));
        fit(&mut self.cotangents, widths(|w| w.1, |d| d.weight.ncols()));

        let blocks = row_blocks(n);
        let (mut inputs, mut cotangents) = (row_chunks(&mut self.inputs), row_chunks(&mut self.cotangents));
        let jobs: Vec<(Range<usize>, Rows<'_>)> = blocks
            .into_iter()
            .map(|rows| {
                let buffers = inputs
                    .iter_mut()
                    .zip(&mut cotangents)
                    .map(|(i, c)| (i.as_mut().and_then(Iterator::next), c.as_mut().and_then(Iterator::next)))
                    .collect();
                (rows, Rows { buffers })
            })
            .collect();
        jobs.into_par_iter().for_each(|(rows, mut sink)| {
            let count = rows.len();
            let block = x.slice(s![rows, ..]).to_owned().into_shared();
            let (_, saved) = layer.forward(dense, block, true);
            layer.reverse(dense, saved, Array2::ones((count, 1)), &mut sink, false);
        });
    }
}

/// Per layer, an iterator over the row blocks of its buffer.
fn row_chunks(buffers: &mut [Option<Array2<f64>>]) -> Vec<Option<AxisChunksIterMut<'_, f64, Ix2>>> {
    buffers.iter_mut().map(|b| b.as_mut().map(|b| b.axis_chunks_iter_mut(Axis(0), ROWS))).collect()
}

/// Sums of `A A'ᵀ` over slices, for one side of one layer.
type Gram = Option<Array2<f64>>;

fn accumulate(gram: &mut Gram, left: &Option<Array2<f64>>, right: Option<&Option<Array2<f64>>>) {
    let Some(left) = left else { return };
    match right {
        None => {
            let gram = gram.get_or_insert_with(|| Array2::zeros((left.nrows(), left.nrows())));
            add_gram(&left.view(), gram);
        }
        Some(right) => {
            let Some(right) = right else { return };
            let gram = gram.get_or_insert_with(|| Array2::zeros((left.nrows(), right.nrows())));
            add_cross_gram(&left.view(), &right.view(), gram);
        }
    }
}

/// Result of [`TangentGram::compute`].
pub(crate) struct TangentGram {
    /// `Θ: [n1, n2]`.
    pub ntk: Array2<f64>,
    /// The last dense layer's part: `E f f'` over its weights, given all others.
    pub nngp: Array2<f64>,
}

impl TangentGram {
    /// The tangent kernel of a network with one output, between `x1: [n1, d]` and `x2: [n2, d]`, or of `x1` with itself.
    pub fn compute(
        layer: &Layer,
        parameters: &[DenseParameters<f64>],
        x1: ArrayView2<'_, f64>,
        x2: Option<ArrayView2<'_, f64>>,
    ) -> Self {
        let _blas = single_threaded_blas();
        let slices = Slices::of(layer, parameters);
        let shape = (x1.nrows(), x2.as_ref().map_or(x1.nrows(), |x| x.nrows()));
        let mut ntk = Array2::zeros(shape);
        let mut nngp = Array2::zeros((0, 0));
        let mut grams: Vec<(Gram, Gram)> = vec![(None, None); parameters.len()];
        let (mut first, mut second) = (Pairs::new(), Pairs::new());
        for (index, units) in slices.ranges.iter().enumerate() {
            let wanted: Vec<(bool, bool)> = slices
                .splits
                .iter()
                .map(|split| (index == 0 || *split == Split::Inputs, index == 0 || *split == Split::Outputs))
                .collect();
            let dense = slices.view(parameters, units);
            first.sweep(layer, &dense, &wanted, x1);
            if let Some(x2) = x2 {
                second.sweep(layer, &dense, &wanted, x2);
            }
            let last_slice = index + 1 == slices.ranges.len();
            for (l, (input_gram, cotangent_gram)) in grams.iter_mut().enumerate() {
                let other = |side: fn(&Pairs) -> &Vec<Option<Array2<f64>>>| x2.map(|_| &side(&second)[l]);
                accumulate(input_gram, &first.inputs[l], other(|p| &p.inputs));
                accumulate(cotangent_gram, &first.cotangents[l], other(|p| &p.cotangents));
                if !last_slice {
                    continue;
                }
                // Whole layers are folded in at once, so that only two Grams are alive.
                let (Some(mut h), Some(delta)) = (input_gram.take(), cotangent_gram.take()) else { continue };
                let p = &parameters[l];
                let (weight, bias) = (p.gain * p.gain, p.bias.as_ref().map_or(0.0, |_| p.bias_gain * p.bias_gain));
                Zip::from(&mut h).and(&delta).par_for_each(|h, &d| *h = (weight * *h + bias) * d);
                ntk += &h;
                if l + 1 == parameters.len() {
                    nngp = h;
                }
            }
        }
        if x2.is_none() {
            mirror_lower(&mut ntk);
            mirror_lower(&mut nngp);
        }
        Self { ntk, nngp }
    }
}
