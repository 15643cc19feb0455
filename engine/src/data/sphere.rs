//! Uniform points on a sphere.

use super::Seed;
use crate::error::{Error, Result, check_memory};
use ndarray::Array2;

/// `n` points uniform on the unit sphere of `R^d`, `[n, d]`: normalised Gaussians.
///
/// # Errors
/// [`Error::NoRows`] for `n = 0`, [`Error::Range`] for `d = 0`, [`Error::Memory`].
pub fn sphere(n: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
    if n == 0 {
        return Err(Error::NoRows { place: "sphere" });
    }
    if d == 0 {
        return Err(Error::Range { place: "sphere", what: "the dimension", value: 0.0, legal: "at least 1" });
    }
    check_memory("sphere", &[n, d])?;
    let mut x = Array2::from_shape_simple_fn((n, d), seed.normals(0));
    for mut row in x.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    Ok(x)
}
