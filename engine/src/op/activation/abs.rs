use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::FRAC_2_PI;

/// Absolute value.
///
/// `φ(u) = |u|`; the slope at 0 is 0.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `r = E u u' / √(q q')`: `E φφ' = (2/π) √(q q') (√(1-r²) + r asin r)`,
/// `E φ̇φ̇' = (2/π) asin r`, `E φ² = q`, `E φ = √(2q / π)`: the arc-cosine kernels, for `|u| = max(u, 0) + max(-u, 0)`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: one arc sine and one square root per pair.
/// ## References
/// Cho and Saul 2009 (arc-cosine kernels); checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Abs;

/// The absolute value as an activation.
pub fn abs() -> Layer {
    Abs.into()
}

impl Activation for Abs {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "absolute value"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u.abs()
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        if input > F::zero() {
            F::one()
        } else if input < F::zero() {
            F::zero() - F::one()
        } else {
            F::zero()
        }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        Ok(state.map_gaussian(
            self.name(),
            |q| (q, (q * FRAC_2_PI).sqrt()),
            |moments, ntk| {
                let (Moments { scale, gap, .. }, angle) = (moments, moments.angle());
                let below = gap.abs() - angle.excess * FRAC_2_PI;
                // A unit that is zero has the slope at 0.
                let slope = if scale > E::zero() { -(angle.near * FRAC_2_PI) + 1.0 } else { E::zero() };
                let slope = if angle.acute { slope } else { -slope };
                After { value: scale * (-below + 1.0), ntk: ntk * slope, gap: Some(below) }
            },
        ))
    }
}
