use crate::error::{Error, Result};
use crate::number::{Number, Real};
use crate::op::limit::{After, Moments};
use crate::op::{Activation, Fingerprint, KernelState, Layer};
use gauss_quad::GaussLegendre;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_4, PI};

/// Rectified power.
///
/// `φ(u) = max(u, 0)^k`, `φ' = k max(u, 0)^{k-1}`; degree 1 is ReLU, 2 the squared ReLU; the slope at 0 is 0.
///
/// ## Limit rule
/// With `q = E u²`, `q' = E u'²`, `r = E u u' / √(q q')`, `θ = acos r`: `E φφ' = (q q')^{k/2} M_k(r)` and
/// `E φ̇φ̇' = k² (q q')^{(k-1)/2} M_{k-1}(r)`, where `M_k = J_k(θ) / 2π` is the arc-cosine kernel of degree `k`:
/// `M_0 = (π - θ) / 2π`, `M_1 = (sin θ + (π - θ) cos θ) / 2π`, `M_2 = (3 sin θ cos θ + (π - θ)(1 + 2 cos² θ)) / 2π`;
/// `E φ² = (2k-1)!! q^k / 2`, `E φ = (k-1)!! q^{k/2} / 2` for even `k` and `√(2/π)` times that for odd. Higher degrees by
/// `J_{k+1} = (2k+1) cos θ J_k + k² sin² θ J_{k-1}`, of which `J_k = sin^{2k+1} θ f^{(k)}(cos θ)` with `(1 - r²) f' = 1 + r f` is the
/// solution; where `r < 0`, and that cancels, by `J_k = k! sin^{2k+1} θ ∫_0^{π/2} cos^k ξ (1 - cos θ cos ξ)^{-k-1} dξ`.
/// ## Shapes
/// `x: [n, m] -> [n, m]`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a degree of 0, whose slope is none, or above 50; [`Error::NoLimitRule`] on a state that is not Gaussian.
/// ## Cost
/// `n m` powers forward, as many of the slope in reverse; it keeps its input. No parameters, so no share of the tangent kernel.
/// Limit: `12 k` operations and an arc sine per pair, two sums over `24 + k` nodes where `r < 0`.
/// ## References
/// Cho and Saul 2009 (the kernels, the integral); the recurrence is derived in this crate; checked against quadrature by `tests/activations.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = network("squared", serial([hidden(), rectified_power(2), dense(1)]));
/// let kernels = net.limit_kernel(&array![[1.0, 0.0], [0.0, 1.0]])?;
/// let q = 0.5;                                                // of both, which are orthogonal
/// assert!((kernels.nngp().values()[[0, 0]] - 1.5 * q * q).abs() <= 1e-15);
/// assert!((kernels.nngp().values()[[0, 1]] - 0.25 * q * q).abs() <= 1e-15);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RectifiedPower {
    degree: usize,
}

/// `max(u, 0)^k` as an activation, with `k = degree` from 1 to 50.
pub fn rectified_power(degree: usize) -> Layer {
    RectifiedPower { degree }.into()
}

/// `k (k-2) (k-4) …`.
fn double_factorial(k: usize) -> f64 {
    (1..=k).rev().step_by(2).map(|j| j as f64).product()
}

/// The arc-cosine kernels `J_k / J_k(θ = 0)` of a degree.
struct ArcCosine {
    degree: usize,
    /// `ξ` and its weight.
    nodes: Vec<(f64, f64)>,
}

/// A kernel of each of two degrees, the lower one first, and what the upper one lacks to one.
struct Kernels<E> {
    lower: E,
    upper: E,
    below: E,
}

impl ArcCosine {
    fn new(degree: usize) -> Self {
        let rule = GaussLegendre::new((24 + degree).try_into().expect("there are nodes"));
        let nodes = rule.iter().map(|&(x, weight)| (FRAC_PI_4 * (1.0 + x), FRAC_PI_4 * weight));
        Self { degree, nodes: nodes.collect() }
    }

    /// Those of degrees `k - 1` and `k`.
    fn at<E: Real>(&self, moments: Moments<E>) -> Kernels<E> {
        let (angle, size, square) = (moments.angle(), moments.gap.abs(), moments.square_gap());
        if !angle.acute {
            let [lower, upper] = [self.degree - 1, self.degree].map(|k| self.obtuse(k, size, square));
            return Kernels { lower, upper, below: -upper + 1.0 };
        }
        let share = angle.excess / PI;
        let mut kernels = [-(angle.near / PI) + 1.0, -size + 1.0 + share];
        let mut below = [angle.near / PI, size - share];
        for n in 1..self.degree {
            let n = n as f64;
            let factor = square * (n * n / (4.0 * n * n - 1.0));
            kernels = [kernels[1], (-size + 1.0) * kernels[1] + factor * kernels[0]];
            below = [below[1], size + (-size + 1.0) * below[1] - factor * (-below[0] + 1.0)];
        }
        Kernels { lower: kernels[0], upper: kernels[1], below: below[1] }
    }

    /// At `r = -(1 - gap)`.
    fn obtuse<E: Real>(&self, k: usize, gap: E, square: E) -> E {
        if k == 0 {
            return Moments::of([E::one(), E::one()], -gap).angle().near / PI;
        }
        let power = |x: E, n: usize| x.powi(n as i32);
        let whole = |cosine: f64| (-gap + 1.0) * cosine + 1.0;
        let integral = |&(xi, weight): &(f64, f64)| {
            let cosine = xi.cos();
            power(E::of(cosine) / whole(cosine), k) * weight / whole(cosine)
        };
        let sum = self.nodes.iter().map(integral).fold(E::zero(), |sum, part| sum + part);
        // k! / (2k-1)!! = Π j / (2j - 1).
        let factor: f64 = (1..=k).map(|j| j as f64 / (2 * j - 1) as f64).product();
        power(square, k) * factor * square.sqrt() * sum / PI
    }
}

impl Activation for RectifiedPower {
    const SLOPE_OF_OUTPUT: bool = false;

    fn name(&self) -> &'static str {
        "rectified power"
    }

    fn numbers(&self) -> String {
        format!("(degree {})", self.degree)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { degree } = self;
        to.count(*degree);
    }

    fn check(&self) -> Result<()> {
        if !(1..=50).contains(&self.degree) {
            let value = self.degree as f64;
            return Err(Error::Range { place: self.name(), what: "the degree", value, legal: "from 1 to 50" });
        }
        Ok(())
    }

    #[inline(always)]
    fn value<F: Number>(&self, u: F) -> F {
        // NaN is not below zero and stays NaN.
        if u <= F::zero() { F::zero() } else { u.powi(self.degree as i32) }
    }

    #[inline(always)]
    fn slope<F: Number>(&self, input: F) -> F {
        if input > F::zero() { F::of(self.degree as f64) * input.powi(self.degree as i32 - 1) } else { F::zero() }
    }

    fn dual<E: Real>(&self, state: KernelState<E>) -> Result<KernelState<E>> {
        state.require_gaussian(self.name())?;
        let (k, power) = (self.degree as f64, self.degree as i32);
        let arc_cosine = ArcCosine::new(self.degree);
        // (2k-1)!! / 2, (k-1)!! / 2 (times √(2/π) for odd k), and k² (2k-3)!! / 2.
        let second = double_factorial(2 * self.degree - 1) / 2.0;
        let mean = double_factorial(self.degree - 1) / 2.0 * if power % 2 == 1 { FRAC_2_PI.sqrt() } else { 1.0 };
        let slope = k * k * double_factorial((2 * self.degree).saturating_sub(3)) / 2.0;
        Ok(state.map_gaussian(
            self.name(),
            |q| (q.powi(power) * second, q.sqrt().powi(power) * mean),
            |moments, ntk| {
                let kernels = arc_cosine.at(moments);
                // A unit that is zero has the slope at 0.
                let lower = if moments.scale > E::zero() { kernels.lower } else { E::zero() };
                After {
                    value: moments.scale.powi(power) * second * kernels.upper,
                    ntk: ntk * slope * moments.scale.powi(power - 1) * lower,
                    gap: Some(kernels.below),
                }
            },
        ))
    }
}
