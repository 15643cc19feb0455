use super::{Activation, KernelState, Layer, series};
use crate::error::Result;
use crate::linalg::Scalar;

/// Hyperbolic tangent.
///
/// `φ(u) = tanh(u)`, `φ' = 1 - φ²`.
///
/// ## Limit rule
/// No closed form: the Hermite series of `tanh` and of its derivative, to 1e-12 of the second moment.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian;
/// [`Error::SeriesTail`](crate::Error::SeriesTail) when the input variance is too large for the series.
#[derive(Clone, Debug, PartialEq)]
pub struct Tanh;

/// The hyperbolic tangent as an activation.
pub fn tanh() -> Layer {
    Tanh.into()
}

impl Activation for Tanh {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "tanh"
    }

    #[inline(always)]
    fn value<F: Scalar>(&self, u: F) -> F {
        u.tanh()
    }

    #[inline(always)]
    fn slope<F: Scalar>(&self, output: F) -> F {
        F::one() - output * output
    }

    fn dual(&self, state: KernelState) -> Result<KernelState> {
        series::dual(state, self.name(), f64::tanh, |u| 1.0 - u.tanh() * u.tanh())
    }
}
