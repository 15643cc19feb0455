use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::limit::{After, MapPair, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::{PI, TAU};

/// ReLU.
///
/// `φ(u) = max(u, 0)`; the slope at 0 is 0.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `r = E u u' / √(q q')`, `θ = acos r`:
/// `E φφ' = √(q q') (√(1-r²) + r (π - θ)) / 2π`, `E φ̇φ̇' = (π - θ) / 2π`, `E φ² = q / 2`, `E φ = √(q / 2π)`: in polar
/// coordinates the integral over the wedge where both units are active.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its output. No parameters, so no share of the
/// tangent kernel. Limit: two polynomials of degree 18 and one square root per pair.
/// ## References
/// Cho and Saul 2009 (the arc-cosine kernels of degrees 1 and 0).
#[derive(Clone, Debug, PartialEq)]
pub struct Relu;

/// Rectified linear unit.
pub fn relu() -> Layer {
    Relu.into()
}

impl Activation for Relu {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "ReLU"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        // NaN is not below zero and stays NaN.
        if u <= F::zero() { F::zero() } else { u }
    }

    #[inline(always)]
    fn slope<F: Number>(&self, output: F) -> F {
        if output > F::zero() { F::one() } else { F::zero() }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        Ok(state.map_in_vectors(self.name(), |q| (q / 2.0, (q / (2.0 * PI)).sqrt()), Pair))
    }
}

struct Pair;

impl<E: Real> MapPair<(), E> for Pair {
    /// Without branches.
    #[inline(always)]
    fn after(&self, _: [&(); 2], moments: Moments<E>, ntk: E) -> After<E> {
        let (Moments { scale, gap, .. }, angle) = (moments, moments.angle());
        // `E φφ' / (scale / 2)` and what it lacks to one: `sin θ - θ cos θ` is small where the gap is.
        let share = angle.excess / PI;
        let (r, below) = if angle.acute { (-gap + 1.0 + share, gap - share) } else { (share, -share + 1.0) };
        let half_angle = if angle.acute { -(angle.near / TAU) + 0.5 } else { angle.near / TAU };
        // A unit that is zero has the slope at 0.
        let slope = if scale > E::zero() { half_angle } else { E::zero() };
        After { value: scale / 2.0 * r, ntk: ntk * slope, gap: Some(below) }
    }
}
