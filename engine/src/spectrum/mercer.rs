//! Mercer coefficients of zonal kernels on the sphere, by the Funk–Hecke formula.

use super::decay::Decay;
use crate::error::{Error, Result};
use crate::net::Net;
use gauss_quad::GaussLegendre;
use ndarray::Array2;
use std::f64::consts::PI;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;

/// Nodes of the Gauss–Legendre rule. 400 reach rounding error for the kernels here up to degree 12; the rest is room for
/// higher degrees.
const NODES: NonZeroUsize = NonZeroUsize::new(2000).expect("not zero");

/// Rounding noise of a coefficient, as a share of the largest: 3 times what is left of coefficients of degree 3 to 500 that
/// vanish (odd ones of a ReLU network, `d` from 3 to 30).
const NOISE: f64 = 1e-15;

pub(super) fn check_degree(k: usize) -> Result<()> {
    if k <= 500 {
        return Ok(());
    }
    let legal = "at most 500, which the nodes resolve";
    Err(Error::Range { place: "Mercer coefficients", what: "a degree", value: k as f64, legal })
}

/// Nodes `θ` and weights with `c_d sin^{d-2} θ` included.
fn rule(d: usize, degrees: &[usize]) -> Result<(Vec<f64>, Vec<f64>)> {
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

/// Mercer coefficients `μ_k` of a network's limit NTK on the unit sphere of `R^d`.
///
/// # Errors
/// [`Error::Range`] for `d` outside 3 to 1000 or a degree above 500; as for [`Net::limit_kernel`].
pub fn mercer_coefficients(net: &Net, d: usize, degrees: &[usize]) -> Result<Vec<f64>> {
    let (thetas, weights) = rule(d, degrees)?;
    let (pole, arc) = arc(&thetas, d);
    let kernel = net.limit_kernel_between(&pole, &arc)?;
    let values: Vec<f64> = kernel.ntk().values().iter().copied().collect();
    Ok(integrate(&values, &thetas, &weights, d, degrees))
}

/// Mercer coefficients of every parameter's share of the limit NTK (see [`Net::limit_kernel_by_layer`]), with the parameter's
/// name, in forward order. They add up to [`mercer_coefficients`].
///
/// # Errors
/// As for [`mercer_coefficients`] and [`Net::limit_kernel_by_layer`].
pub fn mercer_coefficients_by_layer(net: &Net, d: usize, degrees: &[usize]) -> Result<Vec<(String, Vec<f64>)>> {
    let (thetas, weights) = rule(d, degrees)?;
    let (pole, arc) = arc(&thetas, d);
    net.check("limit kernel", &pole)?;
    let layers = net.by_layer(&pole, Some(&arc))?.into_iter().map(|layer| {
        let values: Vec<f64> = layer.ntk.values().iter().copied().collect();
        (layer.name, integrate(&values, &thetas, &weights, d, degrees))
    });
    Ok(layers.collect())
}

/// The pole `[1, d]` and points at these angles from it, `[angles, d]`.
fn arc(thetas: &[f64], d: usize) -> (Array2<f64>, Array2<f64>) {
    let mut pole = Array2::zeros((1, d));
    pole[[0, 0]] = 1.0;
    let arc = Array2::from_shape_fn((thetas.len(), d), |(i, j)| match j {
        0 => thetas[i].cos(),
        1 => thetas[i].sin(),
        _ => 0.0,
    });
    (pole, arc)
}

/// Numbers of independent harmonics of degree `0..=last` on `S^{d-1}`: `N_k = (2k + d - 2)/k · C(k + d - 3, k - 1)`, `N_0 = 1`.
pub fn harmonic_counts(d: usize, last: usize) -> Vec<f64> {
    let d = d as f64;
    // C(k + d - 3, k - 1), by its recursion.
    let mut binomial = 1.0;
    let mut counts = vec![1.0];
    for k in 1..=last {
        let k = k as f64;
        if k > 1.0 {
            binomial *= (k + d - 3.0) / (k - 1.0);
        }
        counts.push((2.0 * k + d - 2.0) / k * binomial);
    }
    counts
}

/// Which degrees a fit takes: the coefficients of a ReLU network decay along even and along odd degrees by laws of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parity {
    /// Every degree.
    Every,
    /// Even degrees.
    Even,
    /// Odd degrees.
    Odd,
}

/// Fits `μ_k ∝ k^{-p}` and `μ_k ∝ e^{-p k}` to the coefficients of a zonal kernel, as of [`zonal_coefficients`], over the
/// degrees of the range, ends included, that have the parity.
///
/// # Errors
/// As for [`zonal_coefficients`]; [`Error::Range`] for a degree 0 or fewer than 3 degrees; [`Error::TooSmall`]
/// for a coefficient at or below the rounding noise of the quadrature.
pub fn zonal_decay(
    kappa: impl Fn(f64) -> f64,
    d: usize,
    degrees: RangeInclusive<usize>,
    parity: Parity,
) -> Result<Decay> {
    fit(degrees, parity, |degrees| zonal_coefficients(kappa, d, degrees))
}

/// Fits `μ_k ∝ k^{-p}` and `μ_k ∝ e^{-p k}` to the Mercer coefficients of a network's limit NTK on the unit sphere of `R^d`.
///
/// For ReLU networks of any depth `μ_k` falls as `k^{-d}` (Bietti and Bach 2021), without biases and with one hidden layer for even
/// `k` alone: those of odd `k ≥ 3` are zero.
///
/// # Errors
/// As for [`zonal_decay`] and [`mercer_coefficients`].
pub fn mercer_decay(net: &Net, d: usize, degrees: RangeInclusive<usize>, parity: Parity) -> Result<Decay> {
    fit(degrees, parity, |degrees| mercer_coefficients(net, d, degrees))
}

fn fit(
    degrees: RangeInclusive<usize>,
    parity: Parity,
    coefficients: impl FnOnce(&[usize]) -> Result<Vec<f64>>,
) -> Result<Decay> {
    let place = "decay of Mercer coefficients";
    if *degrees.start() == 0 {
        return Err(Error::Range { place, what: "the first degree", value: 0.0, legal: "at least 1" });
    }
    check_degree(*degrees.end())?;
    let mut wanted: Vec<usize> = degrees
        .filter(|k| match parity {
            Parity::Every => true,
            Parity::Even => k % 2 == 0,
            Parity::Odd => k % 2 == 1,
        })
        .collect();
    // The two lowest degrees give the size of the kernel, and with it the noise.
    wanted.splice(0..0, [0, 1]);
    let all = coefficients(&wanted)?;
    let largest = all.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    Decay::fit(place, "coefficient", wanted.split_off(2), &all[2..], NOISE * largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_harmonics_is_that_of_circles_and_spheres() {
        assert_eq!(harmonic_counts(3, 4), [1.0, 3.0, 5.0, 7.0, 9.0]);
        // (k + 1)² in four dimensions.
        assert_eq!(harmonic_counts(4, 3), [1.0, 4.0, 9.0, 16.0]);
    }
}
