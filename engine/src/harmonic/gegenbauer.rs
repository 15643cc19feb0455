//! Gegenbauer polynomials `C_k^(α)`.

use super::funk_hecke::{check_degree, zonal_coefficients};
use super::harmonic_counts;
use crate::error::{Error, Result};

/// `C_k^(α)(t)` by the three-term recurrence `k C_k = 2 (k+α-1) t C_{k-1} - (k+2α-2) C_{k-2}`; `α > 0`.
pub fn value(k: usize, alpha: f64, t: f64) -> f64 {
    let (mut before, mut current) = (0.0, 1.0);
    for j in 1..=k {
        let j = j as f64;
        (before, current) = (current, (2.0 * (j + alpha - 1.0) * t * current - (j + 2.0 * alpha - 2.0) * before) / j);
    }
    current
}

/// Root mean square of `C_k^(α)(⟨x, ζ⟩)` for `x` uniform on the unit sphere of `R^d`.
///
/// # Errors
/// [`Error::Range`] for `d` outside 3 to 1000, a degree above 500 or an index that is not positive; [`Error::Overflow`] for a degree too
/// large.
pub fn root_mean_square(k: usize, alpha: f64, d: usize) -> Result<f64> {
    let place = "Gegenbauer polynomial";
    if !(alpha > 0.0 && alpha.is_finite()) {
        return Err(Error::Range { place, what: "the index", value: alpha, legal: "positive and finite" });
    }
    check_degree(k)?;
    // The zeroth zonal coefficient is the mean over the sphere.
    match zonal_coefficients(|t| value(k, alpha, t).powi(2), d, &[0]) {
        Ok(mean_square) if mean_square[0] > 0.0 && mean_square[0].is_finite() => Ok(mean_square[0].sqrt()),
        Ok(_) | Err(Error::NotFinite { .. }) => Err(Error::Overflow { place }),
        Err(error) => Err(error),
    }
}

/// How the variance of `C_k^(α)(⟨x, ζ⟩)`, for `x` uniform on the unit sphere of `R^d`, is shared among the harmonics of degree `0..=k`,
/// `[k + 1]`: all of it in degree `k` for the harmonic index `α = (d-2)/2`.
///
/// With zonal coefficients `a_j` of `C_k^(α)` and `N_j` harmonics of degree `j`, the share of degree `j` is `a_j² N_j` over the sum.
///
/// # Errors
/// As for [`root_mean_square`].
pub fn harmonic_shares(k: usize, alpha: f64, d: usize) -> Result<Vec<f64>> {
    // Of values around 1, for large degrees.
    let scale = root_mean_square(k, alpha, d)?;
    let degrees: Vec<usize> = (0..=k).collect();
    let a = zonal_coefficients(|t| value(k, alpha, t) / scale, d, &degrees)?;
    let parts: Vec<f64> = a.iter().zip(harmonic_counts(d, k)).map(|(a, count)| a * a * count).collect();
    let sum: f64 = parts.iter().sum();
    Ok(parts.into_iter().map(|part| part / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use libm::lgamma;

    /// `C_k^(α)(1) = Γ(k+2α) / (k! Γ(2α))`.
    fn at_one(k: usize, alpha: f64) -> f64 {
        let k = k as f64;
        (lgamma(k + 2.0 * alpha) - lgamma(k + 1.0) - lgamma(2.0 * alpha)).exp()
    }

    #[test]
    fn small_degrees_have_their_polynomials() {
        for alpha in [0.5, 1.0, 4.0] {
            for t in [-0.9, -0.2, 0.0, 0.6, 1.0] {
                let c2 = 2.0 * alpha * (1.0 + alpha) * t * t - alpha;
                let c3 =
                    4.0 / 3.0 * alpha * (1.0 + alpha) * (2.0 + alpha) * t * t * t - 2.0 * alpha * (1.0 + alpha) * t;
                assert!((value(2, alpha, t) - c2).abs() <= 1e-13 * 100.0);
                assert!((value(3, alpha, t) - c3).abs() <= 1e-13 * 1000.0);
            }
        }
    }

    #[test]
    fn value_at_one_is_the_binomial() {
        // α = 4: C_12(1) = binomial(19, 12) = 50388.
        assert!((at_one(12, 4.0) / 50388.0 - 1.0).abs() <= 1e-12);
        assert!((value(12, 4.0, 1.0) / 50388.0 - 1.0).abs() <= 1e-12);
    }

    #[test]
    fn mean_square_on_the_sphere_is_the_addition_theorem() -> Result<()> {
        // For the harmonic index the mean square is C_k(1) α / (k + α).
        for k in [1, 3, 8, 12] {
            let expected = (at_one(k, 4.0) * 4.0 / (k as f64 + 4.0)).sqrt();
            assert!((root_mean_square(k, 4.0, 10)? / expected - 1.0).abs() <= 1e-11, "k = {k}");
        }
        Ok(())
    }

    #[test]
    fn another_index_mixes_degrees_by_its_connection_coefficients() -> Result<()> {
        // C_k^(μ) = Σ_j c_j C_{k-2j}^(λ) with c_j = (k-2j+λ)/λ · (μ)_{k-j} (μ-λ)_j / (j! (λ+1)_{k-j}) (DLMF 18.18.16).
        let rising = |a: f64, n: usize| (0..n).map(|i| a + i as f64).product::<f64>();
        let (d, lambda, mu) = (10, 4.0, 4.5);
        for k in [1, 4, 12] {
            let mut parts = vec![0.0; k + 1];
            for j in 0..=k / 2 {
                let m = k - 2 * j;
                let c = (m as f64 + lambda) / lambda * rising(mu, k - j) * rising(mu - lambda, j)
                    / (rising(1.0, j) * rising(lambda + 1.0, k - j));
                parts[m] = (c * root_mean_square(m, lambda, d)?).powi(2);
            }
            let sum: f64 = parts.iter().sum();
            for (got, part) in harmonic_shares(k, mu, d)?.iter().zip(&parts) {
                assert!((got - part / sum).abs() <= 1e-10, "k = {k}: {got} {}", part / sum);
            }
            assert!(harmonic_shares(k, lambda, d)?[k] >= 1.0 - 1e-12);
        }
        Ok(())
    }
}
