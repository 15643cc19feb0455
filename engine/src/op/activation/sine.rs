use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::FRAC_PI_2;

/// Sine of any frequency and phase.
///
/// `φ(u) = sin(a u + b)`; the cosine has phase `b = π/2`.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `k = E u u'` and `w = e^{-a² (q + q') / 2}`:
/// `E φφ' = w (cos²b sinh(a²k) + sin²b cosh(a²k))`, `E φ̇φ̇' = a² w (cos²b cosh(a²k) + sin²b sinh(a²k))`,
/// `E φ = sin(b) e^{-a² q / 2}`: the characteristic function of the Gaussian at `u - u'` and `u + u'`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a frequency or phase that is not finite; [`Error::NoLimitRule`] on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: three exponentials and two square roots per pair.
/// ## References
/// Pearce et al. 2019; checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sine {
    frequency: f64,
    phase: f64,
}

/// The sine as an activation, `sin u`. [`Sine::new`] takes other frequencies and phases.
pub fn sin() -> Layer {
    Sine::new(1.0, 0.0).into()
}

/// The cosine as an activation, `cos u = sin(u + π/2)`.
pub fn cos() -> Layer {
    Sine::new(1.0, FRAC_PI_2).into()
}

impl Sine {
    /// `sin(a u + b)`: the frequency `a` in radians per unit of the input, the phase `b` in radians; any finite numbers.
    pub fn new(frequency: f64, phase: f64) -> Self {
        Self { frequency, phase }
    }

    /// `e^{-a² (q + q') / 2}` times `cosh(a²k)` and times `sinh(a²k)`, without the overflow of the factors and without the
    /// cancellation of their exponentials.
    fn even_and_odd<E: Real>(&self, Moments { q1, q2, scale, r, gap }: Moments<E>) -> (E, E) {
        let square = self.frequency * self.frequency;
        let apart = q1.sqrt() - q2.sqrt();
        let nearer = ((apart * apart / 2.0 + scale * gap.abs()) * -square).exp();
        let twice = scale * (-2.0 * square) * r.abs();
        (nearer * (twice.exp() + 1.0) / 2.0, -r.signum() * nearer * twice.exp_m1() / 2.0)
    }
}

impl Activation for Sine {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "sine"
    }

    fn numbers(&self) -> String {
        format!("(frequency {}, phase {:.4})", self.frequency, self.phase)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { frequency, phase } = self;
        to.number(*frequency);
        to.number(*phase);
    }

    fn check(&self) -> Result<()> {
        for (what, value) in [("the frequency", self.frequency), ("the phase", self.phase)] {
            if !value.is_finite() {
                return Err(Error::Range { place: self.name(), what, value, legal: "finite" });
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        (F::of(self.frequency) * u + F::of(self.phase)).sin()
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        F::of(self.frequency) * (F::of(self.frequency) * input + F::of(self.phase)).cos()
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        let (sin, cos) = self.phase.sin_cos();
        let (sin2, cos2) = (sin * sin, cos * cos);
        let square = self.frequency * self.frequency;
        Ok(state.map_gaussian(
            self.name(),
            |q| {
                let (even, odd) = self.even_and_odd(Moments::own(q));
                (odd * cos2 + even * sin2, (q * -square / 2.0).exp() * sin)
            },
            |moments, ntk| {
                let pair = |moments: Moments<E>| {
                    let (even, odd) = self.even_and_odd(moments);
                    (odd * cos2 + even * sin2, (even * cos2 + odd * sin2) * square)
                };
                let (value, slope) = pair(moments);
                let own = |q: E| pair(Moments::own(q)).0;
                let gap = moments.gap_by_slopes(value, || (own(moments.q1) * own(moments.q2)).sqrt(), |m| pair(m).1);
                After { value, ntk: ntk * slope, gap }
            },
        ))
    }
}
