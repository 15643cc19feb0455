use super::{Activation, KernelState, Layer, series};
use crate::error::Result;
use crate::linalg::Scalar;

/// Logistic sigmoid.
///
/// `φ(u) = 1 / (1 + e^{-u})`, `φ' = φ (1 - φ)`.
///
/// ## Limit rule
/// No closed form: the Hermite series of `φ` and of its derivative, to 1e-12 of the second moment.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian;
/// [`Error::SeriesTail`](crate::Error::SeriesTail) when the input variance is too large for the series.
#[derive(Clone, Debug, PartialEq)]
pub struct Sigmoid;

/// The logistic sigmoid as an activation.
pub fn sigmoid() -> Layer {
    Sigmoid.into()
}

impl Activation for Sigmoid {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "sigmoid"
    }

    #[inline(always)]
    fn value<F: Scalar>(&self, u: F) -> F {
        // The exponential of a number that is not positive: no overflow, and no loss of digits on either side.
        let decay = (F::zero() - u.abs()).exp();
        let numerator = if u < F::zero() { decay } else { F::one() };
        numerator / (F::one() + decay)
    }

    #[inline(always)]
    fn slope<F: Scalar>(&self, output: F) -> F {
        output * (F::one() - output)
    }

    fn dual(&self, state: KernelState) -> Result<KernelState> {
        series::dual(state, self.name(), |u| self.value(u), |u| self.slope(self.value(u)))
    }
}
