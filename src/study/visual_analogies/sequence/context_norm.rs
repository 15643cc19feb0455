use super::lstm::{add, row_by_row, values, values_mut};
use crate::linalg::Scalar;
use ndarray::Array2;

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
    inverse_deviation: Vec<F>,
}

const EPSILON: f64 = 1e-8;

impl<F: Scalar> ContextNorm<'_, F> {
    /// `y` for `x: [T n, k]`.
    pub fn forward(&self, mut x: Array2<F>) -> (Array2<F>, Normalised<F>) {
        let mean = self.mean(values(&x), x.ncols());
        let size = mean.len().max(1);
        for step in values_mut(&mut x).chunks_exact_mut(size) {
            step.iter_mut().zip(&mean).for_each(|(x, mean)| *x = *x - *mean);
        }
        let squares: Vec<F> = values(&x).iter().map(|x| *x * *x).collect();
        let mut inverse_deviation = self.mean(&squares, x.ncols());
        for v in &mut inverse_deviation {
            *v = F::one() / (*v + F::of(EPSILON)).sqrt();
        }
        let mut y = Array2::zeros(x.raw_dim());
        let (gain, shift) = (values(self.gain), values(self.shift));
        for (step, y) in values_mut(&mut x).chunks_exact_mut(size).zip(values_mut(&mut y).chunks_exact_mut(size)) {
            step.iter_mut().zip(&inverse_deviation).for_each(|(x, inverse)| *x *= *inverse);
            for (x, y) in step.chunks_exact(gain.len()).zip(y.chunks_exact_mut(gain.len())) {
                for (((y, x), gain), shift) in y.iter_mut().zip(x).zip(gain).zip(shift) {
                    *y = *x * *gain + *shift;
                }
            }
        }
        (y, Normalised { values: x, inverse_deviation })
    }

    /// `∂x`, `∂γ` and `∂β` for `Δ: [T n, k]`.
    pub fn reverse(&self, saved: Normalised<F>, cotangent: Array2<F>) -> [Array2<F>; 3] {
        let mut passed = row_by_row(cotangent);
        let (columns, x) = (passed.ncols(), values(&saved.values));
        let along: Vec<F> = values(&passed).iter().zip(x).map(|(c, x)| *c * *x).collect();
        let [gain, shift] = [&along[..], values(&passed)].map(|a| {
            let mut sum = Array2::zeros((1, columns));
            a.chunks_exact(columns).for_each(|row| add(values_mut(&mut sum), row));
            sum
        });
        // γ is common to all steps, so that it multiplies the means.
        let (mean, mean_along) = (self.mean(values(&passed), columns), self.mean(&along, columns));
        let gains = values(self.gain).iter().cycle();
        let scale: Vec<F> = saved.inverse_deviation.iter().zip(gains).map(|(inverse, gain)| *inverse * *gain).collect();
        let size = mean.len().max(1);
        for (step, x) in values_mut(&mut passed).chunks_exact_mut(size).zip(x.chunks_exact(size)) {
            let means = mean.iter().zip(&mean_along);
            for (((c, x), (mean, along)), scale) in step.iter_mut().zip(x).zip(means).zip(&scale) {
                *c = *scale * (*c - *mean - *x * *along);
            }
        }
        [passed, gain, shift]
    }

    /// Over steps, `[T n, k] -> [n, k]`, row by row.
    fn mean(&self, x: &[F], columns: usize) -> Vec<F> {
        let n = x.len() / columns.max(1) / self.steps.max(1);
        let mut sum = vec![F::zero(); n * columns];
        x.chunks_exact((n * columns).max(1)).for_each(|step| add(&mut sum, step));
        let share = F::of(1.0 / self.steps as f64);
        sum.iter_mut().for_each(|sum| *sum *= share);
        sum
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
