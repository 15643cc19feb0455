//! Harmonics on spheres: Gegenbauer polynomials, and how many harmonics there are of a degree.

pub(crate) mod funk_hecke;
pub mod gegenbauer;

pub use funk_hecke::zonal_coefficients;

/// Numbers of independent harmonics of degree `0..=last` on `S^{d-1}`: `N_k = (2k + d - 2)/k · C(k + d - 3, k - 1)`, `N_0 = 1`.
pub fn harmonic_counts(d: usize, last: usize) -> Vec<f64> {
    let d = d as f64;
    // C(k + d - 3, k - 1), by its recursion.
    let mut binomial = 1.0;
    let mut counts = vec![1.0];
    for k in 1..=last {
        let k = k as f64;
        if k > 1.0 {
            binomial *= (k + d - 3.0) / (k - 1.0);
        }
        counts.push((2.0 * k + d - 2.0) / k * binomial);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_harmonics_is_that_of_circles_and_spheres() {
        assert_eq!(harmonic_counts(3, 4), [1.0, 3.0, 5.0, 7.0, 9.0]);
        // (k + 1)² in four dimensions.
        assert_eq!(harmonic_counts(4, 3), [1.0, 4.0, 9.0, 16.0]);
    }
}
