//! Predictions with a kernel, taken apart along its eigenvectors.

use super::AdversarialRobustness;
use crate::names::*;
use crate::saved_fields;
use crate::study::digit_sample::DigitSample;
use crate::study::hardening::{share_right, within_pixels};

/// The parts `f^(i)(x) = (v_iᵀ y / λ_i) Θ(x, X) v_i` of kernel regression, in the order of falling eigenvalues, on unseen images.
#[derive(Clone)]
pub(super) struct Features {
    /// Shares that the whole classifies right: as they are, after one step, after many.
    pub whole: Vec<f64>,
    /// Which parts were attacked, counted from 1, rising.
    pub ranks: Vec<usize>,
    /// Of these: the eigenvalue over the largest; shares that the part's sign has right, of images as they are and attacked for this part.
    pub eigenvalues: Vec<f64>,
    pub useful: Vec<f64>,
    pub robust: Vec<f64>,
    /// Of the sum of as many of the first parts: shares right, of images as they are and attacked for the whole.
    pub first: Vec<f64>,
    pub first_attacked: Vec<f64>,
    /// The gradients of some parts in the input, `[parts, 784]`, and their ranks.
    pub pictures: Matrix,
    pub pictured: Vec<usize>,
}
saved_fields!(Features { whole, ranks, eigenvalues, useful, robust, first, first_attacked, pictures, pictured });

/// Places from 1 to `n`, about as many as asked for: half of them the first, the others evenly in the logarithm.
fn spread(n: usize, count: usize) -> Vec<usize> {
    let first = count.div_ceil(2).min(n);
    let rest = (count - count.div_ceil(2)).max(1);
    let place = |k: usize| (first as f64 * (n as f64 / first as f64).powf(k as f64 / rest as f64)).round() as usize;
    let mut places: Vec<usize> = (1..=first).chain((1..=rest).map(|k| place(k).clamp(1, n))).collect();
    places.dedup();
    places
}

/// Parts whose gradients are shown: the first robust useful one, the first useful one that is not robust, the first that is not useful.
fn shown(features: &Features) -> Vec<usize> {
    let first = |holds: &dyn Fn(f64, f64) -> bool| {
        (0..features.ranks.len()).find(|&k| holds(features.useful[k], features.robust[k]))
    };
    let kinds: [&dyn Fn(f64, f64) -> bool; 3] = [
        &|useful, robust| useful > super::USEFUL && robust > 0.5,
        &|useful, robust| useful > super::USEFUL && robust < super::NOT_ROBUST,
        &|useful, robust| useful <= super::USEFUL && robust < super::NOT_ROBUST,
    ];
    kinds.iter().filter_map(|&holds| first(holds)).collect()
}

impl Features {
    pub fn measure(study: &AdversarialRobustness, [train, test]: &[DigitSample; 2]) -> Result<Self> {
        let (net, y) = (study.sized(None, train), test.signs());
        let spectrum = net.limit_kernel(&train.x)?.ntk().spectrum()?;
        // A kernel with an eigenvalue of zero has fewer parts than images.
        spectrum.condition_number()?;
        let shares = spectrum.vectors().dot(&train.signs());
        let count = train.x.nrows();
        // Column i: the coefficients of part i.
        let parts = Matrix::from_shape_fn((count, count), |(row, i)| {
            shares[i] / spectrum.values()[i] * spectrum.vectors()[[i, row]]
        });
        let column = |i: usize| parts.slice(s![.., i..=i]).to_owned();
        let whole = net.limit_predictor(&parts.sum_axis(Axis(1)).insert_axis(Axis(1)), &train.x)?;
        let one_step = within_pixels(Attack::fast_gradient(study.radius));
        let many = within_pixels(Attack::projected_gradient(study.radius, study.attack_steps));
        let attacked = one_step.examples(&whole, &Logistic, &test.x, &y)?;
        let outputs = |x: &Matrix| Ok::<_, Error>(net.limit_kernel_between(x, &train.x)?.ntk().values().dot(&parts));
        let (of_parts, of_attacked) = (outputs(&test.x)?, outputs(&attacked)?);
        let ranks = spread(count, study.features);
        let of_first = |outputs: &Matrix, k: usize| share_right(&outputs.slice(s![.., ..k]).sum_axis(Axis(1)), &y);
        let robust = ranks.iter().map(|&rank| {
            let part = whole.with_coefficients(&column(rank - 1))?;
            let found = one_step.examples(&part, &Logistic, &test.x, &y)?;
            Ok(share_right(&part.outputs(&found)?, &y))
        });
        let mut features = Self {
            whole: vec![
                share_right(&whole.outputs(&test.x)?, &y),
                share_right(&whole.outputs(&attacked)?, &y),
                many.accuracy(&whole, &Logistic, &test.x, &y)?,
            ],
            eigenvalues: ranks.iter().map(|&rank| spectrum.values()[rank - 1] / spectrum.values()[0]).collect(),
            useful: ranks.iter().map(|&rank| share_right(of_parts.column(rank - 1), &y)).collect(),
            robust: robust.collect::<Result<_>>()?,
            first: ranks.iter().map(|&rank| of_first(&of_parts, rank)).collect(),
            first_attacked: ranks.iter().map(|&rank| of_first(&of_attacked, rank)).collect(),
            ranks,
            pictures: Matrix::default((0, 0)),
            pictured: Vec::new(),
        };
        // At the mean image, which is none of the kernel's points.
        let mean = train.x.mean_axis(Axis(0)).expect("some images").insert_axis(Axis(0));
        let rows = shown(&features).into_iter().map(|k| {
            let rank = features.ranks[k];
            let gradient = whole.with_coefficients(&column(rank - 1))?.input_gradient(&Matrix::ones((1, 1)), &mean)?;
            Ok((rank, gradient.row(0).to_owned()))
        });
        let rows: Vec<(usize, Vector)> = rows.collect::<Result<_>>()?;
        let pictures = Matrix::from_shape_fn((rows.len(), train.x.ncols()), |(i, j)| rows[i].1[j]);
        features.pictured = rows.into_iter().map(|row| row.0).collect();
        features.pictures = pictures;
        Ok(features)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_from_the_first_to_the_last_without_repetition() {
        assert_eq!((spread(1, 1), spread(1, 5)), (vec![1], vec![1]));
        assert_eq!((spread(3, 3), spread(3, 20)), (vec![1, 2, 3], vec![1, 2, 3]));
        let places = spread(500, 30);
        assert!(places[0] == 1 && places.last() == Some(&500) && places.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
