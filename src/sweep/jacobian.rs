//! The Jacobian of the outputs with respect to all parameters, for small problems and tests.

use crate::linalg::{Scalar, single_threaded_blas};
use crate::op::{DenseParameters, DenseVisit, Layer, Op, Sink};
use ndarray::{Array2, ArrayView2, Axis, s};

/// The sink that keeps `vec(h_i δ_iᵀ)` per sample; columns are ordered by dense layer, weights (row-major) before bias.
struct Jacobian<F> {
    /// Column blocks, last dense layer first.
    blocks: Vec<Array2<F>>,
}

impl<F: Scalar> Sink<F> for Jacobian<F> {
    fn dense(&mut self, visit: DenseVisit<'_, F>) {
        let (n, inputs) = visit.input.dim();
        let outputs = visit.cotangent.ncols();
        if let Some(gain) = visit.bias_gain {
            self.blocks.push(&visit.cotangent * F::of(gain));
        }
        let gain = F::of(visit.gain);
        self.blocks.push(Array2::from_shape_fn((n, inputs * outputs), |(i, p)| {
            gain * visit.input[[i, p / outputs]] * visit.cotangent[[i, p % outputs]]
        }));
    }
}

/// `∂f_c(x_i)/∂parameters` as `[n · out, p]`, row `i · out + c`.
pub(crate) fn jacobian<F: Scalar>(layer: &Layer, parameters: &[DenseParameters<F>], x: ArrayView2<'_, F>) -> Array2<F> {
    let _blas = single_threaded_blas();
    let dense: Vec<_> = parameters.iter().map(|p| p.view(crate::op::Split::Whole, &(0..0))).collect();
    let (y, saved) = layer.forward(&dense, x.to_owned().into_shared(), true);
    let (n, outputs) = y.dim();
    let count = parameters.iter().map(DenseParameters::len).sum();
    let mut rows = Array2::zeros((n * outputs, count));
    if count == 0 {
        return rows;
    }
    for c in 0..outputs {
        let mut sink = Jacobian { blocks: Vec::new() };
        let mut cotangent = Array2::zeros((n, outputs));
        cotangent.column_mut(c).fill(F::one());
        layer.reverse(&dense, saved.clone(), cotangent, &mut sink, false);
        sink.blocks.reverse();
        let views: Vec<_> = sink.blocks.iter().map(|b| b.view()).collect();
        let block = ndarray::concatenate(Axis(1), &views).expect("blocks have one row per sample");
        rows.slice_mut(s![c..;outputs, ..]).assign(&block);
    }
    rows
}
