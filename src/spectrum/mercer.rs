//! Mercer coefficients of zonal kernels on the sphere, by the Funk–Hecke formula.

use crate::error::{Error, Result};
use crate::net::Net;
use gauss_quad::GaussLegendre;
use ndarray::Array2;
use std::f64::consts::PI;
use std::num::NonZeroUsize;

/// Nodes of the Gauss–Legendre rule. 400 reach rounding error for the kernels here up to degree 12; the rest is room for
/// higher degrees.
const NODES: NonZeroUsize = NonZeroUsize::new(2000).expect("not zero");

/// Nodes `θ` and weights with `c_d sin^{d-2} θ` included.
fn rule(d: usize, degrees: &[usize]) -> Result<(Vec<f64>, Vec<f64>)> {
    let place = "Mercer coefficients";
    if !(3..=1000).contains(&d) {
        return Err(Error::Range { place, what: "the dimension", value: d as f64, legal: "from 3 to 1000" });
    }
    if let Some(&k) = degrees.iter().find(|&&k| k > 500) {
        return Err(Error::Range {
            place,
            what: "a degree",
            value: k as f64,
            legal: "at most 500, which the nodes resolve",
        });
    }
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

fn integrate(values: &[f64], thetas: &[f64], weights: &[f64], d: usize, degrees: &[usize]) -> Vec<f64> {
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
/// [`Error::Range`] for `d` outside 3 to 1000 or a degree above 500.
pub fn zonal_coefficients(kappa: impl Fn(f64) -> f64, d: usize, degrees: &[usize]) -> Result<Vec<f64>> {
    let (thetas, weights) = rule(d, degrees)?;
    let values: Vec<f64> = thetas.iter().map(|t| kappa(t.cos())).collect();
    Ok(integrate(&values, &thetas, &weights, d, degrees))
}

/// Mercer coefficients `μ_k` of a network's limit NTK on the unit sphere of `R^d`.
///
/// # Errors
/// [`Error::Range`] for `d` outside 3 to 1000 or a degree above 500; as for [`Net::limit_kernel`].
pub fn mercer_coefficients(net: &Net, d: usize, degrees: &[usize]) -> Result<Vec<f64>> {
    let (thetas, weights) = rule(d, degrees)?;
    let mut pole = Array2::zeros((1, d));
    pole[[0, 0]] = 1.0;
    let arc = Array2::from_shape_fn((thetas.len(), d), |(i, j)| match j {
        0 => thetas[i].cos(),
        1 => thetas[i].sin(),
        _ => 0.0,
    });
    let kernel = net.limit_kernel_between(&pole, &arc)?;
    let values: Vec<f64> = kernel.ntk().values().iter().copied().collect();
    Ok(integrate(&values, &thetas, &weights, d, degrees))
}
