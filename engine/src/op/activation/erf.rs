use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI, PI};

/// Error function.
///
/// `φ(u) = erf(u)`.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `k = E u u'` and `s = (1 + 2q)(1 + 2q')`: `E φφ' = (2/π) asin(2k / √s)`,
/// `E φ̇φ̇' = (4/π) / √(s - 4k²)`, `E φ = 0`: the slope is a Gaussian, whose integral over `u, u'` is a determinant, and
/// `E φφ'` is its integral over `k`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: one arc sine and three square roots per pair.
/// ## References
/// Williams 1997.
#[derive(Clone, Debug, PartialEq)]
pub struct Erf;

/// The error function as an activation.
pub fn erf() -> Layer {
    Erf.into()
}

impl Activation for Erf {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "erf"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u.erf()
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        F::of(FRAC_2_SQRT_PI) * (F::zero() - input * input).exp()
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        Ok(state.map_gaussian(
            self.name(),
            |q| (pair(Moments::own(q)).0, E::zero()),
            |moments, ntk| {
                let (value, slope) = pair(moments);
                let own = |q: E| pair(Moments::own(q)).0;
                let gap = moments.gap_by_slopes(value, || (own(moments.q1) * own(moments.q2)).sqrt(), |m| pair(m).1);
                After { value, ntk: ntk * slope, gap }
            },
        ))
    }
}

/// `E φφ'` and `E φ̇φ̇'`.
fn pair<E: Real>(moments: Moments<E>) -> (E, E) {
    let Moments { q1, q2, scale, r, .. } = moments;
    // √(s - 4k²) without the overflow and the cancellation of large moments.
    // Half of it: twice the largest moments overflow.
    let half = (q1 / 2.0 + 0.25 + q2 / 2.0).sqrt().hypot(scale * moments.square_gap().sqrt());
    ((r * scale).atan2(half) * FRAC_2_PI, E::of(2.0) / (half * PI))
}
