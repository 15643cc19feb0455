use super::{Activation, KernelState, Layer};
use crate::error::Result;
use crate::linalg::Scalar;
use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI, PI};

/// Error function.
///
/// `φ(u) = erf(u)`.
///
/// ## Limit rule
/// With `s = (1 + 2q)(1 + 2q')` and `k = E u u'` (Williams 1997):
/// `E φφ' = (2/π) asin(2k / √s)`, `E φ̇φ̇' = (4/π) / √(s - 4k²)`, `E φ = 0`.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
#[derive(Clone, Debug, PartialEq)]
pub struct Erf;

/// The error function as an activation.
pub fn erf() -> Layer {
    Erf.into()
}

impl Activation for Erf {
    const NAME: &'static str = "erf";
    const SLOPE_OF_OUTPUT: bool = false;

    #[inline(always)]
    fn value<F: Scalar>(u: F) -> F {
        u.erf()
    }

    #[inline(always)]
    fn slope<F: Scalar>(input: F) -> F {
        F::of(FRAC_2_SQRT_PI) * (F::zero() - input * input).exp()
    }

    fn dual(state: KernelState) -> Result<KernelState> {
        state.require_gaussian(Self::NAME)?;
        Ok(state.map_pairs(
            Self::NAME,
            |q| (FRAC_2_PI * (2.0 * q / (1.0 + 2.0 * q)).asin(), 0.0),
            |q1, q2, k, ntk| {
                let s = (1.0 + 2.0 * q1) * (1.0 + 2.0 * q2);
                let k = k.clamp(-(q1 * q2).sqrt(), (q1 * q2).sqrt());
                (FRAC_2_PI * (2.0 * k / s.sqrt()).asin(), ntk * 4.0 / (PI * (s - 4.0 * k * k).sqrt()))
            },
        ))
    }
}
