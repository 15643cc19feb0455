//! Dual activations without a closed form, by Hermite series.
//!
//! With normalised Hermite polynomials `h_j` and `a_j(q) = E φ(√q g) h_j(g)`, Mehler's formula gives
//! `E φ(u)φ(u') = Σ_j a_j(q) a_j(q') r^j` for correlation `r`. The coefficients belong to single points, so a kernel of
//! `n²` pairs needs `n` one-dimensional integrals and `n²` short sums.

use super::KernelState;
use crate::error::{Error, Result};
use ndarray::Array1;
use std::collections::HashMap;
use std::f64::consts::TAU;
use std::sync::Arc;

/// Numbers of terms to try in turn.
const TERMS: [usize; 3] = [64, 160, 512];
/// Share of the second moment that the terms left out may hold.
const TAIL: f64 = 1e-12;
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
    for node in -half..=half {
        let g = node as f64 * STEP;
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

/// The number of terms that the largest variance needs: every point's series has as many, so that a pair's is not cut at the
/// shorter one's.
fn terms_for(op: &'static str, phi: &impl Fn(f64) -> f64, largest: f64) -> Result<usize> {
    let mut tail = f64::NAN;
    for terms in TERMS {
        let (a, second) = coefficients(phi, largest, terms);
        tail = if second > 0.0 { 1.0 - a.dot(&a) / second } else { 0.0 };
        if tail.abs() <= TAIL {
            return Ok(terms);
        }
    }
    Err(Error::SeriesTail { op, variance: largest, tail, terms: TERMS[TERMS.len() - 1] })
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
    state.require_gaussian(op)?;
    let largest = state
        .rows
        .second
        .iter()
        .chain(&state.columns.second)
        .fold(0.0, |m: f64, &q| if q > m || q.is_nan() { q } else { m });
    let terms = [terms_for(op, &phi, largest)?, terms_for(op, &slope, largest)?];
    // Equal variances share their integrals.
    let mut known: HashMap<u64, [Series; 2]> = HashMap::new();
    let series_at = |q: f64| {
        let fresh = || [Arc::new(coefficients(&phi, q, terms[0]).0), Arc::new(coefficients(&slope, q, terms[1]).0)];
        known.entry(q.to_bits()).or_insert_with(fresh).clone()
    };
    // Horner's rule in r.
    let sum = |a: &Series, b: &Series, r: f64| (0..a.len()).rev().fold(0.0, |sum, t| sum * r + a[t] * b[t]);
    Ok(state.map_places(
        op,
        series_at,
        |[value, _], _| (value.dot(value.as_ref()), value[0]),
        |[value, slope], [value2, slope2], moments, ntk| {
            (sum(value, value2, moments.r), ntk * sum(slope, slope2, moments.r))
        },
    ))
}
