//! Limit rules of activations that mix the parts of circular complex Gaussian numbers, by angular modes.
//!
//! `φ(r e^{iθ}) = Σ_m f_m(r) e^{imθ}` has the Wirtinger derivatives `φ_z = Σ_m ½(f_m' + m f_m/r) e^{i(m-1)θ}` and
//! `φ_z̄ = Σ_m ½(f_m' - m f_m/r) e^{i(m+1)θ}`. For `E z z̄' = √(q q') c e^{iα}`, `E z z' = 0`, a mode correlates with the conjugate of the
//! same mode alone, `E g e^{ikθ} h' e^{-ikθ'} = e^{ikα} S_|k|[g, h]`: see [`radii`].

use super::radii::{Radii, Radius, coefficients};
use crate::error::{Error, Result};
use crate::number::Real;
use crate::op::KernelState;
use crate::op::limit::{Block, CircularMap, Mapped};
use std::sync::Arc;

/// `f(r) e^{imθ}`.
#[derive(Clone)]
pub struct Mode {
    order: i32,
    /// `f` and its derivative.
    radius: Arc<dyn Fn(f64) -> [f64; 2] + Send + Sync>,
    kinks: Vec<f64>,
}

impl Mode {
    /// Of order `m`, with `f` and `f'` at a radius, and the radii at which `f'` jumps.
    pub fn new(order: i32, radius: impl Fn(f64) -> [f64; 2] + Send + Sync + 'static, kinks: &[f64]) -> Self {
        Self { order, radius: Arc::new(radius), kinks: kinks.to_vec() }
    }

    /// The coefficients of its radius function in the functions of its order, at variance 1.
    ///
    /// # Errors
    /// [`Error::Range`] for kinks that are not named.
    pub fn coefficients(&self, op: &'static str) -> Result<Vec<f64>> {
        coefficients(op, self.order.unsigned_abs(), &self.value().radius)
    }

    fn value(&self) -> Angular {
        let radius = self.radius.clone();
        Angular { order: self.order, radius: Radius::new(move |r| radius(r)[0], &self.kinks) }
    }

    /// The part of `φ_z`, or of `φ_z̄` with sign -1.
    fn derivative(&self, sign: i32) -> Angular {
        let (radius, factor) = (self.radius.clone(), f64::from(sign * self.order));
        let half = move |r: f64| {
            let [f, slope] = radius(r);
            // The nodes are not at 0.
            (slope + factor * f / r) / 2.0
        };
        Angular { order: self.order - sign, radius: Radius::new(half, &self.kinks) }
    }
}

/// A function of the radius with the order of its phase.
struct Angular {
    order: i32,
    radius: Radius,
}

/// `a + i b`.
type Complex = [f64; 2];

fn times([a, b]: Complex, [c, d]: Complex) -> Complex {
    [a * c - b * d, a * d + b * c]
}

fn conjugate([a, b]: Complex) -> Complex {
    [a, -b]
}

fn plus<const N: usize>(terms: [Complex; N]) -> Complex {
    terms.into_iter().fold([0.0; 2], |sum, term| [sum[0] + term[0], sum[1] + term[1]])
}

/// The three families of functions: `φ`, `φ_z`, `φ_z̄`, at the variances of a state.
struct Rule {
    families: [Vec<Angular>; 3],
    radii: Radii,
}

const VALUE: usize = 0;
const Z: usize = 1;
const CONJUGATE: usize = 2;

impl Rule {
    /// `E F Ḡ'`, or `E F G'` if `pseudo`, of two families.
    fn correlation(&self, [f, g]: [usize; 2], pseudo: bool, pair: &Pair) -> Complex {
        let terms = self.families[f].iter().flat_map(|a| {
            let order = if pseudo { -a.order } else { a.order };
            self.families[g].iter().filter(move |b| b.order == order).map(move |b| (a, b))
        });
        terms.fold([0.0; 2], |sum, (a, b)| {
            let size = self.radii.moment(a.order.unsigned_abs(), [&a.radius, &b.radius], pair.variances, pair.size);
            let (sin, cos) = (f64::from(a.order) * pair.phase).sin_cos();
            [sum[0] + size * cos, sum[1] + size * sin]
        })
    }
}

/// `E z z̄'` of a pair by the variances, size and phase.
struct Pair {
    /// `E|z|²`, `E|z'|²`.
    variances: [f64; 2],
    size: f64,
    phase: f64,
}

impl CircularMap for Rule {
    fn own_mean(&self, variance: f64) -> f64 {
        // Of all modes that of order 0 alone has a mean.
        let constant = self.families[VALUE].iter().filter(|f| f.order == 0);
        constant.map(|f| self.radii.mean(&f.radius, variance)).sum()
    }

    fn pair(&self, variances: [f64; 2], k: Block<f64>, theta: Block<f64>) -> Mapped {
        let [[rr, ri], [ir, ii]] = k;
        let scale = (variances[0] * variances[1]).sqrt();
        let (real, imaginary) = (rr + ii, ir - ri);
        // Rounding may leave a correlation a little above 1.
        let size = if scale > 0.0 { (real.hypot(imaginary) / scale).min(1.0) } else { 0.0 };
        let pair = Pair { variances, size, phase: imaginary.atan2(real) };
        let of = |families, pseudo| self.correlation(families, pseudo, &pair);
        let value = [of([VALUE, VALUE], false), of([VALUE, VALUE], true)];
        let [[rr, ri], [ir, ii]] = theta;
        let (t, pseudo) = ([rr + ii, ir - ri], [rr - ii, ri + ir]);
        // dφ = φ_z dz + φ_z̄ dz̄.
        let terms = |conjugated: bool| {
            let [zz, zc, cz, cc] = [[Z, Z], [Z, CONJUGATE], [CONJUGATE, Z], [CONJUGATE, CONJUGATE]];
            // What is zero, as pseudo-kernels of circular units, needs no integral.
            let with = |families, moment: Complex, pseudo| match moment {
                [0.0, 0.0] => moment,
                moment => times(of(families, pseudo), moment),
            };
            if conjugated {
                plus([
                    with(zz, t, false),
                    with(zc, pseudo, false),
                    with(cz, conjugate(pseudo), false),
                    with(cc, conjugate(t), false),
                ])
            } else {
                plus([
                    with(zz, pseudo, true),
                    with(zc, t, true),
                    with(cz, conjugate(t), true),
                    with(cc, conjugate(pseudo), true),
                ])
            }
        };
        Mapped { k: by_parts(value), ntk: by_parts([terms(true), terms(false)]) }
    }
}

/// `E a a'`, `E a b'`, `E b a'`, `E b b'` from `E φ φ̄'` and `E φ φ'` of `φ = a + i b`.
fn by_parts([conjugated, pseudo]: [Complex; 2]) -> Block<f64> {
    let half = |a: f64, b: f64| (a + b) / 2.0;
    [
        [half(conjugated[0], pseudo[0]), half(pseudo[1], -conjugated[1])],
        [half(conjugated[1], pseudo[1]), half(conjugated[0], -pseudo[0])],
    ]
}

/// The state after an activation.
///
/// # Errors
/// [`Error::NoLimitRule`] on a state that is not Gaussian; [`Error::NoLimit`] where the derivative is asked for; [`Error::Range`] for kinks
/// that are not named.
pub fn limit<E: Real>(op: &'static str, modes: Vec<Mode>, state: KernelState<E>) -> Result<KernelState<E>> {
    state.require_gaussian(op)?;
    if E::DERIVATIVE {
        let reason = "the derivative of its limit kernel in the input is not known; a network's own kernel has one";
        return Err(Error::NoLimit { op, reason });
    }
    let value = modes.iter().map(Mode::value).collect::<Vec<_>>();
    let derivative = |sign| modes.iter().map(|mode| mode.derivative(sign)).collect::<Vec<_>>();
    let families = [value, derivative(1), derivative(-1)];
    let functions = families.iter().flatten().map(|f| (f.order.unsigned_abs(), &f.radius)).collect::<Vec<_>>();
    let radii = Radii::new(op, &functions, &state.complex_variances())?;
    Ok(state.map_circular(op, &Rule { families, radii }))
}
