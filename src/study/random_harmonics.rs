//! Several random harmonics of each degree.

use crate::data::{Amplitude, GegenbauerIndex, HarmonicTarget, Seed};
use crate::error::Result;
use ndarray::{Array2, s};

/// Random directions per degree over which the studies average.
pub(super) const DIRECTIONS: usize = 8;

/// Values at `x: [n, d]` of harmonics of unit root mean square in [`DIRECTIONS`] random directions, `[DIRECTIONS · K, n]`: all `K` degrees
/// of one direction's seed after the other.
///
/// # Errors
/// As for [`HarmonicTarget::new`] and [`HarmonicTarget::harmonics`].
pub(super) fn random_harmonics(
    degrees: &[usize],
    index: GegenbauerIndex,
    x: &Array2<f64>,
    seed: Seed,
) -> Result<Array2<f64>> {
    let count = degrees.len();
    let mut values = Array2::zeros((DIRECTIONS * count, x.nrows()));
    for direction in 0..DIRECTIONS {
        let target = HarmonicTarget::new(degrees, x.ncols(), index, Amplitude::Unit, seed.child(direction as u64))?;
        values.slice_mut(s![direction * count..(direction + 1) * count, ..]).assign(&target.harmonics(x)?);
    }
    Ok(values)
}
