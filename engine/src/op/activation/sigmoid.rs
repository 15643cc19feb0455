use super::scale_mixture;
use super::series;
use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::{Activation, Fingerprint, KernelState, Layer};

/// Logistic sigmoid.
///
/// `φ(u) = 1 / (1 + e^{-u})`, `φ' = φ (1 - φ)`.
///
/// ## Limit rule
/// `E φφ' = Σ_j a_j(q) a_j(q') r^j` with `a_j(q) = E φ(√q g) h_j(g)` for normalised Hermite polynomials `h_j` and `g ~ N(0, 1)`
/// (Mehler's formula), and likewise `E φ̇φ̇'`, cut where 1e-12 of the second moment is left: there is no closed form.
/// `E φ = a_0 = 1/2`. Where 512 terms leave more, `φ(u) = (1 + tanh(u/2)) / 2` and the mixture of [`Tanh`](crate::op::Tanh), to 1e-12 at any
/// variance that a float holds.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its output. No parameters, so no share of the tangent
/// kernel. Limit: two sums of `T` = 64, 160 or 512 terms per pair, and two integrals over `64 (2√T + 7)` nodes per variance; at
/// large variances as for [`Tanh`](crate::op::Tanh).
/// ## References
/// Mehler 1866; Daniely, Frostig and Singer 2016 (dual activations); checked against quadrature by `tests/activations.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sigmoid;

/// The logistic sigmoid as an activation.
pub fn sigmoid() -> Layer {
    Sigmoid.into()
}

impl Activation for Sigmoid {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn tolerance(&self) -> f64 {
        series::TAIL
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        // The exponential of a number that is not positive: no overflow, and no loss of digits on either side.
        let negative = u < F::zero();
        let decay = (if negative { u } else { F::zero() - u }).exp();
        let numerator = if negative { decay } else { F::one() };
        numerator / (F::one() + decay)
    }

    #[inline(always)]
    fn slope<F: Number>(&self, output: F) -> F {
        output * (F::one() - output)
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        let slope = |u: f64| self.slope(self.value(u));
        let series = series::dual(state, self.name(), &|u| self.value(u), &slope, series::TAIL)?;
        Ok(series.unwrap_or_else(|(state, _)| scale_mixture::dual(state, self.name(), [0.5, 0.5, 0.5])))
    }
}
