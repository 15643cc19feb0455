//! Uniform points on a sphere.

use super::Seed;
use super::gaussian::drawn;
use crate::error::Result;
use ndarray::Array2;

/// `n` points uniform on the unit sphere of `R^d`, `[n, d]`: normalised Gaussians.
///
/// # Errors
/// [`Error::NoRows`](crate::Error::NoRows) for `n = 0`, [`Error::Range`](crate::Error::Range) for `d = 0`,
/// [`Error::Memory`](crate::Error::Memory).
pub fn sphere(n: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
    let mut x = drawn("sphere", n, d, seed)?;
    for mut row in x.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    Ok(x)
}
