use super::activation::{ComplexActivation, complex_activation};
use super::polar::Mode;
use crate::error::{Error, Result};
use crate::number::Number;
use crate::op::{Activation, Elementwise, Fingerprint, Layer};

/// Amplitude-phase activation.
///
/// `φ(z) = ρ(|z|) z/|z|` with a radius function `ρ ≥ 0`: it keeps the phase. modReLU ([`mod_relu`]) has `ρ(r) = max(r + b, 0)`; with
/// [`radial`] and [`Radial::new`] `ρ` and `ρ'` are functions or closures.
///
/// ## Limit rule
/// For circular complex Gaussian `z, z'` with correlation `c e^{iα} = E z z̄' / √(E|z|² E|z'|²)`, `E φ φ̄' = e^{iα} S_1[ρ, ρ']` and
/// `E φ_z φ̄'_z = S_0[u, u']`, `E φ_z̄ φ̄'_z̄ = e^{2iα} S_2[v, v']` with `2u = ρ̇ + ρ/r`, `2v = ρ̇ - ρ/r`, the Wirtinger derivatives, and
/// `S_m[g, h] = Σ_k g_k h_k c^{m+2k}` by coefficients in the Laguerre functions of order `m` (Hardy and Hille), which are the Itô–Hermite
/// polynomials' of one phase. Where 400 terms leave more than 1e-14 of the second moments, `c` near 1 behind a kink, `S_m` is a double
/// integral over the two radii. Then `Θ' = E φ_z φ̄'_z Θ + E φ_z̄ φ̄'_z̄ Θ̄` and as much for the pseudo-kernels.
/// ## Shapes
/// `x: [n, m] complex -> [n, m] complex`, or images of any size.
/// ## Errors
/// [`Error::Range`] for a radius function that is negative or not finite somewhere between 0 and 60; [`Error::WrongSlope`] for a slope
/// that is not its derivative; [`Error::Unlike`] after a real layer. In the limit also [`Error::NoLimit`] for `ρ(0) > 0`, where
/// `E (ρ/r)²` is infinite, [`Error::Range`] for kinks that were not [named](Radial::kinks), and [`Error::NoLimitRule`] on a state that is
/// not Gaussian.
/// ## Cost
/// Some 10 operations and one of `ρ` a number forward, twice as many in reverse; it keeps its input. No parameters, so no share of the
/// tangent kernel. Limit: three sums of 400 terms per pair, milliseconds per pair by integrals.
/// ## References
/// Arjovsky, Shah and Bengio 2016 (modReLU); Itô 1952 (complex Hermite polynomials); the rule is derived in this crate and checked
/// by `tests/complex.rs`.
/// ## Example
/// ```
/// use hadamard::prelude::*;
/// let net = |layer| network("net", serial([to_complex(), complex_hidden(), layer, complex_dense(1), real_part()]));
/// let x = sphere(4, 3, Seed(0))?;
/// let own = Radial::new("soft", |r: f64| r.tanh(), |r: f64| 1.0 - r.tanh().powi(2));
/// assert!(net(own.into()).limit_kernel(&x).is_ok());
/// // Without a threshold it is the identity.
/// let [a, b] = [mod_relu(0.0), identity()].map(|layer| net(layer).limit_kernel(&x));
/// assert!(a?.ntk().relative_distance(b?.ntk())? <= 1e-12);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Radial {
    /// `ρ(|u|)`.
    radius: Elementwise,
    kinks: Vec<f64>,
}

/// `max(|z| + b, 0) z/|z|`.
pub fn mod_relu(b: f64) -> Layer {
    Radial::mod_relu(b).into()
}

/// `ρ(|z|) z/|z|` with the radius function `value` and its derivative `slope`, called `name` in trees and errors.
pub fn radial(
    name: impl Into<String>,
    value: impl Fn(f64) -> f64 + Send + Sync + 'static,
    slope: impl Fn(f64) -> f64 + Send + Sync + 'static,
) -> Layer {
    Radial::new(name, value, slope).into()
}
/// Radii at which a function is looked at.
const STEP: f64 = 0.0625;
const LARGEST: f64 = 60.0;

impl Radial {
    /// modReLU: see [`mod_relu`].
    pub fn mod_relu(b: f64) -> Self {
        let (value, slope) =
            (move |r: f64| if r + b <= 0.0 { 0.0 } else { r + b }, move |r: f64| if r + b > 0.0 { 1.0 } else { 0.0 });
        Self::new(format!("modReLU(b = {b})"), value, slope).curvature(|_| 0.0).kinks(&[-b])
    }

    /// See [`radial`].
    pub fn new(
        name: impl Into<String>,
        value: impl Fn(f64) -> f64 + Send + Sync + 'static,
        slope: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        let (value, slope) = (move |u: f64| value(u.abs()), move |u: f64| if u < 0.0 { -slope(-u) } else { slope(u) });
        Self { radius: Elementwise::new(name, value, slope), kinks: Vec::new() }
    }

    /// Sets `ρ''`, which second derivatives of a network need.
    pub fn curvature(self, curvature: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        Self { radius: self.radius.curvature(move |u: f64| curvature(u.abs())), ..self }
    }

    /// Names the radii at which `ρ'` jumps; the limit rule cuts its integrals there.
    pub fn kinks(self, kinks: &[f64]) -> Self {
        Self { kinks: kinks.iter().copied().filter(|&kink| kink > 0.0).collect(), ..self }
    }
}

/// What the counterpart is made of: `Σ_k g_k h_{2k+1}` by normalised Hermite polynomials, and its derivatives.
#[derive(Clone, Copy)]
enum Derivative {
    Value,
    First,
    Second,
}

/// At `u`, with `h_j' = √j h_{j-1}`.
fn odd_series(coefficients: &[f64], derivative: Derivative, u: f64) -> f64 {
    let (mut before, mut current, mut sum) = (0.0, 1.0, 0.0);
    for j in 0..2 * coefficients.len() as u64 {
        let of =
            |degree: u64| coefficients.get((degree / 2) as usize).filter(|_| degree % 2 == 1).copied().unwrap_or(0.0);
        let [next, after] = [j + 1, j + 2].map(|degree| degree as f64);
        sum += current
            * match derivative {
                Derivative::Value => of(j),
                Derivative::First => of(j + 1) * next.sqrt(),
                Derivative::Second => of(j + 2) * (next * after).sqrt(),
            };
        let degree = j as f64;
        (before, current) = (current, (u * current - degree.sqrt() * before) / (degree + 1.0).sqrt());
    }
    sum
}

impl Radial {
    /// The real activation whose networks have the same limit kernel, on real inputs and at variance 1: `Σ_k g_k h_{2k+1}(u)` with the
    /// coefficients `g_k` of the radius function and normalised Hermite polynomials, up to `degree`.
    ///
    /// # Errors
    /// [`Error::Range`] for a degree outside 1 to 63, for kinks that are not named and what [`Radial`] refuses.
    pub fn counterpart(&self, degree: usize) -> Result<Elementwise> {
        if !(1..64).contains(&degree) {
            let (what, legal) = ("the degree of the counterpart", "from 1 to 63");
            return Err(Error::Range { place: self.name(), what, value: degree as f64, legal });
        }
        self.check()?;
        let mut all = self.modes()?.remove(0).coefficients(self.name())?;
        all.truncate(degree.div_ceil(2));
        let coefficients = std::sync::Arc::new(all);
        let of = |derivative| {
            let coefficients = coefficients.clone();
            move |u: f64| odd_series(&coefficients, derivative, u)
        };
        let name = format!("real counterpart of {}", self.name());
        let (value, slope) = (of(Derivative::Value), of(Derivative::First));
        Ok(Elementwise::new(name, value, slope).curvature(of(Derivative::Second)))
    }
}

complex_activation!(Radial);

impl ComplexActivation for Radial {
    fn name(&self) -> &'static str {
        Activation::name(&self.radius)
    }

    fn settings(&self, to: &mut Fingerprint<'_>) {
        let Self { radius, kinks } = self;
        Activation::settings(radius, to);
        to.count(kinks.len());
        kinks.iter().for_each(|&kink| to.number(kink));
    }

    fn check(&self) -> Result<()> {
        let radii = (0..=(LARGEST / STEP) as usize).map(|step| step as f64 * STEP);
        for radius in radii.map(|r| self.radius.value(r)) {
            if !(radius >= 0.0 && radius.is_finite()) {
                let (what, legal) = ("the radius function somewhere between 0 and 60", "finite and at least 0");
                return Err(Error::Range { place: self.name(), what, value: radius, legal });
            }
        }
        Activation::check(&self.radius)
    }

    fn check_curvature(&self) -> Result<()> {
        self.radius
            .check_curvature()
            .map_err(|_| Error::NoSecondDerivative { op: self.name(), give: "Radial::new(…).curvature(…)" })
    }

    fn value<F: Number>(&self, [x, y]: [F; 2]) -> [F; 2] {
        let square = x * x + y * y;
        if !(square > F::zero()) {
            // A dual number keeps its slope.
            let slope = self.radius.slope(F::zero());
            return [slope * x, slope * y];
        }
        let r = square.sqrt();
        let ratio = self.radius.value(r) / r;
        [ratio * x, ratio * y]
    }

    fn slope<F: Number>(&self, [x, y]: [F; 2]) -> [[F; 2]; 2] {
        let square = x * x + y * y;
        if !(square > F::zero()) {
            // The phase has no derivative there; the slope of the radius at 0 is that of both parts of a smooth one.
            let slope = self.radius.slope(F::zero());
            return [[slope, F::zero()], [F::zero(), slope]];
        }
        let r = square.sqrt();
        let (cos, sin) = (x / r, y / r);
        let (across, along) = (self.radius.value(r) / r, self.radius.slope(r));
        let mixed = (along - across) * cos * sin;
        [[along * cos * cos + across * sin * sin, mixed], [mixed, along * sin * sin + across * cos * cos]]
    }

    fn modes(&self) -> Result<Vec<Mode>> {
        if self.radius.value(0.0) > 0.0 {
            let reason = "its radius function is positive at 0, where it jumps, and the square of the slope ρ(r)/r has no mean, so that \
                          there is no limit kernel";
            return Err(Error::NoLimit { op: self.name(), reason });
        }
        let radius = self.radius.clone();
        Ok(vec![Mode::new(1, move |r| [radius.value(r), radius.slope(r)], &self.kinks)])
    }
}
