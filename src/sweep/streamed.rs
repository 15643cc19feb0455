//! The tangent Gram of a network that is streamed over its width: sums over slices of units, so that memory does not grow
//! with it.

use super::features::{Feature, Sides};
use super::{Features, Gram, Model, Shares, Slices};
use crate::linalg::{Scalar, add_cross_gram, add_gram, written_zeros};
use crate::op::Split;
use crate::progress::Progress;
use ndarray::{Array2, Zip};

/// Adds `A A'ᵀ` of one side of one parameter; the lower triangle for one set of points.
fn accumulate<F: Scalar>(gram: &mut Option<Array2<f64>>, left: &Option<Array2<F>>, right: Option<&Option<Array2<F>>>) {
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

/// `share ← (h repeated per output) ∘ share`.
fn multiply(share: &mut Array2<f64>, h: &Array2<f64>, b: usize) {
    if b == 1 {
        Zip::from(share).and(h).par_for_each(|d, &h| *d *= h);
    } else {
        Zip::indexed(share).par_for_each(|(i, j), d| *d *= h[[i / b, j / b]]);
    }
}

/// One matrix per result; of a symmetric Gram the lower triangles.
pub(super) fn compute<F: Scalar>(
    model: &Model<'_, F>,
    slices: &Slices,
    gram: &Gram<'_, F>,
    shares: &Shares,
) -> Vec<Array2<f64>> {
    let (symmetric, count) = (gram.is_symmetric(), model.parameters.len());
    let x2 = gram.x2.unwrap_or(gram.x1);
    let b = gram.directions.0.per_sample();
    let mut results: Vec<Option<Array2<f64>>> = vec![None; shares.results];
    let mut input_grams: Vec<Option<Array2<f64>>> = vec![None; count];
    let mut cotangent_grams: Vec<Option<Array2<f64>>> = vec![None; count];
    // Which parameter's sums each adds to.
    let mut leaders: Vec<usize> = (0..count).collect();
    let task = Progress::current().task("tangent kernel", "slices of the width", slices.ranges.len() as u64);
    let (mut first, mut second) = (Features::new(), Features::new());
    for (index, units) in slices.ranges.iter().enumerate() {
        // The side of a pair that is the same in every slice is asked for once.
        let sides: Vec<Sides> = slices
            .splits
            .iter()
            .map(|split| (index == 0 || *split == Split::Inputs, index == 0 || *split == Split::Outputs))
            .collect();
        let views = slices.view(model.parameters, units);
        first.sweep(model, &views, (gram.directions.0, &sides), gram.x1, slices.rows());
        if !symmetric {
            second.sweep(model, &views, (gram.directions.1, &sides), x2, slices.rows());
        }
        if index == 0 {
            // Neighbours that read the same and count the same, as the first layers of a product, share one sum:
            // Σ (H H'ᵀ) ∘ (Δ Δ'ᵀ) = (H H'ᵀ) ∘ Σ Δ Δ'ᵀ.
            let same = |f: &Features<F>, l: usize| {
                f.entries[l].input.is_some() && f.entries[l - 1].input == f.entries[l].input
            };
            for l in 1..count {
                let whole_input = slices.splits[l] != Split::Inputs && slices.splits[l - 1] != Split::Inputs;
                if whole_input && shares.of[l - 1] == shares.of[l] && same(&first, l) && (symmetric || same(&second, l))
                {
                    leaders[l] = leaders[l - 1];
                }
            }
        }
        for l in 0..count {
            let right = |side: fn(&Feature<F>) -> &Option<Array2<F>>| (!symmetric).then(|| side(&second.entries[l]));
            accumulate(&mut cotangent_grams[leaders[l]], &first.entries[l].cotangent, right(|e| &e.cotangent));
            if leaders[l] == l {
                accumulate(&mut input_grams[l], &first.entries[l].input, right(|e| &e.input));
            }
        }
        task.advance(1);
    }
    for l in 0..count {
        let Some(mut share) = cotangent_grams[l].take() else { continue };
        if let Some(h) = input_grams[l].take() {
            multiply(&mut share, &h, b);
        }
        for &(result, factor) in &shares.of[l] {
            match &mut results[result] {
                Some(sum) => Zip::from(sum).and(&share).par_for_each(|s, &v| *s += factor * v),
                empty => *empty = Some(share.mapv(|v| factor * v)),
            }
        }
    }
    let dim = (gram.x1.nrows() * b, x2.nrows() * b);
    results.into_iter().map(|r| r.unwrap_or_else(|| Array2::zeros(dim))).collect()
}
