//! The squared exponential kernel, and the scales with the largest evidence.

use crate::bayesian::climb::climb;
use crate::bayesian::sample::Data;
use crate::error::Result;
use crate::linalg::{Inverse, LinearOperator, multiply};
use crate::random::Seed;
use ndarray::{Array1, Array2, Axis, Zip};
use std::f64::consts::TAU;

/// Lengths in a cube 2 wide, and variances of values of variance 1, that are looked among.
const LENGTHS: (f64, f64) = (0.05, 20.0);
const VARIANCES: (f64, f64) = (0.05, 20.0);
/// Lengths from which the evidence is climbed.
const STARTS: [f64; 2] = [0.3, 1.5];
const EVALUATIONS: u64 = 60;

/// `v exp(-½ Σ_j (x_j - x'_j)² / ℓ_j²)`, with a length for each coordinate (automatic relevance determination).
#[derive(Clone, Debug)]
pub(super) struct SquaredExponential {
    pub lengths: Array1<f64>,
    pub variance: f64,
}

impl SquaredExponential {
    /// The one with the largest marginal likelihood of data with noise of a variance, as far as L-BFGS-B finds it.
    ///
    /// ## References
    /// Rasmussen and Williams 2006, equations 5.8 and 5.9.
    pub fn fitted((x, y): Data<'_>, noise: f64) -> Result<Self> {
        let d = x.ncols();
        let bounds = |of: fn((f64, f64)) -> f64| {
            let mut all = vec![of(LENGTHS).ln(); d];
            all.push(of(VARIANCES).ln());
            all
        };
        let (lower, upper) = (bounds(|b| b.0), bounds(|b| b.1));
        let evidence = |logs: &[f64]| Self::of(logs).evidence((x, y), noise);
        let mut best: Option<(f64, Vec<f64>)> = None;
        for length in STARTS {
            let mut start = vec![length.ln(); d];
            start.push(0.0);
            let found = climb(&evidence, (&lower, &upper), &start, EVALUATIONS)?;
            if best.as_ref().is_none_or(|best| !(found.0 <= best.0)) {
                best = Some(found);
            }
        }
        Ok(Self::of(&best.expect("a climb from every start").1))
    }

    fn of(logs: &[f64]) -> Self {
        let (variance, lengths) = logs.split_last().expect("a variance after the lengths");
        Self { lengths: lengths.iter().map(|v| v.exp()).collect(), variance: variance.exp() }
    }

    /// Between `[m, d]` and `[n, d]`, `[m, n]`.
    pub fn between(&self, x1: &Array2<f64>, x2: &Array2<f64>) -> Array2<f64> {
        let (a, b) = (x1 / &self.lengths, x2 / &self.lengths);
        let squares = |x: &Array2<f64>| x.map_axis(Axis(1), |row| row.dot(&row));
        let mut kernel = multiply(&a, &b.t());
        let (a, b) = (squares(&a), squares(&b));
        for (mut row, a) in kernel.rows_mut().into_iter().zip(a) {
            Zip::from(&mut row)
                .and(&b)
                .for_each(|k, b| *k = self.variance * (-0.5 * (a + b - 2.0 * *k).max(0.0)).exp());
        }
        kernel
    }

    /// The logarithm of the marginal likelihood, and its gradient in the logarithms of lengths and variance.
    fn evidence(&self, (x, y): Data<'_>, noise: f64) -> Result<(f64, Vec<f64>)> {
        let n = x.nrows();
        let kernel = self.between(x, x);
        let mut noisy = kernel.clone();
        noisy.diag_mut().mapv_inplace(|v| v + noise);
        let Some(inverse) = Inverse::of(&noisy)? else { return Ok((f64::NAN, vec![f64::NAN; x.ncols() + 1])) };
        let weights = inverse.apply(&y.view().insert_axis(Axis(1)).to_owned())?;
        let whole = inverse.apply(&Array2::eye(n))?;
        let fit: f64 = y.iter().zip(&weights).map(|(y, w)| y * w).sum();
        let value = -0.5 * (fit + inverse.log_determinant() + n as f64 * TAU.ln());
        // ½ tr((α αᵀ - K⁻¹) ∂K), with ∂K entry by entry a multiple of K.
        let weighted = Array2::from_shape_fn((n, n), |(i, j)| {
            0.5 * (weights[[i, 0]] * weights[[j, 0]] - whole[[i, j]]) * kernel[[i, j]]
        });
        let of_length = |(column, length): (ndarray::ArrayView1<'_, f64>, &f64)| {
            let gap = |i: usize, j: usize| ((column[i] - column[j]) / length).powi(2);
            weighted.indexed_iter().map(|((i, j), w)| w * gap(i, j)).sum::<f64>()
        };
        let mut slope: Vec<f64> = x.columns().into_iter().zip(&self.lengths).map(of_length).collect();
        slope.push(weighted.sum());
        Ok((value, slope))
    }

    /// Frequencies `[features, d]` and phases of random Fourier features (Rahimi and Recht 2007), `√(2v/M) cos(ω x + b)`.
    pub fn frequencies(&self, features: usize, seed: Seed) -> (Array2<f64>, Array1<f64>) {
        let mut normal = seed.child(0).normals(0);
        let mut phase = seed.child(1).uniforms(0);
        let frequencies = Array2::from_shape_simple_fn((features, self.lengths.len()), &mut normal) / &self.lengths;
        (frequencies, Array1::from_shape_simple_fn(features, || TAU * phase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayesian::acquisition::uniform;

    #[test]
    fn the_slope_of_the_evidence_equals_central_differences_and_its_top_is_flat() -> Result<()> {
        let x = uniform(12, 3, Seed(0))?;
        let y = x.column(0).mapv(|v| (3.0 * v).sin()) + x.column(1);
        for logs in [[0.1, -0.4, 1.0, 0.3], [-1.0, 0.5, 0.2, -0.7]] {
            let at = |logs: &[f64]| SquaredExponential::of(logs).evidence((&x, &y), 0.01);
            let slope = at(&logs)?.1;
            for k in 0..4 {
                let moved = |step: f64| {
                    let mut moved = logs;
                    moved[k] += step;
                    Ok::<f64, crate::Error>(at(&moved)?.0)
                };
                let difference = (moved(1e-5)? - moved(-1e-5)?) / 2e-5;
                assert!(
                    (slope[k] - difference).abs() <= 1e-6 * (1.0 + difference.abs()),
                    "{k}: {slope:?} {difference}"
                );
            }
        }
        let best = SquaredExponential::fitted((&x, &y), 0.01)?;
        // The third coordinate says nothing.
        assert!(best.lengths[2] > 5.0 * best.lengths[0], "{best:?}");
        let logs: Vec<f64> = best.lengths.iter().chain([&best.variance]).map(|v| v.ln()).collect();
        let slope = SquaredExponential::of(&logs).evidence((&x, &y), 0.01)?.1;
        assert!(slope[0].abs() <= 1e-3 && slope[3].abs() <= 1e-3, "{slope:?}");
        Ok(())
    }

    /// The mean of products of features is the kernel.
    #[test]
    fn random_features_have_the_kernel() -> Result<()> {
        let kernel = SquaredExponential { lengths: ndarray::array![0.5, 2.0], variance: 1.7 };
        let (x, features) = (uniform(3, 2, Seed(1))?, 40_000);
        let (frequencies, phases) = kernel.frequencies(features, Seed(2));
        let waves = (multiply(&x, &frequencies.t()) + &phases).mapv(f64::cos) * (2.0 * 1.7 / features as f64).sqrt();
        let off = multiply(&waves, &waves.t()) - kernel.between(&x, &x);
        // Five standard errors of a product of two cosines.
        assert!(off.iter().all(|e| e.abs() <= 5.0 * 1.7 / (features as f64).sqrt()), "{off}");
        Ok(())
    }
}
