use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, TAU};

/// Gaussian error linear unit.
///
/// `φ(u) = u Φ(u)` with the normal distribution function `Φ`; exact, not the approximation by `tanh`.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `k = E u u'`, `D = (1+q)(1+q') - k²`, `B = E Φ(u)Φ(u') = acos(-k / √((1+q)(1+q'))) / 2π` and
/// `N = E Φ'(u)Φ'(u') = 1 / (2π √D)`:
/// `E φφ' = k B + N (q q' - k² + k²/(1+q) + k²/(1+q'))`, `E φ̇φ̇' = B + k N (1/(1+q) + 1/(1+q') + 1/D)`,
/// `E φ = q / √(2π (1+q))`. The factors `u` and `u'` are removed one at a time by Stein's lemma.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: one arc tangent and three square roots per pair.
/// ## References
/// Hendrycks and Gimpel 2016; Tsuchida et al. 2021 (`E φφ'`); Han et al. 2022. The forms here are derived anew, without their
/// cancellation at large moments, and checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gelu;

/// Gaussian error linear unit `u Φ(u)`.
pub fn gelu() -> Layer {
    Gelu.into()
}

/// The normal distribution function.
#[inline(always)]
fn distribution<F: Number>(u: F) -> F {
    F::of(0.5) * (F::of(-FRAC_1_SQRT_2) * u).erfc()
}

/// `E φφ'` and `E φ̇φ̇'`.
fn pair<E: Real>(moments: Moments<E>) -> (E, E) {
    let Moments { q1, q2, scale, r, .. } = moments;
    let k = scale * r;
    // D = 1 + q + q' + (q q' - k²), without the cancellation of large moments.
    let area = scale * moments.square_gap().sqrt();
    // By quarters: the sum of the largest moments overflows.
    let root = ((q1 / 4.0 + 0.25 + q2 / 4.0).sqrt() * 2.0).hypot(area);
    let both = root.atan2(-k) / TAU;
    let one = E::one();
    let density = one / (root * TAU);
    let inverses = one / (q1 + 1.0) + one / (q2 + 1.0);
    let value = k * both + (area / TAU) * (area / root) + (k * density) * (k * inverses);
    (value, both + k * density * (inverses + one / root / root))
}

impl Activation for Gelu {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "GELU"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u * distribution(u)
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        let density = F::of(0.5 * FRAC_1_SQRT_2 * FRAC_2_SQRT_PI) * (F::of(-0.5) * input * input).exp();
        distribution(input) + input * density
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        Ok(state.map_gaussian(
            self.name(),
            |q| (pair(Moments::own(q)).0, q / ((q + 1.0).sqrt() * TAU.sqrt())),
            |moments, ntk| {
                let (value, slope) = pair(moments);
                let own = |q: E| pair(Moments::own(q)).0;
                let gap = moments.gap_by_slopes(value, || (own(moments.q1) * own(moments.q2)).sqrt(), |m| pair(m).1);
                After { value, ntk: ntk * slope, gap }
            },
        ))
    }
}
