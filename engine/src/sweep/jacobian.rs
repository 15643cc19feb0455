//! The Jacobian of the outputs with respect to all parameters, for small problems and tests.

use super::{Sweep, row_blocks};
use crate::linalg::{Element, single_threaded_blas};
use crate::op::{Sink, VectorVisit, WeightVisit};
use ndarray::{Array2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// The sink that adds `vec(h_i δ_iᵀ)`, summed over positions, to the rows of one block of samples; columns are ordered by parameter,
/// each row-major.
struct Jacobian<'a, F> {
    /// `[rows · out, p]`, zeros at first.
    rows: ArrayViewMut2<'a, F>,
    /// Where each parameter's columns begin.
    starts: &'a [usize],
    outputs: usize,
    /// Which output is being swept.
    output: usize,
}

impl<F: Element> Jacobian<'_, F> {
    /// A parameter's columns of the output's rows, one row per sample.
    fn own(&mut self, parameter: usize) -> ArrayViewMut2<'_, F> {
        self.rows.slice_mut(s![self.output..;self.outputs, self.starts[parameter]..self.starts[parameter + 1]])
    }
}

impl<F: Element> Sink<F> for Jacobian<'_, F> {
    fn start(&mut self, index: usize) {
        self.output = index;
    }

    fn weight(&mut self, visit: WeightVisit<'_, F>) {
        let (columns, positions, gain) = (visit.cotangent.ncols(), visit.positions, F::of(visit.gain));
        for ((sample, p), entry) in self.own(visit.parameter).indexed_iter_mut() {
            let rows = sample * positions..(sample + 1) * positions;
            *entry += rows.fold(F::zero(), |sum, r| {
                sum + gain * visit.input[[r, p / columns]] * visit.cotangent[[r, p % columns]]
            });
        }
    }

    fn vector(&mut self, visit: VectorVisit<'_, F>) {
        let mut own = self.own(visit.parameter);
        own += &(&visit.gradient * F::of(visit.gain));
    }
}

/// `∂f_c(x_i)/∂parameters` as `[n · out, p]`, row `i · out + c`.
pub(super) fn jacobian<F: Element>(sweep: &Sweep<'_, F>) -> Array2<F> {
    let _blas = single_threaded_blas();
    let (views, n, outputs) = (sweep.whole(), sweep.samples(), sweep.model.output.len());
    let starts: Vec<usize> = std::iter::once(0)
        .chain(sweep.model.parameters.iter().scan(0, |end, p| {
            *end += p.values.len();
            Some(*end)
        }))
        .collect();
    let mut jacobian = Array2::zeros((n * outputs, sweep.model.numbers()));
    // Every block writes to rows of its own.
    let mut rest = jacobian.view_mut();
    let mut jobs = Vec::new();
    for block in row_blocks(n, sweep.rows(sweep.model.block())) {
        let (rows, others) = rest.split_at(Axis(0), block.len() * outputs);
        rest = others;
        jobs.push((block, rows));
    }
    jobs.into_par_iter().for_each(|(block, rows)| {
        let mut sink = Jacobian { rows, starts: &starts, outputs, output: 0 };
        let cotangents = (0..outputs).map(|c| sweep.model.pick(block.len(), c));
        sweep.reverse(sweep.taped(&views, &block), cotangents, &mut sink);
    });
    jacobian
}
