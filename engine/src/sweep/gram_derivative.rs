//! The derivative of the tangent kernel along a direction in the parameters.

use super::features::{Feature, Form, per_sample};
use super::{Directions, Features, Model, Sweep, panels};
use crate::linalg::{Element, Scalar, Weight, mirror_lower, single_threaded_blas};
use crate::number::Dual;
use crate::progress::Progress;
use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;
use std::ops::Range;

/// Memory of the features of two panels.
const FEATURE_BYTES: usize = 1 << 30;
/// Numbers in the Grams of a tile.
const SCRATCH: usize = 1 << 20;

/// `Σ_l w_l d/dε (J_l(θ + ε v) J_l(θ + ε v)ᵀ)` at `ε = 0`, `[n · out, n · out]`, for a direction `v` and a weight per parameter.
pub(super) fn compute<F: Scalar>(
    model: &Model<'_, F>,
    along: &[Array2<F>],
    x: ArrayView2<'_, F>,
    weights: &[f64],
) -> Array2<f64> {
    let _blas = single_threaded_blas();
    let (n, b) = (x.nrows(), model.output.len());
    let mut sum = Array2::zeros((n * b, n * b));
    let directions = Directions::Each(b);
    let per_sample = per_sample(model, directions).saturating_mul(size_of::<Dual<F>>());
    let panels = panels(n, (FEATURE_BYTES / 2 / per_sample.max(1)).max(1));
    let sides = vec![(true, true); model.parameters.len()];
    let features = |rows: &Range<usize>| {
        let sweep = Sweep::<Dual<F>>::new(model, x.slice(s![rows.clone(), ..])).along(along);
        let mut features = Features::new();
        features.sweep(&sweep, &sweep.whole(), (directions, &sides), model.block());
        features
    };
    let task = Progress::current().task("derivative of the tangent kernel", "panels", panels.len() as u64);
    for rows in &panels {
        let left = features(rows);
        for columns in panels.iter().filter(|columns| columns.start <= rows.start) {
            let other = (columns != rows).then(|| features(columns));
            let part = panel(&left, other.as_ref().unwrap_or(&left), b, weights);
            sum.slice_mut(s![rows.start * b..rows.end * b, columns.start * b..columns.end * b]).assign(&part);
        }
        task.advance(1);
    }
    mirror_lower(&mut sum);
    sum
}

/// The derivatives between two panels of samples.
fn panel<F: Scalar>(left: &Features<Dual<F>>, right: &Features<Dual<F>>, b: usize, weights: &[f64]) -> Array2<f64> {
    let most = left.entries.iter().map(|e| positions(e.form)).max().unwrap_or(1);
    let side = ((SCRATCH as f64).sqrt() as usize / (most * b)).max(1);
    let blocks: Vec<_> = (0..left.samples).step_by(side).map(|r| r..(r + side).min(left.samples)).collect();
    let rows: Vec<Array2<f64>> = blocks
        .into_par_iter()
        .map(|r| {
            let mut sum = Array2::zeros((r.len() * b, right.samples * b));
            for c in (0..right.samples).step_by(side).map(|c| c..(c + side).min(right.samples)) {
                let mut tile = sum.slice_mut(s![.., c.start * b..c.end * b]);
                for ((a, z), &weight) in left.entries.iter().zip(&right.entries).zip(weights) {
                    tile += &(share((a, &r), (z, &c), b) * weight);
                }
            }
            sum
        })
        .collect();
    let views: Vec<_> = rows.iter().map(|block| block.view()).collect();
    ndarray::concatenate(ndarray::Axis(0), &views).expect("blocks have the same number of columns")
}

fn positions(form: Form) -> usize {
    if let Form::Positions(p) = form { p } else { 1 }
}

/// One parameter's derivative for samples `r` times `c`: of `Σ_{p, q} (h_p·h'_q)(δ_p·δ'_q)`, or of `g·g'`.
fn share<F: Scalar>(
    (a, r): (&Feature<Dual<F>>, &Range<usize>),
    (z, c): (&Feature<Dual<F>>, &Range<usize>),
    b: usize,
) -> Array2<f64> {
    let p = positions(a.form);
    let by_position = |side: &Array2<Dual<F>>, rows: Range<usize>| {
        let part = side.slice(s![rows, ..]).to_owned();
        let dim = (part.nrows() * p, part.ncols() / p);
        part.into_shape_with_order(dim).expect("rows hold p positions")
    };
    let sides = "features of all parameters were asked for";
    let (delta1, delta2) = (a.cotangent.as_ref().expect(sides), z.cotangent.as_ref().expect(sides));
    let outputs = |rows: &Range<usize>| rows.start * b..rows.end * b;
    let cotangents = gram(&by_position(delta1, outputs(r)), &by_position(delta2, outputs(c)));
    let inputs = a.input.as_ref().zip(z.input.as_ref());
    let inputs = inputs.map(|(h1, h2)| gram(&by_position(h1, r.clone()), &by_position(h2, c.clone())));
    Array2::from_shape_fn((r.len() * b, c.len() * b), |(i, j)| {
        let mut sum = 0.0;
        for (s, t) in (0..p).flat_map(|s| (0..p).map(move |t| (s, t))) {
            let cotangent = cotangents[[i * p + s, j * p + t]];
            let product = match &inputs {
                Some(inputs) => cotangent * inputs[[i / b * p + s, j / b * p + t]],
                None => cotangent,
            };
            sum += product.tangent.to_f64();
        }
        sum
    })
}

/// `a bᵀ`.
fn gram<F: Scalar>(a: &Array2<Dual<F>>, b: &Array2<Dual<F>>) -> Array2<Dual<F>> {
    let (values, along) = (b.mapv(|d| d.value), b.mapv(|d| d.tangent));
    let weight = Weight { values: values.view(), along: Some(along.view()), replay: None };
    Dual::times_transposed(F::one(), &a.view(), &weight)
}
