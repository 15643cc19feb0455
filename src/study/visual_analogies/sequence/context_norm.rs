use super::lstm::{row_by_row, values, values_mut};
use crate::linalg::Scalar;
use ndarray::{Array2, ArrayView2, Axis, s};

/// Context normalisation: every feature is normalised over the steps of its own sequence.
///
/// With `μ` and `v` the mean and the variance of a feature over the `T` steps of a sequence (both divided by `T`), and `ε = 1e-8`:
/// `x̂_t = (x_t - μ) / √(v + ε)`, `y_t = γ ∘ x̂_t + β`. What all steps have in common is removed, in distance and in scale, so that
/// relations between them remain.
///
/// Reverse, with `Δ̂_t = γ ∘ Δ_t`: `∂x_t = (Δ̂_t - mean_t Δ̂ - x̂_t ∘ mean_t (Δ̂ ∘ x̂)) / √(v + ε)`, `∂γ = Σ Δ ∘ x̂`, `∂β = Σ Δ`.
///
/// Shapes: `x: [T n, k] -> [T n, k]`; `γ, β: [1, k]`. Source: Webb et al. 2020; that the variance is divided by `T` is chosen here.
pub struct ContextNorm<'a, F> {
    /// `γ`.
    pub gain: &'a Array2<F>,
    /// `β`.
    pub shift: &'a Array2<F>,
    /// `T`.
    pub steps: usize,
}

/// What the reverse pass needs.
pub struct Normalised<F> {
    /// `x̂`, `[T n, k]`.
    values: Array2<F>,
    /// `1 / √(v + ε)`, `[n, k]`.
    inverse_deviation: Array2<F>,
}

const EPSILON: f64 = 1e-8;

impl<F: Scalar> ContextNorm<'_, F> {
    /// `y` for `x: [T n, k]`.
    pub fn forward(&self, mut x: Array2<F>) -> (Array2<F>, Normalised<F>) {
        let mean = self.mean(x.view());
        for step in values_mut(&mut x).chunks_exact_mut(mean.len().max(1)) {
            step.iter_mut().zip(values(&mean)).for_each(|(x, &mean)| *x = *x - mean);
        }
        let mut inverse_deviation = self.mean((&x * &x).view());
        for v in values_mut(&mut inverse_deviation) {
            *v = F::one() / (*v + F::of(EPSILON)).sqrt();
        }
        for mut step in x.axis_chunks_iter_mut(Axis(0), mean.nrows().max(1)) {
            step *= &inverse_deviation;
        }
        let y = &x * self.gain + self.shift;
        (y, Normalised { values: x, inverse_deviation })
    }

    /// `∂x`, `∂γ` and `∂β` for `Δ: [T n, k]`.
    pub fn reverse(&self, saved: Normalised<F>, cotangent: Array2<F>) -> [Array2<F>; 3] {
        let cotangent = row_by_row(cotangent);
        let along = &cotangent * &saved.values;
        let [gain, shift] = [&along, &cotangent].map(|a| a.sum_axis(Axis(0)).insert_axis(Axis(0)));
        // γ is common to all steps, so that it multiplies the means.
        let (mean, mean_along) = (self.mean(cotangent.view()), self.mean(along.view()));
        let scale = saved.inverse_deviation * self.gain;
        let (mut passed, [mean, mean_along, scale]) = (cotangent, [&mean, &mean_along, &scale].map(values));
        let size = mean.len().max(1);
        for (step, x) in values_mut(&mut passed).chunks_exact_mut(size).zip(values(&saved.values).chunks_exact(size)) {
            for (at, c) in step.iter_mut().enumerate() {
                *c = scale[at] * (*c - mean[at] - x[at] * mean_along[at]);
            }
        }
        [passed, gain, shift]
    }

    /// Over steps, `[T n, k] -> [n, k]`.
    fn mean(&self, x: ArrayView2<'_, F>) -> Array2<F> {
        let n = x.nrows() / self.steps.max(1);
        let mut sum = Array2::zeros((n, x.ncols()));
        for t in 0..self.steps {
            sum += &x.slice(s![t * n..(t + 1) * n, ..]);
        }
        sum * F::of(1.0 / self.steps as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::differences::assert_derivative;
    use super::*;
    use crate::random::Seed;
    use ndarray::Zip;

    #[test]
    fn the_mean_of_every_sequence_is_beta_and_its_deviation_gamma() {
        let (steps, n, k) = (4, 3, 2);
        let x = Array2::from_shape_simple_fn((steps * n, k), Seed(0).normals(0));
        let (gain, shift) = (Array2::from_elem((1, k), 2.0), Array2::from_elem((1, k), 0.5));
        let (y, _) = ContextNorm { gain: &gain, shift: &shift, steps }.forward(x);
        for (sequence, feature) in (0..n).flat_map(|s| (0..k).map(move |f| (s, f))) {
            let values: Vec<f64> = (0..steps).map(|t| y[[t * n + sequence, feature]]).collect();
            let mean = values.iter().sum::<f64>() / steps as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / steps as f64;
            assert!((mean - 0.5).abs() <= 1e-12 && (variance - 4.0).abs() <= 1e-6, "{mean} {variance}");
        }
    }

    #[test]
    fn derivatives_are_those_of_central_differences() {
        let (steps, n, k) = (4, 3, 5);
        let draw = |rows, stream| Array2::from_shape_simple_fn((rows, k), Seed(1).normals(stream));
        let (x, gain, shift, weights) = (draw(steps * n, 0), draw(1, 1), draw(1, 2), draw(steps * n, 3));
        let value = |inputs: &[Array2<f64>]| {
            let norm = ContextNorm { gain: &inputs[1], shift: &inputs[2], steps };
            let y = norm.forward(inputs[0].clone()).0;
            Zip::from(&y).and(&weights).fold(0.0, |sum, y, w| sum + y * w)
        };
        let norm = ContextNorm { gain: &gain, shift: &shift, steps };
        let found = norm.reverse(norm.forward(x.clone()).1, weights.clone());
        assert_derivative(&[x, gain.clone(), shift.clone()], value, &found);
    }
}
