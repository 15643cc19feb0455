//! The tangent Gram of a network that is streamed over its width: sums over slices of units, so that memory does not grow
//! with it.

use super::features::{Feature, Sides};
use super::{Features, Gram, Model, Shares, Slices, Sweep};
use crate::linalg::{GramSum, Scalar, add_grams, each, mirror_lower, written_zeros};
use crate::op::Split;
use crate::progress::Progress;
use ndarray::{Array2, Zip};

/// One sum per parameter, of one side.
type Grams = Vec<Option<Array2<f64>>>;

/// A side of a feature.
type Side<F> = fn(&Feature<F>) -> Option<&Array2<F>>;

/// Adds a slice's products of one side: every parameter's to the sum of its leader, those that lead to themselves alone if
/// `leaders_only`. For one set of points the lower triangle.
fn queue<'a, F: Scalar>(
    grams: &'a mut Grams,
    (first, second): (&'a Features<F>, Option<&'a Features<F>>),
    leaders: &[usize],
    (side, leaders_only): (Side<F>, bool),
) -> Vec<GramSum<'a, F>> {
    let mut terms: Vec<Vec<_>> = grams.iter().map(|_| Vec::new()).collect();
    for (l, entry) in first.entries.iter().enumerate().filter(|(l, _)| !leaders_only || leaders[*l] == *l) {
        // Of this slice the side was not asked for, or the parameter has no part in it.
        let Some(left) = side(entry) else { continue };
        let right = second.map(|second| side(&second.entries[l]).expect("both sets have the same sides").view());
        terms[leaders[l]].push((left.view(), right));
    }
    let filled = grams.iter_mut().zip(terms).filter(|(_, terms)| !terms.is_empty());
    filled
        .map(|(gram, terms)| {
            let (left, right) = &terms[0];
            let dim = (left.nrows(), right.as_ref().unwrap_or(left).nrows());
            GramSum { sum: gram.get_or_insert_with(|| written_zeros(dim)), terms }
        })
        .collect()
}

/// `share ← (h repeated per output) ∘ share`.
fn multiply(share: &mut Array2<f64>, h: &Array2<f64>, b: usize) {
    if b == 1 {
        each!(Zip::from(share).and(h), |d, &h| *d *= h);
    } else {
        each!(Zip::indexed(share), |(i, j), d| *d *= h[[i / b, j / b]]);
    }
}

/// `sum ← sum + factor · share`.
fn add(sum: &mut Option<Array2<f64>>, factor: f64, mut share: Array2<f64>) {
    match sum {
        Some(sum) => each!(Zip::from(sum).and(&share), |s, &v| *s += factor * v),
        None => {
            share.par_mapv_inplace(|v| factor * v);
            *sum = Some(share);
        }
    }
}

/// One matrix per result.
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
    let mut input_grams: Grams = vec![None; count];
    let mut cotangent_grams: Grams = vec![None; count];
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
        let views = slices.view(model, None, units);
        first.sweep(&Sweep::new(model, gram.x1), &views, (gram.directions.0, &sides), slices.rows);
        if !symmetric {
            second.sweep(&Sweep::new(model, x2), &views, (gram.directions.1, &sides), slices.rows);
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
        let features = (&first, (!symmetric).then_some(&second));
        let mut sums = queue(&mut cotangent_grams, features, &leaders, (|e| e.cotangent.as_ref(), false));
        sums.extend(queue(&mut input_grams, features, &leaders, (|e| e.input.as_ref(), true)));
        add_grams(&mut sums);
        task.advance(1);
    }
    for l in 0..count {
        if leaders[l] != l {
            continue;
        }
        let mut share = cotangent_grams[l].take().expect("every leader has cotangents in the first slice");
        if let Some(h) = input_grams[l].take() {
            multiply(&mut share, &h, b);
        }
        // No result has a share of this parameter.
        let Some((&(last, factor), others)) = shares.of[l].split_last() else { continue };
        for &(result, factor) in others {
            add(&mut results[result], factor, share.clone());
        }
        add(&mut results[last], factor, share);
    }
    let dim = (gram.x1.nrows() * b, x2.nrows() * b);
    let mut results: Vec<Array2<f64>> = results.into_iter().map(|r| r.unwrap_or_else(|| Array2::zeros(dim))).collect();
    if symmetric {
        results.iter_mut().for_each(mirror_lower);
    }
    results
}
