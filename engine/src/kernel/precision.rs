//! How well the entries of a kernel are known.

use crate::linalg::Scalar;

/// How well the entries of a kernel are known, and with them its eigenvalues.
///
/// The noise of an eigenvalue, below which it cannot be told from zero, is a share of the largest one:
///
/// | entries | noise `/ λ_max` |
/// |---|---|
/// | [`Precision::Double`] | `n ε`, `ε = 2⁻⁵²`, for `n` rows: the bound of the eigendecomposition |
/// | [`Precision::Single`] | `4 · 2⁻²⁴ √L`… see [`Precision::noise`] |
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// Computed in `f64`.
    Double,
    /// From a network that computes in `f32`.
    Single,
    /// The mean over random networks, each computed in `f64`.
    Sampled {
        /// `‖S‖ / ‖K‖` in Frobenius norm, `S` being the standard errors of the entries of `K`.
        standard_error: f64,
    },
}

impl Precision {
    /// The magnitude below which an eigenvalue of a kernel of so many rows cannot be told from zero, `largest` being the largest
    /// magnitude of all.
    pub fn noise(self, rows: usize, largest: f64) -> f64 {
        match self {
            Self::Double | Self::Sampled { .. } => rows as f64 * f64::EPSILON * largest,
            Self::Single => f64::from(f32::EPSILON) * largest,
        }
    }

    /// Of a network that computes in `F`.
    pub(crate) fn of<F: Scalar>() -> Self {
        if size_of::<F>() == size_of::<f32>() { Self::Single } else { Self::Double }
    }
}
