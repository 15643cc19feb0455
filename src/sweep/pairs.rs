//! The finite-width tangent kernel from the pairs `(H, Δ)`, without a Jacobian.

use super::{ROWS, Slices, row_blocks};
use crate::linalg::{add_cross_gram, add_gram, mirror_lower, single_threaded_blas, written_zeros};
use crate::op::{DenseParameters, DenseView, DenseVisit, Layer, Op, Sink, Split};
use ndarray::iter::AxisChunksIterMut;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Ix2, Zip, s};
use rayon::prelude::*;
use std::ops::Range;
use std::rc::Rc;

/// A dense layer's rows of the input and the cotangent buffer.
type PairRows<'a> = (Option<ArrayViewMut2<'a, f64>>, Option<ArrayViewMut2<'a, f64>>);

/// The sink that writes one row block's pairs to its rows of the buffers. A buffer is `None` where the pair's side is the
/// same in every slice and already known.
struct Rows<'a> {
    /// One entry per dense layer; filled from the last, as visited.
    buffers: Vec<PairRows<'a>>,
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

/// Sums over slices of `A A'ᵀ`, for one side of one layer; the lower triangle for one set of points.
type Gram = Option<Array2<f64>>;

fn accumulate(gram: &mut Gram, left: &Option<Array2<f64>>, right: Option<&Option<Array2<f64>>>) {
    let Some(left) = left else { return };
    match right {
        None => add_gram(&left.view(), gram.get_or_insert_with(|| written_zeros((left.nrows(), left.nrows())))),
        Some(Some(right)) => {
            let gram = gram.get_or_insert_with(|| written_zeros((left.nrows(), right.nrows())));
            add_cross_gram(&left.view(), &right.view(), gram);
        }
        Some(None) => {}
    }
}

/// Result of [`TangentGram::compute`].
pub(crate) struct TangentGram {
    /// `Θ: [n1, n2]`.
    pub ntk: Array2<f64>,
    /// The last dense layer's part: where the network ends in it, `E f f'` over its weights, given all others.
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
        let mut ntk = written_zeros((x1.nrows(), x2.as_ref().map_or(x1.nrows(), |x| x.nrows())));
        let mut nngp = Array2::zeros(ntk.dim());
        // Neighbours may share the Gram of their input: the first layers of a product all read the same.
        let mut input_grams: Vec<Option<Rc<Array2<f64>>>> = vec![None; parameters.len()];
        let mut cotangent_grams: Vec<Gram> = vec![None; parameters.len()];
        let (mut first, mut second) = (Pairs::new(), Pairs::new());
        for (index, units) in slices.ranges.iter().enumerate() {
            // The side of a pair that is the same in every slice is asked for once.
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
            for l in 0..parameters.len() {
                let right = |side: fn(&Pairs) -> &Vec<Option<Array2<f64>>>| x2.map(|_| &side(&second)[l]);
                accumulate(&mut cotangent_grams[l], &first.cotangents[l], right(|p| &p.cotangents));
                if first.inputs[l].is_some() {
                    let same = |pairs: &Pairs| l > 0 && pairs.inputs[l - 1] == pairs.inputs[l];
                    let cut = slices.splits[l] == Split::Inputs;
                    input_grams[l] = if !cut && same(&first) && (x2.is_none() || same(&second)) {
                        input_grams[l - 1].clone()
                    } else {
                        let mut gram = input_grams[l].take().and_then(Rc::into_inner);
                        accumulate(&mut gram, &first.inputs[l], right(|p| &p.inputs));
                        gram.map(Rc::new)
                    };
                }
                if !last_slice {
                    continue;
                }
                let (Some(h), Some(mut delta)) = (&input_grams[l], cotangent_grams[l].take()) else { continue };
                let p = &parameters[l];
                let (weight, bias) = (p.gain * p.gain, p.bias.as_ref().map_or(0.0, |_| p.bias_gain * p.bias_gain));
                Zip::from(&mut ntk).and(&mut delta).and(h.as_ref()).par_for_each(|t, d, &h| {
                    *d *= weight * h + bias;
                    *t += *d;
                });
                if l + 1 == parameters.len() {
                    nngp = delta;
                }
                if l > 0 {
                    input_grams[l - 1] = None;
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
