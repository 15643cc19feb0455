//! Integrals of zonal functions against harmonics, by the Funk–Hecke formula.

use crate::error::{Error, Result};
use gauss_quad::GaussLegendre;
use std::f64::consts::PI;
use std::num::NonZeroUsize;

/// Nodes of the Gauss–Legendre rule. 400 reach rounding error for the kernels here up to degree 12; the rest is room for
/// higher degrees.
const NODES: NonZeroUsize = NonZeroUsize::new(2000).expect("not zero");

pub(crate) fn check_degree(k: usize) -> Result<()> {
    if k <= 500 {
        return Ok(());
    }
    let legal = "at most 500, which the nodes resolve";
    Err(Error::Range { place: "Mercer coefficients", what: "a degree", value: k as f64, legal })
}

/// Nodes `θ` and weights with `c_d sin^{d-2} θ` included.
pub(crate) fn rule(d: usize, degrees: &[usize]) -> Result<(Vec<f64>, Vec<f64>)> {
    let place = "Mercer coefficients";
    if !(3..=1000).contains(&d) {
        return Err(Error::Range { place, what: "the dimension", value: d as f64, legal: "from 3 to 1000" });
    }
    degrees.iter().try_for_each(|&k| check_degree(k))?;
    let half = d as f64 / 2.0;
    let normaliser = (libm::lgamma(half) - libm::lgamma(half - 0.5)).exp() / PI.sqrt();
    let (nodes, weights) = GaussLegendre::new(NODES)
        .iter()
        .map(|(node, weight)| {
            let theta = PI / 2.0 * (node + 1.0);
            (theta, PI / 2.0 * weight * normaliser * theta.sin().powi(d as i32 - 2))
        })
        .unzip();
    Ok((nodes, weights))
}

pub(crate) fn integrate(values: &[f64], thetas: &[f64], weights: &[f64], d: usize, degrees: &[usize]) -> Vec<f64> {
    let highest = degrees.iter().copied().max().unwrap_or(0);
    let mut all = vec![0.0; highest + 1];
    for ((&value, &theta), &weight) in values.iter().zip(thetas).zip(weights) {
        let t = theta.cos();
        let (mut before, mut current) = (0.0, 1.0);
        for (k, sum) in all.iter_mut().enumerate() {
            *sum += weight * value * current;
            let k = k as f64;
            let next = ((2.0 * k + d as f64 - 2.0) * t * current - k * before) / (k + d as f64 - 2.0);
            (before, current) = (current, next);
        }
    }
    degrees.iter().map(|&k| all[k]).collect()
}

/// Coefficients `μ_k` of a zonal kernel `κ(cos θ)` on the unit sphere of `R^d`, `d ≥ 3`, for the `degrees` given.
///
/// `κ(⟨x, x'⟩) = Σ_k μ_k N_k P_k(⟨x, x'⟩)` with `N_k` the number of harmonics of degree `k`; `μ_k` is the eigenvalue of
/// the integral operator against the uniform distribution. By the Funk–Hecke formula
/// `μ_k = c_d ∫_0^π κ(cos θ) P_k(cos θ) sin^{d-2} θ dθ`, `c_d = Γ(d/2) / (√π Γ((d-1)/2))`, with `P_k` the Gegenbauer
/// polynomial of index `(d-2)/2` scaled to `P_k(1) = 1`. The integral is taken in `θ`: in `cos θ` the ReLU kernels have
/// square-root singularities at both ends.
///
/// # Errors
/// [`Error::Range`] for `d` outside 3 to 1000 or a degree above 500; [`Error::NotFinite`] for a value of `κ`, in the row of its
/// node.
pub fn zonal_coefficients(kappa: impl Fn(f64) -> f64, d: usize, degrees: &[usize]) -> Result<Vec<f64>> {
    let (thetas, weights) = rule(d, degrees)?;
    let values: Vec<f64> = thetas.iter().map(|t| kappa(t.cos())).collect();
    if let Some((row, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
        return Err(Error::NotFinite { place: "zonal kernel", row, column: 0, value });
    }
    Ok(integrate(&values, &thetas, &weights, d, degrees))
}
