use super::cross_moment::CrossMoment;
use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};

/// Power of the input.
///
/// `φ(u) = u^k`, `φ' = k u^{k-1}`; degree 0 is the constant 1.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `x = E u u'`: `E φφ' = k! S_k(x, q q')` and `E φ̇φ̇' = k² (k-1)! S_{k-1}(x, q q')`, where
/// `S_k(x, y) = Σ_m x^{k-2m} y^m k! / ((k-2m)! m!² 4^m)`; `E φ² = (2k-1)!! q^k`; `E φ = (k-1)!! q^{k/2}` for even `k`, else 0.
/// A sum over pairings: `2m` factors of each power pair among themselves, the others across.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a degree above 150, where `(2k-1)!!` overflows; [`Error::NoLimitRule`] on a state that is not Gaussian.
/// ## Cost
/// `n m` powers forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: two sums of about `k/2` terms per pair.
/// ## References
/// Isserlis 1918; checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Monomial {
    degree: usize,
}

/// `u^k` as an activation, with `k = degree` from 0 to 150.
pub fn monomial(degree: usize) -> Layer {
    Monomial { degree }.into()
}

impl Activation for Monomial {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "monomial"
    }

    fn numbers(&self) -> String {
        format!("(degree {})", self.degree)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { degree } = self;
        to.count(*degree);
    }

    fn check(&self) -> Result<()> {
        if self.degree > 150 {
            let value = self.degree as f64;
            return Err(Error::Range { place: self.name(), what: "the degree", value, legal: "from 0 to 150" });
        }
        Ok(())
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u.powi(self.degree as i32)
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        match self.degree {
            0 => F::zero(),
            k => F::of(k as f64) * input.powi(k as i32 - 1),
        }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        let k = self.degree as f64;
        let factorial: f64 = (1..=self.degree).map(|j| j as f64).product();
        let value = CrossMoment::new(self.degree);
        let slope = self.degree.checked_sub(1).map(CrossMoment::new);
        Ok(state.map_gaussian(
            self.name(),
            |q| (value.at(q, q * q) * factorial, value.mean(q) * factorial.sqrt()),
            |Moments { scale, r, gap, .. }, ntk| {
                let (x, y) = (scale * r, scale * scale);
                // k² (k-1)! = k k!.
                let slope = slope.as_ref().map_or(E::zero(), |slope| ntk * k * factorial * slope.at(x, y));
                After { value: value.at(x, y) * factorial, ntk: slope, gap: Some(value.gap(gap)) }
            },
        ))
    }
}
