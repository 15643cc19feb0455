//! Means of repeated measurements.

use crate::error::{Error, Result};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The mean of independent measurements and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleMean {
    /// The mean.
    pub mean: f64,
    /// The sample standard deviation, with `n - 1` below the root.
    pub deviation: f64,
    /// `t_{0.975, n-1} · deviation / √n`: half the width of the 95 % interval of the mean, right for normal measurements.
    pub half_interval: f64,
    /// `n`.
    pub count: usize,
}

/// The mean of two or more measurements with its 95 % interval.
///
/// ```
/// use hadamard::prelude::*;
/// let gains = sample_mean(&[0.4, 0.6, 0.5])?;
/// assert!((gains.mean - 0.5).abs() <= 1e-15 && (gains.half_interval - 4.303 * 0.1 / 3f64.sqrt()).abs() <= 1e-4);
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// [`Error::Size`] for fewer than two; [`Error::NotFinite`], with the row.
pub fn sample_mean(values: &[f64]) -> Result<SampleMean> {
    let place = "sample mean";
    let count = values.len();
    if count < 2 {
        return Err(Error::Size { place, what: "measurements or more", expected: 2, got: count });
    }
    if let Some((row, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(Error::NotFinite { place, row, column: 0, value });
    }
    let n = count as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let student = StudentsT::new(0.0, 1.0, n - 1.0).expect("two measurements leave a degree of freedom");
    Ok(SampleMean { mean, deviation, half_interval: student.inverse_cdf(0.975) * deviation / n.sqrt(), count })
}
