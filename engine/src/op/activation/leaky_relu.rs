use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::nearer;
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::{PI, TAU};

/// Leaky ReLU.
///
/// `φ(u) = u` above 0 and `a u` at and below it; the slope at 0 is `a`.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `r = E u u' / √(q q')`, `θ = acos r`:
/// `E φφ' = √(q q') ((1-a)² (√(1-r²) + r (π - θ)) / 2π + a r)`, `E φ̇φ̇' = (1-a)² (π - θ) / 2π + a`,
/// `E φ² = q (1 + a²) / 2`, `E φ = (1 - a) √(q / 2π)`: the arc-cosine kernels, for `φ(u) = a u + (1 - a) max(u, 0)`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a slope that is not finite; [`Error::NoLimitRule`] on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: two polynomials of degree 18 and one square root per pair.
/// ## References
/// Maas, Hannun and Ng 2013; Cho and Saul 2009 (arc-cosine kernels); Tsuchida, Roosta-Khorasani and Gallagher 2018 (leaky).
#[derive(Clone, Debug, PartialEq)]
pub struct LeakyRelu {
    slope: f64,
}

/// Leaky ReLU with `slope` at and below zero: any finite number.
pub fn leaky_relu(slope: f64) -> Layer {
    LeakyRelu { slope }.into()
}

impl Activation for LeakyRelu {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "leaky ReLU"
    }

    fn numbers(&self) -> String {
        format!("(slope {})", self.slope)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { slope } = self;
        to.number(*slope);
    }

    fn check(&self) -> Result<()> {
        if !self.slope.is_finite() {
            return Err(Error::Range {
                place: self.name(),
                what: "the slope below zero",
                value: self.slope,
                legal: "finite",
            });
        }
        Ok(())
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        if u <= F::zero() { F::of(self.slope) * u } else { u }
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        if input > F::zero() { F::one() } else { F::of(self.slope) }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        let a = self.slope;
        let bend = (1.0 - a) * (1.0 - a);
        Ok(state.map_gaussian(
            self.name(),
            |q| (q * (1.0 + a * a) / 2.0, (q / (2.0 * PI)).sqrt() * (1.0 - a)),
            |moments, ntk| {
                let Moments { q1, q2, scale, r, gap } = moments;
                if scale == E::zero() {
                    // A unit that is zero has the slope at 0, which is `a`.
                    let slope = if q1 == q2 { a } else { (1.0 + a) / 2.0 };
                    return After { value: r, ntk: ntk * a * slope, gap: None };
                }
                let (angle, size) = (moments.angle(), gap.abs());
                let (share, whole) = (angle.excess / PI, bend / 2.0 + a);
                let half_angle = if angle.acute { -(angle.near / TAU) + 0.5 } else { angle.near / TAU };
                // E φφ' = scale (bend κ / 2 + a r), with κ that of ReLU; what it lacks to its largest size, which is never zero.
                let (value, gap) = if angle.acute {
                    let below = size - share * (bend / 2.0) / whole;
                    ((-size + 1.0 + share) * (bend / 2.0) + r * a, nearer(below, || -below + 2.0))
                } else {
                    let below = (-(share * (bend / 2.0)) + (bend / 2.0 + 2.0 * a) - size * a) / whole;
                    (share * (bend / 2.0) + r * a, nearer(below, || ((share + 1.0) * (bend / 2.0) + size * a) / whole))
                };
                After { value: scale * value, ntk: ntk * (half_angle * bend + a), gap: Some(gap) }
            },
        ))
    }
}
