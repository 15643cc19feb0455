use super::cross_moment::CrossMoment;
use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};

/// Normalised Hermite polynomial.
///
/// `φ(u) = He_k(u) / √k!` with the probabilists' `He_k`, so that `E φ² = 1` at unit variance; `φ' = √k He_{k-1}(u) / √(k-1)!`.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `x = E u u'`, `y = (q-1)(q'-1)`: `E φφ' = S_k(x, y)` and `E φ̇φ̇' = k S_{k-1}(x, y)`, where
/// `S_k(x, y) = Σ_m x^{k-2m} y^m k! / ((k-2m)! m!² 4^m)`; `E φ² = S_k(q, (q-1)²)`; `E φ = (q-1)^{k/2} √k! / (2^{k/2} (k/2)!)`
/// for even `k`, else 0. The polynomial is expanded in those of its input's variance, and Mehler's formula sums the finite
/// expansions; at unit variance `E φφ' = x^k`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a degree above 1000, where the sums overflow; [`Error::NoLimitRule`] on a state that is not Gaussian.
/// ## Cost
/// `k n m` steps of a recurrence forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: two sums of about `k/2` terms per pair.
/// ## References
/// Mehler 1866; other variances than 1 are derived in this crate, checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hermite {
    degree: usize,
}

/// The Hermite polynomial `He_k / √k!` as an activation, with `k = degree` from 0 to 1000.
pub fn hermite(degree: usize) -> Layer {
    Hermite { degree }.into()
}

/// `He_k(u) / √k!` by the three-term recurrence.
fn normalised<F: Number>(degree: usize, u: F) -> F {
    let (mut before, mut current) = (F::zero(), F::one());
    for j in 0..degree {
        let next = (u * current - F::of((j as f64).sqrt()) * before) / F::of(((j + 1) as f64).sqrt());
        (before, current) = (current, next);
    }
    current
}

impl Activation for Hermite {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "Hermite polynomial"
    }

    fn numbers(&self) -> String {
        format!("(degree {})", self.degree)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { degree } = self;
        to.count(*degree);
    }

    fn check(&self) -> Result<()> {
        if self.degree > 1000 {
            let value = self.degree as f64;
            return Err(Error::Range { place: self.name(), what: "the degree", value, legal: "from 0 to 1000" });
        }
        Ok(())
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        normalised(self.degree, u)
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        match self.degree {
            0 => F::zero(),
            k => F::of((k as f64).sqrt()) * normalised(k - 1, input),
        }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        let value = CrossMoment::new(self.degree);
        let slope = self.degree.checked_sub(1).map(CrossMoment::new);
        Ok(state.map_gaussian(
            self.name(),
            |q| (value.at(q, (q - 1.0) * (q - 1.0)), value.mean(q - 1.0)),
            |moments, ntk| {
                let pair = |Moments { q1, q2, scale, r, .. }: Moments<E>| {
                    let (x, y) = (scale * r, (q1 - 1.0) * (q2 - 1.0));
                    let slope = slope.as_ref().map_or(E::zero(), |slope| slope.at(x, y) * self.degree as f64);
                    (value.at(x, y), slope)
                };
                let (both, slope) = pair(moments);
                let own = |q: E| pair(Moments::own(q)).0;
                let gap = moments.gap_by_slopes(both, || (own(moments.q1) * own(moments.q2)).sqrt(), |m| pair(m).1);
                After { value: both, ntk: ntk * slope, gap }
            },
        ))
    }
}
