//! Gaussian points.

use super::Seed;
use crate::error::{Error, Result, check_memory};
use ndarray::Array2;

/// `n` points of independent standard normal features, `[n, d]`: their lengths are about `√d`.
///
/// # Errors
/// [`Error::NoRows`] for `n = 0`, [`Error::Range`] for `d = 0`, [`Error::Memory`].
pub fn gaussian(n: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
    drawn("gaussian", n, d, seed)
}

pub(super) fn drawn(place: &'static str, n: usize, d: usize, seed: Seed) -> Result<Array2<f64>> {
    if n == 0 {
        return Err(Error::NoRows { place });
    }
    if d == 0 {
        return Err(Error::Range { place, what: "the dimension", value: 0.0, legal: "at least 1" });
    }
    check_memory(place, &[n, d])?;
    Ok(Array2::from_shape_simple_fn((n, d), seed.normals(0)))
}
