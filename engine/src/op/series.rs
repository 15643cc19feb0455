//! Dual activations without a closed form, by Hermite series.
//!
//! With normalised Hermite polynomials `h_j` and `a_j(q) = E φ(√q g) h_j(g)`, Mehler's formula gives
//! `E φ(u)φ(u') = Σ_j a_j(q) a_j(q') r^j` for correlation `r`. The coefficients belong to single points, so a kernel of
//! `n²` pairs needs `n` one-dimensional integrals and `n²` short sums.

use super::KernelState;
use crate::error::{Error, Result};
use ndarray::Array1;
use std::collections::{BTreeSet, HashMap};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Numbers of terms to try in turn.
const TERMS: [usize; 3] = [64, 160, 512];
/// Share of the second moment that the terms left out may hold.
pub(super) const TAIL: f64 = 1e-12;
/// The trapezoidal rule with this step integrates analytic functions against the Gaussian to rounding error, and
/// resolves the fastest oscillation of the highest Hermite polynomial.
const STEP: f64 = 1.0 / 32.0;

/// Coefficients `a_j` of one point.
type Series = Arc<Array1<f64>>;

/// `a_j(q)` for `j < terms`, and `E φ²`.
fn coefficients(phi: &impl Fn(f64) -> f64, variance: f64, terms: usize) -> (Array1<f64>, f64) {
    let mut a = Array1::zeros(terms);
    let mut second = 0.0;
    let deviation = variance.sqrt();
    // h_j oscillates inside 2√j and falls like a Gaussian beyond.
    let half = ((2.0 * (terms as f64).sqrt() + 7.0) / STEP) as i64;
    for node in -half..half {
        // Not at 0, where a function's jump would count for one side alone.
        let g = (node as f64 + 0.5) * STEP;
        // Hermite functions h_j(g) √density: the recurrence stays bounded where the polynomials overflow.
        let root_density = (-g * g / 4.0).exp() / TAU.powf(0.25);
        let value = phi(deviation * g);
        second += STEP * value * value * root_density * root_density;
        let weight = STEP * value * root_density;
        let (mut before, mut current) = (0.0, root_density);
        for (j, a) in a.iter_mut().enumerate() {
            *a += weight * current;
            let next = (g * current - (j as f64).sqrt() * before) / ((j + 1) as f64).sqrt();
            (before, current) = (current, next);
        }
    }
    (a, second)
}

/// Share of the second moment that the coefficients leave out. Moments that have lost digits to underflow leave none.
fn left_out(a: &Array1<f64>, second: f64) -> f64 {
    if second > f64::MIN_POSITIVE / f64::EPSILON { 1.0 - a.dot(a) / second } else { 0.0 }
}

/// Coefficients for all `variances`, all with the number of terms that the largest needs: a pair's series must not be cut at
/// the shorter one's.
fn table(
    op: &'static str,
    phi: &impl Fn(f64) -> f64,
    variances: &BTreeSet<u64>,
    tolerance: f64,
) -> Result<HashMap<u64, Series>> {
    let largest =
        variances.iter().map(|&q| f64::from_bits(q)).fold(0.0, |m: f64, q| if q > m || q.is_nan() { q } else { m });
    let (mut variance, mut tail) = (largest, f64::NAN);
    for terms in TERMS {
        let (a, second) = coefficients(phi, largest, terms);
        (variance, tail) = (largest, left_out(&a, second).abs());
        if tail <= tolerance {
            let series = |&bits: &u64| {
                let q = f64::from_bits(bits);
                let (a, second) = coefficients(phi, q, terms);
                // A function that is not smooth may need more terms at a smaller variance.
                let own = left_out(&a, second).abs();
                if own > tail {
                    (variance, tail) = (q, own);
                }
                (bits, Arc::new(a))
            };
            let table = variances.iter().map(series).collect();
            if tail <= tolerance {
                return Ok(table);
            }
        }
    }
    Err(Error::SeriesTail { op, variance, tail, terms: TERMS[TERMS.len() - 1] })
}

/// The state after an activation `phi` with derivative `slope`, both analytic near the real line.
///
/// # Errors
/// [`Error::NoLimitRule`] if the state is not Gaussian; [`Error::SeriesTail`] if the input variance is too large for the series.
pub(super) fn dual(
    state: KernelState,
    op: &'static str,
    phi: impl Fn(f64) -> f64,
    slope: impl Fn(f64) -> f64,
) -> Result<KernelState> {
    dual_within(state, op, phi, slope, TAIL)
}

/// As [`dual`], with series that leave at most `tolerance` of the second moments.
///
/// # Errors
/// As for [`dual`].
pub(super) fn dual_within(
    state: KernelState,
    op: &'static str,
    phi: impl Fn(f64) -> f64,
    slope: impl Fn(f64) -> f64,
    tolerance: f64,
) -> Result<KernelState> {
    state.require_gaussian(op)?;
    let variances = state.variances();
    let values = table(op, &phi, &variances, tolerance)?;
    let slopes = table(op, &slope, &variances, tolerance)?;
    // Horner's rule in r.
    let sum = |a: &Series, b: &Series, r: f64| (0..a.len()).rev().fold(0.0, |sum, t| sum * r + a[t] * b[t]);
    Ok(state.map_places(
        op,
        |q| [values[&q.to_bits()].clone(), slopes[&q.to_bits()].clone()],
        |[value, _], _| (value.dot(value.as_ref()), value[0]),
        |[value, slope], [value2, slope2], moments, ntk| {
            (sum(value, value2, moments.r), ntk * sum(slope, slope2, moments.r))
        },
    ))
}
