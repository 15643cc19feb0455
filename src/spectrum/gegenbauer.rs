//! Gegenbauer polynomials `C_k^(α)`.

use super::mercer::zonal_coefficients;
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
/// [`Error::Range`] for `d` outside 3 to 1000 or an index that is not positive; [`Error::Overflow`] for a degree too large.
pub fn root_mean_square(k: usize, alpha: f64, d: usize) -> Result<f64> {
    let place = "Gegenbauer polynomial";
    if !(alpha > 0.0 && alpha.is_finite()) {
        return Err(Error::Range { place, what: "the index", value: alpha, legal: "positive and finite" });
    }
    // The zeroth zonal coefficient is the mean over the sphere.
    match zonal_coefficients(|t| value(k, alpha, t).powi(2), d, &[0]) {
        Ok(mean_square) if mean_square[0] > 0.0 && mean_square[0].is_finite() => Ok(mean_square[0].sqrt()),
        Ok(_) | Err(Error::NotFinite { .. }) => Err(Error::Overflow { place }),
        Err(error) => Err(error),
    }
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
}
