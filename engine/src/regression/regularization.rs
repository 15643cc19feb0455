//! How much is added to a kernel's diagonal.

use super::condition::Condition;
use crate::error::{Error, Result};

/// The `λ` of `Θ + λ I`: a ridge, or the variance of the noise on Gaussian-process targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Regularization {
    /// `λ` itself.
    Absolute(f64),
    /// This share of the mean of the kernel's diagonal, so that it means the same for every scale of the kernel and number of points.
    RelativeTrace(f64),
}

/// A number is `λ` itself.
impl From<f64> for Regularization {
    fn from(lambda: f64) -> Self {
        Self::Absolute(lambda)
    }
}

impl Regularization {
    /// `λ` for a kernel of this condition.
    ///
    /// # Errors
    /// [`Error::Range`] for a `λ` or share that is negative or not finite.
    pub(super) fn lambda(self, place: &'static str, kernel: &Condition) -> Result<f64> {
        let (what, given, lambda) = match self {
            Self::Absolute(lambda) => ("λ", lambda, lambda),
            Self::RelativeTrace(share) => ("λ relative to the mean of the diagonal", share, share * kernel.mean),
        };
        if !(given >= 0.0 && lambda.is_finite()) {
            return Err(Error::Range { place, what, value: given, legal: "finite and at least 0" });
        }
        Ok(lambda)
    }
}
