use super::scale_mixture;
use super::series;
use crate::error::Result;
use crate::number::{Number, Real};
use crate::op::{Activation, Fingerprint, KernelState, Layer};

/// Hyperbolic tangent.
///
/// `φ(u) = tanh(u)`, `φ' = 1 - φ²`.
///
/// ## Limit rule
/// `E φφ' = Σ_j a_j(q) a_j(q') r^j` with `a_j(q) = E φ(√q g) h_j(g)` for normalised Hermite polynomials `h_j` and `g ~ N(0, 1)`
/// (Mehler's formula), and likewise `E φ̇φ̇'`, cut where 1e-12 of the second moment is left: there is no closed form. `E φ = 0`.
/// Where 512 terms leave more, for variances from about 6 on, `tanh u = E erf(u / (√2 κ))` with `κ` of Kolmogorov's distribution: 24 nodes
/// in `ln κ` and the closed forms of the error function give both to 1e-12 at any variance that a float holds.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::NoLimitRule`](crate::Error::NoLimitRule) on a state that is not Gaussian.
/// ## Cost
/// `n m` evaluations forward, as many of the slope in reverse; it keeps its output. No parameters, so no share of the tangent
/// kernel. Limit: two sums of `T` = 64, 160 or 512 terms per pair, and two integrals over `64 (2√T + 7)` nodes per variance; at
/// large variances 576 arc tangents and square roots per pair.
/// ## References
/// Mehler 1866; Andrews and Mallows 1974 (the mixture); Daniely, Frostig and Singer 2016 (dual activations); checked against quadrature by `tests/closed_form.rs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tanh;

/// The hyperbolic tangent as an activation.
pub fn tanh() -> Layer {
    Tanh.into()
}

impl Activation for Tanh {
    const SLOPE_OF_OUTPUT: bool = true;

    fn name(&self) -> &'static str {
        "tanh"
    }

    fn settings(&self, _to: &mut Fingerprint<'_>) {
        let Self = self;
    }

    fn tolerance(&self) -> f64 {
        series::TAIL
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        u.tanh()
    }

    #[inline(always)]
    fn slope<F: Number>(&self, output: F) -> F {
        F::one() - output * output
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        let slope = |u: f64| 1.0 - u.tanh() * u.tanh();
        let series = series::dual(state, self.name(), &f64::tanh, &slope, series::TAIL)?;
        Ok(series.unwrap_or_else(|(state, _)| scale_mixture::dual(state, self.name(), [0.0, 1.0, 1.0])))
    }
}
