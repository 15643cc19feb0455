//! Mercer coefficients of zonal kernels on the sphere, by the Funk–Hecke formula.

use super::decay::Decay;
use crate::error::{Error, Result};
use crate::harmonic::funk_hecke::{check_degree, integrate, rule};
use crate::harmonic::zonal_coefficients;
use crate::net::Net;
use ndarray::Array2;
use std::ops::RangeInclusive;

/// Rounding noise of a coefficient, as a share of the largest: 3 times what is left of coefficients of degree 3 to 500 that
/// vanish (odd ones of a ReLU network, `d` from 3 to 30).
const NOISE: f64 = 1e-15;

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
