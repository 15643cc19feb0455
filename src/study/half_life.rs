//! How fast gradient flow with a constant kernel learns directions.

use crate::error::Result;
use crate::kernel::Kernel;
use crate::linalg::SymmetricEigen;
use crate::regression::MeanSquaredError;
use ndarray::Array2;

/// Of one kernel on `n` points.
pub(super) struct HalfLives {
    /// The largest eigenvalue of `(2/n) Θ`.
    pub top: f64,
    /// Per direction `v` the time, in steps times learning rate, at which gradient flow on the mean squared error has halved
    /// `⟨v, r⟩` of a residual `r` that was `v` at first.
    pub times: Vec<f64>,
}

/// Of the kernel `[n, n]` and `directions: [K, n]`: `⟨v, r_t⟩ / |v|² = Σ_i w_i e^{-(2/n) λ_i t}` falls, with `w_i` the shares of `v` along
/// the eigenvectors.
///
/// # Errors
/// As for [`SymmetricEigen::new`].
pub(super) fn half_lives(kernel: &Kernel, directions: &Array2<f64>) -> Result<HalfLives> {
    let eigen = SymmetricEigen::new(kernel.values())?;
    let rate = MeanSquaredError::of(kernel.points().0).curvature();
    let mut shares = eigen.vectors.dot(&directions.t());
    shares.mapv_inplace(|v| v * v);
    let times = shares.columns().into_iter().map(|weights| {
        let goal = weights.sum() / 2.0;
        let left = |t: f64| -> f64 { weights.iter().zip(&eigen.values).map(|(w, l)| w * (-rate * l * t).exp()).sum() };
        let (mut low, mut high) = (0.0, 1.0 / (rate * eigen.largest()));
        // Doubling ends at infinity at the latest, where nothing is left but along zeros of the kernel.
        while left(high) > goal && high.is_finite() {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if left(middle) > goal { low = middle } else { high = middle }
        }
        high
    });
    Ok(HalfLives { top: rate * eigen.largest(), times: times.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Route;
    use ndarray::array;

    #[test]
    fn an_eigenvector_decays_at_its_eigenvalue() -> Result<()> {
        let kernel = Kernel::of_outputs(array![[2.0, 1.0], [1.0, 2.0]], (true, Route::Limit), 1);
        let found = half_lives(&kernel, &array![[1.0, 1.0], [1.0, -1.0], [1.0, 0.0]])?;
        // (2/n) λ is 3 and 1.
        assert!((found.top - 3.0).abs() <= 1e-12);
        for (time, rate) in found.times.iter().zip([3.0, 1.0]) {
            assert!((time * rate - 2f64.ln()).abs() <= 1e-12);
        }
        // (e^{-3t} + e^{-t}) / 2 is a half.
        let t = found.times[2];
        assert!(((-3.0 * t).exp() + (-t).exp() - 1.0).abs() <= 1e-12);
        Ok(())
    }
}
