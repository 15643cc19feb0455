//! The Jacobian of the outputs with respect to all parameters, for small problems and tests.

use super::Model;
use crate::linalg::{Scalar, single_threaded_blas};
use crate::op::{Op, Sink, VectorVisit, WeightVisit};
use ndarray::{Array2, ArrayView2, Axis, s};

/// The sink that keeps `vec(h_i δ_iᵀ)`, summed over positions, per sample; columns are ordered by parameter, each row-major.
struct Jacobian<F> {
    /// Column blocks, last parameter first.
    blocks: Vec<Array2<F>>,
}

impl<F: Scalar> Sink<F> for Jacobian<F> {
    fn weight(&mut self, visit: WeightVisit<'_, F>) {
        let (inputs, outputs, positions) = (visit.input.ncols(), visit.cotangent.ncols(), visit.positions);
        let gain = F::of(visit.gain);
        let samples = visit.input.nrows() / positions;
        self.blocks.push(Array2::from_shape_fn((samples, inputs * outputs), |(i, p)| {
            let rows = i * positions..(i + 1) * positions;
            rows.fold(F::zero(), |sum, r| {
                sum + gain * visit.input[[r, p / outputs]] * visit.cotangent[[r, p % outputs]]
            })
        }));
    }

    fn vector(&mut self, visit: VectorVisit<'_, F>) {
        self.blocks.push(&visit.gradient * F::of(visit.gain));
    }
}

/// `∂f_c(x_i)/∂parameters` as `[n · out, p]`, row `i · out + c`.
pub(super) fn jacobian<F: Scalar>(model: &Model<'_, F>, x: ArrayView2<'_, F>) -> Array2<F> {
    let _blas = single_threaded_blas();
    let (views, batch) = (model.whole(), model.batch(&x, 0..x.nrows()));
    let scope = model.scope(&views, &batch);
    let (_, saved) = model.layer.forward(scope, batch.clone(), true);
    let (n, outputs) = (x.nrows(), model.output.len());
    let count = model.parameters.iter().map(|p| p.values.len()).sum();
    let mut rows = Array2::zeros((n * outputs, count));
    if count == 0 {
        return rows;
    }
    for c in 0..outputs {
        let mut sink = Jacobian { blocks: Vec::new() };
        model.layer.reverse(scope, saved.clone(), model.pick(n, c), &mut sink, false);
        sink.blocks.reverse();
        let views: Vec<_> = sink.blocks.iter().map(|b| b.view()).collect();
        let block = ndarray::concatenate(Axis(1), &views).expect("blocks have one row per sample");
        rows.slice_mut(s![c..;outputs, ..]).assign(&block);
    }
    rows
}
